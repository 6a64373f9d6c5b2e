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
    /// Whether it is a band in figures ("3-5 years"), which grades a position and so means the career too.
    pub band: bool,
}

const NUMBER: &str = r"\d{1,2}(?:[.,]\d)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|half a|a couple of|a few|a dozen|an?|eine[mnrs]?|ein|einige|zwei|drei|vier|funf|fünf|sechs|sieben|acht|neun|zehn|zwolf|zwölf|fünfzehn|zwanzig|una?|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|quince|veinte|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|quinze|vingt";
const LEAST: &str = r"at least|a minimum of|min(?:imum|\.)?(?: of)?|mindestens|mind\.|over|more than|über|ab|from|wenigstens|mehr als|no less than|not less than|nicht unter|nicht weniger als|not under|not below|minimal|al menos|por lo menos|m[ií]nimo(?: de)?|m[aá]s de|au moins|plus de|minimum de";
const MOST_OF: &str = r"max(?:imum|\.)?(?: of)?|at most|up to|less than|under|fewer than|below|bis zu|höchstens|maximal|weniger als|unter|no more than|not more than|(?:como )?m[aá]ximo(?: de)?|au maximum|menos de|hasta|au plus|moins de";
const UNIT: &str = r"(years?|yrs?\b\.?|y\b|yoe|jahren?|jahre?n?|jahr\b|months?|monaten?|decades?|dekaden?|jahrzehnte?n?|a[ñn]os?\b|meses|mes\b|d[eé]cadas?|ans\b|an\b(?:\s+d)|ann[eé]es?|mois\b|d[eé]cennies?)";
const AFTER: &str = r"\s+or (?:more|longer|so)|\s+plus\b|\s*\+|\s+(?:as a )?minimum|\s+oder (?:mehr|länger)|\s+max\b|\s+at most|\s+or less|\s+at least|\s+o m[aá]s|\s+ou plus|\s+como m[ií]nimo|\s+(?:como )?m[aá]ximo|\s+au maximum|\s+maximum";
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

/// Words right behind the years that say no more.
const CARRIED: &[&str] = &[
    "of",
    "experience",
    "exp",
    "erfahrung",
    "professional",
    "work",
    "working",
    "overall",
    "total",
    "relevant",
    "hands",
    "on",
    "berufserfahrung",
    "in",
    "with",
    "behind",
    "them",
    "practice",
    "the",
    "job",
    "under",
    "belt",
    "their",
];
/// Articles, which count one only beside words of experience.
const ARTICLES: &[&str] = &["a", "an", "un", "une", "una", "ein", "eine", "einem", "einen", "einer", "eines"];
/// Words before "a year" that make it a length of experience; elsewhere it is a date, a rate or a term.
const WORKED_BEFORE: &[&str] = &["with", "has", "have", "having", "spent", "after", "mit", "con", "avec"];
/// The same behind it.
const WORKED_BEHIND: &[&str] =
    &["experience", "behind", "of", "minimum", "on", "in", "erfahrung", "berufserfahrung", "de", "as"];

/// "twice a year", "a year contract", "any": an article before the unit that counts nothing.
fn passing(draft: &Draft, found: &Captures<'_>, (first, last): (usize, usize)) -> bool {
    let (Some(number), Some(unit)) = (found.name("first"), found.name("unit")) else { return true };
    let article = ARTICLES.contains(&number.as_str().to_lowercase().as_str());
    let bounded = ["least", "least2", "most", "most2", "plus", "after"].iter().any(|name| found.name(name).is_some());
    let worked = WORKED_BEHIND.contains(&draft.word(last)) || WORKED_BEFORE.contains(&draft.back(first, 1));
    let spaced = unit.start() > number.end() && unit.len() > 2;
    article && !(spaced && (bounded || worked))
}

fn pattern() -> &'static Regex {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    PATTERN.get_or_init(|| {
        Regex::new(&format!(
            r"(?i)(?:\b(?P<least>{LEAST})\s+|\b(?P<most>{MOST_OF})\s+|(?P<least2>>=?\s?)|(?P<most2><=?\s?))?(?P<between>between\s+|zwischen\s+|von\s+|entre\s+)?\b(?P<first>{NUMBER})(?:\s*(?:-|–|—|to|and|bis|und|or|oder|y|o|a|à|et|ou)\s*(?P<second>{NUMBER}))?\s*(?P<plus>\+|plus\b|or more|oder mehr|o más|ou plus)?\s*-?\s*(?P<unit>{UNIT})(?P<after>{AFTER})?"
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
        let past = matches!(draft.word(last), "ago" | "old" | "zuvor") || draft.word(first) == "last";
        if first >= last || draft.is_claimed(first, last) || age || past || passing(draft, &found, (first, last)) {
            continue;
        }
        let (_, end) = draft.clause(first);
        let overall = (first..end.min(last + 5)).any(|i| draft.any_at(i, OVERALL).is_some());
        let between = found.name("between").is_some();
        let band = found.name("second").is_some() && !between;
        spans.push(Span { first, last, range, overall, band });
        draft.claim(first, last);
        let mut at = last;
        while CARRIED.contains(&draft.word(at)) && at < end {
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

/// An upper end said of one technology limits that alone, never the career. Nothing can be asked to be known for at most
/// so long: it is named as not understood.
pub(super) fn limit_skill(draft: &mut Draft, span: &Span) {
    if span.range.max.is_some() && !span.band && draft.out.years.max == span.range.max {
        draft.out.years.max = None;
        let text = draft.slice(span.first, span.last).to_owned();
        draft.out.unresolved.push(text);
    }
}

fn range(found: &Captures<'_>) -> Option<YearsRange> {
    let unit = found.name("unit")?.as_str().to_lowercase();
    let scale = match unit.as_str() {
        unit if unit.starts_with("mo") || unit.starts_with("mes") => 1.0 / 12.0,
        unit if unit.starts_with("de") || unit.starts_with("dé") || unit.starts_with("jahrz") => 10.0,
        _ => 1.0,
    };
    let first = number(found.name("first")?.as_str())? * scale;
    let second = found.name("second").and_then(|m| number(m.as_str())).map(|n| n * scale);
    let after = found.name("after").map_or("", |m| m.as_str()).trim().to_lowercase();
    let at_most = found.name("most").is_some()
        || found.name("most2").is_some()
        || matches!(after.as_str(), "at most" | "or less")
        || after.contains("max")
        || after.contains("máx");
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
        "half a" => 0.5,
        "a" | "an" | "one" | "ein" | "eine" | "einem" | "einen" | "einer" | "eines" | "un" | "una" | "uno" | "une" => {
            1.0
        }
        "two" | "a couple of" | "zwei" | "dos" | "deux" => 2.0,
        "three" | "a few" | "einige" | "drei" | "tres" | "trois" => 3.0,
        "four" | "vier" | "cuatro" | "quatre" => 4.0,
        "five" | "funf" | "fünf" | "cinco" | "cinq" => 5.0,
        "six" | "sechs" | "seis" => 6.0,
        "seven" | "sieben" | "siete" | "sept" => 7.0,
        "eight" | "acht" | "ocho" | "huit" => 8.0,
        "nine" | "neun" | "nueve" | "neuf" => 9.0,
        "ten" | "zehn" | "diez" | "dix" => 10.0,
        "eleven" => 11.0,
        "twelve" | "a dozen" | "zwolf" | "zwölf" => 12.0,
        "fifteen" | "fünfzehn" | "quince" | "quinze" => 15.0,
        "twenty" | "zwanzig" | "veinte" | "vingt" => 20.0,
        _ => return lower.replace(',', ".").parse().ok(),
    };
    Some(named)
}

#[cfg(test)]
mod tests {
    use crate::model::query::understand;

    #[test]
    fn an_upper_end_of_one_skill_limits_no_career() {
        for (query, skill, min, unresolved) in [
            ("less than 3 years Python", "Python", None, "less than 3 years"),
            ("weniger als 3 Jahre Python", "Python", None, "weniger als 3 Jahre"),
            ("between 4 and 7 years of Kubernetes", "Kubernetes", Some(4.0), "between 4 and 7 years"),
        ] {
            let read = understand(query);
            assert_eq!((read.years.min, read.years.max), (min, None), "{query}");
            assert_eq!((read.skills[0].label.as_str(), read.skills[0].min_years), (skill, min), "{query}");
            assert_eq!(read.unresolved, [unresolved], "{query}");
        }
        // A band in figures grades the position, and a trade is the career itself.
        for (query, min, max) in [
            ("3-5 years of Java", Some(3.0), Some(5.0)),
            ("up to 3 years of nursing", None, Some(3.0)),
            ("nurse with less than 3 years experience", None, Some(3.0)),
        ] {
            let years = understand(query).years;
            assert_eq!((years.min, years.max), (min, max), "{query}");
        }
    }

    #[test]
    fn maximum_is_an_upper_end_in_every_language() {
        for query in ["camarero con máximo 3 años de experiencia", "serveur avec au plus 3 ans d'expérience"] {
            let read = understand(query);
            assert_eq!((read.years.min, read.years.max), (None, Some(3.0)), "{query}");
            assert!(read.skills.iter().all(|s| s.label != "IBM Maximo"), "{query}");
        }
    }
}
