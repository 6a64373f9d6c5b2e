//! Ordinary English and German words. A word that is one is never "corrected" into a skill, and a skill that is one
//! ("Go", "Excel") needs a cue before it counts.

use super::tokens::fold;

/// Sorted, one a line; see `data/README.md`.
const ENGLISH: &str = include_str!("data/words_en.txt");
const GERMAN: &str = include_str!("data/words_de.txt");

/// Whether `word` is an ordinary English or German word, in any case.
pub fn is_ordinary(word: &str) -> bool {
    let lower = word.to_lowercase();
    listed(ENGLISH, &lower) || listed(GERMAN, &lower) || listed(ENGLISH, &fold(word))
}

/// Whether `word` (folded) is an ordinary English word.
pub(super) fn is_english(word: &str) -> bool {
    listed(ENGLISH, word)
}

/// Binary search in sorted lines, so that no table has to be built.
fn listed(list: &str, word: &str) -> bool {
    let bytes = list.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let start = bytes[..middle].iter().rposition(|b| *b == b'\n').map_or(0, |p| p + 1);
        let end = bytes[middle..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |p| middle + p);
        match bytes[start..end].cmp(word.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_are_known_and_typos_are_not() {
        assert!(["cleaning", "Excel", "swift", "und", "Ausbildung"].iter().all(|w| is_ordinary(w)));
        assert!(!["pyhton", "kuberentes", "terrafrom", ""].iter().any(|w| is_ordinary(w)));
    }
}
