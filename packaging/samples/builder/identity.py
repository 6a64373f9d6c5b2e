"""Gives out names, addresses, telephone numbers, professions and formats: one after another, nothing twice."""

from __future__ import annotations

import re
import unicodedata
from random import Random

from .data import table, tracks
from .model import Identity

FORMATS = {"pdf": 45, "docx": 25, "odt": 7, "rtf": 5, "html": 6, "txt": 5, "md": 3, "json": 4}
"""How many of a hundred resumes have which format."""

GERMAN_SHARE = 25
"""How many of a hundred resumes are in German."""

HOME_CULTURE = {"US": "anglo", "GB": "anglo", "IE": "irish", "CA": "anglo", "AU": "anglo", "FR": "french", "SE": "nordic",
                "NL": "dutch", "ES": "spanish", "PT": "portuguese", "PL": "polish", "IN": "south-asian", "SG": "chinese",
                "DE": "german", "AT": "german", "CH": "german"}
"""The culture that half of a country's names come from; the others come from anywhere."""

SPECIAL = str.maketrans({"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ł": "l", "Ł": "L",
                         "ı": "i", "đ": "d", "Đ": "D", "ø": "o", "æ": "ae", "þ": "th"})


def ascii_of(text: str) -> str:
    """`Jürgen Süßkind` as `juergen-suesskind`."""
    plain = unicodedata.normalize("NFKD", text.translate(SPECIAL)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")


class Deck:
    """Cards in given proportions, shuffled, dealt until empty, then shuffled again: exact shares, no pattern."""

    def __init__(self, rng: Random, cards: dict[str, int]):
        self._rng = rng
        self._cards = [card for card, times in cards.items() for _ in range(times)]
        self._left: list[str] = []

    def deal(self) -> str:
        """The next card."""
        if not self._left:
            self._left = self._cards.copy()
            self._rng.shuffle(self._left)
        return self._left.pop()


class Registry:
    """Everything that must not be given to two people."""

    def __init__(self, seed: int, formats: list[str] | None = None):
        self.rng = Random(f"identities/{seed}")
        places = table("places")
        shares = {name: share for name, share in FORMATS.items() if not formats or name in formats}
        self._formats = Deck(self.rng, shares)
        self._langs = Deck(self.rng, {"de": GERMAN_SHARE, "en": 100 - GERMAN_SHARE})
        self._countries = {lang: Deck(self.rng, {code: place.get(lang, 0) for code, place in places.items()}) for lang in ("en", "de")}
        self._tracks = {lang: Deck(self.rng, {key: track.weight for key, track in tracks().items() if track.lang == lang}) for lang in ("en", "de")}
        self._names: set[str] = set()
        self._emails: set[str] = set()
        self._phones: dict[str, list[str]] = {}

    def person(self, index: int, **given) -> Identity:
        """A new identity; what is given is kept (for the traps), the rest is dealt."""
        lang = given.get("lang") or self._langs.deal()
        country = given.get("country") or self._countries[lang].deal()
        place = table("places")[country]
        gender = given.get("gender") or self.rng.choice("fm")
        first, last, native = self._name(country, gender)
        first, last, native = given.get("given", first), given.get("family", last), given.get("native", native)
        latin = given.get("latin") or f"{first} {last}"
        phone, shown = self._phone(place.get("phone"), country)
        return Identity(
            index=index, given=first, family=last, gender=gender, native=native, lang=lang, country=country,
            city=given.get("city") or self.rng.choice(place["cities"]), email=given.get("email") or self._email(latin),
            phone=phone, phone_shown=shown, track=given.get("track") or self._tracks[lang].deal(),
            format=given.get("format") or self._formats.deal(), family_first=given.get("family_first", False), trap=given.get("trap"),
        )

    def _name(self, country: str, gender: str) -> tuple[str, str, str]:
        cultures = table("names")
        while True:
            own = HOME_CULTURE[country] if self.rng.random() < 0.5 else self.rng.choice(list(cultures))
            other = own if self.rng.random() < 0.8 else self.rng.choice(list(cultures))
            first = self.rng.choice(cultures[own][gender])
            last = self.rng.choice(cultures[other]["family"])
            if self.rng.random() < 0.06:
                second = self.rng.choice(cultures[own]["family"]).split()[-1]
                last = f"{last}-{second}" if second not in last and "-" not in last + second else last
            key = ascii_of(f"{first} {last}")
            if key not in self._names:
                self._names.add(key)
                return first, last, cultures[own]["native"]

    def _email(self, name: str) -> str:
        parts = ascii_of(name).split("-")
        first, last = parts[0], parts[-1]
        number = 0
        while True:
            local = self.rng.choice([f"{first}.{last}", f"{first[0]}.{last}", f"{first}{last}", f"{last}.{first}", f"{first}_{last}", f"{first}.{last}{self.rng.randrange(2, 99)}"])
            email = f"{local}{number or ''}@example.{self.rng.choice(['com', 'org', 'net'])}"
            if email not in self._emails:
                self._emails.add(email)
                return email
            number += 1

    def _phone(self, scheme: str | None, country: str) -> tuple[str | None, str | None]:
        if scheme is None:
            return None, None
        if scheme not in self._phones:
            self._phones[scheme] = self._numbers(scheme)
        if not self._phones[scheme]:
            return None, None
        number = self._phones[scheme].pop()
        return number, _shown(number, scheme, self.rng)

    def _numbers(self, scheme: str) -> list[str]:
        """Every number of the country's fictional ranges (a sample of the large ones), shuffled."""
        numbers = []
        for pattern in table("phones")[scheme]["ranges"]:
            for area in table("phones")[scheme].get("areas", [""]):
                stem = pattern.replace("{area}", area)
                size = stem.count("#")
                count = 10**size
                picks = range(count) if count <= 1000 else sorted(self.rng.sample(range(count), 1000))
                numbers += [stem.rstrip("#") + f"{pick:0{size}}" for pick in picks]
        self.rng.shuffle(numbers)
        return numbers


def _shown(number: str, scheme: str, rng: Random) -> str:
    """The number as somebody from there would write it."""
    if scheme in ("us", "ca"):
        area, rest = number[2:5], number[8:]
        return rng.choice([f"({area}) 555-{rest}", f"+1 {area} 555 {rest}", f"{area}-555-{rest}", f"+1 ({area}) 555-{rest}"])
    prefix, areas = {
        "gb": ("+44", ["20", "7700", "113", "114", "115", "116", "117", "118", "121", "131", "141", "151", "161", "29"]),
        "de": ("+49", ["30", "40", "221", "69", "89"]), "ie": ("+353", ["20"]), "au": ("+61", ["2", "3", "7", "8"]),
        "fr": ("+33", ["1", "2", "3", "4", "5", "6"]),
    }[scheme]
    rest = number[len(prefix):]
    area = next(area for area in sorted(areas, key=len, reverse=True) if rest.startswith(area))
    local = rest[len(area):]
    if scheme == "fr":
        pairs = " ".join(local[i : i + 2] for i in range(0, len(local), 2))
        return rng.choice([f"0{area} {pairs}", f"+33 {area} {pairs}"])
    if scheme in ("gb", "au", "ie") and len(local) >= 7:
        local = f"{local[:-4]} {local[-4:]}"
    styles = [f"{prefix} {area} {local}", f"0{area} {local}"]
    if scheme == "de":
        styles += [f"0{area} / {local}", f"{prefix} (0){area} {local}", f"0{area}-{local}"]
    return rng.choice(styles)
