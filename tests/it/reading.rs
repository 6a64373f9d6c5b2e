//! Resumes that an earlier reader understood: read anew in the background, behind everything else, and changed in nothing
//! but what is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use talentprompt::boot::lifecycle;
use talentprompt::context::Context;
use talentprompt::gateways::embed::{Embedder, Error as EmbedError, ModelInfo};
use talentprompt::model::ids::WorkspaceId;
use talentprompt::recruit::{indexing, reading};
use talentprompt::store::queue::Counts;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::app::{Plan, TestApp, resume};

/// Counts the passages it embeds.
struct Counting(Arc<dyn Embedder>, Arc<AtomicUsize>);

#[async_trait]
impl Embedder for Counting {
    fn model(&self) -> &ModelInfo {
        self.0.model()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.0.count_tokens(text)
    }

    async fn embed_passages(&self, workspace: WorkspaceId, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.1.fetch_add(texts.len(), Ordering::SeqCst);
        self.0.embed_passages(workspace, texts).await
    }

    async fn embed_query(&self, workspace: WorkspaceId, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.0.embed_query(workspace, text).await
    }
}

async fn one(app: &TestApp, statement: &str) -> String {
    let statement = format!("select coalesce(({statement})::text, '')");
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&mut app.superuser().await).await.unwrap()
}

async fn count(app: &TestApp, statement: &str) -> i64 {
    one(app, statement).await.parse().unwrap()
}

/// As an earlier version left it: it knew no skill, no title, another name, and cut the text into one passage more, of
/// which the first says something else.
async fn understood_long_ago(app: &TestApp) {
    let passage = "insert into passages (id, workspace_id, candidate_id, resume_id, ordinal, span_start, span_end, kind,
        text, content_hash, sparse_indices, sparse_values) select gen_random_uuid(), workspace_id, candidate_id, resume_id,
        99, 0, 1, kind, 'gone', sha256('gone'), sparse_indices, sparse_values from passages where ordinal = 0";
    app.sql(passage).await;
    app.sql("update passages set text = 'cobol', content_hash = sha256('cobol') where ordinal = 0").await;
    app.sql("update resumes set reader = 0, profile = profile || '{\"skills\": [], \"positions\": []}'::jsonb").await;
    let ids = sqlx::query_as::<_, (Uuid, Uuid)>("select workspace_id, id from candidates");
    for (workspace, id) in ids.fetch_all(&mut app.superuser().await).await.unwrap() {
        indexing::refresh(&app.ctx, workspace.into(), &[id.into()]).await.unwrap();
    }
}

async fn until_read(app: &TestApp) {
    let begin = Instant::now();
    while count(app, "select count(*) from resumes where reader = 0").await > 0
        || count(app, "select count(*) from tasks").await > 0
    {
        assert!(begin.elapsed() < Duration::from_secs(30), "resumes were not read anew in time");
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
}

/// Everything of a candidate that is shown, without what an answer makes up.
async fn shown(app: &TestApp) -> String {
    let facts = "select jsonb_agg(to_jsonb(c) order by id) from candidates c";
    let documents = "select jsonb_agg(to_jsonb(r) - 'reader' order by id) from resumes r";
    let passages = "select jsonb_agg(to_jsonb(p) order by id) from passages p";
    let events = "select jsonb_agg(to_jsonb(t) order by id) from timeline t";
    let known = "select jsonb_agg(to_jsonb(i) order by kind, value) from candidate_identifiers i";
    let mut all = String::new();
    for part in [facts, documents, passages, events, known] {
        all += &one(app, part).await;
    }
    all
}

/// Workers, until they are told to stop.
fn work(app: &TestApp) -> (CancellationToken, JoinHandle<anyhow::Result<()>>) {
    let stop = CancellationToken::new();
    let working = tokio::spawn(lifecycle::work(app.ctx.clone(), stop.clone()));
    (stop, working)
}

async fn compared(app: &TestApp) -> (u64, u64) {
    indexing::compare(&app.ctx, app.ctx.vectors.as_ref()).await.unwrap()
}

#[tokio::test]
async fn a_resume_of_an_earlier_reader_is_read_anew_and_nothing_else_changes() {
    let embedded = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&embedded);
    let count_them = move |ctx: &mut Context| ctx.embedder = Arc::new(Counting(Arc::clone(&ctx.embedder), counter));
    let app = TestApp::prepared(Plan::default(), count_them).await;
    let owner = app.owner().await;
    let ana = owner.add("ana.txt", resume("Ana Lima", "ana@example.com", "Java Developer", &["Java", "Haskell"])).await;
    owner.add("bo.txt", resume("Bo Chen", "bo@example.com", "Nurse", &["Rust"])).await;
    let hand = json!({"headline": "Loved by every team", "location": "Atlantis"});
    owner.patch(&format!("/candidates/{ana}"), &hand).await.expect(StatusCode::OK);
    let before = shown(&app).await;
    let passages = count(&app, "select count(*) from passages").await;

    understood_long_ago(&app).await;
    let asked = json!({"query": "Java developer", "filters": {"skills": [{"id": "haskell", "label": "Haskell"}]}});
    let status = |answer: &Value| {
        let hits = answer["hits"].as_array().unwrap();
        let hit = hits.iter().find(|hit| hit["name"] == "Ana Lima").unwrap_or_else(|| panic!("{answer}"));
        hit["reasons"][0]["status"].clone()
    };
    assert_eq!(status(&owner.search(&asked).await), "missing");
    assert!(embedded.swap(0, Ordering::SeqCst) > 0);
    reading::begin(&app.ctx).await.unwrap();
    until_read(&app).await;

    assert_eq!(shown(&app).await, before);
    assert_eq!(status(&owner.search(&asked).await), "met");
    assert_eq!(embedded.load(Ordering::SeqCst), 0, "what did not change was embedded again");
    assert_eq!(compared(&app).await, (passages.unsigned_abs(), passages.unsigned_abs()));
    assert_eq!(count(&app, "select count(*) from resumes where reader = 0").await, 0);

    reading::begin(&app.ctx).await.unwrap();
    assert_eq!(count(&app, "select count(*) from tasks").await, 0, "what is read already is to be read again");
    app.finish().await;
}

#[tokio::test]
async fn a_name_that_was_read_better_is_taken_and_another_persons_is_not() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = owner.add("ana.txt", resume("Ana Lima", "ana@example.com", "Developer", &["Java"])).await;
    let name = async || owner.get(&format!("/candidates/{id}")).await.expect(StatusCode::OK)["name"].clone();
    for (known, kept) in [("Lima", "Ana Lima"), ("Zoe Quist", "Zoe Quist")] {
        app.sql(&format!("update candidates set name = '{known}'")).await;
        app.sql("update resumes set reader = 0").await;
        reading::all(&app.ctx, |_| {}).await.unwrap();
        assert_eq!(name().await, kept);
    }
    app.finish().await;
}

#[tokio::test]
async fn uploads_go_before_and_a_killed_reading_is_taken_up_where_it_was() {
    let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    let owner = app.owner().await;
    let (stop, working) = work(&app);
    for name in ["Ana Lima", "Bo Chen", "Cy Dee"] {
        owner
            .add(&format!("{name}.txt"), resume(name, &format!("{}@example.com", &name[..2]), "Nurse", &["Java"]))
            .await;
    }
    stop.cancel();
    working.await.unwrap().unwrap();
    let before = shown(&app).await;
    understood_long_ago(&app).await;
    reading::begin(&app.ctx).await.unwrap();
    reading::begin(&app.ctx).await.unwrap();
    assert_eq!(app.ctx.store.task_counts().await.unwrap(), Counts { ready: 1, ..Counts::default() });
    let upload = owner.upload("di.txt", resume("Di Eco", "di@example.com", "Nurse", &["Java"])).await;
    let order = "select string_agg(kind, ' ' order by priority desc, run_at, id) from tasks";
    assert_eq!(one(&app, order).await, "extract reread");

    // As by kill -9: the resume is written, the index knows it, nothing says so yet.
    let kinds = ["reread".to_owned()];
    let lease = Uuid::from_u128(1);
    let held = app.ctx.store.reserve(&kinds, 1, lease, Duration::from_millis(100), app.ctx.now()).await.unwrap();
    let task = serde_json::from_value(held[0].payload.clone()).unwrap();
    drop(reading::step(&app.ctx, task).await.unwrap());
    assert_eq!(count(&app, "select count(*) from resumes where reader = 0").await, 3);

    let (stop, working) = work(&app);
    until_read(&app).await;
    assert_eq!(owner.wait_for(&upload).await["status"], "indexed");
    stop.cancel();
    working.await.unwrap().unwrap();
    let newcomer = "delete from candidates where name = 'Di Eco'";
    let (kept, indexed) = compared(&app).await;
    assert_eq!(kept, indexed);
    assert_eq!(app.sql(newcomer).await, 1);
    assert_eq!(shown(&app).await, before);
    app.finish().await;
}

#[tokio::test]
async fn a_resume_that_cannot_be_read_anew_does_not_hold_the_others_up() {
    let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    let owner = app.owner().await;
    let (stop, working) = work(&app);
    owner.add("ana.txt", resume("Ana Lima", "ana@example.com", "Nurse", &["Java"])).await;
    owner.add("bo.txt", resume("Bo Chen", "bo@example.com", "Nurse", &["Java"])).await;
    stop.cancel();
    working.await.unwrap().unwrap();
    let first = "select min(id::text) from resumes";
    app.sql("update resumes set reader = 0").await;
    app.sql(&format!("update resumes set profile = '[]' where id::text = ({first})")).await;
    reading::begin(&app.ctx).await.unwrap();
    app.sql(&format!("update tasks set attempts = max_attempts where payload->>'resume' = ({first})")).await;
    let (stop, working) = work(&app);
    let begin = Instant::now();
    while count(&app, "select count(*) from resumes where reader = 0").await > 1 {
        assert!(begin.elapsed() < Duration::from_secs(30), "the second resume was not read anew");
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    stop.cancel();
    working.await.unwrap().unwrap();
    app.finish_with(Counts { dead: 1, ..Counts::default() }).await;
}
