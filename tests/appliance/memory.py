#!/usr/bin/env python3
"""What the appliance takes of the machine's memory with many resumes: tests/appliance/memory.py --repository DIR [SUITE…]

RESUMES in the environment is how many, SEARCHES how often is searched, POSTGRES a line of PostgreSQL's configuration to
try, such as POSTGRES='shared_buffers = 64MB'. A few hundred are imported and the others are
copies of them, so that the database and the index have their size without hours of embedding. Figures are printed: all
that the kernel counts for the slice, which includes the files it keeps in memory because nobody else asks for it.
"""
import http.client
import importlib.util
import json
import os
import subprocess
import sys
import time

from run import ROOT, Appliance, expect, main, wait

RESUMES = int(os.environ.get("RESUMES") or 10_000)
SEARCHES = int(os.environ.get("SEARCHES") or 300)
TRIED = os.environ.get("POSTGRES")
IMPORTED = 250
# MB of 1,000,000 bytes for everything together, once it has been searched and is left alone.
BAR = 900
UNITS = ("talentprompt", "talentprompt-postgres", "talentprompt-redis")
# Copies number $n of all there is, under ids and hashes of their own; triggers and checks of references are off.
COPIES = """
set session_replication_role = replica;
create function other(id uuid, n int) returns uuid language sql immutable as $f$ select md5(id::text || n)::uuid $f$;
create function other(hash bytea, n int) returns bytea language sql immutable
  as $f$ select sha256(hash || convert_to(n::text, 'UTF8')) $f$;
create temp table times as select generate_series(1, {copies}) as n;
insert into candidates select other(id, n), workspace_id, name, headline, location, experience_months,
  other(current_resume_id, n), corrections, created_at, updated_at from candidates, times;
insert into uploads select other(id, n), workspace_id, member_id, parent_id, filename, size, other(content_hash, n),
  media_type, status, error_code, error_detail, error_hint, other(candidate_id, n), created_at, updated_at from uploads, times;
insert into resumes (id, workspace_id, candidate_id, upload_id, filename, media_type, size, content_hash, pages, text,
    profile, created_at, reader)
  select other(id, n), workspace_id, other(candidate_id, n), other(upload_id, n), filename, media_type, size,
    other(content_hash, n), pages, text, profile, created_at, reader from resumes, times;
insert into passages select other(id, n), workspace_id, other(candidate_id, n), other(resume_id, n), ordinal, span_start,
  span_end, kind, text, other(content_hash, n), sparse_indices, sparse_values from passages, times;
insert into embeddings select workspace_id, model, other(content_hash, n), vector from embeddings, times;
drop function other(uuid, int), other(bytea, int);
analyze;
"""


def search(token, count):
    """Searches so often by one connection, each time for something else; prints the milliseconds."""
    # Another file of the name `run`.
    spec = importlib.util.spec_from_file_location("bench", ROOT / "tests/bench/run.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    connection, times = http.client.HTTPConnection("127.0.0.1", 80, timeout=120), []
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for query in bench.queries(count, 7):
        begin = time.perf_counter()
        connection.request("POST", "/api/v1/search", json.dumps({"query": query}), headers)
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - begin) * 1000)
        if answer.status != 200:
            sys.exit(f"a search is answered by {answer.status}")
    print(json.dumps({"first": round(times[0], 1), **bench.percentiles(times[1:])}))


class Memory(Appliance):
    """The tests, in the order in which they use one machine."""

    DISK = True

    def counted(self):
        """MB of the slice, and of each unit with what it is made of."""
        told = {"slice": int(self.show("talentprompt.slice", "MemoryCurrent")) / 1e6}
        for unit in UNITS:
            group = self.show(unit, "ControlGroup")
            place = self.run(f"ls -d /sys/fs/cgroup/memory{group} /sys/fs/cgroup{group} 2>/dev/null | head -n 1", check=False)
            stat = dict(line.split() for line in self.run(f"cat {place}/memory.stat").splitlines())
            mb = lambda *names: sum(int(stat.get(name, 0)) for name in names) / 1e6
            told[unit] = {"own": mb("rss", "anon"), "shared": mb("shmem"), "files": mb("cache", "file") - mb("shmem")}
        return told

    def tell(self, when):
        """Prints it; answers the slice's MB."""
        told = self.counted()
        parts = (f"{unit} " + " ".join(f"{name} {mb:.0f}" for name, mb in told[unit].items()) for unit in UNITS)
        print(f"  {when}: slice {told['slice']:.0f} MB ({'; '.join(parts)})", flush=True)
        return told["slice"]

    def searches(self, count):
        """How long searches take, as a client sees it."""
        command = ["nsenter", "-t", self.machine.leader(), "-n", "--", sys.executable, __file__, "--search", self.token,
                   str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        expect(done.returncode == 0, done.stderr)
        return json.loads(done.stdout)

    def it_has_ten_thousand_resumes(self):
        self.install()
        self.run("printf '[security]\nrequests_per_minute = 600000\n' >>/etc/talentprompt/talentprompt.toml; "
                 "systemctl restart talentprompt")
        wait("it is ready", self.ready, 60)
        folder = self.machine.root / "root/resumes"
        subprocess.run([sys.executable, ROOT / "packaging/samples/generate.py", "--to", folder, "--count", str(IMPORTED),
                        "--seed", "11", "--manifest", folder.with_suffix(".json")], check=True, stderr=subprocess.DEVNULL)
        self.run("talentprompt import /root/resumes >/root/imported 2>&1 || test $? = 1")
        wait("all is read", lambda: self.sql("select count(*) from tasks") == "0", 900)
        self.run("systemctl stop talentprompt.socket talentprompt")
        have = int(self.sql("select count(*) from resumes"))
        expect(have > IMPORTED * 0.9, f"{have} of {IMPORTED} were imported")
        (self.machine.root / "root/copies.sql").write_text(COPIES.format(copies=-(-RESUMES // have) - 1))
        self.run("psql -h /run/talentprompt-postgres -U postgres talentprompt -Xq1 -f /root/copies.sql")
        expect(int(self.sql("select count(*) from resumes")) >= RESUMES, "there are too few")
        print("  resumes, passages, database:", self.sql("select count(*) from resumes"), self.sql(
            "select count(*) from passages"), self.sql("select pg_size_pretty(pg_database_size('talentprompt'))"), flush=True)

    def its_memory_is_within_the_bar_once_it_was_searched(self):
        if TRIED:
            (self.machine.root / "etc/talentprompt/postgres.d/tried.conf").write_text(TRIED + "\n")
        # What is read of the disk is counted for who reads it first.
        self.machine.reboot(cold=True)
        wait("it is ready", self.ready, 120)
        time.sleep(20)
        self.tell("after the boot")
        print("  searches (ms):", self.searches(SEARCHES), flush=True)
        self.tell("after the searches")
        time.sleep(60)
        idle = self.tell("a minute later")
        expect(idle <= BAR, f"{idle:.0f} MB, at most {BAR}")

    def searches_are_as_quick_when_all_is_warm(self):
        print("  searches (ms):", self.searches(SEARCHES), flush=True)
        self.tell("after as many again")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--search"]:
        search(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main(Memory, "What the appliance takes of the machine's memory with many resumes."))
