"""The deliberate traps: documents that a careless reader gets wrong. Each is an ordinary person with a twist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from . import compose
from .identity import Registry
from .model import AS_OF, Resume, Skill, month, months

LONG_POOLS = ["manufacturing.en", "machinist.en", "electrician.en", "project-manager.en", "logistics.en", "hr.en", "driver.en", "customer-service.en", "sales.en"]
"""The duties of somebody who has seen much, for the resume of five pages."""


@dataclass(frozen=True)
class Trap:
    """Who the person must be, how long the resume is, and what is changed in it."""

    key: str
    given: dict
    twist: Callable[[Resume], None] = lambda resume: None
    pools: list[str] = field(default_factory=list)
    months: int | None = None
    length: int | None = None


def _two_columns(resume: Resume) -> None:
    resume.style.layout, resume.style.columns, resume.style.font, resume.style.size = "sidebar", 2, "carlito", 9.5
    resume.style.accent, resume.style.headings, resume.style.dates = (0x24, 0x3B, 0x53), "caps", "below"
    resume.style.skills = "groups"


def _scanned(resume: Resume) -> None:
    resume.style.layout, resume.style.font, resume.style.scanned, resume.style.dates = "classic", "liberation-serif", True, "right"


def _plain(resume: Resume) -> None:
    resume.style.layout, resume.style.columns = "modern", 1


def _no_longer_csharp(resume: Resume) -> None:
    """The early career was C#, and the resume says that it is over."""
    csharp = Skill("C#", "C#")
    early = resume.positions[-1]
    early.title, early.level = "C# Developer", 0
    early.bullets = ["Maintained a desktop application in C# and WPF for 240 clerks.", *early.bullets[:2]]
    year = (early.end or AS_OF)[0]
    resume.summary += f" I moved away from C# in {year} and no longer work with it; please do not contact me about C# positions."
    resume.denied = [csharp]
    resume.mentioned.append(Skill("WPF", "WPF"))


def _overlap(resume: Resume) -> None:
    """Two part-time positions at the same time: four years, not eight."""
    first, second = resume.positions[0], resume.positions[1]
    start = months(AS_OF) - 49
    first.start, first.end, first.note = month(start), None, "part-time, 20 hours a week"
    second.start, second.end, second.note = month(start + 1), None, "part-time, 18 hours a week"
    if second.employer == first.employer:
        second.employer = "Rosemarket Community Clinic"
    third = resume.positions[2]
    third.end = month(start - 1)
    if months(third.start) > start - 13:
        third.start = month(start - 37)
    resume.headline = first.title


def _extra_mile(resume: Resume) -> None:
    resume.summary += " I go the extra mile for guests, let go of nothing half done, and am always ready to go where help is needed."
    resume.positions[0].bullets.append("Known for a team that is willing to go the extra mile on busy evenings.")


def _r_statistician(resume: Resume) -> None:
    r = Skill("R", "R")
    if r not in resume.skill_groups[0][1]:
        resume.skill_groups[0][1].insert(0, r)


def _reach_truck(resume: Resume) -> None:
    skill = Skill("Reach truck operation", "Reach truck operation")
    titles = ["Reach Truck Operator", "Reach Truck Operator", "Dock Worker"]
    for position, title in zip(resume.positions, titles):
        position.title = title
    resume.positions[0].bullets.insert(0, "Operated a reach truck in aisles of eleven metres, 180 pallet movements a shift.")
    resume.positions[1].bullets.insert(0, "Stored and retrieved pallets with a reach truck in a cold store, two shifts.")
    resume.headline = "Reach Truck Operator"
    resume.skill_groups[0][1].insert(0, skill)
    resume.certifications = ["Reach truck licence", "Forklift licence (counterbalance)"]


def _long(resume: Resume) -> None:
    resume.style.layout, resume.style.font, resume.style.size, resume.style.footer = "minimal", "liberation-serif", 11.5, True


def _script(font: str, latin: str | None = None) -> Callable[[Resume], None]:
    def twist(resume: Resume) -> None:
        resume.style.font, resume.name_in_latin = font, latin

    return twist


TRAPS = [
    Trap("two-columns", {"lang": "en", "country": "GB", "track": "design.en", "format": "pdf"}, _two_columns, months=110, length=3300),
    Trap("scanned", {"lang": "en", "country": "US", "track": "accounting.en", "format": "pdf"}, _scanned, months=90, length=2700),
    Trap("java-not-javascript", {"lang": "en", "country": "DE", "track": "java.en", "format": "pdf"}, _plain, months=98),
    Trap("javascript-not-java", {"lang": "en", "country": "IE", "track": "javascript.en", "format": "docx"}, months=84),
    Trap("no-longer-csharp", {"lang": "en", "country": "NL", "track": "python.en", "format": "pdf"}, _no_longer_csharp, months=150, length=3600),
    Trap("overlapping-dates", {"lang": "en", "country": "US", "track": "nursing.en", "format": "docx"}, _overlap, months=170, length=3600),
    Trap("cyrillic-name", {"lang": "en", "country": "PL", "track": "data-engineer.en", "format": "pdf", "given": "Зоряна", "family": "Криничанка", "latin": "Zoriana Krynychanka", "gender": "f", "native": "uk"}, _script("dejavu-sans"), months=96),
    Trap("greek-name", {"lang": "de", "country": "DE", "track": "elektrik.de", "format": "odt", "given": "Αρίστος", "family": "Αλωνιάτης", "latin": "Aristos Aloniatis", "gender": "m", "native": "el"}, _script("dejavu-sans"), months=120),
    Trap("japanese-name", {"lang": "en", "country": "GB", "track": "science.en", "format": "pdf", "given": "奈月", "family": "椿原", "latin": "Natsuki Tsubakihara", "gender": "f", "native": "ja", "family_first": True}, _script("liberation-sans", "Natsuki Tsubakihara"), months=100),
    Trap("go-the-language", {"lang": "en", "country": "CA", "track": "go.en", "format": "txt"}, months=104),
    Trap("go-the-extra-mile", {"lang": "en", "country": "AU", "track": "hospitality.en", "format": "html"}, _extra_mile, months=104),
    Trap("r-statistician", {"lang": "en", "country": "FR", "track": "statistician.en", "format": "pdf"}, _r_statistician, months=120),
    Trap("reach-truck", {"lang": "en", "country": "GB", "track": "logistics.en", "format": "rtf"}, _reach_truck, months=130),
    Trap("long-history", {"lang": "en", "country": "US", "track": "manufacturing.en", "format": "pdf"}, _long, pools=LONG_POOLS, months=452, length=17000),
]
"""In this order they come first. The two duplicates follow: see `documents`."""

MINIMUM_POSITIONS = {"overlapping-dates": 3, "reach-truck": 3, "no-longer-csharp": 3, "duplicate": 3}
"""Traps that need a past: tried again with other chance until the career is long enough."""


def _build(seed: int, registry: Registry, index: int, trap: Trap) -> Resume:
    who = registry.person(index, trap=trap.key, **trap.given)
    pools = trap.pools
    for attempt in range(50):
        made = compose.resume(seed * 1000 + attempt, who, pools, trap.months, trap.length)
        if len(made.positions) >= MINIMUM_POSITIONS.get(trap.key, 2):
            break
    trap.twist(made)
    return made


def documents(seed: int, registry: Registry) -> list[tuple[Resume, str, str]]:
    """Every trap as (resume, person, suffix of the file name)."""
    found = [(_build(seed, registry, index, trap), f"p{index:05}", "") for index, trap in enumerate(TRAPS)]
    index = len(TRAPS)
    newer = _build(seed, registry, index, Trap("duplicate", {"lang": "en", "country": "GB", "track": "devops.en", "format": "pdf"}, months=170, length=5400))
    before = compose.older(newer)
    before.who = type(newer.who)(**{**newer.who.__dict__, "format": "docx"})
    found.append((newer, f"p{index:05}", "-2026"))
    found.append((before, f"p{index:05}", f"-{newer.positions[0].start[0]}"))
    return found
