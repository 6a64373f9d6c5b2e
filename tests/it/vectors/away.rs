//! What the Qdrant client says when the server is away, silent, locked or somebody else's.

use std::time::{Duration, Instant};

use qdrant_client::Qdrant;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{CreateCollectionBuilder, Distance, Memory, VectorParamsBuilder, VectorsConfigBuilder};
use talentprompt::gateways::vectors::qdrant::QdrantIndex;
use talentprompt::gateways::vectors::{Error, Ready, VectorIndex};

use super::build::{DIMENSIONS, ask, both, everything, people, point, workspace};
use super::{KEY, settings};
use crate::support::qdrant_server::QdrantServer;

fn index(url: &str, key: &str) -> QdrantIndex {
    QdrantIndex::connect(&settings(url, Some(key))).expect("the address is one")
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_and_welcome_when_it_comes() {
    let server = QdrantServer::start(KEY).await;
    let (address, index) = (server.address, index(&server.url(), KEY));
    drop(server);
    tokio::time::sleep(Duration::from_millis(50)).await;
    for outcome in
        [index.ready().await.map(drop), index.upsert(vec![point(1, 1)]).await, index.clear(workspace(1)).await]
    {
        assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    }
    let outcome = index.query(both(everything())).await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    let _server = QdrantServer::start_at(address, KEY).await;
    index.set_whole(true).await.unwrap();
    index.upsert(vec![point(1, 1)]).await.unwrap();
    assert_eq!(people(&ask(&index, both(everything())).await.dense), [1]);
}

#[tokio::test]
async fn a_server_that_never_answers_is_unavailable_within_six_seconds() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let index = index(&format!("http://{}", silent.local_addr().unwrap()), KEY);
    let asked = Instant::now();
    let (query, ready) = tokio::join!(index.query(both(everything())), index.ready());
    assert!(matches!(query, Err(Error::Unavailable(_))), "{query:?}");
    assert!(matches!(ready, Err(Error::Unavailable(_))), "{ready:?}");
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let server = QdrantServer::start(KEY).await;
    let outcome = index(&server.url(), "guess").ready().await;
    let Err(Error::Refused(message)) = outcome else { panic!("{outcome:?}") };
    assert!(message.contains("Unauthenticated"), "{message}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let outcome = QdrantIndex::connect(&settings("not an address", None)).err();
    assert!(matches!(outcome, Some(Error::Refused(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_collection_of_other_vectors_is_refused() {
    let server = QdrantServer::start(KEY).await;
    let index = index(&server.url(), KEY);
    let client = Qdrant::from_url(&server.url()).api_key(KEY).skip_compatibility_check().build().unwrap();
    let mut vectors = VectorsConfigBuilder::default();
    vectors.add_named_vector_params("dense", VectorParamsBuilder::new(DIMENSIONS as u64 + 1, Distance::Cosine));
    client.create_collection(CreateCollectionBuilder::new(index.collection()).vectors_config(vectors)).await.unwrap();
    let outcome = index.upsert(vec![point(1, 1)]).await;
    let Err(Error::Refused(message)) = outcome else { panic!("{outcome:?}") };
    assert!(message.contains(index.collection()), "{message}");
}

#[tokio::test]
async fn a_collection_is_searched_by_nobody_before_it_is_said_to_be_whole() {
    let server = QdrantServer::start(KEY).await;
    let mut settings = settings(&server.url(), Some(KEY));
    settings.collection_prefix.push_str("-shared");
    let [filling, other] = [(); 2].map(|()| QdrantIndex::connect(&settings).unwrap());
    filling.upsert(vec![point(1, 1)]).await.unwrap();
    for index in [&filling, &other] {
        assert_eq!(index.ready().await.unwrap(), Ready::Lacking);
        let outcome = index.query(both(everything())).await;
        assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    }
    filling.set_whole(true).await.unwrap();
    for index in [&filling, &other] {
        assert_eq!(index.ready().await.unwrap(), Ready::Whole);
        assert_eq!(people(&ask(index, both(everything())).await.dense), [1]);
    }
    other.set_whole(false).await.unwrap();
    assert!(matches!(filling.query(both(everything())).await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn a_lost_collection_is_not_searched_though_it_is_made_again() {
    let server = QdrantServer::start(KEY).await;
    let index = index(&server.url(), KEY);
    index.upsert(vec![point(1, 1)]).await.unwrap();
    index.set_whole(true).await.unwrap();
    let client = Qdrant::from_url(&server.url()).api_key(KEY).skip_compatibility_check().build().unwrap();
    client.delete_collection(index.collection()).await.unwrap();
    let outcome = index.query(both(everything())).await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    assert_eq!(index.ready().await.unwrap(), Ready::Lacking);
    assert_eq!(index.count(workspace(1)).await.unwrap(), 0);
    let outcome = index.query(both(everything())).await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_frugal_collection_keeps_originals_on_disk_and_small_copies_in_memory() {
    let server = QdrantServer::start(KEY).await;
    let mut settings = settings(&server.url(), Some(KEY));
    settings.frugal = true;
    let index = QdrantIndex::connect(&settings).unwrap();
    index.upsert(vec![point(1, 1)]).await.unwrap();
    index.set_whole(true).await.unwrap();
    assert_eq!(people(&ask(&index, both(everything())).await.dense), [1]);
    let client = Qdrant::from_url(&server.url()).api_key(KEY).skip_compatibility_check().build().unwrap();
    let info = client.collection_info(index.collection()).await.unwrap().result.unwrap();
    let vectors = info.config.unwrap().params.unwrap().vectors_config.unwrap().config;
    let Some(Config::ParamsMap(vectors)) = vectors else { panic!("{vectors:?}") };
    assert_eq!(vectors.map["dense"].memory(), Memory::Cold);
    assert!(vectors.map["dense"].quantization_config.is_some());
}
