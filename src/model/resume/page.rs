//! A resume's text cut into lines, with byte offsets turned into character offsets cheaply.
//!
//! Rules work on bytes; everything that leaves them is a [`Span`] of Unicode scalar values. Lines come from line breaks,
//! and from runs of spaces inside very long lines, since some extractors flatten a whole page into one line.

use crate::model::span::Span;

/// Bytes between two checkpoints of the character count: small enough that the rest is counted in nanoseconds.
const STRIDE: usize = 128;

/// A line longer than this (bytes) is a flattened page: runs of two or more spaces are its line breaks.
const FLATTENED: usize = 400;

/// A stretch of bytes of the text, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bytes {
    pub start: usize,
    pub end: usize,
}

impl Bytes {
    pub fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }

    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// This stretch without white space at either end.
    pub fn trimmed(self, text: &str) -> Self {
        self.trimmed_of(text, char::is_whitespace)
    }

    /// This stretch without the characters that `drop` names at either end.
    pub fn trimmed_of(self, text: &str, drop: impl Fn(char) -> bool + Copy) -> Self {
        let slice = self.of(text);
        let left = slice.trim_start_matches(drop);
        let start = self.start + slice.len() - left.len();
        Self { start, end: start + left.trim_end_matches(drop).len() }
    }
}

/// The text with its lines and its character counts.
pub(super) struct Page<'a> {
    pub text: &'a str,
    /// Lines that are not blank, without white space at their ends, in order.
    pub lines: Vec<Bytes>,
    checkpoints: Vec<u32>,
}

impl<'a> Page<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, lines: lines(text), checkpoints: checkpoints(text) }
    }

    pub fn line(&self, index: usize) -> &'a str {
        let line = self.lines[index];
        &self.text[line.start..line.end]
    }

    /// The span of a stretch of bytes, whose ends lie on character boundaries.
    pub fn span(&self, bytes: Bytes) -> Span {
        Span { start: self.chars_before(bytes.start), end: self.chars_before(bytes.end) }
    }

    fn chars_before(&self, byte: usize) -> u32 {
        let stride = byte / STRIDE;
        let rest = &self.text.as_bytes()[stride * STRIDE..byte];
        self.checkpoints[stride] + count_chars(rest)
    }

    /// The first line that starts at `byte` or later.
    pub fn line_from(&self, byte: usize) -> usize {
        self.lines.partition_point(|line| line.start < byte)
    }
}

/// Characters that begin in these bytes of UTF-8.
fn count_chars(bytes: &[u8]) -> u32 {
    let count = bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
    u32::try_from(count).expect("a resume's text is far below four billion characters")
}

fn checkpoints(text: &str) -> Vec<u32> {
    let mut sum = 0;
    let mut out = vec![0];
    for chunk in text.as_bytes().chunks(STRIDE) {
        sum += count_chars(chunk);
        out.push(sum);
    }
    out
}

fn lines(text: &str) -> Vec<Bytes> {
    let mut out = Vec::new();
    let mut start = 0;
    for raw in text.split_inclusive(['\n', '\u{c}', '\u{b}', '\u{2028}']) {
        let line = Bytes { start, end: start + raw.len() };
        start = line.end;
        if raw.len() <= FLATTENED {
            out.push(line.trimmed(text));
        } else {
            out.extend(gaps(text, line).into_iter().map(|piece| piece.trimmed(text)));
        }
    }
    out.retain(|line| !line.is_empty());
    out
}

/// The pieces of a line between tabs and runs of two or more spaces.
pub(super) fn gaps(text: &str, line: Bytes) -> Vec<Bytes> {
    let mut out = Vec::new();
    let mut start = line.start;
    let mut blank: Option<(usize, usize, bool)> = None;
    for (at, c) in line.of(text).char_indices().map(|(at, c)| (at + line.start, c)) {
        if c.is_whitespace() {
            let (from, count, tab) = blank.unwrap_or((at, 0, false));
            blank = Some((from, count + 1, tab || c == '\t'));
        } else if let Some((from, count, tab)) = blank.take()
            && (count > 1 || tab)
        {
            out.push(Bytes { start, end: from });
            start = at;
        }
    }
    out.push(Bytes { start, end: line.end });
    out.iter().map(|piece| piece.trimmed(text)).filter(|piece| !piece.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_count_characters_not_bytes() {
        let text = "Größe ".repeat(80) + "Ärzte\nzwei";
        let page = Page::new(&text);
        let byte = text.find("Ärzte").unwrap();
        let span = page.span(Bytes { start: byte, end: byte + "Ärzte".len() });
        assert_eq!(span.slice(&text), "Ärzte");
        assert_eq!(span, Span::of_bytes(&text, byte, byte + "Ärzte".len()));
    }

    #[test]
    fn a_flattened_page_is_cut_at_runs_of_spaces_and_an_ordinary_line_is_not() {
        let flat = format!("Ana Costa  Accountant  {}", "word ".repeat(100));
        assert_eq!(Page::new(&flat).lines.len(), 3);
        assert_eq!(Page::new("Ana Costa   Accountant").lines.len(), 1);
    }
}
