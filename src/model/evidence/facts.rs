//! Places, languages, education, certifications, employers and words.

use super::{Case, Finding, Quote, Reason, Status};
use crate::model::profile::EducationLevel;
use crate::model::query::certifications;
use crate::model::query::interpretation::{Kind, WantedEducation, WantedLanguage, WantedLocation};
use crate::model::resume;
use crate::model::span::Span;
use crate::model::taxonomy::{self, Place, PlaceKind};

/// How far from a city counts as there when no radius is asked for, in kilometres: an hour's commute.
pub(super) const AROUND: f64 = 50.0;

/// How far from a region's centre may still be in it, in kilometres; it makes a part, never the whole.
pub(super) const REGION: f64 = 150.0;

/// One reason for all places of a kind, which are alternatives; remote work is one more alternative.
pub(super) fn places(case: &Case<'_>) -> Vec<Reason> {
    let mut out = Vec::new();
    for kind in [Kind::Must, Kind::Should, Kind::Not] {
        let wanted: Vec<&WantedLocation> = case.wanted.locations.iter().filter(|place| place.kind == kind).collect();
        if wanted.is_empty() {
            continue;
        }
        let mut names: Vec<String> = wanted.iter().map(|place| place_name(place)).collect();
        let mut findings: Vec<Finding> = wanted.iter().map(|place| lives(case, place)).collect();
        if case.wanted.remote == Some(true) && kind != Kind::Not {
            names.push("remote".to_owned());
            findings.push(remote(case));
        }
        let best = [Status::Met, Status::Partial, Status::Missing]
            .into_iter()
            .find_map(|status| findings.iter().position(|finding| finding.status == status));
        let finding = best.map_or_else(Finding::missing, |at| findings.swap_remove(at));
        out.push(finding.reason(names.join(" or "), kind));
    }
    let alone = case.wanted.locations.iter().all(|place| place.kind == Kind::Not);
    if case.wanted.remote == Some(true) && alone {
        out.push(remote(case).reason("remote".to_owned(), Kind::Should));
    }
    out
}

fn place_name(place: &WantedLocation) -> String {
    place.radius_km.map_or_else(|| place.name.clone(), |radius| format!("{} ({radius} km)", place.name))
}

fn remote(case: &Case<'_>) -> Finding {
    if !case.profile.remote {
        return Finding::missing();
    }
    let evidence = resume::remote_at(case.source.text).map(|(start, end)| case.source.span(start, end));
    Finding { status: Status::Met, evidence: case.source.quotes(evidence) }
}

/// The place that is wanted, where the gazetteer has it.
pub(super) fn known(wanted: &WantedLocation) -> Option<&'static Place> {
    match &wanted.country {
        Some(country) => taxonomy::places().within(&wanted.name, country),
        None => taxonomy::places().resolve(&wanted.name),
    }
}

fn lives(case: &Case<'_>, wanted: &WantedLocation) -> Finding {
    let Some(home) = case.profile.location.as_ref().filter(|home| home.confidence >= 0.5) else {
        return relocates(case);
    };
    let known = known(wanted);
    let evidence = |status| Finding { status, evidence: case.source.quotes([home.span]) };
    if let Some(area) = known.filter(|place| place.kind == PlaceKind::Countries) {
        let inside = home.value.country.as_ref().is_some_and(|country| area.countries.contains(country));
        return if inside { evidence(Status::Met) } else { relocates(case) };
    }
    let country = wanted.country.as_deref().or(known.map(|place| place.country.as_str()));
    let same_country = home.value.country.is_none() || country.is_none() || home.value.country.as_deref() == country;
    if known.is_some_and(|place| place.kind == PlaceKind::Country) {
        return if same_country && home.value.country.is_some() { evidence(Status::Met) } else { relocates(case) };
    }
    if home.value.name.eq_ignore_ascii_case(&wanted.name) && same_country {
        return evidence(Status::Met);
    }
    let (Some(latitude), Some(longitude), Some(known)) = (home.value.latitude, home.value.longitude, known) else {
        return relocates(case);
    };
    let distance = haversine((latitude, longitude), (f64::from(known.latitude), f64::from(known.longitude)));
    let radius = wanted.radius_km.map(f64::from);
    match (radius, known.kind) {
        (Some(radius), _) if distance <= radius => evidence(Status::Met),
        (None, PlaceKind::City) if distance <= AROUND => evidence(Status::Met),
        (None, PlaceKind::Region) if distance <= REGION && same_country => evidence(Status::Partial),
        (Some(radius), _) if distance <= radius * 1.5 => evidence(Status::Partial),
        _ => relocates(case),
    }
}

/// Somebody who lives elsewhere but would move meets a place in part.
fn relocates(case: &Case<'_>) -> Finding {
    let said = ["willing to relocate", "open to relocation", "ready to relocate", "umzugsbereit"]
        .iter()
        .find_map(|words| case.source.find(words).first().copied());
    said.map_or_else(Finding::missing, |span| Finding { status: Status::Partial, evidence: case.source.quotes([span]) })
}

/// Distance on the globe in kilometres (mean radius 6371.0088 km, IUGG).
fn haversine(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (phi, other) = (a.0.to_radians(), b.0.to_radians());
    let (dphi, dlambda) = ((b.0 - a.0).to_radians(), (b.1 - a.1).to_radians());
    let h = (dphi / 2.0).sin().powi(2) + phi.cos() * other.cos() * (dlambda / 2.0).sin().powi(2);
    2.0 * 6371.0088 * h.sqrt().min(1.0).asin()
}

/// One reason for each language.
pub(super) fn languages(case: &Case<'_>) -> Vec<Reason> {
    let name = |wanted: &WantedLanguage| {
        let label = taxonomy::language_label(&wanted.code).unwrap_or(&wanted.code);
        wanted.level.as_ref().map_or_else(|| label.to_owned(), |level| format!("{label} {level}"))
    };
    case.wanted.languages.iter().map(|wanted| language(case, wanted).reason(name(wanted), wanted.kind)).collect()
}

fn language(case: &Case<'_>, wanted: &WantedLanguage) -> Finding {
    let Some(held) = case.profile.languages.iter().find(|held| held.code == wanted.code) else {
        // A resume written in a language shows some of it, and not how much.
        let written = case.profile.language.as_deref() == Some(wanted.code.as_str());
        return if written { Finding { status: Status::Partial, evidence: Vec::new() } } else { Finding::missing() };
    };
    let evidence = case.source.quotes([held.span]);
    let status = match (wanted.level.as_deref().and_then(rank), held.level.as_deref().and_then(rank)) {
        (None, _) => Status::Met,
        (Some(wanted), Some(held)) if held >= wanted => Status::Met,
        (Some(wanted), Some(held)) if held + 2 < wanted => Status::Missing,
        _ => Status::Partial,
    };
    Finding { status, evidence }
}

/// The place of a level among the levels.
fn rank(level: &str) -> Option<usize> {
    ["A1", "A2", "B1", "B2", "C1", "C2", "native"].iter().position(|known| known.eq_ignore_ascii_case(level))
}

/// One reason for each wish for education.
pub(super) fn education(case: &Case<'_>) -> Vec<Reason> {
    case.wanted
        .education
        .iter()
        .map(|wanted| {
            let parts = [wanted.level.as_deref(), wanted.field.as_deref()];
            let requirement = parts.into_iter().flatten().collect::<Vec<_>>().join(" in ");
            learned(case, wanted).reason(requirement, wanted.kind)
        })
        .collect()
}

fn learned(case: &Case<'_>, wanted: &WantedEducation) -> Finding {
    let level: Option<EducationLevel> =
        wanted.level.as_ref().and_then(|level| serde_json::from_value(serde_json::Value::String(level.clone())).ok());
    let field = wanted.field.as_ref().map(|field| field.to_lowercase());
    let mut best = Finding::missing();
    for entry in &case.profile.education {
        let high = level.is_none_or(|level| entry.level.is_some_and(|held| held >= level));
        let (start, end) = case.source.range(entry.span);
        let said = case.source.text[start..end].to_lowercase();
        let business = |field: &str| {
            field == "business administration" && said.split(|c: char| !c.is_alphabetic()).any(|w| w == "mba")
        };
        let right = field.as_ref().is_none_or(|field| said.contains(field.as_str()) || business(field));
        let status = match (high, right) {
            (true, true) => Status::Met,
            (true, false) if level.is_some() => Status::Partial,
            (false, true) if field.is_some() => Status::Partial,
            _ => continue,
        };
        if status == Status::Met || best.status == Status::Missing {
            let shown = entry.degree.as_ref().or(entry.institution.as_ref()).map_or(entry.span, |found| found.span);
            best = Finding { status, evidence: case.source.quotes([shown]) };
        }
        if status == Status::Met {
            break;
        }
    }
    best
}

/// One reason for each certification.
pub(super) fn certifications(case: &Case<'_>) -> Vec<Reason> {
    case.wanted
        .certifications
        .iter()
        .map(|wanted| certified(case, &wanted.label).reason(wanted.label.clone(), wanted.kind))
        .collect()
}

fn certified(case: &Case<'_>, label: &str) -> Finding {
    let names: Vec<String> = certifications::names(label).map(str::to_lowercase).collect();
    let listed: Vec<Span> = case
        .profile
        .certifications
        .iter()
        .filter(|found| {
            let value = format!(" {} ", found.value.to_lowercase());
            names
                .iter()
                .any(|name| if short(name) { value.contains(&format!(" {name} ")) } else { value.contains(name) })
        })
        .map(|found| found.span)
        .collect();
    if !listed.is_empty() {
        return Finding { status: Status::Met, evidence: case.source.quotes(listed) };
    }
    let known = taxonomy::skills().resolve(label);
    let held = known.and_then(|skill| case.profile.skills.iter().find(|held| held.id == skill.id && !held.denied));
    if let Some(held) = held {
        return Finding { status: Status::Met, evidence: case.source.quotes(held.spans.iter().take(3).copied()) };
    }
    // The usual name first; a short one counts in capitals alone, as it is written.
    let mut best = words(case, label);
    for name in certifications::names(label).skip(1) {
        if best.status == Status::Met {
            break;
        }
        let found = words(case, &if short(name) { name.to_uppercase() } else { name.to_owned() });
        if found.status == Status::Met || best.status == Status::Missing {
            best = found;
        }
    }
    best
}

/// Whether a name is an abbreviation, which could stand inside another word.
fn short(name: &str) -> bool {
    name.chars().count() <= 5 && !name.contains(' ')
}

/// Words anywhere in the text that are not denied; short names in capitals only as written ("RN", not "rn").
fn words(case: &Case<'_>, phrase: &str) -> Finding {
    let short = phrase.chars().count() <= 4 && phrase.chars().all(|c| !c.is_lowercase());
    let found = if short { case.source.find_exact(phrase) } else { case.source.find(phrase) };
    let (denied, said): (Vec<Span>, Vec<Span>) = found.into_iter().partition(|span| {
        let (start, end) = case.source.range(*span);
        taxonomy::denied(case.source.text, start, end)
    });
    let quoted = |status, spans: Vec<Span>| -> Finding {
        let evidence: Vec<Quote> = case.source.quotes(spans);
        Finding { status, evidence }
    };
    match (said.is_empty(), denied.is_empty()) {
        (false, _) => quoted(Status::Met, said),
        (true, false) => quoted(Status::Contradicted, denied),
        (true, true) => Finding::missing(),
    }
}

/// One reason for each employer.
pub(super) fn employers(case: &Case<'_>) -> Vec<Reason> {
    case.wanted
        .employers
        .iter()
        .map(|wanted| {
            let lower = wanted.name.to_lowercase();
            let held: Vec<Span> = case
                .profile
                .positions
                .iter()
                .filter_map(|held| held.employer.as_ref())
                .filter(|employer| format!(" {} ", employer.value.to_lowercase()).contains(&lower))
                .map(|employer| employer.span)
                .collect();
            let finding = if held.is_empty() {
                let named = words(case, &wanted.name);
                // Named somewhere, as a customer perhaps: a part, and no ground to exclude anybody.
                let status = if named.status == Status::Met { Status::Partial } else { Status::Missing };
                Finding { status, evidence: named.evidence }
            } else {
                Finding { status: Status::Met, evidence: case.source.quotes(held) }
            };
            finding.reason(format!("worked at {}", wanted.name), wanted.kind)
        })
        .collect()
}

/// One reason for each word or phrase.
pub(super) fn keywords(case: &Case<'_>) -> Vec<Reason> {
    case.wanted
        .keywords
        .iter()
        .map(|wanted| words(case, &wanted.text).reason(format!("\u{201c}{}\u{201d}", wanted.text), wanted.kind))
        .collect()
}
