//! What surrounds an occupation in a title: seniority, gender markers, endings. Taken off before a title is looked up,
//! so that "Senior Java-Entwicklerin (m/w/d)" and "java developer" meet.

use std::sync::OnceLock;

use regex::Regex;

use super::{
    tokens::{fold, tokens},
    words::is_english,
};

/// Words that grade a title and are no part of the occupation.
const SENIORITY: &[&str] = &[
    "senior",
    "sr",
    "junior",
    "jr",
    "lead",
    "principal",
    "staff",
    "mid",
    "midlevel",
    "medior",
    "intermediate",
    "entry",
    "level",
    "entrylevel",
    "trainee",
    "intern",
    "internship",
    "associate",
    "experienced",
    "erfahrener",
    "erfahrene",
    "leitender",
    "leitende",
    "chief",
    "head",
    "deputy",
    "stellvertretender",
    "stellvertretende",
    "acting",
    "interim",
    "freelance",
    "freelancer",
    "freiberuflicher",
    "certified",
    "qualified",
    "i",
    "ii",
    "iii",
    "iv",
    "1",
    "2",
    "3",
    "apprentice",
    "azubi",
    "auszubildender",
    "auszubildende",
    "werkstudent",
    "working",
    "student",
    "praktikant",
    "praktikantin",
    "graduate",
];

/// Heads of technical titles: a plain word before one ("Go engineer") is a technology.
const TECH_HEADS: &[&str] = &[
    "developer",
    "developers",
    "engineer",
    "engineers",
    "programmer",
    "programmers",
    "dev",
    "devs",
    "coder",
    "architect",
    "entwickler",
    "entwicklerin",
    "entwicklung",
    "programmierer",
    "programmiererin",
    "softwareentwickler",
    "softwareentwicklerin",
    "programming",
    "development",
    "backend",
    "frontend",
    "fullstack",
    "software",
    "coding",
    "ingenieur",
    "engineering",
    "programmierung",
    "microservices",
    "sre",
    "devops",
    "statistician",
    "statisticians",
    "biostatistician",
    "statistiker",
    "statistikerin",
];

/// Whether `word` (folded) is the head of a technical title.
pub fn is_tech_head(word: &str) -> bool {
    TECH_HEADS.contains(&word)
}

/// Whether `word` (folded) only grades a title.
pub fn seniority_word(word: &str) -> bool {
    SENIORITY.contains(&word)
}

/// The tokens of a title without what is no part of the occupation.
pub(super) fn bare(title: &str) -> Vec<String> {
    static MARKERS: OnceLock<Regex> = OnceLock::new();
    static ENDINGS: OnceLock<Regex> = OnceLock::new();
    let markers = MARKERS.get_or_init(|| {
        Regex::new(r"(?i)\(\s*[a-z*]\s*[/|,]\s*[a-z*](?:\s*[/|,]\s*[a-z*])?\s*\)|\b[mwfd]/[mwfd](?:/[mwfdx])?\b|\((?:all genders?|gn|f/m|m/f)[^)]*\)")
            .expect("the pattern is constant and tested")
    });
    let endings = ENDINGS.get_or_init(|| {
        Regex::new(r"(?i)(\p{L})(?:[:*_/]-?|\()in(?:nen)?\)?(\b|$)").expect("the pattern is constant and tested")
    });
    let title = markers.replace_all(title, " ");
    let title = endings.replace_all(&title, "$1");
    tokens(&title).into_iter().map(|t| t.text).collect()
}

/// Other forms of the last word: without plural or a feminine ending.
pub(super) fn forms(word: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut cut = |suffix: &str, instead: &str| {
        if let Some(stem) = word.strip_suffix(suffix).filter(|s| s.chars().count() >= 3) {
            out.push(format!("{stem}{instead}"));
        }
    };
    cut("ies", "y");
    cut("men", "man");
    cut("women", "man");
    cut("es", "");
    cut("s", "");
    cut("erinnen", "er");
    cut("innen", "");
    cut("erin", "er");
    cut("in", "");
    cut("in", "e");
    cut("frau", "mann");
    cut("leute", "mann");
    // "Angestellte" and "Angestellter"; but "promote" is no promoter.
    if !is_english(word) {
        cut("e", "er");
    }
    cut("er", "");
    cut("n", "");
    out
}

/// Cuts a title at the words that only say where or for whom.
pub(super) fn head(title: &str) -> &str {
    let cut = [" - ", " – ", " — ", ",", "|", ";", " @ ", " at ", " bei ", " (", " for ", " für ", " im ", " in "];
    let end = cut.iter().filter_map(|c| title.find(c)).filter(|at| *at > 0).min().unwrap_or(title.len());
    &title[..end]
}

/// `title` folded, spaces removed: "front end" and "frontend" meet here.
pub(super) fn compact(words: &[String]) -> String {
    words.iter().map(|w| fold(w)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_and_endings_go() {
        assert_eq!(bare("Entwickler:in (m/w/d)"), ["entwickler"]);
        assert_eq!(bare("Entwickler*innen"), ["entwickler"]);
        assert_eq!(bare("Pfleger/-in"), ["pfleger"]);
        assert!(forms("köchin").contains(&"köch".to_owned()));
    }
}
