//! Languages a person speaks: every one named in a languages section, and elsewhere those with a level beside them.

use std::sync::LazyLock;

use regex::Regex;

use super::page::{Bytes, Page};
use super::sections::Part;
use super::words::pairs;
use crate::model::profile::{HeldLanguage, SectionKind};
use crate::model::taxonomy;

static LEVELS: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let mut all: Vec<_> = pairs(include_str!("data/levels.txt")).collect();
    all.sort_by_key(|(_, word)| std::cmp::Reverse(word.len()));
    all
});

static CEFR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?-u:\b)([ABC][12])(?-u:\b)").expect("the pattern is constant and valid"));

/// "fluent in Spanish", "bilingual", "spricht": the words that make a language outside its section count.
static CUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:fluent|fluency|native|bilingual|trilingual|multilingual|conversant|conversational|proficien(?:t|cy) in|speaks?|spoken|written|verhandlungssicher|fließend|muttersprach|languages?\s*(?:known|spoken)?\s*:|[abc][12](?-u:\b))")
        .expect("the pattern is constant and valid")
});

/// Whether a text names a natural language.
pub(super) fn names_one(text: &str) -> bool {
    !taxonomy::language_mentions(text).is_empty()
}

/// The languages of a resume, in order, each once with the best level that is stated.
pub(super) fn read(page: &Page<'_>, parts: &[Part]) -> Vec<HeldLanguage> {
    let mut out: Vec<HeldLanguage> = Vec::new();
    for part in parts {
        let section = part.kind == SectionKind::Languages;
        for index in part.lines.clone() {
            let line = page.lines[index];
            let line = Bytes { start: line.start.max(part.body.start), end: line.end };
            let text = line.of(page.text);
            if !section && !CUE.is_match(text) {
                continue;
            }
            let below = section && part.lines.contains(&(index + 1));
            let below = if below { page.line(index + 1) } else { "" };
            for found in of_line(page, line, below, section) {
                add(&mut out, found);
            }
        }
    }
    out
}

fn add(all: &mut Vec<HeldLanguage>, found: HeldLanguage) {
    match all.iter_mut().find(|other| other.code == found.code) {
        None => all.push(found),
        Some(other) if other.level.is_none() && found.level.is_some() => *other = found,
        Some(_) => {}
    }
}

fn of_line(page: &Page<'_>, line: Bytes, below: &str, section: bool) -> Vec<HeldLanguage> {
    let text = line.of(page.text);
    let mentions = taxonomy::language_mentions(text);
    let mut out = Vec::new();
    for (nth, mention) in mentions.iter().enumerate() {
        let next = mentions.get(nth + 1).map_or(text.len(), |next| next.start);
        let behind = &text[mention.end..next];
        let before = &text[if nth == 0 { 0 } else { mentions[nth - 1].end }..mention.start];
        let own = clause_end(behind);
        let listed = nth > 0
            && before
                .trim()
                .trim_matches([',', '/', '&'])
                .split_whitespace()
                .all(|w| matches!(w, "and" | "und" | "et" | "or"));
        let level = level(own)
            .or_else(|| level(before))
            .or_else(|| if listed { out.last().and_then(|last: &HeldLanguage| last.level.clone()) } else { None })
            .or_else(|| level(behind).filter(|_| section))
            .or_else(|| {
                level(below).filter(|_| nth + 1 == mentions.len() && !names_one(below) && behind.trim().is_empty())
            });
        let word = behind.trim_start().split(|c: char| !c.is_alphabetic()).next().unwrap_or("").to_lowercase();
        let people = matches!(
            word.as_str(),
            "teacher"
                | "teachers"
                | "literature"
                | "department"
                | "language"
                | "food"
                | "cuisine"
                | "market"
                | "embassy"
                | "lessons"
                | "class"
                | "classes"
                | "customers"
                | "company"
                | "army"
                | "club"
                | "studies"
        );
        if !section && (level.is_none() || people) {
            continue;
        }
        let bytes = Bytes { start: line.start + mention.start, end: line.start + mention.end };
        let confidence = if section { 0.95 } else { 0.75 };
        out.push(HeldLanguage { code: mention.id.to_owned(), level, span: page.span(bytes), confidence });
    }
    out
}

/// The text up to the next sign that ends an item.
fn clause_end(text: &str) -> &str {
    let start = text.find(|c: char| c.is_alphanumeric()).unwrap_or(text.len());
    let end = text[start..].find([',', ';', '|', '•', '·', '\n']).map_or(text.len(), |at| start + at);
    let opened = text[..start].contains([',', ';', '|', '•', '·']);
    if opened { "" } else { &text[..end] }
}

/// The level that a text states.
fn level(text: &str) -> Option<String> {
    if let Some(found) = CEFR.find(text) {
        return Some(found.as_str().to_owned());
    }
    let lower = text.to_lowercase();
    LEVELS.iter().find(|(_, word)| contains_word(&lower, word)).map(|(level, _)| (*level).to_owned())
}

/// Whether `text` holds `word` with no letter beside it.
pub(in crate::model) fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}
