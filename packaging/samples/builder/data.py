"""The data files, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .grammar import skill_of
from .model import Skill

FOLDER = Path(__file__).resolve().parent.parent / "data"


@lru_cache(maxsize=None)
def table(name: str) -> dict:
    """`data/<name>.toml`."""
    with open(FOLDER / f"{name}.toml", "rb") as file:
        return tomllib.load(file)


@dataclass(frozen=True)
class Track:
    """A profession in one language: its titles from first to last, its duties and the tools of its trade."""

    id: str
    lang: str
    weight: int
    industries: list[str]
    titles: list[list[str]]
    summaries: list[str]
    education: str
    certifications: list[str]
    links: bool
    trade: str
    skills: dict[str, list[Skill]]
    bullets: dict[str, list[str]]
    scopes: list[str]


def _track(raw: dict, lang: str) -> Track:
    shared = table(f"shared.{lang}")
    bullets = {band: list(raw["bullets"].get(band, [])) for band in ("start", "work", "lead")}
    for pool in raw.get("shared", []):
        for band, more in shared[pool].items():
            bullets[band].extend(more)
    return Track(
        id=raw["id"],
        lang=lang,
        weight=raw.get("weight", 1),
        industries=raw["industries"],
        titles=raw["titles"],
        summaries=raw["summaries"],
        education=raw["education"],
        certifications=raw.get("certifications", []),
        links=raw.get("links", False),
        trade=raw.get("trade", ""),
        skills={group: [skill_of(text) for text in items] for group, items in raw["skills"].items()},
        bullets=bullets,
        scopes=next((shared["scope"][pool] for pool in raw.get("shared", []) if pool in shared["scope"]), shared["scope"]["any"]) + shared["scope"]["any"],
    )


@lru_cache(maxsize=None)
def tracks() -> dict[str, Track]:
    """All professions by id (`java.en`)."""
    found = {}
    for path in sorted((FOLDER / "tracks").glob("*.toml")):
        lang = path.stem.rsplit(".", 1)[1]
        with open(path, "rb") as file:
            for raw in tomllib.load(file)["track"]:
                track = _track(raw, lang)
                found[f"{track.id}.{lang}"] = track
    return found
