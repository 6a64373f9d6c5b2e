"""Sets resumes as PDF pages: seven layouts over one flow of blocks."""

from __future__ import annotations

from .. import blocks
from ..blocks import Block, Entry, Heading, Items, Pair, Para
from ..model import Resume, Style
from .pdffile import A4, LETTER, Pdf, standard_can

GREY = (0x55, 0x55, 0x55)
INK = (0x1A, 0x1A, 0x1A)
WHITE = (0xFF, 0xFF, 0xFF)

FONT_SCALE = {"carlito": 1.06, "caladea": 1.0, "liberation-sans": 0.94, "liberation-serif": 1.05, "dejavu-sans": 0.87, "helvetica": 0.94, "times": 1.05}
"""Families look larger or smaller at the same size: this evens them out."""


class Flow:
    """A column that text flows down, from page to page."""

    def __init__(self, pdf: Pdf, style: Style, x: float, width: float, top: float, next_top: float, bottom: float, ink=INK, accent=None):
        self.pdf, self.style = pdf, style
        self.x, self.width, self.y = x, width, top
        self.next_top, self.bottom, self.page = next_top, bottom, 0
        self.family = style.font
        self.size = style.size * FONT_SCALE[style.font]
        self.leading = self.size * (1.32 if style.layout != "compact" else 1.24)
        self.ink, self.accent = ink, accent or style.accent
        self.date_column = 104.0 if style.dates == "left" else 0.0

    def need(self, height: float) -> None:
        """Goes to the next page when less than `height` is left."""
        if self.y - height < self.bottom:
            self.page += 1
            self.pdf.page(self.page)
            self.y = self.next_top

    def skip(self, height: float) -> None:
        """Leaves space, but not at the top of a page."""
        if self.y < self.next_top - 1 or self.page == 0:
            self.y -= height

    def wrap(self, text: str, cut: str, size: float, width: float, first: float = 0.0) -> list[str]:
        """Lines no wider than `width`; the first starts `first` points in."""
        lines, line, room = [], "", width - first
        space = self.pdf.width(self.family, cut, " ", size)
        used = 0.0
        for word in text.split(" "):
            long = self.pdf.width(self.family, cut, word, size)
            if line and used + space + long > room:
                lines.append(line)
                line, used, room = word, long, width
            else:
                line, used = (f"{line} {word}", used + space + long) if line else (word, long)
        return [*lines, line]

    def put(self, x: float, text: str, cut: str = "regular", size: float | None = None, colour=None, spacing: float = 0.0) -> None:
        """One line at the present height."""
        self.pdf.text(self.page, x, self.y, text, self.family, cut, size or self.size, colour or self.ink, spacing)

    def para(self, text: str, cut: str = "regular", indent: float = 0.0, colour=None, size: float | None = None) -> None:
        """Running text."""
        size = size or self.size
        for line in self.wrap(text, cut, size, self.width - indent):
            self.need(self.leading)
            self.y -= self.leading
            self.put(self.x + indent, line, cut, size, colour)

    def heading(self, text: str) -> None:
        """A section's heading in the manner of the style."""
        style = self.style
        self.need(self.leading * 6)
        self.skip(self.leading * (0.95 if style.layout == "compact" else 1.2))
        size = self.size * 1.16
        self.y -= size * 1.25
        if style.headings == "smallcaps":
            self._small_caps(text, size * 1.06)
        elif style.headings == "spaced":
            self.put(self.x, text.upper(), "bold", size * 0.88, self.accent, spacing=size * 0.13)
        else:
            self.put(self.x, text.upper() if style.headings == "caps" else text, "bold", size if style.headings == "caps" else size * 1.1, self.accent)
        if style.layout in ("classic", "modern", "band"):
            self.pdf.box(self.page, self.x, self.y - 4.2, self.width, 0.7, self.accent if style.layout != "classic" else INK)
            self.y -= 4.5
        elif style.layout == "sidebar":
            self.pdf.box(self.page, self.x, self.y - 4.5, 26, 1.6, self.accent)
            self.y -= 5.5
        self.y -= 1.5

    def _small_caps(self, text: str, size: float) -> None:
        x = self.x
        for word in text.split(" "):
            for part, height in ((word[:1], size), (word[1:], size * 0.8)):
                self.pdf.text(self.page, x, self.y, part.upper(), self.family, "bold", height, self.accent)
                x += self.pdf.width(self.family, "bold", part.upper(), height)
            x += self.pdf.width(self.family, "bold", " ", size)

    def bullets(self, texts: list[str], indent: float = 0.0) -> None:
        """A list."""
        hang = indent + self.size * 1.1
        for text in texts:
            lines = self.wrap(text, "regular", self.size, self.width - hang)
            self.need(self.leading * min(2, len(lines)))
            for number, line in enumerate(lines):
                if number:
                    self.need(self.leading)
                self.y -= self.leading
                if number == 0:
                    self.put(self.x + indent + 1, self.style.bullet)
                self.put(self.x + hang, line)

    def entry(self, item: Entry) -> None:
        """A position or degree."""
        self.need(self.leading * ((5 if item.bullets else 2.4) + bool(item.scope) + (self.style.dates == "below")))
        self.skip(self.leading * 0.38)
        indent = self.date_column
        muted = self.ink if self.ink == WHITE else GREY
        size = self.size * 1.03
        date_width = self.pdf.width(self.family, "regular", item.dates, self.size)
        room = self.width - indent - (date_width + 14 if self.style.dates == "right" else 0)
        for number, line in enumerate(self.wrap(item.head, "bold", size, room)):
            self.y -= self.leading * 1.04
            if number == 0 and indent:
                self._dates_left(item.dates, muted)
            elif number == 0 and self.style.dates == "right":
                self.put(self.x + self.width - date_width, item.dates, "regular", self.size, muted)
            self.put(self.x + indent, line, "bold", size)
        if self.style.dates == "below":
            self.para(item.dates, "regular", indent, muted)
        self.para(item.sub, "italic", indent, self.accent if self.style.layout in ("modern", "band", "sidebar") else None)
        if item.blurb:
            self.para(item.blurb, "regular", indent, muted, self.size * 0.95)
        if item.scope:
            self.para(item.scope, "regular", indent)
        self.bullets(item.bullets, indent)

    def _dates_left(self, dates: str, colour) -> None:
        """In the column beside the entry, on two lines where one is too narrow."""
        room = self.date_column - 8
        lines = [dates] if self.pdf.width(self.family, "regular", dates, self.size) <= room else self._split_dates(dates)
        for number, line in enumerate(lines):
            self.pdf.text(self.page, self.x, self.y - number * self.leading, line, self.family, "regular", self.size, colour)

    def _split_dates(self, dates: str) -> list[str]:
        dash = self.style.dash.strip()
        start, _, end = dates.partition(self.style.dash)
        return [f"{start} {dash}", end]

    def pair(self, item: Pair) -> None:
        """A label in bold and its text, hanging."""
        label = f"{item.label}:" if not self.date_column else item.label
        indent = self.date_column
        if indent and self.pdf.width(self.family, "bold", label, self.size) > indent - 6:
            label, indent = f"{item.label}:", 0.0
        start = indent or self.pdf.width(self.family, "bold", label + " ", self.size)
        lines = self.wrap(item.text, "regular", self.size, self.width - indent, 0.0 if indent else start)
        self.need(self.leading * min(2, len(lines)))
        for number, line in enumerate(lines):
            if number:
                self.need(self.leading)
            self.y -= self.leading
            if number == 0:
                self.put(self.x, label, "bold")
            self.put(self.x + (start if number == 0 else indent), line)

    def block(self, item: Block) -> None:
        """Any block."""
        if isinstance(item, Heading):
            self.heading(item.text)
        elif isinstance(item, Entry):
            self.entry(item)
        elif isinstance(item, Pair):
            self.pair(item)
        elif isinstance(item, Items):
            self.bullets(item.texts, self.date_column)
        elif isinstance(item, Para):
            self.para(item.text, "italic" if item.italic else "regular", self.date_column)


def write(resume: Resume) -> bytes:
    """The PDF file."""
    return build(resume).bytes(f"{resume.name_in_latin or resume.who.name} – {'Lebenslauf' if resume.who.lang == 'de' else 'Resume'}")


def build(resume: Resume) -> Pdf:
    """The document before it is put into bytes, for the scanner as well."""
    style = resume.style
    text = " ".join([resume.who.name, resume.summary, *[p.employer + " ".join(p.bullets) for p in resume.positions]])
    if style.font in ("helvetica", "times") and not standard_can(text):
        style.font = {"helvetica": "liberation-sans", "times": "liberation-serif"}[style.font]
    size, setter = style.size, _sidebar if style.layout == "sidebar" else _single
    for factor in (1.0, 0.97, 0.94):
        style.size = size * factor
        pdf = Pdf(LETTER if resume.who.country in ("US", "CA") else A4)
        last = setter(pdf, resume)
        if len(pdf.pages) == 1 or last.next_top - last.y > 120:
            break
    style.size = size
    if style.footer and len(pdf.pages) > 1 and style.layout != "sidebar":
        _footers(pdf, resume)
    return pdf


def _single(pdf: Pdf, resume: Resume) -> Flow:
    """One column; returns where it ends."""
    style = resume.style
    width, height = pdf.size
    margin = {"minimal": 70.0, "compact": 48.0}.get(style.layout, 58.0)
    flow = Flow(pdf, style, margin, width - 2 * margin, height - margin, height - margin, 52.0)
    {"classic": _head_centred, "band": _head_band}.get(style.layout, _head_left)(flow, resume)
    for block in blocks.flow(resume):
        flow.block(block)
    return flow


def _name_size(flow: Flow, name: str, wanted: float, room: float) -> float:
    """The wanted size, or as much of it as fits."""
    return min(wanted, wanted * room / max(1.0, flow.pdf.width(flow.family, "bold", name, wanted)))


def _head_centred(flow: Flow, resume: Resume) -> None:
    head = blocks.head(resume)
    for text, cut, size, colour in [
        (head.title, "regular", flow.size * 1.2, GREY), (head.name, "bold", _name_size(flow, head.name, 23, flow.width), INK),
        (head.headline, "italic", flow.size * 1.15, flow.accent),
    ]:
        if text:
            flow.y -= size * 1.22
            flow.put(flow.x + (flow.width - flow.pdf.width(flow.family, cut, text, size)) / 2, text, cut, size, colour)
    flow.y -= 3
    for line in _contact_lines(flow, head.contact, "  |  ", flow.width):
        flow.y -= flow.leading
        flow.put(flow.x + (flow.width - flow.pdf.width(flow.family, "regular", line, flow.size)) / 2, line)


def _contact_lines(flow: Flow, parts: list[str], between: str, room: float) -> list[str]:
    lines = [parts[0]]
    for part in parts[1:]:
        joined = lines[-1] + between + part
        if flow.pdf.width(flow.family, "regular", joined, flow.size) <= room:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines


def _head_left(flow: Flow, resume: Resume) -> None:
    head = blocks.head(resume)
    stacked = resume.style.contact == "stack"
    top = flow.y
    column = max(flow.pdf.width(flow.family, "regular", text, flow.size) for text in head.contact) if stacked else 0.0
    room = flow.width - (column + 24 if stacked else 0)
    if head.title:
        flow.y -= flow.size * 1.2
        flow.put(flow.x, head.title, "regular", flow.size * 1.1, GREY, spacing=1.0)
    size = _name_size(flow, head.name, 24 if resume.style.layout != "compact" else 20, room)
    flow.y -= size * 1.05
    flow.put(flow.x, head.name, "bold", size, flow.accent)
    for line in flow.wrap(head.headline, "regular", flow.size * 1.18, room):
        flow.y -= flow.size * 1.6
        flow.put(flow.x, line, "regular", flow.size * 1.18, GREY)
    if stacked:
        below, flow.y = flow.y, top - 2
        for text in head.contact:
            flow.y -= flow.leading
            flow.put(flow.x + flow.width - column, text)
        flow.y = min(below, flow.y)
    else:
        flow.y -= 3
        for line in _contact_lines(flow, head.contact, "  ·  ", flow.width):
            flow.y -= flow.leading
            flow.put(flow.x, line)
    flow.y -= 4


def _head_band(flow: Flow, resume: Resume) -> None:
    """White on a coloured band across the page."""
    head = blocks.head(resume)
    page_width, page_height = flow.pdf.size
    lines = _contact_lines(flow, head.contact, "   |   ", flow.width)
    band = 84 + flow.leading * len(lines) + (flow.size * 1.2 if head.title else 0)
    flow.pdf.box(0, 0, page_height - band, page_width, band, flow.accent)
    flow.y = page_height - 30
    if head.title:
        flow.y -= flow.size * 0.6
        flow.put(flow.x, head.title, "regular", flow.size, WHITE, spacing=1.0)
    size = _name_size(flow, head.name, 25, flow.width)
    flow.y -= size * 0.98
    flow.put(flow.x, head.name, "bold", size, WHITE)
    flow.y -= flow.size * 1.7
    flow.put(flow.x, flow.wrap(head.headline, "regular", flow.size * 1.15, flow.width)[0], "regular", flow.size * 1.15, WHITE)
    flow.y -= 4
    for line in lines:
        flow.y -= flow.leading
        flow.put(flow.x, line, colour=WHITE)
    flow.y = page_height - band - 8


def _sidebar(pdf: Pdf, resume: Resume) -> Flow:
    """Two columns: contact, skills and languages on a coloured strip; the career beside it."""
    style = resume.style
    width, height = pdf.size
    strip = 186.0
    main = Flow(pdf, style, strip + 30, width - strip - 30 - 42, height - 48, height - 48, 46.0)
    head, parts = blocks.head(resume), blocks.sections(resume)
    main.y -= 24
    main.put(main.x, head.name, "bold", _name_size(main, head.name, 27, main.width), style.accent)
    main.y -= 19
    main.put(main.x, head.headline, "regular", main.size * 1.22, GREY)
    main.y -= 4
    aside_kinds = [kind for kind in ("skills", "languages", "certifications", "interests") if kind in parts]
    for kind, section in parts.items():
        if kind not in aside_kinds:
            for block in section:
                main.block(block)
    contact = "Kontakt" if resume.who.lang == "de" else "Contact"
    backdrop = [list(ops) for ops in pdf.pages]
    for number in range(len(pdf.pages)):
        pdf.pages[number] = []
        pdf.box(number, 0, 0, strip, height, style.accent)
    aside = Flow(pdf, style, 24, strip - 44, height - 48, height - 48, 46.0, ink=WHITE, accent=WHITE)
    aside.heading(contact)
    for text in head.contact:
        aside.para(text)
    for kind in aside_kinds:
        for block in parts[kind]:
            _aside_block(aside, block)
    for number, ops in enumerate(backdrop):
        pdf.pages[number] += ops
    return main


def _aside_block(aside: Flow, block: Block) -> None:
    """A block on the strip: labels above their text, one skill a line."""
    if isinstance(block, Pair):
        aside.skip(3)
        aside.para(block.label, "bold")
        for text in block.text.split(", "):
            aside.para(text)
    elif isinstance(block, Items):
        for text in block.texts:
            aside.para(text)
            aside.skip(2)
    else:
        aside.block(block)


def _footers(pdf: Pdf, resume: Resume) -> None:
    width = pdf.size[0]
    word, of = ("Seite", "von") if resume.who.lang == "de" else ("Page", "of")
    for number in range(len(pdf.pages)):
        text = f"{resume.name_in_latin or resume.who.name}  ·  {word} {number + 1} {of} {len(pdf.pages)}"
        long = pdf.width(resume.style.font, "regular", text, 8)
        pdf.text(number, (width - long) / 2, 28, text, resume.style.font, "regular", 8, GREY)
