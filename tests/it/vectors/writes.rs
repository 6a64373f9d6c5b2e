//! What goes in, is replaced and goes out, and who sees it.

use talentprompt::gateways::vectors::{Error, HybridHits, Payload, VectorIndex};

use super::build::{
    DIMENSIONS, ask, at, both, candidate, close, everything, passage, people, point, resume, words, workspace,
};

pub async fn an_upserted_passage_is_found_by_meaning_and_by_words(index: &dyn VectorIndex) {
    let mut other = point(2, 2);
    other.dense = Some(at(60.0));
    other.sparse = words(&[(9, 2.0)]);
    index.upsert(vec![point(1, 1), other]).await.unwrap();
    index.ready().await.unwrap();
    let hits = ask(index, both(everything())).await;
    assert_eq!((people(&hits.dense), people(&hits.sparse)), (vec![1, 2], vec![1]));
    assert_eq!((hits.dense[0].passage, hits.dense[0].resume), (passage(1), resume(1)));
    assert!(close(hits.dense[0].score, 1.0) && close(hits.dense[1].score, 0.5), "{:?}", hits.dense);
    // One of two points carries the word: ln((2 - 1 + 0.5) / (1 + 0.5) + 1).
    assert!(close(hits.sparse[0].score, std::f32::consts::LN_2), "{:?}", hits.sparse);
    assert_eq!(index.count(workspace(1)).await.unwrap(), 2);
}

pub async fn an_upsert_replaces_the_passage_with_the_same_id(index: &dyn VectorIndex) {
    index.upsert(vec![point(1, 1)]).await.unwrap();
    let mut after = point(1, 7);
    after.dense = Some(at(90.0));
    after.sparse = words(&[(5, 1.0)]);
    index.upsert(vec![after]).await.unwrap();
    let mut query = both(everything());
    query.dense = Some(at(90.0));
    let hits = ask(index, query.clone()).await;
    assert_eq!((people(&hits.dense), people(&hits.sparse)), (vec![7], vec![]));
    assert!(close(hits.dense[0].score, 1.0));
    query.sparse = Some(words(&[(5, 1.0)]));
    assert_eq!(people(&ask(index, query).await.sparse), [7]);
    assert_eq!(index.count(workspace(1)).await.unwrap(), 1);
}

pub async fn a_deleted_candidate_is_gone_from_both_arms(index: &dyn VectorIndex) {
    index.upsert(vec![point(1, 1), point(2, 1), point(3, 2)]).await.unwrap();
    index.delete_candidate(workspace(1), candidate(1)).await.unwrap();
    let hits = ask(index, both(everything())).await;
    assert_eq!((people(&hits.dense), people(&hits.sparse)), (vec![2], vec![2]));
    assert_eq!(index.count(workspace(1)).await.unwrap(), 1);
    index.delete_candidate(workspace(1), candidate(1)).await.unwrap();
}

pub async fn a_deleted_resume_leaves_the_other_resume(index: &dyn VectorIndex) {
    let mut newer = point(2, 1);
    newer.resume = resume(77);
    index.upsert(vec![point(1, 1), newer]).await.unwrap();
    index.delete_resume(workspace(1), resume(1)).await.unwrap();
    let hits = ask(index, both(everything())).await;
    assert_eq!((hits.dense.len(), hits.dense[0].resume), (1, resume(77)));
    assert_eq!(hits.sparse[0].passage, passage(2));
}

pub async fn another_workspaces_points_never_appear(index: &dyn VectorIndex) {
    let mut foreign = point(2, 2);
    foreign.workspace = workspace(2);
    index.upsert(vec![point(1, 1), foreign]).await.unwrap();
    let hits = ask(index, both(everything())).await;
    assert_eq!((people(&hits.dense), people(&hits.sparse)), (vec![1], vec![1]));
    assert_eq!(index.count(workspace(2)).await.unwrap(), 1);
    // Nor can it be deleted from here.
    index.delete_candidate(workspace(1), candidate(2)).await.unwrap();
    index.delete_resume(workspace(1), resume(2)).await.unwrap();
    assert_eq!(index.count(workspace(2)).await.unwrap(), 1);
}

pub async fn a_word_is_as_rare_as_it_is_in_its_own_workspace(index: &dyn VectorIndex) {
    index.upsert(vec![point(1, 1)]).await.unwrap();
    let alone = ask(index, both(everything())).await.sparse[0].score;
    let foreign = (10..60).map(|n| {
        let mut foreign = point(n, n);
        foreign.workspace = workspace(2);
        foreign.sparse = words(&[(2, 1.0)]);
        foreign
    });
    index.upsert(foreign.collect()).await.unwrap();
    let crowded = ask(index, both(everything())).await.sparse[0].score;
    assert!(close(alone, crowded), "{alone} became {crowded}");
}

pub async fn clearing_a_workspace_leaves_the_others(index: &dyn VectorIndex) {
    let mut foreign = point(2, 2);
    foreign.workspace = workspace(2);
    index.upsert(vec![point(1, 1), foreign]).await.unwrap();
    index.clear(workspace(1)).await.unwrap();
    assert_eq!(ask(index, both(everything())).await, HybridHits::default());
    assert_eq!(index.count(workspace(1)).await.unwrap(), 0);
    assert_eq!(index.count(workspace(2)).await.unwrap(), 1);
    index.upsert(vec![point(3, 3)]).await.unwrap();
    assert_eq!(index.count(workspace(1)).await.unwrap(), 1);
}

pub async fn a_passage_without_a_vector_is_found_by_its_words_until_the_vector_comes(index: &dyn VectorIndex) {
    let mut waiting = point(1, 1);
    waiting.dense = None;
    index.upsert(vec![waiting, point(2, 2)]).await.unwrap();
    let hits = ask(index, both(everything())).await;
    assert_eq!((people(&hits.dense), people(&hits.sparse)), (vec![2], vec![1, 2]));
    index.upsert(vec![point(1, 1)]).await.unwrap();
    assert_eq!(people(&ask(index, both(everything())).await.dense), [1, 2]);
}

pub async fn a_passage_without_words_is_found_by_meaning(index: &dyn VectorIndex) {
    let mut silent = point(1, 1);
    silent.sparse = words(&[]);
    index.upsert(vec![silent, point(2, 2)]).await.unwrap();
    let hits = ask(index, both(everything())).await;
    assert_eq!((people(&hits.dense), people(&hits.sparse)), (vec![1, 2], vec![2]));
    // Passages without words do not count when a word's rarity is: ln((1 - 1 + 0.5) / (1 + 0.5) + 1).
    assert!(close(hits.sparse[0].score, (4.0_f32 / 3.0).ln()), "{:?}", hits.sparse);
}

pub async fn an_empty_index_answers_with_nothing(index: &dyn VectorIndex) {
    index.ready().await.unwrap();
    assert_eq!(ask(index, both(everything())).await, HybridHits::default());
    index.upsert(Vec::new()).await.unwrap();
    index.delete_candidate(workspace(1), candidate(1)).await.unwrap();
    index.delete_resume(workspace(1), resume(1)).await.unwrap();
    index.clear(workspace(1)).await.unwrap();
    assert_eq!(index.count(workspace(1)).await.unwrap(), 0);
    let mut wordless = both(everything());
    (wordless.dense, wordless.sparse) = (None, Some(words(&[])));
    assert_eq!(ask(index, wordless).await, HybridHits::default());
}

pub async fn what_cannot_be_compared_is_refused_and_not_stored(index: &dyn VectorIndex) {
    let wrong = |change: fn(&mut talentprompt::gateways::vectors::Point)| {
        let mut point = point(2, 2);
        change(&mut point);
        vec![self::point(1, 1), point]
    };
    let faults = [
        wrong(|point| point.dense = Some(vec![1.0; DIMENSIONS - 1])),
        wrong(|point| point.dense = Some(vec![f32::NAN; DIMENSIONS])),
        wrong(|point| point.sparse = words(&[(2, 1.0), (1, 1.0)])),
        wrong(|point| point.sparse = words(&[(2, 1.0), (2, 1.0)])),
        wrong(|point| point.sparse.values.clear()),
        wrong(|point| point.payload = Payload { position: Some((91.0, 0.0)), ..Payload::default() }),
        wrong(|point| point.payload = Payload { years: Some(f32::INFINITY), ..Payload::default() }),
    ];
    for points in faults {
        let outcome = index.upsert(points.clone()).await;
        let Err(Error::Refused(message)) = outcome else { panic!("{outcome:?} for {:?}", points[1]) };
        assert!(message.contains(&passage(2).to_string()), "{message}");
    }
    assert_eq!(index.count(workspace(1)).await.unwrap(), 0);
    let mut query = both(everything());
    query.dense = Some(vec![1.0; DIMENSIONS + 1]);
    let outcome = index.query(query).await;
    assert!(matches!(outcome, Err(Error::Refused(_))), "{outcome:?}");
}
