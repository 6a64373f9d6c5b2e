"""Reads TrueType fonts and cuts them down to the glyphs a document uses, so that PDFs can embed them.

Only fonts with a `glyf` table: those of Debian's packages named in FONTS are.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path

ROOTS = [Path("/usr/share/fonts/truetype"), Path("/usr/share/fonts/opentype")]

FAMILIES = {
    "carlito": ("crosextra/Carlito-{}.ttf", "Regular", "Bold", "Italic"),
    "caladea": ("crosextra/Caladea-{}.ttf", "Regular", "Bold", "Italic"),
    "liberation-sans": ("liberation/LiberationSans-{}.ttf", "Regular", "Bold", "Italic"),
    "liberation-serif": ("liberation/LiberationSerif-{}.ttf", "Regular", "Bold", "Italic"),
    "dejavu-sans": ("dejavu/DejaVuSans{}.ttf", "", "-Bold", ""),
    "japanese": ("ipafont-gothic/ipagp.ttf", "", "", ""),
}
"""Family: file, and its cuts for regular, bold and italic. DejaVu's italic is in another package: regular stands in."""

PACKAGES = ["fonts-dejavu-core", "fonts-liberation", "fonts-crosextra-carlito", "fonts-crosextra-caladea", "fonts-ipafont-gothic"]
"""The Debian packages that hold FAMILIES."""


def path(family: str, cut: str) -> Path | None:
    """Where the font file is, or none when it is not installed."""
    pattern, regular, bold, italic = FAMILIES[family]
    name = pattern.format({"regular": regular, "bold": bold, "italic": italic}[cut])
    return next((root / name for root in ROOTS if (root / name).is_file()), None)


def missing() -> list[str]:
    """Files that are not installed."""
    return [f"{family} ({cut})" for family in FAMILIES for cut in ("regular", "bold", "italic") if path(family, cut) is None]


class Font:
    """One font file: character map, widths, outlines."""

    def __init__(self, data: bytes, name: str):
        self.name = name
        self._data = data
        count = struct.unpack(">H", data[4:6])[0]
        self.tables = {}
        for at in range(12, 12 + 16 * count, 16):
            tag, _, offset, length = struct.unpack(">4sIII", data[at : at + 16])
            self.tables[tag.decode()] = data[offset : offset + length]
        head, hhea = self.tables["head"], self.tables["hhea"]
        self.units = struct.unpack(">H", head[18:20])[0]
        self.box = struct.unpack(">4h", head[36:44])
        self.ascent, self.descent = struct.unpack(">2h", hhea[4:8])
        glyphs = struct.unpack(">H", self.tables["maxp"][4:6])[0]
        long_format = struct.unpack(">h", head[50:52])[0]
        loca = self.tables["loca"]
        self._loca = struct.unpack(f">{glyphs + 1}I", loca[: 4 * glyphs + 4]) if long_format else tuple(2 * v for v in struct.unpack(f">{glyphs + 1}H", loca[: 2 * glyphs + 2]))
        metrics = struct.unpack(">H", hhea[34:36])[0]
        hmtx = self.tables["hmtx"]
        pairs = [struct.unpack(">Hh", hmtx[4 * g : 4 * g + 4]) for g in range(metrics)]
        tail = [struct.unpack(">h", hmtx[4 * metrics + 2 * g : 4 * metrics + 2 * g + 2])[0] for g in range(glyphs - metrics)]
        self._metrics = pairs + [(pairs[-1][0], bearing) for bearing in tail]
        self.cmap = _character_map(self.tables["cmap"])
        self._chars = frozenset(map(chr, self.cmap))
        self._widths: dict[str, float] = {}
        self._words: dict[str, float] = {}

    def has(self, text: str) -> bool:
        """Whether the font can show every character."""
        return self._chars.issuperset(text)

    def width(self, text: str, size: float) -> float:
        """Width of the text in points."""
        total = self._words.get(text)
        if total is None:
            total = sum(map(self._char_width, text))
            if len(text) < 16:
                self._words[text] = total
        return total * size / 1000

    def _char_width(self, char: str) -> float:
        advance = self._widths.get(char)
        if advance is None:
            advance = self._widths[char] = self._metrics[self.cmap.get(ord(char), 0)][0] * 1000 / self.units
        return advance

    def advance(self, glyph: int) -> int:
        """A glyph's width in thousandths of the size."""
        return round(self._metrics[glyph][0] * 1000 / self.units)

    def _outline(self, glyph: int) -> bytes:
        return self.tables["glyf"][self._loca[glyph] : self._loca[glyph + 1]]

    def subset(self, glyphs: list[int]) -> bytes:
        """A font file with these glyphs, numbered in their order from 0; parts of composed glyphs follow behind."""
        order = list(glyphs)
        number = {glyph: at for at, glyph in enumerate(order)}
        outlines = []
        for glyph in order:  # grows while composed glyphs name their parts
            outline = bytearray(self._outline(glyph))
            if outline and struct.unpack(">h", outline[:2])[0] < 0:
                at = 10
                while True:
                    flags, part = struct.unpack(">HH", outline[at : at + 4])
                    if part not in number:
                        number[part] = len(order)
                        order.append(part)
                    outline[at + 2 : at + 4] = struct.pack(">H", number[part])
                    at += 4 + (4 if flags & 1 else 2) + (2 if flags & 8 else 4 if flags & 64 else 8 if flags & 128 else 0)
                    if not flags & 32:
                        break
            outlines.append(bytes(outline) + b"\0" * (-len(outline) % 4))
        loca = [0]
        for outline in outlines:
            loca.append(loca[-1] + len(outline))
        head = bytearray(self.tables["head"])
        head[50:52] = b"\0\1"
        head[8:12] = b"\0\0\0\0"
        tables = {
            "head": bytes(head),
            "hhea": self.tables["hhea"][:34] + struct.pack(">H", len(order)),
            "maxp": self.tables["maxp"][:4] + struct.pack(">H", len(order)) + self.tables["maxp"][6:],
            "hmtx": b"".join(struct.pack(">Hh", *self._metrics[glyph]) for glyph in order),
            "loca": struct.pack(f">{len(loca)}I", *loca),
            "glyf": b"".join(outlines),
        } | {tag: self.tables[tag] for tag in ("cvt ", "fpgm", "prep") if tag in self.tables}
        return _assemble(tables)


def _assemble(tables: dict[str, bytes]) -> bytes:
    count = len(tables)
    power = count.bit_length() - 1
    out = struct.pack(">IHHHH", 0x00010000, count, 16 << power, power, 16 * count - (16 << power))
    offset = 12 + 16 * count
    body = b""
    for tag in sorted(tables):
        data = tables[tag]
        padded = data + b"\0" * (-len(data) % 4)
        checksum = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        out += struct.pack(">4sIII", tag.encode(), checksum, offset + len(body), len(data))
        body += padded
    return out + body


def _character_map(cmap: bytes) -> dict[int, int]:
    """The Unicode map of the font, from its format 4 or 12 table."""
    count = struct.unpack(">H", cmap[2:4])[0]
    offsets = {struct.unpack(">HH", cmap[at : at + 4]): struct.unpack(">I", cmap[at + 4 : at + 8])[0] for at in range(4, 4 + 8 * count, 8)}
    offset = next(offsets[key] for key in [(3, 1), (0, 3), (3, 10), (0, 4)] if key in offsets)
    table = cmap[offset:]
    kind = struct.unpack(">H", table[:2])[0]
    if kind == 12:
        groups = struct.unpack(">I", table[12:16])[0]
        found = {}
        for at in range(16, 16 + 12 * groups, 12):
            first, last, glyph = struct.unpack(">III", table[at : at + 12])
            found.update({char: glyph + char - first for char in range(first, last + 1)})
        return found
    segments = struct.unpack(">H", table[6:8])[0] // 2
    read = lambda start: struct.unpack(f">{segments}H", table[start : start + 2 * segments])
    ends, starts = read(14), read(16 + 2 * segments)
    deltas, ranges = read(16 + 4 * segments), read(16 + 6 * segments)
    found = {}
    for at in range(segments):
        for char in range(starts[at], min(ends[at], 0xFFFE) + 1):
            if ranges[at] == 0:
                glyph = (char + deltas[at]) & 0xFFFF
            else:
                where = 16 + 6 * segments + 2 * at + ranges[at] + 2 * (char - starts[at])
                glyph = struct.unpack(">H", table[where : where + 2])[0]
                glyph = (glyph + deltas[at]) & 0xFFFF if glyph else 0
            if glyph:
                found[char] = glyph
    return found


@lru_cache(maxsize=None)
def load(family: str, cut: str) -> Font:
    """The installed font."""
    found = path(family, cut)
    if found is None:
        raise FileNotFoundError(f"the font {family} ({cut}) is not installed: apt install {' '.join(PACKAGES)}")
    return Font(found.read_bytes(), found.stem)
