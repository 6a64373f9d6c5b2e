//! Services that go away and come back, and requests that are sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use qdrant_client::Qdrant;
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};
use talentprompt::base::{random, secret};
use talentprompt::config::Config;
use talentprompt::context::Context;
use talentprompt::gateways::embed::{Embedder, Error as EmbedError, ModelInfo};
use talentprompt::gateways::vectors::embedded::EmbeddedIndex;
use talentprompt::gateways::vectors::qdrant::{QdrantIndex, Settings};
use talentprompt::gateways::vectors::standby::{Standby, State};
use talentprompt::gateways::vectors::{Condition, Filter, HybridQuery, Ready, VectorIndex};
use talentprompt::model::ids::WorkspaceId;
use talentprompt::model::lexical;
use talentprompt::recruit::search::{self, Asker, Request};
use talentprompt::recruit::{indexing, standby};
use talentprompt::store::queue::Counts;

use crate::support::app::{Client, Plan, TestApp, names, resume};
use crate::support::qdrant_server::QdrantServer;

const KEY: &str = "let-me-in";

/// How long a service that came back may take to be noticed.
const NOTICED: Duration = Duration::from_secs(20);

/// An application whose vectors are on `server`, with the stand-in that belongs to it; and where they are.
async fn on(server: &QdrantServer) -> (TestApp, Settings) {
    let settings = settings(server);
    let index = connect(&settings);
    let app = TestApp::prepared(Plan::default(), move |ctx| ctx.vectors = index).await;
    let begin = Instant::now();
    while app.ctx.vectors.ready().await.unwrap() != Ready::Whole || stands_in_at(&app.ctx) {
        assert!(begin.elapsed() < NOTICED, "the new collection is not filled");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (app, settings)
}

fn settings(server: &QdrantServer) -> Settings {
    Settings {
        url: server.url(),
        api_key: Some(SecretString::from(KEY)),
        collection_prefix: format!("away-{}", secret::hex(&random::bytes::<6>())),
        model: "hashed-words".to_owned(),
        dimensions: 384,
        frugal: false,
    }
}

fn connect(settings: &Settings) -> Arc<Standby> {
    Arc::new(Standby::new(Arc::new(QdrantIndex::connect(settings).unwrap()), 384))
}

/// The only workspace.
async fn workspace(app: &TestApp) -> WorkspaceId {
    let id = sqlx::query_scalar("select id from workspaces").fetch_one(&mut app.superuser().await).await;
    WorkspaceId(id.unwrap())
}

fn stands_in_at(ctx: &Context) -> bool {
    ctx.vectors.standby().is_some_and(|standby| standby.state() != State::Server)
}

/// Removes the collection, as a server does that lost its disk.
async fn lose(server: &QdrantServer, settings: &Settings) {
    let client = Qdrant::from_url(&server.url()).api_key(KEY).skip_compatibility_check().build().unwrap();
    client.delete_collection(QdrantIndex::connect(settings).unwrap().collection()).await.unwrap();
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
    let (app, settings) = on(&server).await;
    let owner = app.owner().await;
    owner.add("ana.txt", person("Ana Lima")).await;
    let second = owner.add("bo.txt", person("Bo Strand")).await;
    lose(&server, &settings).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_that_one_process_is_filling_is_searched_by_none() {
    let server = QdrantServer::start(KEY).await;
    let (app, settings) = on(&server).await;
    let owner = app.owner().await;
    for name in ["Ana Lima", "Bo Strand", "Cy Dee"] {
        owner.add(&format!("{name}.txt"), person(name)).await;
    }
    let workspace = workspace(&app).await;
    let second = Context { vectors: connect(&settings), ..app.ctx.clone() };
    let found = async |ctx: &Context| {
        let request = Request { query: "Java engineer".to_owned(), ..Request::default() };
        search::search(ctx, Asker { workspace, member: None }, request).await.map(|answer| answer.total)
    };
    assert_eq!(found(&second).await.unwrap(), 3);

    // Whoever has the turn has only begun: the collection is there again, with nobody in it.
    let turn = app.ctx.store.filling_turn().await.unwrap().unwrap();
    lose(&server, &settings).await;
    assert_eq!(QdrantIndex::connect(&settings).unwrap().ready().await.unwrap(), Ready::Lacking);
    assert!(found(&second).await.is_err(), "a collection that is being filled was searched");
    standby::prepare(&second).await.unwrap();
    assert_eq!(found(&second).await.unwrap(), 3);
    assert!(stands_in_at(&second));
    let answer = until(&owner, "answered by the stand-in", |status, body| status.is_success() && stands_in(body)).await;
    assert_eq!(answer["total"], 3);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(stands_in_at(&app.ctx), "two fill the server at once");

    drop(turn);
    until(&owner, "answered by the server", |status, body| status.is_success() && !stands_in(body)).await;
    let begin = Instant::now();
    while stands_in_at(&second) {
        assert!(begin.elapsed() < NOTICED, "the second process does not go back to the server");
        standby::prepare(&second).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(found(&second).await.unwrap(), 3);
    app.finish().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reindex_beside_a_running_process_hides_nobody_and_takes_no_change_back() {
    let server = QdrantServer::start(KEY).await;
    let (app, settings) = on(&server).await;
    let owner = app.owner().await;
    let first = owner.add("ana.txt", person("Ana Lima")).await;
    owner.add("bo.txt", person("Bo Strand")).await;
    let command = Context { vectors: connect(&settings), ..app.ctx.clone() };
    let changed = AtomicBool::new(false);
    let reindexing = async {
        while !changed.load(Ordering::SeqCst) {
            indexing::reindex(&command, |_| {}).await.unwrap();
        }
    };
    let changing = async {
        for place in ["Lisbon", "Porto", "Berlin", "Lisbon"] {
            owner.patch(&format!("/candidates/{first}"), &json!({"location": place})).await.expect(StatusCode::OK);
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        changed.store(true, Ordering::SeqCst);
    };
    let searching = async {
        loop {
            let reply = owner.post("/search", &json!({"query": "Java engineer"})).await;
            assert!(!reply.status.is_success() || reply.body["total"] == 2, "{}", reply.body);
        }
    };
    tokio::select! {
        _ = async { tokio::join!(reindexing, changing) } => {}
        () = searching => {}
    }
    until(&owner, "answered by the server", |status, body| status.is_success() && !stands_in(body)).await;
    let workspace = workspace(&app).await;
    let lisbon = Filter { workspace, must: vec![Condition::AnyCity(vec!["lisbon".to_owned()])], must_not: Vec::new() };
    let sparse = Some(lexical::query("Java engineer"));
    let asked = HybridQuery { filter: lisbon, dense: None, sparse, limit: 10 };
    let hits = app.ctx.vectors.query(asked).await.unwrap().sparse;
    assert_eq!(hits.iter().map(|hit| hit.candidate.to_string()).collect::<Vec<_>>(), [first]);
    app.finish().await;
    drop(server);
}

/// Embeds queries only: what was paid for once is not computed again.
struct Paid(Arc<dyn Embedder>);

#[async_trait]
impl Embedder for Paid {
    fn model(&self) -> &ModelInfo {
        self.0.model()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.0.count_tokens(text)
    }

    async fn embed_passages(&self, _: WorkspaceId, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        panic!("{} passages are embedded again", texts.len())
    }

    async fn embed_query(&self, workspace: WorkspaceId, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.0.embed_query(workspace, text).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_to_a_server_and_back_embeds_nothing_again() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for name in ["Ana Lima", "Bo Strand"] {
        owner.add(&format!("{name}.txt"), person(name)).await;
    }
    let workspace = workspace(&app).await;
    let found = async |ctx: &Context| {
        let request = Request { query: "Java engineer".to_owned(), ..Request::default() };
        search::search(ctx, Asker { workspace, member: None }, request).await.unwrap().total
    };

    let server = QdrantServer::start(KEY).await;
    let embedder = Arc::new(Paid(Arc::clone(&app.ctx.embedder)));
    let there = Context { vectors: connect(&settings(&server)), embedder, ..app.ctx.clone() };
    standby::prepare(&there).await.unwrap();
    let begin = Instant::now();
    while stands_in_at(&there) {
        assert!(begin.elapsed() < NOTICED, "the server is not filled");
        standby::prepare(&there).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (kept, indexed) = indexing::compare(&there, there.vectors.standby().unwrap().server()).await.unwrap();
    assert!(kept > 0 && kept == indexed, "{kept} passages, {indexed} in the server");
    assert_eq!(found(&there).await, 2);

    let back = Context { vectors: Arc::new(EmbeddedIndex::new(384)), ..there.clone() };
    assert_eq!(indexing::rebuild(&back, back.vectors.as_ref(), false, |_| {}).await.unwrap(), kept);
    assert_eq!(found(&back).await, 2);
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
    app.sql(
        "insert into tasks (id, kind, version, payload, priority, state, attempts, max_attempts, run_at, created_at)
            select gen_random_uuid(), 'patient', 1, '{}', 0, 'running', 1, 60, now(), now()",
    )
    .await;
    let working = app.ctx.store.worker_lock().await.unwrap();
    assert_eq!(app.ctx.store.take_over_tasks().await.unwrap(), 0, "tasks of a living process were taken");
    drop(working);
    let begin = Instant::now();
    while app.ctx.store.take_over_tasks().await.unwrap() == 0 {
        assert!(begin.elapsed() < Duration::from_secs(5), "the task was not taken over");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(app.sql("delete from tasks where state = 'ready' and attempts = 1 and max_attempts = 60").await, 1);
    assert_eq!(app.sql("update tasks set run_at = run_at where state = 'ready' and attempts < max_attempts").await, 1);
    app.finish_with(Counts { ready: 1, ..Counts::default() }).await;
}

#[tokio::test]
async fn whoever_listens_is_told_that_news_were_missed() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut events = owner.request(Method::GET, "/events").send().await.unwrap();
    let begin = Instant::now();
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and query ilike 'listen%'";
    assert!(app.sql(cut).await > 0);
    let mut heard = String::new();
    while !heard.contains("event: reload") {
        assert!(begin.elapsed() < Duration::from_secs(10), "never told: {heard}");
        let next = tokio::time::timeout(Duration::from_secs(10), events.chunk()).await;
        heard += &String::from_utf8_lossy(&next.expect("nothing is told").unwrap().unwrap());
    }
    app.finish().await;
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

    async fn embed_passages(&self, workspace: WorkspaceId, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.0.embed_passages(workspace, texts).await
    }

    async fn embed_query(&self, workspace: WorkspaceId, text: &str) -> Result<Vec<f32>, EmbedError> {
        assert!(self.1.fetch_add(1, Ordering::SeqCst) > 0, "the first query is one too many");
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.0.embed_query(workspace, text).await
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

#[tokio::test]
async fn a_process_whose_searches_have_no_whole_index_is_not_ready() {
    let server = QdrantServer::start(KEY).await;
    let index = connect(&settings(&server));
    let plan = Plan { workers: false, ..Plan::default() };
    let app = TestApp::prepared(plan, move |ctx| ctx.vectors = index).await;
    let stranger = app.stranger();
    let begin = Instant::now();
    while app.ctx.vectors.ready().await.unwrap() != Ready::Whole || stands_in_at(&app.ctx) {
        assert!(begin.elapsed() < NOTICED, "the new collection is not filled");
        standby::prepare(&app.ctx).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stranger.get("/readyz").await.expect(StatusCode::OK);
    let standby = app.ctx.vectors.standby().unwrap();
    standby.doubt();
    let answer = stranger.get("/readyz").await;
    let problem = answer.problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    assert!(problem["detail"].as_str().unwrap().contains("index"), "{problem}");
    standby.filled();
    stranger.get("/readyz").await.expect(StatusCode::OK);
    app.finish().await;
    drop(server);
}
