//! Payloads of one workspace, each distinct one kept once: passages of a person repeat the same facts, so a filter is
//! tried once a person, not once a passage, and words are compared as numbers.

use std::collections::HashMap;
use std::sync::Arc;

use crate::gateways::vectors::{Condition, Payload};

/// Mean radius of the earth in metres (IUGG), as the server's geometry library has it.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// A payload with its words as numbers; floating-point numbers by their bits, so that facts can be looked up.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Facts {
    skills: Box<[u32]>,
    titles: Box<[u32]>,
    languages: Box<[u32]>,
    country: Option<u32>,
    city: Option<u32>,
    position: Option<(u64, u64)>,
    years: Option<u32>,
}

/// Distinct payloads, addressed by number.
#[derive(Debug, Default)]
pub(super) struct FactTable {
    words: HashMap<Box<str>, u32>,
    table: Vec<Arc<Facts>>,
    numbers: HashMap<Arc<Facts>, u32>,
}

/// A condition with its words as numbers; a word nobody has is dropped, for nothing can match it.
enum Test {
    Skills(Vec<u32>),
    Titles(Vec<u32>),
    Languages(Vec<u32>),
    Countries(Vec<u32>),
    Cities(Vec<u32>),
    Near { latitude: f64, longitude: f64, radius_km: f64 },
    Years { min: Option<f32>, max: Option<f32> },
    Any(Vec<Test>),
}

impl FactTable {
    /// The number of a payload, a new one if it was never seen.
    pub(super) fn intern(&mut self, payload: &Payload) -> u32 {
        let facts = Facts {
            skills: payload.skills.iter().map(|word| self.word(word)).collect(),
            titles: payload.titles.iter().map(|word| self.word(word)).collect(),
            languages: payload.languages.iter().map(|word| self.word(word)).collect(),
            country: payload.country.as_deref().map(|word| self.word(word)),
            city: payload.city.as_deref().map(|word| self.word(word)),
            position: payload.position.map(|(latitude, longitude)| (latitude.to_bits(), longitude.to_bits())),
            years: payload.years.map(f32::to_bits),
        };
        self.add(Arc::new(facts))
    }

    /// For each payload's number, whether all of `must` and none of `must_not` hold.
    pub(super) fn allowed(&self, must: &[Condition], must_not: &[Condition]) -> Vec<bool> {
        let must: Vec<Test> = must.iter().map(|condition| self.test(condition)).collect();
        let must_not: Vec<Test> = must_not.iter().map(|condition| self.test(condition)).collect();
        let allows = |facts: &Arc<Facts>| {
            must.iter().all(|test| test.holds(facts)) && !must_not.iter().any(|test| test.holds(facts))
        };
        self.table.iter().map(allows).collect()
    }

    /// Forgets the payloads that nobody has, and renumbers `used`.
    pub(super) fn retain(&mut self, used: &mut [u32]) {
        let old = std::mem::take(&mut self.table);
        self.numbers.clear();
        for number in used {
            *number = self.add(Arc::clone(&old[*number as usize]));
        }
    }

    fn add(&mut self, facts: Arc<Facts>) -> u32 {
        if let Some(number) = self.numbers.get(&facts) {
            return *number;
        }
        let number = u32::try_from(self.table.len()).expect("payloads are at most as many as slots, which are u32");
        self.table.push(Arc::clone(&facts));
        self.numbers.insert(facts, number);
        number
    }

    fn word(&mut self, word: &str) -> u32 {
        if let Some(number) = self.words.get(word) {
            return *number;
        }
        let number = u32::try_from(self.words.len()).expect("memory ends before four thousand million words");
        self.words.insert(word.into(), number);
        number
    }

    fn test(&self, condition: &Condition) -> Test {
        let known = |words: &[String]| words.iter().filter_map(|word| self.words.get(word.as_str()).copied()).collect();
        match condition {
            Condition::AnySkill(words) => Test::Skills(known(words)),
            Condition::AnyTitle(words) => Test::Titles(known(words)),
            Condition::AnyLanguage(words) => Test::Languages(known(words)),
            Condition::AnyCountry(words) => Test::Countries(known(words)),
            Condition::AnyCity(words) => Test::Cities(known(words)),
            Condition::Near { latitude, longitude, radius_km } => {
                Test::Near { latitude: *latitude, longitude: *longitude, radius_km: *radius_km }
            }
            Condition::Years { min, max } => Test::Years { min: *min, max: *max },
            Condition::Any(several) => Test::Any(several.iter().map(|condition| self.test(condition)).collect()),
        }
    }
}

impl Test {
    fn holds(&self, facts: &Facts) -> bool {
        match self {
            Self::Skills(any) => facts.skills.iter().any(|word| any.contains(word)),
            Self::Titles(any) => facts.titles.iter().any(|word| any.contains(word)),
            Self::Languages(any) => facts.languages.iter().any(|word| any.contains(word)),
            Self::Countries(any) => facts.country.is_some_and(|word| any.contains(&word)),
            Self::Cities(any) => facts.city.is_some_and(|word| any.contains(&word)),
            Self::Near { latitude, longitude, radius_km } => facts.position.is_some_and(|(lat, lon)| {
                let there = (f64::from_bits(lat), f64::from_bits(lon));
                distance_m((*latitude, *longitude), there) <= radius_km * 1000.0
            }),
            Self::Years { min, max } => facts
                .years
                .map(f32::from_bits)
                .is_some_and(|years| min.is_none_or(|min| years >= min) && max.is_none_or(|max| years <= max)),
            Self::Any(several) => several.iter().any(|test| test.holds(facts)),
        }
    }
}

/// Great-circle distance in metres between two points of latitude and longitude in degrees (haversine).
fn distance_m(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (lat_a, lat_b) = (a.0.to_radians(), b.0.to_radians());
    let half_lat = ((lat_b - lat_a) / 2.0).sin();
    let half_lon = ((b.1 - a.1).to_radians() / 2.0).sin();
    let chord = half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lon * half_lon;
    2.0 * EARTH_RADIUS_M * chord.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn berlin_and_munich_are_504_kilometres_apart() {
        let distance = distance_m((52.520_008, 13.404_954), (48.137_154, 11.576_124));
        assert!((distance / 1000.0 - 504.4).abs() < 1.0, "{distance}");
    }

    #[test]
    fn the_same_facts_are_kept_once_and_forgotten_when_unused() {
        let mut table = FactTable::default();
        let ana = Payload { skills: vec!["rust".into()], years: Some(3.5), ..Payload::default() };
        let bob = Payload { skills: vec!["go".into()], ..Payload::default() };
        assert_eq!([table.intern(&ana), table.intern(&bob), table.intern(&ana)], [0, 1, 0]);
        let mut used = [1, 1];
        table.retain(&mut used);
        assert_eq!(used, [0, 0]);
        assert_eq!(table.allowed(&[Condition::AnySkill(vec!["go".into()])], &[]), [true]);
        assert_eq!(table.intern(&ana), 1);
    }
}
