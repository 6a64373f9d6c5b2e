//! Quotations of what somebody else was given to read: letter for letter, or they are none. Only white space may differ,
//! because a model that is asked for the words of a text breaks its lines elsewhere.

use super::span::Span;

/// Where `quote` stands in `text`, whole words of it, as offsets of Unicode scalar values; none where it does not. Runs of
/// white space are alike; letters are not changed in any way.
pub fn find(text: &str, quote: &str) -> Option<Span> {
    let wanted: Vec<&str> = quote.split_whitespace().collect();
    let wanted: Vec<char> = wanted.join(" ").chars().collect();
    if !wanted.iter().any(|letter| letter.is_alphanumeric()) {
        return None;
    }
    let chars: Vec<char> = text.chars().collect();
    let starts = (0..chars.len()).filter(|at| chars[*at] == wanted[0]);
    starts.filter_map(|start| ends(&chars, start, &wanted).map(|end| (start, end))).find_map(|(start, end)| {
        let whole = !joined(&chars, start) && !joined(&chars, end);
        whole.then(|| Span { start: offset(start), end: offset(end) })
    })
}

/// Where `wanted` ends that begins at `start`.
fn ends(chars: &[char], start: usize, wanted: &[char]) -> Option<usize> {
    let mut at = start;
    for letter in wanted {
        if *letter == ' ' {
            let blanks = chars[at..].iter().take_while(|blank| blank.is_whitespace()).count();
            if blanks == 0 {
                return None;
            }
            at += blanks;
        } else if chars.get(at) == Some(letter) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

/// Whether a word goes on over the boundary before `at`.
fn joined(chars: &[char], at: usize) -> bool {
    let letter = |at: usize| chars.get(at).is_some_and(|letter| letter.is_alphanumeric());
    at > 0 && letter(at - 1) && letter(at)
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quotation_is_found_across_line_breaks_and_changed_in_no_letter() {
        let text = "Größere Teams:\n• Led nine\n  engineers in Porto.";
        let span = find(text, "Led nine engineers").unwrap();
        assert_eq!(span.slice(text), "Led nine\n  engineers");
        for other in ["led nine engineers", "Led nine engineer", "Led ten engineers", "Lednine engineers", "", " ", "•"]
        {
            assert_eq!(find(text, other), None, "{other}");
        }
    }

    #[test]
    fn a_part_of_a_word_is_no_quotation() {
        assert_eq!(find("JavaScript and Java", "Java").unwrap().start, 15);
        assert_eq!(find("We trust you", "rust"), None);
        assert_eq!(find("C++, C#", "C#").unwrap().start, 5);
    }

    proptest! {
        #[test]
        fn every_run_of_words_is_found_and_what_is_found_says_the_same(
            words in proptest::collection::vec("[a-zé漢]{1,6}", 1..12), gap in "[ \n\t]{1,3}", from in 0_usize..12, count in 1_usize..6,
        ) {
            let text = words.join(&gap);
            let from = from % words.len();
            let quote = words[from..(from + count).min(words.len())].join(" ");
            let span = find(&text, &quote).unwrap();
            let said: Vec<String> = span.slice(&text).split_whitespace().map(str::to_owned).collect();
            prop_assert_eq!(said.join(" "), quote);
        }
    }
}
