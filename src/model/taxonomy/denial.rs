//! Tells whether a text denies what it names: "no longer C#", "not Angular", "kein SAP", "never worked with PHP".
//! A denial reaches from its word to the end of the clause, unless a contrast ("but", "sondern") ends it.

use super::tokens::{Gap, Token, tokens};

/// Words that deny what follows.
const DENIES: &[&str] = &[
    "no",
    "not",
    "never",
    "without",
    "except",
    "excluding",
    "lacks",
    "lacking",
    "neither",
    "nor",
    "don't",
    "doesn't",
    "didn't",
    "haven't",
    "hasn't",
    "cannot",
    "can't",
    "isn't",
    "dont",
    "doesnt",
    "shouldn't",
    "minus",
    "nobody",
    "avoid",
    "exclude",
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
];
/// Words that end what a denial covers.
const ENDS: &[&str] = &[
    "but", "however", "although", "though", "rather", "yet", "sondern", "aber", "jedoch", "only", "instead", "because",
    "since", "weil", "who", "must", "should", "required", "requires", "need", "knows", "has", "have",
];
/// Words after a denial that turn it: "not only", "no doubt", "not just".
const TURNS: &[&str] =
    &["only", "just", "merely", "doubt", "later", "less", "more", "matter", "nur", "weniger", "mehr"];
/// Most words between a denial and what it denies.
const REACH: usize = 7;

/// Whether `word` (folded, English or German) denies what follows it.
pub fn denies(word: &str) -> bool {
    DENIES.contains(&word)
}

/// Whether `text` denies the mention at the byte range `start..end`; false where the range is not in the text.
pub fn denied(text: &str, start: usize, end: usize) -> bool {
    let Some((from, to)) = clause(text, start, end) else { return false };
    denied_in(&tokens(&text[from..to]), start - from, end - from)
}

/// The same over the tokens of the clause, with offsets in it.
fn denied_in(tokens: &[Token], start: usize, end: usize) -> bool {
    let Some(at) = tokens.iter().position(|t| t.start >= start) else { return false };
    let after = tokens.iter().position(|t| t.start >= end).unwrap_or(tokens.len());
    before(&tokens[..at]) || behind(&tokens[after.max(at)..])
}

fn before(words: &[Token]) -> bool {
    for (steps, i) in (0..words.len()).rev().enumerate() {
        let word = words[i].text.as_str();
        if denies(word) {
            let next = words.get(i + 1).map_or("", |t| t.text.as_str());
            let longer = next == "longer" || next == "mehr";
            let earlier = word == "mehr" && i > 0;
            return longer || earlier || !TURNS.contains(&next);
        }
        let perfect = matches!(word, "have" | "has") && i > 0 && denies(&words[i - 1].text);
        if steps >= REACH || ENDS.contains(&word) && !perfect {
            return false;
        }
    }
    false
}

/// A denial that follows: "PHP: none", "Angular not wanted", "SAP nicht nötig".
fn behind(words: &[Token]) -> bool {
    let word =
        |i: usize| words.get(i).filter(|t: &&Token| i == 0 || t.gap != Gap::Break).map_or("", |t| t.text.as_str());
    let skip =
        usize::from(matches!(word(0), "is" | "are" | "was" | "ist" | "sind" | "experience" | "skills" | "kenntnisse"));
    match word(skip) {
        "none" => true,
        "not" | "nicht" | "kein" => {
            !TURNS.contains(&word(skip + 1))
                && matches!(
                    word(skip + 1),
                    "wanted"
                        | "required"
                        | "needed"
                        | "necessary"
                        | "used"
                        | "known"
                        | "gewünscht"
                        | "erwünscht"
                        | "gewunscht"
                        | "erwunscht"
                        | "notig"
                        | "erforderlich"
                        | "vorhanden"
                )
        }
        _ => false,
    }
}

/// The byte range of the clause around the mention: to the nearest end of a sentence on each side.
fn clause(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let (head, tail) = (text.get(..start)?, text.get(end..)?);
    if start > end || !text.is_char_boundary(end) {
        return None;
    }
    let ends = |c: char| matches!(c, ';' | '!' | '?' | '\n' | '•' | '|');
    let from = head.rfind(ends).map_or(0, |at| at + head[at..].chars().next().map_or(1, char::len_utf8));
    let from = head[from..].rmatch_indices(". ").next().map_or(from, |(at, _)| from + at + 2);
    // A comma ends a clause unless what stands before it is itself denied as part of a list ("no PHP, Perl or Ruby").
    let from = head[from..]
        .rfind(',')
        .filter(|at| !listed(&head[from..from + at], &head[from + at + 1..]))
        .map_or(from, |at| from + at + 1);
    let to = tail.find(ends).map_or(text.len(), |at| end + at);
    let to = text[end..to].find(". ").map_or(to, |at| end + at);
    let to = text[end..to].find(',').map_or(to, |at| end + at);
    Some((from, to))
}

/// Whether a list goes on across a comma: few words on its far side, and it closes with "or", "oder" or "nor".
fn listed(before: &str, after: &str) -> bool {
    let last = before.rsplit(',').next().unwrap_or_default();
    let closes = [" or ", " oder ", " nor ", " noch "].iter().any(|w| format!(" {after} ").contains(w));
    closes && after.split_whitespace().count() <= 3 && last.split_whitespace().count() <= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str, what: &str) -> bool {
        let start = text.rfind(what).unwrap();
        denied(text, start, start + what.len())
    }

    #[test]
    fn denials_are_seen() {
        for (text, what) in [
            ("no longer C#", "C#"),
            ("React not Angular", "Angular"),
            ("Buchhalter, kein SAP", "SAP"),
            ("never worked with PHP", "PHP"),
            ("I have not used Kotlin", "Kotlin"),
            ("ohne Kenntnisse in Java", "Java"),
            ("neither Perl nor Ruby", "Ruby"),
            ("PHP: none", "PHP"),
            ("no PHP, Perl or Ruby", "Ruby"),
            ("Angular is not required", "Angular"),
            ("without any Oracle", "Oracle"),
            ("nicht mehr C++", "C++"),
            ("everything minus PHP", "PHP"),
            ("lacks Java", "Java"),
        ] {
            assert!(is(text, what), "{text}");
        }
    }

    #[test]
    fn what_is_not_denied_stays() {
        for (text, what) in [
            ("not only Java", "Java"),
            ("No PHP. Python daily", "Python"),
            ("not PHP but Python", "Python"),
            ("no jQuery, React", "React"),
            ("nicht nur SAP", "SAP"),
            ("kein SAP, sondern DATEV", "DATEV"),
            ("React not Angular", "React"),
            ("I never stop learning; Rust", "Rust"),
        ] {
            assert!(!is(text, what), "{text}");
        }
    }

    #[test]
    fn offsets_outside_the_text_are_no_denial() {
        assert!(!denied("kein ä", 6, 99) && !denied("ä", 1, 1) && !denied("", 0, 0));
    }
}
