//! The word lists that the rules read, compiled in from `data/`; one parser for all of them.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The entries of a list: one a line, `#` begins a comment.
pub(super) fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The entries of a list of two columns, kept apart by a tab.
pub(super) fn pairs(list: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    entries(list).filter_map(|line| line.split_once('\t')).map(|(key, value)| (key.trim(), value.trim()))
}

/// Lower case without anything but letters and digits: spaced-out and underlined headings become equal.
pub(super) fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words of a text in lower case; a word is a run of letters, digits, apostrophes and inner dots.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '\'' | '’' | '&' | '+' | '#')))
        .map(|word| word.trim_matches(['.', '\'', '’']).to_lowercase())
        .filter(|word| !word.is_empty())
}

/// Whether the text has letters and none of them is small.
pub(super) fn is_caps(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)
}

/// Whether a text is written as names are: its first word begins big, and at most one of the others is a small word that
/// is no particle ("Bank of Scotland"); what stands in brackets does not count.
pub(super) fn is_named(text: &str) -> bool {
    static PARTICLES: LazyLock<HashSet<&'static str>> =
        LazyLock::new(|| entries(include_str!("data/particles.txt")).collect());
    let plain = text.split('(').next().filter(|before| !before.trim().is_empty()).unwrap_or(text);
    let small = |word: &&str| word.starts_with(char::is_lowercase) && !PARTICLES.contains(*word);
    let small = plain.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’' | '.'))).filter(small).count();
    small <= 1 && !text.trim_start().starts_with(|c: char| c.is_lowercase() || c == '(')
}

/// Whether a line begins like an item of a list.
pub(super) fn is_bullet(line: &str) -> bool {
    let mut chars = line.chars();
    let Some(first) = chars.next() else { return false };
    let mark = matches!(
        first,
        '•' | '·'
            | '●'
            | '▪'
            | '■'
            | '◦'
            | '○'
            | '►'
            | '➢'
            | '➤'
            | '✓'
            | '♦'
            | '❖'
            | '*'
            | '–'
            | '-'
            | '\u{f0b7}'
            | '\u{f0a7}'
            | '§'
            | 'ñ'
            | '∗'
            | '⁃'
            | '‣'
    );
    mark && !(matches!(first, 'ñ' | '-' | '–' | '*') && chars.next().is_some_and(|next| !next.is_whitespace()))
}

/// Characters that decorate the ends of a line.
pub(super) fn is_decoration(c: char) -> bool {
    c.is_whitespace()
        || (!c.is_alphanumeric() && !matches!(c, '(' | ')' | '+' | '#' | '.' | '"' | '[' | ']' | '\'' | '’'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_few_small_words() {
        for name in [
            "Acme GmbH",
            "Bank of Scotland",
            "Institut für angewandte Physik",
            "Acme (formerly known as the shop)",
            "3M",
        ] {
            assert!(is_named(name), "{name}");
        }
        for phrase in ["Fast growing bakery company", "Trained in methods and writing", "(part of a group)", "acme"] {
            assert!(!is_named(phrase), "{phrase}");
        }
    }
}
