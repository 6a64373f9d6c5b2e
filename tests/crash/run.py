#!/usr/bin/env python3
"""Hands many resumes in while the whole process is killed with `kill -9` again and again, then counts what is left.

    tests/crash/run.py --binary FILE [--files 40] [--kills 4] [--seed 1] [--model-dir DIR] [--data DIR]

Then Postgres and Redis are stopped and killed under searches. Holds when every file is indexed or failed with a reason, none is there twice, the queue is empty, everybody indexed has
all passages and vectors, and no Postgres, Redis or document reader outlives the end; and when a search is answered in time whatever hangs, and as ever
when that is back. Prints the counts, and last "N passed, N failed". Needs what `demo` needs, and psql, which comes with
Postgres.
"""
import argparse
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BATCH = 10  # files a request
READY_WITHIN = 180  # seconds; a debug build on a busy machine loads its model slowly
QUIET_WITHIN = 120  # seconds without any progress after which the import is called stuck
ORPHAN_GRACE = 5  # seconds a child may take to notice that its parent is gone


class Demo:
    """The whole product in one process, which is killed and started again."""

    def __init__(self, options, data):
        self.options, self.data, self.process, self.starts = options, data, None, []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.lock, self.cookie, self.csrf = threading.Lock(), "", ""

    def start(self, wait=True):
        """Starts it, and waits until it answers."""
        command = [self.options.binary, "demo", "--data", self.data, "--port", str(self.port), "--no-sample",
                   "--model-dir", self.options.model_dir]
        with open(self.data / "demo.log", "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        begin = time.monotonic()
        while wait and not self.ready():
            if self.process.poll() is not None or time.monotonic() - begin > READY_WITHIN:
                tail = (self.data / "demo.log").read_text(errors="replace")[-2000:]
                raise SystemExit(f"the demo does not start; the end of {self.data / 'demo.log'}:\n{tail}")
            time.sleep(0.05)
        self.starts.append(time.monotonic() - begin)

    def ready(self):
        """Whether it answers and can work."""
        try:
            return self.ask("GET", "/readyz", signed=False)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def kill(self):
        """kill -9, of the one process alone."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ctrl-C; answers the exit code."""
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def ask(self, method, path, body=None, content_type="application/json", signed=True):
        """One request; answers status and body. Signs in when that was not done yet."""
        headers = {"Content-Type": content_type}
        if signed:
            with self.lock:
                if not self.cookie:
                    self.sign_in()
            headers |= {"Cookie": self.cookie, "X-CSRF-Token": self.csrf}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read(), response.getheader("set-cookie")
        finally:
            connection.close()

    def sign_in(self):
        """A session, which outlives the process."""
        email, password = (self.data / "sign-in").read_text().split("\n")[:2]
        body = json.dumps({"email": email, "password": password})
        status, answer, cookie = self.ask("POST", "/api/v1/auth/login", body, signed=False)
        if status != 200:
            raise OSError(f"sign-in answered {status}: {answer[:200]!r}")
        self.cookie = cookie.split(";")[0]
        headers = {"Cookie": self.cookie}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/api/v1/auth/me", headers=headers)
        self.csrf = json.loads(connection.getresponse().read())["csrf_token"]

    def sql(self, query):
        """Rows of a query, as the database's owner."""
        candidates = [shutil.which("psql"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"), reverse=True)]
        psql = next(path for path in candidates if path)
        url = next(line.split("= ", 1)[1].strip().strip('"') for line in
                   (self.data / "talentprompt.toml").read_text().splitlines() if line.startswith("admin_url"))
        printed = subprocess.run([psql, "-XAtq", "-F", "\t", url, "-c", query], check=True, capture_output=True, text=True)
        return [line.split("\t") for line in printed.stdout.splitlines()]


def hand_in(demo, files, done):
    """Hands every file in, again and again until the server has said that it took it."""
    left = list(files)
    while left:
        batch, boundary, body = left[:BATCH], uuid.uuid4().hex, b""
        for path in batch:
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'
            body += head.encode() + path.read_bytes() + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        try:
            status, answer, _ = demo.ask("POST", "/api/v1/resumes", body, f"multipart/form-data; boundary={boundary}")
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
            continue
        if status == 202:
            taken = {upload["filename"] for upload in json.loads(answer)["uploads"]}
            left = [path for path in left if path.name not in taken]
        else:
            time.sleep(0.5)
    done.set()


def make_files(options, folder):
    """Mixed resumes of invented people, and some files that nobody can read."""
    generate = [sys.executable, ROOT / "packaging/samples/generate.py", "--to", folder, "--manifest",
                folder.parent / "manifest.json", "--count", str(options.files), "--seed", str(options.seed)]
    subprocess.run(generate, check=True)
    chance = random.Random(options.seed)
    for number in range(max(2, options.files // 50)):
        (folder / f"broken-{number}.pdf").write_bytes(b"%PDF-1.7\n" + chance.randbytes(2000 + number))
    return sorted(path for path in folder.iterdir() if path.is_file())


def processes_of(demo):
    """What still runs for this demo: services in its folder, and readers of documents started by its binary."""
    found, binary = [], os.path.realpath(demo.options.binary)
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            folder = os.readlink(f"/proc/{entry}/cwd")
            reader = " extract-document " in command and os.path.realpath(f"/proc/{entry}/exe") == binary
        except OSError:
            continue
        if folder.startswith(str(demo.data)) or reader:
            found.append(f"{entry} {command[:80]}")
    return found


def wait_for_none(demo, why):
    """Processes of the demo that are still there after a grace; none is right."""
    begin = time.monotonic()
    while (left := processes_of(demo)) and time.monotonic() - begin < ORPHAN_GRACE:
        time.sleep(0.1)
    for line in left:
        print(f"  still there {why}: {line}")
    return left


def progress(demo):
    """How many uploads have come to an end; `None` while nobody answers."""
    try:
        counts = json.loads(demo.ask("GET", "/api/v1/uploads?limit=1")[1])["counts"]
        return counts["indexed"] + counts["failed"]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return None


def kill_again_and_again(demo, options, chance):
    """Kills at random moments spread over the whole import, some of them while the process starts."""
    moments = sorted(chance.uniform(0, 0.95) * options.files for _ in range(options.kills))
    for moment in moments:
        patience = time.monotonic() + chance.uniform(5, 60)
        while (progress(demo) or 0) < moment and time.monotonic() < patience:
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 0.5))
        demo.kill()
        if chance.random() < 0.2:
            demo.start(wait=False)
            time.sleep(chance.uniform(0, 1.5))
            demo.kill()
        demo.start()
        print(f"killed at {progress(demo)} of {options.files}; ready again after {demo.starts[-1]:.1f} s", flush=True)


def wait_for_the_end(demo):
    """Waits until no upload is under way and no task is left; answers whether that came."""
    last, changed = None, time.monotonic()
    while True:
        rows = demo.sql("select status, count(*) from uploads group by 1 order by 1")
        tasks = int(demo.sql("select count(*) from tasks where state <> 'dead'")[0][0])
        if tasks == 0 and all(status in ("indexed", "failed") for status, _ in rows):
            return True
        if (rows, tasks) != last:
            last, changed = (rows, tasks), time.monotonic()
        if time.monotonic() - changed > QUIET_WITHIN:
            print(f"nothing moves any more: {rows}, {tasks} tasks")
            return False
        time.sleep(1)


def checks(demo, files):
    """Each thing that must hold, and whether it does."""
    one = lambda query: int(demo.sql(query)[0][0])  # noqa: E731
    hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    kept = [row[0] for row in demo.sql("select encode(content_hash, 'hex') from uploads where parent_id is null")]
    statuses = dict(demo.sql("select status, count(*) from uploads group by 1"))
    print(f"{len(files)} files, {len(hashes)} of different content; uploads: {statuses}; "
          f"{one('select count(*) from candidates')} candidates, {one('select count(*) from passages')} passages")
    for detail, count in demo.sql("select error_code || ': ' || error_detail, count(*) from uploads "
                                  "where status = 'failed' group by 1 order by 2 desc limit 12"):
        print(f"  failed {count}: {detail}")
    status, answer, _ = demo.ask("POST", "/api/v1/search", json.dumps({"query": "experience", "limit": 1}))
    yield "every file is there", hashes <= set(kept)
    yield "nothing else is there", set(kept) <= hashes and len(kept) == len(set(kept))
    yield "every upload is indexed or failed", set(statuses) <= {"indexed", "failed"}
    yield "every failure has a reason and says what to do", one(
        "select count(*) from uploads where status = 'failed' and (error_code is null or error_hint is null)") == 0
    yield "no failure is the kills' doing", one("select count(*) from uploads where error_code = 'not_processed'") == 0
    yield "every indexed document is one resume", one(
        "select count(*) from uploads u where status = 'indexed' and media_type <> 'application/zip' "
        "and (select count(*) from resumes r where r.upload_id = u.id) <> 1") == 0
    yield "every resume has passages", one(
        "select count(*) from resumes r where not exists (select from passages p where p.resume_id = r.id)") == 0
    yield "every passage has its vector", one(
        "select count(*) from passages p where not exists (select from embeddings e where e.content_hash = p.content_hash "
        "and e.workspace_id = p.workspace_id)") == 0
    yield "the queue is empty", one("select count(*) from tasks") == 0
    yield "no text waits to be understood", one("select count(*) from extractions") == 0
    yield "a search answers", status == 200 and json.loads(answer)["total"] > 0


class Service:
    """Postgres or Redis of the demo, to be stopped, continued and killed."""

    def __init__(self, demo, pid_file):
        self.pid_file = demo.data / pid_file

    def signal(self, number):
        """Signals it with all its children."""
        first = int(self.pid_file.read_text().split()[0])
        family = [first]
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
                parent = int(stat.rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == first:
                family.append(int(entry))
        for pid in family:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass


def search(demo):
    """One search; its status and how long it took."""
    begin = time.monotonic()
    try:
        status = demo.ask("POST", "/api/v1/search", json.dumps({"query": f"experience {begin}", "limit": 5}))[0]
    except (OSError, http.client.HTTPException) as reason:
        status = repr(reason)
    return status, time.monotonic() - begin


def searches_until(demo, moment):
    """What searches from several sides answer until a moment, each after the other."""
    answers, begun = [], threading.Event()

    def ask():
        while time.monotonic() < moment:
            answers.append(search(demo))
            begun.set()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait()
    return answers, threads


def answers_again(demo, within):
    """Whether a search is answered well within so many seconds."""
    begin = time.monotonic()
    while time.monotonic() - begin < within:
        if search(demo)[0] == 200:
            return True
        time.sleep(0.2)
    return False


def failures(demo):
    """Each thing that must hold while a service hangs or is gone, and whether it does."""
    redis, postgres = Service(demo, "redis/redis.pid"), Service(demo, "postgres/postmaster.pid")
    answers_again(demo, 30)
    redis.signal(signal.SIGSTOP)
    answers = [search(demo) for _ in range(5)]
    redis.signal(signal.SIGCONT)
    print(f"Redis hangs: {summary(answers)}")
    yield "searches go on while Redis hangs", all(status == 200 and took < 3 for status, took in answers)
    redis.signal(signal.SIGKILL)
    answers = [search(demo) for _ in range(5)]
    print(f"Redis is killed: {summary(answers)}")
    yield "searches go on when Redis is killed", all(status == 200 and took < 3 for status, took in answers)
    answers, threads = searches_until(demo, time.monotonic() + 20)
    postgres.signal(signal.SIGSTOP)
    for thread in threads:
        thread.join()
    postgres.signal(signal.SIGCONT)
    print(f"Postgres hangs: {summary(answers)}")
    yield "searches end in time while Postgres hangs", all(status in (200, 503) and took < 18 for status, took in answers)
    yield "a search fails while Postgres hangs", any(status == 503 for status, _ in answers)
    yield "searches work when Postgres goes on", answers_again(demo, 15)
    postgres.signal(signal.SIGKILL)
    answers = [search(demo)]
    print(f"Postgres is killed: {summary(answers)}")
    yield "a search ends in time when Postgres is killed", all(status in (200, 503) and took < 18 for status, took in answers)
    yield "searches work when Postgres was killed", answers_again(demo, 60)


def summary(answers):
    """Statuses with their counts, and the longest wait."""
    statuses = [status for status, _ in answers]
    counted = ", ".join(f"{statuses.count(status)} times {status}" for status in sorted(set(statuses), key=str))
    return f"{counted}; at most {max(took for _, took in answers):.2f} s"


def run(options, demo):
    """The whole test; answers what held and what did not."""
    files, chance = make_files(options, demo.data / "input"), random.Random(options.seed)
    done = threading.Event()
    demo.start()
    begin = time.monotonic()
    threading.Thread(target=hand_in, args=(demo, files, done), daemon=True).start()
    kill_again_and_again(demo, options, chance)
    handed_in = done.wait(QUIET_WITHIN)
    last_kill = time.monotonic()
    ended = wait_for_the_end(demo)
    print(f"{len(demo.starts)} starts, slowest {max(demo.starts):.1f} s; all done after {time.monotonic() - begin:.0f} s, "
          f"{time.monotonic() - last_kill:.1f} s after the last kill", flush=True)
    results = [("every file was taken", handed_in), ("the import came to its end", ended), *checks(demo, files)]
    results += failures(demo)
    results.append(("Ctrl-C ends it in order", demo.stop() == 0))
    results.append(("Ctrl-C leaves no process", not wait_for_none(demo, "after Ctrl-C")))
    demo.start()
    demo.kill()
    results.append(("kill -9 leaves no process", not wait_for_none(demo, "after kill -9")))
    return results


def main():
    """The command."""
    parser = argparse.ArgumentParser(description="Imports resumes while the process is killed, and counts what is left.")
    parser.add_argument("--binary", required=True, metavar="FILE", help="the program")
    parser.add_argument("--files", type=int, default=40, help="how many resumes (default 40)")
    parser.add_argument("--kills", type=int, default=4, help="how many times it is killed (default 4)")
    parser.add_argument("--seed", type=int, default=1, help="other people, other moments (default 1)")
    parser.add_argument("--model-dir", default=str(ROOT / "packaging/models/data/all-minilm-l6-v2"), metavar="DIR")
    parser.add_argument("--data", metavar="DIR", help="where everything is kept, and left (default: a folder that is removed)")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    # Whoever is told to end by a signal stops the demo as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    data = Path(os.path.realpath(options.data or tempfile.mkdtemp(prefix="talentprompt-crash-")))
    data.mkdir(parents=True, exist_ok=True)
    demo = Demo(options, data)
    try:
        results = run(options, demo)
    finally:
        try:
            if demo.process and demo.process.poll() is None:
                demo.stop()
        finally:
            if demo.process and demo.process.poll() is None:
                demo.kill()
        if not options.data:
            shutil.rmtree(data, ignore_errors=True)
    for name, holds in results:
        print(f"{'ok    ' if holds else 'FAILED'}  {name}")
    passed = sum(1 for _, holds in results if holds)
    print(f"{passed} passed, {len(results) - passed} failed", flush=True)
    return 0 if passed == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
