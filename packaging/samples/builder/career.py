"""Careers: positions that follow each other, titles that rise, dates that a person could have lived."""

from __future__ import annotations

import re
from random import Random

from .data import Track, table
from .grammar import expand
from .model import AS_OF, Education, Identity, Month, Position, month, months

CURRENCY = {"US": "$", "CA": "$", "AU": "$", "GB": "£", "SG": "S$"}


def values(who: Identity, city: str = "") -> dict[str, str]:
    """What templates may ask for."""
    return {"lang": who.lang, "gender": who.gender, "in": "in" if who.gender == "f" else "", "money": CURRENCY.get(who.country, "€"),
            "city": re.sub(r"(,? [A-Z]{2,3})$", "", city)}


def employer(rng: Random, who: Identity, industry: str) -> tuple[str, str]:
    """An invented employer of the trade, and a line on what it does."""
    data = table("employers")
    roots = data["roots_de"] if who.lang == "de" else data["roots"]
    kind = data[who.lang][industry]
    blurb, _ = expand(rng.choice(kind["blurbs"]), rng, values(who))
    root, ending = rng.choice(roots), rng.choice(kind["endings"])
    return f"{root} {ending}", blurb


def positions(rng: Random, who: Identity, track: Track, total_months: int) -> list[Position]:
    """Newest first. Starts `total_months` before the day of writing, with gaps now and then."""
    end_of_all = months(AS_OF)
    start = end_of_all - total_months
    top = len(track.titles) - 1 if rng.random() < 0.55 else max(1, len(track.titles) - 2)
    rises = [0, 30 + rng.randrange(-8, 12), 78 + rng.randrange(-16, 24), 138 + rng.randrange(-24, 36)]
    city, used = who.city, set()
    other = table("places")[who.country]["cities"]
    found: list[Position] = []
    at = start
    while at < end_of_all - 4:
        level = min(top, sum(1 for rise in rises[1:] if at - start >= rise))
        length = rng.randrange(14, 40) if level == 0 else rng.randrange(22, 76)
        end = at + length
        is_last = end > end_of_all - 14
        stays = bool(found) and found[-1].level < level and rng.random() < 0.25
        if stays:
            name, blurb, industry, place = found[-1].employer, "", found[-1].industry, found[-1].city
        else:
            industry = rng.choice(track.industries)
            name, blurb = employer(rng, who, industry)
            while name in used:
                name, blurb = employer(rng, who, industry)
            place = city if is_last or rng.random() < 0.65 else rng.choice(other)
        used.add(name)
        title, _ = expand(_next_title(rng, track, level, found), rng, values(who))
        finish: Month | None = None if is_last else month(end)
        if is_last and rng.random() < 0.1:
            finish = month(end_of_all - rng.randrange(1, 9))
        found.append(Position(title, name, place, month(at), finish, level, industry, blurb))
        if is_last:
            break
        at = end + 1 + (0 if rng.random() < 0.7 else rng.randrange(1, 5) if rng.random() < 0.8 else rng.randrange(6, 13))
    found.reverse()
    return found


def _next_title(rng: Random, track: Track, level: int, before: list[Position]) -> str:
    """A title of the level; the same one again only where the level did not change."""
    if before and before[-1].level == level and rng.random() < 0.4:
        for title in track.titles[level]:
            if title == before[-1].title:
                return title
    return rng.choice(track.titles[level])


def education(rng: Random, who: Identity, track: Track, career_start: Month) -> list[Education]:
    """A path that ends when the career begins, newest first."""
    path = rng.choice(table("education")[who.lang][track.education])
    place = who.city if rng.random() < 0.5 else rng.choice(table("places")[who.country]["cities"])
    known = values(who, place) | {"trade": expand(track.trade, rng, values(who))[0]}
    end = career_start[0] if career_start[1] > 6 else career_start[0] - 1
    found = []
    for entry in reversed(path):
        degree, _ = expand(entry["degree"], rng, known)
        school, _ = expand(entry["school"], rng, known)
        found.append(Education(degree.strip(), school, entry["level"], end - entry["years"], end))
        end -= entry["years"]
    return found
