//! Certifications and licences asked for: the usual ones by name, others by "… certified" and "… certificate".

use std::{collections::HashMap, sync::OnceLock};

use crate::model::taxonomy::{
    occupations, seniority_word,
    tokens::{Gap, Token, fold, key},
};

use super::{draft::Draft, interpretation::WantedCertification, title_words::is_head};

/// Written for this project: `Usual name=other names`; one after `~` shows the certification in a resume, but is a title
/// in a query ("licensed plumber").
const KNOWN: &str = include_str!("certifications.txt");
/// Most words of a name.
const LONGEST: usize = 6;
/// Words that make what stands before them a certification.
const WORDS: &[&str] = &[
    "certificate",
    "certificates",
    "certification",
    "certifications",
    "certified",
    "license",
    "licence",
    "licensed",
    "zertifikat",
    "zertifizierung",
    "zertifiziert",
    "schein",
    "lizenz",
    "zertifizierter",
];
/// Words a certification's name does not hold.
const STOPS: &[&str] = &[
    "with",
    "a",
    "an",
    "the",
    "and",
    "or",
    "of",
    "in",
    "has",
    "have",
    "valid",
    "must",
    "no",
    "mit",
    "und",
    "oder",
    "be",
    "is",
    "who",
    "current",
    "any",
    "relevant",
    "professional",
    "required",
    "driving",
    "driver's",
    "driver",
    "drivers",
    "software",
];

fn known() -> &'static HashMap<String, &'static str> {
    static TABLE: OnceLock<HashMap<String, &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = HashMap::new();
        for line in KNOWN.lines() {
            let (label, others) = line.split_once('=').unwrap_or((line, ""));
            for name in std::iter::once(label).chain(others.split('|')).filter(|name| !name.starts_with('~')) {
                table.entry(key(name)).or_insert(label);
            }
        }
        table.remove("");
        table
    })
}

/// Every name of the certification with this usual name, which is the first of them.
pub fn names(label: &str) -> impl Iterator<Item = &str> {
    let line = KNOWN.lines().find(|line| line.split('=').next() == Some(label));
    let others = line.and_then(|line| line.split_once('=')).map_or("", |parts| parts.1);
    let others = others.split('|').filter(|name| !name.is_empty()).map(|name| name.trim_start_matches('~'));
    std::iter::once(label).chain(others)
}

/// Reads the certifications.
pub(super) fn read(draft: &mut Draft) {
    let mut at = 0;
    while at < draft.tokens.len() {
        let Some((last, label)) = named(draft, at).or_else(|| generic(draft, at)) else {
            at += 1;
            continue;
        };
        let mut end = last;
        while WORDS.contains(&draft.word(end)) && draft.tokens[end].gap == Gap::Joined {
            end += 1;
        }
        let kind = draft.kind(at, last);
        draft.claim(at, end);
        if draft.out.certifications.iter().all(|c| c.label != label) {
            draft.out.certifications.push(WantedCertification { label, kind });
        }
        at = end;
    }
}

fn named(draft: &Draft, first: usize) -> Option<(usize, String)> {
    let mut phrase = String::new();
    let mut found = None;
    for last in first + 1..=(first + LONGEST).min(draft.tokens.len()) {
        let token = &draft.tokens[last - 1];
        if last - 1 > first && token.gap == Gap::Break || draft.is_claimed(last - 1, last) {
            break;
        }
        if last - 1 > first {
            phrase.push(' ');
        }
        phrase.push_str(&token.text);
        if let Some(label) = known().get(&phrase) {
            // A short name in lower case may be a word ("safe", "leed"): it needs capitals or a word of certification.
            let short = last - first == 1 && token.text.len() <= 4;
            let shouted = draft.slice(first, last).chars().filter(|c| c.is_uppercase()).count() >= 2;
            let said = WORDS.contains(&draft.word(last)) || draft.tokens.len() <= 4;
            if (!short || shouted || said) && !names_a_post(draft, first, last) {
                found = Some((last, (*label).to_owned()));
            }
        }
    }
    found
}

/// "CSM for a product", "senior CSM": letters that also name an occupation are that where somebody is spoken of.
fn names_a_post(draft: &Draft, first: usize, last: usize) -> bool {
    let joined = |i: usize| draft.tokens.get(i).is_some_and(|t| t.gap == Gap::Joined);
    let held = joined(first) && matches!(draft.back(first, 1), "with" | "and" | "or" | "mit" | "und" | "oder" | "as");
    let before = joined(first)
        && (seniority_word(draft.back(first, 1)) && draft.back(first, 1) != "certified"
            || matches!(draft.back(first, 1), "a" | "saas"));
    let after = joined(last)
        && matches!(
            draft.word(last),
            "role" | "position" | "for" | "fur" | "who" | "with" | "mit" | "in" | "team" | "experience" | "at" | "bei"
        );
    let Some(post) = occupations().named(draft.slice(first, last)) else { return false };
    // "Customer success, CSM": the occupation's field stands elsewhere.
    let label = fold(&post.label);
    let field = label.rsplit_once(' ').map_or("", |parts| parts.0);
    let spoken = (0..draft.tokens.len()).any(|at| draft.phrase_at(at, field).is_some());
    // "Scrum master, CSM": the certification's field does.
    let certified = known().get(draft.slice(first, last).to_lowercase().as_str()).map(|label| fold(label));
    let own =
        |token: &Token| token.text.len() >= 5 && certified.as_ref().is_some_and(|label| label.contains(&token.text));
    spoken || !held && (before || after) && !draft.tokens.iter().any(own)
}

/// "high voltage certificate", "certified welder" as asked; only where nobody else would understand the words.
fn generic(draft: &Draft, first: usize) -> Option<(usize, String)> {
    let fits = |i: usize| !draft.is_claimed(i, i + 1) && !STOPS.contains(&draft.word(i));
    for words in 1..=3 {
        let end = first + words;
        // "warehouse supervisor, forklift licence" without the comma: the title is none of the licence's words.
        let titled = (first..end.saturating_sub(1)).any(|i| is_head(draft.word(i)));
        if end >= draft.tokens.len()
            || titled
            || !(first..end).all(fits)
            || (first + 1..=end).any(|i| draft.tokens[i].gap == Gap::Break)
        {
            return None;
        }
        if matches!(
            draft.word(end),
            "certificate"
                | "certification"
                | "license"
                | "licence"
                | "zertifikat"
                | "zertifizierung"
                | "schein"
                | "lizenz"
        ) {
            return Some((end + 1, draft.slice(first, end + 1).to_owned()));
        }
    }
    None
}
