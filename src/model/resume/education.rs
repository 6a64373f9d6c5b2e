//! Education: degrees, schools and dates, grouped into entries.
//!
//! An entry ends where a second degree, school or date would have to go into it.

use std::ops::Range;

use super::dates::Period;
use super::degrees;
use super::page::{Bytes, Page};
use super::pieces;
use super::positions::one_line;
use super::sections::Part;
use super::titles;
use super::words::is_bullet;
use crate::model::profile::{Education, EducationLevel, End, Found, SectionKind};

/// The longest line that can name a degree or a school, in bytes.
const LONGEST: usize = 220;

/// The confidence of a value in the right place that looks like something else: a question, no fact.
const DOUBTFUL: f32 = 0.4;

/// An entry while it is put together.
#[derive(Default)]
struct Draft {
    degree: Option<(Bytes, EducationLevel)>,
    school: Option<Bytes>,
    period: Option<Period>,
    start: Option<usize>,
    end: usize,
}

/// What one line brings to an entry.
struct Facts {
    degree: Option<(Bytes, EducationLevel)>,
    school: Option<Bytes>,
    period: Option<Period>,
}

/// The education of a resume, newest first.
pub(super) fn read(page: &Page<'_>, parts: &[Part], periods: &[Period]) -> Vec<Education> {
    let lines: Vec<usize> =
        parts.iter().filter(|part| part.kind == SectionKind::Education).flat_map(|part| part.lines.clone()).collect();
    let weak = lines.is_empty();
    let lines = if weak { elsewhere(page, parts) } else { lines };
    let mut out: Vec<Education> = Vec::new();
    let mut draft = Draft::default();
    for (nth, line) in lines.iter().enumerate() {
        let facts = facts(page, *line, periods);
        let apart = nth > 0 && lines[nth - 1] + 1 != *line;
        if apart || ends(&draft, &facts) {
            out.extend(std::mem::take(&mut draft).finish(page, weak));
        }
        draft.take(page, *line, &facts);
    }
    out.extend(draft.finish(page, weak));
    let end = |entry: &Education| match entry.end {
        Some(End::Present) => (i32::MAX, 0),
        Some(End::At(at)) => (at.year, at.month.unwrap_or(0)),
        None => (0, 0),
    };
    out.sort_by_key(|entry| std::cmp::Reverse(end(entry)));
    out
}

/// Without a section: lines outside experience that name a degree beside a school or a date.
fn elsewhere(page: &Page<'_>, parts: &[Part]) -> Vec<usize> {
    let open = parts.iter().filter(|part| !matches!(part.kind, SectionKind::Experience | SectionKind::Projects));
    open.flat_map(|part| part.lines.clone())
        .filter(|line| {
            let text = page.line(*line);
            text.len() <= LONGEST && degrees::degree(text).is_some() && degrees::school(text).is_some()
        })
        .collect()
}

fn ends(draft: &Draft, facts: &Facts) -> bool {
    let second = |has: bool, brings: bool| has && brings;
    second(draft.degree.is_some(), facts.degree.is_some())
        || second(draft.school.is_some(), facts.school.is_some())
        || second(draft.period.is_some(), facts.period.is_some_and(|period| period.range || facts.degree.is_some()))
        || (draft.period.is_some() && draft.degree.is_some() && draft.school.is_some() && facts.period.is_some())
}

fn facts(page: &Page<'_>, line: usize, periods: &[Period]) -> Facts {
    let whole = page.lines[line];
    let text = whole.of(page.text);
    let bullet = is_bullet(text);
    if text.len() > LONGEST {
        return Facts { degree: None, school: None, period: None };
    }
    let first = periods.partition_point(|period| period.bytes.start < whole.start);
    let mut inside = periods[first..].iter().take_while(|period| period.bytes.start < whole.end);
    let period =
        inside.next().filter(|period| !bullet || period.range || text.split_whitespace().count() < 14).copied();
    let minor = bullet && (text.contains(':') || text.len() > 110);
    if minor {
        return Facts { degree: None, school: None, period: None };
    }
    let hole = period.map(|period| period.bytes);
    let pieces = pieces::of_line(page.text, whole, hole);
    let mut facts = Facts { degree: None, school: None, period };
    for piece in pieces {
        facts.read(page, piece);
    }
    facts
}

impl Facts {
    fn read(&mut self, page: &Page<'_>, piece: Bytes) {
        let shown = piece.of(page.text);
        let degree = degrees::degree(shown);
        let school = degrees::school(shown);
        let sub = |range: Range<usize>| {
            pieces::tidy(page.text, Bytes { start: piece.start + range.start, end: piece.start + range.end })
        };
        if let Some((at, level)) = degree
            && self.degree.is_none()
        {
            let from = if at.start > 24 || !shown[..at.start].chars().next().is_some_and(char::is_uppercase) {
                at.start
            } else {
                0
            };
            let end = match school {
                Some(school) if school.start > at.end => school_start(shown, school, at.end),
                _ => shown.len(),
            };
            let from = match school {
                Some(school) if school.start < at.start => at.start,
                _ => from,
            };
            self.degree = Some((sub(from..end.max(at.end)), level));
        }
        if let Some(found) = school
            && self.school.is_none()
        {
            let from = match degree {
                Some((at, _)) if at.start < found.start => school_start(shown, found, at.end),
                _ => 0,
            };
            let to = match degree {
                Some((at, _)) if at.start > found.start => at.start,
                _ => shown.len(),
            };
            // "A course in writing at the Institute of …": the name follows.
            let from = shown[from..found.start].rfind(" at ").map_or(from, |at| from + at + 4);
            let mut school = sub(from..to);
            let parts = pieces::at_commas(page.text, school);
            if let Some(at) = parts.iter().position(|part| degrees::school(part.of(page.text)).is_some()) {
                let keep = parts[at..]
                    .iter()
                    .take_while(|part| !titles::is_place(part.of(page.text)) || part.start == parts[at].start)
                    .last();
                let start = if degree.is_some() || at > 1 { parts[at].start } else { parts[0].start };
                school = Bytes { start, end: keep.map_or(school.end, |part| part.end) };
            }
            self.school = Some(school);
        }
    }
}

/// Where a school's name begins that follows a degree: "… Administration University of Bath", "… in Law, Yale College".
fn school_start(text: &str, school: Bytes, floor: usize) -> usize {
    if floor >= school.start {
        return school.start;
    }
    let before = &text[floor..school.start];
    let lower = text[school.start..].to_lowercase();
    if lower.starts_with("university of") || lower.starts_with("institute of") || before.trim().is_empty() {
        return school.start;
    }
    if let Some(at) = before.rfind([',', ';', ':', '(']).or_else(|| before.rfind(" from ").map(|at| at + 5)) {
        return floor + at + 1;
    }
    // "Business Administration New England College": up to two words before the kind of school are its name.
    let mut starts: Vec<usize> = before
        .char_indices()
        .filter(|(at, c)| !c.is_whitespace() && before[..*at].ends_with(char::is_whitespace))
        .map(|(at, _)| at)
        .collect();
    starts.retain(|at| before[*at..].starts_with(char::is_uppercase));
    let take = starts.len().saturating_sub(2);
    starts.get(take).map_or(school.start, |at| floor + at)
}

impl Draft {
    fn take(&mut self, page: &Page<'_>, line: usize, facts: &Facts) {
        self.degree = self.degree.or(facts.degree);
        self.school = self.school.or(facts.school);
        self.period = self.period.or(facts.period);
        self.start.get_or_insert(page.lines[line].start);
        self.end = page.lines[line].end;
    }

    fn finish(self, page: &Page<'_>, weak: bool) -> Option<Education> {
        let start = self.start?;
        if self.degree.is_none() && self.school.is_none() {
            return None;
        }
        let confidence = match (&self.degree, &self.school, weak) {
            (_, _, true) => 0.55,
            (Some(_), Some(_), false) => 0.9,
            _ => 0.7,
        };
        let found = |bytes: Bytes, doubtful: fn(&str) -> bool| {
            let confidence = if doubtful(bytes.of(page.text)) { DOUBTFUL } else { confidence };
            Found { value: one_line(bytes.of(page.text)), span: page.span(bytes), confidence }
        };
        let whole = self.degree.map(|(bytes, _)| bytes);
        let field = whole.and_then(|bytes| field(page, bytes));
        let degree = whole
            .map(|bytes| Bytes { start: bytes.start, end: field.map_or(bytes.end, |(cut, _)| cut) })
            .map(|bytes| pieces::tidy(page.text, bytes));
        let period = self.period;
        Some(Education {
            institution: self.school.map(|school| found(school, degrees::is_doubtful_school)),
            degree: degree.filter(|degree| !degree.is_empty()).map(|degree| found(degree, degrees::is_doubtful_degree)),
            level: self.degree.map(|(_, level)| level),
            field: field.map(|(_, field)| one_line(field.of(page.text))),
            start: period.and_then(|period| period.start).filter(|_| period.is_some_and(|period| period.range)),
            end: period.and_then(|period| period.end),
            span: page.span(Bytes { start, end: self.end }),
            confidence,
        })
    }
}

/// The field of study, and where the degree ends before it: "Bachelor of Science | in | Physics".
fn field(page: &Page<'_>, degree: Bytes) -> Option<(usize, Bytes)> {
    let text = degree.of(page.text);
    let cut = [" in ", " : ", ": ", ", ", " - ", " im fach ", " en ", " of "]
        .iter()
        .filter(|cut| !(**cut == " of " && (text.contains(" of Science") || text.contains(" of Arts"))))
        .find_map(|cut| {
            let at = text.to_ascii_lowercase().find(cut)?;
            (at >= 2).then_some((at, at + cut.len()))
        })?;
    let field = pieces::tidy(page.text, Bytes { start: degree.start + cut.1, end: degree.end });
    let shown = field.of(page.text);
    let plausible = shown.chars().next().is_some_and(char::is_alphabetic)
        && shown.len() >= 2
        && shown.split_whitespace().count() <= 10;
    plausible.then_some((degree.start + cut.0, field))
}
