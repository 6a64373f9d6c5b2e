//! Counts over all that were found: what would narrow the list, and by how much.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::answer::{Facet, Facets};
use super::rank::Ranked;
use crate::model::query::interpretation::{Interpretation, Kind, WantedLocation, YearsRange};
use crate::model::taxonomy::{self, PlaceKind};

/// Values of one facet that are shown, besides those that were asked for.
const SHOWN: usize = 12;

/// Bands of years: label, first year inside, first year beyond.
const BANDS: [(&str, f32, f32); 5] =
    [("<2", 0.0, 2.0), ("2-5", 2.0, 5.0), ("5-10", 5.0, 10.0), ("10-20", 10.0, 20.0), ("20+", 20.0, f32::INFINITY)];

/// Counts skills, places, seniority, languages and years over `people`. What was asked for is among the values, however
/// rare it is, so that it can be taken back where it was chosen.
pub fn count(people: &[Ranked], wanted: &Interpretation, today: NaiveDate) -> Facets {
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
    let is_wanted = |kind: Kind| kind != Kind::Not;
    let wanted_skills = wanted.skills.iter().filter(|skill| is_wanted(skill.kind)).map(|skill| skill.id.as_str());
    let wanted_languages = wanted.languages.iter().filter(|one| is_wanted(one.kind)).map(|one| one.code.as_str());
    let wanted_places: Vec<&WantedLocation> = wanted.locations.iter().filter(|place| is_wanted(place.kind)).collect();
    for place in &wanted_places {
        locations.entry(&place.name).or_insert_with(|| living_in(people, place));
    }
    let wanted_years = BANDS.iter().filter(|(_, from, to)| is_band(wanted.years, *from, *to)).map(|(label, ..)| *label);
    Facets {
        skills: top(skills, wanted_skills, skill),
        locations: top(locations, wanted_places.iter().map(|place| place.name.as_str()), str::to_owned),
        seniority: top(seniority, wanted.seniority.iter().map(|level| level.name()), str::to_owned),
        languages: top(languages, wanted_languages, |code| taxonomy::language_label(code).unwrap_or(code).to_owned()),
        years: top(years, wanted_years, str::to_owned),
    }
}

/// How many live in a place that is no city: a country, or several.
fn living_in(people: &[Ranked], wanted: &WantedLocation) -> usize {
    let Some(known) = taxonomy::places().resolve(&wanted.name) else { return 0 };
    let countries = match known.kind {
        PlaceKind::Country => std::slice::from_ref(&known.country),
        PlaceKind::Countries => &known.countries[..],
        PlaceKind::City | PlaceKind::Region => return 0,
    };
    let homes = people.iter().filter_map(|ranked| ranked.person.candidate.location.as_ref());
    homes.filter(|home| home.country.as_ref().is_some_and(|country| countries.contains(country))).count()
}

/// Whether years were asked for as a band says it.
fn is_band(years: YearsRange, from: f32, to: f32) -> bool {
    years != YearsRange::default()
        && years.min.unwrap_or(0.0).total_cmp(&from).is_eq()
        && years.max.unwrap_or(f32::INFINITY).total_cmp(&to).is_eq()
}

type Counts<'a> = HashMap<&'a str, usize>;

/// The most frequent values and the wanted ones, with their labels.
fn top<'a>(
    mut counts: Counts<'a>,
    wanted: impl Iterator<Item = &'a str>,
    label: impl Fn(&str) -> String,
) -> Vec<Facet> {
    let wanted: HashSet<&str> = wanted.collect();
    for value in &wanted {
        counts.entry(*value).or_default();
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let shown = counts.into_iter().enumerate().filter(|(place, (value, _))| *place < SHOWN || wanted.contains(value));
    shown.map(|(_, (value, count))| Facet { label: label(value), value: value.to_owned(), count }).collect()
}
