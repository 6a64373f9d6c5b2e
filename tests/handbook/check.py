#!/usr/bin/env python3
"""Holds the operator's handbook against the program and the package: tests/handbook/check.py --binary PROGRAM

What can be run is run on booted machines (tests/appliance/handbook.py); here is what can be seen without: commands that
exist, keys that exist, paths that are in the package, words that somebody really says.
"""
import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

from book import ROOT, blocks, chapters, text

# What is made on the machine and not by the package's table of files.
MADE = {
    "/etc/apt/apt.conf.d", "/etc/apt/sources.list.d", "/etc/fstab", "/etc/ssl/certs/ca-certificates.crt", "/etc/talentprompt", "/etc/talentprompt.before",
    "/etc/talentprompt/credentials", "/etc/talentprompt/postgres.d", "/etc/talentprompt/talentprompt.toml",
    "/run/talentprompt-postgres", "/run/talentprompt-redis/redis.sock", "/usr/lib/talentprompt/previous",
    "/usr/local/share/ca-certificates", "/usr/share/talentprompt/models", "/var",
    "/var/lib/talentprompt", "/var/lib/talentprompt.before", "/var/lib/talentprompt-postgres.damaged",
    "/var/lib/talentprompt/backups", "/var/lib/talentprompt/files", "/var/lib/talentprompt/tls", "/var/lib/talentprompt/postgres", "/var/lib/talentprompt/qdrant",
}
# Folders in which operators make files of their own.
OWN = ("/etc/talentprompt/postgres.d/", "/etc/talentprompt/credentials/", "/etc/talentprompt/talent.",
       "/etc/talentprompt/origin-pull-ca.")
WHOLE = {chapter: text(chapter) for chapter in chapters()}
PROGRAM = None


def keys():
    """Every key of the configuration, as section and key."""
    default = tomllib.loads((ROOT / "packaging/talentprompt.toml").read_text())
    return {(section, key) for section, table in default.items() for key in table}


def inline(chapter):
    """What a chapter shows as code in its sentences."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", WHOLE[chapter], flags=re.M | re.S))


def commands(line):
    """The commands of a line of shell that call the program, as lists of words."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found, current = [], []
    for word in [*lexer, ";"]:
        if set(word) <= set(";|&<>()"):
            while current and re.match(r"[A-Z_]+=", current[0]):
                current.pop(0)
            found.append(current)
            current = []
        else:
            current.append(word)
    return [words for words in found if words and words[0] == "talentprompt"]


def said():
    """Everything that the program and what the package brings can say."""
    sources = [*(ROOT / "src").rglob("*.rs"), *(path for path in (ROOT / "packaging/services").iterdir())]
    # A string that goes on in the next line.
    return re.sub(r"\\\n\s*", "", "\n".join(path.read_text() for path in sources))


class Handbook(unittest.TestCase):
    """One promise of the handbook a test."""

    def each(self, pattern):
        """Every match of a pattern in every chapter, with the chapter."""
        return [(chapter, match) for chapter, whole in WHOLE.items() for match in re.findall(pattern, whole)]

    def test_every_block_of_commands_says_where_it_is_run(self):
        for block in [block for chapter in WHOLE for block in blocks(chapter)]:
            self.assertIn(block.language, ("sh", "toml", "sql", "text"), block.where())
            self.assertEqual(block.place() is not None, block.language == "sh", block.where())
            # The first command of several that fails ends them, so that the others would not be tried.
            self.assertTrue(list(block.exits()) == [0] or block.text.count("\n") == 1, block.where())

    def test_every_command_is_one_that_the_program_takes(self):
        lines = [(block.where(), line) for chapter in WHOLE for block in blocks(chapter) if block.language == "sh"
                 for line in block.text.splitlines()]
        lines += [(chapter, code) for chapter in WHOLE for code in inline(chapter)
                  if code.startswith("talentprompt ") and "<" not in code]
        seen = 0
        for where, line in lines:
            for words in commands(line):
                seen += 1
                # The help comes before anything is done, and after the words before it were understood.
                asked = subprocess.run([PROGRAM, *words[1:], "--help"], capture_output=True, text=True, check=False)
                self.assertEqual(asked.returncode, 0, f"{where}: {line}\n{asked.stderr}")
        self.assertGreater(seen, 50)

    def test_a_command_that_does_not_exist_is_found(self):
        [words] = commands("A=1 talentprompt users list --jsno | head")
        asked = subprocess.run([PROGRAM, *words[1:], "--help"], capture_output=True, check=False)
        self.assertEqual(asked.returncode, 2)

    def test_every_command_of_the_program_is_in_the_reference(self):
        help_text = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
        listed = re.search(r"^Commands:\n(.*?)\n\n", help_text, re.M | re.S)[1]
        for command in re.findall(r"^  ([a-z-]+) ", listed, re.M):
            if command != "help":
                self.assertIn(f"`talentprompt {command}", WHOLE["reference"])

    def test_every_piece_of_configuration_is_sound(self):
        for block in [block for chapter in WHOLE for block in blocks(chapter) if block.language == "toml"]:
            if "{{#include" in block.text:
                continue
            with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
                file.write(block.text)
                file.flush()
                checked = subprocess.run([PROGRAM, "config", "check", "--config", file.name], capture_output=True,
                                         text=True, check=False)
                self.assertEqual(checked.returncode, 0, f"{block.where()}: {checked.stderr}")

    def test_every_key_exists(self):
        mentioned = self.each(r"`\[(\w+)\] (\w+)") + self.each(r"/credentials/(\w+)\.(\w+)")
        mentioned += [(chapter, (section.lower(), key.lower()))
                      for chapter, (section, key) in self.each(r"TALENTPROMPT__([A-Z]+)__([A-Z_]+)") if section != "SECTION"]
        self.assertGreater(len(mentioned), 10)
        for chapter, key in mentioned:
            self.assertTrue(key in keys(), f"{chapter}: there is no key {'.'.join(key)}")

    def test_every_path_is_one_of_the_package_or_is_made_by_it(self):
        known = set(MADE)
        for package in (ROOT / "packaging/deb").glob("*/files"):
            for line in package.read_text().splitlines():
                if line and not line.startswith("#"):
                    _, source, target = line.split()
                    for one in ROOT.glob(source) if "*" in source else [Path(source)]:
                        path = Path("/") / (f"{target}{one.name}" if target.endswith("/") else target)
                        known.update(map(str, [path, path.parent]))
        for chapter, path in self.each(r"(?<![\w.~])(/(?:etc|usr|var|run|opt|srv)\b[\w./-]*)"):
            path = path.rstrip("./")
            self.assertTrue(path in known or path.startswith(OWN), f"{chapter}: {path} is neither packed nor made")

    def test_every_unit_exists(self):
        units = {path.name for path in (ROOT / "systemd").glob("talentprompt*")}
        for chapter, unit in self.each(r"\b(talentprompt[a-z-]*\.(?:service|socket|target|slice|timer))\b"):
            self.assertIn(unit, units, chapter)
        for chapter, unit in self.each(r"-u (talentprompt[a-z-]*)\b"):
            self.assertIn(f"{unit}.service", units, chapter)

    def test_every_playbook_exists(self):
        for chapter, name in self.each(r"ansible-playbook (\S+)"):
            self.assertTrue((ROOT / "ansible" / name).is_file(), f"{chapter}: {name}")

    def test_what_is_quoted_is_said_by_the_program(self):
        everything, quoted = said(), self.each(r"\bsays?(?: that)?\s+((?:`[^`]+`(?:,? or )?)+)")
        self.assertGreater(len(quoted), 10)
        for chapter, words in quoted:
            for quote in re.findall(r"`([^`]+)`", words):
                self.assertTrue(quote in everything, f"{chapter}: nobody says `{quote}`")

    def test_every_field_of_the_log_and_every_code_exists(self):
        everything = said()
        for chapter, field in self.each(r"\b(TP_[A-Z_]+)\b"):
            self.assertTrue(f'"{field}"' in everything, f"{chapter}: there is no field {field}")
        for cell in re.findall(r"^\| (`[a-z_`, ]+) \|", WHOLE["import"], re.M):
            for code in re.findall(r"`(\w+)`", cell):
                self.assertTrue(f'"{code}"' in everything, f"there is no code {code}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Holds the operator's handbook against the program and the package.")
    parser.add_argument("--binary", required=True, metavar="PROGRAM")
    arguments, rest = parser.parse_known_args()
    PROGRAM = str(Path(arguments.binary).resolve())
    unittest.main(argv=[sys.argv[0], *rest])
