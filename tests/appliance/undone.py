#!/usr/bin/env python3
"""Upgrades that fail, and ways back: tests/appliance/undone.py --repository DIR [SUITE…]

Beside DIR is `later`, the package that later.py makes: a later version, whose migration fails on what is planted here.
"""
import re
import shutil
import subprocess
import sys

from run import ROOT, Appliance, expect, main, pdf, wait

VERSIONS = ("99.0.0", "99.0.1", "99.0.2")
KEPT = "/usr/lib/talentprompt/previous"
# Brings the database up to date and then cannot load what it searches with, as a program with a mistake would.
NEVER_READY = """#!/bin/sh
[ "$1" != serve ] || export TALENTPROMPT__EMBEDDING__MODEL_DIR=/nonexistent
exec /usr/lib/talentprompt/real "$@"
"""
BEN = ("Ben Later", "ben@example.com", "Hamburg", "", "Experience", "Crane Operator, Example AG, 2019 - 2024")


def with_version(package, version, folder, change=lambda tree: None):
    """The same package with another version, and whatever else is changed in it."""
    tree = folder / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", f"Version: {version}", control.read_text(), flags=re.M))
    change(tree)
    subprocess.run(["dpkg-deb", "-Znone", "--root-owner-group", "--build", tree, folder], stdout=subprocess.DEVNULL,
                   check=True)
    shutil.rmtree(tree)


def never_ready(tree):
    """Replaces the program by one that does not become ready."""
    program = tree / "usr/bin/talentprompt"
    program.rename(tree / "usr/lib/talentprompt/real")
    program.write_text(NEVER_READY)
    program.chmod(0o755)


class Undone(Appliance):
    """The tests, in the order in which they use one machine."""

    @staticmethod
    def share(repository, folder):
        """A repository that has the later versions, too: one, one that never becomes ready, one that is good."""
        debs = folder / "debs"
        debs.mkdir()
        for package in (repository / "pool").glob("*.deb"):
            shutil.copy(package, debs)
        later = repository.parent / "later/talentprompt-later.deb"
        for version, change in zip(VERSIONS, (lambda tree: None, never_ready, lambda tree: None), strict=True):
            with_version(later, version, debs, change)
        subprocess.run([ROOT / "packaging/apt/build", debs, folder / "apt"], stdout=subprocess.DEVNULL, check=True)
        return folder / "apt"

    def apt(self, what, good=True):
        """Runs apt-get; answers what it said."""
        said = self.run(f"apt-get -y -o Dpkg::Use-Pty=0 {what} 2>&1 && echo GOOD || true")
        expect(said.endswith("GOOD") == good, f"apt-get {what}:\n{said[-3000:]}")
        return said

    def schema(self):
        """The number of the database's newest migration."""
        return self.sql("select max(version) from _sqlx_migrations")

    def program(self):
        """Which program serves."""
        return self.run("readlink /proc/$(systemctl show -P MainPID talentprompt)/exe")

    def found(self, name, question):
        """Whether a search finds somebody."""
        question = f"-H 'Content-Type: application/json' -d '{{\"query\":\"{question}\"}}'"
        return any(hit["name"] == name for hit in self.get("/api/v1/search", question).get("hits", []))

    def before_serves(self, version, reason):
        """What holds after each upgrade that failed."""
        wait("it is ready", self.ready, 60)
        expect(self.program() == f"{KEPT}/talentprompt", self.program())
        expect(self.schema() == self.before, f"schema {self.schema()}, it was {self.before}")
        expect(self.finds_ada(), "Ada is not found")
        doctor = self.run("talentprompt doctor 2>&1 || true")
        expect(re.search(rf"error +upgrade +{version} could not take over: .*{reason}", doctor), doctor)
        told = self.get("/api/v1/status").get("upgrade", {})
        expect(told.get("version") == version and told.get("serving") == self.first, told)
        expect("could not take over" in self.run("talentprompt services status 2>&1 || true"), "services status is silent")

    def the_first_version_is_installed_and_used(self):
        self.install_first()
        self.import_ada()
        self.before = self.schema()
        self.run("talentprompt migrate status | grep -c applied")

    def install_first(self):
        """The version of the repository itself."""
        self.use_repository()
        self.first = self.run("apt-cache madison talentprompt | cut -d'|' -f2 | tr -d ' ' | sort -V").split()[0]
        self.run(f"apt-get -qq -y install talentprompt={self.first}")
        wait("the appliance is ready", self.ready)
        self.sign_up()

    def a_migration_that_fails_leaves_the_version_before_serving(self):
        # As an owner of the tables who is not bound by row-level security.
        self.sql("update candidates set headline = 'nobody''s'")
        said = self.apt(f"install talentprompt={VERSIONS[0]}", good=False)
        expect(re.search(rf"TalentPrompt {VERSIONS[0]} could not take over: .*candidates_later", said), said[-3000:])
        expect(f"TalentPrompt {self.first} serves again" in said and "apt install -f" in said, said[-3000:])
        self.before_serves(VERSIONS[0], "candidates_later")
        expect("_before_" not in self.run("talentprompt migrate status"), "a copy that nobody needs is kept")

    def it_serves_after_a_reboot_as_well_and_keeps_what_is_written(self):
        self.machine.reboot()
        self.before_serves(VERSIONS[0], "candidates_later")
        (self.machine.root / "root/ben.pdf").write_text(pdf(BEN))
        self.get("/api/v1/resumes", "-F file=@/root/ben.pdf")
        wait("Ben is found", lambda: self.found("Ben Later", "crane operator"), 60)
        self.run("systemctl restart talentprompt")
        wait("Ben is found after a restart", lambda: self.found("Ben Later", "crane operator"), 60)

    def trying_again_without_a_mend_fails_again(self):
        said = self.apt("install -f", good=False)
        expect("could not take over" in said, said[-3000:])
        self.before_serves(VERSIONS[0], "candidates_later")

    def a_version_that_never_becomes_ready_is_undone_with_its_data(self):
        self.sql("update candidates set headline = null")
        said = self.apt(f"install talentprompt={VERSIONS[1]}", good=False)
        expect("could not take over: it did not become ready" in said, said[-3000:])
        self.before_serves(VERSIONS[1], "did not become ready")
        expect(self.sql("select to_regclass('later') is null") == "t", "what it has changed is still there")
        expect(self.found("Ben Later", "crane operator"), "Ben is lost")

    def a_later_version_that_works_takes_over(self):
        self.apt(f"install talentprompt={VERSIONS[2]}")
        wait("it is ready", self.ready, 60)
        expect(self.program() == "/usr/bin/talentprompt", self.program())
        expect(self.schema() == "9001", self.schema())
        wait("all are found", lambda: self.finds_ada() and self.found("Ben Later", "crane operator"))
        self.run(f"test ! -e {KEPT}; test ! -e /run/systemd/generator/talentprompt.service.d")
        expect("upgrade" not in self.get("/api/v1/status"), self.get("/api/v1/status"))
        expect(re.search(r"_before_9001: the database of .* MB", self.run("talentprompt migrate status")), "no copy is kept")
        expect(re.search(r"ok +way back +the database of before", self.run("talentprompt doctor 2>/dev/null || true")),
               "the doctor does not show the copy")

    def an_earlier_version_is_refused_with_the_way_back(self):
        process = self.show("talentprompt", "MainPID")
        said = self.apt(f"install --allow-downgrades talentprompt={self.first}", good=False)
        for part in ("schema 9001", "talentprompt migrate roll-back", VERSIONS[2]):
            expect(part in said, said[-3000:])
        installed = self.run("dpkg-query -W -f '${Version} ${db:Status-Status}' talentprompt")
        expect(installed == f"{VERSIONS[2]} installed", installed)
        expect(self.show("talentprompt", "MainPID") == process and self.finds_ada(), "it was restarted")

    def going_back_is_what_was_said(self):
        refused = self.run("talentprompt migrate roll-back --yes 2>&1 || true")
        expect("in use" in refused, refused)
        self.run("systemctl stop talentprompt.socket talentprompt.service; talentprompt migrate roll-back --yes")
        self.apt(f"install --allow-downgrades talentprompt={self.first}")
        self.run("systemctl start talentprompt.target")
        wait("all are found", lambda: self.finds_ada() and self.found("Ben Later", "crane operator"), 60)
        expect(self.schema() == self.before, self.schema())

    def the_way_forth_is_open_again(self):
        self.apt(f"install talentprompt={VERSIONS[2]}")
        wait("all are found", lambda: self.finds_ada() and self.found("Ben Later", "crane operator"), 60)
        expect(self.schema() == "9001", self.schema())


if __name__ == "__main__":
    sys.exit(main(Undone, "Upgrades that fail, and ways back."))
