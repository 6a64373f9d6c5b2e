//! One suite for every vector engine: what the trait promises, tried on the engine in process and on the Qdrant client.
//! The client talks to a test server of ours, or to a real one when `TALENTPROMPT_TEST_QDRANT_URL` names it (gRPC;
//! `TALENTPROMPT_TEST_QDRANT_API_KEY` if it asks for a key; server 1.19 or later, for rarity by workspace).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod away;
mod build;
mod filters;
mod model;
mod ranking;
mod writes;

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use qdrant_client::Qdrant;
use talentprompt::base::random;
use talentprompt::gateways::vectors::VectorIndex;
use talentprompt::gateways::vectors::embedded::EmbeddedIndex;
use talentprompt::gateways::vectors::qdrant::{QdrantIndex, Settings};

use self::build::DIMENSIONS;
use crate::support::qdrant_server::QdrantServer;

/// The key the test server asks for.
const KEY: &str = "let-me-in";

macro_rules! conformance {
    ($($room:ident: $($case:ident),+ $(,)?);+ $(;)?) => {
        mod embedded {
            $($(#[tokio::test]
            async fn $case() {
                super::$room::$case(&super::EmbeddedIndex::new(super::DIMENSIONS)).await;
            })+)+
        }
        mod qdrant {
            $($(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::on_qdrant(async |index| super::$room::$case(index).await).await;
            })+)+
        }
    };
}

conformance! {
    writes:
        an_upserted_passage_is_found_by_meaning_and_by_words,
        an_upsert_replaces_the_passage_with_the_same_id,
        a_deleted_candidate_is_gone_from_both_arms,
        a_deleted_resume_leaves_the_other_resume,
        another_workspaces_points_never_appear,
        a_word_is_as_rare_as_it_is_in_its_own_workspace,
        clearing_a_workspace_leaves_the_others,
        a_passage_without_a_vector_is_found_by_its_words_until_the_vector_comes,
        a_passage_without_words_is_found_by_meaning,
        an_empty_index_answers_with_nothing,
        what_cannot_be_compared_is_refused_and_not_stored;
    filters:
        each_condition_selects_whom_it_names,
        each_negated_condition_selects_everybody_else,
        conditions_combine_all_of_must_and_none_of_must_not,
        an_empty_list_names_nobody;
    ranking:
        a_candidate_is_one_hit_by_the_best_passage,
        better_passages_come_first,
        equal_scores_are_ordered_by_candidate_id,
        many_passages_of_one_candidate_do_not_crowd_out_the_others,
        the_limit_is_kept;
    model:
        five_thousand_random_points_agree_with_a_plain_model;
}

async fn on_qdrant(case: impl AsyncFnOnce(&QdrantIndex)) {
    let real = real_server();
    let server = if real.is_none() { Some(QdrantServer::start(KEY).await) } else { None };
    let (url, key) = match (&real, &server) {
        (Some((url, key)), _) => (url.clone(), key.clone()),
        (None, Some(server)) => (server.url(), Some(KEY.to_owned())),
        (None, None) => unreachable!("one of the two was made above"),
    };
    let settings = settings(&url, key.as_deref());
    let index = QdrantIndex::connect(&settings).expect("the address is one");
    index.set_whole(true).await.expect("the collection can be made");
    let outcome = AssertUnwindSafe(case(&index)).catch_unwind().await;
    let client = Qdrant::from_url(&url).api_key(key).skip_compatibility_check().build().expect("the address is one");
    let cleaned = client.delete_collection(index.collection()).await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
    cleaned.expect("the collection was there to be removed");
}

/// Settings for a collection that nobody else uses.
fn settings(url: &str, key: Option<&str>) -> Settings {
    Settings {
        url: url.to_owned(),
        api_key: key.map(Into::into),
        collection_prefix: format!("test-{:016x}", u64::from_le_bytes(random::bytes())),
        model: "toy".to_owned(),
        dimensions: DIMENSIONS,
        frugal: false,
    }
}

#[expect(clippy::disallowed_methods, reason = "tests may read the environment")]
fn real_server() -> Option<(String, Option<String>)> {
    let url = std::env::var("TALENTPROMPT_TEST_QDRANT_URL").ok()?;
    Some((url, std::env::var("TALENTPROMPT_TEST_QDRANT_API_KEY").ok()))
}

#[tokio::test]
async fn the_embedded_engine_gives_the_same_bits_whatever_the_order_of_insertion() {
    let mut numbers = build::Numbers(42);
    let points: Vec<_> = (0..600).map(|n| model::random_point(&mut numbers, n)).collect();
    let (forward, backward) = (EmbeddedIndex::new(DIMENSIONS), EmbeddedIndex::new(DIMENSIONS));
    forward.upsert(points.clone()).await.unwrap();
    for point in points.into_iter().rev() {
        // Each point was something else before, so that the columns differ as well.
        let mut earlier = point.clone();
        earlier.sparse = build::words(&[(1, 9.0)]);
        backward.upsert(vec![earlier]).await.unwrap();
        backward.upsert(vec![point]).await.unwrap();
    }
    for _ in 0..50 {
        let query = model::random_query(&mut numbers);
        assert_eq!(forward.query(query.clone()).await.unwrap(), backward.query(query).await.unwrap());
    }
}

#[tokio::test]
async fn thousands_of_deletes_leave_what_was_not_deleted() {
    let index = EmbeddedIndex::new(DIMENSIONS);
    let mut numbers = build::Numbers(3);
    let points: Vec<_> = (0..6000).map(|n| model::random_point(&mut numbers, n)).collect();
    index.upsert(points.clone()).await.unwrap();
    let (kept, doomed): (Vec<_>, Vec<_>) = points.into_iter().partition(|point| point.candidate.0.as_u128() % 5 == 0);
    for point in &doomed {
        index.delete_candidate(point.workspace, point.candidate).await.unwrap();
    }
    assert_eq!(index.count(build::workspace(1)).await.unwrap(), kept.len() as u64);
    let fresh = EmbeddedIndex::new(DIMENSIONS);
    fresh.upsert(kept).await.unwrap();
    for _ in 0..50 {
        let query = model::random_query(&mut numbers);
        assert_eq!(index.query(query.clone()).await.unwrap(), fresh.query(query).await.unwrap());
    }
}
