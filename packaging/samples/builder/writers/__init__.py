"""One module per format; each has `write(resume) -> bytes`."""

from __future__ import annotations

from ..model import Resume
from . import docx, html, jsonresume, odt, pdf, rtf, scan, text

WRITERS = {"pdf": pdf.write, "docx": docx.write, "odt": odt.write, "rtf": rtf.write, "html": html.write,
           "txt": text.write_text, "md": text.write_markdown, "json": jsonresume.write}
"""Writers by file name extension."""


def document(resume: Resume) -> bytes:
    """The resume's bytes in its format."""
    return scan.write(resume) if resume.style.scanned else WRITERS[resume.who.format](resume)
