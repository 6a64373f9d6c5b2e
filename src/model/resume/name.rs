//! The person's name: a line near the top that is words and nothing else, or the text after "Name:".
//!
//! Any script; what is also a title, a place, a heading or a plain word is no name, unless the e-mail address says so.

use std::sync::LazyLock;

use regex::Regex;

use super::page::{Bytes, Page};
use super::pieces;
use super::positions::one_line;
use super::sections::Part;
use super::titles;
use super::words::{is_bullet, is_caps, words};
use crate::model::profile::{Found, SectionKind};
use crate::model::taxonomy;

/// Lines from the top in which a name is looked for.
const TOP: usize = 8;

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:full |candidate |vollständiger )?(?:name|nom|vor- und nachname|name, vorname)(?: of (?:the )?candidate)?\s*[:\-–]\s*")
        .expect("the pattern is constant and valid")
});

/// What names the document and not the person.
static DOCUMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:\W*(?:curriculum vit(?:ae|æ)|cv|résumé|resume|lebenslauf|bewerbung|profile?)\b(?:\s+(?:of|von|de|for))?\W*)+|(?:\W+(?:curriculum vit(?:ae|æ)|cv|résumé|resume|lebenslauf))\W*$")
        .expect("the pattern is constant and valid")
});

/// Letters after a name, and titles before it, that are no part of it.
static HONOURS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:(?:Mr|Mrs|Ms|Miss|Herr|Frau|Prof|Dr|Dipl)\.?\s*(?:-?[A-Z][a-z]*\.\s*)?)+\s+|(?:,\s*(?:Ph\.?\s?D|M\.?D|MBA|CPA|PMP|RN|BSN|MSc|M\.Sc|B\.Sc|BSc|Esq|Jr|Sr|II|III|CFA|PE|P\.E|SHRM-CP|SPHR|PHR|LCSW|MS|MA|BA|BS)\.?)+$")
        .expect("the pattern is constant and valid")
});

/// The name, with low confidence when it might be something else.
pub(super) fn read(page: &Page<'_>, parts: &[Part], emails: &[Found<String>]) -> Option<Found<String>> {
    let mut best: Option<(Bytes, f32)> = None;
    for (index, line) in page.lines.iter().enumerate().take(30) {
        if let Some(label) = LABEL.find(line.of(page.text)) {
            let rest = Bytes { start: line.start + label.end(), end: line.end };
            let first = pieces::of_line(page.text, rest, None).into_iter().next().unwrap_or(rest);
            return finish(page, first, if shape(first.of(page.text)) > 0.0 { 0.95 } else { 0.4 });
        }
        if index >= top(page, parts) || is_bullet(line.of(page.text)) {
            continue;
        }
        let bare = without_document(page.text, *line);
        for (nth, piece) in pieces::of_line(page.text, bare, None).into_iter().take(3).enumerate() {
            let piece = without_honours(page.text, piece);
            let confidence = judge(piece.of(page.text), index, nth, emails);
            if confidence > best.map_or(0.3, |(_, other)| other + 0.001) {
                best = Some((piece, confidence));
            }
        }
    }
    best.and_then(|(piece, confidence)| finish(page, piece, confidence))
}

/// Lines of the header that are read: until the first heading, which may not be a contact heading.
fn top(page: &Page<'_>, parts: &[Part]) -> usize {
    let first = parts.iter().find(|part| !matches!(part.kind, SectionKind::Header | SectionKind::Other));
    first.map_or(page.lines.len(), |part| page.line_from(part.whole.start)).min(TOP)
}

fn without_document(text: &str, line: Bytes) -> Bytes {
    let shown = line.of(text);
    let start = DOCUMENT.find(shown).filter(|found| found.start() == 0).map_or(0, |found| found.end());
    let end = DOCUMENT
        .find_iter(shown)
        .last()
        .filter(|f| f.end() == shown.len() && f.start() > start)
        .map_or(shown.len(), |f| f.start());
    Bytes { start: line.start + start, end: line.start + end.max(start) }
}

fn without_honours(text: &str, piece: Bytes) -> Bytes {
    let mut piece = piece;
    for found in HONOURS.find_iter(piece.of(text)).collect::<Vec<_>>().into_iter().rev() {
        let (start, end) = (piece.start + found.start(), piece.start + found.end());
        if found.start() == 0 {
            piece.start = end;
        } else if end == piece.end {
            piece.end = start;
        }
    }
    piece.trimmed(text)
}

fn finish(page: &Page<'_>, piece: Bytes, confidence: f32) -> Option<Found<String>> {
    let value = one_line(piece.of(page.text));
    (!value.is_empty() && value.len() <= 80).then(|| Found { value: cased(&value), span: page.span(piece), confidence })
}

/// A name in capitals, as it is said: "ANA DE LA CRUZ" is set that way for looks.
fn cased(name: &str) -> String {
    if !is_caps(name) || name.chars().count() < 5 {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len());
    let mut start = true;
    for c in name.chars() {
        if start {
            out.push(c);
        } else {
            out.extend(c.to_lowercase());
        }
        start = !c.is_alphabetic();
    }
    out
}

/// How much a text has the shape of a name, 0 to 1.
fn shape(text: &str) -> f32 {
    let count = text.split_whitespace().count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let allowed = |c: char| {
        c.is_alphabetic()
            || c.is_whitespace()
            || matches!(c, '.' | '-' | '\'' | '’' | '´' | '`' | '\u{300}'..='\u{36f}')
    };
    if letters < 2 || text.chars().count() > 50 || !text.chars().all(allowed) {
        return 0.0;
    }
    let particle = |word: &str| {
        matches!(
            word,
            "de" | "la"
                | "del"
                | "da"
                | "dos"
                | "van"
                | "von"
                | "der"
                | "den"
                | "zu"
                | "al"
                | "bin"
                | "el"
                | "ter"
                | "y"
                | "e"
                | "i"
        )
    };
    let big = |word: &str| word.chars().next().is_some_and(|c| !c.is_lowercase());
    if !text.split_whitespace().all(|word| big(word) || particle(word)) {
        return 0.0;
    }
    let ideographic =
        text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'));
    match count {
        1 if ideographic && (2..=4).contains(&letters) => 0.7,
        1 => 0.35,
        2 | 3 => 0.85,
        4 => 0.7,
        5 => 0.5,
        _ => 0.0,
    }
}

fn judge(text: &str, line: usize, piece: usize, emails: &[Found<String>]) -> f32 {
    let shape = shape(text);
    if shape == 0.0 || titles::is_blank(text) {
        return 0.0;
    }
    let folded: Vec<String> = words(text).collect();
    let mail = |word: &String| {
        let plain = taxonomy::tokens::fold(word);
        plain.len() >= 3
            && emails.iter().any(|mail| mail.value.split('@').next().is_some_and(|local| local.contains(&plain)))
    };
    if folded.iter().any(mail) && folded.iter().filter(|word| titles::is_head(word)).count() < folded.len() {
        return (shape + 0.4).min(0.97) - 0.01 * f32::from(u8::try_from(line + piece).unwrap_or(9));
    }
    let ordinary = folded.iter().filter(|word| taxonomy::is_ordinary(word)).count();
    if titles::title(text) > 0
        || titles::is_place(text)
        || ordinary == folded.len()
        || titles::employer(text) > 0
        || taxonomy::skills().resolve(text).is_some()
        || taxonomy::language(text).is_some()
    {
        return 0.0;
    }
    let place = 0.1 * f32::from(u8::try_from(line).unwrap_or(9)) + 0.15 * f32::from(u8::try_from(piece).unwrap_or(9));
    let doubt = if ordinary > 0 { 0.18 } else { 0.0 };
    (shape - place - doubt).max(0.0)
}
