//! Misspelt names: a word that is neither in the taxonomy nor an ordinary word, but one or two letters away from a name,
//! is read as that name, and the answer says so.

use std::{collections::HashMap, sync::OnceLock};

use crate::model::taxonomy::{is_ordinary, language, occupations, places, skills, tokens::fold};

use super::{draft::Draft, grammar, interpretation::Correction};

/// Words known to be right, by length; the number is how much they are preferred.
struct Vocabulary {
    by_length: Vec<Vec<(&'static str, u8)>>,
    known: HashMap<&'static str, u8>,
}

/// Shorter words have too many neighbours to guess.
const SHORTEST: usize = 4;
/// From this length two letters may be wrong.
const TWO_FROM: usize = 6;
/// How many of the taxonomy's entries are the hand-written ones, whose words are worth correcting to.
const CORE_SKILLS: usize = 2020;
const CORE_OCCUPATIONS: usize = 480;

fn vocabulary() -> &'static Vocabulary {
    static WORDS: OnceLock<(Vec<String>, Vec<u8>)> = OnceLock::new();
    static TABLE: OnceLock<Vocabulary> = OnceLock::new();
    TABLE.get_or_init(|| {
        let (words, ranks) = WORDS.get_or_init(gather);
        let mut by_length = vec![Vec::new(); 32];
        let mut known: HashMap<&'static str, u8> = HashMap::with_capacity(words.len());
        for (word, rank) in words.iter().zip(ranks) {
            let length = word.chars().count();
            if known.insert(word, *rank).is_none() && (SHORTEST..by_length.len()).contains(&length) {
                by_length[length].push((word.as_str(), *rank));
            }
        }
        Vocabulary { by_length, known }
    })
}

fn gather() -> (Vec<String>, Vec<u8>) {
    let mut out = (Vec::new(), Vec::new());
    let mut add = |name: &str, rank: u8| {
        for token in crate::model::taxonomy::tokens::tokens(name) {
            out.0.push(token.text);
            out.1.push(rank);
        }
    };
    for skill in skills().all().iter().take(CORE_SKILLS) {
        add(&skill.label, if skill.technical { 3 } else { 2 });
        skill.aliases.iter().for_each(|a| add(a, 2));
    }
    for occupation in occupations().all().iter().take(CORE_OCCUPATIONS) {
        add(&occupation.label, 2);
        occupation.aliases.iter().for_each(|a| add(a, 1));
    }
    for word in [
        "senior",
        "junior",
        "experience",
        "experienced",
        "remote",
        "bachelor",
        "master",
        "certified",
        "fluent",
        "native",
    ] {
        add(word, 2);
    }
    out
}

/// The query with its misspelt words put right, and what was changed; nothing where nothing was.
pub(super) fn corrected(query: &str, draft: &Draft) -> Option<(String, Vec<Correction>)> {
    if draft.description || draft.language.is_some() || draft.text.len() != query.len() {
        return None;
    }
    let mut text = String::with_capacity(query.len());
    let mut corrections = Vec::new();
    let mut since = 0;
    for (i, token) in draft.tokens.iter().enumerate() {
        let grammar = grammar::is_grammar_anywhere(&token.text);
        let understood = grammar || draft.claimed[i] && !in_unknown_title(draft, i);
        if understood || draft.dropped[i] || draft.quotes.iter().any(|q| q.0 <= i && i < q.1) {
            continue;
        }
        // A capital inside a query marks a name: only a long one is close enough to a single other name.
        if token.capital && i > 0 && token.text.chars().count() < 7 {
            continue;
        }
        let Some(to) = nearest(&token.text) else { continue };
        text.push_str(&query[since..token.start]);
        text.push_str(to);
        since = token.end;
        corrections.push(Correction {
            from: query[token.start..token.end].to_owned(),
            to: to.to_owned(),
            applied: true,
        });
    }
    if corrections.is_empty() {
        return None;
    }
    text.push_str(&query[since..]);
    Some((text, corrections))
}

/// A title that was only guessed from its head may hold a misspelt word ("javascrpt engineer").
fn in_unknown_title(draft: &Draft, at: usize) -> bool {
    let word = draft.word(at);
    draft.out.titles.iter().any(|t| fold(&t.label).split([' ', '-']).any(|w| w == word))
}

/// The name `word` most likely means.
fn nearest(word: &str) -> Option<&'static str> {
    let length = word.chars().count();
    if !(SHORTEST..=30).contains(&length) || !word.chars().all(char::is_alphabetic) || right(word) {
        return None;
    }
    let most = if length >= TWO_FROM { 2 } else { 1 };
    let words = vocabulary();
    let mut best: Option<(usize, u8, &'static str)> = None;
    let mut tied = false;
    for candidates in &words.by_length[length.saturating_sub(most)..=(length + most).min(words.by_length.len() - 1)] {
        for (candidate, rank) in candidates {
            if !candidate.starts_with(&word[..word.chars().next().map_or(0, char::len_utf8)]) {
                continue;
            }
            let distance = strsim::osa_distance(word, candidate);
            if distance > most || distance == 2 && !same_letters(word, candidate) && (length < 8 || *rank < 3) {
                continue;
            }
            let better = best.is_none_or(|b| (distance, 255 - rank) < (b.0, 255 - b.1));
            tied = if better { false } else { tied || best.is_some_and(|b| (b.0, b.1) == (distance, *rank)) };
            if better {
                best = Some((distance, *rank, candidate));
            }
        }
    }
    best.filter(|_| !tied).map(|b| b.2)
}

fn same_letters(a: &str, b: &str) -> bool {
    let sorted = |w: &str| {
        let mut letters: Vec<char> = w.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(a) == sorted(b)
}

/// Whether `word` is known as it is, in this form or without an ending.
fn right(word: &str) -> bool {
    let stems = ["", "s", "es", "n", "en", "er", "in", "ed", "ing", "e", "em"];
    let known = |w: &str| {
        vocabulary().known.contains_key(w)
            || is_ordinary(w)
            || skills().resolve(w).is_some()
            || occupations().resolve(w).is_some()
    };
    let stemmed = stems.iter().filter_map(|s| word.strip_suffix(s)).filter(|s| s.chars().count() >= 3).any(known);
    // The tables spell "organized"; "organised" is as right.
    let british = word.contains("is") && known(&word.replace("ise", "ize").replace("isi", "izi").replace("isa", "iza"));
    stemmed || british || places().resolve(word).is_some() || language(word).is_some()
}

#[cfg(test)]
mod tests {
    use crate::model::query::understand;

    #[test]
    fn a_british_spelling_is_right() {
        assert!(understand("organised nurse").corrections.is_empty());
    }

    #[test]
    fn a_small_word_of_any_language_is_never_corrected() {
        assert!(understand("desarrollador Java pero sin PHP").corrections.is_empty());
    }
}
