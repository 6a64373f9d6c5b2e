//! Where: cities, regions and countries, a radius, and whether the work is remote.

use crate::model::taxonomy::{
    Place, PlaceKind, is_ordinary, language, places as all_places, seniority_word, skills, state, tokens::Gap,
};

use super::{
    draft::Draft,
    grammar,
    interpretation::{Kind, WantedKeyword, WantedLocation},
    titles::Title,
};

/// Asks for remote work.
const REMOTE: &[&str] = &[
    "remote",
    "fully remote",
    "100% remote",
    "remotely",
    "work from home",
    "working from home",
    "wfh",
    "home office",
    "homeoffice",
    "telecommute",
    "remote only",
    "remote first",
    "telearbeit",
    "remote work",
    "mobiles arbeiten",
    "work from anywhere",
    "von zuhause",
    "remote working",
    "full remote",
    "100 remote",
    "distributed team",
    "teletravail",
    "teletrabajo",
    "trabajo remoto",
];
/// Asks for work on the spot.
const ON_SITE: &[&str] = &[
    "on site",
    "onsite",
    "vor ort",
    "in office",
    "in the office",
    "office based",
    "in person",
    "prasenz",
    "at our premises",
    "im buro",
    "on premises work",
];
/// Words that belong to a place's mention.
const LEAD_IN: &[&str] = &[
    "in",
    "en",
    "near",
    "around",
    "from",
    "based",
    "at",
    "bei",
    "aus",
    "nahe",
    "raum",
    "grossraum",
    "im",
    "um",
    "of",
    "located",
    "location",
    "standort",
    "area",
    "close",
    "to",
    "living",
    "nach",
    "within",
    "commutable",
    "greater",
    "the",
    "lives",
];
/// After these, "remote" is not about where one works.
const NOT_WORK: &[&str] = &[
    "sensing",
    "access",
    "support",
    "desktop",
    "procedure",
    "monitoring",
    "control",
    "administration",
    "teams",
    "diagnostics",
    "maintenance",
    "learning",
    "hands",
    "sales",
];
/// Written for this project: common first names, folded, one a line.
const FIRST_NAMES: &str = include_str!("first_names.txt");
/// Codes of states that are as often a degree or a word.
const LETTERS: &[&str] = &["CA", "MA", "MD", "MS", "PA", "IN", "OR", "ME", "ID", "AL", "DE", "SD", "ON", "BC"];
/// Kilometres of a mile.
const MILE: f32 = 1.609;

/// Reads places and remote work.
pub(super) fn read(draft: &mut Draft, titles: &[Title]) {
    remote(draft);
    if person(draft, titles) {
        return;
    }
    let mentions = all_places().mentions_in(&draft.tokens);
    for mention in mentions {
        let (first, last) = draft.range(mention.start, mention.end);
        let in_title = titles.iter().any(|t| t.first < last && first < t.last);
        if first >= last
            || draft.is_claimed(first, last)
            || in_title
            || names_a_skill(draft, first, last)
            || employs(draft, first)
            || draft.language.is_some_and(|l| grammar::is_of(draft.word(first), l) || !draft.tokens[first].capital)
        {
            continue;
        }
        // "Halle (Saale)" is one name.
        let closed = last < draft.tokens.len() && draft.between(last).trim() == "(";
        let long = closed.then(|| all_places().resolve(draft.slice(first, last + 1))).flatten();
        let last = last + usize::from(long.is_some());
        let Some(place) = long.or_else(|| all_places().resolve(draft.slice(first, last))) else { continue };
        let wider = wider(draft, place, last).filter(|_| place.kind == PlaceKind::City);
        let country = wider.as_ref().map_or(&place.country, |w| &w.1).clone();
        // A description names many places; only one that is said to be the place of work counts.
        let said = LEAD_IN.contains(&draft.back(first, 1)) || draft.tokens[first].gap == Gap::Break;
        if draft.description && (!said || draft.out.locations.len() >= 2) {
            continue;
        }
        let kind = draft.kind(first, last);
        let (begin, radius_km) = radius(draft, first, last);
        let wanted = WantedLocation {
            name: place.name.clone(),
            country: Some(country).filter(|c| !c.is_empty()),
            radius_km,
            kind,
        };
        draft.claim(begin, wider.map_or(last, |w| w.0));
        if draft.out.locations.iter().all(|l| l.name != wanted.name || l.country != wanted.country) {
            draft.out.locations.push(wanted);
        }
    }
}

/// "Ana Lima": a query that is two capitalised words names a person, whatever city is in it, when the first is a first
/// name, or when neither is a word or a name known for anything else.
fn person(draft: &mut Draft, titles: &[Title]) -> bool {
    let [first, last] = &draft.tokens[..] else { return false };
    let named = first.capital && last.capital && last.gap == Gap::Joined && titles.is_empty();
    let whole = draft.slice(0, 2).to_owned();
    let place = |at: usize| all_places().resolve(draft.slice(at, at + 1)).is_some();
    let skill = |at: usize| skills().resolve(draft.slice(at, at + 1)).is_some();
    if !named || draft.is_claimed(0, 2) || all_places().resolve(&whole).is_some() || skills().resolve(&whole).is_some()
    {
        return false;
    }
    let other = |at: usize| {
        let word = draft.slice(at, at + 1);
        seniority_word(draft.word(at)) || is_ordinary(word) || skill(at) || language(word).is_some()
    };
    let code = last.end - last.start == 2 && state(draft.slice(1, 2)).is_some();
    let called = FIRST_NAMES.lines().any(|name| name == draft.word(0)) && !is_region(draft.slice(1, 2));
    let unknown = !other(0) && !other(1) && place(0) != place(1);
    // "Thomas Siebel", "Ilias Papadopoulos": one of the two is known as a skill, the other as nothing.
    let namesake = called && skill(0) != skill(1);
    if !(place(0) || place(1) || namesake) || !(called || unknown) || code {
        return false;
    }
    draft.claim(0, 2);
    draft.out.keywords.push(WantedKeyword { text: whole, kind: Kind::Must });
    true
}

/// Whether `name` is a country or a part of one, which is nobody's surname ("Santiago Chile").
fn is_region(name: &str) -> bool {
    all_places().resolve(name).is_some_and(|place| place.kind != PlaceKind::City)
}

/// "Austin, Texas", "Paris, TX" and "Berlin, Germany" are one place: the wider name behind the city says where it is.
/// Where the wider name ends, and its country.
fn wider(draft: &Draft, city: &Place, last: usize) -> Option<(usize, String)> {
    let gap = draft.tokens.get(last).map(|_| draft.between(last).trim())?;
    let free = |end: &usize| {
        *end <= draft.tokens.len()
            && !draft.is_claimed(last, *end)
            && (last + 1..*end).all(|i| draft.tokens[i].gap == Gap::Joined)
    };
    let named = |end: usize| {
        let name = draft.slice(last, end);
        let code = name.len() == 2;
        let wide = all_places().resolve(name).filter(|place| place.kind != PlaceKind::City && !code);
        let state = state(name).filter(|_| code || wide.is_some());
        if !(gap == "," || gap == "(" || gap.is_empty() && code) {
            return None;
        }
        // Its own country comes first ("Tbilisi, Georgia"), then one that has such a city, then any state.
        let own = (code && name == city.country
            || wide.is_some_and(|w| w.country == city.country)
            || state == Some(city.country.as_str()))
        .then_some(city.country.as_str());
        let namesake = |country: &&str| all_places().within(&city.name, country).is_some();
        let other = state.into_iter().chain(wide.map(|w| w.country.as_str())).find(namesake);
        own.or(other).or_else(|| state.filter(|_| !LETTERS.contains(&name))).map(str::to_owned)
    };
    (last + 1..=last + 3).rev().filter(free).find_map(|end| Some((end, named(end)?)))
}

/// A technical name that is also a place ("Java", "Phoenix framework") is a technology.
fn names_a_skill(draft: &Draft, first: usize, last: usize) -> bool {
    let around = skills().mentions_in(
        &draft.tokens[first.saturating_sub(2)..(last + 3).min(draft.tokens.len())],
        crate::model::taxonomy::Context::Query,
    );
    let longer = around
        .iter()
        .map(|m| draft.range(m.start, m.end))
        .any(|(a, b)| a <= first && b >= last && b - a > last - first);
    if longer {
        return true;
    }
    let near = matches!(draft.back(first, 1), "near" | "around" | "bei" | "aus" | "raum" | "based");
    skills().resolve(draft.slice(first, last)).is_some_and(|s| s.technical) && !near
}

/// "worked at Paris Hotels" speaks of an employer.
fn employs(draft: &Draft, first: usize) -> bool {
    matches!((draft.back(first, 2), draft.back(first, 1)), ("worked" | "employed", "at" | "for"))
}

fn remote(draft: &mut Draft) {
    let mut wanted = [false, false];
    let mut at = 0;
    while at < draft.tokens.len() {
        let (words, here) = match (draft.any_at(at, REMOTE), draft.any_at(at, ON_SITE)) {
            (Some(n), _) if !NOT_WORK.contains(&draft.word(at + n)) => (n, true),
            (_, Some(n)) => (n, false),
            _ => {
                at += 1;
                continue;
            }
        };
        if draft.dropped[at] || draft.kind(at, at + words) == Kind::Should && draft.description {
            at += words;
            continue;
        }
        let denied = draft.kind(at, at + words) == Kind::Not;
        wanted[usize::from(here == denied)] = true;
        draft.claim(at, at + words);
        at += words;
    }
    draft.out.remote = match wanted {
        [true, false] => Some(true),
        [false, true] => Some(false),
        _ => None,
    };
}

/// "within 30 km of Hamburg", "Umkreis 50 km um Ulm", "Hamburg + 30 km": where the words begin, and how far.
fn radius(draft: &mut Draft, first: usize, last: usize) -> (usize, Option<u32>) {
    let mut begin = first;
    while begin > 0 && LEAD_IN.contains(&draft.word(begin - 1)) && draft.tokens[begin].gap != Gap::Break {
        begin -= 1;
    }
    let unit = |at: usize| match draft.word(at) {
        "km" | "kilometers" | "kilometres" | "kilometer" | "kms" => Some(1.0),
        "miles" | "mile" | "mi" => Some(MILE),
        _ => None,
    };
    let distance = |word: &str, scale: f32| word.parse::<f32>().ok().map(|n| n * scale);
    let (number, end, from) = if begin >= 1 && unit(begin - 1).is_some() {
        (distance(draft.back(begin, 2), unit(begin - 1).unwrap_or(1.0)), last, begin.saturating_sub(2))
    } else if begin >= 1 && glued(draft.word(begin - 1)).is_some() {
        (glued(draft.word(begin - 1)), last, begin - 1)
    } else if unit(last + 1).is_some() {
        (distance(draft.word(last), unit(last + 1).unwrap_or(1.0)), last + 2, begin)
    } else {
        (glued(draft.word(last)), last + usize::from(glued(draft.word(last)).is_some()), begin)
    };
    let Some(km) = number.filter(|n| (1.0..=2000.0).contains(n)) else { return (begin, None) };
    draft.claim(last, end);
    let mut from = from;
    while from > 0
        && matches!(
            draft.word(from - 1),
            "within" | "umkreis" | "im" | "von" | "radius" | "a" | "max" | "up" | "to" | "of"
        )
    {
        from -= 1;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 2000 after the filter above"
    )]
    (from, Some(km.round() as u32))
}

/// "30km" in one word.
fn glued(word: &str) -> Option<f32> {
    word.strip_suffix("km").and_then(|n| n.parse().ok())
}

#[cfg(test)]
mod tests {
    use crate::model::query::understand;

    #[test]
    fn what_stands_behind_a_city_says_where_it_is() {
        for (query, want) in [
            ("Paris, Texas", &[("Paris", "US")][..]),
            ("Birmingham, Alabama", &[("Birmingham", "US")]),
            ("Cambridge, MA", &[("Cambridge", "US")]),
            ("London, Ontario", &[("London", "CA")]),
            ("nurse in Austin TX", &[("Austin", "US")]),
            ("Tbilisi, Georgia", &[("Tbilisi", "GE")]),
            ("Atlanta, Georgia", &[("Atlanta", "US")]),
            ("Berlin, DE", &[("Berlin", "DE")]),
            ("Mumbai, CA", &[("Mumbai", "IN")]),
            ("Boston, New York", &[("Boston", "US"), ("New York", "US")]),
            ("London, Germany, France", &[("London", "GB"), ("Germany", "DE"), ("France", "FR")]),
            ("Austin, Texas or Berlin, Germany", &[("Austin", "US"), ("Berlin", "DE")]),
        ] {
            let read = understand(query);
            let found: Vec<_> =
                read.locations.iter().map(|l| (l.name.as_str(), l.country.as_deref().unwrap_or_default())).collect();
            assert_eq!(found, want, "{query}");
        }
    }
}
