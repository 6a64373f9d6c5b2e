"""Rich Text Format, as older word processors save it: code page 1252 with Unicode escapes."""

from __future__ import annotations

from .. import blocks
from ..blocks import Block, Heading, Items, Pair, Para
from ..model import Resume

FONT_NAMES = {"carlito": "Calibri", "caladea": "Cambria", "liberation-sans": "Arial", "liberation-serif": "Times New Roman", "dejavu-sans": "Verdana", "helvetica": "Helvetica", "times": "Times New Roman"}


def _text(text: str) -> str:
    out = []
    for char in text:
        code = ord(char)
        if char in "\\{}":
            out.append("\\" + char)
        elif code < 128:
            out.append(char)
        elif code < 256:
            out.append(f"\\'{code:02x}")
        else:
            units = char.encode("utf-16-le")
            for at in range(0, len(units), 2):
                unit = int.from_bytes(units[at : at + 2], "little")
                out.append(f"\\u{unit - 65536 if unit > 32767 else unit}?")
    return "".join(out)


def write(resume: Resume) -> bytes:
    """The document."""
    head, style = blocks.head(resume), resume.style
    red, green, blue = style.accent
    size = round(style.size * 2)
    out = [
        "{\\rtf1\\ansi\\ansicpg1252\\deff0\\uc1{\\fonttbl{\\f0\\fswiss " + FONT_NAMES[style.font] + ";}}",
        "{\\colortbl;" + f"\\red{red}\\green{green}\\blue{blue};\\red85\\green85\\blue85;" + "}",
        f"\\paperw11906\\paperh16838\\margl1134\\margr1134\\margt1134\\margb1020\\fs{size}",
    ]
    centred = "\\qc" if style.layout == "classic" else "\\ql"
    if head.title:
        out.append(f"\\pard{centred}{{\\cf2 {_text(head.title)}}}\\par")
    out.append(f"\\pard{centred}{{\\b\\fs44\\cf1 {_text(head.name)}}}\\par")
    out.append(f"\\pard{centred}{{\\fs{size + 3}\\cf2 {_text(head.headline)}}}\\par")
    out.append(f"\\pard{centred}\\sa120 {_text('  |  '.join(head.contact))}\\par")
    for block in blocks.flow(resume):
        out += _block(block, style)
    return ("\n".join(out) + "\n}\n").encode("ascii")


def _bullets(texts: list[str]) -> list[str]:
    return [f"\\pard\\fi-260\\li360\\tx360{{\\bullet\\tab {_text(text)}}}\\par" for text in texts]


def _block(block: Block, style) -> list[str]:
    if isinstance(block, Heading):
        look = {"caps": "\\caps", "smallcaps": "\\scaps", "spaced": "\\caps\\expndtw40"}.get(style.headings, "")
        return [f"\\pard\\keepn\\sb260\\sa60\\brdrb\\brdrs\\brdrw10{{\\b\\cf1\\fs25{look} {_text(block.text)}}}\\par"]
    if isinstance(block, Para):
        return [f"\\pard {_text(block.text)}\\par"]
    if isinstance(block, Pair):
        return [f"\\pard{{\\b {_text(block.label)}:}} {_text(block.text)}\\par"]
    if isinstance(block, Items):
        return _bullets(block.texts)
    if style.dates == "left":
        first = f"\\pard\\keepn\\sb120\\fi-2200\\li2200\\tx2200{{\\cf2 {_text(block.dates)}}}\\tab{{\\b {_text(block.head)}}}\\par\\pard\\li2200{{\\i {_text(block.sub)}}}\\par"
    elif style.dates == "right":
        first = f"\\pard\\keepn\\sb120\\tqr\\tx9600{{\\b {_text(block.head)}}}\\tab{{\\cf2 {_text(block.dates)}}}\\par\\pard{{\\i {_text(block.sub)}}}\\par"
    else:
        first = f"\\pard\\keepn\\sb120{{\\b {_text(block.head)}}}\\par\\pard{{\\i {_text(block.sub)}}}\\par\\pard{{\\cf2 {_text(block.dates)}}}\\par"
    more = [f"\\pard{{\\cf2 {_text(block.blurb)}}}\\par"] if block.blurb else []
    more += [f"\\pard {_text(block.scope)}\\par"] if block.scope else []
    return [first, *more, *_bullets(block.bullets)]
