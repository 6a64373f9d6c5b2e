//! Skills: exactly the skill, its years, and what is close to it but is not it.

use super::{Case, Finding, Reason, Status, any_of, together};
use crate::model::profile::HeldSkill;
use crate::model::query::interpretation::{Kind, WantedSkill};
use crate::model::span::Span;
use crate::model::taxonomy;

/// One reason for each skill, and one for each group of alternatives.
pub(super) fn judge(case: &Case<'_>) -> Vec<Reason> {
    let reason = |members: Vec<&WantedSkill>| {
        let each = members.into_iter().map(|wanted| {
            let (finding, remark) = find(case, wanted);
            (name(wanted), wanted.kind, finding, remark)
        });
        any_of(each.collect())
    };
    together(&case.wanted.skills, |wanted| wanted.any_of).into_iter().filter_map(reason).collect()
}

fn name(wanted: &WantedSkill) -> String {
    match wanted.min_years {
        Some(years) if years > 0.0 => format!("{}, at least {years} years", wanted.label),
        _ => wanted.label.clone(),
    }
}

fn find(case: &Case<'_>, wanted: &WantedSkill) -> (Finding, String) {
    let held = case.profile.skills.iter().find(|skill| skill.id == wanted.id);
    let part = || member(case, wanted);
    let (held, said) = match held.filter(|held| !held.denied) {
        // A kind of tools that is named says for how long less exactly than a tool of it does.
        Some(held) if wanted.min_years.is_none_or(|years| years <= 0.0) => (Some(held), String::new()),
        own => {
            part().or_else(|| own.map(|own| (own, String::new()))).map_or((held, String::new()), |f| (Some(f.0), f.1))
        }
    };
    let Some(held) = held else { return related(case, wanted) };
    if held.denied {
        let evidence = case.source.quotes(spans(case, held, true));
        return (Finding { status: Status::Contradicted, evidence }, String::new());
    }
    let evidence = case.source.quotes(spans(case, held, false));
    let (status, remark) = match (wanted.min_years, held.months) {
        (None, _) => (Status::Met, String::new()),
        (Some(years), _) if years <= 0.0 => (Status::Met, String::new()),
        (Some(years), Some(months)) if f64::from(months) >= f64::from(years) * 12.0 => (Status::Met, String::new()),
        (Some(_), Some(months)) => (Status::Partial, format!(" (dated positions show {})", duration(months))),
        (Some(_), None) => (Status::Partial, " (shown, but no dated position says for how long)".to_owned()),
    };
    (Finding { status, evidence }, format!("{said}{remark}"))
}

/// Of what `wanted` is a name for all of, what the resume shows for longest, and the remark that says so.
fn member<'a>(case: &Case<'a>, wanted: &WantedSkill) -> Option<(&'a HeldSkill, String)> {
    let parts = taxonomy::skills().including(&wanted.id);
    let shown = case.profile.skills.iter().filter(|held| !held.denied && parts.contains(&held.id));
    let best = shown.reduce(|best, held| if held.months > best.months { held } else { best })?;
    let label = taxonomy::skills().get(&best.id).map_or(best.id.as_str(), |skill| skill.label.as_str());
    let remark = if best.id == wanted.id { String::new() } else { format!(" ({label} is one)") };
    Some((best, remark))
}

/// Months in words.
pub(super) fn duration(months: u32) -> String {
    match (months / 12, months % 12) {
        (0, 1) => "1 month".to_owned(),
        (0, months) => format!("{months} months"),
        (1, 0) => "1 year".to_owned(),
        (years, 0) => format!("{years} years"),
        (years, months) => format!("{years}.{} years", months * 10 / 12),
    }
}

/// A skill that is close makes a part of it, and is named.
fn related(case: &Case<'_>, wanted: &WantedSkill) -> (Finding, String) {
    let close = taxonomy::skills().get(&wanted.id).and_then(|skill| {
        let held = |id: &String| case.profile.skills.iter().find(|held| held.id == *id && !held.denied);
        skill.related.iter().find_map(held)
    });
    if wanted.kind == Kind::Not {
        return (Finding::missing(), String::new());
    }
    let Some(close) = close else { return (Finding::missing(), String::new()) };
    let label = taxonomy::skills().get(&close.id).map_or(close.id.as_str(), |skill| skill.label.as_str());
    let evidence = case.source.quotes(spans(case, close, false));
    (Finding { status: Status::Partial, evidence }, format!(" (not shown; {label} is related)"))
}

/// The mentions to quote: those that deny, or those that do not; work before lists, since work proves more.
fn spans(case: &Case<'_>, held: &HeldSkill, denied: bool) -> Vec<Span> {
    if !case.source.is_quoting() {
        return Vec::new();
    }
    // Three stretches are quoted; of hundreds of mentions only so many are looked at.
    let look = 24;
    let mut out: Vec<(bool, Span)> = held
        .spans
        .iter()
        .take(look)
        .filter(|span| {
            let (start, end) = case.source.range(**span);
            taxonomy::denied(case.source.text, start, end) == denied
        })
        .map(|span| (!case.profile.positions.iter().any(|position| position.span.contains(*span)), *span))
        .collect();
    if out.is_empty() {
        out = held.spans.iter().take(1).map(|span| (true, *span)).collect();
    }
    out.sort_by_key(|(listed, _)| *listed);
    out.into_iter().map(|(_, span)| span).collect()
}
