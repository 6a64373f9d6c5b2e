//! Order: grouping by candidate, ties, limits.

use talentprompt::gateways::vectors::VectorIndex;

use super::build::{ask, at, both, everything, passage, people, point, words};

pub async fn a_candidate_is_one_hit_by_the_best_passage(index: &dyn VectorIndex) {
    let (mut far, mut near, mut wordy) = (point(1, 1), point(2, 1), point(3, 1));
    (far.dense, near.dense, wordy.dense) = (Some(at(50.0)), Some(at(10.0)), Some(at(80.0)));
    wordy.sparse = words(&[(1, 3.0)]);
    index.upsert(vec![far, near, wordy, point(4, 2)]).await.unwrap();
    let hits = ask(index, both(everything())).await;
    assert_eq!((people(&hits.dense), people(&hits.sparse)), (vec![2, 1], vec![1, 2]));
    assert_eq!((hits.dense[1].passage, hits.sparse[0].passage), (passage(2), passage(3)));
}

pub async fn better_passages_come_first(index: &dyn VectorIndex) {
    let pool = (1..=20_u8).map(|n| {
        let mut point = point(n.into(), n.into());
        point.dense = Some(at(f32::from(n) * 4.0));
        point.sparse = words(&[(1, f32::from(n))]);
        point
    });
    index.upsert(pool.collect()).await.unwrap();
    let hits = ask(index, both(everything())).await;
    assert_eq!(people(&hits.dense), (1..=20).collect::<Vec<u128>>());
    assert_eq!(people(&hits.sparse), (1..=20).rev().collect::<Vec<u128>>());
}

pub async fn equal_scores_are_ordered_by_candidate_id(index: &dyn VectorIndex) {
    // Two equal passages each, put in from the last candidate to the first: many more ties than are asked for.
    let pool = (1..=300).rev().flat_map(|n| [point(1000 - n, n), point(2000 - n, n)]);
    index.upsert(pool.collect()).await.unwrap();
    let mut query = both(everything());
    query.limit = 10;
    let hits = ask(index, query).await;
    let first: Vec<u128> = (1..=10).collect();
    assert_eq!((people(&hits.dense), people(&hits.sparse)), (first.clone(), first));
    assert!(hits.dense.iter().chain(&hits.sparse).zip((1..=10).cycle()).all(|(hit, n)| hit.passage == passage(1000 - n)));
}

pub async fn many_passages_of_one_candidate_do_not_crowd_out_the_others(index: &dyn VectorIndex) {
    let mut pool: Vec<_> = (1..=200).map(|n| point(n, 1)).collect();
    for n in 2..=9_u8 {
        let mut other = point(1000 + u128::from(n), n.into());
        other.dense = Some(at(f32::from(n)));
        other.sparse = words(&[(1, 1.0 / f32::from(n))]);
        pool.push(other);
    }
    index.upsert(pool).await.unwrap();
    let mut query = both(everything());
    query.limit = 5;
    let hits = ask(index, query).await;
    assert_eq!((people(&hits.dense), people(&hits.sparse)), (vec![1, 2, 3, 4, 5], vec![1, 2, 3, 4, 5]));
}

pub async fn the_limit_is_kept(index: &dyn VectorIndex) {
    index.upsert((1..=7).map(|n| point(n, n)).collect()).await.unwrap();
    for (limit, expected) in [(0, 0), (1, 1), (6, 6), (7, 7), (8, 7), (1000, 7)] {
        let mut query = both(everything());
        query.limit = limit;
        let hits = ask(index, query).await;
        assert_eq!((hits.dense.len(), hits.sparse.len()), (expected, expected), "limit {limit}");
    }
}
