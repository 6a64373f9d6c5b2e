//! Services that go away and come back, and requests that are sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use qdrant_client::Qdrant;
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};
use talentprompt::base::{random, secret};
use talentprompt::config::Config;
use talentprompt::gateways::embed::{Embedder, Error as EmbedError, ModelInfo};
use talentprompt::gateways::vectors::qdrant::{QdrantIndex, Settings};
use talentprompt::gateways::vectors::standby::Standby;
use talentprompt::recruit::indexing;
use talentprompt::store::queue::Counts;

use crate::support::app::{Client, Plan, TestApp, names, resume};
use crate::support::qdrant_server::QdrantServer;

const KEY: &str = "let-me-in";

/// How long a service that came back may take to be noticed.
const NOTICED: Duration = Duration::from_secs(20);

/// An application whose vectors are on `server`, with the stand-in that belongs to it; and the collection's name.
async fn on(server: &QdrantServer) -> (TestApp, String) {
    let settings = Settings {
        url: server.url(),
        api_key: Some(SecretString::from(KEY)),
        collection_prefix: format!("away-{}", secret::hex(&random::bytes::<6>())),
        model: "hashed-words".to_owned(),
        dimensions: 384,
        frugal: false,
    };
    let qdrant = QdrantIndex::connect(&settings).unwrap();
    let collection = qdrant.collection().to_owned();
    let index = Arc::new(Standby::new(Arc::new(qdrant), 384));
    (TestApp::prepared(Plan::default(), move |ctx| ctx.vectors = index).await, collection)
}

fn person(name: &str) -> String {
    resume(name, &format!("{}@example.com", name.replace(' ', ".").to_lowercase()), "Engineer", &["Java"])
}

/// Asks until the answer is as wanted.
async fn until(client: &Client, what: &str, wanted: impl Fn(StatusCode, &Value) -> bool) -> Value {
    let begin = Instant::now();
    loop {
        let reply = client.post("/search", &json!({"query": "Java engineer"})).await;
        if wanted(reply.status, &reply.body) {
            return reply.body;
        }
        assert!(begin.elapsed() < NOTICED, "not {what} in time: {} {}", reply.status, reply.body);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn stands_in(answer: &Value) -> bool {
    answer["degraded"].as_array().is_some_and(|list| list.iter().any(|one| one["service"] == "vector engine"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_go_on_without_the_vector_server_and_it_gets_what_it_missed_when_it_is_back() {
    let server = QdrantServer::start(KEY).await;
    let address = server.address;
    let (app, _) = on(&server).await;
    let owner = app.owner().await;
    let first = owner.add("ana.txt", person("Ana Lima")).await;
    assert!(!stands_in(&owner.search(&json!({"query": "Java engineer"})).await));

    drop(server);
    let answer = until(&owner, "answered by the stand-in", |status, body| status.is_success() && stands_in(body)).await;
    assert_eq!(names(&answer), ["Ana Lima"]);
    let services = owner.get("/status").await.expect(StatusCode::OK)["services"].clone();
    let vectors = services.as_array().unwrap().iter().find(|service| service["name"] == "vectors").unwrap().clone();
    assert_eq!(vectors["state"], "degraded");
    let second = owner.upload("bo.txt", person("Bo Strand")).await;
    until(&owner, "found by the stand-in", |_, body| body["total"] == 2).await;
    let changed = owner.patch(&format!("/candidates/{first}"), &json!({"location": "Lisbon"})).await;
    assert_eq!(changed.expect(StatusCode::OK)["location"], "Lisbon, PT");
    owner.delete(&format!("/candidates/{first}")).await.expect(StatusCode::NO_CONTENT);

    // The server that comes back has lost everything.
    let server = QdrantServer::start_at(address, KEY).await;
    assert_eq!(owner.wait_for(&second).await["status"], "indexed");
    let answer = until(&owner, "answered by the server", |_, body| !stands_in(body)).await;
    assert_eq!(names(&answer), ["Bo Strand"]);
    let (kept, indexed) = indexing::compare(&app.ctx, app.ctx.vectors.as_ref()).await.unwrap();
    assert_eq!(kept, indexed);
    app.finish().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_lost_its_collection_or_has_too_much_is_put_right_while_the_stand_in_searches() {
    let server = QdrantServer::start(KEY).await;
    let (app, collection) = on(&server).await;
    let owner = app.owner().await;
    owner.add("ana.txt", person("Ana Lima")).await;
    let second = owner.add("bo.txt", person("Bo Strand")).await;
    let client = Qdrant::from_url(&server.url()).api_key(KEY).skip_compatibility_check().build().unwrap();
    client.delete_collection(collection).await.unwrap();
    let whole = |count: usize| {
        move |status: StatusCode, body: &Value| status.is_success() && !stands_in(body) && body["total"] == count
    };
    until(&owner, "filled again", whole(2)).await;

    app.sql(&format!("delete from candidates where id = '{second}'")).await;
    let standby = app.ctx.vectors.standby().unwrap();
    standby.doubt();
    let begin = Instant::now();
    while indexing::compare(&app.ctx, standby.server()).await.unwrap() != (1, 1) {
        assert!(begin.elapsed() < NOTICED, "the server keeps points of nobody");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    until(&owner, "answered by the server", whole(1)).await;
    app.finish().await;
    drop(server);
}

#[tokio::test]
async fn a_start_takes_over_what_a_killed_process_held_and_counts_no_attempt() {
    let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    let owner = app.owner().await;
    owner.upload("ana.txt", person("Ana Lima")).await;
    app.sql("update tasks set state = 'running', attempts = max_attempts, lease_until = now() + interval '1 hour'")
        .await;
    let working = app.ctx.store.worker_lock().await.unwrap();
    assert_eq!(app.ctx.store.take_over_tasks().await.unwrap(), 0, "tasks of a living process were taken");
    drop(working);
    let begin = Instant::now();
    while app.ctx.store.take_over_tasks().await.unwrap() == 0 {
        assert!(begin.elapsed() < Duration::from_secs(5), "the task was not taken over");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(app.sql("update tasks set run_at = run_at where state = 'ready' and attempts < max_attempts").await, 1);
    app.finish_with(Counts { ready: 1, ..Counts::default() }).await;
}

#[tokio::test]
async fn a_repeated_request_with_an_idempotency_key_is_done_once() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let make = async |key: &str, name: &str| {
        let request = owner.request(Method::POST, "/tokens").header("Idempotency-Key", key);
        owner.send(request.json(&json!({ "name": name }))).await
    };
    let (first, again) = (make("k1", "one").await, make("k1", "one").await);
    assert_eq!(first.expect(StatusCode::CREATED), again.expect(StatusCode::CREATED));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_ne!(make("k2", "one").await.body["secret"], first.body["secret"]);
    for other in ["another", "two"] {
        make("k1", other).await.problem(StatusCode::CONFLICT, "idempotency_key_reused");
    }
    make(&"k".repeat(256), "one").await.problem(StatusCode::BAD_REQUEST, "malformed_request");
    let tokens = owner.get("/tokens").await.expect(StatusCode::OK)["tokens"].as_array().unwrap().len();
    assert_eq!(tokens, 2);
    let other = app.member(&owner, "owner").await;
    let request = other.request(Method::POST, "/tokens").header("Idempotency-Key", "k1");
    let theirs = other.send(request.json(&json!({"name": "one"}))).await;
    assert_ne!(theirs.expect(StatusCode::CREATED)["secret"], first.body["secret"]);
    app.finish().await;
}

#[tokio::test]
async fn a_request_with_an_idempotency_key_counts_once_against_the_limit() {
    let config = |config: &mut Config| config.security.requests_per_minute = 3;
    let app = TestApp::with(Plan { config, ..Plan::default() }).await;
    let owner = app.owner().await;
    for number in 0..3 {
        let request = owner.request(Method::POST, "/tokens").header("Idempotency-Key", format!("k{number}"));
        owner.send(request.json(&json!({"name": "one"}))).await.expect(StatusCode::CREATED);
    }
    owner.get("/tokens").await.problem(StatusCode::TOO_MANY_REQUESTS, "too_many_requests");
    app.finish().await;
}

/// Panics at the first query, and takes a second for every other.
struct Moody(Arc<dyn Embedder>, AtomicUsize);

#[async_trait]
impl Embedder for Moody {
    fn model(&self) -> &ModelInfo {
        self.0.model()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.0.count_tokens(text)
    }

    async fn embed_passages(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.0.embed_passages(texts).await
    }

    async fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        assert!(self.1.fetch_add(1, Ordering::SeqCst) > 0, "the first query is one too many");
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.0.embed_query(text).await
    }
}

#[tokio::test]
async fn a_panic_frees_the_idempotency_key_and_a_client_that_left_finds_its_answer() {
    let app = TestApp::prepared(Plan::default(), |ctx| {
        ctx.embedder = Arc::new(Moody(Arc::clone(&ctx.embedder), AtomicUsize::new(0)));
    })
    .await;
    let owner = app.owner().await;
    let word = secret::hex(&random::bytes::<8>());
    let search = |key: &str| {
        let request = owner.request(Method::POST, "/search").header("Idempotency-Key", key);
        request.json(&json!({ "query": format!("{word} {key}") }))
    };
    owner.send(search("k1")).await.problem(StatusCode::INTERNAL_SERVER_ERROR, "internal");
    let again = owner.send(search("k1")).await;
    again.expect(StatusCode::OK);
    assert!(!again.headers.contains_key("idempotency-replayed"));

    assert!(search("k2").timeout(Duration::from_millis(300)).send().await.is_err());
    owner.send(search("k2")).await.problem(StatusCode::CONFLICT, "idempotency_key_in_use");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let found = owner.send(search("k2")).await;
    found.expect(StatusCode::OK);
    assert_eq!(found.headers["idempotency-replayed"], "true");
    app.finish().await;
}

#[tokio::test]
async fn limits_of_a_request_are_named_with_their_own_codes() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let long = "x".repeat(3 << 20);
    owner.post("/search", &json!({ "query": long })).await.problem(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large");
    let put = owner.send(owner.request(Method::PUT, "/search").json(&json!({}))).await;
    put.problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
    for years in [json!({"min": 1e308}), json!({"max": -1}), json!({"min": 101})] {
        let asked = json!({"query": "java", "filters": {"years": years}});
        let reply = owner.post("/search", &asked).await;
        let problem = reply.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], "filters");
        assert!(problem["detail"].as_str().unwrap().contains("years"), "{problem}");
    }
    app.finish().await;
}
