"""OpenDocument text: headings as headings, lists as lists, dates by tab stop or in front."""

from __future__ import annotations

from xml.sax.saxutils import escape

from .. import blocks
from ..blocks import Block, Entry, Heading, Items, Pair, Para
from ..model import Resume, Style
from .docx import FONT_NAMES
from .package import pack

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{uri}:1.0"'
    for name, uri in (("office", "office"), ("text", "text"), ("style", "style"), ("manifest", "manifest"))
) + ' xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
MANIFEST = HEADER + (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>'
    '<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def write(resume: Resume) -> bytes:
    """The document."""
    head = blocks.head(resume)
    body = [_p(head.title, "Quiet")] if head.title else []
    body += [_p(head.name, "Name"), _p(head.headline, "Quiet")]
    body += [_p(text) for text in head.contact] if resume.style.contact == "stack" else [_p(" | ".join(head.contact))]
    body += [_block(block, resume.style) for block in blocks.flow(resume)]
    content = f'{HEADER}<office:document-content {SPACES} office:version="1.2"><office:automatic-styles>{_inline()}</office:automatic-styles><office:body><office:text>{"".join(body)}</office:text></office:body></office:document-content>'
    meta = f'{HEADER}<office:document-meta {SPACES} office:version="1.2"><office:meta><dc:title>{escape(resume.who.name)}</dc:title></office:meta></office:document-meta>'
    return pack([("mimetype", "application/vnd.oasis.opendocument.text"), ("META-INF/manifest.xml", MANIFEST), ("content.xml", content),
                 ("styles.xml", _styles(resume.style)), ("meta.xml", meta)], stored=("mimetype",))


def _inline() -> str:
    return (
        '<style:style style:name="Strong" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
        '<style:style style:name="Slanted" style:family="text"><style:text-properties fo:font-style="italic"/></style:style>'
        '<style:style style:name="Grey" style:family="text"><style:text-properties fo:color="#555555"/></style:style>'
        + _list_style("Dots", 0.6)
        + _list_style("DotsIndented", 4.8)
    )


def _list_style(name: str, margin: float) -> str:
    return (
        f'<text:list-style style:name="{name}"><text:list-level-style-bullet text:level="1" text:bullet-char="•"><style:list-level-properties text:list-level-position-and-space-mode="label-alignment">'
        f'<style:list-level-label-alignment text:label-followed-by="listtab" fo:text-indent="-0.45cm" fo:margin-left="{margin}cm"/></style:list-level-properties></text:list-level-style-bullet></text:list-style>'
    )


def _span(text: str, style: str) -> str:
    return f'<text:span text:style-name="{style}">{escape(text)}</text:span>'


def _p(text: str, style: str = "Body") -> str:
    return f'<text:p text:style-name="{style}">{escape(text)}</text:p>'


def _bullets(texts: list[str], style: str = "Dots") -> str:
    items = "".join(f"<text:list-item>{_p(text)}</text:list-item>" for text in texts)
    return f'<text:list text:style-name="{style}">{items}</text:list>' if texts else ""


def _block(block: Block, style: Style) -> str:
    if isinstance(block, Heading):
        return f'<text:h text:style-name="Section" text:outline-level="1">{escape(block.text)}</text:h>'
    if isinstance(block, Para):
        return _p(block.text)
    if isinstance(block, Pair):
        return f'<text:p text:style-name="Body">{_span(block.label + ": ", "Strong")}{escape(block.text)}</text:p>'
    if isinstance(block, Items):
        return _bullets(block.texts)
    return _entry(block, style)


def _entry(item: Entry, style: Style) -> str:
    head, dates = _span(item.head, "Strong"), _span(item.dates, "Grey")
    if style.dates == "left":
        first = f'<text:p text:style-name="Dated">{dates}<text:tab/>{head}</text:p><text:p text:style-name="Indented">{_span(item.sub, "Slanted")}</text:p>'
    elif style.dates == "right":
        first = f'<text:p text:style-name="Entry">{head}<text:tab/>{dates}</text:p><text:p text:style-name="Body">{_span(item.sub, "Slanted")}</text:p>'
    else:
        first = f'<text:p text:style-name="Entry">{head}</text:p><text:p text:style-name="Body">{_span(item.sub, "Slanted")}</text:p><text:p text:style-name="Body">{dates}</text:p>'
    more = "".join(_p(text, "Indented" if style.dates == "left" else "Body") for text in (item.blurb, item.scope) if text)
    return first + more + _bullets(item.bullets, "DotsIndented" if style.dates == "left" else "Dots")


def _styles(style: Style) -> str:
    accent = "#{:02x}{:02x}{:02x}".format(*style.accent)
    font = FONT_NAMES[style.font]
    case = {"caps": 'fo:text-transform="uppercase"', "smallcaps": 'fo:font-variant="small-caps"', "spaced": 'fo:text-transform="uppercase" fo:letter-spacing="0.06cm"'}.get(style.headings, "")

    def paragraph(name: str, layout: str, text: str = "", tabs: str = "") -> str:
        return (f'<style:style style:name="{name}" style:family="paragraph"><style:paragraph-properties {layout}>{tabs}</style:paragraph-properties>'
                f'<style:text-properties style:font-name="Main" fo:font-size="{style.size}pt" {text}/></style:style>')

    right = '<style:tab-stops><style:tab-stop style:position="17cm" style:type="right"/></style:tab-stops>'
    left = '<style:tab-stops><style:tab-stop style:position="0cm"/></style:tab-stops>'
    found = (
        paragraph("Body", 'fo:line-height="118%"')
        + paragraph("Indented", 'fo:line-height="118%" fo:margin-left="4.2cm"')
        + paragraph("Quiet", 'fo:margin-bottom="0.15cm"', 'fo:color="#555555"')
        + paragraph("Entry", 'fo:margin-top="0.25cm" fo:keep-with-next="always"', tabs=right)
        + paragraph("Dated", 'fo:margin-top="0.25cm" fo:margin-left="4.2cm" fo:text-indent="-4.2cm" fo:keep-with-next="always"', tabs=left)
        + paragraph("Name", 'fo:margin-bottom="0.05cm"', f'fo:font-weight="bold" fo:color="{accent}"').replace(f'fo:font-size="{style.size}pt"', 'fo:font-size="23pt"')
        + paragraph("Section", 'fo:margin-top="0.55cm" fo:margin-bottom="0.12cm" fo:keep-with-next="always"', f'fo:font-weight="bold" fo:color="{accent}" {case}').replace(f'fo:font-size="{style.size}pt"', 'fo:font-size="13pt"')
    )
    page = ('<office:automatic-styles><style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm" fo:margin="2cm"/></style:page-layout></office:automatic-styles>'
            '<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="A4"/></office:master-styles>')
    fonts = f'<office:font-face-decls><style:font-face style:name="Main" svg:font-family="\'{font}\'"/></office:font-face-decls>'
    return f'{HEADER}<office:document-styles {SPACES} office:version="1.2">{fonts}<office:styles>{found}</office:styles>{page}</office:document-styles>'
