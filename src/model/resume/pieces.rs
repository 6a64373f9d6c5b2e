//! Cuts the lines around a date into pieces: "Engineer | Acme – Berlin" holds three.
//!
//! Strong separators (gaps, bars, dashes, "at") part different things; commas are looked at later, since a title may
//! have one of its own. A wide comma is a strong one, also where an export wrote its bytes as "ï¼".

use std::sync::LazyLock;

use regex::Regex;

use super::page::{Bytes, gaps};
use super::titles;

static SEPARATOR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\s*(?:[|•·∙●►;，]|ï¼)\s*|\s+[-–—/]+\s*|,?\s*[–—]\s*|\s+-{1,2}$|\s+(?:at|@|bei|chez)\s+")
        .expect("the pattern is constant and valid")
});

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:position|job title|title|role|designation|company|company name|employer|organi[sz]ation|client|firma|arbeitgeber|duration|period|zeitraum|dates?|location|poste|entreprise)\s*[:\-–]\s+")
        .expect("the pattern is constant and valid")
});

/// Lines that introduce a list inside an entry and are no part of its head.
static INTRODUCTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:key |main |major |core |job |primary )?(?:responsibilit(?:y|ies)|dut(?:y|ies)|roles?(?: and| &)? responsibilit(?:y|ies)|achievements?|accomplishments|description|environment|technolog(?:y|ies)|tools|skills|projects?|aufgaben|tätigkeiten|verantwortlich)\b[^,]{0,24}[:\-–]?\s*$")
        .expect("the pattern is constant and valid")
});

/// Characters that may hang over at a piece's end.
fn is_edge(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            ',' | '|'
                | '-'
                | '–'
                | '—'
                | ':'
                | '•'
                | '·'
                | ';'
                | '/'
                | '*'
                | '●'
                | '▪'
                | '➢'
                | '"'
                | '“'
                | '”'
                | '\u{200b}'
                | '\u{feff}'
                | '\u{e000}'..='\u{f8ff}'
        )
}

/// The pieces of a line, without the stretch `hole` (the date).
pub(super) fn of_line(text: &str, line: Bytes, hole: Option<Bytes>) -> Vec<Bytes> {
    let sides = match hole {
        Some(hole) => vec![Bytes { start: line.start, end: hole.start }, Bytes { start: hole.end, end: line.end }],
        None => vec![line],
    };
    let cells = sides.into_iter().filter(|side| !side.is_empty()).flat_map(|side| gaps(text, side));
    let mut out = Vec::new();
    for cell in cells {
        let mut start = cell.start;
        for cut in SEPARATOR.find_iter(cell.of(text)) {
            // A slash, or an "at" without a title before it, belongs to the name.
            let before = Bytes { start, end: cell.start + cut.start() };
            if cut.as_str().contains('/')
                || (cut.as_str().contains(char::is_alphabetic) && titles::title(before.of(text)) == 0)
            {
                continue;
            }
            out.push(before);
            start = cell.start + cut.end();
        }
        out.push(Bytes { start, end: cell.end });
    }
    out.into_iter()
        .flat_map(|piece| without_blanks(text, piece))
        .map(|piece| tidy(text, piece))
        .filter(|piece| piece.of(text).chars().any(char::is_alphabetic) && !is_duration(piece.of(text)))
        .collect()
}

/// A piece around a redacted name: what stands before it, and what after.
fn without_blanks(text: &str, piece: Bytes) -> Vec<Bytes> {
    let Some(at) = titles::blank_at(piece.of(text)) else { return vec![piece] };
    vec![
        Bytes { start: piece.start, end: piece.start + at.start },
        Bytes { start: piece.start + at.end, end: piece.end },
    ]
}

/// A piece without hanging punctuation, unpaired brackets and a label such as "Position:".
pub(super) fn tidy(text: &str, piece: Bytes) -> Bytes {
    let mut piece = piece.trimmed_of(text, is_edge);
    if let Some(label) = LABEL.find(piece.of(text)) {
        piece.start += label.end();
    }
    let shown = piece.of(text);
    if shown.ends_with('(') || (shown.ends_with(')') && !shown.contains('(')) {
        piece.end -= 1;
    }
    let shown = piece.of(text);
    if shown.starts_with(')') || (shown.starts_with('(') && !shown.contains(')')) {
        piece.start += 1;
    }
    let shown = piece.of(text);
    if shown.starts_with('(') && shown.ends_with(')') && shown.len() > 2 {
        piece = Bytes { start: piece.start + 1, end: piece.end - 1 };
    }
    piece.trimmed_of(text, is_edge)
}

/// The pieces between commas.
pub(super) fn at_commas(text: &str, piece: Bytes) -> Vec<Bytes> {
    let mut out = Vec::new();
    let (mut start, mut depth) = (piece.start, 0_i32);
    for (at, c) in piece.of(text).char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth <= 0 => {
                out.push(Bytes { start, end: piece.start + at });
                start = piece.start + at + 1;
            }
            _ => {}
        }
    }
    out.push(Bytes { start, end: piece.end });
    out.into_iter().map(|part| tidy(text, part)).filter(|part| !part.is_empty()).collect()
}

/// "2 yrs 3 mos", "1 year": how long, beside a range of dates.
fn is_duration(text: &str) -> bool {
    static DURATION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)^(?:\d+\+?\s*(?:years?|yrs?|y|months?|mos?|m|jahre?|monate?|ans?|mois)\.?\s*(?:,|and|und)?\s*)+$",
        )
        .expect("the pattern is constant and valid")
    });
    DURATION.is_match(text.trim_matches(|c: char| !c.is_alphanumeric()))
}

/// Whether a line can belong to the head of an entry: short, no item of a list, no sentence.
pub(super) fn is_head(line: &str) -> bool {
    let words = line.split_whitespace().count();
    let ends = line.trim_end();
    let sentence = ends.ends_with('.')
        && !["inc.", "ltd.", "co.", "corp.", "llc.", "e.v.", "s.a."]
            .iter()
            .any(|end| ends.to_lowercase().ends_with(end));
    words <= 14
        && line.len() <= 140
        && !super::words::is_bullet(line)
        && !sentence
        && !ends.ends_with([':', ';'])
        && !line.starts_with(char::is_lowercase)
        && !INTRODUCTION.is_match(line)
}
