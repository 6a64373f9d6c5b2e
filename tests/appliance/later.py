#!/usr/bin/env python3
"""Packs a later version, whose migration fails on some data: tests/appliance/later.py --out DIR [--release]

The sources as they are, copied, with a higher version number and one migration more, which demands that nobody has the
headline "nobody's". So the tests on booted machines go from one real program to another, forth and back.
"""
import argparse
import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").absolute()
VERSION = "99.0.0"
NUMBER = 9001
MIGRATION = f"""create table later (id integer primary key);
alter table candidates add constraint candidates_later check (headline is distinct from 'nobody''s');
"""
# Made by builds and fetched: the copy uses them where they are.
SHARED = ("web/build", "web/node_modules", "packaging/models/data")


def copy(to):
    """The sources of a later version."""
    shutil.rmtree(to, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in listed.split("\0"):
        if name and (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    for name in SHARED:
        if (ROOT / name).exists():
            (to / name).symlink_to(ROOT / name)
    for name in ("Cargo.toml", "Cargo.lock"):
        text = (to / name).read_text()
        changed = re.sub(r'(^name = "talentprompt"\nversion = )".*"', rf'\1"{VERSION}"', text, count=1, flags=re.M)
        assert changed != text, f"{name} has no version"
        (to / name).write_text(changed)
    (to / f"src/store/migrations/{NUMBER}_later.sql").write_text(MIGRATION)


def build(tree, profile):
    """Its program. What is built of dependencies is shared; the program of this version stays where it is."""
    program = TARGET / profile / "talentprompt"
    kept = program.with_name("talentprompt.kept")
    kept.unlink(missing_ok=True)
    if program.exists():
        program.rename(kept)
    try:
        # In the debug profile by way of a test, as it was built before: `cargo build` would build every dependency anew,
        # with other features.
        way = ["build", "--release"] if profile == "release" else ["test", "--no-run", "--test", "architecture"]
        subprocess.run(["cargo", *way, "--locked"], cwd=tree, check=True,
                       env=dict(os.environ, CARGO_TARGET_DIR=str(TARGET), SQLX_OFFLINE="true"))
        return Path(shutil.copy2(program, tree / "program"))
    finally:
        if kept.exists():
            kept.rename(program)


def main():
    parser = argparse.ArgumentParser(description="Packs a later version, whose migration fails on some data.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder that gets the package")
    parser.add_argument("--release", action="store_true", help="build as it is released")
    options = parser.parse_args()
    tree = TARGET / "later"
    copy(tree)
    program = build(tree, "release" if options.release else "debug")
    epoch = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    made = tree / "packages"
    subprocess.run(["packaging/deb/build", program, made], cwd=tree, check=True,
                   env=dict(os.environ, SOURCE_DATE_EPOCH=epoch.strip()))
    options.out.mkdir(parents=True, exist_ok=True)
    [package] = made.glob("talentprompt_*.deb")
    shutil.copy(package, options.out / "talentprompt-later.deb")
    shutil.rmtree(tree)


if __name__ == "__main__":
    main()
