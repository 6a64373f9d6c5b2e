//! Places: cities, regions and countries by their English, German and local names. A city whose name is also a word
//! ("Essen", "Reading") counts only where a place is spoken of.

use std::{collections::HashMap, sync::OnceLock};

use super::{
    Mention,
    table::Table,
    tokens::{Gap, Token, fold, tokens},
    words::is_ordinary,
};

/// `GeoNames`: name, country code, latitude, longitude; the most populous first.
const CITIES: &str = include_str!("data/cities.tsv");
/// `GeoNames`: name, country code, and the centre of its people.
const COUNTRIES: &str = include_str!("data/countries.tsv");
/// Written for this project: regions with coordinates, and other names of cities and countries.
const CORE: &str = include_str!("data/places.txt");

/// Written for this project: codes of states, which mean one right behind a city alone: code, country, name.
const STATES: &str = include_str!("data/states.tsv");

/// Words before a name that speak of a place.
const CUES: &[&str] = &[
    "in",
    "en",
    "near",
    "from",
    "around",
    "at",
    "to",
    "of",
    "bei",
    "aus",
    "nahe",
    "raum",
    "grossraum",
    "based",
    "location",
    "standort",
    "area",
    "nach",
    "um",
    "region",
    "city",
    "office",
    "greater",
    "or",
    "oder",
    "und",
    "and",
    "site",
    "ort",
    "wohnort",
    "outside",
    "within",
];

/// Whether the token speaks of a place; folded, the French "à" is told from an article by its length.
fn is_cue(token: &Token) -> bool {
    CUES.contains(&token.text.as_str()) || token.text == "a" && token.end - token.start > 1
}

/// How large a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceKind {
    /// A city or town.
    City,
    /// A state, province or other part of a country.
    Region,
    /// A country.
    Country,
    /// Several countries, such as Benelux.
    Countries,
}

/// A place.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The English name.
    pub name: String,
    /// ISO 3166-1 alpha-2 code of its country; empty where there are several.
    pub country: String,
    /// The codes of several countries.
    pub countries: Vec<String>,
    /// Degrees north.
    pub latitude: f32,
    /// Degrees east.
    pub longitude: f32,
    /// How large it is.
    pub kind: PlaceKind,
}

/// The country of the state of the USA or Canada that has this code, in capitals, or this name.
pub fn state(name: &str) -> Option<&'static str> {
    let mut states = STATES.lines().map(|line| line.split('\t'));
    states.find_map(|mut fields| {
        let (code, country, full) = (fields.next()?, fields.next()?, fields.next()?);
        (code == name || full.eq_ignore_ascii_case(name)).then_some(country)
    })
}

/// Places that recruiters mean, though they are also a word: nobody looks for a roof (German "Dach").
const BETTER_KNOWN: &[&str] = &["dach"];

/// All places.
#[derive(Debug)]
pub struct Places {
    all: Vec<Place>,
    table: Table,
}

/// All places, read on first use.
pub fn places() -> &'static Places {
    static PLACES: OnceLock<Places> = OnceLock::new();
    PLACES.get_or_init(Places::read)
}

impl Places {
    /// The place with this name; of several, the best known.
    pub fn resolve(&self, name: &str) -> Option<&Place> {
        if name.len() > 200 {
            return None;
        }
        self.table.get(&super::tokens::key(name)).map(|i| &self.all[i])
    }

    /// The place with this name in the country.
    pub fn within(&self, name: &str, country: &str) -> Option<&Place> {
        let best = self.resolve(name).filter(|place| place.country == country);
        let wanted = fold(name);
        best.or_else(|| self.all.iter().find(|place| place.country == country && fold(&place.name) == wanted))
    }

    /// The places named in `text`; a mention's id is the English name.
    pub fn mentions(&self, text: &str) -> Vec<Mention<'_>> {
        self.mentions_in(&tokens(text))
    }

    /// The same over tokens already cut.
    pub fn mentions_in(&self, tokens: &[Token]) -> Vec<Mention<'_>> {
        let named = |tokens: &[Token], first: usize, last: usize| {
            let one = &tokens[first];
            let cue = first > 0 && is_cue(&tokens[first - 1]);
            let word = is_ordinary(&one.text) && !BETTER_KNOWN.contains(&one.text.as_str());
            let plain = last - first == 1 && (one.text.len() <= 3 || word);
            let alone = one.gap == Gap::Break && tokens.get(last).is_none_or(|t| t.gap == Gap::Break);
            if plain {
                one.capital && (cue || alone) && one.text.len() > 1
            } else {
                one.capital || cue || tokens.len() <= 12
            }
        };
        self.table
            .scan(tokens, Gap::Line)
            .into_iter()
            .filter(|h| named(tokens, h.first, h.last))
            .map(|h| Mention {
                id: &self.all[h.index as usize].name,
                start: tokens[h.first].start,
                end: tokens[h.last - 1].end,
            })
            .collect()
    }

    /// Up to `limit` places whose name begins with `prefix`, the best known first.
    pub fn suggest(&self, prefix: &str, limit: usize) -> Vec<&Place> {
        let wanted = fold(prefix.trim());
        if wanted.is_empty() {
            return Vec::new();
        }
        self.all.iter().filter(|p| fold(&p.name).starts_with(&wanted)).take(limit).collect()
    }

    fn read() -> Self {
        let mut out = Self { all: Vec::with_capacity(9800), table: Table::default() };
        let mut aliases: HashMap<&str, &str> = HashMap::new();
        for line in CORE.lines().filter(|l| !l.is_empty()) {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields[..] {
                [name, country, latitude, longitude, other] => {
                    let names = format!("{name}|{other}");
                    out.push(name, country, (latitude, longitude), PlaceKind::Region, &names);
                }
                [name, other] => {
                    aliases.insert(name, other);
                }
                _ => {}
            }
        }
        for (list, kind) in [(COUNTRIES, PlaceKind::Country), (CITIES, PlaceKind::City)] {
            for line in list.lines() {
                let fields: Vec<&str> = line.split('\t').collect();
                let [name, country, latitude, longitude] = fields[..] else { continue };
                let others = aliases.get(name).copied().unwrap_or_default();
                let first = out.table.get(&super::tokens::key(name)).is_none();
                out.push(
                    name,
                    country,
                    (latitude, longitude),
                    kind,
                    &if first { format!("{name}|{others}") } else { name.to_owned() },
                );
            }
        }
        out
    }

    fn push(&mut self, name: &str, country: &str, at: (&str, &str), kind: PlaceKind, names: &str) {
        let (Ok(latitude), Ok(longitude)) = (at.0.parse(), at.1.parse()) else { return };
        for name in names.split('|').filter(|n| !n.is_empty()) {
            self.table.add(name, self.all.len());
        }
        let several: Vec<String> = country.split('|').map(str::to_owned).collect();
        let (country, countries, kind) = match several.len() {
            1 => (country.to_owned(), Vec::new(), kind),
            _ => (String::new(), several, PlaceKind::Countries),
        };
        self.all.push(Place { name: name.to_owned(), country, countries, latitude, longitude, kind });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_several_languages_are_one_place() {
        for (name, want, country) in [
            ("München", "Munich", "DE"),
            ("Muenchen", "Munich", "DE"),
            ("Köln", "Cologne", "DE"),
            ("Wien", "Vienna", "AT"),
            ("vienna", "Vienna", "AT"),
            ("Zurich", "Zurich", "CH"),
            ("Deutschland", "Germany", "DE"),
            ("UK", "United Kingdom", "GB"),
            ("Bayern", "Bavaria", "DE"),
            ("NYC", "New York", "US"),
            ("Frankfurt am Main", "Frankfurt", "DE"),
        ] {
            let place = places().resolve(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!((place.name.as_str(), place.country.as_str()), (want, country), "{name}");
        }
    }

    #[test]
    fn several_countries_are_one_place() {
        let benelux = places().resolve("Benelux").unwrap();
        assert_eq!((benelux.kind, benelux.country.as_str()), (PlaceKind::Countries, ""));
        assert_eq!(benelux.countries, ["BE", "NL", "LU"]);
        assert!(places().resolve("EU").unwrap().countries.len() == 27);
    }

    #[test]
    fn words_are_not_places() {
        assert!(places().mentions("gutes essen und reading skills on mobile devices").is_empty());
        assert_eq!(places().mentions("office in Essen").len(), 1);
        assert_eq!(places().mentions("born in Berlin, lives in New York")[1].id, "New York");
    }
}
