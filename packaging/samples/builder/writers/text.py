"""Plain text and Markdown."""

from __future__ import annotations

import textwrap

from .. import blocks
from ..blocks import Block, Entry, Heading, Items, Pair, Para
from ..model import Resume

WIDTH = 86


def write_text(resume: Resume) -> bytes:
    """Plain text, UTF-8, wrapped as a careful person does it."""
    head = blocks.head(resume)
    lines = [head.title] if head.title else []
    lines += [head.name, head.headline, *(head.contact if resume.style.contact == "stack" else [" | ".join(head.contact)])]
    for block in blocks.flow(resume):
        lines += _text(block, resume)
    return ("\n".join(line.rstrip() for line in lines) + "\n").encode()


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False)


def _text(block: Block, resume: Resume) -> list[str]:
    style = resume.style
    if isinstance(block, Heading):
        shown = block.text if style.headings == "title" else block.text.upper()
        return ["", "", shown, ("=" if style.layout in ("classic", "band") else "-") * len(shown)]
    if isinstance(block, Para):
        return _wrapped(block.text)
    if isinstance(block, Pair):
        return _wrapped(f"{block.label}: {block.text}", rest="  ")
    mark = "*" if style.bullet == "▪" else "-"
    if isinstance(block, Items):
        return [line for text in block.texts for line in _wrapped(text, f"{mark} ", "  ")]
    return ["", *_entry_lines(block, style.dates), *_wrapped(block.blurb), *_wrapped(block.scope), *[line for text in block.bullets for line in _wrapped(text, f"{mark} ", "  ")]]


def _entry_lines(item: Entry, dates: str) -> list[str]:
    if dates == "left":
        return [f"{item.dates}  {item.head}", item.sub]
    if dates == "right" and len(item.head) + len(item.dates) < WIDTH - 2:
        return [item.head + item.dates.rjust(WIDTH - len(item.head)), item.sub]
    return [item.head, item.sub, item.dates]


def write_markdown(resume: Resume) -> bytes:
    """Markdown."""
    head = blocks.head(resume)
    lines = [f"# {head.name}", "", f"**{head.headline}**", "", " · ".join(head.contact)]
    for block in blocks.flow(resume):
        lines += _markdown(block)
    return ("\n".join(lines) + "\n").encode()


def _escape(text: str) -> str:
    return text.replace("*", "\\*").replace("<", "\\<")


def _markdown(block: Block) -> list[str]:
    if isinstance(block, Heading):
        return ["", f"## {block.text}", ""]
    if isinstance(block, Para):
        return [_escape(block.text)]
    if isinstance(block, Pair):
        return [f"- **{block.label}:** {_escape(block.text)}"]
    if isinstance(block, Items):
        return [f"- {_escape(text)}" for text in block.texts]
    lines = ["", f"### {block.head}", f"*{block.sub}* | {block.dates}", ""]
    for text in (block.blurb, block.scope):
        lines += [_escape(text), ""] if text else []
    return lines + [f"- {_escape(text)}" for text in block.bullets]
