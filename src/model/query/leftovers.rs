//! What nobody understood: quoted phrases and refused words become words to look for, the rest is named as unresolved,
//! so that the recruiter sees it and it still ranks by its meaning.

use crate::model::taxonomy::tokens::Gap;

use super::{
    draft::Draft,
    interpretation::{Kind, WantedKeyword},
};

/// Words that carry a query's grammar, not its meaning.
const STOPS: &[&str] = &[
    "a",
    "an",
    "the",
    "and",
    "or",
    "but",
    "of",
    "in",
    "on",
    "at",
    "to",
    "for",
    "from",
    "with",
    "by",
    "as",
    "is",
    "are",
    "be",
    "was",
    "were",
    "has",
    "have",
    "had",
    "who",
    "that",
    "which",
    "we",
    "i",
    "you",
    "our",
    "my",
    "your",
    "their",
    "his",
    "her",
    "it",
    "its",
    "us",
    "need",
    "needs",
    "looking",
    "want",
    "wanted",
    "seeking",
    "search",
    "find",
    "show",
    "me",
    "please",
    "someone",
    "somebody",
    "anyone",
    "person",
    "people",
    "candidate",
    "candidates",
    "must",
    "should",
    "can",
    "could",
    "will",
    "would",
    "do",
    "does",
    "know",
    "knows",
    "knowing",
    "knowledge",
    "experience",
    "experienced",
    "skills",
    "skill",
    "skilled",
    "good",
    "great",
    "strong",
    "solid",
    "using",
    "use",
    "used",
    "also",
    "plus",
    "some",
    "any",
    "all",
    "other",
    "than",
    "then",
    "very",
    "well",
    "able",
    "ability",
    "required",
    "requires",
    "require",
    "requirement",
    "requirements",
    "mandatory",
    "essential",
    "years",
    "year",
    "level",
    "least",
    "most",
    "min",
    "max",
    "minimum",
    "about",
    "into",
    "over",
    "under",
    "between",
    "not",
    "no",
    "without",
    "never",
    "like",
    "such",
    "etc",
    "eg",
    "e.g",
    "i.e",
    "so",
    "if",
    "when",
    "where",
    "there",
    "here",
    "this",
    "these",
    "those",
    "only",
    "just",
    "both",
    "either",
    "expert",
    "expertise",
    "proficient",
    "proficiency",
    "specialised",
    "specialized",
    "background",
    "familiar",
    "familiarity",
    "worked",
    "work",
    "working",
    "got",
    "get",
    "hire",
    "hiring",
    "role",
    "position",
    "new",
    "open",
    "more",
    "up",
    "out",
    "been",
    "own",
    "ideally",
    "preferably",
    "via",
    "per",
    "und",
    "oder",
    "aber",
    "der",
    "die",
    "das",
    "den",
    "dem",
    "des",
    "ein",
    "eine",
    "einen",
    "einem",
    "einer",
    "mit",
    "ohne",
    "fur",
    "von",
    "im",
    "ins",
    "zu",
    "zum",
    "zur",
    "bei",
    "als",
    "auf",
    "an",
    "aus",
    "nach",
    "ist",
    "sind",
    "hat",
    "haben",
    "wir",
    "suchen",
    "gesucht",
    "sucht",
    "ich",
    "sie",
    "er",
    "es",
    "kein",
    "keine",
    "nicht",
    "erfahrung",
    "kenntnisse",
    "gute",
    "sehr",
    "jahre",
    "jahren",
    "mindestens",
    "sowie",
    "auch",
    "raum",
    "ca",
    "berufserfahrung",
    "umgang",
    "sicher",
    "sicherer",
    "muss",
    "soll",
    "kann",
    "bevorzugt",
    "nur",
    "hi",
    "hello",
    "hey",
    "thanks",
    "one",
    "two",
    "three",
];
/// Longest phrase kept as one; words nobody understands rarely belong together for longer.
const LONGEST: usize = 6;
/// Most phrases kept, so that a long query does not drown its answer.
const MOST: usize = 20;

/// Reads what is left.
pub(super) fn read(draft: &mut Draft) {
    quoted(draft);
    let mut at = 0;
    while at < draft.tokens.len() {
        if !open(draft, at) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < draft.tokens.len()
            && end - at < LONGEST
            && open(draft, end)
            && draft.tokens[end].gap == Gap::Joined
            && draft.kinds[end] == draft.kinds[at]
        {
            end += 1;
        }
        leave(draft, at, end);
        at = end;
    }
}

fn quoted(draft: &mut Draft) {
    for (first, last) in draft.quotes.clone() {
        if (first..last).any(|i| draft.claimed[i] || draft.dropped[i]) {
            continue;
        }
        let keyword = WantedKeyword { text: draft.slice(first, last).to_owned(), kind: draft.kind(first, last) };
        draft.claim(first, last);
        draft.out.keywords.push(keyword);
    }
}

fn open(draft: &Draft, at: usize) -> bool {
    let word = draft.word(at);
    !draft.claimed[at] && !draft.dropped[at] && !STOPS.contains(&word) && word.chars().any(char::is_alphabetic)
}

fn leave(draft: &mut Draft, first: usize, last: usize) {
    let text = draft.slice(first, last).to_owned();
    match draft.kinds[first] {
        Kind::Not if !draft.description => draft.out.keywords.push(WantedKeyword { text, kind: Kind::Not }),
        _ if draft.description || draft.out.unresolved.len() >= MOST => {}
        _ => draft.out.unresolved.push(text),
    }
}
