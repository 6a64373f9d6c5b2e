//! Hides who somebody is in a text that leaves the machine: names, e-mail addresses, phone numbers, links, street
//! addresses, dates of birth. Each letter and digit of these becomes [`MASK`], so every offset stays, and a quotation of
//! the masked text is found in the text itself.

use std::sync::LazyLock;

use regex::Regex;

use super::profile::Profile;
use super::span::Span;
use super::taxonomy::{is_ordinary, tokens::tokens};

/// What stands for a hidden letter or digit.
pub const MASK: char = '*';

/// A name's part of so few letters is hidden where it is written as a name alone: "Li", but not "li".
const SHORT: usize = 3;

/// Addresses and dates of birth.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    patterns(&[
        // E-mail addresses, also where a blank crept in around the sign.
        r"(?i)[a-z0-9][a-z0-9._%+-]{0,63}\s?@\s?[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z]{2,24}",
        // Addresses of pages.
        r#"(?i)(?:https?://|www\.)[^\s<>"|,;()\[\]]+"#,
        r#"(?i)(?:[a-z0-9-]+\.)*(?:linkedin|xing|github|gitlab|bitbucket|twitter|facebook|instagram|kaggle|behance)\.(?:com|org|net|io|de)(?:/[^\s<>"|,;()\[\]]*)?"#,
        // Names on social networks.
        r"(?:^|[\s(:])@[A-Za-z0-9_.]{3,40}",
        // Streets with their number, as written in several languages: "Hauptstraße 12a", "Lange Straße 3", "221B Baker
        // Street", "Calle Mayor, 5", "12 rue de Rivoli". What is no name is no street: "12 engineers to drive sales". // typos: ignore
        r"\b[A-ZÄÖÜ][a-zäöüß]+(?:straße|strasse|str\.|weg|gasse|allee|platz|ufer|damm)\s+[0-9]{1,4}\s?[a-z]?\b",
        r"\b(?:[A-ZÄÖÜ][a-zäöüß]+[ -]){0,3}(?:Straße|Strasse|Str\.|Weg|Allee|Platz|Gasse)\s+[0-9]{1,4}\s?[a-z]?\b",
        r"\b[0-9]{1,5}[a-zA-Z]?,?\s+(?:[A-Z][A-Za-z'.-]+\s+){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Boulevard|Blvd|Court|Terrace|Crescent|Close|Square|Highway|Way)\b",
        r"\b(?:[Rr]ue|Calle|Rua|Avenida|Via|Viale|Piazza|ulica|ul\.)\s+(?:(?:de|la|el|da|do|del|des|du)\s+){0,2}[A-ZÀ-Ý][a-zà-ÿ'.-]+(?:\s[A-ZÀ-Ý][a-zà-ÿ'.-]+)?,?\s*[0-9]{1,4}\b",
        r"\b[0-9]{1,4},?\s+(?:rue|boulevard|avenue)\s+(?:(?:de|la|du|des)\s+){0,2}[A-ZÀ-Ý][a-zà-ÿ'.-]+",
        // What says that it is a date of birth, to the end of the date.
        r"(?i)\b(?:born(?: on)?|date of birth|birth ?date|birthday|d\.?o\.?b\b\.?|geboren(?: am)?|geburtsdatum|geb\.|date de naissance|née? le|fecha de nacimiento|data de nascimento|data di nascita)[^\n0-9]{0,20}[0-9]{1,4}(?:[^\n;|0-9]{1,12}[0-9]{1,4}){0,2}",
    ])
});

/// Phone numbers: digits with the signs that people put between them.
static PHONES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    patterns(&[
        r"(?:\+|\(\+?)[0-9](?:[ \u{a0}]?[().\-/–·]{0,2}[ \u{a0}]?[0-9]){6,16}",
        r"\b0[0-9](?:[ \u{a0}]?[().\-/–·]{0,2}[ \u{a0}]?[0-9]){5,14}\b",
        r"(?i)\b(?:tel|telefon|telephone|phone|mobile?|mob|cell|handy|fon|whatsapp|fax)\b[^0-9\n]{0,12}[0-9](?:[ \u{a0}]?[().\-/–·]{0,2}[ \u{a0}]?[0-9]){5,16}",
        r"\b[2-9][0-9]{2}[-. )]{1,2}[0-9]{3}[-. ][0-9]{4}\b",
    ])
});

/// Months and years, which look like phone numbers where two of them stand together.
static DATES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:(?:0?[1-9]|1[0-2])[/.-](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}[ \u{a0}]?[-–/][ \u{a0}]?(?:19|20)?[0-9]{2})\b")
        .expect("the pattern is constant and tested")
});

fn patterns(all: &[&str]) -> Vec<Regex> {
    all.iter().map(|pattern| Regex::new(pattern).expect("the patterns are constant and tested")).collect()
}

/// `text` with what tells who somebody is hidden: what `profile` read as such, every part of `names`, and what looks like
/// an address or a date of birth. As long as `text`, in characters.
pub fn mask(text: &str, profile: &Profile, names: &[&str]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let contacts = profile.emails.iter().chain(&profile.phones).chain(&profile.links).chain(&profile.name);
    for span in contacts.map(|found| found.span) {
        hide(&mut chars, span);
    }
    // Bytes to characters once, for patterns and names alike.
    let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let at = |byte: usize| u32::try_from(offsets.partition_point(|start| *start < byte)).unwrap_or(u32::MAX);
    let phones = PHONES.iter().flat_map(|pattern| pattern.find_iter(text));
    let phones = phones.filter(|found| !DATES.is_match(found.as_str()));
    for found in PATTERNS.iter().flat_map(|pattern| pattern.find_iter(text)).chain(phones) {
        hide(&mut chars, Span { start: at(found.start()), end: at(found.end()) });
    }
    let known = profile.name.iter().map(|name| name.value.as_str());
    let parts: Vec<String> =
        names.iter().copied().chain(known).flat_map(tokens).flat_map(|part| words(&part.text)).collect();
    for token in tokens(text) {
        // "Jana's" is the name as well.
        let named = |word: &String| parts.contains(word) && is_name(word, token.capital);
        if words(&token.text).iter().any(named) {
            hide(&mut chars, Span { start: at(token.start), end: at(token.end) });
        }
    }
    chars.into_iter().collect()
}

/// The words of a token, of two letters at least: "o'brien" is "brien" as well, an initial is no name.
fn words(token: &str) -> Vec<String> {
    let parts = token.split(|letter: char| !letter.is_alphanumeric());
    let parts = parts.filter(|part| part.chars().count() > 1 && part.chars().any(char::is_alphabetic));
    parts.map(str::to_owned).collect()
}

/// Whether a word that is a part of the name means the person here: an ordinary or a short word has to be written as a
/// name is.
fn is_name(part: &str, capital: bool) -> bool {
    capital || part.chars().count() > SHORT && !is_ordinary(part)
}

fn hide(chars: &mut [char], span: Span) {
    let end = (span.end as usize).min(chars.len());
    for letter in &mut chars[(span.start as usize).min(end)..end] {
        if letter.is_alphanumeric() || *letter == '@' {
            *letter = MASK;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::resume;

    fn masked(text: &str, names: &[&str]) -> String {
        mask(text, &Profile::default(), names)
    }

    #[test]
    fn who_somebody_is_is_hidden_and_what_they_did_stays() {
        let text = "Jana Berg\nHauptstraße 12a, 10115 Berlin\njana.berg@example.org | +49 30 1234567\n\
                    linkedin.com/in/janaberg\nBorn on 12 March 1988\n\nExperience\nSoftware Engineer, Acme GmbH\n\
                    03/2018 – 02/2024\n• Jana's team of 12 ran Kubernetes on 1,500 nodes.\n";
        let today = chrono::NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
        let masked = mask(text, &resume::read(text, today, Some("DE")), &["Jana Berg"]);
        assert_eq!(masked.chars().count(), text.chars().count());
        for gone in ["Jana", "Berg", "berg", "Hauptstra", "12a", "example", "1234567", "linkedin", "1988", "March"] {
            assert!(!masked.contains(gone), "{gone}: {masked}");
        }
        for kept in
            ["10115 Berlin", "Software Engineer, Acme GmbH", "03/2018 – 02/2024", "team of 12 ran Kubernetes on 1,500"]
        {
            assert!(masked.contains(kept), "{kept}: {masked}");
        }
    }

    #[test]
    fn other_ways_to_write_an_address_are_hidden_too() {
        for (text, gone) in [
            ("lives at 221B Baker Street, London", "Baker"),
            ("12 rue de Rivoli, Paris", "Rivoli"),
            ("Calle Mayor, 5, Madrid", "Mayor"),
            ("phone 555 123 4567", "4567"),
            ("(415) 555-2671", "2671"),
            ("0171/2345678", "2345678"),
            ("DOB: 1990-05-17", "1990"),
            ("geb. 17.05.1990 in Köln", "1990"),
            ("write to me @ana_codes", "ana_codes"),
            ("https://ana.example/cv", "ana.example"),
        ] {
            assert!(!masked(text, &[]).contains(gone), "{}", masked(text, &[]));
        }
    }

    #[test]
    fn a_name_that_is_a_word_is_hidden_where_it_is_a_name() {
        let masked = masked("Will Li will lead. will.li@x.example. The list of Li.", &["Will Li"]);
        assert_eq!(masked, "**** ** will lead. ****.****.*******. The list of **.");
    }

    #[test]
    fn years_numbers_and_titles_are_not_taken_for_phones() {
        for text in
            ["2012 - 2017", "01/2018 – 12/2024", "cut costs by 1,250,000 euros", "ISO 27001, EN 9606", "Road safety"]
        {
            assert_eq!(masked(text, &["Ana Lima"]), text);
        }
    }

    proptest! {
        #[test]
        fn offsets_stay_and_no_identity_is_left(
            before in "[a-z ]{0,30}", after in "[a-z.\n ]{0,30}", first in "[A-Z][a-z]{4,9}", last in "[A-Z][a-zäöü]{4,9}",
            host in "[a-z]{3,9}", digits in "[1-9][0-9]{8}",
        ) {
            let name = format!("{first} {last}");
            let email = format!("{}@{host}.example", first.to_lowercase());
            let text = format!("{before}\n{name}\n{email}, +49{digits}, https://{host}.example/{last}\n{after}\n{first} did it");
            let masked = masked(&text, &[&name]);
            prop_assert_eq!(masked.chars().count(), text.chars().count());
            for gone in [&first, &last, &email, &digits] {
                prop_assert!(!masked.contains(gone.as_str()), "{} in {}", gone, masked);
            }
            for (hidden, letter) in masked.chars().zip(text.chars()) {
                prop_assert!(hidden == letter || hidden == MASK);
            }
        }

        #[test]
        fn any_text_can_be_masked(text in "\\PC{0,200}", name in "\\PC{0,20}") {
            prop_assert_eq!(masked(&text, &[&name]).chars().count(), text.chars().count());
        }
    }
}
