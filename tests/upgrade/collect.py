#!/usr/bin/env python3
"""Adds the data of a release to the collection: tests/upgrade/collect.py --binary FILE [--count 24]

Runs the release's own program as a demo on invented people, and keeps what it wrote in tests/upgrade/<version>/: the
database as plain text, the documents, and what to find in them. README.md beside this file says when.
"""
import argparse
import gzip
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
READY_WITHIN = 600  # seconds; a debug build embeds slowly
SEARCHES = 4


def start(binary, data, log):
    """The demo, and waits until it has imported everybody."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    model = ROOT / "packaging/models/data/all-minilm-l6-v2"
    demo = subprocess.Popen([binary, "demo", "--data", data, "--port", port, "--model-dir", model],
                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    deadline = time.monotonic() + READY_WITHIN
    while "is ready" not in (said := Path(log.name).read_text(errors="replace")):
        if demo.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the demo does not start:\n{said[-2000:]}")
        time.sleep(0.5)
    return demo


def sql(data, query):
    """Rows of a query, as the database's owner."""
    printed = subprocess.run(["psql", "-XAtq", "-F", "\t", url(data), "-c", query], check=True, capture_output=True, text=True)
    return [line.split("\t") for line in printed.stdout.splitlines()]


def url(data):
    """The database's owner's URL."""
    return re.search(r'^admin_url = "(.*)"', (data / "talentprompt.toml").read_text(), re.M)[1]


def searches(binary, data):
    """Queries that find somebody: headlines of people who have one of their own."""
    found = []
    rows = sql(data, "select min(headline), min(name) from candidates where headline <> '' group by headline "
                     "having count(*) = 1 order by headline")
    for headline, name in rows:
        command = [binary, "search", headline, "--limit", "5", "--json", "--config", data / "talentprompt.toml"]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if any(hit["name"] == name for hit in answer["hits"]):
            found.append({"query": headline, "finds": name})
        if len(found) == SEARCHES:
            break
    return found


def dump(data):
    """The database as text. What keeps a psql of the same time from reading it is left out."""
    text = subprocess.run(["pg_dump", "--no-owner", url(data)], check=True, capture_output=True).stdout
    return b"".join(line for line in text.splitlines(True) if not line.startswith((b"\\restrict", b"\\unrestrict")))


def files(data):
    """The documents, packed so that the same ones give the same bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted((data / "files").rglob("*")):
            entry = tarfile.TarInfo(str(path.relative_to(data)))
            if path.is_dir():
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                entry.size, entry.mode = path.stat().st_size, 0o644
                archive.addfile(entry, io.BytesIO(path.read_bytes()))
    return packed.getvalue()


def main():
    parser = argparse.ArgumentParser(description="Adds the data of a release to the collection.")
    parser.add_argument("--binary", type=Path, required=True, metavar="FILE", help="the release's program")
    parser.add_argument("--count", default="24", help="how many invented resumes (default 24)")
    options = parser.parse_args()
    binary = options.binary.resolve()
    version = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)  # the services run as another user when we are root
        data = Path(folder) / "data"
        generate = [sys.executable, ROOT / "packaging/samples/generate.py", "--to", data / "samples", "--count", options.count,
                    "--formats", "docx,odt,rtf,html,txt,md,json", "--manifest", Path(folder) / "samples.json"]
        subprocess.run(generate, check=True)
        with open(Path(folder) / "log", "w", encoding="utf-8") as log:
            demo = start(binary, data, log)
            try:
                email, password = (data / "sign-in").read_text().split()
                release = {"version": version, "email": email, "password": password,
                           "schema": int(sql(data, "select max(version) from _sqlx_migrations")[0][0]),
                           "candidates": int(sql(data, "select count(*) from candidates")[0][0]),
                           "searches": searches(binary, data)}
                database, documents = dump(data), files(data)
            finally:
                demo.send_signal(signal.SIGINT)
                demo.wait(60)
    to = HERE / version
    to.mkdir(exist_ok=True)
    (to / "release.json").write_text(json.dumps(release, indent=2) + "\n")
    for name, content in (("database.sql.gz", database), ("files.tar.gz", documents)):
        (to / name).write_bytes(gzip.compress(content, 9, mtime=0))
    print(f"{to.relative_to(ROOT)}: schema {release['schema']}, {release['candidates']} people, "
          f"{sum(path.stat().st_size for path in to.iterdir()) >> 10} KB")


if __name__ == "__main__":
    main()
