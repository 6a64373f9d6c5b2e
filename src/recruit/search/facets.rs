//! Counts over all that were found: what would narrow the list, and by how much.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::answer::{Facet, Facets};
use super::rank::Ranked;
use crate::model::taxonomy;

/// Values of one facet that are shown.
const SHOWN: usize = 12;

/// Bands of years: label, first year inside, first year beyond.
const BANDS: [(&str, f32, f32); 5] =
    [("<2", 0.0, 2.0), ("2-5", 2.0, 5.0), ("5-10", 5.0, 10.0), ("10-20", 10.0, 20.0), ("20+", 20.0, f32::INFINITY)];

/// Counts skills, places, seniority, languages and years over `people`.
pub fn count(people: &[Ranked], today: NaiveDate) -> Facets {
    let mut skills = Counts::new();
    let mut locations = Counts::new();
    let mut seniority = Counts::new();
    let mut languages = Counts::new();
    let mut years = Counts::new();
    for ranked in people {
        let document = ranked.document();
        let profile = &document.resume.profile;
        for skill in profile.skills.iter().filter(|skill| !skill.denied) {
            *skills.entry(&skill.id).or_default() += 1;
        }
        for language in &profile.languages {
            *languages.entry(&language.code).or_default() += 1;
        }
        if let Some(place) = &ranked.person.candidate.location {
            *locations.entry(&place.name).or_default() += 1;
        }
        if let Some(level) = document.seniority {
            *seniority.entry(level.name()).or_default() += 1;
        }
        if let Some(held) = ranked.years(today)
            && let Some((label, ..)) = BANDS.iter().find(|(_, from, to)| (*from..*to).contains(&held))
        {
            *years.entry(label).or_default() += 1;
        }
    }
    let skill = |id: &str| taxonomy::skills().get(id).map_or(id, |known| known.label.as_str()).to_owned();
    Facets {
        skills: top(skills, skill),
        locations: top(locations, str::to_owned),
        seniority: top(seniority, str::to_owned),
        languages: top(languages, |code| taxonomy::language_label(code).unwrap_or(code).to_owned()),
        years: top(years, str::to_owned),
    }
}

type Counts<'a> = HashMap<&'a str, usize>;

/// The most frequent values, with their labels.
fn top(counts: Counts<'_>, label: impl Fn(&str) -> String) -> Vec<Facet> {
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    counts.truncate(SHOWN);
    counts.into_iter().map(|(value, count)| Facet { label: label(value), value: value.to_owned(), count }).collect()
}
