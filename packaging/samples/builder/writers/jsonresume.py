"""JSON Resume, schema 1.0.0 (jsonresume.org)."""

from __future__ import annotations

import json

from ..model import Month, Resume


def _iso(moment: Month) -> str:
    return f"{moment[0]}-{moment[1]:02}"


def write(resume: Resume) -> bytes:
    """The document."""
    who = resume.who
    basics = {"name": who.name, "label": resume.headline, "email": who.email, "phone": who.phone_shown, "summary": resume.summary,
              "url": resume.links[0] if resume.links else None, "location": {"city": who.city, "countryCode": who.country}}
    work = [
        {"name": p.employer, "location": p.city, "position": p.title, "startDate": _iso(p.start), "endDate": _iso(p.end) if p.end else None,
         "summary": " ".join(text for text in (p.blurb, p.scope) if text) or None, "highlights": p.bullets}
        for p in resume.positions
    ]
    document = {
        "$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json",
        "basics": _without_empty(basics),
        "work": [_without_empty(entry) for entry in work],
        "education": [{"institution": e.school, "studyType": e.degree, "startDate": str(e.start), "endDate": str(e.end)} for e in resume.education],
        "certificates": [{"name": name} for name in resume.certifications],
        "skills": [{"name": group, "keywords": [skill.shown for skill in items]} for group, items in resume.skill_groups],
        "languages": [{"language": item.shown, "fluency": item.level_shown} for item in resume.languages],
        "interests": [{"name": line} for kind, lines in resume.extras if kind == "interests" for line in lines],
        "volunteer": [{"summary": line} for kind, lines in resume.extras if kind == "volunteering" for line in lines],
    }
    return (json.dumps(_without_empty(document), ensure_ascii=False, indent=2) + "\n").encode()


def _without_empty(entry: dict) -> dict:
    return {key: value for key, value in entry.items() if value not in (None, [], "")}
