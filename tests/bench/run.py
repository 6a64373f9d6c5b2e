#!/usr/bin/env python3
"""Measures the appliance from outside: import, search over HTTP, memory, start. Run by `make bench`.

    tests/support/with-services tests/bench/run.py --binary FILE [--import N] [--resumes N] [--searches N] [--json FILE]

Invented resumes in the usual mixture of formats are imported through the API into an empty workspace; first `--import`
of them, timed from the first request to the last file that is indexed, then more up to `--resumes`. Searches are then
sent one after the other, each a query that was never asked before, so that its embedding is part of the time; then by
four clients at once. Figures are nearest-rank percentiles in milliseconds, seen by the client.
"""
import argparse
import concurrent.futures
import http.client
import json
import os
import platform
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BATCH = 50  # files in a request
EMAIL = "bench@example.com"
TITLES = ["software engineer", "data engineer", "accountant", "registered nurse", "project manager", "sales manager",
          "electrician", "HR manager", "UX designer", "warehouse worker", "teacher", "DevOps engineer", "buyer"]
SKILLS = ["Python", "Java", "SQL", "AWS", "Kubernetes", "Excel", "SAP", "React", "Salesforce", "Figma", "Docker",
          "C++", "Terraform", "bookkeeping", "patient care", "negotiation", "scheduling", "Power BI"]
PLACES = ["Berlin", "Munich", "Vienna", "London", "Madrid", "Paris", "Amsterdam", "remote", "Hamburg", "Zurich"]
LANGUAGES = ["German", "English", "French", "Spanish", "Italian"]
PATTERNS = ["senior {title} with {skill} and {other}, {place}", "{title}, {years}+ years, {place} or remote",
            "{title} who speaks {language} and knows {skill}", "{skill} and {other}, at least {years} years, not {third}",
            "we need a {title} for our {place} office, {skill} would be nice", "{title} {skill} {place}"]


class Appliance:
    """`talentprompt serve` on a database of its own."""

    def __init__(self, binary, folder):
        self.binary, self.folder, self.process = binary, folder, None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        admin = os.environ["TALENTPROMPT_TEST_DATABASE_URL"]
        name = f"bench_{uuid.uuid4().hex[:12]}"
        psql = shutil.which("psql") or sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))[-1]
        subprocess.run([psql, "-Xq", admin, "-c", f"create database {name}"], check=True)
        url = admin.replace("///postgres?", f"///{name}?")
        self.admin, self.psql, self.database = admin, psql, name
        self.environment = dict(
            os.environ, NO_COLOR="1", TALENTPROMPT__DATABASE__ADMIN_URL=url, TALENTPROMPT__DATA__DIR=str(folder),
            TALENTPROMPT__DATABASE__URL=re.sub(r"user=\w+", "user=talentprompt_app", url),
            TALENTPROMPT__REDIS__URL=os.environ["TALENTPROMPT_TEST_REDIS_URL"],
            TALENTPROMPT__SERVER__LISTEN=f"127.0.0.1:{self.port}", TALENTPROMPT__SECURITY__REQUESTS_PER_MINUTE="1000000",
            TALENTPROMPT__SECURITY__ANONYMOUS_REQUESTS_PER_MINUTE="1000000",
            TALENTPROMPT__EMBEDDING__MODEL_DIR=str(ROOT / "packaging/models/data/all-minilm-l6-v2"),
            TALENTPROMPT__LOG__LEVEL="warn,talentprompt::tasks=debug")

    def prepare(self):
        """The schema, and somebody who may search."""
        self.command("migrate", "up")
        self.command("users", "create", EMAIL, "--name", "Bench", "--role", "owner", "--workspace", "Bench")
        self.token = re.search(r"tp_[\w-]+", self.command("tokens", "create", EMAIL, "--name", "bench"))[0]

    def command(self, *arguments):
        """What a command of the program prints."""
        done = subprocess.run([self.binary, *arguments], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"`talentprompt {' '.join(arguments)}` failed: {done.stderr}")
        return done.stdout + done.stderr

    def start(self):
        """Starts it; answers the seconds until it says that it is ready."""
        begin = time.monotonic()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([self.binary, "serve"], env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        while True:
            try:
                if self.client().get("/readyz")[0] == 200:
                    return time.monotonic() - begin
            except OSError:
                pass
            if self.process.poll() is not None:
                raise SystemExit((self.folder / "log").read_text()[-2000:])
            time.sleep(0.005)

    def stop(self):
        """Ends it in order."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def remove(self):
        """Ends it if it still runs, and drops its database."""
        try:
            if self.process and self.process.poll() is None:
                self.stop()
        finally:
            drop = f"drop database if exists {self.database} with (force)"
            subprocess.run([self.psql, "-Xq", self.admin, "-c", drop], check=False)

    def client(self):
        """A connection of its own."""
        return Client(self)

    def memory_mb(self):
        """Resident memory now and at its highest, MB of 1,000,000 bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return tuple(int(re.search(rf"{key}:\s+(\d+) kB", status)[1]) * 1024 / 1e6 for key in ("VmRSS", "VmHWM"))

    def steps(self):
        """Seconds that each kind of task took, all together, from the log."""
        sums = {}
        for found in re.finditer(r'kind"?[=:] ?"?(\w+).*?duration_ms"?[=:] ?(\d+)', (self.folder / "log").read_text()):
            sums[found[1]] = sums.get(found[1], 0) + int(found[2]) / 1000
        return sums


class Client:
    """One connection to the appliance, kept open."""

    def __init__(self, appliance):
        self.headers = {"Authorization": f"Bearer {appliance.token}"}
        self.connection = http.client.HTTPConnection("127.0.0.1", appliance.port, timeout=120)

    def get(self, path):
        """Status and body."""
        return self.ask("GET", path, None, "application/json")

    def ask(self, method, path, body, content_type):
        """Status and body."""
        self.connection.request(method, path, body, self.headers | {"Content-Type": content_type})
        response = self.connection.getresponse()
        return response.status, response.read()

    def search(self, query):
        """Milliseconds until the whole answer was there."""
        begin = time.perf_counter()
        status, body = self.ask("POST", "/api/v1/search", json.dumps({"query": query}), "application/json")
        took = (time.perf_counter() - begin) * 1000
        if status != 200:
            raise SystemExit(f"search answered {status}: {body[:300]!r}")
        return took


def queries(count, seed):
    """Queries that differ from each other."""
    chance, made = random.Random(seed), {}
    while len(made) < count:
        skill, other, third = chance.sample(SKILLS, 3)
        made[chance.choice(PATTERNS).format(
            title=chance.choice(TITLES), skill=skill, other=other, third=third, place=chance.choice(PLACES),
            language=chance.choice(LANGUAGES), years=chance.randint(1, 12))] = None
    return list(made)


def generate(folder, count, seed):
    """Invented resumes in the usual mixture of formats."""
    command = [sys.executable, ROOT / "packaging/samples/generate.py", "--to", folder, "--count", str(count),
               "--seed", str(seed), "--manifest", folder.with_suffix(".json")]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return sorted(path for path in folder.iterdir() if path.is_file())


def import_all(appliance, files):
    """Hands the files in and waits until every one is done; answers seconds, and the counts by status."""
    client, begin = appliance.client(), time.monotonic()
    for first in range(0, len(files), BATCH):
        boundary = uuid.uuid4().hex
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'.encode()
                 + path.read_bytes() + b"\r\n" for path in files[first:first + BATCH]]
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        status, answer = client.ask("POST", "/api/v1/resumes", body, f"multipart/form-data; boundary={boundary}")
        if status != 202:
            raise SystemExit(f"the upload answered {status}: {answer[:300]!r}")
    while True:
        counts = json.loads(client.get("/api/v1/uploads?limit=1")[1])["counts"]
        if counts["indexed"] + counts["failed"] == sum(counts.values()):
            return time.monotonic() - begin, counts
        time.sleep(0.1)


def percentiles(times):
    """The usual ones, nearest rank."""
    ordered = sorted(times)
    rank = lambda percent: ordered[max(1, -(-len(ordered) * percent // 100)) - 1]
    return {"p50": round(rank(50), 1), "p95": round(rank(95), 1), "p99": round(rank(99), 1), "max": round(ordered[-1], 1)}


def measure(options, folder, appliance):
    """All figures, in the order they are taken."""
    appliance.prepare()
    figures = {"cores": os.cpu_count(), "machine": platform.machine(), "ready_empty_s": round(appliance.start(), 2)}
    files = generate(folder / "first", options.first, 11)
    seconds, counts = import_all(appliance, files)
    steps = appliance.steps()
    figures |= {"import": {"files": len(files), "per_s": round(len(files) / seconds, 2), "counts": counts,
                           "share": {kind: round(spent / sum(steps.values()), 2) for kind, spent in steps.items()}}}
    say(figures)
    if options.resumes > len(files):
        more = generate(folder / "more", options.resumes - len(files), 12)
        seconds, counts = import_all(appliance, more)
        figures["more"] = {"files": len(more), "per_s": round(len(more) / seconds, 2), "counts": counts}
    figures["memory_mb"] = dict(zip(("after_import", "peak"), map(round, appliance.memory_mb())))
    appliance.stop()
    figures["ready_full_s"] = round(appliance.start(), 2)
    # The first search waits for the index in the process to be filled.
    client, begin = appliance.client(), time.monotonic()
    client.search("first")
    figures["first_search_after_ready_s"] = round(time.monotonic() - begin, 2)
    for query in queries(200, 1):
        client.search(query)
    figures["search_ms"] = percentiles([client.search(query) for query in queries(options.searches, 2)])
    figures["search_again_ms"] = percentiles([client.search(query) for query in queries(options.searches, 2)])
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        begin = time.monotonic()
        shares = [queries(options.searches, 3)[part::4] for part in range(4)]
        ask = lambda share: [client.search(query) for client in [appliance.client()] for query in share]
        times = [took for part in pool.map(ask, shares) for took in part]
        figures["search_4_clients_ms"] = percentiles(times) | {"per_s": round(len(times) / (time.monotonic() - begin), 1)}
    figures["memory_mb"] |= dict(zip(("searching", "searching_peak"), map(round, appliance.memory_mb())))
    appliance.stop()
    return figures


def say(figures):
    """Progress goes to standard error."""
    print(json.dumps(figures), file=sys.stderr, flush=True)


def main():
    """The command."""
    parser = argparse.ArgumentParser(description="Measures the appliance from outside: import, search, memory, start.")
    parser.add_argument("--binary", required=True, metavar="FILE", help="the program, built in release")
    parser.add_argument("--import", dest="first", type=int, default=1000, metavar="N", help="files whose import is timed (default 1000)")
    parser.add_argument("--resumes", type=int, default=10000, metavar="N", help="resumes that are searched (default 10000)")
    parser.add_argument("--searches", type=int, default=500, metavar="N", help="searches that are timed (default 500)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    options = parser.parse_args()
    # Whoever is told to end by a signal cleans up as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if "TALENTPROMPT_TEST_DATABASE_URL" not in os.environ:
        parser.error("run it inside tests/support/with-services")
    with tempfile.TemporaryDirectory(prefix="talentprompt-bench-") as name:
        (Path(name) / "data").mkdir()
        appliance = Appliance(options.binary, Path(name) / "data")
        try:
            figures = measure(options, Path(name), appliance)
        finally:
            appliance.remove()
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
