//! Quotations: the line or sentence around a mention, as exact characters of the resume.

use std::cell::OnceCell;

use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::model::span::Span;

/// The longest quotation, in characters: two lines of a resume, enough to judge and short enough to read in a list.
const LONGEST: usize = 240;

/// The most quotations for one requirement.
const MOST: usize = 3;

/// Words of a resume: exactly its characters `start..end`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Quote {
    /// The words.
    pub text: String,
    /// Unicode scalar offset of the first character.
    pub start: u32,
    /// Unicode scalar offset after the last character.
    pub end: u32,
}

/// A resume's text with quick ways between characters and bytes.
pub(super) struct Source<'a> {
    pub text: &'a str,
    /// The byte of each character, where they differ.
    bytes: OnceCell<Option<Vec<u32>>>,
    lower: OnceCell<String>,
    quoting: bool,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, bytes: OnceCell::new(), lower: OnceCell::new(), quoting: true }
    }

    /// The same text, but nothing is quoted from it: for judging many people of whom few are shown.
    pub fn unquoted(text: &'a str) -> Self {
        Self { quoting: false, ..Self::new(text) }
    }

    /// Whether anything is quoted; where not, nobody need look for what to quote.
    pub fn is_quoting(&self) -> bool {
        self.quoting
    }

    fn bytes(&self) -> Option<&[u32]> {
        let offset = |at: usize| u32::try_from(at).expect("a resume's text is far below four gigabytes");
        let all = || self.text.char_indices().map(|(at, _)| offset(at)).chain([offset(self.text.len())]).collect();
        self.bytes.get_or_init(|| (!self.text.is_ascii()).then(all)).as_deref()
    }

    /// The text with ASCII letters in lower case: every offset stays.
    pub fn lower(&self) -> &str {
        self.lower.get_or_init(|| self.text.to_ascii_lowercase())
    }

    /// The bytes of a span; cut short where the text ends early.
    pub fn range(&self, span: Span) -> (usize, usize) {
        (self.byte(span.start), self.byte(span.end).max(self.byte(span.start)))
    }

    fn byte(&self, at: u32) -> usize {
        match self.bytes() {
            None => (at as usize).min(self.text.len()),
            Some(bytes) => bytes.get(at as usize).map_or(self.text.len(), |byte| *byte as usize),
        }
    }

    fn char_at(&self, byte: usize) -> u32 {
        let at = self.bytes().map_or(byte, |bytes| bytes.partition_point(|start| (*start as usize) < byte));
        u32::try_from(at).expect("a resume's text is far below four billion characters")
    }

    /// The span of a range of bytes on character boundaries.
    pub fn span(&self, start: usize, end: usize) -> Span {
        Span { start: self.char_at(start), end: self.char_at(end) }
    }

    /// Quotations around these mentions; an empty span has no words to show. Each stretch once, at most three, in the text's order.
    pub fn quotes(&self, spans: impl IntoIterator<Item = Span>) -> Vec<Quote> {
        let mut out: Vec<(usize, usize)> = Vec::new();
        for span in spans.into_iter().take_while(|_| self.quoting).filter(|span| span.start < span.end) {
            let (start, end) = self.around(self.range(span));
            if start < end && out.iter().all(|(from, to)| end <= *from || *to <= start) {
                out.push((start, end));
            }
            if out.len() == MOST {
                break;
            }
        }
        out.sort_unstable();
        out.into_iter()
            .map(|(start, end)| {
                let span = self.span(start, end);
                Quote { text: self.text[start..end].to_owned(), start: span.start, end: span.end }
            })
            .collect()
    }

    /// The line or the sentence that holds a range of bytes, cut at words where it is too long.
    fn around(&self, (start, end): (usize, usize)) -> (usize, usize) {
        let before = &self.text[..start];
        let line = before.rfind(['\n', '\u{c}']).map_or(0, |at| at + 1);
        let from = [". ", "! ", "? ", "   "]
            .iter()
            .filter_map(|mark| before[line..].rfind(mark).map(|at| line + at + mark.len()))
            .max();
        let after = &self.text[end..];
        let line_end = after.find(['\n', '\u{c}']).map_or(self.text.len(), |at| end + at);
        let to = [". ", "! ", "? "]
            .iter()
            .filter_map(|mark| self.text[end..line_end].find(mark).map(|at| end + at + 1))
            .min();
        let to = to.into_iter().chain(self.text[end..line_end].find("   ").map(|at| end + at)).min();
        let (mut from, mut to) = (from.unwrap_or(line), to.unwrap_or(line_end));
        if self.text[from..to].chars().count() > LONGEST {
            (from, to) = self.window(from, to, start, end);
        }
        let shown = &self.text[from..to];
        let left = shown.trim_start_matches(|c: char| {
            c.is_whitespace() || matches!(c, '•' | '·' | '●' | '▪' | '*' | '-' | '–' | '➢' | '|' | '\u{f0b7}')
        });
        let from = (from + shown.len() - left.len()).min(start);
        (from, from.max(from + self.text[from..to].trim_end().len()))
    }

    /// A window of at most [`LONGEST`] characters around a mention, both ends between words.
    fn window(&self, from: usize, to: usize, start: usize, end: usize) -> (usize, usize) {
        let room = LONGEST.saturating_sub(self.text[start..end].chars().count());
        let (left, right) = (room / 2, room - room / 2);
        let back: usize = self.text[from..start].chars().rev().take(left).map(char::len_utf8).sum();
        let unused = left - self.text[from..start].chars().rev().take(left).count();
        let forth: usize = self.text[end..to].chars().take(right + unused).map(char::len_utf8).sum();
        let (mut first, mut last) = (start - back, end + forth);
        if first > from {
            first = self.text[first..start].find(char::is_whitespace).map_or(start, |at| first + at);
        }
        if last < to {
            last = self.text[end..last].rfind(char::is_whitespace).map_or(end, |at| end + at);
        }
        if self.text[first..last].chars().count() > LONGEST {
            // The mention alone is too long: its beginning, to the last word that fits.
            let cut: usize = self.text[start..end].chars().take(LONGEST).map(char::len_utf8).sum();
            last = self.text[start..start + cut].rfind(char::is_whitespace).map_or(start + cut, |at| start + at);
            first = start;
        }
        (first, last)
    }

    /// Where a word or phrase stands, whole words only and in any ASCII case; the first three places.
    pub fn find(&self, phrase: &str) -> Vec<Span> {
        let phrase = phrase.trim().to_ascii_lowercase();
        self.places(self.lower(), &phrase)
    }

    /// The same, in exactly this case: for abbreviations.
    pub fn find_exact(&self, phrase: &str) -> Vec<Span> {
        self.places(self.text, phrase.trim())
    }

    fn places(&self, text: &str, phrase: &str) -> Vec<Span> {
        if phrase.is_empty() {
            return Vec::new();
        }
        let sign = |c: char| c.is_alphanumeric() || matches!(c, '+' | '#');
        memmem::find_iter(text.as_bytes(), phrase)
            .filter(|at| {
                !(text[..*at].chars().next_back().is_some_and(char::is_alphanumeric)
                    && phrase.starts_with(char::is_alphanumeric))
            })
            .filter(|at| !text[at + phrase.len()..].chars().next().is_some_and(sign))
            .take(MOST)
            .map(|at| self.span(at, at + phrase.len()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quotation_is_the_sentence_around_the_words() {
        let text = "Größere Projekte.\n• Wrote Rust for five years. Then left.\nend";
        let source = Source::new(text);
        let quotes = source.quotes(source.find("rust"));
        assert_eq!(quotes[0].text, "Wrote Rust for five years.");
    }

    #[test]
    fn a_word_is_not_found_inside_another() {
        let source = Source::new("JavaScript, C++ and Django");
        assert!(source.find("java").is_empty() && source.find("c").is_empty() && source.find("go").is_empty());
        assert_eq!(source.find("c++").len(), 1);
    }

    proptest! {
        #[test]
        fn a_quotation_is_exactly_the_text_between_its_offsets(text in "[a-zé漢. \n•]{0,700}", at in 0_u32..700, len in 0_u32..300) {
            let source = Source::new(&text);
            let count = u32::try_from(text.chars().count()).unwrap();
            let start = at.min(count);
            let span = Span { start, end: (start + len).min(count) };
            for quote in source.quotes([span]) {
                prop_assert_eq!(&Span { start: quote.start, end: quote.end }.slice(&text), &quote.text);
                prop_assert!(quote.text.chars().count() <= LONGEST);
            }
        }
    }
}
