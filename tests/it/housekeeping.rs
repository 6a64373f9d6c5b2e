//! What is over is removed, and nothing else.

use std::fs::{self, File};
use std::path::PathBuf;

use chrono::TimeDelta;
use reqwest::StatusCode;
use serde_json::json;
use sqlx::AssertSqlSafe;
use talentprompt::recruit::erasure;
use talentprompt::recruit::housekeeping::{self, Removed};

use crate::support::app::{Plan, TestApp, resume};

/// An application whose own schedule does not get in between.
async fn app() -> TestApp {
    TestApp::with(Plan { workers: false, ..Plan::default() }).await
}

async fn count(app: &TestApp, table: &str) -> i64 {
    let statement = format!("select count(*) from {table}");
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&mut app.superuser().await).await.unwrap()
}

#[tokio::test]
async fn a_session_that_has_ended_is_removed_and_a_living_one_stays() {
    let app = app().await;
    let owner = app.owner().await;
    app.sign_in(&owner.email).await;
    assert_eq!(housekeeping::tidy(&app.ctx).await.unwrap(), Removed::default());

    let ended = "update sessions set expires_at = now() - interval '1 second'
        where id = (select id from sessions order by created_at desc limit 1)";
    assert_eq!(app.sql(ended).await, 1);
    assert_eq!(housekeeping::tidy(&app.ctx).await.unwrap(), Removed { sessions: 1, ..Removed::default() });
    owner.get("/auth/me").await.expect(StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn a_link_is_removed_when_it_was_used_or_is_too_old() {
    let app = app().await;
    let owner = app.owner().await;
    app.member(&owner, "viewer").await;
    for email in ["late@example.com", "waiting@example.com"] {
        let person = json!({"email": email, "name": "Ina Invited", "role": "viewer"});
        owner.post("/members", &person).await.expect(StatusCode::CREATED);
    }
    let late = "update links set expires_at = now() - interval '1 second' from members m, users u
        where m.id = member_id and u.id = m.user_id and u.email = 'late@example.com'";
    assert_eq!(app.sql(late).await, 1);
    let left = count(&app, "links").await;
    assert_eq!(housekeeping::tidy(&app.ctx).await.unwrap(), Removed { links: 2, ..Removed::default() });
    assert_eq!(count(&app, "links").await, left - 2);
    app.finish().await;
}

#[tokio::test]
async fn a_task_that_was_given_up_can_be_looked_at_for_ninety_days() {
    let app = app().await;
    let given_up = |name: &str, days: i64| {
        let at = app.ctx.now() - TimeDelta::days(days);
        format!(
            "insert into tasks (id, kind, version, payload, state, run_at, max_attempts, created_at)
             values (gen_random_uuid(), '{name}', 1, '{{}}', 'dead', '{at}', 1, '{at}')"
        )
    };
    app.sql(&given_up("older", 91)).await;
    app.sql(&given_up("younger", 89)).await;
    assert_eq!(housekeeping::tidy(&app.ctx).await.unwrap(), Removed { tasks: 1, ..Removed::default() });
    assert_eq!(app.sql("delete from tasks where kind = 'younger'").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn the_record_of_a_search_is_kept_for_a_year_in_every_workspace() {
    let app = app().await;
    for owner in [app.owner().await, app.owner().await] {
        let workspace = owner.get("/auth/me").await.expect(StatusCode::OK)["workspace"]["id"].clone();
        for days in [364, 366] {
            let at = app.ctx.now() - TimeDelta::days(days);
            app.sql(&format!(
                "insert into searches (id, workspace_id, query, interpretation, model, ranking, total, took_ms, at)
                 values (gen_random_uuid(), '{}', 'Java', '{{}}', 'm', '{{}}', 0, 1, '{at}')",
                workspace.as_str().unwrap()
            ))
            .await;
        }
    }
    assert_eq!(housekeeping::tidy(&app.ctx).await.unwrap(), Removed { searches: 2, ..Removed::default() });
    assert_eq!(count(&app, "searches").await, 2);
    app.finish().await;
}

/// Bytes of nobody in the store, whose address begins with `name`, written down so many hours ago.
fn stray(app: &TestApp, name: &str, hours: i64) -> PathBuf {
    let path = app.folder().join("files").join(name).join(name).join(name.repeat(32));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "of nobody").unwrap();
    age(app, &path, hours);
    path
}

fn age(app: &TestApp, path: &PathBuf, hours: i64) {
    let at = app.ctx.now() - TimeDelta::hours(hours);
    File::options().write(true).open(path).unwrap().set_modified(at.into()).unwrap();
}

/// Every document in the store.
fn documents(app: &TestApp) -> Vec<PathBuf> {
    let files = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let first = files(app.folder().join("files")).filter(|path| path.is_dir());
    first.flat_map(files).flat_map(files).collect()
}

#[tokio::test]
async fn documents_that_no_row_names_are_erased_after_a_day_and_no_others() {
    let app = TestApp::start().await;
    let (owner, other) = (app.owner().await, app.owner().await);
    owner.add("ana.txt", resume("Ana Lima", "ana@example.com", "Engineer", &["Java"])).await;
    other.add("ben.txt", resume("Ben Berg", "ben@example.com", "Nurse", &["Care"])).await;
    app.sql("update workspaces set created_at = created_at - interval '90 days'").await;
    let needed = documents(&app);
    assert_eq!(needed.len(), 2);
    for path in &needed {
        age(&app, path, 24 * 30);
    }
    let (old, young, foreign) = (stray(&app, "ab", 25), stray(&app, "cd", 23), stray(&app, "ef", 24 * 91));
    assert_eq!(erasure::sweep(&app.ctx).await.unwrap(), 1);
    assert!(!old.exists(), "it is kept for ever");
    assert!(young.exists(), "whoever hands it in at this moment loses it");
    assert!(foreign.exists(), "it is older than this database, so that it may be another's");
    assert!(needed.iter().all(|path| path.exists()), "a document that a row names is lost");
    assert_eq!(erasure::sweep(&app.ctx).await.unwrap(), 0);
    app.finish().await;
}
