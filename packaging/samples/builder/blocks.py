"""The document as a list of blocks, the same for every format. Writers turn blocks into ink or markup."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from . import wording
from .model import Education, Position, Resume


@dataclass
class Heading:
    """A section's heading."""

    text: str
    kind: str


@dataclass
class Para:
    """Running text."""

    text: str
    italic: bool = False


@dataclass
class Entry:
    """A position or a degree: `head` bold, `sub` below it, `dates` where the style wants them."""

    head: str
    sub: str
    dates: str
    blurb: str = ""
    scope: str = ""
    bullets: list[str] = field(default_factory=list)


@dataclass
class Pair:
    """A label and what belongs to it: a group of skills, a language and its level."""

    label: str
    text: str


@dataclass
class Items:
    """A list with bullets."""

    texts: list[str]


@dataclass
class Head:
    """Name and contacts; `title` is the "Lebenslauf" over a German one."""

    name: str
    headline: str
    contact: list[str]
    title: str = ""


Block = Heading | Para | Entry | Pair | Items


def place(resume: Resume) -> str:
    """Where the person lives, as written."""
    return f"{resume.who.city}, {resume.country_name}"


def head(resume: Resume) -> Head:
    """The top of the document."""
    rng = Random(f"head/{resume.who.index}")
    name = resume.who.name if not resume.name_in_latin else f"{resume.who.name} ({resume.name_in_latin})"
    contact = [place(resume)] + ([resume.who.phone_shown] if resume.who.phone_shown else []) + [resume.who.email, *resume.links]
    title = "Lebenslauf" if resume.who.lang == "de" and rng.random() < 0.6 else ""
    return Head(name, resume.headline, contact, title)


def entry(resume: Resume, position: Position) -> Entry:
    """A position, title or employer first."""
    style = resume.style
    dates = wording.span(position.start, position.end, style.date_format, style.dash, resume.who.lang)
    house = f"{position.employer}, {position.city}"
    title = position.title + (f" ({position.note})" if position.note else "")
    first, second = (title, house) if style.first == "title" else (house, title)
    return Entry(first, second, dates, position.blurb, position.scope, position.bullets)


def sections(resume: Resume) -> dict[str, list[Block]]:
    """All sections in reading order, each with its heading first."""
    rng = Random(f"headings/{resume.who.index}")
    lang, style = resume.who.lang, resume.style
    names = {kind: wording.heading(rng, lang, kind) for kind in wording.HEADINGS[lang]}
    found: dict[str, list[Block]] = {
        "summary": [Para(resume.summary)],
        "experience": [entry(resume, position) for position in resume.positions],
        "education": [_degree(resume, item) for item in resume.education],
        "skills": _skills(resume),
        "languages": _languages(rng, resume),
    }
    if resume.certifications:
        found["certifications"] = [Items(resume.certifications)]
    for kind, lines in resume.extras:
        found[kind] = [Items(lines)] if kind in ("strengths", "volunteering") else [Para(line) for line in lines]
    order = list(found)
    if style.education_first:
        order = ["summary", "education", "experience", *[kind for kind in order if kind not in ("summary", "education", "experience")]]
    elif rng.random() < 0.3:
        order.remove("skills")
        order.insert(1, "skills")
    return {kind: [Heading(names[kind], kind), *found[kind]] for kind in order}


def _degree(resume: Resume, item: Education) -> Entry:
    return Entry(item.degree, item.school, f"{item.start}{resume.style.dash}{item.end}", scope=item.detail)


def _skills(resume: Resume) -> list[Block]:
    groups = [(group, [skill.shown for skill in items]) for group, items in resume.skill_groups]
    if resume.style.skills == "groups":
        return [Pair(group, ", ".join(items)) for group, items in groups]
    flat = [item for _, items in groups for item in items]
    return [Para(", ".join(flat))] if resume.style.skills == "list" else [Para(" • ".join(flat))]


def _languages(rng: Random, resume: Resume) -> list[Block]:
    shape = rng.randrange(3)
    if shape == 0:
        return [Pair(item.shown, item.level_shown) for item in resume.languages]
    if shape == 1:
        return [Para(", ".join(f"{item.shown} ({item.level_shown.replace('(', '').replace(')', '')})" for item in resume.languages))]
    return [Para(" · ".join(f"{item.shown}: {item.level_shown}" for item in resume.languages))]


def flow(resume: Resume) -> list[Block]:
    """All blocks after the head, one after the other."""
    return [block for section in sections(resume).values() for block in section]
