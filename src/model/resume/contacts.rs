//! E-mail addresses, phone numbers and links.

use std::sync::LazyLock;

use phonenumber::country::Id as Country;
use regex::Regex;

use super::page::{Bytes, Page};
use super::sections::Part;
use super::words::words;
use crate::model::profile::{Found, SectionKind};

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z]{2,24}")
        .expect("the pattern is constant and valid")
});

/// Digits with the signs that people put between them; never across a wide gap.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\+|\(\+)?\(?[0-9](?:[ \u{a0}]?[().\-/–‑·]{0,2}[ \u{a0}]?[0-9]){6,16}")
        .expect("the pattern is constant and valid")
});

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:tel|telefon|telephone|téléphone|phone|ph|mobile?|mob|cell|handy|fon|contact|call|portable|whatsapp)\b[^0-9\n]{0,16}$")
        .expect("the pattern is constant and valid")
});

/// Addresses of pages: with a scheme, with `www.`, or of a site where people keep profiles.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)(?:https?://[^\s<>"|,;·()\[\]]+|(?-u:\b)www\.[a-z0-9-]+\.[^\s<>"|,;·()\[\]]+|"#,
        r"(?-u:\b)(?:[a-z0-9-]+\.)*(?:linkedin|xing|github|gitlab|bitbucket|stackoverflow|twitter|x|medium|kaggle|behance|",
        r"dribbble|facebook|instagram|orcid|researchgate|soundcloud|youtube|dev|codepen|leetcode|hackerrank)",
        r#"\.(?:com|org|net|to|de|io)(?:/[^\s<>"|,;·()\[\]]*)?)"#
    ))
    .expect("the pattern is constant and valid")
});

/// A bare domain, as in a header: "jane-doe.dev/work".
static DOMAIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?-u:\b)(?:[a-z0-9][a-z0-9-]*\.)+(?:com|org|de|io|dev|me|co|uk|fr|eu|at|ch|app|tech|info|page|site|design|edu|ai|nl|es|it|pl|in|tumblr)(?:/[^\s<>"|,;·()\[\]]*)?(?-u:\b)"#)
        .expect("the pattern is constant and valid")
});

/// E-mail addresses, lower-cased, each once: those of the header first.
pub(super) fn emails(page: &Page<'_>, parts: &[Part]) -> Vec<Found<String>> {
    let mut out: Vec<(bool, Bytes, String)> = Vec::new();
    for found in EMAIL.find_iter(page.text) {
        let bytes = Bytes { start: found.start(), end: found.end() };
        let value = found.as_str().to_lowercase();
        if out.iter().all(|(_, _, other)| *other != value) {
            out.push((!own(parts, bytes), bytes, value));
        }
    }
    out.sort_by_key(|(foreign, bytes, _)| (*foreign, bytes.start));
    out.into_iter()
        .map(|(foreign, bytes, value)| Found {
            value,
            span: page.span(bytes),
            confidence: if foreign { 0.6 } else { 0.98 },
        })
        .collect()
}

/// Whether a stretch stands where people write of themselves, and not of a reference or an employer.
fn own(parts: &[Part], bytes: Bytes) -> bool {
    parts
        .iter()
        .filter(|part| part.whole.start <= bytes.start && bytes.end <= part.whole.end)
        .all(|part| matches!(part.kind, SectionKind::Header | SectionKind::Other | SectionKind::Summary))
}

/// Phone numbers: E.164 where the country is known (by prefix, else `country`), else digits as written.
pub(super) fn phones(page: &Page<'_>, parts: &[Part], country: Option<&str>) -> Vec<Found<String>> {
    let country = country.and_then(|code| code.to_uppercase().parse::<Country>().ok());
    let mut out: Vec<Found<String>> = Vec::new();
    for found in NUMBER.find_iter(page.text) {
        let bytes = Bytes { start: found.start(), end: found.end() };
        let Some((value, confidence)) = phone(page, parts, bytes, country) else { continue };
        if out.iter().all(|other| other.value != value) {
            out.push(Found { value, span: page.span(bytes), confidence });
        }
    }
    out
}

fn phone(page: &Page<'_>, parts: &[Part], bytes: Bytes, country: Option<Country>) -> Option<(String, f32)> {
    let text = bytes.of(page.text);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let next = page.text[bytes.end..].chars().next();
    let before = page.text[..bytes.start].chars().next_back();
    let glued = |c: char| c.is_alphanumeric() || matches!(c, '/' | '@' | '_' | '-' | '=' | '#' | '$' | '€' | '.' | '*');
    if !(7..=15).contains(&digits) || before.is_some_and(glued) || next.is_some_and(|c| c.is_alphanumeric() || c == '@')
    {
        return None;
    }
    let line = page.text[..bytes.start].rfind('\n').map_or(0, |at| at + 1);
    let labelled = LABEL.is_match(&page.text[line..bytes.start]);
    let international = text.starts_with('+') || text.starts_with("(+") || text.starts_with("00");
    if !(labelled || own(parts, bytes)) || (!labelled && !international && looks_like_dates(text)) {
        return None;
    }
    let plain: String = text.chars().filter(char::is_ascii_digit).collect();
    let region = if international { None } else { country };
    if international || region.is_some() {
        // "+49 (0)30" repeats the trunk prefix that the country code replaces.
        let national = text.replace("(0)", "").chars().filter(char::is_ascii_digit).collect::<String>();
        let written = if international { format!("+{}", national.trim_start_matches("00")) } else { text.to_owned() };
        if let Ok(number) = phonenumber::parse(region, written) {
            let confidence = if number.is_valid() { 0.95 } else { 0.7 };
            return Some((number.format().mode(phonenumber::Mode::E164).to_string(), confidence));
        }
    }
    Some((plain, if labelled { 0.6 } else { 0.5 }))
}

/// "2011-2013", "01.02.2003" and the like.
fn looks_like_dates(text: &str) -> bool {
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let year = |group: &&str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let digits: usize = groups.iter().map(|group| group.len()).sum();
    groups.iter().filter(|group| year(group)).count() >= 1
        && digits <= 12
        && groups.iter().all(|group| group.len() <= 4)
        && (groups.iter().all(year) || text.contains(['.', '/']) || digits <= 8)
}

/// Links with scheme, each once. Bare domains count only where contacts stand.
pub(super) fn links(page: &Page<'_>, parts: &[Part]) -> Vec<Found<String>> {
    let mut out: Vec<Found<String>> = Vec::new();
    let mut found: Vec<(Bytes, f32)> =
        LINK.find_iter(page.text).map(|link| (Bytes { start: link.start(), end: link.end() }, 0.95)).collect();
    for domain in DOMAIN.find_iter(page.text) {
        let bytes = Bytes { start: domain.start(), end: domain.end() };
        let known = found.iter().any(|(other, _)| other.start < bytes.end && bytes.start < other.end);
        if !known && own(parts, bytes) && !is_technology(domain.as_str()) {
            found.push((bytes, 0.7));
        }
    }
    found.sort_by_key(|(bytes, _)| bytes.start);
    for (bytes, confidence) in found {
        let before = page.text[..bytes.start].chars().next_back();
        if before.is_some_and(|c| matches!(c, '@' | '.' | '-' | '_' | '/' | '%' | '+')) {
            continue;
        }
        let mut end = bytes.end;
        if page.text[end..].starts_with('@') {
            continue;
        }
        while page.text[bytes.start..end].ends_with(['.', ',', ';', ':', '!', '?', '\'', '-', '…']) {
            end -= page.text[bytes.start..end].chars().next_back().map_or(1, char::len_utf8);
        }
        let bytes = Bytes { start: bytes.start, end };
        let text = bytes.of(page.text);
        if text.contains('@') && EMAIL.is_match(text) {
            continue;
        }
        let lower = text.to_lowercase();
        let value = if lower.starts_with("http") { text.to_owned() } else { format!("https://{text}") };
        if out.iter().all(|other| bare(&other.value) != bare(&value)) {
            out.push(Found { value, span: page.span(bytes), confidence });
        }
    }
    out
}

/// An address without what may differ between two ways of writing it.
fn bare(link: &str) -> String {
    let lower = link.to_lowercase();
    let rest = lower.trim_start_matches("https://").trim_start_matches("http://").trim_start_matches("www.");
    rest.trim_end_matches('/').to_owned()
}

/// Names of tools that look like domains.
fn is_technology(domain: &str) -> bool {
    words(domain).any(|word| {
        matches!(
            word.as_str(),
            "asp.net"
                | "ado.net"
                | "vb.net"
                | "socket.io"
                | "node.js"
                | "b.tech"
                | "m.tech"
                | "b.com"
                | "m.com"
                | "b.ed"
                | "booking.com"
                | "salesforce.com"
                | "amazon.com"
                | "ph.d.in"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::sections;
    use super::*;

    fn values(found: Vec<Found<String>>) -> Vec<String> {
        found.into_iter().map(|found| found.value).collect()
    }

    fn all(text: &str, country: Option<&str>) -> (Vec<String>, Vec<String>, Vec<String>) {
        let page = Page::new(text);
        let parts = sections::parts(&page, |_| false);
        (values(emails(&page, &parts)), values(phones(&page, &parts, country)), values(links(&page, &parts)))
    }

    #[test]
    fn contacts_of_a_header_are_read_with_prefix_and_scheme() {
        let text = "Jana Berg\nmailto:Jana.Berg@example.org | Tel. +49 (0)30 1234567 | linkedin.com/in/janaberg\nwww.janaberg.de";
        let (emails, phones, links) = all(text, None);
        assert_eq!(emails, ["jana.berg@example.org"]);
        assert_eq!(phones, ["+49301234567"]);
        assert_eq!(links, ["https://linkedin.com/in/janaberg", "https://www.janaberg.de"]);
    }

    #[test]
    fn a_national_number_takes_the_country_it_is_given() {
        assert_eq!(all("Bo Li\n0171 2345678", Some("DE")).1, ["+491712345678"]);
        assert_eq!(all("Bo Li\n(212) 555-0187", Some("US")).1, ["+12125550187"]);
        assert_eq!(all("Bo Li\n(212) 555-0187", None).1, ["2125550187"]);
    }

    #[test]
    fn years_and_numbers_of_the_body_are_no_phones() {
        let text = "Bo Li\n2011-2013\n01.02.2013 - 03.04.2015\nExperience\nSaved 1 234 567 890 dollars";
        assert!(all(text, Some("US")).1.is_empty());
    }

    #[test]
    fn an_address_of_mail_is_no_link_and_a_tool_is_no_page() {
        let (_, _, links) = all("Bo Li\nbo@li-smith.com\nASP.NET and Node.js", None);
        assert!(links.is_empty(), "{links:?}");
    }
}
