"""What is known of an invented person, and how their resume is to look.

`Resume` holds the facts once; every writer and the manifest read the same object,
so the manifest can never say something else than the document.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Month = tuple[int, int]
"""A year and a month (1 to 12)."""

AS_OF: Month = (2026, 10)
"""The month in which every resume was written. Fixed, so that the same seed gives the same bytes in any year."""


def months(moment: Month) -> int:
    """The month as a count, for arithmetic."""
    return moment[0] * 12 + moment[1] - 1


def month(count: int) -> Month:
    """The inverse of `months`."""
    return count // 12, count % 12 + 1


@dataclass(frozen=True)
class Skill:
    """A skill as a resume shows it (`k8s`), and the label that it stands for (`Kubernetes`)."""

    shown: str
    label: str

    @property
    def id(self) -> str:
        """The label in lower case, blanks as hyphens: `c++`, `spring-boot`."""
        return self.label.lower().replace(" ", "-")


@dataclass
class Position:
    """A title at an employer for a time, with what was done there."""

    title: str
    employer: str
    city: str
    start: Month
    end: Month | None
    level: int = 0
    industry: str = ""
    blurb: str = ""
    scope: str = ""
    bullets: list[str] = field(default_factory=list)
    note: str = ""
    """Beside the title: "part-time, 20 h" in the trap of overlapping dates."""


@dataclass
class Education:
    """A degree or a vocational training."""

    degree: str
    school: str
    level: str
    start: int
    end: int
    detail: str = ""


@dataclass
class Language:
    """A language, its code (ISO 639-1), level (`A1` to `C2`, `native`) and both as the resume writes them."""

    code: str
    level: str
    shown: str
    level_shown: str


@dataclass
class Identity:
    """Who the person is: decided for all people one after another, so that nothing is given out twice."""

    index: int
    given: str
    family: str
    gender: str
    native: str
    lang: str
    country: str
    city: str
    email: str
    phone: str | None
    phone_shown: str | None
    track: str
    format: str
    family_first: bool = False
    trap: str | None = None

    @property
    def name(self) -> str:
        """The name as written at the top of the resume."""
        return f"{self.family} {self.given}" if self.family_first else f"{self.given} {self.family}"


@dataclass
class Style:
    """How a document looks. Every writer takes from it what its format can show."""

    layout: str = "classic"
    font: str = "carlito"
    size: float = 10.0
    headings: str = "caps"
    dates: str = "right"
    first: str = "title"
    date_format: str = "short"
    dash: str = " – "
    accent: tuple[int, int, int] = (0x1F, 0x3A, 0x5F)
    skills: str = "groups"
    contact: str = "line"
    bullet: str = "•"
    table: bool = False
    footer: bool = False
    education_first: bool = False
    columns: int = 1
    scanned: bool = False


@dataclass
class Resume:
    """Everything that is written in one document."""

    who: Identity
    style: Style
    headline: str
    country_name: str
    summary: str
    positions: list[Position]
    education: list[Education]
    skill_groups: list[tuple[str, list[Skill]]]
    mentioned: list[Skill]
    languages: list[Language]
    certifications: list[str]
    links: list[str]
    extras: list[tuple[str, list[str]]] = field(default_factory=list)
    denied: list[Skill] = field(default_factory=list)
    name_in_latin: str | None = None

    @property
    def skills(self) -> list[Skill]:
        """All skills that the document shows, listed ones first, each label once."""
        seen: dict[str, Skill] = {}
        for skill in [s for _, group in self.skill_groups for s in group] + self.mentioned:
            seen.setdefault(skill.label, skill)
        denied = {skill.label for skill in self.denied}
        return [skill for skill in seen.values() if skill.label not in denied]

    def length(self) -> int:
        """About how many characters the document has."""
        parts = [self.who.name, self.headline, self.summary, self.who.email, *self.links, *self.certifications]
        parts += [text for p in self.positions for text in (p.title, p.employer, p.city, p.blurb, p.scope, *p.bullets)]
        parts += [text for e in self.education for text in (e.degree, e.school, e.detail)]
        parts += [skill.shown for _, group in self.skill_groups for skill in group] + [line for _, lines in self.extras for line in lines]
        return 160 + sum(len(part) + 2 for part in parts) + 22 * (len(self.positions) + len(self.education))

    def years(self) -> float:
        """Years with at least one position, overlaps counted once, to one decimal."""
        held: set[int] = set()
        for position in self.positions:
            end = months(position.end or AS_OF)
            held.update(range(months(position.start), end + 1))
        return round(len(held) / 12, 1)
