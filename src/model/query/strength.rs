//! How strongly each word is asked for: must, should ("nice to have", "ideally"), must not ("no", "kein", `NOT`, `-`),
//! or nothing at all ("rather than REST", "no degree required").

use crate::model::taxonomy::{denies as is_denial, skills, tokens::Gap};

use super::{
    draft::Draft,
    interpretation::Kind,
    strength_words::{
        ASIDE, CONTRAST, DENIED_OF, EITHER_WAY, KNOWS, MUST, NOT_ABROAD, SHOULD_AFTER, SHOULD_BEFORE, TURNS, WAIVES,
    },
};

/// Most words a denial or a softening covers; a longer clause has gone on to something else.
const REACH: usize = 40;

/// Marks every token.
pub(super) fn read(draft: &mut Draft) {
    let count = draft.tokens.len();
    let mut at = 0;
    while at < count {
        let (first, last) = draft.clause(at);
        soften(draft, first, last);
        trail(draft, first, last);
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
        // "Developer in Nice" names a town.
        let town = draft.word(at) == "nice"
            && (at + 1 < last || matches!(draft.back(at, 1), "in" | "near" | "from" | "a" | "de"));
        let after = draft.any_at(at, SHOULD_AFTER).filter(|n| at > first && !(town && *n == 1));
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

/// "… but Java is not", "Java aber nicht": a denial that ends its clause denies what was said before, so that a thing is
/// merely not asked for where the other was required, and refused where it was not.
fn trail(draft: &mut Draft, first: usize, last: usize) {
    let verb = |i: usize| matches!(draft.word(i), "is" | "are" | "ist" | "sind" | "aber" | "jedoch");
    let mut from = match draft.word(last - 1) {
        "nicht" | "isn't" | "aren't" => last - 1,
        "not" if last >= first + 3 && verb(last - 2) => last - 1,
        _ => return,
    };
    while from > first + 1 && verb(from - 1) {
        from -= 1;
    }
    let stops =
        |i: &usize| draft.any_at(*i, CONTRAST).is_some() || MUST.contains(&draft.word(*i)) || and(draft.word(*i));
    let begin = (first..from).rev().find(stops).map_or(first, |i| i + 1);
    if begin == from {
        return;
    }
    let required = (0..begin).any(|i| MUST.contains(&draft.word(i)));
    draft.kinds[begin..from].fill(if required { Kind::Should } else { Kind::Not });
    draft.claim(from, last);
}

fn and(word: &str) -> bool {
    matches!(word, "and" | "und" | "while" | "whereas" | "wahrend")
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
            || is_denial(draft.word(at))
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
    if !denies(draft, at) || draft.claimed[at] || draft.dropped[at] {
        return;
    }
    if draft.any_at(at + 1, TURNS).is_some() {
        return;
    }
    let last = draft.clause(at).1.min(at + REACH);
    let said = |i: &usize| KNOWS.contains(&draft.word(*i));
    let longer = (at + 1..last).take_while(said).count();
    let longer = longer.max(usize::from(matches!(draft.word(at + 1), "longer" | "mehr" | "at" | "any")));
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
    // "We do not need a degree", "wir brauchen kein SAP": waived, not refused.
    let needed =
        matches!(draft.word(from), "need" | "require") && (1..=2).any(|n| matches!(draft.back(at, n), "we" | "i"));
    let needless = matches!(draft.back(at, 1), "brauche" | "brauchen" | "benotigen" | "benotige");
    if WAIVES.contains(&draft.word(end - 1)) || needed || needless {
        draft.dropped[at..end].fill(true);
        return;
    }
    draft.kinds[at..end].fill(Kind::Not);
    // French puts the verb before: "ne connaît pas".
    let verb = usize::from(draft.word(at) == "pas" && at > 0 && KNOWS.contains(&draft.word(at - 1)));
    draft.claim(at - verb, from);
}

/// Whether the word at `at` denies what follows it.
fn denies(draft: &Draft, at: usize) -> bool {
    let word = draft.word(at);
    if is_denial(word) {
        return true;
    }
    if !NOT_ABROAD.contains(&word) {
        return false;
    }
    let next = (at + 1..draft.tokens.len()).find(|i| !DENIED_OF.contains(&draft.word(*i)));
    draft.language.is_some()
        || next.is_some_and(|i| skills().resolve(draft.slice(i, i + 1)).is_some_and(|skill| skill.technical))
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
        let denied = is_denial(draft.word(end));
        let enumerates = or || draft.word(end.saturating_sub(1)) == "or";
        if !(short && enumerates) || denied {
            break;
        }
        end = next;
    }
    end
}

fn set_aside(draft: &mut Draft, at: usize) {
    if let Some(words) = draft.any_at(at, EITHER_WAY) {
        let last = draft.clause(at).1.min(at + words + 4);
        let end = (at + words..last)
            .find(|i| matches!(draft.word(*i), "and" | "und" | "in" | "mit" | "with" | "et" | "y" | "en" | "but"))
            .unwrap_or(last);
        draft.dropped[at..end].fill(true);
        return;
    }
    let Some(words) = draft.any_at(at, ASIDE) else { return };
    let (_, last) = draft.clause(at);
    if draft.tokens.get(at + words).is_some_and(|t| t.text.starts_with(|c: char| c.is_ascii_digit()))
        || words == 2 && draft.word(at) == "more"
    {
        return;
    }
    draft.dropped[at..last.min(at + words + 4)].fill(true);
}

#[cfg(test)]
mod tests {
    use crate::model::query::{interpretation::Kind, understand};

    fn kind(query: &str, label: &str) -> Option<Kind> {
        understand(query).skills.iter().find(|s| s.label == label).map(|s| s.kind)
    }

    #[test]
    fn a_denial_in_french_or_spanish_excludes_what_it_denies() {
        for query in ["desarrollador Java sin PHP", "développeur Java sans PHP", "développeur avec Java, pas de PHP"]
        {
            assert_eq!(kind(query, "PHP"), Some(Kind::Not), "{query}");
            assert_eq!(kind(query, "Java"), Some(Kind::Must), "{query}");
        }
    }

    #[test]
    fn what_is_not_required_in_german_is_welcome() {
        assert_eq!(kind("Python Entwickler, Docker nicht zwingend erforderlich", "Docker"), Some(Kind::Should));
        assert_eq!(kind("Python Entwickler. Kein Muss: Docker", "Docker"), Some(Kind::Should));
    }

    #[test]
    fn with_or_without_a_degree_says_nothing_of_degrees() {
        for query in ["nurse with or without a degree", "Koch mit oder ohne Ausbildung"] {
            assert!(understand(query).education.is_empty(), "{query}");
        }
    }
}
