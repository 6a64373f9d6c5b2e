//! A profile as JSON Resume 1.0, with what that format has no place for under `x-talentprompt`.
//!
//! Guesses below one half are left out of the plain fields and stay in `values`, where their confidence can be seen.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use crate::model::experience;
use crate::model::profile::{Education, EducationLevel, End, Found, HeldPosition, Profile, YearMonth};
use crate::model::span::Span;
use crate::model::taxonomy;

/// From this confidence on a value is a fact and not a question.
const FACT: f32 = 0.5;

/// The JSON Resume document of `profile`, which was read from `text`; time is counted until `today`.
pub fn to_json_resume(profile: &Profile, text: &str, today: NaiveDate) -> Value {
    let mut values = Vec::new();
    let basics = basics(profile, &mut values);
    let work: Vec<Value> =
        profile.positions.iter().enumerate().map(|(at, held)| work(at, held, text, &mut values)).collect();
    let education: Vec<Value> =
        profile.education.iter().enumerate().map(|(at, entry)| education(at, entry, &mut values)).collect();
    let label = |id: &str| taxonomy::skills().get(id).map_or_else(|| id.to_owned(), |skill| skill.label.clone());
    let shown = profile.skills.iter().filter(|skill| !skill.denied);
    let skills: Vec<Value> = shown
        .enumerate()
        .map(|(at, skill)| {
            if let Some(span) = skill.spans.first() {
                values.push(value(&format!("skills[{at}]"), skill.confidence, *span));
            }
            json!({"name": label(&skill.id), "x-id": skill.id, "x-months": skill.months, "x-last-used": skill.last_used})
        })
        .collect();
    let languages: Vec<Value> = profile
        .languages
        .iter()
        .enumerate()
        .map(|(at, language)| {
            values.push(value(&format!("languages[{at}]"), language.confidence, language.span));
            let name = taxonomy::language_label(&language.code).unwrap_or(&language.code);
            object([("language", Some(json!(name))), ("fluency", language.level.as_ref().map(|level| json!(level)))])
        })
        .collect();
    let certificates: Vec<Value> = profile
        .certifications
        .iter()
        .enumerate()
        .map(|(at, certificate)| {
            values.push(found(&format!("certificates[{at}].name"), certificate));
            json!({"name": certificate.value})
        })
        .collect();
    let list = |all: &[Found<String>]| all.iter().map(|one| one.value.clone()).collect::<Vec<_>>();
    json!({
        "$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json",
        "basics": basics,
        "work": work,
        "education": education,
        "skills": skills,
        "languages": languages,
        "certificates": certificates,
        "x-talentprompt": {
            "language": profile.language,
            "emails": list(&profile.emails),
            "phones": list(&profile.phones),
            "links": list(&profile.links),
            "experience_months": experience::held(profile, today),
            "remote": profile.remote,
            "sections": profile.sections,
            "values": values,
            "findings": profile.findings,
        },
    })
}

/// An object of the entries that have a value.
fn object<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    let present = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}

fn value(path: &str, confidence: f32, span: Span) -> Value {
    // Two decimals say all there is to say.
    json!({"path": path, "confidence": (f64::from(confidence) * 100.0).round() / 100.0, "start": span.start, "end": span.end})
}

fn found<T>(path: &str, found: &Found<T>) -> Value {
    value(path, found.confidence, found.span)
}

/// The value, when it is a fact; its place and confidence are noted in any case.
fn fact(path: &str, one: Option<&Found<String>>, values: &mut Vec<Value>) -> Option<Value> {
    let one = one?;
    values.push(found(path, one));
    (one.confidence >= FACT).then(|| json!(one.value))
}

fn basics(profile: &Profile, values: &mut Vec<Value>) -> Value {
    let name = fact("basics.name", profile.name.as_ref(), values);
    let label = fact("basics.label", profile.headline.as_ref(), values);
    let email = fact("basics.email", profile.emails.first(), values);
    let phone = fact("basics.phone", profile.phones.first(), values);
    let summary = fact("basics.summary", profile.summary.as_ref(), values);
    let place = profile.location.as_ref().inspect(|place| values.push(found("basics.location", place)));
    let location = place.filter(|place| place.confidence >= FACT).map(|place| {
        object([
            ("city", Some(json!(place.value.name))),
            ("countryCode", place.value.country.as_ref().map(|code| json!(code))),
        ])
    });
    for (at, email) in profile.emails.iter().enumerate() {
        values.push(found(&format!("x-talentprompt.emails[{at}]"), email));
    }
    for (at, phone) in profile.phones.iter().enumerate() {
        values.push(found(&format!("x-talentprompt.phones[{at}]"), phone));
    }
    for (at, link) in profile.links.iter().enumerate() {
        values.push(found(&format!("x-talentprompt.links[{at}]"), link));
    }
    let networks = profile.links.iter().filter_map(|link| {
        let (network, username) = network(&link.value)?;
        Some(json!({"network": network, "username": username, "url": link.value}))
    });
    let profiles: Vec<Value> = networks.collect();
    let url = profile.links.iter().find(|link| network(&link.value).is_none()).map(|link| json!(link.value));
    object([
        ("name", name),
        ("label", label),
        ("email", email),
        ("phone", phone),
        ("url", url),
        ("summary", summary),
        ("location", location),
        ("profiles", (!profiles.is_empty()).then(|| json!(profiles))),
    ])
}

/// The network of a profile's address, and the name there.
fn network(link: &str) -> Option<(&'static str, String)> {
    const NETWORKS: [(&str, &str); 8] = [
        ("linkedin.com", "LinkedIn"),
        ("xing.com", "XING"),
        ("github.com", "GitHub"),
        ("gitlab.com", "GitLab"),
        ("twitter.com", "Twitter"),
        ("stackoverflow.com", "Stack Overflow"),
        ("kaggle.com", "Kaggle"),
        ("facebook.com", "Facebook"),
    ];
    let lower = link.to_lowercase();
    let (_, network) = NETWORKS.iter().find(|(host, _)| lower.contains(host))?;
    let username = link.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    Some((network, username.to_owned()))
}

fn date(at: YearMonth) -> Value {
    json!(at.month.map_or_else(|| format!("{:04}", at.year), |month| format!("{:04}-{month:02}", at.year)))
}

/// The end of a period; what goes on has none, as the format wants it.
fn end(end: Option<End>) -> Option<Value> {
    match end {
        Some(End::At(at)) => Some(date(at)),
        Some(End::Present) | None => None,
    }
}

fn work(at: usize, held: &HeldPosition, text: &str, values: &mut Vec<Value>) -> Value {
    values.push(value(&format!("work[{at}]"), held.confidence, held.span));
    object([
        ("position", fact(&format!("work[{at}].position"), held.title.as_ref(), values)),
        ("name", fact(&format!("work[{at}].name"), held.employer.as_ref(), values)),
        ("location", held.location.as_ref().map(|place| json!(place))),
        ("startDate", held.start.map(date)),
        ("endDate", end(held.end)),
        ("summary", held.description.map(|span| json!(span.slice(text).trim()))),
        ("x-current", Some(json!(held.end == Some(End::Present)))),
    ])
}

fn education(at: usize, entry: &Education, values: &mut Vec<Value>) -> Value {
    values.push(value(&format!("education[{at}]"), entry.confidence, entry.span));
    let level = entry.level.map(|level| match level {
        EducationLevel::School => "school",
        EducationLevel::Vocational => "vocational",
        EducationLevel::Associate => "associate",
        EducationLevel::Bachelor => "bachelor",
        EducationLevel::Master => "master",
        EducationLevel::Doctorate => "doctorate",
    });
    object([
        ("institution", fact(&format!("education[{at}].institution"), entry.institution.as_ref(), values)),
        ("studyType", fact(&format!("education[{at}].studyType"), entry.degree.as_ref(), values)),
        ("area", entry.field.as_ref().map(|field| json!(field))),
        ("startDate", entry.start.map(date)),
        ("endDate", end(entry.end)),
        ("x-level", level.map(|level| json!(level))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_points_at_the_words_it_was_read_from() {
        let text = "Jana Berg\njana.berg@example.org\n\nExperience\nSoftware Engineer, Acme GmbH\n03/2019 – heute\n• Wrote Rust\n";
        let today = NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
        let out = to_json_resume(&super::super::read(text, today, None), text, today);
        assert_eq!(out["basics"]["name"], "Jana Berg");
        assert_eq!(out["work"][0]["position"], "Software Engineer");
        assert_eq!(out["work"][0]["name"], "Acme GmbH");
        assert_eq!(out["work"][0]["startDate"], "2019-03");
        assert!(out["work"][0].get("endDate").is_none());
        let values = out["x-talentprompt"]["values"].as_array().unwrap();
        let name = values.iter().find(|value| value["path"] == "basics.name").unwrap();
        assert_eq!((name["start"].as_u64(), name["end"].as_u64()), (Some(0), Some(9)));
    }
}
