//! How strongly each word is asked for: must, should ("nice to have", "ideally"), must not ("no", "kein", `NOT`, `-`),
//! or nothing at all ("rather than REST", "no degree required").

use crate::model::taxonomy::tokens::Gap;

use super::{draft::Draft, interpretation::Kind};

/// Softens what follows in the clause.
const SHOULD_BEFORE: &[&str] = &[
    "ideally",
    "preferably",
    "optionally",
    "nice to have",
    "nice to haves",
    "bonus",
    "bonus points for",
    "bonus for",
    "a plus",
    "plus points for",
    "idealerweise",
    "gerne",
    "wunschenswert",
    "von vorteil",
    "vorzugsweise",
    "optional",
    "otherwise",
    "would be nice",
    "prefer",
    "preferred",
    "preferring",
    "advantage",
    "desirable",
    "should have",
    "should know",
    "am besten",
    "bevorzugt",
    "good to have",
    "pluspunkte fur",
    "if possible",
    "wenn moglich",
    "falls moglich",
    "it would be great",
    "would love",
    "alternatively",
    "sollte",
];
/// Softens what precedes in the clause.
const SHOULD_AFTER: &[&str] = &[
    "nice to have",
    "a plus",
    "is a plus",
    "are a plus",
    "would be a plus",
    "preferred",
    "is preferred",
    "desirable",
    "a bonus",
    "is a bonus",
    "bonus",
    "optional",
    "is nice",
    "would be nice",
    "an advantage",
    "is an advantage",
    "advantageous",
    "wunschenswert",
    "ist wunschenswert",
    "von vorteil",
    "ist von vorteil",
    "sind von vorteil",
    "ware schon",
    "ein plus",
    "ist ein plus",
    "good to have",
    "would be great",
    "appreciated",
    "welcome",
    "bevorzugt",
    "if possible",
    "a big plus",
    "a strong plus",
    "desired",
    "ware toll",
    "ware gut",
    "helpful",
    "beneficial",
    "hilfreich",
    "ware ein plus",
    "nice",
    "as a plus",
    "as a bonus",
    "not required",
    "not mandatory",
    "but not required",
    "not necessary",
    "kein muss",
    "not essential",
    "not a must",
];
/// Hardens what follows again.
const MUST: &[&str] = &[
    "must",
    "required",
    "requires",
    "need",
    "needs",
    "mandatory",
    "essential",
    "zwingend",
    "muss",
    "erforderlich",
    "definitely",
    "unbedingt",
];
/// Denies what follows.
const NOT: &[&str] = &[
    "no",
    "not",
    "never",
    "without",
    "except",
    "excluding",
    "exclude",
    "avoid",
    "neither",
    "nor",
    "kein",
    "keine",
    "keinen",
    "keinem",
    "keiner",
    "keinerlei",
    "nicht",
    "ohne",
    "nie",
    "niemals",
    "weder",
    "ausser",
    "don't",
    "doesn't",
    "dont",
    "hasn't",
    "haven't",
    "isn't",
    "minus",
    "nobody",
    "didn't",
    "shouldn't",
    "lacking",
];
/// Ends a denial.
const CONTRAST: &[&str] = &[
    "but",
    "sondern",
    "aber",
    "jedoch",
    "instead",
    "however",
    "although",
    "must",
    "should",
    "knows",
    "only",
    "stattdessen",
    "and not",
    "who",
];
/// Turns a denial into none.
const TURNS: &[&str] = &[
    "only",
    "just",
    "later",
    "less",
    "more",
    "nur",
    "weniger",
    "mehr als",
    "necessarily",
    "sure",
    "matter",
    "fewer",
    "zwingend",
    "unbedingt",
];
/// After a denied thing: it is merely not asked for.
const WAIVES: &[&str] = &[
    "required",
    "needed",
    "necessary",
    "mandatory",
    "essential",
    "erforderlich",
    "notig",
    "notwendig",
    "expected",
    "important",
];
/// What stands before something that is set aside, without being refused.
const ASIDE: &[&str] = &["rather than", "instead of", "anstatt", "anstelle von", "statt", "more than"];

/// Most words a denial or a softening covers; a longer clause has gone on to something else.
const REACH: usize = 40;

/// Marks every token.
pub(super) fn read(draft: &mut Draft) {
    let count = draft.tokens.len();
    let mut at = 0;
    while at < count {
        let (first, last) = draft.clause(at);
        soften(draft, first, last);
        at = last.max(at + 1);
    }
    for at in 0..count {
        deny(draft, at);
        set_aside(draft, at);
    }
}

fn soften(draft: &mut Draft, first: usize, last: usize) {
    let mut at = first;
    while at < last {
        let before = draft.any_at(at, SHOULD_BEFORE).filter(|n| at + n < last || ends_with_colon(draft, last));
        let after = draft.any_at(at, SHOULD_AFTER).filter(|_| at > first);
        if let Some(words) = after.filter(|n| at + n >= last || before.is_none()) {
            let from = (first..at)
                .rev()
                .find(|i| matches!(draft.word(*i), "with" | "mit" | "but" | "aber" | "required" | "must"))
                .map_or(first, |i| i + 1);
            let from = if from >= at { first } else { from };
            draft.kinds[from..at].fill(Kind::Should);
            draft.claim(at, at + words);
            at += words;
            continue;
        }
        if let Some(words) = before {
            let end = (at + words..last.min(at + REACH))
                .find(|i| MUST.contains(&draft.word(*i)) || matches!(draft.word(*i), "but" | "aber"))
                .unwrap_or(last);
            draft.kinds[at..end].fill(Kind::Should);
            draft.claim(at, at + words);
            // "Nice to have: a, b, c" and "ideally a, b and c" go on over commas.
            carry(draft, at + words, end);
            at = end.max(at + words);
            continue;
        }
        if after.is_some() { at += after.unwrap_or(1) } else { at += 1 }
    }
}

fn ends_with_colon(draft: &Draft, last: usize) -> bool {
    last < draft.tokens.len() && draft.between(last).contains(':')
}

/// Softens the rest of an enumeration: after a colon to the end of the sentence, after a comma while a list goes on to "and"/"or".
fn carry(draft: &mut Draft, from: usize, end: usize) {
    let count = draft.tokens.len();
    let colon = from >= end && end < count && draft.between(end).contains(':');
    let mut at = end;
    while at < count {
        let gap = draft.between(at).to_owned();
        let (_, stop) = draft.clause(at);
        let listed = gap.contains(',')
            && stop - at <= 4
            && (at..stop).any(|i| matches!(draft.word(i), "and" | "or" | "und" | "oder"));
        if gap.contains(['.', ';', '\n', ')'])
            || !(colon || listed)
            || MUST.contains(&draft.word(at))
            || NOT.contains(&draft.word(at))
        {
            return;
        }
        draft.kinds[at..stop].fill(Kind::Should);
        at = stop;
    }
}

fn deny(draft: &mut Draft, at: usize) {
    let gap = draft.between(at);
    let dashed = gap.ends_with('-') && (gap.len() == 1 && at == 0 || gap.ends_with(" -") || gap.ends_with("(-"));
    if dashed && draft.tokens[at].gap == Gap::Break {
        let quoted = draft.quotes.iter().find(|q| q.0 == at).map_or(at + 1, |q| q.1);
        draft.kinds[at..quoted].fill(Kind::Not);
        return;
    }
    if !NOT.contains(&draft.word(at)) || draft.claimed[at] {
        return;
    }
    if draft.any_at(at + 1, TURNS).is_some() {
        return;
    }
    let last = draft.clause(at).1.min(at + REACH);
    let longer = usize::from(matches!(draft.word(at + 1), "longer" | "mehr" | "at" | "any"));
    let from = at + 1 + longer;
    // Upper-case NOT before a parenthesis reaches to its end.
    let boolean = draft.slice(at, at + 1) == "NOT";
    let opened = from < draft.tokens.len() && draft.between(from).contains('(');
    let mut end = if opened { close(draft, from) } else { list_end(draft, from.min(last), last) };
    if boolean && !opened {
        end = draft.quotes.iter().find(|q| q.0 == from).map_or((from + 3).min(last), |q| q.1);
    }
    let end = (from..end)
        .find(|i| draft.any_at(*i, CONTRAST).is_some() || boolean && matches!(draft.slice(*i, i + 1), "AND" | "OR"))
        .unwrap_or(end);
    if from >= end {
        return;
    }
    if WAIVES.contains(&draft.word(end - 1)) {
        draft.dropped[at..end].fill(true);
        return;
    }
    draft.kinds[at..end].fill(Kind::Not);
    draft.claim(at, from);
}

fn close(draft: &Draft, from: usize) -> usize {
    (from + 1..draft.tokens.len()).find(|i| draft.between(*i).contains(')')).unwrap_or(draft.tokens.len())
}

/// Where a denied list ends: "no PHP, Perl or Ruby" goes on over the comma because an "or" follows.
fn list_end(draft: &Draft, from: usize, last: usize) -> usize {
    let mut end = last;
    while end < draft.tokens.len() && end > from {
        let (_, next) = draft.clause(end);
        let or = (end..next).any(|i| matches!(draft.word(i), "or" | "oder" | "nor"));
        let short = next - end <= 3 && last - from <= 4 && draft.between(end).trim() == ",";
        let denied = NOT.contains(&draft.word(end));
        let enumerates = or || draft.word(end.saturating_sub(1)) == "or";
        if !(short && enumerates) || denied {
            break;
        }
        end = next;
    }
    end
}

fn set_aside(draft: &mut Draft, at: usize) {
    let Some(words) = draft.any_at(at, ASIDE) else { return };
    let (_, last) = draft.clause(at);
    if draft.tokens.get(at + words).is_some_and(|t| t.text.starts_with(|c: char| c.is_ascii_digit()))
        || words == 2 && draft.word(at) == "more"
    {
        return;
    }
    draft.dropped[at..last.min(at + words + 4)].fill(true);
}
