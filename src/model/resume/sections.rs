//! Cuts a resume into sections by its headings; the names of headings are data, one file a language.
//!
//! A heading is a line that *is* one of the names, whatever its case, letter-spacing, underline or colon, or a name with
//! a colon before text of its own ("Skills: Rust, SQL"). A name inside a sentence is none.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::page::{Bytes, Page, gaps};
use super::words::{is_bullet, is_decoration, pairs, squeezed};
use crate::model::profile::{Section, SectionKind};

static NAMES: LazyLock<HashMap<String, SectionKind>> = LazyLock::new(|| {
    [include_str!("data/sections.en.txt"), include_str!("data/sections.de.txt"), include_str!("data/sections.fr.txt")]
        .into_iter()
        .rev()
        .flat_map(pairs)
        .filter_map(|(kind, name)| Some((squeezed(name), kind_of(kind)?)))
        .collect()
});

/// The longest line that can be a heading, in bytes.
const LONGEST: usize = 80;

fn kind_of(name: &str) -> Option<SectionKind> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

/// A section while reading.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub kind: SectionKind,
    /// Heading and body.
    pub whole: Bytes,
    pub body: Bytes,
    /// Lines of the body; a heading with text on its own line counts as a line.
    pub lines: Range<usize>,
}

impl Part {
    pub fn section(&self, page: &Page<'_>) -> Section {
        Section { kind: self.kind, span: page.span(self.whole), body: page.span(self.body) }
    }
}

/// A heading found on a line, and where the text after it begins, if it is on the same line.
struct Heading {
    kind: SectionKind,
    inline: Option<usize>,
}

/// The sections of a page, in order; the first is the header, even if nothing stands in it.
///
/// `speaks` tells whether a text names a natural language: "Languages: Java, C" under a skills heading does not.
pub(super) fn parts(page: &Page<'_>, speaks: impl Fn(&str) -> bool) -> Vec<Part> {
    let mut starts: Vec<(usize, SectionKind, usize)> = Vec::new();
    let mut kind = SectionKind::Header;
    for (index, line) in page.lines.iter().enumerate() {
        let Some(heading) = heading(page, *line) else { continue };
        if repeats(page, kind, &heading, *line) {
            continue;
        }
        if let Some(at) = heading.inline
            && !opens(kind, &heading, line.of(page.text), &page.text[at..line.end], &speaks)
        {
            continue;
        }
        kind = heading.kind;
        starts.push((index, kind, heading.inline.unwrap_or(line.end)));
    }
    let mut out = vec![part(page, SectionKind::Header, 0..starts.first().map_or(page.lines.len(), |s| s.0), None)];
    for (nth, &(index, kind, body)) in starts.iter().enumerate() {
        let end = starts.get(nth + 1).map_or(page.lines.len(), |next| next.0);
        let inline = body < page.lines[index].end;
        let lines = if inline { index } else { index + 1 }..end;
        out.push(part(page, kind, lines, Some((page.lines[index].start, body))));
    }
    out
}

/// Whether a name stands under each position ("Highlights", "Technologies"): then it begins no section.
fn repeats(page: &Page<'_>, inside: SectionKind, heading: &Heading, line: Bytes) -> bool {
    use SectionKind::{Awards, Experience, Other, Projects, Skills, Summary, Volunteering};
    let listed = matches!(inside, Experience | Projects | Volunteering);
    if !listed || !matches!(heading.kind, Skills | Awards | Projects | Other | Summary) || heading.inline.is_some() {
        return false;
    }
    let name = squeezed(line.of(page.text));
    page.lines
        .iter()
        .filter(|other| other.end - other.start <= LONGEST && squeezed(other.of(page.text)) == name)
        .count()
        > 1
        && !super::words::is_caps(line.of(page.text))
        && page
            .lines
            .iter()
            .rfind(|other| squeezed(other.of(page.text)) == name)
            .is_some_and(|last| last.start > line.start)
}

fn part(page: &Page<'_>, kind: SectionKind, lines: Range<usize>, heading: Option<(usize, usize)>) -> Part {
    let start = heading.map_or_else(|| page.lines.first().map_or(0, |line| line.start), |(start, _)| start);
    let after = heading.map_or(start, |(_, after)| after);
    let end = if lines.is_empty() { after } else { page.lines[lines.end - 1].end }.max(after);
    let body = Bytes { start: after, end }.trimmed(page.text);
    Part { kind, whole: Bytes { start, end }, body, lines }
}

/// Whether a heading with text after it on its line begins a section, given the section it stands in.
fn opens(inside: SectionKind, heading: &Heading, line: &str, rest: &str, speaks: &impl Fn(&str) -> bool) -> bool {
    use SectionKind::{Experience, Languages, Other, Projects, Skills};
    let label = &line[..line.len() - rest.len()];
    let caps = super::words::is_caps(label);
    match (inside, heading.kind) {
        (_, Languages) => speaks(rest),
        (Experience | Projects | Skills, Skills | Other | Projects) => false,
        (Experience | Projects, _) => caps,
        _ => true,
    }
}

fn heading(page: &Page<'_>, line: Bytes) -> Option<Heading> {
    let text = line.of(page.text);
    if is_bullet(text) && text.chars().any(char::is_lowercase) {
        return None;
    }
    let bare = line.trimmed_of(page.text, is_decoration);
    let bare = Bytes { start: number_skipped(page.text, bare), end: bare.end };
    let shown = bare.of(page.text);
    let starts_big = shown.chars().next().is_some_and(|c| c.is_uppercase() || !c.is_lowercase());
    if shown.len() <= LONGEST
        && (starts_big || text.ends_with(':'))
        && !text.ends_with(['.', ','])
        && let Some(kind) = NAMES.get(&squeezed(shown))
    {
        return Some(Heading { kind: *kind, inline: None });
    }
    inline(page, bare, text)
}

/// A name, then a colon or a wide gap, then text of the section.
fn inline(page: &Page<'_>, bare: Bytes, text: &str) -> Option<Heading> {
    let shown = bare.of(page.text);
    if !shown.chars().next()?.is_uppercase() || is_bullet(text) {
        return None;
    }
    let (label, after) = match shown.split_once(':') {
        Some((label, _)) if label.len() <= LONGEST / 2 => (label, bare.start + label.len() + 1),
        _ => {
            let cells = gaps(page.text, bare);
            let (first, second) = (cells.first()?, cells.get(1)?);
            (first.of(page.text), second.start)
        }
    };
    let kind = *NAMES.get(&squeezed(label))?;
    let rest = page.text[after..bare.end].trim_start();
    (!rest.is_empty()).then(|| Heading { kind, inline: Some(bare.end - rest.len()) })
}

/// Where the text begins after a number such as "1." or "II." of a heading.
fn number_skipped(text: &str, bytes: Bytes) -> usize {
    let shown = bytes.of(text);
    let digits = shown.len() - shown.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = shown[digits..].trim_start_matches(['.', ')', ' ']);
    if (1..=2).contains(&digits) && rest.len() < shown.len() - digits { bytes.end - rest.len() } else { bytes.start }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(SectionKind, String)> {
        let page = Page::new(text);
        parts(&page, |rest| rest.contains("English"))
            .iter()
            .map(|part| (part.kind, part.body.of(text).to_owned()))
            .collect()
    }

    #[test]
    fn headings_are_known_by_name_however_they_are_set() {
        for heading in [
            "Experience",
            "EXPERIENCE:",
            "E X P E R I E N C E",
            "E XPERIENCE",
            "P ROFESSIONAL E XPERIENCE",
            "W O R K   E X P E R I E N C E",
            "W ORK E XPERIENCE:",
            "Berufserfahrung",
            "— Work Experience —",
            "1. Work History",
            "__Experience__",
        ] {
            let all = kinds(&format!("Ana Costa\n{heading}\nBaker, 2019"));
            assert_eq!(all[1], (SectionKind::Experience, "Baker, 2019".to_owned()), "{heading}");
        }
    }

    #[test]
    fn a_name_inside_a_sentence_or_a_list_is_no_heading() {
        let all = kinds("Ana\nSummary\nTen years of\nexperience\n• Skills\nand more skills.");
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn a_heading_may_stand_before_its_text_on_one_line() {
        let all = kinds("Ana\nSkills: Rust, SQL\nLanguages: English\nLanguages: Java");
        assert_eq!(all[1], (SectionKind::Skills, "Rust, SQL".to_owned()));
        assert_eq!(all[2].0, SectionKind::Languages);
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn a_label_inside_a_position_does_not_end_the_section() {
        let all = kinds("Experience\nBaker, 2019\nSkills: bread\nEducation\nSchool");
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn every_line_of_the_data_is_a_heading() {
        for list in [
            include_str!("data/sections.en.txt"),
            include_str!("data/sections.de.txt"),
            include_str!("data/sections.fr.txt"),
        ] {
            for (kind, name) in pairs(list) {
                assert!(kind_of(kind).is_some(), "{kind}\t{name}");
            }
        }
    }
}
