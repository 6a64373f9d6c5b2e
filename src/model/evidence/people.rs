//! What a person was and for how long: titles, seniority, years.

use chrono::NaiveDate;

use super::skills::duration;
use super::{Case, Finding, Reason, Status, any_of, together};
use crate::model::experience;
use crate::model::profile::{End, HeldPosition, Profile};
use crate::model::query::interpretation::{Kind, Seniority, WantedTitle};
use crate::model::span::Span;
use crate::model::taxonomy;

/// From this similarity on a title is close (the taxonomy gives 0.6 to occupations of one group).
const CLOSE: f32 = 0.5;

/// One reason for each title, and one for each group of alternatives.
pub(super) fn titles(case: &Case<'_>) -> Vec<Reason> {
    let reason = |members: Vec<&WantedTitle>| {
        let each = members.into_iter().map(|wanted| {
            let (finding, remark) = title(case, wanted);
            (wanted.label.clone(), wanted.kind, finding, remark)
        });
        any_of(each.collect())
    };
    together(&case.wanted.titles, |wanted| wanted.any_of).into_iter().filter_map(reason).collect()
}

/// Whether a position has exactly the wanted title: the same occupation, or the words in it.
fn exact(wanted: &WantedTitle, label: &str, held: &HeldPosition) -> bool {
    wanted.id.is_some() && held.title_id == wanted.id || worded(label, held)
}

/// Whether a position's title holds these words, in lower case.
fn worded(label: &str, held: &HeldPosition) -> bool {
    held.title.as_ref().is_some_and(|title| contains(&title.value.to_lowercase(), label))
}

/// How close the occupation of a position is to the wanted one, 0 to 1.
fn closeness(wanted: &WantedTitle, held: &HeldPosition) -> f32 {
    match (&wanted.id, &held.title_id) {
        (Some(wanted), Some(held)) => taxonomy::occupations().similarity(wanted, held),
        _ => 0.0,
    }
}

/// Months that positions of one kind come to; one that is not dated counts as [`UNDATED`].
fn held_for<'a>(positions: impl Iterator<Item = &'a HeldPosition>, today: NaiveDate) -> u32 {
    let mut undated = false;
    let dated: Vec<_> = positions
        .filter_map(|held| {
            let period = held.start.zip(held.end);
            undated |= period.is_none();
            period
        })
        .collect();
    experience::months(dated, today).unwrap_or(if undated { UNDATED } else { 0 })
}

/// Months that count for a position without dates: something, and less than any real one.
const UNDATED: u32 = 6;

/// Months in a title that are as good as any, where no length was asked for.
const ENOUGH: f32 = 60.0;

/// Share at which time in a close occupation counts.
const NEAR: f32 = 0.25;

/// How long the wanted titles were held, 0 to 1: 1 for each that was held for as long as was asked. Of alternatives
/// the longest counts.
#[expect(clippy::cast_precision_loss, reason = "titles of a query are few")]
pub(super) fn depth(case: &Case<'_>) -> f32 {
    let wanted = together(&case.wanted.titles, |title| title.any_of);
    let wanted: Vec<_> = wanted.into_iter().filter(|members| members[0].kind != Kind::Not).collect();
    let depths = wanted.iter().map(|members| members.iter().map(|title| held(case, title)).fold(0.0, f32::max));
    depths.sum::<f32>() / wanted.len().max(1) as f32
}

/// How long one wanted title was held, 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "months of a life fit")]
fn held(case: &Case<'_>, wanted: &WantedTitle) -> f32 {
    let enough = case.wanted.years.min.map_or(ENOUGH, |years| (years * 12.0).max(1.0));
    let label = wanted.label.to_lowercase();
    let (same, others): (Vec<&HeldPosition>, Vec<&HeldPosition>) =
        case.profile.positions.iter().partition(|held| exact(wanted, &label, held));
    let close = others.into_iter().filter(|held| closeness(wanted, held) >= CLOSE);
    let months = held_for(same.into_iter(), case.today) as f32 + NEAR * held_for(close, case.today) as f32;
    (months / enough).min(1.0)
}

fn title(case: &Case<'_>, wanted: &WantedTitle) -> (Finding, String) {
    let label = wanted.label.to_lowercase();
    let mut same: Vec<&HeldPosition> =
        case.profile.positions.iter().filter(|held| exact(wanted, &label, held)).collect();
    // The title as it was asked for proves more than another name of the same occupation.
    same.sort_by_key(|held| !worded(&label, held));
    let spans: Vec<Span> = same.iter().filter_map(|held| Some(held.title.as_ref()?.span)).collect();
    if !spans.is_empty() {
        let other = same.first().filter(|held| !worded(&label, held)).and_then(|held| held.title.as_ref());
        let name = other.map(|title| format!("as {}", title.value));
        let periods = same.iter().filter_map(|held| held.start.zip(held.end));
        let time = experience::months(periods, case.today);
        let time = time.map(|months| format!("dated positions show {}", duration(months)));
        let remarks: Vec<String> = name.into_iter().chain(time).collect();
        let remark = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join("; ")) };
        return (Finding { status: Status::Met, evidence: case.source.quotes(spans) }, remark);
    }
    if let Some(headline) = &case.profile.headline
        && (contains(&headline.value.to_lowercase(), &label)
            || (wanted.id.is_some()
                && taxonomy::occupations().resolve(&headline.value).map(|known| &known.id) == wanted.id.as_ref()))
    {
        return (Finding { status: Status::Met, evidence: case.source.quotes([headline.span]) }, String::new());
    }
    let close = case.profile.positions.iter().find(|held| closeness(wanted, held) >= CLOSE);
    if let Some(title) = close.and_then(|held| held.title.as_ref()) {
        let finding = Finding { status: Status::Partial, evidence: case.source.quotes([title.span]) };
        return (finding, format!(" (held a close position: {})", title.value));
    }
    let said = case.source.find(&wanted.label);
    if said.is_empty() {
        return (Finding::missing(), String::new());
    }
    (
        Finding { status: Status::Partial, evidence: case.source.quotes(said) },
        " (named, but no position has this title)".to_owned(),
    )
}

/// Whether `text` holds `phrase` as whole words.
fn contains(text: &str, phrase: &str) -> bool {
    !phrase.is_empty()
        && text.match_indices(phrase).any(|(at, _)| {
            !text[..at].chars().next_back().is_some_and(char::is_alphanumeric)
                && !text[at + phrase.len()..].chars().next().is_some_and(char::is_alphanumeric)
        })
}

/// Words of a title and the grade they tell; the first that is found counts.
const GRADES: [(&str, Seniority); 38] = [
    ("chief", Seniority::Executive),
    ("ceo", Seniority::Executive),
    ("cto", Seniority::Executive),
    ("cfo", Seniority::Executive),
    ("coo", Seniority::Executive),
    ("cio", Seniority::Executive),
    ("vice president", Seniority::Executive),
    ("vp", Seniority::Executive),
    ("president", Seniority::Executive),
    ("managing director", Seniority::Executive),
    ("director", Seniority::Executive),
    ("geschäftsführer", Seniority::Executive),
    ("geschäftsführerin", Seniority::Executive),
    ("vorstand", Seniority::Executive),
    ("intern", Seniority::Intern),
    ("internship", Seniority::Intern),
    ("praktikant", Seniority::Intern),
    ("praktikantin", Seniority::Intern),
    ("praktikum", Seniority::Intern),
    ("werkstudent", Seniority::Intern),
    ("werkstudentin", Seniority::Intern),
    ("trainee", Seniority::Intern),
    ("apprentice", Seniority::Intern),
    ("principal", Seniority::Principal),
    ("staff engineer", Seniority::Principal),
    ("distinguished", Seniority::Principal),
    ("junior", Seniority::Junior),
    ("jr", Seniority::Junior),
    ("entry level", Seniority::Junior),
    ("graduate", Seniority::Junior),
    ("lead", Seniority::Lead),
    ("team leader", Seniority::Lead),
    ("teamleiter", Seniority::Lead),
    ("teamleiterin", Seniority::Lead),
    ("head", Seniority::Lead),
    ("leitender", Seniority::Lead),
    ("senior", Seniority::Senior),
    ("sr", Seniority::Senior),
];

fn grade(title: &str) -> Option<Seniority> {
    let lower = title.to_lowercase();
    // The grade of whom somebody works for is not theirs: "assistant to the CEO".
    let end = [" to ", " zum ", " zur ", " für "].iter().filter_map(|word| lower.find(word)).min();
    let lower = &lower[..end.unwrap_or(lower.len())];
    GRADES.iter().find(|(word, _)| contains(lower, word)).map(|(_, grade)| *grade)
}

/// The grade that the newest titles, or the headline, tell, and where.
pub(super) fn told(profile: &Profile) -> Option<(Seniority, Span)> {
    let by_title = profile.positions.iter().take(3).find_map(|held| {
        let title = held.title.as_ref()?;
        Some((grade(&title.value)?, title.span))
    });
    by_title.or_else(|| profile.headline.as_ref().and_then(|line| Some((grade(&line.value)?, line.span))))
}

/// One reason for all grades that are asked for: any of them will do. The grade is the newest title's that tells one.
pub(super) fn seniority(case: &Case<'_>) -> Option<Reason> {
    let wanted = &case.wanted.seniority;
    if wanted.is_empty() {
        return None;
    }
    let requirement = wanted.iter().map(|grade| grade.name()).collect::<Vec<_>>().join(" or ");
    let told = told(case.profile);
    let above = |grade: Seniority| wanted.iter().any(|least| *least >= Seniority::Senior && grade > *least);
    let (finding, remark) = match (told, experience::held(case.profile, case.today)) {
        (Some((grade, span)), _) if wanted.contains(&grade) || above(grade) => {
            (Finding { status: Status::Met, evidence: case.source.quotes([span]) }, String::new())
        }
        (Some((grade, span)), _) => {
            let near = wanted.iter().any(|one| (*one as i8 - grade as i8).abs() == 1);
            let status = if near { Status::Partial } else { Status::Missing };
            (Finding { status, evidence: case.source.quotes([span]) }, format!(" (title says {})", grade.name()))
        }
        (None, Some(months)) if wanted.contains(&by_years(months)) => {
            let evidence = case.source.quotes(dated(case));
            (
                Finding { status: Status::Partial, evidence },
                format!(" (by {} of experience; no title says so)", duration(months)),
            )
        }
        _ => (Finding::missing(), String::new()),
    };
    Some(finding.reason(format!("{requirement}{remark}"), Kind::Should))
}

/// What years alone suggest: the bands that salary surveys use.
fn by_years(months: u32) -> Seniority {
    match months {
        0..24 => Seniority::Junior,
        24..60 => Seniority::Mid,
        _ => Seniority::Senior,
    }
}

/// Months a candidate may fall short of a range and be met in part.
const SHORT: f32 = 6.0;

/// The reason for years in all.
pub(super) fn years(case: &Case<'_>) -> Option<Reason> {
    let range = case.wanted.years;
    let requirement = match (range.min, range.max) {
        (None, None) => return None,
        (Some(min), None) => format!("at least {min} years of experience"),
        (None, Some(max)) => format!("at most {max} years of experience"),
        (Some(min), Some(max)) => format!("{min} to {max} years of experience"),
    };
    // Counted anew: what went on when the resume was read goes on since.
    let periods = case.profile.positions.iter().filter_map(|held| Some((held.start?, held.end?)));
    let Some(months) = experience::months(periods, case.today) else {
        let finding = Finding::missing();
        return Some(finding.reason(format!("{requirement} (no dated positions)"), Kind::Must));
    };
    #[expect(clippy::cast_precision_loss, reason = "months of a life fit")]
    let held = months as f32;
    // "3 to 5 years" holds until the sixth year begins.
    let (low, high) = (range.min.unwrap_or(0.0) * 12.0, range.max.map_or(f32::INFINITY, |max| (max + 1.0) * 12.0));
    let status = if held >= low && held < high {
        Status::Met
    } else if held >= low - SHORT && held < high + SHORT {
        Status::Partial
    } else {
        Status::Missing
    };
    let evidence = case.source.quotes(dated(case));
    let requirement = format!("{requirement} (dated positions show {})", duration(months));
    Some(Finding { status, evidence }.reason(requirement, Kind::Must))
}

/// The heads of dated positions: the newest, and the first.
fn dated(case: &Case<'_>) -> Vec<Span> {
    let all: Vec<&HeldPosition> =
        case.profile.positions.iter().filter(|held| held.start.is_some() && held.end.is_some()).collect();
    let head = |held: &&HeldPosition| {
        held.title.as_ref().map_or(Span { start: held.span.start, end: held.span.start + 1 }, |title| title.span)
    };
    let current = all.iter().filter(|held| held.end == Some(End::Present)).map(head);
    current.chain(all.first().map(head)).chain(all.last().map(head)).collect()
}
