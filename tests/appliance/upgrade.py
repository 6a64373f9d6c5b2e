#!/usr/bin/env python3
"""Upgrades and restarts an appliance that is in use: tests/appliance/upgrade.py --repository DIR [SUITE…]

The later versions are the same program packed anew, so that what is tried is the way from one to the next. ROUNDS in
the environment is how many upgrades there are, and as many restarts; RATE how many requests a second. 100,000 requests
over 20 upgrades take some five minutes with ROUNDS=20 RATE=500.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from run import ROOT, Appliance, expect, main, wait

ROUNDS = int(os.environ.get("ROUNDS") or 3)
RATE = os.environ.get("RATE") or "50"
LOAD = Path(__file__).with_name("load.py")


def later(package, folder):
    """The same package with higher versions."""
    tree = folder / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN/control"
    text = control.read_text()
    for number in range(1, ROUNDS + 1):
        control.write_text(re.sub(r"^(Version: .*)$", rf"\1+{number}", text, flags=re.M))
        subprocess.run(["dpkg-deb", "-Znone", "--root-owner-group", "--build", tree, folder],
                       stdout=subprocess.DEVNULL, check=True)
    shutil.rmtree(tree)


class Upgrades(Appliance):
    """The tests, in the order in which they use one machine."""

    @staticmethod
    def share(repository, folder):
        """A repository that has later versions, too."""
        debs = folder / "debs"
        debs.mkdir()
        for package in (repository / "pool").glob("*.deb"):
            shutil.copy(package, debs)
        [package] = debs.glob("talentprompt_*.deb")
        later(package, debs)
        subprocess.run([ROOT / "packaging/apt/build", debs, folder / "apt"], stdout=subprocess.DEVNULL, check=True)
        return folder / "apt"

    def versions(self):
        """All versions of the repository, the lowest first."""
        return self.run("apt-cache madison talentprompt | cut -d'|' -f2 | tr -d ' ' | sort -V").split()

    def the_first_version_is_installed(self):
        self.use_repository()
        self.run(f"apt-get -qq -y install talentprompt={self.versions()[0]}")
        wait("the appliance is ready", self.ready)
        # They all use one account, which would soon have asked enough for its minute.
        self.run("printf '[security]\nrequests_per_minute = 600000\n' >>/etc/talentprompt/talentprompt.toml; "
                 "systemctl restart talentprompt")
        self.sign_up()

    def no_request_fails_while_it_is_upgraded_and_restarted(self):
        command = ["nsenter", "-t", self.machine.leader(), "-n", "--", sys.executable, LOAD, self.token, RATE]
        load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        begin = time.monotonic()
        try:
            for version in self.versions()[1:]:
                before = self.show("talentprompt", "MainPID")
                self.run(f"apt-get -qq -y install talentprompt={version}")
                expect(self.show("talentprompt", "MainPID") != before, "the program was not restarted")
                self.run("sleep 3; systemctl restart talentprompt; sleep 3")
        finally:
            load.terminate()
        told = json.loads(load.communicate(timeout=120)[0])
        print(f"  {len(self.versions()) - 1} upgrades, as many restarts, {time.monotonic() - begin:.0f} s: {told['requests']} "
              f"requests, {told['on kept connections']} of them on kept connections, {len(told['failed'])} failed, "
              f"seconds that they took: {told['seconds']}", flush=True)
        expect(not told["failed"], "\n".join(told["failed"][:20]))
        expect(told["requests"] > 100 and told["on kept connections"] > 50, f"too few to tell: {told}")

    def what_was_handed_in_meanwhile_is_there_once(self):
        wait("all is read", lambda: self.sql("select count(*) from tasks") == "0", 120)
        states = self.sql("select status, count(*), count(distinct content_hash) from uploads group by 1")
        status, taken, different = states.split("|")
        expect(status == "indexed" and taken == different, states)


if __name__ == "__main__":
    sys.exit(main(Upgrades, "Upgrades and restarts an appliance that is in use."))
