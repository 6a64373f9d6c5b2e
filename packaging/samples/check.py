#!/usr/bin/env python3
"""Reads generated resumes back and compares them with the manifest.

    python3 packaging/samples/check.py DIR

Every name, e-mail, telephone number, title, employer, degree, certificate and skill of the manifest must stand in
the file's text: of PDFs as `pdftotext` sees it, of DOCX and ODT as their XML holds it. The scanned one must have none.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

BLOCK_TAGS = {"p", "h", "tab", "tc", "br"}


def text_of(path: Path) -> str:
    """The file's text, roughly."""
    kind = path.suffix[1:]
    if kind == "pdf":
        return subprocess.run(["pdftotext", "-enc", "UTF-8", str(path), "-"], check=True, capture_output=True, text=True).stdout
    if kind in ("docx", "odt"):
        return _package_text(path, "word/document.xml" if kind == "docx" else "content.xml")
    raw = path.read_text(encoding="utf-8")
    if kind == "html":
        return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", raw, flags=re.S))
    if kind == "rtf":
        return _rtf_text(raw)
    return raw.replace("\\*", "*").replace("\\<", "<").replace('\\"', '"')


def _package_text(path: Path, member: str) -> str:
    with zipfile.ZipFile(path) as archive:
        if archive.testzip() is not None:
            raise ValueError(f"{path.name}: damaged ZIP")
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(archive.read(name))
        root = ElementTree.fromstring(archive.read(member))
    out: list[str] = []

    def walk(node: ElementTree.Element) -> None:
        if node.tag.rsplit("}", 1)[-1] in BLOCK_TAGS:
            out.append("\n")
        out.append(node.text or "")
        for child in node:
            walk(child)
            out.append(child.tail or "")

    walk(root)
    return "".join(out)


def _rtf_text(raw: str) -> str:
    units = re.sub(r"\\u(-?\d+)\?", lambda found: chr(int(found[1]) % 65536), raw)
    units = re.sub(r"\\'([0-9a-f]{2})", lambda found: bytes.fromhex(found[1]).decode("cp1252"), units)
    return re.sub(r"\\[a-z]+-?\d* ?|[{}]", " ", units)


def expected(row: dict) -> list[str]:
    """What must stand in the text."""
    found = [row["name"], *row["emails"], *row["links"], *[skill["as_written"] for skill in row["skills"]], *row["certifications"]]
    for position in row["positions"]:
        found += [position["title"], position["employer"], position["city"]]
    for degree in row["education"]:
        found += [degree["degree"], degree["institution"]]
    return found


def _packed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def problems(folder: Path, row: dict) -> list[str]:
    """What is wrong with one file."""
    text = text_of(folder / row["file"])
    if row["trap"] == "scanned":
        return [f"{row['file']}: the scan has text"] if text.strip() else []
    packed = _packed(text)
    found = [f"{row['file']}: {wanted!r} is not in the text" for wanted in expected(row) if _packed(wanted) not in packed]
    digits = re.sub(r"\D", "", text)
    found += [f"{row['file']}: {phone} is not in the text" for phone in row["phones"] if phone[-8:] not in digits]
    if row["format"] == "pdf" and re.search(r"\b(?:\w ){5,}", text):
        found.append(f"{row['file']}: letters come out one by one")
    if "\ufffd" in text or "{" in text and row["format"] != "json":
        found.append(f"{row['file']}: unreadable characters or an unfilled template")
    return found


def main() -> int:
    """The command."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["resumes"]
    found = [problem for row in rows for problem in problems(folder, row)]
    print("\n".join(found), f"{len(rows) - len({text.split(':')[0] for text in found})} passed, {len({text.split(':')[0] for text in found})} failed", sep="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
