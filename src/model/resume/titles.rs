//! How much a text looks like a title, an employer or a place: the three things that stand around a date.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::degrees;
use super::words::{entries, is_caps, is_named, words};
use crate::model::taxonomy;

static HEADS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| entries(include_str!("data/titles.txt")).map(|word| word.trim_start_matches('-')).collect());

static TAILS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| entries(include_str!("data/titles.txt")).filter_map(|word| word.strip_prefix('-')).collect());

static EMPLOYERS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| entries(include_str!("data/employers.txt")).collect());

static VENDORS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| entries(include_str!("data/vendors.txt")).collect());

static BLANKS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| entries(include_str!("data/blanks.txt")).collect());

/// The longest text that can be a title, in words.
const LONGEST: usize = 12;

/// Whether a word heads titles: "manager", "Softwareentwicklerin".
pub(super) fn is_head(word: &str) -> bool {
    let word = word.split('(').next().unwrap_or(word);
    let singular = word.strip_suffix('s').unwrap_or(word);
    HEADS.contains(word)
        || (singular.len() > 3 && HEADS.contains(singular))
        || TAILS.iter().any(|tail| word.len() > tail.len() + 2 && word.ends_with(tail))
}

/// How sure a text is a title: 0 not at all, 3 it ends or begins with a word that heads titles.
pub(super) fn title(text: &str) -> u8 {
    let all: Vec<String> = words(text).collect();
    if all.is_empty() || all.len() > LONGEST || is_blank(text) {
        return 0;
    }
    let last = all.iter().rposition(|word| !is_grade(word)).unwrap_or(0);
    if is_head(&all[last]) || taxonomy::occupations().resolve(text).is_some() {
        return 3;
    }
    if all.iter().any(|word| is_head(word)) { 2 } else { 0 }
}

/// Words after a title that say a grade: "Engineer II", "Developer (m/w/d)".
fn is_grade(word: &str) -> bool {
    word.len() <= 3
        && (word.chars().all(|c| matches!(c, 'i' | 'v' | 'x' | 'm' | 'w' | 'd' | 'f'))
            || word.chars().all(|c| c.is_ascii_digit()))
}

/// How sure a text is an organisation's name.
pub(super) fn employer(text: &str) -> u8 {
    if is_blank(text) || !is_named(text) {
        return 0;
    }
    let hits = words(text).filter(|word| EMPLOYERS.contains(word.as_str()) || word.ends_with("gmbh")).count();
    u8::try_from(hits.min(2)).unwrap_or(2)
}

/// Whether a text in an employer's place is more likely something else: a phrase, a labelled value, a skill that is no
/// company's name, a place, or a degree.
pub(super) fn is_doubtful_employer(text: &str) -> bool {
    let skill = || taxonomy::skills().resolve(text).is_some_and(|skill| !VENDORS.contains(skill.id.as_str()));
    !is_named(text)
        || text.contains([':', '=', '%'])
        || (employer(text) == 0 && (skill() || text.split(',').next().is_some_and(|part| is_known_place(part.trim()))))
        || (degrees::degree(text).is_some() && degrees::school(text).is_some())
}

/// Whether a text in a title's place is more likely something else: the name of a tool, or a sentence.
pub(super) fn is_doubtful_title(text: &str) -> bool {
    let tool = |part: &str| taxonomy::skills().resolve(part.trim()).is_some_and(|skill| skill.technical);
    text.split(',').any(|part| title(part) == 3 && tool(part))
        || words(text).take(2).any(|word| matches!(word.as_str(), "have" | "has" | "was"))
}

/// Whether a text stands for a value that was taken out.
pub(super) fn is_blank(text: &str) -> bool {
    let lower = text.trim().trim_matches([',', '|', '-', '–', ' ']).to_lowercase();
    BLANKS.contains(lower.as_str()) || matches!(lower.as_str(), "" | "n/a" | "confidential")
}

/// Where a redacted value stands inside a text: "Designer Company Name".
pub(super) fn blank_at(text: &str) -> Option<std::ops::Range<usize>> {
    let lower = text.to_ascii_lowercase();
    ["company name", "employer name", "city , state"]
        .iter()
        .find_map(|blank| lower.find(blank).map(|at| at..at + blank.len()))
}

/// Whether a text is nothing but a place: "Miami, FL", "Bremen, Germany", "City , State".
pub(super) fn is_place(text: &str) -> bool {
    let text = text.trim().trim_matches([',', '(', ')', ' ', '-', '–']);
    if is_blank(text) {
        return true;
    }
    if text.len() > 60 || text.chars().any(|c| c.is_ascii_digit()) {
        return false;
    }
    text.split([',', '/'])
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .all(|piece| is_region_code(piece) || is_blank(piece) || is_known_place(piece))
}

/// "Munich", "Austin TX".
fn is_known_place(text: &str) -> bool {
    let before = text.rsplit_once(' ').filter(|(_, last)| last.len() <= 3 && is_caps(last)).map(|(before, _)| before);
    [Some(text), before].into_iter().flatten().any(|name| taxonomy::places().resolve(name).is_some())
}

/// Whether a text is a name with the place it is in: "Acme Bakery, Austin, TX".
pub(super) fn is_placed_name(text: &str) -> bool {
    text.split_once(',').is_some_and(|(name, place)| is_named(name) && !is_place(name) && is_place(place))
}

/// "FL", "TX": two capitals after a comma.
fn is_region_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vendor_is_a_skill_of_the_taxonomy() {
        for id in VENDORS.iter() {
            assert!(taxonomy::skills().get(id).is_some(), "{id}");
        }
    }

    #[test]
    fn what_is_no_organisation_is_doubted_in_its_place() {
        for text in ["Java", "SAP MM", "Team size: 30", "Fast growing bakery company", "Munich, Upper Somewhere"] {
            assert!(is_doubtful_employer(text), "{text}");
        }
        for text in ["Acme", "Salesforce", "Acme Software, Berlin GmbH", "Bank of Somewhere", "Muster & Söhne KG"] {
            assert!(!is_doubtful_employer(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_title_is_doubted_in_its_place() {
        for text in ["SQL Server", "Have worked as a Support Engineer"] {
            assert!(is_doubtful_title(text), "{text}");
        }
        for text in ["Java Developer", "Developer, Java", "Head of Sales", "Waiter / Barista", "DevOps/Java Developer"]
        {
            assert!(!is_doubtful_title(text), "{text}");
        }
    }
}
