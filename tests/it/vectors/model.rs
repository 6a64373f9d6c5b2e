//! Random points and queries against a model of the promise that is too plain to be wrong.

use std::collections::BTreeMap;

use talentprompt::gateways::vectors::{Condition, Filter, Hit, HybridQuery, Payload, Point, VectorIndex};
use talentprompt::model::ids::{CandidateId, PassageId};
use talentprompt::model::lexical::SparseVector;

use super::build::{DIMENSIONS, Numbers, ask, candidate, close, everything, point, resume, workspace};

fn random_vector(numbers: &mut Numbers) -> Vec<f32> {
    let raw: Vec<f32> = (0..DIMENSIONS).map(|_| numbers.number()).collect();
    let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt().max(0.1);
    raw.iter().map(|x| x / length).collect()
}

fn random_words(numbers: &mut Numbers, most: u16) -> SparseVector {
    let count = numbers.below(most + 1);
    // The square makes small ids common and large ones rare.
    let terms: BTreeMap<u32, f32> = (0..count)
        .map(|_| (u32::from(numbers.below(40)) * u32::from(numbers.below(40)), 0.5 + f32::from(numbers.below(6)) / 4.0))
        .collect();
    SparseVector { indices: terms.keys().copied().collect(), values: terms.values().copied().collect() }
}

/// The passage with this number, about one in ten without a vector; three or so to a candidate.
pub fn random_point(numbers: &mut Numbers, n: u128) -> Point {
    let some = |numbers: &mut Numbers, words: &[&str]| -> Vec<String> {
        words.iter().filter(|_| numbers.below(3) == 0).map(ToString::to_string).collect()
    };
    let person = u128::from(numbers.below(1700));
    let mut point = point(n, person);
    point.resume = resume(person * 2 + u128::from(numbers.below(2)));
    point.dense = (numbers.below(10) > 0).then(|| random_vector(numbers));
    point.sparse = random_words(numbers, 25);
    point.payload = Payload {
        skills: some(numbers, &["rust", "go", "java", "sql"]),
        titles: some(numbers, &["developer", "nurse"]),
        languages: some(numbers, &["de", "en", "fr"]),
        country: some(numbers, &["DE", "FR"]).pop(),
        city: some(numbers, &["berlin", "paris"]).pop(),
        position: (numbers.below(2) == 0)
            .then(|| (f64::from(numbers.number() * 80.0), f64::from(numbers.number() * 170.0))),
        years: (numbers.below(4) > 0).then(|| f32::from(numbers.below(80)) / 4.0),
    };
    point
}

fn random_condition(numbers: &mut Numbers) -> Condition {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    match numbers.below(8) {
        0 => Condition::AnySkill(words(&["rust", "java"])),
        1 => Condition::AnyTitle(words(&["nurse"])),
        2 => Condition::AnyLanguage(words(&["de"])),
        3 => Condition::AnyCountry(words(&["DE", "AT"])),
        4 => Condition::AnyCity(words(&["paris"])),
        5 => Condition::Near {
            latitude: f64::from(numbers.number() * 80.0),
            longitude: f64::from(numbers.number() * 170.0),
            radius_km: 500.0 + f64::from(numbers.below(8000)),
        },
        6 => {
            Condition::Years { min: Some(f32::from(numbers.below(15))), max: Some(5.0 + f32::from(numbers.below(20))) }
        }
        _ => Condition::Any((0..=numbers.below(2)).map(|_| random_condition(numbers)).collect()),
    }
}

/// Both arms, up to two conditions and up to one negated.
pub fn random_query(numbers: &mut Numbers) -> HybridQuery {
    HybridQuery {
        filter: Filter {
            must: (0..numbers.below(3)).map(|_| random_condition(numbers)).collect(),
            must_not: (0..numbers.below(2)).map(|_| random_condition(numbers)).collect(),
            ..everything()
        },
        dense: Some(random_vector(numbers)),
        sparse: Some(random_words(numbers, 10)),
        limit: 1 + usize::from(numbers.below(60)),
    }
}

fn holds(condition: &Condition, point: &Point) -> bool {
    let facts = &point.payload;
    let any = |wanted: &[String], found: &[String]| wanted.iter().any(|word| found.contains(word));
    match condition {
        Condition::AnySkill(words) => any(words, &facts.skills),
        Condition::AnyTitle(words) => any(words, &facts.titles),
        Condition::AnyLanguage(words) => any(words, &facts.languages),
        Condition::AnyCountry(words) => any(words, facts.country.as_slice()),
        Condition::AnyCity(words) => any(words, facts.city.as_slice()),
        Condition::Near { latitude, longitude, radius_km } => facts.position.is_some_and(|(lat, lon)| {
            // By the angle between the two directions from the earth's middle.
            let direction = |lat: f64, lon: f64| {
                let (lat, lon) = (lat.to_radians(), lon.to_radians());
                [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
            };
            let (a, b) = (direction(*latitude, *longitude), direction(lat, lon));
            let cosine: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
            cosine.clamp(-1.0, 1.0).acos() * 6_371.008_8 <= *radius_km
        }),
        Condition::Years { min, max } => {
            facts.years.is_some_and(|years| min.is_none_or(|min| years >= min) && max.is_none_or(|max| years <= max))
        }
        Condition::Any(several) => several.iter().any(|condition| holds(condition, point)),
    }
}

fn by_meaning(query: &HybridQuery, point: &Point) -> Option<f32> {
    let (a, b) = (query.dense.as_ref()?, point.dense.as_ref()?);
    Some(a.iter().zip(b).map(|(x, y)| x * y).sum())
}

fn by_words(query: &HybridQuery, point: &Point, rarity: &BTreeMap<u32, f32>) -> Option<f32> {
    let words = query.sparse.as_ref()?;
    let weight = |term: &u32| Some(point.sparse.values[point.sparse.indices.binary_search(term).ok()?]);
    let shared = words.indices.iter().zip(&words.values);
    let parts: Vec<f32> = shared.filter_map(|(term, wish)| Some(wish * rarity[term] * weight(term)?)).collect();
    (!parts.is_empty()).then(|| parts.iter().sum())
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand points")]
fn rarities(points: &BTreeMap<PassageId, Point>, query: &HybridQuery) -> BTreeMap<u32, f32> {
    let with_words = points.values().filter(|point| !point.sparse.indices.is_empty()).count() as f32;
    let terms = query.sparse.iter().flat_map(|words| &words.indices);
    terms
        .map(|term| {
            let carriers = points.values().filter(|point| point.sparse.indices.contains(term)).count() as f32;
            (*term, ((with_words - carriers + 0.5) / (carriers + 0.5) + 1.0).ln())
        })
        .collect()
}

/// The best score of each candidate by one arm.
fn best(scored: impl Iterator<Item = (CandidateId, f32)>) -> BTreeMap<CandidateId, f32> {
    let mut best = BTreeMap::new();
    for (candidate, score) in scored {
        let kept = best.entry(candidate).or_insert(score);
        *kept = kept.max(score);
    }
    best
}

/// Scores must fall as the model's do, belong to the candidates they stand at, and ties must be ordered; candidates
/// whose scores differ by less than rounding may stand either way.
fn agree(hits: &[Hit], model: &BTreeMap<CandidateId, f32>, limit: usize, what: &str) {
    let mut scores: Vec<f32> = model.values().copied().collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    assert_eq!(hits.len(), scores.len().min(limit), "{what}");
    for (hit, score) in hits.iter().zip(&scores) {
        assert!(close(hit.score, *score), "{what}: {hit:?}, expected {score}");
        assert!(close(hit.score, model[&hit.candidate]), "{what}: {hit:?}, not {}", model[&hit.candidate]);
    }
    for pair in hits.windows(2) {
        let ordered = pair[0].score > pair[1].score
            || (pair[0].score.to_bits() == pair[1].score.to_bits() && pair[0].candidate < pair[1].candidate);
        assert!(ordered, "{what}: {pair:?}");
    }
}

pub async fn five_thousand_random_points_agree_with_a_plain_model(index: &dyn VectorIndex) {
    let mut numbers = Numbers(2024);
    let mut points: BTreeMap<PassageId, Point> = BTreeMap::new();
    // A sixth of them replace an earlier one.
    for _ in 0..12 {
        let mut batch: Vec<Point> = (0..500)
            .map(|_| {
                let n = u128::from(numbers.below(20_000));
                random_point(&mut numbers, n)
            })
            .collect();
        // Nothing is promised about one passage twice in one batch.
        batch.sort_by_key(|point| point.id);
        batch.dedup_by_key(|point| point.id);
        points.extend(batch.iter().map(|point| (point.id, point.clone())));
        index.upsert(batch).await.unwrap();
    }
    for _ in 0..20 {
        let doomed = candidate(numbers.below(1700).into());
        index.delete_candidate(workspace(1), doomed).await.unwrap();
        points.retain(|_, point| point.candidate != doomed);
        let doomed = resume(numbers.below(3400).into());
        index.delete_resume(workspace(1), doomed).await.unwrap();
        points.retain(|_, point| point.resume != doomed);
    }
    assert_eq!(index.count(workspace(1)).await.unwrap(), points.len() as u64);
    assert!(points.len() >= 5000, "{}", points.len());
    for round in 0..60 {
        let query = random_query(&mut numbers);
        let rarity = rarities(&points, &query);
        let all = |point: &&Point| {
            query.filter.must.iter().all(|condition| holds(condition, point))
                && !query.filter.must_not.iter().any(|condition| holds(condition, point))
        };
        let wanted: Vec<&Point> = points.values().filter(all).collect();
        let dense = best(wanted.iter().filter_map(|point| Some((point.candidate, by_meaning(&query, point)?))));
        let sparse = best(wanted.iter().filter_map(|point| Some((point.candidate, by_words(&query, point, &rarity)?))));
        let hits = ask(index, query.clone()).await;
        agree(&hits.dense, &dense, query.limit, &format!("round {round}, by meaning, {:?}", query.filter));
        agree(&hits.sparse, &sparse, query.limit, &format!("round {round}, by words, {:?}", query.filter));
    }
}
