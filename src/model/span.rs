//! A stretch of a resume's text, so that every claim can point at the words that prove it.

use serde::{Deserialize, Serialize};

/// A half-open range of Unicode scalar values in a resume's extracted text: `start` is inside, `end` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Span {
    /// Offset of the first character.
    pub start: u32,
    /// Offset after the last character.
    pub end: u32,
}

impl Span {
    /// The span of the byte range `start..end` of `text`, counted in Unicode scalar values.
    ///
    /// # Panics
    /// If either end is not on a character boundary of `text`.
    pub fn of_bytes(text: &str, start: usize, end: usize) -> Self {
        let before = text[..start].chars().count();
        let inside = text[start..end].chars().count();
        Self { start: offset(before), end: offset(before + inside) }
    }

    /// The characters of `text` inside this span; shorter where the text ends early.
    pub fn slice(self, text: &str) -> String {
        text.chars().skip(self.start as usize).take(self.end.saturating_sub(self.start) as usize).collect()
    }

    /// Whether `other` lies wholly inside this span.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

fn offset(value: usize) -> u32 {
    u32::try_from(value).expect("a resume's text is far below four billion characters")
}
