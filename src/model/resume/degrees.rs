//! Finds degrees and schools in a text, and says what level a degree is of.

use std::sync::LazyLock;

use regex::Regex;

use super::page::Bytes;
use super::words::{is_named, pairs};
use crate::model::profile::EducationLevel;

/// One expression for the words in any case, and one for those that count only as written; each with its levels.
struct Degrees {
    any: Regex,
    exact: Regex,
    levels: Vec<(String, EducationLevel)>,
}

static DEGREES: LazyLock<Degrees> = LazyLock::new(|| {
    let mut all: Vec<(&str, &str)> = pairs(include_str!("data/degrees.txt")).collect();
    all.sort_by_key(|(_, word)| std::cmp::Reverse(word.len()));
    let alternatives = |exact: bool| {
        let words = all.iter().filter(|(_, word)| word.starts_with('=') == exact);
        words.map(|(_, word)| regex::escape(word.trim_start_matches('='))).collect::<Vec<_>>().join("|")
    };
    let build = |flags: &str, exact: bool| {
        Regex::new(&format!(r"{flags}(?-u:\b)(?:{})(?:\.|(?-u:\b))", alternatives(exact)))
            .expect("words of the data file are escaped")
    };
    let levels = all.iter().filter_map(|(level, word)| {
        let level = serde_json::from_value(serde_json::Value::String((*level).to_owned())).ok()?;
        Some((word.trim_start_matches('=').to_lowercase(), level))
    });
    Degrees { levels: levels.collect(), any: build("(?i)", false), exact: build("", true) }
});

static SCHOOL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:universit(?:y|ies|ät|aet|é|e|à|at)|univ\.?|college|institute?|school|academy|akademie|hochschule|fachhochschule|technische|polytechnic|polytechnique|gymnasium|realschule|berufsschule|schule|école|ecole|lycée|iut|iufm|collège|faculty|seminary|conservatory|iit|nit|suny|mit|eth|tu|fh)(?-u:\b)|\p{L}+(?:schule|universität|gymnasium)(?-u:\b)")
        .expect("the pattern is constant and valid")
});

/// What a text about a degree says and the degree itself does not: a thesis, or a sentence.
static ABOUT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:master|bachelor|diplom|doctoral)(?:['’]?s)?[ -]?(?:thes[ei]s|arbeit)(?-u:\b)|(?-u:\b)(?:was|were|which|my)(?-u:\b)")
        .expect("the pattern is constant and valid")
});

/// Words that say what kind of school one is; a name has others too.
static KINDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:(?:school|college|university|universität|universite|université|institute?|academy|hochschule|schule|high|secondary|higher|primary|middle|senior|junior|public|grammar|graduate|graduated|diploma|engineering|of|the|at|from|and|my|board|faculty)[\s.,&-]*)+$")
        .expect("the pattern is constant and valid")
});

/// Whether a text in a school's place is more likely something else: a kind of school without a name, or a phrase.
pub(super) fn is_doubtful_school(text: &str) -> bool {
    KINDS.is_match(text) || !is_named(text) || ABOUT.is_match(text) || text.contains([':', '%'])
}

/// Whether a degree is only a kind of school, or a certificate of anything.
pub(super) fn is_doubtful_degree(text: &str) -> bool {
    let lower = text.to_lowercase();
    let kind =
        lower.contains("school") && !["diploma", "certificate", "degree"].iter().any(|word| lower.contains(word));
    kind || lower.starts_with("certificat")
}

/// The first degree of a text and its level.
pub(super) fn degree(text: &str) -> Option<(Bytes, EducationLevel)> {
    if ABOUT.is_match(text) {
        return None;
    }
    let any = DEGREES.any.find(text);
    let exact = DEGREES.exact.find(text);
    let found = match (any, exact) {
        (Some(a), Some(b)) => {
            if b.start() < a.start() {
                b
            } else {
                a
            }
        }
        (a, b) => a.or(b)?,
    };
    let word = found.as_str().to_lowercase();
    let word = word.trim_end_matches('.');
    let level =
        DEGREES.levels.iter().find(|(known, _)| known.trim_end_matches('.') == word).map(|(_, level)| *level)?;
    Some((Bytes { start: found.start(), end: found.end() }, level))
}

/// Where a text says that something is a school or university.
pub(super) fn school(text: &str) -> Option<Bytes> {
    let certified = |found: &regex::Match<'_>| {
        text[found.start()..].to_lowercase().starts_with("high school")
            || text[..found.start()].to_lowercase().ends_with("high ")
    };
    SCHOOL
        .find_iter(text)
        .find(|found| {
            let short = found.as_str().len() <= 4 && found.as_str().chars().any(char::is_lowercase);
            let diploma = text[found.end()..].trim_start().to_lowercase().starts_with("diploma");
            !short && (!diploma || !certified(found))
        })
        .map(|found| Bytes { start: found.start(), end: found.end() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_school_without_a_name_is_doubted() {
        for text in
            ["School", "High School", "College of Engineering", "grammar school", "trained at the school of my town"]
        {
            assert!(is_doubtful_school(text), "{text}");
        }
        for text in
            ["Somewhere High School", "University of Bath", "St. Anna's School", "Technische Universität Musterstadt"]
        {
            assert!(!is_doubtful_school(text), "{text}");
        }
    }

    #[test]
    fn a_thesis_and_a_sentence_are_no_degree() {
        for text in [
            "Master Thesis: Bridges of wood",
            "Thema der Diplomarbeit: Brücken",
            "My bachelor's thesis",
            "The master was hard",
        ] {
            assert!(degree(text).is_none(), "{text}");
        }
        assert!(degree("Master of Science in Bridges").is_some());
    }
}
