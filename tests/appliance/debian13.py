#!/usr/bin/env python3
"""Takes an appliance from Debian 12 to 13, and its data from PostgreSQL 15 to 17: tests/appliance/debian13.py --repository DIR"""
import json
import sys

from run import INSTALL, Appliance, expect, main, wait

DATA = "/var/lib/talentprompt/postgres"
# The lists and sources of the next release were fetched into the image, beside those of this one.
NEXT = """cd /etc/apt; rm -f sources.list.d/0000*; mv sources.next sources.list
cd /var/lib/apt; cp -n lists/*srv_share* lists.next/ 2>/dev/null || true; mv lists lists.12; mv lists.next lists"""
UPGRADE = ("apt-get -y -q --no-download -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef "
           "-o Dpkg::Options::=--force-confold -o APT::Get::Always-Include-Phased-Updates=1 full-upgrade")


class Debian13(Appliance):
    """The tests, in the order in which they use one machine."""

    AFTER = "trixie"
    SUITES = ("bookworm",)

    def data(self):
        """Which folders of data there are."""
        return self.run(f"ls {DATA}").split()

    def finding(self):
        """What the doctor says of the version of Postgres."""
        told = json.loads(self.run("talentprompt doctor --json 2>/dev/null || true"))
        return next(one for one in told if one["check"] == "postgres version")

    def version(self):
        """The server's."""
        return self.sql("show server_version").split(".")[0]

    def all_is_found(self):
        """Everything is there and works."""
        wait("Ada is found", self.finds_ada, 60)
        expect(self.sql("select count(*) from candidates") == "1", "somebody is lost, or there twice")

    def it_runs_on_debian_12(self):
        self.use_repository()
        self.run(INSTALL)
        wait("the appliance is ready", self.ready)
        self.sign_up()
        self.import_ada()
        expect((self.version(), self.finding()["level"]) == ("15", "ok"), self.finding())
        expect("nothing to move" in self.run("talentprompt migrate postgres --yes 2>&1 || true"), "it moves what is new")

    def after_the_upgrade_of_debian_it_serves_on_the_postgres_that_it_had(self):
        self.run(NEXT)
        self.run(f"{UPGRADE} 2>&1 | tail -n 40")
        self.machine.reboot()
        expect("VERSION_ID=\"13\"" in self.run("cat /etc/os-release"), self.run("cat /etc/os-release"))
        self.all_is_found()
        expect((self.version(), self.data()) == ("15", ["15"]), f"{self.version()} {self.data()}")

    def the_doctor_sees_it(self):
        told = self.finding()
        expect(told["level"] == "warning" and "17" in told["saw"], told)
        expect(told["todo"] == "talentprompt migrate postgres", told)

    def nobody_is_asked_who_is_not_there(self):
        said = self.run("talentprompt migrate postgres 2>&1 </dev/null || true")
        expect("--yes" in said and self.data() == ["15"], said)

    def an_interruption_leaves_all_as_it_was(self):
        self.run("systemd-run --quiet --unit=moving talentprompt migrate postgres --yes")
        wait("it is under way", lambda: self.run(f"ls -d {DATA}/17.moving 2>/dev/null || true"))
        self.run("systemctl kill --signal=KILL moving talentprompt-postgres-move; systemctl start talentprompt-postgres")
        self.all_is_found()
        expect((self.version(), "17" not in self.data()) == ("15", True), self.data())

    def it_moves_the_data_and_keeps_the_old(self):
        process = self.show("talentprompt", "MainPID")
        told = json.loads(self.run("talentprompt migrate postgres --yes --json 2>/run/said"))
        expect((told["from"], told["to"], told["serving"]) == (15, 17, 17), told)
        expect("comparing" in self.run("cat /run/said"), self.run("cat /run/said"))
        expect((self.version(), self.data()) == ("17", ["15", "17"]), f"{self.version()} {self.data()}")
        self.all_is_found()
        expect(self.show("talentprompt", "MainPID") == process, "the program was restarted")
        expect("--confirm" in self.finding()["todo"], self.finding())

    def it_returns_to_the_old_data(self):
        self.run("talentprompt migrate postgres --back --yes")
        expect((self.version(), self.data()) == ("15", ["15"]), f"{self.version()} {self.data()}")
        self.all_is_found()

    def it_moves_again_and_removes_the_old_when_told(self):
        self.run("talentprompt migrate postgres --yes")
        self.run("talentprompt migrate postgres --confirm --yes")
        expect((self.version(), self.data()) == ("17", ["17"]), f"{self.version()} {self.data()}")
        self.run("apt-get -qq -y purge postgresql-15")
        self.machine.reboot()
        self.all_is_found()
        expect(self.finding()["level"] == "ok", self.finding())
        self.run("! talentprompt migrate postgres --back --yes")


if __name__ == "__main__":
    sys.exit(main(Debian13, "Takes an appliance from Debian 12 to 13, and its data from PostgreSQL 15 to 17."))
