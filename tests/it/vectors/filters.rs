//! Conditions: alone, negated, combined.

use talentprompt::gateways::vectors::{Condition, Filter, Payload, Point, VectorIndex};

use super::build::{ask, both, everything, people, point, workspace};

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// Ana in Berlin, Ben in Munich, Cem in Paris, Dee of whom nothing is known.
fn pool() -> Vec<Point> {
    let with = |n: u128, payload: Payload| Point { payload, ..point(n, n) };
    vec![
        with(
            1,
            Payload {
                skills: strings(&["rust", "python"]),
                titles: strings(&["developer"]),
                languages: strings(&["de", "en"]),
                country: Some("DE".into()),
                city: Some("berlin".into()),
                position: Some((52.52, 13.405)),
                years: Some(5.0),
            },
        ),
        with(
            2,
            Payload {
                skills: strings(&["python"]),
                titles: strings(&["developer", "lead"]),
                languages: strings(&["de"]),
                country: Some("DE".into()),
                city: Some("munich".into()),
                position: Some((48.137, 11.575)),
                years: Some(8.5),
            },
        ),
        with(
            3,
            Payload {
                skills: strings(&["java"]),
                titles: strings(&["designer"]),
                languages: strings(&["fr"]),
                country: Some("FR".into()),
                city: Some("paris".into()),
                position: Some((48.857, 2.352)),
                years: Some(0.0),
            },
        ),
        with(4, Payload::default()),
    ]
}

/// Each condition with the numbers of those it names.
fn table() -> Vec<(Condition, Vec<u128>)> {
    let near_berlin = |radius_km| Condition::Near { latitude: 52.4, longitude: 13.06, radius_km };
    vec![
        (Condition::AnySkill(strings(&["python"])), vec![1, 2]),
        (Condition::AnySkill(strings(&["java", "rust"])), vec![1, 3]),
        (Condition::AnySkill(strings(&["javascript"])), vec![]),
        (Condition::AnyTitle(strings(&["lead"])), vec![2]),
        (Condition::AnyLanguage(strings(&["en", "fr"])), vec![1, 3]),
        (Condition::AnyCountry(strings(&["DE"])), vec![1, 2]),
        (Condition::AnyCity(strings(&["berlin", "paris"])), vec![1, 3]),
        (near_berlin(40.0), vec![1]),
        (near_berlin(500.0), vec![1, 2]),
        (near_berlin(20.0), vec![]),
        (Condition::Years { min: Some(5.0), max: Some(8.5) }, vec![1, 2]),
        (Condition::Years { min: Some(5.1), max: None }, vec![2]),
        (Condition::Years { min: None, max: Some(5.0) }, vec![1, 3]),
        (Condition::Years { min: None, max: None }, vec![1, 2, 3]),
        (Condition::Any(vec![Condition::AnyCity(strings(&["paris"])), near_berlin(40.0)]), vec![1, 3]),
        (Condition::Any(vec![Condition::AnyCountry(strings(&["IT"]))]), vec![]),
    ]
}

async fn selected(index: &dyn VectorIndex, must: Vec<Condition>, must_not: Vec<Condition>) -> Vec<u128> {
    let hits = ask(index, both(Filter { workspace: workspace(1), must, must_not })).await;
    assert_eq!(people(&hits.dense), people(&hits.sparse), "both arms look at the same points");
    people(&hits.dense)
}

pub async fn each_condition_selects_whom_it_names(index: &dyn VectorIndex) {
    index.upsert(pool()).await.unwrap();
    for (condition, expected) in table() {
        assert_eq!(selected(index, vec![condition.clone()], vec![]).await, expected, "{condition:?}");
    }
}

pub async fn each_negated_condition_selects_everybody_else(index: &dyn VectorIndex) {
    index.upsert(pool()).await.unwrap();
    for (condition, named) in table() {
        let others: Vec<u128> = (1..=4).filter(|n| !named.contains(n)).collect();
        assert_eq!(selected(index, vec![], vec![condition.clone()]).await, others, "{condition:?}");
    }
}

pub async fn conditions_combine_all_of_must_and_none_of_must_not(index: &dyn VectorIndex) {
    index.upsert(pool()).await.unwrap();
    let python = || Condition::AnySkill(strings(&["python"]));
    let lead = || Condition::AnyTitle(strings(&["lead"]));
    let france = || Condition::AnyCountry(strings(&["FR"]));
    assert_eq!(selected(index, vec![python(), lead()], vec![]).await, [2]);
    assert_eq!(selected(index, vec![python()], vec![lead()]).await, [1]);
    assert_eq!(selected(index, vec![python(), france()], vec![]).await, [0_u128; 0]);
    assert_eq!(selected(index, vec![], vec![lead(), france()]).await, [1, 4]);
    let either = || Condition::Any(vec![lead(), france()]);
    assert_eq!(selected(index, vec![either(), python()], vec![]).await, [2]);
    assert_eq!(selected(index, vec![python()], vec![either()]).await, [1]);
}

pub async fn an_empty_list_names_nobody(index: &dyn VectorIndex) {
    index.upsert(pool()).await.unwrap();
    for condition in [Condition::AnySkill(vec![]), Condition::Any(vec![Condition::AnyCity(vec![])])] {
        assert_eq!(selected(index, vec![condition.clone()], vec![]).await, [0_u128; 0], "{condition:?}");
        assert_eq!(selected(index, vec![], vec![condition.clone()]).await, [1, 2, 3, 4], "{condition:?}");
    }
    assert_eq!(ask(index, both(everything())).await.dense.len(), 4);
}
