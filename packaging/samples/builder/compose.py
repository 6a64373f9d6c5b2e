"""Writes one resume: takes an identity, invents the career, and fills it with duties up to a natural length."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from . import wording
from .career import education, positions, values
from .data import Track, table, tracks
from .grammar import expand
from .identity import ascii_of
from .model import Identity, Language, Position, Resume, Skill, Style

SHARE_PER_POSITION = [7, 6, 5, 4, 3, 3, 2, 2, 2, 2]
"""At most this many duties in the newest position, the one before, and so on."""

ACCENTS = [(0x1F, 0x3A, 0x5F), (0x2B, 0x5D, 0x4F), (0x7A, 0x2E, 0x2E), (0x3B, 0x3B, 0x3B), (0x1B, 0x5E, 0x7B), (0x5A, 0x3E, 0x7A), (0x8A, 0x5A, 0x12)]
LAYOUTS = ["classic", "modern", "timeline", "band", "minimal", "compact"]


class Duties:
    """Deals the duties of a profession to positions, none twice in one resume."""

    def __init__(self, rng: Random, who: Identity, pools: list[Track]):
        self._rng = rng
        self._values = values(who)
        self._bands = {band: [text for track in pools for text in track.bullets[band]] for band in ("start", "work", "lead")}
        for pool in self._bands.values():
            rng.shuffle(pool)
        self._since = table("since")

    def for_position(self, position: Position) -> tuple[str, list[Skill]] | None:
        """One more duty that fits the position's level and time, or none when all are used up."""
        bands = ["work"]
        if position.level <= 1:
            bands.insert(0, "start") if position.level == 0 else bands.append("start")
        elif self._rng.random() < 0.35:
            bands.insert(0, "lead")
        last_year = position.end[0] if position.end else 9999
        for band in bands:
            for at, template in enumerate(self._bands[band]):
                text, skills = expand(template, self._rng, self._values)
                if all(self._since.get(skill.label, 0) <= last_year for skill in skills):
                    del self._bands[band][at]
                    return text, skills
        return None


def style(rng: Random, who: Identity) -> Style:
    """A look: layouts, fonts and habits in many combinations, those of a Lebenslauf for German ones."""
    german = who.lang == "de"
    layout = rng.choice(LAYOUTS if not german else ["timeline", "timeline", *LAYOUTS])
    dates = "left" if layout == "timeline" else rng.choice(["right", "right", "below"])
    return Style(
        layout=layout,
        font=rng.choice(["carlito", "carlito", "caladea", "liberation-sans", "liberation-serif", "dejavu-sans", "helvetica", "times"]),
        size=rng.choice([9.5, 10.0, 10.0, 10.5]),
        headings=rng.choice(["caps", "smallcaps", "spaced", "title", "title"]),
        dates=dates,
        first="employer" if rng.random() < 0.3 else "title",
        date_format=rng.choice(["numeric"] * 4 + ["long"]) if german else rng.choice(["short", "short", "numeric", "long", "iso"]),
        dash=rng.choice([" – ", " – ", " - ", "–"]) if not german else rng.choice([" – ", " – ", " - "]),
        accent=rng.choice(ACCENTS),
        skills=rng.choice(["groups", "groups", "list", "bullets"]),
        contact=rng.choice(["line", "stack"]),
        bullet=rng.choice(["•", "•", "–", "▪"]),
        table=rng.random() < 0.35,
        footer=rng.random() < 0.35,
        education_first=rng.random() < 0.08,
    )


def resume(seed: int, who: Identity, pools: list[str] | None = None, months_worked: int | None = None, length: int | None = None) -> Resume:
    """The whole document of a person. `pools` adds duties of other professions, `length` aims at so many characters."""
    rng = Random(f"resume/{seed}/{who.index}")
    track = tracks()[who.track]
    held = positions(rng, who, track, months_worked or int(rng.triangular(40, 330, 130)))
    studied = education(rng, who, track, held[-1].start)
    draft = Resume(
        who=who, style=style(rng, who), headline="", country_name=table("places")[who.country]["name"][who.lang], summary="",
        positions=held, education=studied, skill_groups=[], mentioned=[], languages=_languages(rng, who),
        certifications=sorted(rng.sample(track.certifications, rng.randrange(0, min(3, len(track.certifications)) + 1))),
        links=_links(rng, who, track),
    )
    draft.summary, _ = expand(rng.choice(track.summaries), rng, values(who) | {"years": wording.experience(rng, draft.years(), who.lang)})
    availability = rng.sample(table("extras")[who.lang]["availability"], rng.randrange(0, 3))
    draft.summary = " ".join([draft.summary, *[expand(text, rng, values(who))[0] for text in availability]])
    _scopes(rng, draft, track)
    draft.certifications = [expand(text, rng, values(who))[0] for text in draft.certifications]
    duties = Duties(rng, who, [track] + [tracks()[key] for key in pools or []])
    fill(draft, duties, length or int(rng.triangular(3000, 5600, 3900)))
    draft.skill_groups = _skills(rng, draft, [track] + [tracks()[key] for key in pools or []])
    draft.headline = _headline(rng, draft)
    _extras(rng, draft)
    return draft


def _scopes(rng: Random, draft: Resume, track: Track) -> None:
    """Most positions begin with a sentence or two on what they were about, none twice in one resume."""
    pool = list(track.scopes)
    rng.shuffle(pool)
    few = len(draft.positions) < 4
    for position in draft.positions:
        if pool and (few or rng.random() < 0.6):
            position.scope, _ = expand(pool.pop(), rng, values(draft.who))
    for item in draft.education:
        if few or rng.random() < 0.4:
            item.detail, _ = expand(rng.choice(table("extras")[draft.who.lang]["degree_details"]), rng, values(draft.who))


def fill(draft: Resume, duties: Duties, target: int) -> None:
    """Gives duties to the positions in rounds, the newest getting most, until the text is long enough."""
    size = 480 + len(draft.summary) + sum(80 + len(p.blurb) + len(p.scope) for p in draft.positions) + 80 * len(draft.education)
    wide = target > 6000
    for round_number in range(16):
        for at, position in enumerate(draft.positions):
            share = SHARE_PER_POSITION[min(at, 9)] + (6 if wide else 4 if len(draft.positions) < 3 else 1)
            if round_number >= share or (size > target and round_number >= max(2, 5 - at)):
                continue
            duty = duties.for_position(position)
            if duty is None:
                continue
            text, skills = duty
            position.bullets.append(text[0].upper() + text[1:])
            draft.mentioned.extend(skills)
            size += len(text) + 3


def _skills(rng: Random, draft: Resume, pools: list[Track]) -> list[tuple[str, list[Skill]]]:
    """The listed skills: nearly all that the duties mention, and some more of the profession."""
    wanted = {skill.label for skill in draft.mentioned}
    rest = [skill for items in pools[0].skills.values() for skill in items if skill.label not in wanted]
    wanted |= {skill.label for skill in rng.sample(rest, min(len(rest), rng.randrange(1, 4)))}
    current = draft.positions[0].end is None
    since = table("since")
    found: dict[str, list[Skill]] = {}
    seen: set[str] = set()
    for track in pools:
        for group, items in track.skills.items():
            for skill in items:
                known = skill.label in wanted and (current or since.get(skill.label, 0) <= draft.positions[0].end[0])
                if known and skill.label not in seen:
                    found.setdefault(group, []).append(_alias(rng, skill))
                    seen.add(skill.label)
    return list(found.items())


ALIASES = {"Kubernetes": "K8s", "PostgreSQL": "Postgres", "JavaScript": "JavaScript (ES2022)", "AWS": "Amazon Web Services", "React": "React.js", "Apache Kafka": "Kafka", "Microsoft Excel": "MS Excel", "Microsoft Azure": "Azure"}
"""Other ways of writing a skill, used by one person in eight."""


def _alias(rng: Random, skill: Skill) -> Skill:
    alias = ALIASES.get(skill.label)
    return Skill(alias, skill.label) if alias and rng.random() < 0.12 else skill


def _headline(rng: Random, draft: Resume) -> str:
    title = draft.positions[0].title
    listed = [skill.shown for _, group in draft.skill_groups for skill in group]
    if len(listed) >= 3 and rng.random() < 0.3:
        return f"{title} | {', '.join(listed[:3])}"
    return title


def _languages(rng: Random, who: Identity) -> list[Language]:
    """Mother tongue, the language of the resume, that of the country, and now and then one more."""
    country = table("places")[who.country]["language"]
    levels = {who.native: "native"}
    levels.setdefault(who.lang, rng.choice(["C1", "C1", "C2", "B2"]))
    if country != "hi":
        levels.setdefault(country, rng.choice(["B2", "C1", "B1"]))
    levels.setdefault("en", rng.choice(["B1", "B2", "C1"]))
    if rng.random() < 0.45:
        levels.setdefault(rng.choice(["fr", "es", "de", "it", "nl", "pt"]), rng.choice(["A2", "B1", "B1", "B2"]))
    return [Language(code, level, wording.language(code, who.lang), rng.choice(wording.LEVELS[who.lang][level])) for code, level in levels.items()]


def _links(rng: Random, who: Identity, track: Track) -> list[str]:
    if not track.links or rng.random() < 0.35:
        return []
    handle = who.email.split("@")[0].replace("_", "-").replace(".", "-")
    return [rng.choice([f"https://{handle}.example.org", f"https://git.example.com/{handle}", f"https://www.example.net/people/{handle}"])]


LEAST = 2750
"""A resume that is shorter than this many characters gets more sections."""


def _extras(rng: Random, draft: Resume) -> None:
    """Strengths, interests, volunteering, references: some people write them, those with a short career more often."""
    data = table("extras")[draft.who.lang]
    lacking = LEAST - draft.length()

    def some(kind: str, count: int) -> list[str]:
        return [expand(text, rng, values(draft.who))[0] for text in rng.sample(data[kind], count)]

    if lacking > 0 or rng.random() < 0.12:
        draft.extras.append(("strengths", some("strengths", max(2, min(8, 1 + lacking // 75)))))
    if lacking > 400 or rng.random() < 0.3:
        draft.extras.append(("volunteering", some("volunteering", 4 if lacking > 400 else rng.randrange(1, 3))))
    if rng.random() < 0.45:
        line = ", ".join(some("interests", rng.randrange(2, 5)))
        draft.extras.append(("interests", [line[0].upper() + line[1:]]))
    if rng.random() < 0.12:
        draft.extras.append(("references", list(data["references"])))


def older(newer: Resume) -> Resume:
    """The resume that the same person wrote before the newest position."""
    held = [replace(position) for position in newer.positions[1:]]
    held[0].end = None
    kept = " ".join(bullet for position in held for bullet in position.bullets)
    mentioned = [skill for skill in newer.mentioned if skill.shown in kept]
    labels = {skill.label for skill in mentioned}
    groups = [(group, [skill for skill in items if skill.label in labels]) for group, items in newer.skill_groups]
    return replace(newer, positions=held, headline=held[0].title, mentioned=mentioned, skill_groups=[g for g in groups if g[1]], extras=[])


def slug(who: Identity) -> str:
    """The e-mail's local part or the name, for file names."""
    return ascii_of(who.name) or who.email.split("@")[0].replace(".", "-").replace("_", "-")
