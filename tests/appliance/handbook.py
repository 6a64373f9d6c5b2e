#!/usr/bin/env python3
"""Follows the operator's handbook, command by command: tests/appliance/handbook.py --repository DIR [SUITE…]

The chapters are run in their order, on one machine that had nothing at the beginning; what the handbook does on a second
machine is done on a second machine. Each block must end as it says that it does.
"""
import shutil
import sys
from pathlib import Path

from machine import Machine
from run import PEOPLE, ROOT, Appliance, dependencies, expect, main, pdf, wait

sys.path.insert(0, str(ROOT / "tests/handbook"))
from book import blocks, chapters  # noqa: E402

# What the questions of apt are answered with, and that the lists of Debian stay as they were fetched: there is no network.
APT = 'APT::Get::Assume-Yes "true";\nDpkg::Use-Pty "0";\nAPT::Get::List-Cleanup "0";\nAcquire::Retries "0";\n'


class Handbook(Appliance):
    """A chapter a test, in the handbook's order."""

    def __init__(self, machine):
        super().__init__(machine)
        self.second = None
        self.prepare(machine)

    @staticmethod
    def prepare(machine):
        """What the reader has at hand: the packages, and a folder of resumes."""
        home = machine.root / "root"
        (machine.root / "etc/apt/apt.conf.d/90handbook").write_text(APT)
        sources = (Path(machine.share) / "talentprompt.sources").read_text().splitlines()
        moved = ["URIs: file:/srv/share" if line.startswith("URIs:") else line for line in sources]
        (home / "talentprompt.sources").write_text("\n".join(moved) + "\n")
        (home / "resumes").mkdir()
        (home / "resumes/ada.pdf").write_text(pdf(PEOPLE))
        for package in (Path(machine.share) / "pool").glob("*.deb"):
            shutil.copy(package, home)

    def follow(self, chapter):
        """Runs the blocks of a chapter."""
        for block in blocks(chapter):
            if block.language != "sh" or block.place() == "elsewhere":
                continue
            if block.place() == "copy":
                self.copy(block.text.split()[1])
                continue
            machine = self.new() if block.place() == "new" else self.machine
            (machine.root / "root/typed").write_text(block.text)
            ended = machine.run("cd; sh -eu typed >told 2>&1 </dev/null && echo 0 || echo $?", check=False)
            told = (machine.root / "root/told").read_text(errors="replace")
            right = ended.isdecimal() and int(ended) in block.exits()
            # Every search of the handbook is for somebody who is there.
            right = right and ("talentprompt search" not in block.text or "Ada Example" in told)
            expect(right, f"{block.where()} ended with {ended}:\n{block.text}---\n{told[-3000:]}")

    def new(self):
        """The second machine, booted when it is first needed."""
        if self.second is None:
            self.second = Machine(self.machine.suite, dependencies(), self.machine.share, role="second")
            self.prepare(self.second)
            self.second.boot()
        return self.second

    def close(self):
        """Ends the second machine."""
        if self.second:
            self.second.__exit__()

    def copy(self, name):
        """A file from the first machine to the second, with the clothes of a stranger."""
        shutil.copy(self.machine.root / "root" / name, self.new().root / "root" / name)


def test(chapter):
    """A test that follows a chapter, and looks afterwards whether the appliance is there."""
    def follow(self):
        self.follow(chapter)
        if self.run("command -v talentprompt", check=False):
            wait("it is ready", self.ready, 60)
    return follow


for one in chapters():
    setattr(Handbook, f"the_commands_of_{one}_do_what_they_say", test(one))

if __name__ == "__main__":
    sys.exit(main(Handbook, "Follows the operator's handbook, command by command."))
