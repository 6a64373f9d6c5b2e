//! Where the person lives: a place in the header, or after "Address:" or "Wohnort:".

use std::sync::LazyLock;

use regex::Regex;

use super::page::{Bytes, Page, gaps};
use super::sections::Part;
use super::titles;
use crate::model::profile::{Found, Place, SectionKind};
use crate::model::taxonomy::{self, PlaceKind};

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:(?:current |home |present |permanent )?(?:address|location|residence)|lives in|based in|city|wohnort|wohnhaft(?: in)?|anschrift|adresse|ort|standort|domicile)\s*[:\-–]?\s+")
        .expect("the pattern is constant and valid")
});

/// What names a place where the person is not.
static ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)relocat|umzug|born|geboren|birth|geburts|national|staatsang|citizen|né à|née à")
        .expect("the pattern is constant and valid")
});

/// Lines of the header that are looked at.
const TOP: usize = 14;

/// The place, with its country and coordinates where the gazetteer knows them. `name` is not looked at.
pub(super) fn read(page: &Page<'_>, parts: &[Part], name: Option<&Found<String>>) -> Option<Found<Place>> {
    let mut best: Option<Found<Place>> = None;
    let lines =
        parts.iter().filter(|part| matches!(part.kind, SectionKind::Header | SectionKind::Other)).flat_map(|part| {
            let header = part.kind == SectionKind::Header;
            part.lines.clone().take(TOP).map(move |line| (line, header))
        });
    for (index, header) in lines {
        let line = page.lines[index];
        let text = line.of(page.text);
        let labelled = LABEL.is_match(text);
        if !(header || labelled) || text.len() > 300 || ELSEWHERE.is_match(text) {
            continue;
        }
        for cell in gaps(page.text, line) {
            let found = of_line(page, cell, labelled, name);
            let sure = |found: &Option<Found<Place>>| found.as_ref().map_or(0.0, |found| found.confidence);
            if sure(&found) > sure(&best) {
                best = found;
            }
        }
    }
    best
}

fn of_line(page: &Page<'_>, line: Bytes, labelled: bool, name: Option<&Found<String>>) -> Option<Found<Place>> {
    let text = line.of(page.text);
    let mentions = taxonomy::places().mentions(text);
    let known: Vec<_> = mentions
        .iter()
        .filter_map(|mention| {
            Some((
                Bytes { start: line.start + mention.start, end: line.start + mention.end },
                taxonomy::places().resolve(mention.id)?,
            ))
        })
        .filter(|(bytes, _)| name.is_none_or(|name| !name.span.contains(page.span(*bytes))))
        .collect();
    let at = known
        .iter()
        .position(|(_, place)| place.kind == PlaceKind::City)
        .or_else(|| (!known.is_empty()).then_some(0))?;
    let (bytes, place) = known[at];
    // A region or a country behind a city decides which of several cities of that name is meant.
    let behind = known[at + 1..].iter().find(|(other, _)| other.start - bytes.end <= 12).map(|(_, other)| *other);
    let state = us_state(&page.text[bytes.end..line.end]);
    // DE behind Berlin is Germany, behind Wilmington it is Delaware: a code of the city's own country is no state's.
    let in_usa = state.as_ref().is_some_and(|code| *code != place.country);
    let country = behind.map(|other| other.country.clone()).or_else(|| in_usa.then(|| "US".to_owned()));
    let same = country.as_ref().is_none_or(|country| *country == place.country);
    let title = titles::title(text) > 0 || titles::employer(text) > 0;
    let confidence = match (labelled, place.kind) {
        (true, _) => 0.9,
        (false, PlaceKind::City) if !title && (behind.is_some() || state.is_some()) => 0.85,
        (false, PlaceKind::City) if !title => 0.7,
        (false, _) if titles::is_place(text) => 0.6,
        (false, PlaceKind::City) => 0.45,
        (false, _) => 0.4,
    };
    let found = Place {
        name: place.name.clone(),
        country: Some(country.unwrap_or_else(|| place.country.clone())).filter(|code| !code.is_empty()),
        latitude: same.then(|| f64::from(place.latitude)),
        longitude: same.then(|| f64::from(place.longitude)),
    };
    Some(Found { value: found, span: page.span(bytes), confidence })
}

/// The two-letter code of a state of the USA that follows: ", FL" or ", CA 94115".
fn us_state(after: &str) -> Option<String> {
    const STATES: &str = " AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC ";
    let word: String = after.trim_start_matches([',', ' ']).chars().take_while(char::is_ascii_alphabetic).collect();
    (word.len() == 2 && STATES.contains(&format!(" {word} "))).then_some(word)
}

#[cfg(test)]
mod tests {
    use crate::model::resume;

    #[test]
    fn a_code_behind_a_city_is_a_country_or_a_state_by_where_the_city_is() {
        let country = |place: &str| {
            let text = format!("Ana Lima\nEngineer\n{place}\nana@example.com\n\nSkills\n\nJava\n");
            resume::read(&text, chrono::NaiveDate::default(), None).location.and_then(|found| found.value.country)
        };
        for (place, expected) in [
            ("Osnabrück, DE", "DE"),
            ("Wilmington, DE", "US"),
            ("Toronto, CA", "CA"),
            ("Dublin, CA 94568", "US"),
            ("Austin, TX", "US"),
            ("Lyon, FR", "FR"),
        ] {
            assert_eq!(country(place).as_deref(), Some(expected), "{place}");
        }
    }
}
