#!/usr/bin/env python3
"""Writes invented people's resumes into a folder, with a manifest of what each one says.

    python3 packaging/samples/generate.py --to DIR [--seed 7] [--count 200] [--manifest FILE]
                                         [--mixed | --formats pdf,docx]

Needs Python 3.11 and, from Debian, the fonts that the PDFs embed and poppler's `pdftoppm` for the scanned page:
    apt install fonts-dejavu-core fonts-liberation fonts-crosextra-carlito fonts-crosextra-caladea fonts-ipafont-gothic poppler-utils
The same seed and count give the same bytes (with the same versions of these packages).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from builder import compose, manifest, traps  # noqa: E402
from builder.identity import FORMATS, Registry  # noqa: E402
from builder.model import Identity, Resume  # noqa: E402
from builder.writers import document, truetype  # noqa: E402

PARALLEL_FROM = 400
"""Below this many resumes a second process costs more than it saves."""


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    options = _options(arguments)
    missing = truetype.missing() + ([] if shutil.which("pdftoppm") else ["pdftoppm"])
    if missing:
        print(f"generate.py: not installed: {', '.join(missing)}\nInstall them: sudo apt install {' '.join(truetype.PACKAGES)} poppler-utils", file=sys.stderr)
        return 3
    gold = options.manifest or options.to / "manifest.json"
    rows = generate(options.to, gold, options.seed, options.count, options.formats)
    print(f"{len(rows)} resumes in {options.to}, what they say in {gold}", file=sys.stderr)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Writes invented people's resumes into a folder, with a manifest of what each one says.")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder; made when it is not there; must be empty or hold an earlier run")
    parser.add_argument("--seed", type=int, default=7, help="another seed, other people (default 7)")
    parser.add_argument("--count", type=int, default=200, help="how many resumes, the traps first (default 200)")
    parser.add_argument("--manifest", type=Path, metavar="FILE", help="where the manifest goes (default DIR/manifest.json; elsewhere, so that the folder holds resumes only)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--mixed", dest="formats", action="store_const", const=None, help="all formats in their usual shares: the default")
    which.add_argument("--formats", type=_formats, metavar="LIST", help=f"only these, separated by commas, and no traps: {', '.join(FORMATS)}")
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error(f"--count {options.count}: at least 1 is needed")
    return options


def _formats(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown format {', '.join(unknown)}; known are {', '.join(FORMATS)}")
    return names


def generate(folder: Path, gold: Path, seed: int = 7, count: int = 200, formats: list[str] | None = None) -> list[dict]:
    """Writes the files and the manifest `gold`; returns its rows. Files of an earlier run are removed first."""
    folder.mkdir(parents=True, exist_ok=True)
    _clear(folder, gold)
    registry = Registry(seed, formats)
    special = [] if formats else traps.documents(seed, registry)[:count]
    rows = []
    for resume, person, suffix in special:
        rows.append(_save(folder, resume, person, suffix))
    start = len(special)
    tasks = [(folder, seed, registry.person(index)) for index in range(start, count)]
    if len(tasks) < PARALLEL_FROM:
        rows += [_one(task) for task in tasks]
    else:
        with multiprocessing.Pool(os.cpu_count()) as pool:
            rows += pool.map(_one, tasks, chunksize=50)
    text = json.dumps(manifest.document(rows, seed), ensure_ascii=False, indent=1)
    gold.write_text(text + "\n", encoding="utf-8")
    return rows


def _one(task: tuple[Path, int, Identity]) -> dict:
    folder, seed, who = task
    return _save(folder, compose.resume(seed, who), f"p{who.index:05}", "")


def _save(folder: Path, resume: Resume, person: str, suffix: str) -> dict:
    name = f"{_stem(resume.who)}{suffix}.{resume.who.format}"
    (folder / name).write_bytes(document(resume))
    return manifest.row(resume, name, person)


def _stem(who: Identity) -> str:
    """A file name as people choose them; the name in it is unique."""
    slug = compose.slug(who)
    parts = [part.capitalize() for part in slug.split("-")]
    german = [f"Lebenslauf_{'_'.join(parts)}", f"Bewerbung-{slug}", f"CV_{'_'.join(parts)}"]
    english = [f"{slug}-resume", f"CV_{'_'.join(parts)}", f"Resume-{'-'.join(parts)}", f"{slug}-cv"]
    choices = german if who.lang == "de" else english
    return choices[who.index % len(choices)]


def _clear(folder: Path, gold: Path) -> None:
    """Removes what an earlier run wrote, by its manifest; anything else in the folder is a reason to stop."""
    if gold.is_file():
        for row in json.loads(gold.read_text(encoding="utf-8"))["resumes"]:
            (folder / Path(row["file"]).name).unlink(missing_ok=True)
        gold.unlink()
    left = next(folder.iterdir(), None)
    if left is not None:
        raise SystemExit(f"generate.py: {folder} holds {left.name}, which is not of the last run: choose an empty folder")


if __name__ == "__main__":
    sys.exit(main())
