"""HTML with its own style sheet, as a browser or an editor saves it."""

from __future__ import annotations

from html import escape

from .. import blocks
from ..blocks import Block, Heading, Items, Pair, Para
from ..model import Resume

FONTS = {"carlito": "Carlito, Calibri, sans-serif", "caladea": "Caladea, Cambria, serif", "liberation-serif": "'Times New Roman', serif", "times": "Times, serif"}


def write(resume: Resume) -> bytes:
    """The page."""
    head, style = blocks.head(resume), resume.style
    accent = "#{:02x}{:02x}{:02x}".format(*style.accent)
    case = {"caps": "text-transform:uppercase", "smallcaps": "font-variant:small-caps", "spaced": "text-transform:uppercase;letter-spacing:.15em"}.get(style.headings, "")
    body = [f'<p class="kind">{escape(head.title)}</p>'] if head.title else []
    body += [f"<h1>{escape(head.name)}</h1>", f'<p class="headline">{escape(head.headline)}</p>', "<ul class=\"contact\">"]
    body += [f"<li>{_contact(text)}</li>" for text in head.contact] + ["</ul>"]
    for block in blocks.flow(resume):
        body += _block(block, style.dates == "left")
    css = (
        f"body{{font:16px/1.5 {FONTS.get(style.font, 'Arial, Helvetica, sans-serif')};color:#1a1a1a;max-width:46rem;margin:3rem auto;padding:0 1.5rem}}"
        f"h1{{margin:0;color:{accent}}}h2{{color:{accent};border-bottom:1px solid {accent};font-size:1.15rem;margin:2rem 0 .5rem;{case}}}"
        "h3{font-size:1rem;margin:1.1rem 0 0}.headline{margin:.1rem 0 .6rem;color:#555}.contact{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}"
        ".sub{margin:0;font-style:italic}.dates{color:#555;font-weight:normal;float:right}.left .dates{float:none;display:block}.blurb{margin:0;color:#555}"
        "article ul{margin:.3rem 0 0;padding-left:1.2rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{font-weight:bold}dd{margin:0}"
    )
    page = f'<!DOCTYPE html>\n<html lang="{resume.who.lang}">\n<head>\n<meta charset="utf-8">\n<title>{escape(head.name)}</title>\n<style>{css}</style>\n</head>\n<body>\n'
    return (page + "\n".join(body).replace("</dl>\n<dl>\n", "") + "\n</body>\n</html>\n").encode()


def _contact(text: str) -> str:
    if "@" in text:
        return f'<a href="mailto:{escape(text)}">{escape(text)}</a>'
    return f'<a href="{escape(text)}">{escape(text)}</a>' if text.startswith("http") else escape(text)


def _list(texts: list[str]) -> list[str]:
    return ["<ul>", *[f"<li>{escape(text)}</li>" for text in texts], "</ul>"] if texts else []


def _block(block: Block, left: bool) -> list[str]:
    if isinstance(block, Heading):
        return [f"<h2>{escape(block.text)}</h2>"]
    if isinstance(block, Para):
        return [f"<p>{escape(block.text)}</p>"]
    if isinstance(block, Pair):
        return ["<dl>", f"<dt>{escape(block.label)}</dt><dd>{escape(block.text)}</dd>", "</dl>"]
    if isinstance(block, Items):
        return _list(block.texts)
    dates = f'<span class="dates">{escape(block.dates)}</span>'
    title = f"{dates} {escape(block.head)}" if left else f"{escape(block.head)} {dates}"
    lines = [f'<article{" class=left" if left else ""}>', f"<h3>{title}</h3>", f'<p class="sub">{escape(block.sub)}</p>']
    lines += [f'<p class="blurb">{escape(block.blurb)}</p>'] if block.blurb else []
    lines += [f"<p>{escape(block.scope)}</p>"] if block.scope else []
    return [*lines, *_list(block.bullets), "</article>"]
