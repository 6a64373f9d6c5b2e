"""The gold: what a reader of each file ought to find in it."""

from __future__ import annotations

from .model import AS_OF, Resume


def _month(moment: tuple[int, int] | None) -> str | None:
    return None if moment is None else f"{moment[0]}-{moment[1]:02}"


def row(resume: Resume, file: str, person: str) -> dict:
    """One file's facts. `person` is the same for two resumes of one person."""
    who = resume.who
    return {
        "file": file,
        "person": person,
        "format": who.format,
        "lang": who.lang,
        "layout": resume.style.layout,
        "columns": resume.style.columns,
        "trap": who.trap,
        "name": who.name,
        "name_latin": resume.name_in_latin,
        "emails": [who.email],
        "phones": [who.phone] if who.phone else [],
        "links": resume.links,
        "location": {"city": who.city, "country": who.country},
        "headline": resume.headline,
        "positions": [
            {"title": p.title, "employer": p.employer, "city": p.city, "start": _month(p.start), "end": _month(p.end), "current": p.end is None}
            for p in resume.positions
        ],
        "years": resume.years(),
        "education": [{"degree": e.degree, "institution": e.school, "level": e.level, "start": e.start, "end": e.end} for e in resume.education],
        "skills": [{"id": s.id, "label": s.label, "as_written": s.shown} for s in resume.skills],
        "denied_skills": [{"id": s.id, "label": s.label, "as_written": s.shown} for s in resume.denied],
        "languages": [{"code": item.code, "level": item.level} for item in resume.languages],
        "certifications": resume.certifications,
    }


def document(rows: list[dict], seed: int) -> dict:
    """The whole manifest."""
    return {"as_of": _month(AS_OF), "seed": seed, "count": len(rows), "resumes": rows}
