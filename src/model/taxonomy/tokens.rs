//! Cuts text into the tokens names are made of: "C++", ".NET", "Node.js" and "R&D" stay whole, hyphens, slashes and
//! spaces only join. Every table is keyed by these tokens, so spelling with or without a hyphen is the same name.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// What stands between a token and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// A space, a hyphen or a slash: a name may go on.
    Joined,
    /// One line break: a name may go on in running text.
    Line,
    /// Punctuation, a blank line or the beginning of the text: a name ends.
    Break,
}

/// A token, folded for comparison, with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Lower case, without diacritics; ß is ss.
    pub text: String,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset after its last character.
    pub end: usize,
    /// What stands before it.
    pub gap: Gap,
    /// Whether a hyphen joins it to the token before.
    pub hyphen: bool,
    /// Whether its first letter is a capital.
    pub capital: bool,
}

/// `text` in lower case without diacritics, so that "Köln" and "Koln" compare equal; ß becomes ss.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).fold(
        String::with_capacity(text.len()),
        |mut out, c| {
            match c {
                'ß' => out.push_str("ss"),
                'ø' => out.push('o'),
                'ł' => out.push('l'),
                '’' | '‘' => out.push('\''),
                c => out.push(c),
            }
            out
        },
    )
}

/// The tokens of `text` in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut out = Vec::with_capacity(text.len() / 6 + 1);
    let (mut at, mut since) = (0, 0);
    while at < chars.len() {
        if !starts(&chars, at) {
            at += 1;
            continue;
        }
        let first = at;
        while at < chars.len() && continues(&chars, first, at) {
            at += 1;
        }
        let start = chars[first].0;
        let end = chars.get(at).map_or(text.len(), |c| c.0);
        let between = &text[since..start];
        let capital = text[start..end].chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
        let gap = if out.is_empty() { Gap::Break } else { gap(between) };
        let hyphen = gap == Gap::Joined && between.ends_with(['-', '‑']) && between.len() <= '‑'.len_utf8();
        out.push(Token { text: fold(&text[start..end]), start, end, gap, hyphen, capital });
        since = end;
    }
    out
}

/// The key of a name: its tokens, joined by a space.
pub fn key(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    // Most names are plain words with single spaces: nothing to cut.
    let plain = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric());
    if name.split([' ', '-']).all(plain) {
        out.extend(name.chars().map(|c| if c == '-' { ' ' } else { c.to_ascii_lowercase() }));
        return out;
    }
    for token in tokens(name) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&token.text);
    }
    out
}

fn starts(chars: &[(usize, char)], at: usize) -> bool {
    let c = chars[at].1;
    let dotted = c == '.'
        && chars.get(at + 1).is_some_and(|n| n.1.is_alphabetic())
        && before(chars, at, |p| !p.is_alphanumeric() && p != '.');
    c.is_alphanumeric() || dotted
}

fn before(chars: &[(usize, char)], at: usize, test: impl Fn(char) -> bool) -> bool {
    at == 0 || test(chars[at - 1].1)
}

/// Whether the character at `at` belongs to the token that began at `first`.
fn continues(chars: &[(usize, char)], first: usize, at: usize) -> bool {
    let c = chars[at].1;
    let next = chars.get(at + 1).map(|n| n.1);
    if at == first || c.is_alphanumeric() || is_combining_mark(c) {
        return true;
    }
    match c {
        '+' | '#' => at - first <= 2 || chars[at - 1].1 == '+' && at - first <= 3,
        '.' => next.is_some_and(char::is_alphanumeric) && !sentence_end(chars, at),
        '&' | '\'' | '’' => next.is_some_and(char::is_alphanumeric) && chars[at - 1].1.is_alphanumeric(),
        _ => false,
    }
}

/// Whether the full stop at `at` ends a sentence whose next one follows without a space ("Python.Experience").
fn sentence_end(chars: &[(usize, char)], at: usize) -> bool {
    let after: String = chars[at + 1..].iter().take(4).map(|c| c.1).take_while(|c| c.is_alphanumeric()).collect();
    let name = matches!(after.to_ascii_lowercase().as_str(), "net" | "js" | "io" | "py");
    let mut rest = after.chars();
    !name && rest.next().is_some_and(char::is_uppercase) && rest.next().is_some_and(char::is_lowercase)
}

fn gap(between: &str) -> Gap {
    let lines = between.matches('\n').count();
    let joins = between.chars().all(|c| c.is_whitespace() || matches!(c, '-' | '‑' | '/' | '_' | '&'));
    let dashed = between.contains([' ', '\u{a0}']) && between.contains(['-', '/']);
    match (joins && !dashed, lines) {
        (true, 0) => Gap::Joined,
        (true, 1) => Gap::Line,
        _ => Gap::Break,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn technical_names_stay_whole() {
        let words: Vec<String> =
            tokens("C++, C#, .NET, Node.js & R&D (F#) CI/CD T-SQL. Go").into_iter().map(|t| t.text).collect();
        assert_eq!(words, ["c++", "c#", ".net", "node.js", "r&d", "f#", "ci", "cd", "t", "sql", "go"]);
    }

    #[test]
    fn diacritics_do_not_matter() {
        assert_eq!(key("Köln"), key("Koln"));
        assert_eq!(key("Straße"), "strasse");
    }

    #[test]
    fn punctuation_breaks_and_hyphens_join() {
        let gaps: Vec<Gap> = tokens("a-b, c\nd\n\ne").into_iter().map(|t| t.gap).collect();
        assert_eq!(gaps, [Gap::Break, Gap::Joined, Gap::Break, Gap::Line, Gap::Break]);
    }
}
