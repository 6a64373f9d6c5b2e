//! Counts over all that were found: what would narrow the list, and by how much.

use std::collections::BTreeMap;

use super::answer::{Facet, Facets};
use super::rank::Ranked;
use crate::model::taxonomy;

/// Values of one facet that are shown.
const SHOWN: usize = 12;

/// Bands of years: label, first year inside, first year beyond.
const BANDS: [(&str, f32, f32); 5] =
    [("<2", 0.0, 2.0), ("2-5", 2.0, 5.0), ("5-10", 5.0, 10.0), ("10-20", 10.0, 20.0), ("20+", 20.0, f32::INFINITY)];

/// Counts skills, places, seniority, languages and years over `people`.
pub fn count(people: &[Ranked]) -> Facets {
    let mut skills = BTreeMap::new();
    let mut locations = BTreeMap::new();
    let mut seniority = BTreeMap::new();
    let mut languages = BTreeMap::new();
    let mut years = BTreeMap::new();
    for person in people {
        let profile = &person.resume.profile;
        for skill in profile.skills.iter().filter(|skill| !skill.denied) {
            let label = taxonomy::skills().get(&skill.id).map_or(skill.id.as_str(), |known| known.label.as_str());
            add(&mut skills, &skill.id, label);
        }
        for language in &profile.languages {
            let label = taxonomy::language_label(&language.code).unwrap_or(language.code.as_str());
            add(&mut languages, &language.code, label);
        }
        if let Some(place) = &person.candidate.location {
            add(&mut locations, &place.name, &place.name);
        }
        if let Some(level) = person.seniority {
            let name = format!("{level:?}").to_lowercase();
            add(&mut seniority, &name, &name);
        }
        if let Some(held) = person.years
            && let Some((label, ..)) = BANDS.iter().find(|(_, from, to)| (*from..*to).contains(&held))
        {
            add(&mut years, label, label);
        }
    }
    Facets {
        skills: top(skills),
        locations: top(locations),
        seniority: top(seniority),
        languages: top(languages),
        years: top(years),
    }
}

type Counts = BTreeMap<String, (String, usize)>;

fn add(counts: &mut Counts, value: &str, label: &str) {
    counts.entry(value.to_owned()).or_insert_with(|| (label.to_owned(), 0)).1 += 1;
}

fn top(counts: Counts) -> Vec<Facet> {
    let mut facets: Vec<Facet> =
        counts.into_iter().map(|(value, (label, count))| Facet { value, label, count }).collect();
    facets.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    facets.truncate(SHOWN);
    facets
}
