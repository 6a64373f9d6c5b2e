//! Makes text fit for reading, searching and storing, whatever program it came from: one form for each character, no
//! characters that cannot be seen, words whole that a line end had cut.

use unicode_normalization::UnicodeNormalization;

/// Tidies `raw` and cuts it at `limit` characters. Returns the text, and its full length when it was cut.
pub(super) fn tidy(raw: &str, limit: usize) -> (String, Option<usize>) {
    let cleaned: String = raw.replace("\r\n", "\n").nfc().filter_map(visible).collect();
    let lines: Vec<String> = expand(&cleaned).split('\n').map(squeeze).collect();
    let text = join(&lines);
    let total = text.chars().count();
    if total <= limit {
        return (text, None);
    }
    let cut: String = text.chars().take(limit).collect();
    (cut.trim_end().to_owned(), Some(total))
}

/// Drops what cannot be seen; makes the many spaces and line ends one.
fn visible(c: char) -> Option<char> {
    match c {
        '\n' | '\t' => Some(c),
        '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        // Word's symbol fonts keep their bullets in the private use area; the rest there are icons of some font.
        '\u{f0b7}' | '\u{f0a7}' | '\u{f076}' => Some('•'),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        '\u{2010}' | '\u{2011}' => Some('-'),
        // Soft hyphen, zero-width space, byte order mark, directional marks, word joiners; noncharacters that databases
        // and JSON tools stumble over; tags, which can hide text; private use.
        '\u{ad}'
        | '\u{200b}'
        | '\u{feff}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{fffe}'
        | '\u{ffff}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{e0000}'..='\u{e007f}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{f0000}'.. => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// Ligatures as the letters they stand for.
fn expand(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{fb00}' => out.push_str("ff"),
            '\u{fb01}' => out.push_str("fi"),
            '\u{fb02}' => out.push_str("fl"),
            '\u{fb03}' => out.push_str("ffi"),
            '\u{fb04}' => out.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => out.push_str("st"),
            c => out.push(c),
        }
    }
    out
}

/// One space between words; a tab stays, because it parts columns.
fn squeeze(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut gap: Option<char> = None;
    for c in line.trim().chars() {
        if c == ' ' || c == '\t' {
            gap = Some(if c == '\t' || gap == Some('\t') { '\t' } else { ' ' });
            continue;
        }
        if let Some(space) = gap.take() {
            out.push(space);
        }
        out.push(c);
    }
    out
}

/// Joins lines; at most one blank line in a row, hyphenated words whole.
fn join(lines: &[String]) -> String {
    let mut out = String::new();
    let mut blank = false;
    for (index, line) in lines.iter().enumerate() {
        if line.is_empty() {
            blank = !out.is_empty();
            continue;
        }
        if !out.is_empty() {
            if !blank && index > 0 && cut_word(&out, line) {
                out.pop();
                out.push_str(line);
                continue;
            }
            out.push_str(if blank { "\n\n" } else { "\n" });
        }
        blank = false;
        out.push_str(line);
    }
    out
}

/// Second halves of compounds that are written with a hyphen, in English and German, with words that continue one.
const COMPOUND: [&str; 30] = [
    "end",
    "time",
    "level",
    "based",
    "driven",
    "oriented",
    "functional",
    "stack",
    "source",
    "scale",
    "term",
    "side",
    "party",
    "related",
    "specific",
    "friendly",
    "focused",
    "depth",
    "site",
    "house",
    "on",
    "in",
    "up",
    "to",
    "of",
    "the",
    "and",
    "und",
    "oder",
    "or",
];

/// Whether the line end cut a word: a letter before the hyphen, lower case on both sides, and words long enough that a
/// compound such as `e-mail` or a range is not meant. Compounds that a line end cut at their own hyphen lose it;
/// joining only where the continuation is no well-known second half keeps that rare.
fn cut_word(before: &str, line: &str) -> bool {
    let Some(stem) = before.strip_suffix('-') else { return false };
    let head: Vec<char> = stem.chars().rev().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
    let tail: String = line.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
    let lower = |c: &char| c.is_lowercase();
    if head.len() < 2 || tail.chars().count() < 2 || head.contains(&'-') || tail.contains('-') {
        return false;
    }
    if !head[..2].iter().all(lower) || !tail.chars().all(|c| lower(&c)) {
        return false;
    }
    !COMPOUND.contains(&tail.as_str())
}

/// What to write after a link's text `shown` so that its `target` is kept; None when the text shows it already, or
/// when the target is of no use outside the document.
pub(super) fn link_suffix(shown: &str, target: &str) -> Option<String> {
    let target = target.trim();
    let bare = bare_link(target);
    let useful = ["http://", "https://", "mailto:", "tel:"].iter().any(|scheme| target.starts_with(scheme));
    if !useful || bare.is_empty() || shown.to_lowercase().contains(&bare.to_lowercase()) {
        return None;
    }
    let written = target.strip_prefix("mailto:").or_else(|| target.strip_prefix("tel:")).unwrap_or(target);
    Some(format!(" ({written})"))
}

/// A link without scheme, `www.`, query of a mail address and closing slash, as people write it.
pub(super) fn bare_link(target: &str) -> &str {
    let mut bare = target;
    for prefix in ["mailto:", "tel:", "https://", "http://", "www."] {
        bare = bare.strip_prefix(prefix).unwrap_or(bare);
    }
    let bare = if target.starts_with("mailto:") { bare.split('?').next().unwrap_or(bare) } else { bare };
    bare.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(raw: &str) -> String {
        tidy(raw, 1000).0
    }

    #[test]
    fn a_word_cut_by_a_line_end_is_made_whole() {
        assert_eq!(tidied("many develop-\nment teams"), "many development teams");
        assert_eq!(tidied("learn-\n\ning"), "learn-\n\ning");
    }

    #[test]
    fn compounds_ranges_and_names_keep_their_hyphen() {
        for text in [
            "front-\nend work",
            "2019-\n2021",
            "Anna-\nLena",
            "e-\nmail",
            "Frontend-\nund Backend",
            "state-of-\nthe-art",
        ] {
            assert_eq!(tidied(text), text);
        }
    }

    #[test]
    fn invisible_characters_are_dropped_and_letters_composed() {
        assert_eq!(tidied("a\0b\u{ad}c\u{200b}d\u{7}e"), "abcde");
        assert_eq!(tidied("\u{f0b7} a \u{f095}+49"), "• a +49");
        assert_eq!(tidied("Mu\u{308}ller o\u{fb03}ce"), "Müller office");
    }

    #[test]
    fn line_ends_of_every_system_are_one() {
        assert_eq!(tidied("a\r\nb\rc\nd"), "a\nb\nc\nd");
    }

    #[test]
    fn spaces_shrink_and_blank_lines_are_one() {
        assert_eq!(tidied("  a \u{a0} b\t\tc  \r\n\r\n\r\n d"), "a b\tc\n\nd");
    }

    #[test]
    fn text_beyond_the_limit_is_cut_and_said() {
        assert_eq!(tidy("äbcdef", 3), ("äbc".to_owned(), Some(6)));
        assert_eq!(tidy("äbc", 3), ("äbc".to_owned(), None));
    }
}
