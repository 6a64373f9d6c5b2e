//! What nobody understood: quoted phrases and refused words become words to look for, the rest is named as unresolved,
//! so that the recruiter sees it and it still ranks by its meaning.

use crate::model::taxonomy::tokens::Gap;

use super::{
    draft::Draft,
    grammar,
    interpretation::{Kind, WantedKeyword, WantedTitle},
    titles::ends_a_title,
};

/// Conditions of the work: a resume that names one must not be excluded for it.
const CONDITIONS: &[&str] = &[
    "weekend",
    "accident",
    "accidents",
    "smoke",
    "alkohol",
    "alcohol",
    "drugs",
    "weekends",
    "travel",
    "criminal",
    "shift",
    "shifts",
    "overtime",
    "relocation",
    "visa",
    "sponsorship",
    "gaps",
    "hoppers",
    "hopping",
    "wochenende",
    "reisen",
    "night",
    "nights",
    "vorstrafen",
    "notice",
    "commute",
    "smoker",
    "smokers",
    "drama",
    "ego",
    "entry",
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
    !draft.claimed[at]
        && !draft.dropped[at]
        && !grammar::is_grammar(word, draft.language)
        && word.chars().any(char::is_alphabetic)
}

fn leave(draft: &mut Draft, first: usize, last: usize) {
    let text = draft.slice(first, last).to_owned();
    let condition = (first..last).any(|i| CONDITIONS.contains(&draft.word(i)));
    match draft.kinds[first] {
        Kind::Not if condition => draft.out.unresolved.push(format!("no {text}")),
        // "not a manager" is about what somebody was, not about a word that every resume has.
        Kind::Not if !draft.description && last == first + 1 && ends_a_title(draft.word(first)) => {
            draft.out.titles.push(WantedTitle { id: None, label: text, kind: Kind::Not, any_of: None });
        }
        Kind::Not if !draft.description => draft.out.keywords.push(WantedKeyword { text, kind: Kind::Not }),
        _ if draft.description || draft.out.unresolved.len() >= MOST => {}
        _ => draft.out.unresolved.push(text),
    }
}
