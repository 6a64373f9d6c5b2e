//! Skills that a resume shows: every place, the months of the dated positions that show it, and what is denied.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::page::{Bytes, Page};
use super::sections::Part;
use crate::model::experience;
use crate::model::profile::{End, HeldPosition, HeldSkill, SectionKind, YearMonth};
use crate::model::span::Span;
use crate::model::taxonomy::{self, Context};

/// The skills of a resume, by first appearance; not from `called`, the spans of the person's name, mail and links.
pub(super) fn read(
    page: &Page<'_>,
    parts: &[Part],
    (positions, called): (&[HeldPosition], &[Span]),
    today: NaiveDate,
) -> Vec<HeldSkill> {
    let mut order: Vec<&str> = Vec::new();
    let mut shown: HashMap<&str, Shown> = HashMap::new();
    for part in parts {
        let context = if part.kind == SectionKind::Skills { Context::SkillList } else { Context::Prose };
        let text = part.body.of(page.text);
        for mention in taxonomy::skills().mentions(text, context) {
            let bytes = Bytes { start: part.body.start + mention.start, end: part.body.start + mention.end };
            let span = page.span(bytes);
            if called.iter().any(|own| own.contains(span)) {
                continue;
            }
            let entry = shown.entry(mention.id).or_insert_with(|| {
                order.push(mention.id);
                Shown::default()
            });
            entry.denials += usize::from(taxonomy::denied(text, mention.start, mention.end));
            entry.listed |= context == Context::SkillList;
            entry.spans.push(span);
        }
    }
    order
        .into_iter()
        .map(|id| {
            let shown = shown.remove(id).expect("every id in the order was shown");
            held(id, shown, positions, today)
        })
        .collect()
}

#[derive(Default)]
struct Shown {
    spans: Vec<Span>,
    denials: usize,
    listed: bool,
}

fn held(id: &str, shown: Shown, positions: &[HeldPosition], today: NaiveDate) -> HeldSkill {
    let dated: Vec<(YearMonth, End)> = positions
        .iter()
        .filter(|position| shown.spans.iter().any(|span| position.span.contains(*span)))
        .filter_map(|position| Some((position.start?, position.end?)))
        .collect();
    let confidence = match (shown.listed, shown.spans.len()) {
        (true, _) => 0.95,
        (false, 1) => 0.8,
        (false, _) => 0.9,
    };
    HeldSkill {
        id: id.to_owned(),
        months: experience::months(dated.iter().copied(), today),
        last_used: dated.iter().map(|(_, end)| experience::last_year(*end, today)).max(),
        // As many denials as mentions, or more: one "no PHP" beside three projects in PHP is about something else.
        denied: shown.denials > 0 && shown.denials * 2 >= shown.spans.len(),
        spans: shown.spans,
        confidence,
    }
}
