//! Positions held: a date, and around it a title, an employer and a place, in whichever order the resume keeps.
//!
//! The order is a habit of the document: whether heads stand above their dates is learned from the first entry of a
//! section and expected of the others.

use std::ops::Range;

use super::dates::Period;
use super::page::{Bytes, Page};
use super::pieces;
use super::sections::Part;
use super::titles;
use crate::model::profile::{End, Found, HeldPosition, SectionKind, YearMonth};
use crate::model::taxonomy;

/// The most lines of a head above a date.
const ABOVE: usize = 3;

/// The longest piece of a head, in words; what is longer is the description.
const LONGEST: usize = 12;

/// The confidence of a value in the right place that looks like something else: a question, no fact.
const DOUBTFUL: f32 = 0.4;

/// A date that begins an entry; in a narrow column it may take two lines, `line` is the last.
struct Anchor {
    first: usize,
    line: usize,
    period: Period,
}

/// An entry's lines: the head's, and all of them.
struct Entry {
    head: Range<usize>,
    period: Period,
}

/// The positions of a resume, newest first.
pub(super) fn read(page: &Page<'_>, parts: &[Part], periods: &[Period]) -> Vec<HeldPosition> {
    let sections: Vec<&Part> = parts.iter().filter(|part| part.kind == SectionKind::Experience).collect();
    let mut out: Vec<HeldPosition> =
        sections.iter().flat_map(|part| section(page, part.lines.clone(), part.whole.end, periods, false)).collect();
    if out.is_empty() {
        // No section says so: only an entry whose title is known counts.
        let kinds =
            [SectionKind::Header, SectionKind::Summary, SectionKind::Other, SectionKind::Skills, SectionKind::Awards];
        out = parts
            .iter()
            .filter(|part| kinds.contains(&part.kind))
            .flat_map(|part| section(page, part.lines.clone(), part.whole.end, periods, true))
            .collect();
    }
    out.sort_by_key(|held| std::cmp::Reverse(recency(held)));
    // Some exports print each entry twice.
    let name = |held: &HeldPosition| held.title.as_ref().map(|title| title.value.to_lowercase());
    out.dedup_by(|next, held| {
        (next.start, next.end, name(next)) == (held.start, held.end, name(held)) && held.title.is_some()
    });
    out
}

/// What positions are ordered by: the end, then the start.
fn recency(held: &HeldPosition) -> (i32, u8, i32, u8) {
    let key = |at: YearMonth| (at.year, at.month.unwrap_or(0));
    let (year, month) = match held.end {
        Some(End::Present) => (i32::MAX, 12),
        Some(End::At(at)) => key(at),
        None => (0, 0),
    };
    let start = held.start.map_or((0, 0), key);
    (year, month, start.0, start.1)
}

fn section(page: &Page<'_>, lines: Range<usize>, end: usize, periods: &[Period], strict: bool) -> Vec<HeldPosition> {
    let anchors = anchors(page, &lines, periods);
    let entries = entries(page, &lines, anchors);
    let mut out = Vec::new();
    for (nth, entry) in entries.iter().enumerate() {
        let stop = entries.get(nth + 1).map_or(lines.end, |next| next.head.start);
        if let Some(held) = position(page, entry, stop, end, strict) {
            out.push(held);
        }
    }
    out
}

/// The lines with a date that begin an entry, one date a line.
fn anchors(page: &Page<'_>, lines: &Range<usize>, periods: &[Period]) -> Vec<Anchor> {
    let Some(last) = lines.clone().next_back() else { return Vec::new() };
    let (start, end) = (page.lines[lines.start].start, page.lines[last].end);
    let first = periods.partition_point(|period| period.bytes.start < start);
    let mut out: Vec<Anchor> = Vec::new();
    for period in periods[first..].iter().take_while(|period| period.bytes.end <= end) {
        let first = page.line_from(period.bytes.start + 1).saturating_sub(1);
        let line = page.line_from(period.bytes.end).saturating_sub(1).max(first);
        let repeated = out.last().is_some_and(|anchor| anchor.line >= first);
        if !repeated && is_anchor(page, lines, first..line + 1, period) {
            out.push(Anchor { first, line, period: *period });
        }
    }
    out
}

fn is_anchor(page: &Page<'_>, lines: &Range<usize>, own: Range<usize>, period: &Period) -> bool {
    let (line, whole) = (own.end - 1, Bytes { start: page.lines[own.start].start, end: page.lines[own.end - 1].end });
    let alone = whole.start == period.bytes.start && whole.end == period.bytes.end;
    if own.len() > 2 || (own.len() == 2 && !alone) {
        return false;
    }
    let text = whole.of(page.text);
    let before = &page.text[whole.start..period.bytes.start];
    let after = &page.text[period.bytes.end..whole.end];
    let words = before.split_whitespace().count() + after.split_whitespace().count();
    let title = pieces::of_line(page.text, whole, Some(period.bytes))
        .iter()
        .flat_map(|piece| pieces::at_commas(page.text, *piece))
        .map(|piece| titles::title(piece.of(page.text)))
        .max()
        .unwrap_or(0);
    let edge = before.split_whitespace().count() <= 1 || after.split_whitespace().count() <= 1;
    // "Supervisor 11/2014 to Current Company Name City , State Assisted the …": the description follows on the line.
    let runs_on = period.range && before.split_whitespace().count() <= 8 && titles::title(before) == 3;
    if runs_on && !super::words::is_bullet(text) {
        return true;
    }
    if words > 18 || (text.ends_with('.') && words > 8) || (text.starts_with(char::is_lowercase) && title < 3) {
        return false;
    }
    if super::words::is_bullet(text) {
        return period.range && title == 3 && edge;
    }
    if period.range {
        return edge || words <= 12;
    }
    let near = |index: usize| {
        lines.contains(&index) && pieces::is_head(page.line(index)) && titles::title(page.line(index)) >= 2
    };
    edge && words <= 10 && (title == 3 || (words == 0 && (near(line + 1) || near(own.start.wrapping_sub(1)))))
}

/// Entries with their heads, by the habit that the first one shows.
fn entries(page: &Page<'_>, lines: &Range<usize>, anchors: Vec<Anchor>) -> Vec<Entry> {
    let habit = anchors.first().map_or(0, |first| {
        let above = first.first - lines.start;
        let heads = (lines.start..first.first).rev().take_while(|line| pieces::is_head(page.line(*line))).count();
        if above <= ABOVE { heads.min(above) } else { heads.min(2) }
    });
    let mut out: Vec<Entry> = Vec::new();
    let mut floor = lines.start;
    let stops: Vec<usize> = anchors.iter().skip(1).map(|next| next.first).chain([lines.end]).collect();
    for (anchor, stop) in anchors.into_iter().zip(stops) {
        let line = anchor.line;
        let first = anchor.first;
        let above = (floor..first).rev().take(habit).take_while(|above| pieces::is_head(page.line(*above))).count();
        let mut head = first - above..line + 1;
        let kept = stop.saturating_sub(if stop == lines.end { 0 } else { habit });
        head.end += below(page, &head, line, anchor.period, kept, above);
        floor = head.end;
        out.push(Entry { head, period: anchor.period });
    }
    out
}

/// How many lines after the dated one still belong to the head.
fn below(page: &Page<'_>, head: &Range<usize>, line: usize, period: Period, stop: usize, above: usize) -> usize {
    let known = head_pieces(page, head, period);
    let best = |pieces: &[Bytes]| {
        let parts = pieces.iter().flat_map(|piece| pieces::at_commas(page.text, *piece));
        parts.map(|piece| titles::title(piece.of(page.text))).max().unwrap_or(0)
    };
    let so_far = roles(page, known.clone());
    let mut has_title = so_far.title.is_some_and(|(_, confidence)| confidence >= 0.5);
    let mut has_employer = so_far.employer.is_some();
    let mut taken = 0;
    while taken < 2 && line + 1 + taken < stop {
        let next = page.lines[line + 1 + taken];
        let text = next.of(page.text);
        if !pieces::is_head(text) {
            break;
        }
        let parts = pieces::of_line(page.text, next, None);
        let title = best(&parts);
        let place = parts.is_empty() || parts.iter().any(|part| titles::is_place(part.of(page.text)));
        let employer = parts.iter().any(|part| {
            let shown = part.of(page.text);
            titles::employer(shown) > 0 || titles::is_blank(shown) || titles::is_placed_name(shown)
        });
        let bare = known.is_empty() && taken == 0 && above == 0;
        let wanted = (!has_title && title >= 2)
            || (!has_employer && (employer || place) && title < 3)
            || bare
            || (parts.iter().all(|part| titles::is_place(part.of(page.text))));
        if !wanted {
            break;
        }
        has_title |= title >= 2;
        has_employer |= employer || parts.len() > 1;
        taken += 1;
    }
    taken
}

fn head_pieces(page: &Page<'_>, head: &Range<usize>, period: Period) -> Vec<Bytes> {
    let dated = |line: Bytes| line.start < period.bytes.end && period.bytes.start < line.end;
    head.clone()
        .map(|line| page.lines[line])
        .flat_map(|line| pieces::of_line(page.text, line, dated(line).then_some(period.bytes)))
        .filter(|piece| !titles::is_blank(piece.of(page.text)))
        .filter(|piece| piece.of(page.text).split_whitespace().count() <= LONGEST)
        .collect()
}

/// What the pieces of a head were found to be.
#[derive(Default)]
struct Roles {
    title: Option<(Bytes, f32)>,
    employer: Option<(Bytes, f32)>,
    place: Option<Bytes>,
}

fn position(page: &Page<'_>, entry: &Entry, stop: usize, end: usize, strict: bool) -> Option<HeldPosition> {
    let roles = roles(page, head_pieces(page, &entry.head, entry.period));
    let sure = roles.title.is_some_and(|(_, confidence)| confidence >= 0.8);
    if (strict && !(sure && entry.period.range)) || (roles.title.is_none() && !entry.period.range) {
        return None;
    }
    let found = |(bytes, confidence): (Bytes, f32)| Found {
        value: one_line(bytes.of(page.text)),
        span: page.span(bytes),
        confidence,
    };
    let last = if stop > entry.head.start { page.lines[stop - 1].end } else { end };
    let body = (entry.head.end < stop).then(|| Bytes { start: page.lines[entry.head.end].start, end: last });
    let title = roles.title.map(found);
    let title_id = title.as_ref().and_then(|title| occupation(&title.value));
    let confidence = match (&title, strict) {
        (Some(title), false) => title.confidence.min(0.95),
        (Some(_), true) => 0.6,
        (None, _) => 0.4,
    };
    Some(HeldPosition {
        title,
        title_id,
        employer: roles.employer.map(found),
        location: roles.place.map(|place| one_line(place.of(page.text))),
        start: entry.period.start,
        end: entry.period.end,
        description: body.map(|body| page.span(body)),
        span: page.span(Bytes { start: page.lines[entry.head.start].start, end: last }),
        confidence,
    })
}

/// The occupation of a title: as a whole, else by the two or more words that end it ("Assistant Finance Manager").
fn occupation(title: &str) -> Option<String> {
    let all = taxonomy::occupations();
    if let Some(known) = all.resolve(title) {
        return Some(known.id.clone());
    }
    let ending = all.mentions(title).into_iter().rfind(|mention| mention.end == title.len())?;
    title[ending.start..].contains(' ').then(|| ending.id.to_owned())
}

/// Text with every run of white space as one space.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn roles(page: &Page<'_>, pieces: Vec<Bytes>) -> Roles {
    let mut roles = Roles::default();
    let mut rest: Vec<Bytes> = Vec::new();
    for piece in pieces {
        if titles::is_place(piece.of(page.text)) && titles::title(piece.of(page.text)) == 0 {
            roles.place.get_or_insert(piece);
        } else {
            rest.push(piece);
        }
    }
    if rest.len() == 1 {
        rest = at_commas(page, rest[0], &mut roles);
    }
    let score = |piece: &Bytes| {
        let text = piece.of(page.text);
        i16::from(titles::title(text)) * 2 - i16::from(titles::employer(text))
    };
    let best = rest.iter().map(score).max().unwrap_or(0);
    if best >= 3 {
        join_titles(page, &mut rest);
        let best = rest.iter().map(score).max().unwrap_or(best);
        let at = rest.iter().position(|piece| score(piece) == best).expect("the maximum is one of them");
        let title = rest.remove(at);
        let title = trimmed_place(page, title, &mut roles.place);
        let confidence = match best {
            _ if titles::is_doubtful_title(title.of(page.text)) => DOUBTFUL,
            5.. => 0.9,
            _ => 0.7,
        };
        roles.title = Some((title, confidence));
    }
    let strongest = rest.iter().map(|piece| titles::employer(piece.of(page.text))).max().unwrap_or(0);
    let only = rest.len() == 1;
    if let Some(at) = rest.iter().position(|piece| titles::employer(piece.of(page.text)) == strongest)
        && (roles.title.is_some() || strongest > 0)
    {
        let employer = trimmed_place(page, rest.remove(at), &mut roles.place);
        let confidence = match strongest {
            _ if titles::is_doubtful_employer(employer.of(page.text)) => DOUBTFUL,
            1.. => 0.9,
            0 if only => 0.75,
            0 => 0.5,
        };
        roles.employer = Some((employer, confidence));
    }
    if roles.title.is_none()
        && let Some(piece) = rest.first()
    {
        roles.title = Some((*piece, 0.45));
    }
    roles
}

/// "Owner - Graphic Artist" is one title: neighbours on a line that both are titles and not also an employer.
fn join_titles(page: &Page<'_>, pieces: &mut Vec<Bytes>) {
    let title = |piece: &Bytes| titles::title(piece.of(page.text)) == 3 && titles::employer(piece.of(page.text)) == 0;
    let mut at = 0;
    while at + 1 < pieces.len() {
        let (left, right) = (pieces[at], pieces[at + 1]);
        let between = page.text.get(left.end..right.start).unwrap_or("\n");
        if title(&left) && title(&right) && matches!(between.trim(), "-" | "–" | "—" | "/") && between.len() <= 8 {
            pieces[at].end = right.end;
            pieces.remove(at + 1);
        } else {
            at += 1;
        }
    }
}

/// One piece that holds everything between commas: the title at one end, the employer at the other.
fn at_commas(page: &Page<'_>, piece: Bytes, roles: &mut Roles) -> Vec<Bytes> {
    let parts = pieces::at_commas(page.text, piece);
    let mut named: Vec<Bytes> = Vec::new();
    let mut places: Vec<Bytes> = Vec::new();
    for part in &parts {
        let text = part.of(page.text);
        let place = titles::title(text) == 0 && titles::is_place(text) && parts.len() > 1;
        if place { places.push(*part) } else { named.push(*part) }
    }
    if let (Some(first), Some(last)) = (places.first(), places.last()) {
        roles.place.get_or_insert(Bytes { start: first.start, end: last.end });
    }
    let title = |part: &Bytes| titles::title(part.of(page.text)) >= 2;
    match (named.first(), named.last()) {
        (Some(first), Some(last)) if named.len() >= 2 && !named.iter().all(title) => {
            if title(first) && named.len() > 2 {
                let before = named[named.len() - 2];
                vec![Bytes { start: first.start, end: before.end }, *last]
            } else if title(last) && !title(first) {
                vec![*last, *first]
            } else {
                named
            }
        }
        (Some(first), Some(last)) if named.len() >= 2 => vec![Bytes { start: first.start, end: last.end }],
        _ => named,
    }
}

/// A title or an employer without the place that follows it after a comma.
fn trimmed_place(page: &Page<'_>, piece: Bytes, place: &mut Option<Bytes>) -> Bytes {
    let parts = pieces::at_commas(page.text, piece);
    let keep =
        parts.iter().rposition(|part| !titles::is_place(part.of(page.text))).unwrap_or(parts.len().saturating_sub(1));
    if let (Some(first), Some(last)) = (parts.get(keep + 1), parts.last()) {
        place.get_or_insert(Bytes { start: first.start, end: last.end });
        return pieces::tidy(page.text, Bytes { start: piece.start, end: parts[keep].end });
    }
    piece
}
