//! The smaller facts: headline, summary, certifications, remote work, language of the text, and findings.

use std::sync::LazyLock;

use regex::Regex;

use super::page::{Bytes, Page};
use super::pieces;
use super::positions::one_line;
use super::sections::Part;
use super::titles;
use super::words::{is_bullet, is_decoration};
use crate::model::profile::{End, Finding, Found, Profile, SectionKind};

static REMOTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:(?:fully|100\s?%|mostly|partly|work(?:ed|ing|s)?|open to|prefer(?:s|ring|ably)?|available|willing to work)[ -]+(?:be )?(?:remote(?:ly)?|from home|home[ -]?office)|remote[ -](?:work(?:er|ing)?|position|role|job|only|first|team member|employee|friendly|opportunit(?:y|ies)|contract(?:or)?)|home[ -]?office|telecommut\w+|telework\w*|télétravail|mobiles arbeiten|work[ -]from[ -]home|remotely)(?-u:\b)|[(,|–-]\s*remote\s*(?:[),|–]|$)|(?m:^\s*remote\s*$)")
        .expect("the pattern is constant and valid")
});

static CERTIFIED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:certified|certification|certificate|zertifi\w+|licensed|licensure)(?-u:\b)")
        .expect("the pattern is constant and valid")
});

/// The longest summary that is kept, in bytes.
const SUMMARY: usize = 4000;

/// The line under the name, or the current title.
pub(super) fn headline(page: &Page<'_>, parts: &[Part], profile: &Profile) -> Option<Found<String>> {
    let header = parts.first()?;
    for index in header.lines.clone().take(6) {
        let line = page.lines[index];
        for piece in pieces::of_line(page.text, line, None) {
            let span = page.span(piece);
            let named = profile.name.as_ref().is_some_and(|name| name.span.contains(span) || span.contains(name.span));
            let text = piece.of(page.text);
            if !named && titles::title(text) >= 2 && !text.contains('@') && text.len() <= 120 {
                return Some(Found { value: one_line(text), span, confidence: 0.8 });
            }
        }
    }
    let current = profile.positions.iter().find(|held| held.end == Some(End::Present)).or(profile.positions.first())?;
    let title = current.title.as_ref().filter(|title| title.confidence >= 0.5)?;
    Some(Found { confidence: title.confidence.min(0.7), ..title.clone() })
}

/// The text of the summary section.
pub(super) fn summary(page: &Page<'_>, parts: &[Part]) -> Option<Found<String>> {
    let part = parts.iter().find(|part| part.kind == SectionKind::Summary && !part.body.is_empty())?;
    let mut end = part.body.end.min(part.body.start + SUMMARY);
    while !page.text.is_char_boundary(end) {
        end -= 1;
    }
    let bytes = Bytes { start: part.body.start, end }.trimmed(page.text);
    Some(Found { value: one_line(bytes.of(page.text)), span: page.span(bytes), confidence: 0.9 })
}

/// Certifications: the lines of their section, and short lines elsewhere that say "certified".
pub(super) fn certifications(page: &Page<'_>, parts: &[Part]) -> Vec<Found<String>> {
    let mut out: Vec<Found<String>> = Vec::new();
    for part in parts {
        let own = part.kind == SectionKind::Certifications;
        if matches!(part.kind, SectionKind::Experience | SectionKind::References) {
            continue;
        }
        for index in part.lines.clone() {
            let line = page.lines[index];
            let line =
                Bytes { start: line.start.max(part.body.start), end: line.end }.trimmed_of(page.text, is_decoration);
            let text = line.of(page.text);
            let words = text.split_whitespace().count();
            let sentence = text.starts_with(char::is_lowercase) || (words > 8 && page.line(index).ends_with('.'));
            let short = words <= 9
                && CERTIFIED.is_match(text)
                && (is_bullet(page.line(index)) || part.kind == SectionKind::Skills);
            if !(own && words <= 16 && !sentence || short && !own) || !text.chars().any(char::is_alphabetic) {
                continue;
            }
            let value = one_line(text);
            if out.iter().all(|other| other.value != value) {
                out.push(Found { value, span: page.span(line), confidence: if own { 0.85 } else { 0.6 } });
            }
        }
    }
    out
}

/// Where the resume first speaks of remote work, had or wanted, in bytes.
pub(super) fn remote_at(text: &str) -> Option<(usize, usize)> {
    REMOTE.find(text).map(|found| (found.start(), found.end()))
}

/// The main language of the text as ISO 639-1, where it is certain enough.
pub(super) fn language(text: &str) -> Option<String> {
    let mut end = text.len().min(6000);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let found = whatlang::detect(&text[..end])?;
    if found.confidence() < 0.5 {
        return None;
    }
    let code = match found.lang().code() {
        "eng" => "en",
        "deu" => "de",
        "fra" => "fr",
        "spa" => "es",
        "ita" => "it",
        "por" => "pt",
        "nld" => "nl",
        "pol" => "pl",
        "swe" => "sv",
        "dan" => "da",
        "nob" => "no",
        "fin" => "fi",
        "ces" => "cs",
        "ron" => "ro",
        "hun" => "hu",
        "tur" => "tr",
        "rus" => "ru",
        "ukr" => "uk",
        "ell" => "el",
        "bul" => "bg",
        "hrv" => "hr",
        "slk" => "sk",
        "slv" => "sl",
        "cmn" => "zh",
        "jpn" => "ja",
        "kor" => "ko",
        "ara" => "ar",
        "heb" => "he",
        "hin" => "hi",
        "vie" => "vi",
        "ind" => "id",
        "cat" => "ca",
        _ => return None,
    };
    Some(code.to_owned())
}

/// What a recruiter should know of the document.
pub(super) fn findings(page: &Page<'_>, parts: &[Part], profile: &Profile) -> Vec<Finding> {
    let letters = page.text.chars().filter(|c| c.is_alphabetic()).take(30).count();
    if letters < 30 {
        let detail = "the document has no readable text; it may be a picture, and needs text recognition".to_owned();
        return vec![Finding { kind: "no_text".to_owned(), detail }];
    }
    let sections =
        parts.iter().filter(|part| part.kind != SectionKind::Header && part.kind != SectionKind::Other).count();
    let contacts = usize::from(!profile.emails.is_empty()) + usize::from(!profile.phones.is_empty());
    let signs = sections.min(3) + contacts + profile.positions.len().min(2) + profile.education.len().min(2);
    if signs < 2 {
        let detail =
            "nothing of a resume was found: no sections, no contacts, no dated positions, no education".to_owned();
        return vec![Finding { kind: "not_a_resume".to_owned(), detail }];
    }
    Vec::new()
}
