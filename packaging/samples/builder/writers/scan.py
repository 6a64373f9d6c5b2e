"""A scanned resume: the PDF's pages as grey pictures, a little askew and specked, without any text.

The page is turned and soiled as PDF drawing first, then `pdftoppm` makes the pictures: deterministic, and fast.
"""

from __future__ import annotations

import math
import subprocess
import tempfile
from pathlib import Path
from random import Random

from ..model import Resume
from . import pdf
from .pdffile import finish

DPI = 150
ANGLE_DEGREES = 0.7
SPECKS = 260


def write(resume: Resume) -> bytes:
    """The PDF of pictures."""
    source = pdf.build(resume)
    rng = Random(f"scan/{resume.who.index}")
    width, height = source.size
    for number, ops in enumerate(source.pages):
        angle = math.radians(ANGLE_DEGREES * (1 if number % 2 else -1))
        cos, sin = math.cos(angle), math.sin(angle)
        ops.insert(0, f"0.965 g 0 0 {width} {height} re f q {cos:.5f} {sin:.5f} {-sin:.5f} {cos:.5f} {8 * sin * 40:.2f} 0 cm".encode())
        ops.append(b"Q")
        ops.extend(_speck(rng, width, height) for _ in range(SPECKS))
        ops.append(f"0.6 g {width - 3:.1f} 0 3 {height} re f 0.85 g {rng.uniform(80, 300):.1f} 0 0.6 {height} re f".encode())
    pictures = _rasterise(source.bytes("scan"))
    return _of_pictures(pictures, width, height)


def _speck(rng: Random, width: float, height: float) -> bytes:
    size = rng.uniform(0.2, 1.0)
    return f"{rng.uniform(0.35, 0.85):.2f} g {rng.uniform(0, width):.1f} {rng.uniform(0, height):.1f} {size:.2f} {size:.2f} re f".encode()


def _rasterise(data: bytes) -> list[tuple[bytes, int, int, str]]:
    """Each page as (JPEG, width, height in pixels, colour space)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.pdf")
        path.write_bytes(data)
        subprocess.run(["pdftoppm", "-r", str(DPI), "-gray", "-jpeg", "-jpegopt", "quality=55", str(path), str(Path(folder, "scan"))], check=True)
        return [(image, *_frame(image)) for image in (file.read_bytes() for file in sorted(Path(folder).glob("scan*.jpg")))]


def _frame(jpeg: bytes) -> tuple[int, int, str]:
    """Width, height and colour space from the JPEG's frame header (poppler writes grey as RGB in some versions)."""
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    colours = "DeviceGray" if jpeg[at + 9] == 1 else "DeviceRGB"
    return int.from_bytes(jpeg[at + 7 : at + 9], "big"), int.from_bytes(jpeg[at + 5 : at + 7], "big"), colours


def _of_pictures(pictures: list[tuple[bytes, int, int, str]], width: float, height: float) -> bytes:
    objects: list[bytes] = [b"", b""]
    kids = []
    for image, across, down, colours in pictures:
        objects.append(f"<< /Type /XObject /Subtype /Image /Width {across} /Height {down} /ColorSpace /{colours} /BitsPerComponent 8 /Filter /DCTDecode /Length {len(image)} >>\nstream\n".encode() + image + b"\nendstream")
        number = len(objects)
        content = f"q {width} 0 0 {height} 0 0 cm /Im1 Do Q".encode()
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Resources << /XObject << /Im1 {number} 0 R >> >> /Contents {number + 1} 0 R >>".encode())
        kids.append(len(objects))
    return finish(objects, kids, "Scan")
