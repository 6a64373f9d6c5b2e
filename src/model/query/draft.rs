//! The query while it is being read: its tokens, which of them are understood already, and how strongly each clause
//! asks. Every concern works on this and writes its part of the interpretation.

use crate::model::taxonomy::tokens::{Gap, Token, tokens};

use super::grammar;
use super::interpretation::{Interpretation, Kind};

/// A query longer than this, or of this many lines, is read as a job description.
const DESCRIPTION_LENGTH: usize = 600;
const DESCRIPTION_LINES: usize = 6;

/// A query being read.
#[derive(Debug)]
pub(super) struct Draft {
    /// The query without gender markers.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// Which tokens are understood, or carry no meaning.
    pub claimed: Vec<bool>,
    /// How strongly each token asks.
    pub kinds: Vec<Kind>,
    /// Tokens that must not become anything ("rather than REST", a company's benefits).
    pub dropped: Vec<bool>,
    /// Quoted phrases, as token ranges.
    pub quotes: Vec<(usize, usize)>,
    /// Whether it is a pasted job description.
    pub description: bool,
    /// Its language, where that is neither English nor German.
    pub language: Option<&'static str>,
    /// What is understood so far.
    pub out: Interpretation,
}

impl Draft {
    /// A draft of `query`, nothing understood yet.
    pub fn new(query: &str) -> Self {
        let text = without_gender_markers(query);
        let tokens = tokens(&text);
        let count = tokens.len();
        let quotes = quotes(&text, &tokens);
        let description = is_description(&text);
        let language = grammar::language(&tokens);
        Self {
            text,
            tokens,
            claimed: vec![false; count],
            kinds: vec![Kind::Must; count],
            dropped: vec![false; count],
            quotes,
            description,
            language,
            out: Interpretation::default(),
        }
    }

    /// The folded token at `at`; empty outside.
    pub fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |t| t.text.as_str())
    }

    /// The folded token `steps` before `at`; empty where there is none.
    pub fn back(&self, at: usize, steps: usize) -> &str {
        at.checked_sub(steps).map_or("", |i| self.word(i))
    }

    /// Whether the words of `phrase` stand at `at`; how many they are.
    pub fn phrase_at(&self, at: usize, phrase: &str) -> Option<usize> {
        let mut count = 0;
        for word in phrase.split(' ') {
            if self.word(at + count) != word {
                return None;
            }
            count += 1;
        }
        Some(count)
    }

    /// The longest of `phrases` that stands at `at`.
    pub fn any_at(&self, at: usize, phrases: &[&str]) -> Option<usize> {
        let word = self.word(at);
        if word.is_empty() {
            return None;
        }
        // The first word decides nearly always; it is compared before the phrase is cut.
        phrases.iter().filter(|p| p.starts_with(word)).filter_map(|p| self.phrase_at(at, p)).max()
    }

    /// Whether any token of the range is understood already or must not be.
    pub fn is_claimed(&self, first: usize, last: usize) -> bool {
        (first..last).any(|i| self.claimed[i] || self.dropped[i])
    }

    /// Marks the range as understood.
    pub fn claim(&mut self, first: usize, last: usize) {
        let last = last.min(self.claimed.len());
        self.claimed[first.min(last)..last].fill(true);
    }

    /// The text of the range, as asked.
    pub fn slice(&self, first: usize, last: usize) -> &str {
        match (self.tokens.get(first), last.checked_sub(1).and_then(|i| self.tokens.get(i))) {
            (Some(a), Some(b)) if a.start <= b.end => &self.text[a.start..b.end],
            _ => "",
        }
    }

    /// The tokens that a byte range covers.
    pub fn range(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.tokens.partition_point(|t| t.end <= start);
        let last = self.tokens.partition_point(|t| t.start < end);
        (first, last.max(first))
    }

    /// The clause around token `at`: tokens up to the next punctuation on both sides.
    pub fn clause(&self, at: usize) -> (usize, usize) {
        let first = (0..=at).rev().find(|i| self.tokens[*i].gap == Gap::Break).unwrap_or(0);
        let last = (at + 1..self.tokens.len()).find(|i| self.tokens[*i].gap == Gap::Break).unwrap_or(self.tokens.len());
        (first, last)
    }

    /// The text between token `at` and the one before it.
    pub fn between(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |i| self.tokens[i].end);
        self.tokens.get(at).map_or("", |t| &self.text[start..t.start])
    }

    /// The weakest way in which the range is asked for.
    pub fn kind(&self, first: usize, last: usize) -> Kind {
        self.kinds[first..last].iter().copied().max().unwrap_or_default()
    }
}

/// Whether a query is read as a job description.
pub(super) fn is_description(text: &str) -> bool {
    text.len() > DESCRIPTION_LENGTH || text.lines().filter(|l| !l.trim().is_empty()).count() >= DESCRIPTION_LINES
}

/// "(m/w/d)" and the like say nothing about who is wanted; blanks keep every offset.
fn without_gender_markers(query: &str) -> String {
    use std::sync::OnceLock;
    static MARKERS: OnceLock<regex::Regex> = OnceLock::new();
    let markers = MARKERS.get_or_init(|| {
        regex::Regex::new(
            r"(?i)\(\s*[mwfdxi*](?:\s*[/|,]\s*[mwfdxi*]){1,3}\s*\)|\b[mwf]/[mwf]/[dx]\b|(?:[:*_]|/-?)in(?:nen)?\b",
        )
        .expect("the pattern is constant and tested")
    });
    markers.replace_all(query, |m: &regex::Captures<'_>| " ".repeat(m[0].len())).into_owned()
}

fn quotes(text: &str, tokens: &[Token]) -> Vec<(usize, usize)> {
    let marks: Vec<usize> = text.match_indices(['"', '“', '”', '„']).map(|m| m.0).collect();
    marks
        .chunks_exact(2)
        .map(|pair| (tokens.partition_point(|t| t.end <= pair[0]), tokens.partition_point(|t| t.start < pair[1])))
        .filter(|(first, last)| first < last)
        .collect()
}
