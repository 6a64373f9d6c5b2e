#!/usr/bin/env python3
"""Installs the packages on booted Debian machines and tries them: tests/appliance/run.py --repository DIR [SUITE…]

DIR is a signed repository as `make apt-repo` makes it. Each suite (bookworm, trixie) gets a machine of its own, all at
the same time. Where machines cannot run, that is said and nothing fails.
"""
import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from machine import Broken, Machine, missing

ROOT = Path(__file__).resolve().parent.parent.parent
SUITES = ("bookworm", "trixie")
SERVICES = ("talentprompt", "talentprompt-postgres", "talentprompt-redis")
# Exposure by `systemd-analyze security`, at most.
BARS = {"talentprompt": 1.2, "talentprompt-qdrant": 1.2, "talentprompt-postgres": 0.5, "talentprompt-redis": 0.5,
        "talentprompt-backup": 1.2, "talentprompt-backup-drill": 1.2}
TIMERS = ("talentprompt-backup.timer", "talentprompt-backup-drill.timer")
INSTALL = "apt-get -qq -y -o Dpkg::Use-Pty=0 install talentprompt"
PEOPLE = ("Ada Example", "ada@example.com", "Berlin", "", "Experience",
          "Senior Rust Developer, Example GmbH, 2018 - 2024", "Built search engines with Rust and PostgreSQL.")


def pdf(lines):
    """A PDF of one page of text."""
    text = "BT /F1 11 Tf 50 780 Td 14 TL\n" + "".join(f"({line}) Tj T*\n" for line in lines) + "ET"
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
               "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
               f"<</Length {len(text)}>>stream\n{text}\nendstream", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    out, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(f"{len(out):010d} 00000 n \n")
        out += f"{number} 0 obj{content}\nendobj\n"
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{''.join(places)}"
    return f"{out}{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"


def dependencies():
    """The Debian packages that the package wants, but for ours and those that Debian does not have."""
    control = (ROOT / "packaging/deb/talentprompt/control").read_text()
    lines = re.findall(r"^(?:Depends|Recommends): (.*)$", control, re.M)
    first = [re.split(r"[ |]", name.strip())[0] for line in lines for name in line.split(",")]
    return sorted(name for name in first if not name.startswith(("@", "talentprompt", "qdrant")))


def wait(what, ready, seconds=30):
    """Waits until `ready()` answers something, and answers that."""
    deadline = time.monotonic() + seconds
    while not (answer := ready()):
        if time.monotonic() > deadline:
            raise Broken(f"not within {seconds} s: {what}")
        time.sleep(0.2)
    return answer


class Skipped(Exception):
    """A test needs what is not here; the text says what."""


def expect(condition, otherwise):
    """Fails the test when the condition does not hold."""
    if not condition:
        raise Broken(str(otherwise))


class Appliance:
    """The tests, in the order in which they use one machine."""

    # Whether the machine has a disk of its own, whose power can be cut.
    DISK = False
    # The Debian that it is upgraded to.
    AFTER = None
    SUITES = SUITES

    @staticmethod
    def share(repository, _):
        """What the machine sees in /srv/share; the second is a folder to make it in."""
        return repository

    def __init__(self, machine):
        self.machine = machine
        self.run = machine.run
        self.token = ""

    def close(self):
        """Lets go of what a kind of tests has taken besides its machine."""

    def get(self, path, *options):
        """Asks the API; answers the body, or nothing while it does not answer."""
        options = " ".join((f"-H 'Authorization: Bearer {self.token}'", *options))
        body = self.run(f"curl -sS --max-time 20 {options} 'http://127.0.0.1{path}'", check=False)
        try:
            return json.loads(body)
        except json.JSONDecodeError:
            return {}

    def ready(self):
        """Whether the server answers that it is ready."""
        return self.run("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/readyz", check=False) == "200"

    def finds_ada(self):
        """Whether a search finds the person that was imported."""
        question = "-H 'Content-Type: application/json' -d '{\"query\":\"Rust developer in Berlin\"}'"
        return any(hit["name"] == "Ada Example" for hit in self.get("/api/v1/search", question).get("hits", []))

    def show(self, unit, name):
        """A property of a unit."""
        return self.run(f"systemctl show -P {name} {unit}")

    def active(self):
        """Which of the units are active."""
        units = ["talentprompt.target", "talentprompt.socket", *(f"{name}.service" for name in SERVICES)]
        return [unit for unit in units if self.show(unit, "ActiveState") == "active"]

    def stop(self):
        """Stops everything by the target, which does not wait for what it stops."""
        self.run("systemctl stop talentprompt.target")
        wait("all is stopped", lambda: not self.run("systemctl list-units --no-legend --state=active,deactivating "
                                                    "'talentprompt*.service' 'talentprompt*.socket'"))

    def use_repository(self):
        """Names our repository, and no other, to apt."""
        source = "/etc/apt/sources.list.d/talentprompt.sources"
        self.run(f"sed 's,^URIs:.*,URIs: file:/srv/share,' /srv/share/talentprompt.sources >{source}; "
                 f"apt-get -qq update -o Dir::Etc::SourceList={source} -o Dir::Etc::SourceParts=- "
                 "-o APT::Get::List-Cleanup=0")

    def sql(self, query, check=True):
        """What the database answers."""
        return self.run(f"psql -h /run/talentprompt-postgres -U postgres talentprompt -XAtc \"{query}\"", check)

    def install(self):
        """The appliance with its first account, for tests of what comes later."""
        self.use_repository()
        self.run(INSTALL)
        wait("the appliance is ready", self.ready)
        self.sign_up()

    def it_installs_from_the_signed_repository_and_serves(self):
        self.use_repository()
        said = self.run(f"{INSTALL} 2>&1")
        wait("the appliance is ready", self.ready)
        expect("/setup?token=" in said, f"no link for the owner:\n{said[-1500:]}")

    def its_units_are_enabled_and_active(self):
        expect(len(self.active()) == 5, f"active: {self.active()}")
        for unit in ("talentprompt.target", "talentprompt.socket", "talentprompt.service", *TIMERS):
            expect(self.show(unit, "UnitFileState") == "enabled", f"{unit} is not enabled")
        for timer in TIMERS:
            expect(self.show(timer, "ActiveState") == "active", f"{timer} does not run")
        expect(self.run("systemctl --failed --no-legend") == "", self.run("systemctl --failed --no-legend"))

    def its_units_are_caged(self):
        for unit, bar in BARS.items():
            told = self.run(f"systemd-analyze security --no-pager --offline=yes /usr/lib/systemd/system/{unit}.service")
            score = float(re.search(r"exposure level.*?: ([0-9.]+)", told)[1])
            expect(score <= bar, f"{unit}: {score}, at most {bar}")

    def it_listens_on_its_port_and_nowhere_else(self):
        outside = [line.split()[4] for line in self.run("ss -Hlntu").splitlines()
                   if not re.search(r"(127\.0\.0\.\d+|\[::1\])(%\w+)?:\d+ ", line)]
        expect(outside == ["*:80"], f"reached from outside: {outside}")

    def it_leaves_the_distribution_alone(self):
        expect(self.run("pg_lsclusters --no-header") == "", "the distribution's cluster was made")
        changed = self.run("dpkg --verify postgresql-common redis-server redis-tools", check=False)
        expect(changed == "", f"files of other packages differ:\n{changed}")
        self.run("pg_createcluster $(ls /usr/lib/postgresql) main --start >/dev/null; "
                 "runuser -u postgres -- psql -Atc 'select 1'; pg_dropcluster --stop $(ls /usr/lib/postgresql) main")

    def secrets_are_the_owners_alone(self):
        told = self.run("stat -c '%a %U:%G %n' /etc/talentprompt/credentials /etc/talentprompt/credentials/* "
                        "/etc/talentprompt/talentprompt.toml /var/lib/talentprompt /var/lib/talentprompt/postgres")
        expect(told.splitlines() == [
            "700 root:root /etc/talentprompt/credentials",
            "600 root:root /etc/talentprompt/credentials/vector.api_key",
            "640 root:talentprompt /etc/talentprompt/talentprompt.toml",
            "711 talentprompt:talentprompt /var/lib/talentprompt",
            "700 talentprompt-postgres:talentprompt-postgres /var/lib/talentprompt/postgres"], told)

    def the_database_lets_in_nobody_else(self):
        query = "psql -h /run/talentprompt-postgres talentprompt -Atc 'select current_user' -U"
        expect(self.run(f"runuser -u talentprompt -- {query} talentprompt_app") == "talentprompt_app", "no way in")
        strangers = ("talentprompt", "postgres"), ("nobody", "talentprompt"), ("talentprompt-redis", "talentprompt")
        for user, role in strangers:
            expect(self.run(f"runuser -u {user} -- {query} {role}", check=False) == "", f"{user} is let in as {role}")

    def it_may_manage_its_services_and_no_others(self):
        ask = "runuser -u talentprompt -- systemctl --no-ask-password"
        for verb in ("restart", "stop", "start", "reset-failed"):
            self.run(f"{ask} {verb} talentprompt-redis.service")
        for other in ("restart dbus.service", "stop talentprompt.socket", "enable talentprompt-redis.service"):
            expect(self.run(f"{ask} {other} && echo allowed", check=False) == "", f"it may {other}")

    def sign_up(self):
        """Makes the first account, and a token for the API."""
        self.run("talentprompt users create --workspace Test --name 'Olga Owner' --role owner olga@example.com")
        self.token = re.search(r"tp_\S+", self.run("talentprompt tokens create --name test olga@example.com"))[0]

    def import_ada(self):
        """Hands one resume in and waits until a search finds it."""
        (self.machine.root / "root/ada.pdf").write_text(pdf(PEOPLE))
        answer = self.get("/api/v1/resumes", "-F file=@/root/ada.pdf")
        expect("uploads" in answer, answer)
        upload = f"/api/v1/uploads/{answer['uploads'][0]['id']}"
        wait("it is indexed", lambda: self.get(upload).get("status") in ("indexed", "failed"), 60)
        expect(self.get(upload)["status"] == "indexed", self.get(upload))
        wait("it is found", self.finds_ada)

    def a_pdf_is_read_in_the_cage_and_found(self):
        self.sign_up()
        self.import_ada()

    def a_backup_made_in_its_cage_brings_back_who_was_deleted(self):
        self.run("systemctl start talentprompt-backup.service; systemctl start talentprompt-backup-drill.service")
        [made] = json.loads(self.run("talentprompt backup list --json"))
        expect(made["people"] == 1 and made["files"] == 1, made)
        self.run("talentprompt backup verify")
        open_to_others = self.run("find /var/lib/talentprompt/backups -not -user talentprompt -o -perm /077")
        expect(open_to_others == "", open_to_others)
        [person] = self.get("/api/v1/candidates")["candidates"]
        self.get(f"/api/v1/candidates/{person['id']}", "-X DELETE")
        wait("Ada is gone", lambda: not self.finds_ada() and not self.run("find /var/lib/talentprompt/files -type f"))
        refused = self.run(f"talentprompt backup restore {made['id']} --confirm 2>&1 || true")
        expect("systemctl stop talentprompt.socket" in refused, refused)
        self.run(f"systemctl stop talentprompt.socket talentprompt.service; talentprompt backup restore {made['id']} --confirm; "
                 "systemctl start talentprompt.target")
        wait("Ada is found again", self.finds_ada, 60)
        doctor = {one["check"]: one["level"] for one in json.loads(self.run("talentprompt doctor --json || true"))}
        expect((doctor["backup"], doctor["backup drill"]) == ("ok", "ok"), doctor)

    def what_is_killed_comes_back(self):
        for name in SERVICES:
            before = self.show(name, "MainPID")
            self.run(f"kill -KILL {before}")
            wait(f"{name} is back", lambda: self.show(name, "ActiveState") == "active"
                 and self.show(name, "MainPID") not in (before, "0"))
        wait("Ada is found again", self.finds_ada, 60)

    def what_hangs_is_noticed_and_restarted(self):
        for name in ("redis", "postgres"):
            before = self.show(f"talentprompt-{name}", "MainPID")
            self.run(f"kill -STOP {before}")
            wait(f"{name} is restarted", lambda: self.show(f"talentprompt-{name}", "MainPID") not in (before, "0"), 20)
        wait("Ada is found again", self.finds_ada, 30)
        told = wait("the services are up", lambda: self.run("talentprompt services status --json || true"))
        expect([(one["name"], one["state"]) for one in json.loads(told)] == [("postgres", "up"), ("redis", "up")], told)
        supervised = self.get("/api/v1/status")["supervised"]
        expect(all(one["restarts"] > 0 and one["memory_bytes"] and one["version"] for one in supervised), supervised)

    def what_somebody_stopped_is_left_alone(self):
        self.run("talentprompt services stop redis; sleep 12")
        expect(self.show("talentprompt-redis", "ActiveState") == "inactive", "it was started again")
        states = {one["name"]: one["state"] for one in self.get("/api/v1/status")["supervised"]}
        expect(states == {"postgres": "up", "redis": "stopped"}, states)
        expect(self.finds_ada(), "nothing is found without the cache")
        self.run("talentprompt services start redis")

    def its_log_has_fields_and_no_people(self):
        told = self.run("journalctl --no-pager -o json -u talentprompt")
        entries = [json.loads(line) for line in told.splitlines()]
        # A request that the database could not answer was nobody's.
        lines = [one for one in entries if one["MESSAGE"].startswith("POST /api/v1/search status=200 ")]
        expect(lines and all(one.get("TP_REQUEST_ID") and one.get("TP_WORKSPACE") for one in lines), lines)
        expect(not re.search("Ada|Rust|ada.pdf|olga@", told), "people are in the log")

    def a_reload_is_in_force_or_says_what_waits(self):
        settings = "/etc/talentprompt/talentprompt.toml"
        self.run(f"cp -a {settings} /root/kept; printf '[log]\\nlevel = \"debug\"\\n[tasks]\\nworkers = 3\\n' >>{settings}; "
                 "systemctl reload talentprompt")
        wait("the reload is told", lambda: "in force now: log.level; needs a restart: tasks.workers"
             in self.show("talentprompt", "StatusText"))
        self.run(f"cp -a /root/kept {settings}; systemctl reload talentprompt")

    def an_upgrade_restarts_the_program_and_not_its_port(self):
        units = ("talentprompt.socket", "talentprompt-postgres", "talentprompt")
        before = [self.show(unit, "InvocationID") for unit in units]
        self.run("echo '# mine' >>/etc/talentprompt/talentprompt.toml; apt-get -qq -y install --reinstall talentprompt")
        after = [self.show(unit, "InvocationID") for unit in units]
        expect(before[:2] == after[:2], "the socket or the database was restarted")
        expect(before[2] != after[2], "the program was not restarted")
        expect(self.run("tail -n 1 /etc/talentprompt/talentprompt.toml") == "# mine", "the configuration was changed")
        wait("Ada is found again", self.finds_ada, 60)

    def an_upgrade_leaves_stopped_what_was_stopped(self):
        self.stop()
        self.run("apt-get -qq -y install --reinstall talentprompt")
        expect(self.active() == [], f"started by the upgrade: {self.active()}")
        self.run("systemctl start talentprompt.target")

    def an_update_of_postgres_is_taken_up_and_its_version_kept(self):
        before = [self.show(unit, "InvocationID") for unit in ("talentprompt-postgres", "talentprompt-redis")]
        self.run("apt-get -qq -y install --reinstall postgresql-$(ls /usr/lib/postgresql)")
        after = [self.show(unit, "InvocationID") for unit in ("talentprompt-postgres", "talentprompt-redis")]
        expect(before[0] != after[0], "PostgreSQL still runs the old program")
        expect(before[1] == after[1], "the cache was restarted for nothing")
        self.run("apt-config dump APT::NeverAutoRemove | grep -F \"^postgresql-$(ls /usr/lib/postgresql)\\$\"")
        wait("Ada is found again", self.finds_ada, 60)

    def a_cluster_that_was_not_finished_is_made_anew(self):
        self.stop()
        here = "cd /var/lib/talentprompt/postgres; major=$(ls /usr/lib/postgresql)"
        self.run(f"{here}; mv $major kept; mkdir -p $major.new/base; chown -R talentprompt-postgres: $major.new; "
                 "systemctl start talentprompt-postgres")
        tables = "psql -h /run/talentprompt-postgres -U postgres talentprompt -Atc 'select count(*) from pg_tables'"
        expect(int(self.run(tables)) > 50, "no cluster was made")
        self.run(f"systemctl stop talentprompt-postgres; {here}; test ! -e $major.new; rm -r $major; mv kept $major; "
                 "systemctl start talentprompt.target")
        wait("Ada is found again", self.finds_ada, 60)

    def the_configuration_decides_the_port_and_the_services(self):
        settings = "/etc/talentprompt/talentprompt.toml"
        self.run(f"cp -a {settings} /root/kept; printf '[server]\\nlisten = \"127.0.0.1:8088\"\\n[redis]\\n"
                 f"url = \"redis://cache.example\"\\n' >{settings}; systemctl daemon-reload")
        told = (self.show("talentprompt.socket", "Listen"), self.show("talentprompt-redis.service", "LoadState"))
        self.run(f"mv /root/kept {settings}; systemctl daemon-reload")
        expect(told == ("127.0.0.1:8088 (Stream)", "masked"), told)

    def it_is_there_after_a_reboot(self):
        self.machine.reboot()
        wait("Ada is found after the reboot", self.finds_ada, 10)
        expect(len(self.active()) == 5, f"active: {self.active()}")

    def removing_keeps_the_data_and_installing_again_finds_it(self):
        self.run("apt-get -qq -y remove talentprompt")
        expect(self.active() == [], f"still there: {self.active()}")
        self.run("test -e /etc/talentprompt/talentprompt.toml; ls -d /var/lib/talentprompt/postgres/*/PG_VERSION")
        self.run(INSTALL)
        wait("Ada is found in the kept data", self.finds_ada, 30)

    def purging_says_what_it_deletes_and_leaves_nothing(self):
        said = self.run("apt-get -qq -y -o Dpkg::Use-Pty=0 purge talentprompt 2>&1")
        expect(re.search(r"Deleting \S+ in /var/lib/talentprompt", said), said)
        left = self.run("find / -xdev -iname '*talentprompt*' -not -path '/proc/*' -not -path '/srv/*' "
                        "-not -path '/var/lib/apt/*' -not -path '/var/cache/apt/*' -not -path '/etc/apt/*' "
                        "-not -path '*talentprompt-model-*' -not -path '/usr/share/talentprompt*'")
        expect(left == "", f"left behind:\n{left}")

    def an_answer_that_is_a_port_alone_is_taken_and_one_that_is_no_address_is_not(self):
        for answer, listen, said in (("8080", "[::]:8080", ""), ("99999", "[::]:80", "is no address with a port")):
            self.run(f"echo 'talentprompt talentprompt/listen string {answer}' | debconf-set-selections")
            told = self.run(f"{INSTALL} 2>&1")
            line = self.run("grep '^listen = ' /etc/talentprompt/talentprompt.toml; talentprompt config check")
            expect(line.splitlines()[0] == f'listen = "{listen}"', line)
            expect(said in told and ("is no address" in told) == bool(said), told[-1500:])
            wait("it is ready", lambda: self.run(f"curl -s -o /dev/null -w '%{{http_code}}' http://127.0.0.1:"
                                                 f"{listen.rpartition(':')[2]}/readyz", check=False) == "200")
            self.run("apt-get -qq -y purge talentprompt")


def try_suite(kind, suite, repository):
    """Runs every test of a kind on one machine; the first that fails ends it, for each builds on those before. Answers
    how many passed, failed, and were skipped."""
    tests = [name for name in vars(kind) if name.count("_") > 2 and not name.startswith("_")]
    passed, skipped, begin = 0, 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder, \
            Machine(suite, dependencies(), kind.share(repository, Path(folder)), kind.DISK,
                    after=kind.AFTER) as machine, \
            closing(kind(machine)) as appliance:
        print(f"{suite}: booted after {time.monotonic() - begin:.0f} s", flush=True)
        for name in tests:
            started = time.monotonic()
            try:
                getattr(appliance, name)()
            except Skipped as reason:
                skipped += 1
                print(f"{suite}: skipped {name.replace('_', ' ')}: {reason}", flush=True)
                continue
            except (Broken, KeyError, TypeError, ValueError) as reason:
                print(f"{suite}: FAILED {name.replace('_', ' ')}: {type(reason).__name__}: {reason}\n"
                      + machine.run("journalctl --no-pager -n 30 -o short-precise -u 'talentprompt*'", check=False), flush=True)
                return passed, len(tests) - passed - skipped, skipped
            passed += 1
            print(f"{suite}: ok {name.replace('_', ' ')} ({time.monotonic() - started:.1f} s)", flush=True)
    return passed, 0, skipped


def main(kind, what):
    """The command line of a kind of tests."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--repository", type=Path, required=True, metavar="DIR", help="what `make apt-repo` made")
    parser.add_argument("suites", nargs="*", default=kind.SUITES, metavar="SUITE", help=f"of {', '.join(kind.SUITES)}")
    arguments = parser.parse_args()
    if reason := missing():
        print(f"tests on booted machines are skipped: {reason}")
        return 0
    repository = arguments.repository.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if len(arguments.suites) == 1:
        passed, failed, skipped = try_suite(kind, arguments.suites[0], repository)
        print(f"{passed} passed, {failed} failed{f', {skipped} skipped' if skipped else ''}", flush=True)
        return int(failed > 0)
    # A process for each suite: a machine ends with the process that started it. Each counts for itself.
    command = ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, sys.argv[0], "--repository", repository]
    parts = [subprocess.Popen([*command, suite]) for suite in arguments.suites]
    return int(any([part.wait() != 0 for part in parts]))


if __name__ == "__main__":
    sys.exit(main(Appliance, "Installs the packages on booted Debian machines and tries them."))
