"""Writes PDF files: pages, text in embedded (subset) or standard fonts, rectangles, images. No dates, no random ids."""

from __future__ import annotations

import zlib

from . import truetype
from .truetype import Font

A4 = (595.28, 841.89)
LETTER = (612.0, 792.0)

STANDARD = {"helvetica": ("liberation-sans", {"regular": "Helvetica", "bold": "Helvetica-Bold", "italic": "Helvetica-Oblique"}),
            "times": ("liberation-serif", {"regular": "Times-Roman", "bold": "Times-Bold", "italic": "Times-Italic"})}
"""The fonts that every reader has, and the family with the same widths that they are measured with."""

FALLBACKS = ("dejavu-sans", "japanese")
"""Where characters come from that the document's family does not have."""


def standard_can(text: str) -> bool:
    """Whether the standard fonts' encoding (WinAnsi) has every character."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


class Face:
    """A font as one document uses it: its resource name and the glyphs used so far."""

    def __init__(self, name: str, font: Font, standard: str | None):
        self.name, self.font, self.standard = name, font, standard
        self.glyphs: list[int] = [0]
        self._number: dict[int, int] = {0: 0}
        self.chars: dict[int, str] = {}
        self._hex: dict[str, str] = {}

    def can(self, text: str) -> bool:
        """Whether it shows all of the text."""
        return standard_can(text) if self.standard else self.font.has(text)

    def code(self, text: str) -> bytes:
        """The operand of `Tj`."""
        if self.standard:
            raw = text.encode("cp1252")
            return b"(" + raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")"
        for char in dict.fromkeys(text):
            if char not in self._hex:
                self._hex[char] = f"{self._glyph(char):04X}"
        return b"<" + "".join(map(self._hex.__getitem__, text)).encode() + b">"

    def _glyph(self, char: str) -> int:
        """The character's number in the subset, a new one at its first use."""
        glyph = self.font.cmap.get(ord(char), 0)
        number = self._number.get(glyph)
        if number is None:
            number = self._number[glyph] = len(self.glyphs)
            self.glyphs.append(glyph)
        self.chars.setdefault(number, char)
        return number


class Pdf:
    """A document under construction. Coordinates in points, origin bottom left."""

    def __init__(self, size: tuple[float, float] = A4):
        self.size = size
        self.pages: list[list[bytes]] = [[]]
        self._faces: dict[tuple[str, str], Face] = {}

    def page(self, number: int) -> list[bytes]:
        """The operators of a page; pages are added up to it."""
        while len(self.pages) <= number:
            self.pages.append([])
        return self.pages[number]

    def face(self, family: str, cut: str) -> Face:
        """The document's face for a family and cut."""
        key = (family, cut)
        if key not in self._faces:
            measured, names = STANDARD.get(family, (family, None))
            self._faces[key] = Face(f"F{len(self._faces) + 1}", truetype.load(measured, cut), names[cut] if names else None)
        return self._faces[key]

    def runs(self, family: str, cut: str, text: str) -> list[tuple[Face, str]]:
        """The text in parts of one face each: characters that the family lacks come from another."""
        face = self.face(family, cut)
        if face.can(text):
            return [(face, text)]
        found: list[tuple[Face, str]] = []
        for char in text:
            used = face
            if not face.can(char):
                names = [name for name in FALLBACKS if truetype.load(name, cut).has(char)]
                used = self.face(names[0], cut) if names else face
            if found and found[-1][0] is used:
                found[-1] = (used, found[-1][1] + char)
            else:
                found.append((used, char))
        return found

    def width(self, family: str, cut: str, text: str, size: float, spacing: float = 0.0) -> float:
        """Width of the text in points."""
        return sum(face.font.width(part, size) for face, part in self.runs(family, cut, text)) + spacing * len(text)

    def text(self, page: int, x: float, y: float, text: str, family: str, cut: str, size: float,
             colour: tuple[int, int, int] = (0, 0, 0), spacing: float = 0.0) -> None:
        """Draws one line with its baseline at y."""
        ops = self.page(page)
        red, green, blue = (value / 255 for value in colour)
        out = [f"BT {red:.3g} {green:.3g} {blue:.3g} rg {spacing:.3g} Tc {x:.2f} {y:.2f} Td".encode()]
        for face, part in self.runs(family, cut, text):
            out.append(f"/{face.name} {size:.4g} Tf".encode())
            out.append(face.code(part) + b" Tj")
        ops.append(b" ".join(out) + b" ET")

    def box(self, page: int, x: float, y: float, width: float, height: float, colour: tuple[int, int, int]) -> None:
        """Fills a rectangle."""
        red, green, blue = (value / 255 for value in colour)
        self.page(page).append(f"{red:.3g} {green:.3g} {blue:.3g} rg {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f".encode())

    def bytes(self, title: str) -> bytes:
        """The finished file."""
        objects: list[bytes] = [b"", b""]

        def add(body: bytes) -> int:
            objects.append(body)
            return len(objects)

        def stream(data: bytes, extra: str = "") -> int:
            packed = zlib.compress(data, 6)
            return add(f"<< /Length {len(packed)} /Filter /FlateDecode {extra}>>\nstream\n".encode() + packed + b"\nendstream")

        fonts = "".join(f"/{face.name} {_font_objects(face, add, stream)} 0 R " for face in self._faces.values() if face.standard or len(face.glyphs) > 1)
        resources = add(f"<< /Font << {fonts}>> >>".encode())
        width, height = self.size
        kids = []
        for ops in self.pages:
            content = stream(b"\n".join(ops))
            kids.append(add(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Resources {resources} 0 R /Contents {content} 0 R >>".encode()))
        return finish(objects, kids, title)


def finish(objects: list[bytes], kids: list[int], title: str) -> bytes:
    """Catalog, page tree, information and cross-reference table around the objects (the first two are kept free)."""
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>".encode()
    objects.append(b"<< /Title <FEFF" + title.encode("utf-16-be").hex().upper().encode() + b"> >>")
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def _font_objects(face: Face, add, stream) -> int:
    """Adds the objects of a font and returns the number of its dictionary."""
    if face.standard:
        return add(f"<< /Type /Font /Subtype /Type1 /BaseFont /{face.standard} /Encoding /WinAnsiEncoding >>".encode())
    font = face.font
    scale = 1000 / font.units
    name = f"{_tag(face)}+{font.name}"
    data = font.subset(face.glyphs)
    file = stream(data, f"/Length1 {len(data)} ")
    box = " ".join(str(round(value * scale)) for value in font.box)
    descriptor = add(
        f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{box}] /ItalicAngle 0 /Ascent {round(font.ascent * scale)} "
        f"/Descent {round(font.descent * scale)} /CapHeight 700 /StemV 80 /FontFile2 {file} 0 R >>".encode()
    )
    widths = " ".join(str(font.advance(glyph)) for glyph in face.glyphs)
    inner = add(
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        f"/FontDescriptor {descriptor} 0 R /CIDToGIDMap /Identity /W [0 [{widths}]] >>".encode()
    )
    unicode = stream(_to_unicode(face.chars))
    return add(f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H /DescendantFonts [{inner} 0 R] /ToUnicode {unicode} 0 R >>".encode())


def _tag(face: Face) -> str:
    """Six letters that tell subsets apart, from the glyphs they hold."""
    number = zlib.crc32(repr(face.glyphs).encode())
    return "".join(chr(65 + number // 26**at % 26) for at in range(6))


def _to_unicode(chars: dict[int, str]) -> bytes:
    lines = ["/CIDInit /ProcSet findresource begin 12 dict begin begincmap", "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
             "1 begincodespacerange <0000> <FFFF> endcodespacerange"]
    pairs = [f"<{number:04X}> <{char.encode('utf-16-be').hex().upper()}>" for number, char in sorted(chars.items())]
    for at in range(0, len(pairs), 100):
        part = pairs[at : at + 100]
        lines += [f"{len(part)} beginbfchar", *part, "endbfchar"]
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode()
