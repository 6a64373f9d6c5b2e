//! Cuts a resume into the passages that are embedded: few, full, and the whole text but for the identity header.
//!
//! The header (name, contacts) costs ranking quality and lets a name move results, so it is not embedded; the lexical
//! side reads it. Small sections share a passage, long ones are cut at lines or sentences, and a position that is cut
//! repeats its first line, so that each part still says what it is about.

use super::profile::{Profile, SectionKind};
use super::span::Span;

/// A stretch of a resume that is embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Its place among the resume's passages, from 0.
    pub ordinal: u32,
    /// Where it stands in the resume's text.
    pub span: Span,
    /// What most of it is about: the kind of its first section.
    pub kind: SectionKind,
    /// What is embedded: the span's text, after a repeated title line where an entry was cut.
    pub text: String,
}

/// A piece that is never cut again: a line, or a sentence of a long line.
#[derive(Clone, Copy)]
struct Unit {
    start: usize,
    end: usize,
    tokens: usize,
    section: usize,
    /// The position it belongs to.
    entry: Option<usize>,
}

/// The longest repeated title line, in characters.
const TITLE: usize = 160;

/// The passages of `text`, of at most `max_tokens` by `count` (special tokens left to the caller's budget).
///
/// Spans are in order and do not overlap; together they hold every character that is not white space and not in the
/// identity header. A unit without a boundary to cut at may exceed the limit only where a single word does.
pub fn cut(text: &str, profile: &Profile, max_tokens: usize, count: &dyn Fn(&str) -> usize) -> Vec<Passage> {
    let max_tokens = max_tokens.max(8);
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let byte = |at: usize| chars.get(at).map_or(text.len(), |(byte, _)| *byte);
    let slice = |start: usize, end: usize| &text[byte(start)..byte(end)];
    let units = units(&chars, profile, max_tokens, &|start, end| count(slice(start, end)));
    let mut out: Vec<Passage> = Vec::new();
    let mut from = 0;
    while from < units.len() {
        let title = repeated(&units, from, profile)
            .map(|(start, end)| slice(start, end).split_whitespace().collect::<Vec<_>>().join(" "));
        let title = title.filter(|title| title.chars().count() <= TITLE && count(title) * 3 < max_tokens);
        let budget = max_tokens - title.as_ref().map_or(0, |title| count(title) + 1).min(max_tokens / 2);
        let to = fill(&units, from, budget);
        let (start, end) = (units[from].start, units[to - 1].end);
        let body = slice(start, end);
        out.push(Passage {
            ordinal: u32::try_from(out.len()).unwrap_or(u32::MAX),
            span: span(start, end),
            kind: profile.sections.get(units[from].section).map_or(SectionKind::Other, |section| section.kind),
            text: title.map_or_else(|| body.to_owned(), |title| format!("{title}\n{body}")),
        });
        from = to;
    }
    out
}

fn span(start: usize, end: usize) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: offset(start), end: offset(end) }
}

/// The first line of the position that `from` continues, when the passage before held its beginning.
fn repeated(units: &[Unit], from: usize, profile: &Profile) -> Option<(usize, usize)> {
    let entry = units[from].entry?;
    let first = units.iter().find(|unit| unit.entry == Some(entry))?;
    if from == 0 || units[from - 1].entry != Some(entry) {
        return None;
    }
    // The title's own words where they are known, else the entry's first line.
    let held = &profile.positions[entry];
    let known = held.title.as_ref().map(|title| (title.span.start as usize, title.span.end as usize));
    known.or(Some((first.start, first.end)))
}

/// How far a passage goes that begins at `from`: as far as it fits, but not a little into the next section or position.
fn fill(units: &[Unit], from: usize, budget: usize) -> usize {
    let mut sum = 0;
    let mut to = from;
    while to < units.len() && (to == from || sum + units[to].tokens <= budget) {
        sum += units[to].tokens;
        to += 1;
    }
    if to == units.len() {
        return to;
    }
    // Prefer to end where a section or a position does, if the passage stays at least two thirds full.
    let mut kept = sum;
    for cut in (from + 1..=to).rev() {
        if kept * 3 < budget * 2 {
            break;
        }
        if units[cut].section != units[cut - 1].section || units[cut].entry != units[cut - 1].entry {
            return cut;
        }
        kept -= units[cut - 1].tokens;
    }
    to
}

/// The lines of the text outside the identity header, cut further where they are too long for one passage.
fn units(chars: &[(usize, char)], profile: &Profile, max: usize, count: &dyn Fn(usize, usize) -> usize) -> Vec<Unit> {
    let header = header_end(profile);
    let mut out = Vec::new();
    let mut start = 0;
    for line in chars.split_inclusive(|(_, c)| *c == '\n') {
        let end = start + line.len();
        let (from, to) = trimmed(chars, start.max(header), end);
        if from < to {
            split(chars, from, to, max, count, &mut out);
        }
        start = end;
    }
    let mut section = 0;
    for unit in &mut out {
        while profile.sections.get(section + 1).is_some_and(|next| next.span.start as usize <= unit.start) {
            section += 1;
        }
        unit.section = section;
        let inside = |held: &super::profile::HeldPosition| {
            held.span.start as usize <= unit.start && unit.end <= held.span.end as usize
        };
        unit.entry = profile.positions.iter().position(inside);
    }
    out
}

/// Where the identity header ends: after the name, the contacts and the place at the top, not after a summary there.
fn header_end(profile: &Profile) -> usize {
    let Some(header) = profile.sections.first().filter(|section| section.kind == SectionKind::Header) else { return 0 };
    let contacts =
        profile.emails.iter().chain(&profile.phones).chain(&profile.links).chain(&profile.name).map(|found| found.span);
    let last = contacts
        .chain(profile.location.as_ref().map(|place| place.span))
        .filter(|span| header.span.contains(*span))
        // A contact far down an unstructured text does not make everything above it a header.
        .filter(|span| span.start < header.span.start + 600)
        .map(|span| span.end)
        .max();
    last.map_or(0, |end| end as usize)
}

fn trimmed(chars: &[(usize, char)], mut start: usize, mut end: usize) -> (usize, usize) {
    while start < end && chars[start].1.is_whitespace() {
        start += 1;
    }
    while start < end && chars[end - 1].1.is_whitespace() {
        end -= 1;
    }
    (start, end)
}

/// One unit if it fits, else halves at the best boundary near the middle: a sentence, a clause, a word.
fn split(
    chars: &[(usize, char)],
    start: usize,
    end: usize,
    max: usize,
    count: &dyn Fn(usize, usize) -> usize,
    out: &mut Vec<Unit>,
) {
    let (start, end) = trimmed(chars, start, end);
    if start >= end {
        return;
    }
    // A quarter: units must be small beside a passage, or passages cannot be filled.
    let tokens = count(start, end);
    let limit = if end - start > 200 { (max / 4).max(8) } else { max };
    if tokens <= limit {
        out.push(Unit { start, end, tokens, section: 0, entry: None });
        return;
    }
    let Some(middle) = boundary(chars, start, end) else {
        out.push(Unit { start, end, tokens, section: 0, entry: None });
        return;
    };
    split(chars, start, middle, max, count, out);
    split(chars, middle, end, max, count, out);
}

/// The boundary nearest to the middle: after a sentence's end, else after a comma, else at a space, else anywhere.
fn boundary(chars: &[(usize, char)], start: usize, end: usize) -> Option<usize> {
    let middle = usize::midpoint(start, end);
    let after = |at: usize, marks: &[char]| marks.contains(&chars[at - 1].1) && chars[at].1.is_whitespace();
    let near = |test: &dyn Fn(usize) -> bool, reach: usize| {
        (start.max(middle.saturating_sub(reach)) + 1..end.min(middle + reach))
            .filter(|at| test(*at))
            .min_by_key(|at| at.abs_diff(middle))
    };
    let third = (end - start) / 3;
    near(&|at| after(at, &['.', '!', '?', '•', ';', '。']), third)
        .or_else(|| near(&|at| after(at, &[',', ':', ')']), third))
        .or_else(|| near(&|at| chars[at].1.is_whitespace(), end - start))
        .or_else(|| (end - start > 80).then_some(middle))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::super::resume;
    use super::*;

    fn words(text: &str) -> usize {
        text.split_whitespace().map(|word| word.chars().count().div_ceil(8)).sum()
    }

    fn passages(text: &str, max: usize) -> (Profile, Vec<Passage>) {
        let profile = resume::read(text, NaiveDate::from_ymd_opt(2026, 6, 1).unwrap(), None);
        let all = cut(text, &profile, max, &words);
        (profile, all)
    }

    const RESUME: &str = "Jana Berg\njana@example.org\n+49 30 1234567\n\nSummary\nBuilds search engines.\n\nExperience\nSoftware Engineer, Acme GmbH\n2019 – 2023\n• Wrote the ranking in Rust, and measured it every week with the team.\n• Ran Kubernetes for twelve services and forty people in three cities.\n• Led the hiring of six engineers, from the first call to the last.\nEducation\nBSc Physics, University of Bonn, 2018\n";

    #[test]
    fn the_name_and_the_contacts_are_not_embedded() {
        let (_, all) = passages(RESUME, 100);
        assert!(all.iter().all(|passage| !passage.text.contains("Jana") && !passage.text.contains("example.org")));
        assert!(all[0].text.contains("Builds search engines"));
    }

    #[test]
    fn a_position_that_is_cut_repeats_its_title() {
        let (_, all) = passages(RESUME, 30);
        assert!(all.iter().filter(|passage| passage.text.contains("Software Engineer")).count() >= 2, "{all:?}");
    }

    #[test]
    fn small_sections_share_a_passage() {
        assert_eq!(passages(RESUME, 200).1.len(), 1);
    }

    proptest! {
        #[test]
        fn spans_hold_all_of_the_text_once_and_in_order(
            lines in proptest::collection::vec("(Experience|Skills|Education|[A-Za-zäß,. ]{0,60}|Engineer, Acme, 2019 - 2021|[a-z]{90,120}|漢字 かな)", 0..40),
            max in 8_usize..120,
        ) {
            let text = lines.join("\n");
            let (profile, all) = passages(&text, max);
            let mut at = header_end(&profile);
            let chars: Vec<char> = text.chars().collect();
            for (nth, passage) in all.iter().enumerate() {
                let (start, end) = (passage.span.start as usize, passage.span.end as usize);
                prop_assert!(at <= start && start < end && end <= chars.len());
                prop_assert_eq!(passage.ordinal as usize, nth);
                prop_assert!(chars[at..start].iter().all(|c| c.is_whitespace()));
                prop_assert!(passage.text.ends_with(&passage.span.slice(&text)));
                at = end;
            }
            prop_assert!(chars[at.min(chars.len())..].iter().all(|c| c.is_whitespace()));
        }
    }
}
