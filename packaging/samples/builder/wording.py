"""Words that the document itself needs: headings, months, levels of languages, names of languages."""

from __future__ import annotations

from random import Random

from .model import Month

HEADINGS = {
    "en": {
        "summary": ["Profile", "Summary", "About", "Professional Summary"],
        "experience": ["Experience", "Work Experience", "Professional Experience", "Employment History"],
        "education": ["Education", "Education and Training"],
        "skills": ["Skills", "Key Skills", "Core Competencies"],
        "languages": ["Languages"],
        "certifications": ["Certifications", "Licences and Certifications", "Certificates"],
        "interests": ["Interests", "Hobbies and Interests"],
        "strengths": ["Strengths", "Personal Strengths"],
        "volunteering": ["Volunteering", "Community Work"],
        "references": ["References"],
        "contact": ["Contact"],
    },
    "de": {
        "summary": ["Kurzprofil", "Profil", "Über mich"],
        "experience": ["Berufserfahrung", "Beruflicher Werdegang", "Berufspraxis"],
        "education": ["Ausbildung", "Schul- und Berufsausbildung", "Ausbildung und Studium"],
        "skills": ["Kenntnisse", "Fachkenntnisse", "Kenntnisse und Fähigkeiten"],
        "languages": ["Sprachen", "Sprachkenntnisse"],
        "certifications": ["Zertifikate", "Weiterbildung", "Fortbildungen und Zertifikate"],
        "interests": ["Interessen", "Hobbys"],
        "strengths": ["Stärken", "Persönliche Stärken"],
        "volunteering": ["Ehrenamt", "Ehrenamtliches Engagement"],
        "references": ["Referenzen"],
        "contact": ["Kontakt"],
    },
}

MONTHS = {
    "en": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    "de": ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
}

LANGUAGES = {
    "ar": ("Arabic", "Arabisch"), "cs": ("Czech", "Tschechisch"), "de": ("German", "Deutsch"), "el": ("Greek", "Griechisch"),
    "en": ("English", "Englisch"), "es": ("Spanish", "Spanisch"), "fa": ("Persian", "Persisch"), "fr": ("French", "Französisch"),
    "hi": ("Hindi", "Hindi"), "hr": ("Croatian", "Kroatisch"), "it": ("Italian", "Italienisch"), "ja": ("Japanese", "Japanisch"),
    "ko": ("Korean", "Koreanisch"), "nl": ("Dutch", "Niederländisch"), "pl": ("Polish", "Polnisch"), "pt": ("Portuguese", "Portugiesisch"),
    "sv": ("Swedish", "Schwedisch"), "sw": ("Swahili", "Suaheli"), "tr": ("Turkish", "Türkisch"), "uk": ("Ukrainian", "Ukrainisch"),
    "vi": ("Vietnamese", "Vietnamesisch"), "zh": ("Chinese", "Chinesisch"),
}

LEVELS = {
    "en": {"native": ["native", "mother tongue"], "C2": ["C2", "proficient (C2)"], "C1": ["C1", "fluent (C1)"], "B2": ["B2", "good (B2)"], "B1": ["B1", "intermediate (B1)"], "A2": ["A2", "basic (A2)"]},
    "de": {"native": ["Muttersprache"], "C2": ["verhandlungssicher (C2)", "C2"], "C1": ["fließend (C1)", "C1"], "B2": ["gut (B2)", "B2"], "B1": ["Mittelstufe (B1)", "B1"], "A2": ["Grundkenntnisse (A2)", "A2"]},
}

SMALL = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
    "de": ["null", "einem", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"],
}


def heading(rng: Random, lang: str, section: str) -> str:
    """One of the usual headings of the section."""
    return rng.choice(HEADINGS[lang][section])


def moment(when: Month, style: str, lang: str) -> str:
    """March 2019 as `03/2019`, `Mar 2019`, `March 2019` or `2019-03`."""
    year, number = when
    name = MONTHS[lang][number - 1]
    if style == "numeric":
        return f"{number:02}/{year}"
    if style == "iso":
        return f"{year}-{number:02}"
    return f"{name} {year}" if style == "long" or lang == "de" else f"{name[:3]} {year}"


def span(start: Month, end: Month | None, style: str, dash: str, lang: str) -> str:
    """`03/2019 – heute`, `Mar 2019 – Present`."""
    now = "heute" if lang == "de" else "Present"
    return moment(start, style, lang) + dash + (now if end is None else moment(end, style, lang))


def experience(rng: Random, years: float, lang: str) -> str:
    """"eight years", "over 8 years", "mehr als acht Jahren": never more than the dates allow."""
    whole = int(years)
    if whole < 2:
        return "over a year" if lang == "en" else "gut einem Jahr"
    word = SMALL[lang][whole] if whole <= 12 else str(whole)
    number = rng.choice([word, str(whole)])
    if lang == "en":
        return rng.choice([f"{number} years", f"over {number} years", f"more than {number} years"])
    return rng.choice([f"{number} Jahren", f"mehr als {number} Jahren", f"über {number} Jahren"])


def language(code: str, lang: str) -> str:
    """Its name in the resume's language."""
    return LANGUAGES[code][0 if lang == "en" else 1]
