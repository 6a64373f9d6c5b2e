"""Word documents: real styles and numbering, dates by tab stop, beside the entry in a table, or below it."""

from __future__ import annotations

from xml.sax.saxutils import escape

from .. import blocks
from ..blocks import Block, Entry, Heading, Items, Pair, Para
from ..model import Resume, Style
from .package import pack

FONT_NAMES = {"carlito": "Calibri", "caladea": "Cambria", "liberation-sans": "Arial", "liberation-serif": "Times New Roman", "dejavu-sans": "Verdana", "helvetica": "Arial", "times": "Times New Roman"}
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TEXT_WIDTH = 9638
"""Between the margins, in twentieths of a point."""

DATE_WIDTH = 2300

TYPES = HEADER + (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
    '<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>'
    '<Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/>'
    '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)
RELATIONS = HEADER + (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>'
)
DOCUMENT_RELATIONS = HEADER + (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>'
    '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/></Relationships>'
)


def _run(text: str, look: str = "") -> str:
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _paragraph(runs: str, style: str = "", extra: str = "") -> str:
    name = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{name}{extra}</w:pPr>{runs}</w:p>"


TAB = "<w:r><w:tab/></w:r>"
BOLD, ITALIC, GREY = "<w:b/>", "<w:i/>", '<w:color w:val="555555"/>'


def write(resume: Resume) -> bytes:
    """The document."""
    style = resume.style
    body = _head(resume)
    for block in blocks.flow(resume):
        body.append(_block(block, style))
    page = ('<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" '
            'w:header="708" w:footer="708" w:gutter="0"/></w:sectPr>')
    document = f'{HEADER}<w:document {W}><w:body>{"".join(body)}{page}</w:body></w:document>'
    core = (HEADER + '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(resume.who.name)}</dc:title></cp:coreProperties>')
    return pack([("[Content_Types].xml", TYPES), ("_rels/.rels", RELATIONS), ("word/document.xml", document), ("word/_rels/document.xml.rels", DOCUMENT_RELATIONS),
                 ("word/styles.xml", _styles(style, resume.who.lang)), ("word/numbering.xml", _numbering(style)), ("docProps/core.xml", core)])


def _head(resume: Resume) -> list[str]:
    head, style = blocks.head(resume), resume.style
    centre = '<w:jc w:val="center"/>' if style.layout in ("classic", "band") else ""
    found = [_paragraph(_run(head.title, GREY + '<w:spacing w:val="40"/>'), extra=centre)] if head.title else []
    if style.table and style.contact == "stack":
        left = _paragraph(_run(head.name), "Title") + _paragraph(_run(head.headline), "Subtitle")
        right = "".join(_paragraph(_run(text), extra='<w:jc w:val="right"/>') for text in head.contact)
        return [*found, _table([(left, right)], (5238, 4400)), _paragraph("")]
    found += [_paragraph(_run(head.name), "Title", centre), _paragraph(_run(head.headline), "Subtitle", centre)]
    if style.contact == "stack":
        return found + [_paragraph(_run(text), extra=centre) for text in head.contact]
    return [*found, _paragraph(_run("  |  ".join(head.contact)), extra=centre)]


def _table(rows: list[tuple[str, str]], widths: tuple[int, int]) -> str:
    """Two columns without borders."""
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    lines = "".join("<w:tr>" + "".join(f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{cell}</w:tc>' for cell, width in zip(row, widths)) + "</w:tr>" for row in rows)
    return (f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
            f'<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="100" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{lines}</w:tbl>')


def _bullets(texts: list[str]) -> str:
    return "".join(_paragraph(_run(text), "ListBullet") for text in texts)


def _block(block: Block, style: Style) -> str:
    if isinstance(block, Heading):
        return _paragraph(_run(block.text), "Heading1")
    if isinstance(block, Para):
        return _paragraph(_run(block.text))
    if isinstance(block, Pair):
        return _paragraph(_run(f"{block.label}: ", BOLD) + _run(block.text))
    if isinstance(block, Items):
        return _bullets(block.texts)
    return _entry(block, style)


def _entry(item: Entry, style: Style) -> str:
    rest = "".join(_paragraph(_run(text, look)) for text, look in ((item.blurb, GREY), (item.scope, "")) if text) + _bullets(item.bullets)
    sub = _paragraph(_run(item.sub, ITALIC))
    if style.table or style.dates == "left":
        inside = _paragraph(_run(item.head, BOLD), "Cell") + sub + rest
        return _table([(_paragraph(_run(item.dates, GREY), "Cell"), inside)], (DATE_WIDTH, TEXT_WIDTH - DATE_WIDTH))
    if style.dates == "right":
        tab = f'<w:tabs><w:tab w:val="right" w:pos="{TEXT_WIDTH}"/></w:tabs>'
        return _paragraph(_run(item.head, BOLD) + TAB + _run(item.dates, GREY), "Entry", tab) + sub + rest
    return _paragraph(_run(item.head, BOLD), "Entry") + sub + _paragraph(_run(item.dates, GREY)) + rest


def _styles(style: Style, lang: str) -> str:
    font, size = FONT_NAMES[style.font], round(style.size * 2)
    accent = "{:02X}{:02X}{:02X}".format(*style.accent)
    case = {"caps": "<w:caps/>", "smallcaps": "<w:smallCaps/>", "spaced": '<w:caps/>'}.get(style.headings, "")
    spacing = '<w:spacing w:val="40"/>' if style.headings == "spaced" else ""
    rule = f'<w:pBdr><w:bottom w:val="single" w:sz="6" w:space="1" w:color="{accent}"/></w:pBdr>' if style.layout in ("classic", "modern", "band") else ""
    return (
        f'{HEADER}<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:cs="{font}"/><w:sz w:val="{size}"/>'
        f'<w:lang w:val="{"de-DE" if lang == "de" else "en-GB"}"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="0" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
        f'<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/><w:rPr><w:b/><w:color w:val="{accent}"/><w:sz w:val="46"/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Subtitle"><w:name w:val="Subtitle"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="80"/></w:pPr><w:rPr><w:color w:val="555555"/><w:sz w:val="24"/></w:rPr></w:style>'
        f'<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:pPr><w:keepNext/>{rule}<w:spacing w:before="300" w:after="80"/><w:outlineLvl w:val="0"/></w:pPr>'
        f'<w:rPr><w:b/>{case}<w:color w:val="{accent}"/>{spacing}<w:sz w:val="26"/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Entry"><w:name w:val="Entry"/><w:basedOn w:val="Normal"/><w:pPr><w:keepNext/><w:spacing w:before="140"/></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Cell"><w:name w:val="Cell"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:before="140"/></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="ListBullet"><w:name w:val="List Bullet"/><w:basedOn w:val="Normal"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr><w:ind w:left="340" w:hanging="260"/></w:pPr></w:style>'
        "</w:styles>"
    )


def _numbering(style: Style) -> str:
    return (
        f'{HEADER}<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="hybridMultilevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/>'
        f'<w:lvlText w:val="{style.bullet}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="340" w:hanging="260"/></w:pPr></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
