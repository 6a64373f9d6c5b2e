#!/usr/bin/env python3
"""Bad days of an appliance, and what it says and does then: tests/appliance/days.py --repository DIR [SUITE…]

QDRANT in the environment names a package file of Qdrant, which Debian does not have; without it, what is about Qdrant is
skipped.
"""
import os
import re
import shutil
import sys
import threading
import time

from run import INSTALL, Appliance, Skipped, expect, main, wait

SETTINGS = "/etc/talentprompt/talentprompt.toml"
DATA = "/var/lib/talentprompt"
ANSWER = r"-w '\n%{http_code}'"
# Takes the port, on all addresses, and answers as another web server would.
THIEF = r"""$s = IO::Socket::IP->new(LocalHost => "::", LocalPort => 80, Listen => 5, V6Only => 0, ReuseAddr => 1) or die;
while ($c = $s->accept) { while (<$c>) { last if /^\r?$/ } print $c "HTTP/1.0 200 OK\r\n\r\nmine\n"; close $c }"""

# Takes more and more memory.
HOG = 'sleep 2; while (1) { push @all, "x" x 8_000_000; select undef, undef, undef, 0.1 }'


class BadDays(Appliance):
    """The tests, in the order in which they use one machine."""

    DISK = True

    def start(self):
        """Starts everything; what waits for something is not waited for."""
        self.run("systemctl start --no-block talentprompt.target")

    def logged(self, unit, since):
        """What a unit has written since a moment of the machine's clock."""
        return self.run(f"journalctl --no-pager -o cat --since @{since} -u {unit}")

    def now(self):
        """The machine's clock, for `logged`."""
        return self.run("date +%s")

    def doctor(self):
        """What the doctor says, whatever it finds."""
        return self.run("talentprompt doctor 2>&1 || true")

    def upload(self, name):
        """Hands a text in; answers status and body."""
        self.run(f"printf 'Person {name}\\nNurse, 2019 - 2024\\n' >/run/{name}.txt")
        told = self.run(f"curl -s --max-time 30 -H 'Authorization: Bearer {self.token}' -F file=@/run/{name}.txt {ANSWER} "
                        "http://127.0.0.1/api/v1/resumes", check=False)
        body, _, status = told.rpartition("\n")
        return status, body

    def the_appliance_is_installed(self):
        self.install()
        self.import_ada()

    def a_port_that_is_taken_is_told(self):
        self.stop()
        since = self.now()
        (self.machine.root / "root/thief.pl").write_text(THIEF)
        self.run("systemd-run --quiet --unit=thief perl -MIO::Socket::IP /root/thief.pl; sleep 1")
        self.start()
        wait("it is told", lambda: "Failed to listen" in self.logged("talentprompt.socket", since))
        expect("something else answers on [::]:80" in self.doctor(), self.doctor())
        self.run("systemctl stop thief; systemctl reset-failed")
        self.start()
        wait("Ada is found", self.finds_ada, 60)

    def a_cache_whose_file_is_corrupt_starts_empty(self):
        before = self.show("talentprompt-redis", "MainPID")
        self.run(f"head -c 9999 /dev/urandom >/run/talentprompt-redis/dump.rdb; kill -KILL {before}")
        wait("it is back", lambda: self.show("talentprompt-redis", "ActiveState") == "active"
             and self.show("talentprompt-redis", "MainPID") not in (before, "0"))
        wait("Ada is found", self.finds_ada)

    def data_of_a_wrong_owner_is_refused_and_kept(self):
        self.stop()
        since, places = self.now(), f"find {DATA}/postgres | sort | md5sum"
        before = self.run(f"chown -R root: {DATA}/postgres/*; {places}")
        self.start()
        wait("it is told", lambda: re.search(r"belongs to root.*chown", self.logged("talentprompt-postgres", since)))
        told = wait("people are told", lambda: re.search(r"HTTP/1.1 503[\s\S]*retry-after", self.run(
            "curl -si --max-time 20 http://127.0.0.1/api/v1/status", check=False), re.I), 60)
        expect(told, "no 503 with Retry-After")
        expect("postgres" in self.doctor().lower(), self.doctor())
        expect(self.run(places) == before, "files came or went")
        self.run(f"chown -R talentprompt-postgres: {DATA}/postgres/*; systemctl reset-failed talentprompt-postgres; "
                 "systemctl start talentprompt-postgres")
        wait("Ada is found", self.finds_ada, 60)

    def a_configuration_that_is_half_written_changes_nothing_and_is_told(self):
        line = int(self.run(f"cp -a {SETTINGS} /root/kept; wc -l <{SETTINGS}")) + 1
        since = self.now()
        self.run(f"printf 'listen = \"[::' >>{SETTINGS}")
        expect(self.run("systemctl reload talentprompt && echo reloaded", check=False) == "", "the reload was not refused")
        expect(self.finds_ada(), "it serves no more")
        place = f"{SETTINGS}:{line}"
        expect(place in self.logged("talentprompt", since), self.logged("talentprompt", since))
        since = self.now()
        expect(self.run("systemctl restart talentprompt && echo started", check=False) == "", "it starts with half a file")
        wait("it is told", lambda: place in self.logged("talentprompt", since))
        expect(place in self.doctor(), self.doctor())
        self.run(f"mv /root/kept {SETTINGS}")
        wait("Ada is found", self.finds_ada, 60)

    def fill_and_free(self, place, name):
        """Takes all room that there is, tries what then goes on, and gives it back."""
        self.run(f"fallocate -l $(df -B1 --output=avail {place} | tail -n 1) {place}/ballast || true; "
                 f"cat /dev/zero >>{place}/ballast 2>/dev/null || test $(df --output=avail {place} | tail -n 1) = 0")
        status, body = self.upload(name)
        expect(status == "507" and '"disk_full"' in body, f"{status}: {body}")
        expect(self.finds_ada(), "nobody is found")
        expect("nothing more can be uploaded" in self.doctor(), self.doctor())
        time.sleep(5)
        expect(self.finds_ada(), "nobody is found after a while")
        self.run(f"rm {place}/ballast")
        wait("it takes something in", lambda: self.upload(name)[0] == "202")
        wait("it is read", lambda: self.sql(f"select status from uploads where filename = '{name}.txt'") == "indexed", 60)

    def a_full_volume_takes_nothing_in_and_finds_everybody(self):
        self.stop()
        room = int(self.run(f"du -sm {DATA} | cut -f1")) + 96
        self.machine.enter("sh", "-ec", f"mkdir -p /full; mount -t tmpfs -o size={room}m,mode=711 tmpfs /full; "
                           f"cp -a {DATA}/. /full; chown --reference={DATA} /full; mount --bind /full {DATA}")
        self.start()
        wait("Ada is found", self.finds_ada, 60)
        self.fill_and_free(DATA, "volume")
        self.stop()
        self.machine.enter("sh", "-ec", f"umount {DATA}; umount /full")
        self.start()
        wait("Ada is found", self.finds_ada, 60)

    def a_full_disk_takes_nothing_in_and_finds_everybody(self):
        self.fill_and_free("/", "disk")

    def a_database_that_dies_in_the_middle_of_its_migrations_is_brought_up_to_date(self):
        self.stop()
        self.run(f"mv {DATA}/postgres /root/kept-postgres; systemd-tmpfiles --create talentprompt.conf; "
                 "systemctl start talentprompt-postgres")
        # So that there is a middle.
        self.sql("create function slow() returns event_trigger language plpgsql as 'begin perform pg_sleep(0.2); end'; "
                 "create event trigger slow on ddl_command_start execute function slow()")
        self.start()
        under_way = "select count(*) from pg_stat_activity where usename = 'talentprompt' and wait_event = 'PgSleep'"
        for _ in range(3):
            wait("migrations are under way", lambda: self.sql(under_way, check=False) not in ("", "0"))
            before = self.show("talentprompt-postgres", "MainPID")
            self.run(f"kill -KILL {before}")
            wait("the database is back", lambda: self.show("talentprompt-postgres", "MainPID") not in (before, "0")
                 and self.sql("select 1", check=False) == "1")
        self.sql("drop event trigger slow; drop function slow")
        wait("it is ready", self.ready, 60)
        self.stop()
        self.run(f"rm -r {DATA}/postgres; mv /root/kept-postgres {DATA}/postgres")
        self.start()
        wait("Ada is found", self.finds_ada, 60)

    def who_dies_when_memory_is_short_is_not_the_database(self):
        names = ("talentprompt-postgres", "talentprompt-redis", "talentprompt")
        before = [self.show(name, "MainPID") for name in names]
        limit = int(self.show("talentprompt.slice", "MemoryCurrent")) + (64 << 20)
        self.run(f"systemctl set-property --runtime talentprompt.slice MemoryHigh=infinity MemoryMax={limit}")
        (self.machine.root / "root/hog.pl").write_text(HOG)
        self.run("systemd-run --quiet --unit=hog --slice=talentprompt.slice perl /root/hog.pl")
        # The kernel may not choose it, so that it has to choose among the others; systemd in a container cannot say so.
        self.machine.enter("sh", "-c", "echo -1000 >/proc/$(systemctl show -P MainPID hog)/oom_score_adj")
        wait("somebody dies", lambda: [self.show(name, "MainPID") for name in names] != before)
        self.run("systemctl stop hog 2>/dev/null || true; "
                 "systemctl set-property --runtime talentprompt.slice MemoryHigh=80% MemoryMax=90%")
        wait("Ada is found", self.finds_ada, 60)
        wait("all are back", lambda: len(self.active()) == 5)
        after = [self.show(name, "MainPID") for name in names]
        print("  died and came back:", *(name for name, old, new in zip(names, before, after, strict=True) if old != new))
        expect(after[0] == before[0], "it was the database")

    def an_index_whose_files_were_deleted_is_filled_again(self):
        if not os.environ.get("QDRANT"):
            raise Skipped("it needs QDRANT=FILE.deb, a package of Qdrant")
        shutil.copy(os.environ["QDRANT"], self.machine.root / "root/qdrant.deb")
        back = "the vector server is back and has everything"
        since = self.now()
        self.run("dpkg --install /root/qdrant.deb; systemctl start talentprompt-qdrant; systemctl restart talentprompt")
        wait("it is filled", lambda: back in self.logged("talentprompt", since), 120)
        expect("the engine `qdrant` answers" in self.doctor() and self.finds_ada(), self.doctor())
        since = self.now()
        self.run(f"systemctl stop talentprompt-qdrant; find {DATA}/qdrant -mindepth 1 -delete; "
                 "systemctl start talentprompt-qdrant")
        expect(self.finds_ada(), "nobody is found while it is filled")
        wait("it is filled again", lambda: back in self.logged("talentprompt", since), 120)
        said = self.doctor()
        expect(self.finds_ada() and "are not found, or found" not in said, said)
        status, body = self.upload("indexed")
        expect(status == "202", f"{status}: {body}")
        wait("it is read", lambda: self.sql("select status from uploads where filename = 'indexed.txt'") == "indexed", 60)
        self.run("dpkg --remove qdrant; systemctl restart talentprompt")
        wait("Ada is found without it", self.finds_ada, 60)

    def two_runs_of_apt_wait_for_one_another(self):
        again = "apt-get -qq -y -o DPkg::Lock::Timeout=120 install --reinstall talentprompt"
        self.run(f"{again} & first=$!; {again}; wait $first")
        wait("Ada is found", self.finds_ada, 60)

    def purging_in_the_midst_of_an_import_leaves_nothing(self):
        ended = threading.Event()

        def hand_in():
            number = 0
            while not ended.is_set():
                number += 1
                self.upload(f"purged{number}")

        clients = [threading.Thread(target=hand_in, daemon=True) for _ in range(2)]
        for client in clients:
            client.start()
        time.sleep(2)
        self.run("apt-get -qq -y purge talentprompt")
        ended.set()
        for client in clients:
            client.join(60)
        left = self.run(f"ls -d {DATA} /etc/talentprompt /run/talentprompt*; pgrep -lu talentprompt,talentprompt-postgres,"
                        "talentprompt-redis", check=False)
        expect(left == "", f"left behind:\n{left}")
        expect(self.active() == [], f"still there: {self.active()}")
        self.run(INSTALL)
        wait("the appliance is ready", self.ready)
        self.sign_up()
        expect(not self.finds_ada(), "somebody is still there")


if __name__ == "__main__":
    sys.exit(main(BadDays, "Bad days of an appliance, and what it says and does then."))
