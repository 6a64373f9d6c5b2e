"""The operator's handbook as the tests read it: chapters in order, and their blocks with what is marked on them.

A block of commands says after its language where it is run: `run` on the appliance, `new` on a second one, `copy`
between the two, `elsewhere` on none; and with `exit=0-1` which exit codes are right, else 0 alone. mdBook keeps such
words, and readers do not see them.
"""
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ROOT / "packaging/handbook/src"
PLACES = ("run", "new", "copy", "elsewhere")


@dataclass
class Block:
    """One fenced block."""

    chapter: str
    line: int
    language: str
    marks: list
    text: str

    def where(self):
        """Its place, for people."""
        return f"{self.chapter}.md:{self.line}"

    def place(self):
        """Where its commands are run; nothing where it is not said, or said twice."""
        places = [mark for mark in self.marks if mark in PLACES]
        return places[0] if len(places) == 1 else None

    def exits(self):
        """The exit codes that are right."""
        said = next((mark.removeprefix("exit=") for mark in self.marks if mark.startswith("exit=")), "0")
        first, _, last = said.partition("-")
        return range(int(first), int(last or first) + 1)


def chapters():
    """The names of the chapters, in order."""
    return re.findall(r"\((\w+)\.md\)", (SOURCES / "SUMMARY.md").read_text())


def text(chapter):
    """A chapter as it is written."""
    return (SOURCES / f"{chapter}.md").read_text()


def blocks(chapter):
    """The blocks of a chapter, in order."""
    found, whole = [], text(chapter)
    for match in re.finditer(r"^```([^\n]+)\n(.*?)^```$", whole, re.M | re.S):
        language, *marks = match[1].split(",")
        found.append(Block(chapter, whole.count("\n", 0, match.start()) + 1, language, marks, match[2]))
    return found
