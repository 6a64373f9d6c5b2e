//! Years of experience: "5+ years", "3-5 years", "between 7 and 12", "mindestens fünf Jahre", for the whole career or
//! for one skill.

use std::sync::OnceLock;

use regex::{Captures, Regex};

use super::{
    draft::Draft,
    interpretation::{Kind, YearsRange},
};

/// Years said at a place of the query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// Its tokens.
    pub first: usize,
    pub last: usize,
    /// What it says.
    pub range: YearsRange,
    /// Whether it says that it means the whole career.
    pub overall: bool,
}

const NUMBER: &str = r"(\d{1,2}(?:[.,]\d)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|ein|einem|zwei|drei|vier|funf|fünf|sechs|sieben|acht|neun|zehn|zwolf|zwölf|fünfzehn|zwanzig)";
/// More than this is no length of a career.
const MOST: f32 = 60.0;
const OVERALL: &[&str] = &[
    "overall",
    "total",
    "in all",
    "altogether",
    "insgesamt",
    "gesamt",
    "in total",
    "berufserfahrung",
    "professional experience",
    "work experience",
    "career",
];

fn pattern() -> &'static Regex {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    PATTERN.get_or_init(|| {
        let unit = r"(years?|yrs?\b\.?|y\b|yoe|jahren?|jahre?n?|months?|monaten?)";
        Regex::new(&format!(
            r"(?i)(?:\b(?P<least>at least|min(?:imum|\.)?(?: of)?|mindestens|mind\.|over|more than|über|ab|from|wenigstens|mehr als|no less than|not less than|minimal)\s+|\b(?P<most>max(?:imum|\.)?(?: of)?|at most|up to|less than|under|fewer than|below|bis zu|höchstens|maximal|weniger als|unter|no more than|not more than)\s+|(?P<least2>>=?\s?)|(?P<most2><=?\s?))?(?:between\s+|zwischen\s+|von\s+)?\b{NUMBER}(?:\s*(?P<range>-|–|—|to|and|bis|und|or|oder)\s*{NUMBER})?\s*(?P<plus>\+|plus\b|or more|oder mehr)?\s*-?\s*{unit}(?P<after>\s+or more|\s+plus\b|\s*\+|\s+minimum|\s+oder mehr|\s+max\b|\s+at most|\s+or less)?"
        ))
        .expect("the pattern is constant and tested")
    })
}

/// Reads every length of experience, and the range for the whole career.
pub(super) fn read(draft: &mut Draft) -> Vec<Span> {
    let text = draft.text.clone();
    let mut spans = Vec::new();
    for found in pattern().captures_iter(&text) {
        let Some(range) = range(&found) else { continue };
        let whole = found.get(0).expect("a match has a whole");
        let (first, last) = draft.range(whole.start(), whole.end());
        let age =
            matches!(draft.word(last), "old" | "alt") || draft.word(last) == "of" && draft.word(last + 1) == "age";
        if first >= last || draft.is_claimed(first, last) || age || draft.word(last) == "ago" {
            continue;
        }
        let (_, end) = draft.clause(first);
        let overall = (first..end.min(last + 5)).any(|i| draft.any_at(i, OVERALL).is_some());
        spans.push(Span { first, last, range, overall });
        draft.claim(first, last);
        let mut at = last;
        while matches!(
            draft.word(at),
            "of" | "experience"
                | "exp"
                | "erfahrung"
                | "professional"
                | "work"
                | "working"
                | "overall"
                | "total"
                | "relevant"
                | "hands"
                | "on"
                | "berufserfahrung"
                | "in"
                | "with"
        ) && at < end
        {
            draft.claim(at, at + 1);
            at += 1;
        }
    }
    draft.out.years = total(draft, &spans);
    spans
}

/// The whole career: what is said to be overall, else the widest demand of any part.
fn total(draft: &Draft, spans: &[Span]) -> YearsRange {
    let firm: Vec<&Span> = spans.iter().filter(|s| draft.kind(s.first, s.last) == Kind::Must).collect();
    if let Some(overall) = firm.iter().find(|s| s.overall) {
        return overall.range;
    }
    let min = firm.iter().filter_map(|s| s.range.min).reduce(f32::max);
    let max = if firm.len() == 1 { firm[0].range.max } else { None };
    YearsRange { min, max }
}

fn range(found: &Captures<'_>) -> Option<YearsRange> {
    let numbers: Vec<f32> = (1..found.len()).filter_map(|i| found.get(i)).filter_map(|m| number(m.as_str())).collect();
    let month = found.get(0)?.as_str().to_lowercase().contains("mon");
    let scale = if month { 1.0 / 12.0 } else { 1.0 };
    let first = numbers.first()? * scale;
    let second = numbers.get(1).map(|n| n * scale);
    let after = found.name("after").map_or("", |m| m.as_str()).trim().to_lowercase();
    let at_most = found.name("most").is_some()
        || found.name("most2").is_some()
        || matches!(after.as_str(), "max" | "at most" | "or less");
    if first > MOST || second.is_some_and(|s| s > MOST) {
        return None;
    }
    Some(match second {
        Some(second) => YearsRange { min: Some(first.min(second)), max: Some(first.max(second)) },
        None if at_most => YearsRange { min: None, max: Some(first) },
        None => YearsRange { min: Some(first), max: None },
    })
}

fn number(word: &str) -> Option<f32> {
    let lower = word.to_lowercase();
    let named = match lower.as_str() {
        "one" | "ein" | "einem" => 1.0,
        "two" | "zwei" => 2.0,
        "three" | "drei" => 3.0,
        "four" | "vier" => 4.0,
        "five" | "funf" | "fünf" => 5.0,
        "six" | "sechs" => 6.0,
        "seven" | "sieben" => 7.0,
        "eight" | "acht" => 8.0,
        "nine" | "neun" => 9.0,
        "ten" | "zehn" => 10.0,
        "eleven" => 11.0,
        "twelve" | "zwolf" | "zwölf" => 12.0,
        "fifteen" | "fünfzehn" => 15.0,
        "twenty" | "zwanzig" => 20.0,
        _ => return lower.replace(',', ".").parse().ok(),
    };
    Some(named)
}
