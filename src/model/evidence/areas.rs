//! Where those live who meet a wanted place, in the few words that an index can check: countries, or a name and a circle
//! around it. It never leaves out a home that `facts::places` calls met; it may take in more, such as a namesake in
//! another country, because whoever is found is judged all the same.

use super::facts::{AROUND, REGION, known};
use crate::model::query::interpretation::{Interpretation, Kind, WantedLocation};
use crate::model::taxonomy::PlaceKind;

/// Where somebody has to live to be in a wanted place.
#[derive(Debug, Clone, PartialEq)]
pub enum Area {
    /// In one of these countries, by ISO 3166-1 alpha-2 code.
    Countries(Vec<String>),
    /// In the place of this name, in lower case, or around where it lies.
    Around {
        /// The name.
        name: String,
        /// Latitude and longitude in degrees, where the place is known.
        centre: Option<(f64, f64)>,
        /// How far from there, in kilometres.
        radius_km: f64,
    },
}

/// The places that must be, which are alternatives of each other.
pub fn areas(wanted: &Interpretation) -> Vec<Area> {
    wanted.locations.iter().filter(|place| place.kind == Kind::Must).map(area).collect()
}

fn area(wanted: &WantedLocation) -> Area {
    let known = known(wanted);
    match known.map(|place| place.kind) {
        Some(PlaceKind::Countries) => {
            return Area::Countries(known.map(|place| place.countries.clone()).unwrap_or_default());
        }
        Some(PlaceKind::Country) => {
            let country = wanted.country.as_ref().or(known.map(|place| &place.country));
            return Area::Countries(country.cloned().into_iter().collect());
        }
        _ => {}
    }
    // Of a region without a radius nobody can be sure to live in it; whoever lives around its centre meets it in part.
    let usual = if known.is_some_and(|place| place.kind == PlaceKind::Region) { REGION } else { AROUND };
    Area::Around {
        name: wanted.name.to_lowercase(),
        centre: known.map(|place| (f64::from(place.latitude), f64::from(place.longitude))),
        radius_km: wanted.radius_km.map_or(usual, f64::from),
    }
}
