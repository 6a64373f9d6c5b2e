//! Background work when workers vanish, come late, or have tried often enough.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use talentprompt::base::random;
use talentprompt::boot::lifecycle;
use talentprompt::store::accounts;
use talentprompt::store::queue::{self, Counts, Reserved};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::app::{Client, Plan, TestApp, names, resume};

const LEASE: Duration = Duration::from_secs(20);

/// An application whose workers have not come yet, with a resume handed in.
async fn idle_app() -> (TestApp, Client, Value) {
    let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    let owner = app.owner().await;
    let upload = owner.upload("ana.txt", resume("Ana Lima", "ana@example.com", "Engineer", &["Java"])).await;
    (app, owner, upload)
}

/// Takes the next task of an upload's first step, if there is one to be had.
async fn reserve(app: &TestApp) -> Option<Reserved> {
    let kinds = ["extract".to_owned()];
    let lease = Uuid::from_bytes(random::bytes());
    app.ctx.store.reserve(&kinds, 1, lease, LEASE, app.ctx.now()).await.unwrap().pop()
}

/// The held task's worker is not heard of any more.
async fn let_the_lease_expire(app: &TestApp) {
    assert_eq!(app.sql("update tasks set lease_until = now() - interval '1 second' where state = 'running'").await, 1);
}

/// How many tasks of the only workspace were given up and left something undone.
async fn given_up(app: &TestApp) -> i64 {
    let mut tx = app.ctx.store.system().await.unwrap();
    let workspaces = accounts::workspaces(&mut tx).await.unwrap();
    assert_eq!(queue::given_up(&mut tx).await.unwrap(), 0);
    queue::given_up(&mut app.ctx.store.workspace(workspaces[0].0).await.unwrap()).await.unwrap()
}

/// Workers, until the token is cancelled.
fn workers(app: &TestApp) -> (CancellationToken, JoinHandle<anyhow::Result<()>>) {
    let stop = CancellationToken::new();
    (stop.clone(), tokio::spawn(lifecycle::work(app.ctx.clone(), stop)))
}

async fn end((stop, working): (CancellationToken, JoinHandle<anyhow::Result<()>>)) {
    stop.cancel();
    working.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_clock_that_was_ahead_puts_nothing_off() {
    let (app, _, _) = idle_app().await;
    let put_off = async |time: &str| app.sql(&format!("update tasks set run_at = now() + interval '{time}'")).await;
    put_off("30 minutes").await;
    assert!(reserve(&app).await.is_none());
    put_off("1 day").await;
    let held = reserve(&app).await.unwrap();
    assert!(reserve(&app).await.is_none(), "a task was taken twice");
    app.sql("update tasks set lease_until = now() + interval '1 day'").await;
    assert_eq!(reserve(&app).await.unwrap().id, held.id);
    app.finish_with(Counts { running: 1, ..Counts::default() }).await;
}

#[tokio::test]
async fn a_task_whose_worker_vanished_is_done_by_another_once_its_lease_has_expired() {
    let (app, owner, upload) = idle_app().await;
    let held = reserve(&app).await.unwrap();
    assert_eq!(held.attempt, 1);
    assert!(reserve(&app).await.is_none(), "a task under a lease was given away");
    let_the_lease_expire(&app).await;
    let working = workers(&app);
    assert_eq!(owner.wait_for(&upload).await["status"], "indexed");
    assert_eq!(names(&owner.search(&json!({"query": "Java"})).await), ["Ana Lima"]);
    end(working).await;
    app.finish().await;
}

#[tokio::test]
async fn an_attempt_that_lost_its_lease_can_neither_finish_nor_fail_the_task() {
    let (app, owner, upload) = idle_app().await;
    let slow = reserve(&app).await.unwrap();
    let_the_lease_expire(&app).await;
    let quick = reserve(&app).await.unwrap();
    assert_eq!((quick.id, quick.attempt), (slow.id, 2));

    let mut tx = app.ctx.store.system().await.unwrap();
    assert!(!queue::finish(&mut tx, slow.id, slow.lease).await.unwrap());
    queue::fail(&mut tx, &slow, "too late", None, app.ctx.now()).await.unwrap();
    queue::release(&mut tx, &slow, app.ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
    let counts = app.ctx.store.task_counts().await.unwrap();
    assert_eq!(counts, Counts { running: 1, ..Counts::default() });

    let mut tx = app.ctx.store.system().await.unwrap();
    queue::release(&mut tx, &quick, app.ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
    let working = workers(&app);
    assert_eq!(owner.wait_for(&upload).await["status"], "indexed");
    end(working).await;
    app.finish().await;
}

#[tokio::test]
async fn a_renewed_lease_holds_the_task() {
    let (app, owner, upload) = idle_app().await;
    let held = reserve(&app).await.unwrap();
    let_the_lease_expire(&app).await;
    app.ctx.store.renew(held.lease, LEASE, app.ctx.now()).await.unwrap();
    assert!(reserve(&app).await.is_none());
    let mut tx = app.ctx.store.system().await.unwrap();
    queue::release(&mut tx, &held, app.ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
    let working = workers(&app);
    assert_eq!(owner.wait_for(&upload).await["status"], "indexed");
    end(working).await;
    app.finish().await;
}

#[tokio::test]
async fn a_failed_attempt_waits_before_the_next_and_leaves_its_reason() {
    let (app, _, _) = idle_app().await;
    let held = reserve(&app).await.unwrap();
    let later = app.ctx.now() + chrono::TimeDelta::seconds(60);
    let mut tx = app.ctx.store.system().await.unwrap();
    queue::fail(&mut tx, &held, "the disk was full", Some(later), app.ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(reserve(&app).await.is_none());
    let told = "update tasks set run_at = now() - interval '1 second' where history->0->>'error' = 'the disk was full'";
    assert_eq!(app.sql(told).await, 1);
    assert_eq!(reserve(&app).await.unwrap().attempt, 2);
    app.finish_with(Counts { running: 1, ..Counts::default() }).await;
}

#[tokio::test]
async fn a_task_that_killed_every_worker_is_given_up_and_its_upload_says_why() {
    let (app, owner, upload) = idle_app().await;
    reserve(&app).await.unwrap();
    app.sql("update tasks set attempts = 40, max_attempts = 40").await;
    let_the_lease_expire(&app).await;
    let working = workers(&app);
    let failed = owner.wait_for(&upload).await;
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["error"]["code"], "not_processed");
    let detail = failed["error"]["detail"].as_str().unwrap();
    assert!(detail.contains("40") && detail.contains("killed"), "{detail}");
    assert!(!failed["error"]["hint"].as_str().unwrap().is_empty());
    assert_eq!(given_up(&app).await, 1);

    let path = format!("/uploads/{}/retry", failed["id"].as_str().unwrap());
    owner.post(&path, &json!({})).await.expect(StatusCode::ACCEPTED);
    assert_eq!(owner.wait_for(&upload).await["status"], "indexed");
    assert_eq!(given_up(&app).await, 0, "what was tried again with success is said to be undone");
    end(working).await;
    app.finish_with(Counts { dead: 1, ..Counts::default() }).await;
}

#[tokio::test]
async fn an_upload_that_failed_after_it_was_understood_goes_on_from_there() {
    let (app, owner, upload) = idle_app().await;
    let working = workers(&app);
    assert_eq!(owner.wait_for(&upload).await["status"], "indexed");
    app.sql("update uploads set status = 'failed', error_code = 'not_processed'").await;
    let path = format!("/uploads/{}/retry", upload["id"].as_str().unwrap());
    owner.post(&path, &json!({})).await.expect(StatusCode::ACCEPTED);
    assert_eq!(owner.wait_for(&upload).await["status"], "indexed");
    owner.post(&path, &json!({})).await.problem(StatusCode::CONFLICT, "not_failed");
    assert_eq!(app.sql("update resumes set filename = filename").await, 1);
    end(working).await;
    app.finish().await;
}

#[tokio::test]
async fn workers_that_are_told_to_stop_give_back_what_they_hold() {
    let (app, owner, upload) = idle_app().await;
    end(workers(&app)).await;
    let counts = app.ctx.store.task_counts().await.unwrap();
    assert_eq!(counts.running + counts.dead, 0, "{counts:?}");
    let working = workers(&app);
    assert_eq!(owner.wait_for(&upload).await["status"], "indexed");
    end(working).await;
    app.finish().await;
}
