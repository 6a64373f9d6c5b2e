//! Upgrades of the database: from every release's data, and back; see `tests/upgrade/README.md` for the collection.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use talentprompt::base::{random, secret};
use talentprompt::recruit::indexing;
use talentprompt::store::snapshots::{self, Kept};
use talentprompt::store::{Error, Store};

use crate::support::app::{Plan, TestApp, environment, on_database};

/// More than any test's database needs.
const ROOM: u64 = 1 << 40;

/// A database of its own, gone at the end of a test that was good.
struct Database {
    name: String,
    url: String,
}

impl Database {
    async fn empty() -> Self {
        let server = environment("TALENTPROMPT_TEST_DATABASE_URL");
        let name = format!("it_{}", secret::hex(&random::bytes::<8>()));
        Store::create_database(&server, &name).await.unwrap();
        Self { url: on_database(&server, &name), name }
    }

    /// One of schema 2, with a workspace in it.
    async fn of_schema_2() -> Self {
        let database = Self::empty().await;
        Store::migrate(&database.url, ROOM).await.unwrap();
        let policies = "do $$ declare name text; begin
            for name in select tablename from pg_policies where policyname = 'backup' loop
              execute format('drop policy backup on %I', name);
            end loop; end $$";
        database.run(policies).await;
        let later = "drop table mails, outbox, suppressions, unsubscribe_links, mail_days, ai_batch_items, ai_batches,
            ai_settings, ai_limits, ai_answers, ai_calls, ai_reservations, ai_counters cascade";
        database.run(later).await;
        database.run("drop table releases").await;
        database.run("delete from _sqlx_migrations where version > 2").await;
        database.run("insert into workspaces values (gen_random_uuid(), 'Before', now())").await;
        database
    }

    async fn run(&self, statement: &str) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn text(&self, query: &str) -> String {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let query = AssertSqlSafe(format!("select ({query})::text"));
        let text = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        text
    }

    async fn schema(&self) -> i64 {
        self.text("select max(version) from _sqlx_migrations").await.parse().unwrap()
    }

    async fn workspaces(&self) -> String {
        self.text("select string_agg(name, ', ' order by name) from workspaces").await
    }

    async fn remove(self) {
        for snapshot in snapshots::all(&self.url).await.unwrap() {
            self.drop(&snapshot.name).await;
        }
        self.drop(&self.name).await;
    }

    async fn drop(&self, name: &str) {
        let mut server = PgConnection::connect(&environment("TALENTPROMPT_TEST_DATABASE_URL")).await.unwrap();
        let statement = format!("drop database {name} with (force)");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server).await.unwrap();
    }
}

#[tokio::test]
async fn a_database_that_holds_something_is_copied_before_its_schema_changes_and_the_copy_can_be_put_back() {
    let database = Database::of_schema_2().await;
    let migrated = Store::migrate(&database.url, ROOM).await.unwrap();
    let name = format!("{}_before_3", database.name);
    assert_eq!((migrated.from, &migrated.kept), (2, &Kept::As(name.clone())));
    assert_eq!(database.schema().await, migrated.to);
    let known = snapshots::all(&database.url).await.unwrap();
    assert_eq!((known.len(), &known[0].name, known[0].before), (1, &name, 3));
    assert_eq!(known[0].made_by.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert!(known[0].at.is_some() && known[0].bytes > 1 << 20);
    assert_eq!(Store::migrate(&database.url, ROOM).await.unwrap().kept, Kept::NothingToKeep);

    database.run("insert into workspaces values (gen_random_uuid(), 'After', now())").await;
    assert_eq!(snapshots::roll_back(&database.url, Some(99)).await.unwrap(), None);
    assert!(matches!(snapshots::roll_back(&database.url, Some(1)).await, Err(Error::NoSnapshot)));
    assert_eq!(database.workspaces().await, "After, Before");
    let back = snapshots::roll_back(&database.url, Some(2)).await.unwrap().unwrap();
    assert_eq!((back.name, database.schema().await, database.workspaces().await), (name, 2, "Before".to_owned()));
    assert_eq!(snapshots::roll_back(&database.url, Some(2)).await.unwrap(), None, "it was rolled back twice");
    assert!(matches!(snapshots::roll_back(&database.url, None).await, Err(Error::NoSnapshot)));
    database.remove().await;
}

#[tokio::test]
async fn a_migration_that_fails_leaves_everything_as_it_was() {
    let database = Database::of_schema_2().await;
    database.run("create table releases (schema bigint, version text)").await;
    let error = Store::migrate(&database.url, ROOM).await.unwrap_err();
    assert!(matches!(&error, Error::Schema(said) if said.contains("migration 3")), "{error}");
    assert_eq!((database.schema().await, database.workspaces().await), (2, "Before".to_owned()));
    assert_eq!(snapshots::all(&database.url).await.unwrap(), [], "a copy that is good for nothing is kept");
    database.run("drop table releases").await;
    Store::migrate(&database.url, ROOM).await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn without_room_for_a_copy_nothing_is_changed() {
    let database = Database::of_schema_2().await;
    let error = Store::migrate(&database.url, 1 << 20).await.unwrap_err();
    assert!(matches!(error, Error::NoRoom { free: 1, needed } if needed > 64), "{error}");
    assert_eq!(database.schema().await, 2);
    database.remove().await;
}

#[tokio::test]
async fn who_uses_a_database_that_is_to_be_copied_is_named() {
    let database = Database::of_schema_2().await;
    let user = PgConnection::connect(&format!("{}&application_name=somebody", database.url)).await.unwrap();
    let error = Store::migrate(&database.url, ROOM).await.unwrap_err();
    assert!(matches!(&error, Error::InUse(who) if who.contains("somebody")), "{error}");
    assert_eq!(database.schema().await, 2);
    user.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn a_later_programs_database_is_refused_with_both_versions_and_the_way_back() {
    let database = Database::of_schema_2().await;
    Store::migrate(&database.url, ROOM).await.unwrap();
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (99, 'later', true, '', 0); insert into releases values (99, '9.1.0', now())";
    database.run(later).await;
    let said = Store::migrate(&database.url, ROOM).await.unwrap_err().to_string();
    for part in ["schema 99", "9.1.0", env!("CARGO_PKG_VERSION"), "migrate roll-back", "stop talentprompt"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let copies = snapshots::remove_before(&database.url, chrono::DateTime::<chrono::Utc>::MAX_UTC).await.unwrap();
    assert_eq!(copies, 1);
    let said = Store::migrate(&database.url, ROOM).await.unwrap_err().to_string();
    assert!(said.contains("restore a backup"), "{said}");
    database.remove().await;
}

#[tokio::test]
async fn a_copy_is_kept_for_its_time() {
    let database = Database::of_schema_2().await;
    Store::migrate(&database.url, ROOM).await.unwrap();
    let at = snapshots::all(&database.url).await.unwrap()[0].at.unwrap();
    assert_eq!(snapshots::remove_before(&database.url, at).await.unwrap(), 0);
    assert_eq!(snapshots::remove_before(&database.url, at + chrono::TimeDelta::seconds(1)).await.unwrap(), 1);
    database.remove().await;
}

/// The folders of the collection, the newest release last.
fn releases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.filter(|path| path.join("release.json").exists()).collect();
    found.sort();
    found
}

fn shell(script: &str, arguments: &[&str]) {
    let status = Command::new("/bin/sh").args(["-euc", script, "sh"]).args(arguments).status().unwrap();
    assert!(status.success(), "{script} {arguments:?}");
}

/// The columns of all tables.
const COLUMNS: &str =
    "select string_agg(table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable, E'\\n'
    order by table_name, column_name) from information_schema.columns where table_schema = 'public'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_earlier_releases_data_is_brought_up_to_date() {
    let fresh = Database::empty().await;
    Store::migrate(&fresh.url, ROOM).await.unwrap();
    let columns = fresh.text(COLUMNS).await;
    assert!(!releases().is_empty(), "the collection is empty");
    for folder in releases() {
        let database = Database::empty().await;
        let (data, path) = (tempfile::tempdir().unwrap(), folder.to_string_lossy());
        shell(
            "gzip -dc \"$1/database.sql.gz\" | psql -XqAt -v ON_ERROR_STOP=1 \"$2\" >/dev/null",
            &[&path, &database.url],
        );
        shell("tar -xzf \"$1/files.tar.gz\" -C \"$2\"", &[&path, &data.path().to_string_lossy()]);
        let release: Value = serde_json::from_slice(&std::fs::read(folder.join("release.json")).unwrap()).unwrap();
        assert_eq!(release["schema"], database.schema().await, "{path}");
        let plan = Plan { workers: false, model: true, ..Plan::default() };
        let app = TestApp::found(plan, |_| {}, database.name.clone(), data).await;
        indexing::rebuild(&app.ctx, app.ctx.vectors.as_ref(), false, |_| {}).await.unwrap();
        assert_eq!(database.text(COLUMNS).await, columns, "{path}: the schema is not that of a new database");
        is_whole(&app, &release).await;
        guards_its_rows(&app, &release).await;
        app.finish().await;
    }
    fresh.remove().await;
}

/// People sign in, find whom they found, and open every document.
async fn is_whole(app: &TestApp, release: &Value) {
    let mut client = app.stranger();
    let login = json!({"email": release["email"], "password": release["password"]});
    let answer = client.post("/auth/login", &login).await;
    client.enter(&answer);
    for search in release["searches"].as_array().unwrap() {
        let found = client.search(&json!({"query": search["query"], "limit": 20})).await;
        assert!(
            found["hits"].as_array().unwrap().iter().any(|hit| hit["name"] == search["finds"]),
            "{search}: {found}"
        );
    }
    let people = client.get("/candidates?limit=100").await.expect(StatusCode::OK)["candidates"].clone();
    let people = people.as_array().unwrap();
    assert_eq!(json!(people.len()), release["candidates"]);
    for person in people {
        let id = person["id"].as_str().unwrap();
        let person = client.get(&format!("/candidates/{id}")).await.expect(StatusCode::OK).clone();
        for resume in person["resumes"].as_array().unwrap() {
            let file = format!("/candidates/{id}/resumes/{}/file", resume["id"].as_str().unwrap());
            let file = client.get(&file).await;
            assert_eq!((file.status, file.bytes.is_empty()), (StatusCode::OK, false), "{resume}");
        }
    }
}

/// The application's role sees a workspace's people in it and nowhere else.
async fn guards_its_rows(app: &TestApp, release: &Value) {
    let workspace: String =
        sqlx::query_scalar("select id::text from workspaces").fetch_one(&mut app.superuser().await).await.unwrap();
    let stranger = "01890000-0000-7000-8000-000000000000".to_owned();
    for (id, expected) in [(workspace, release["candidates"].as_i64().unwrap()), (stranger, 0), (String::new(), 0)] {
        let mut connection = app.application_role().await;
        sqlx::query("select set_config('app.workspace_id', $1, false)")
            .bind(&id)
            .execute(&mut connection)
            .await
            .unwrap();
        let seen: i64 = sqlx::query_scalar("select count(*) from candidates").fetch_one(&mut connection).await.unwrap();
        assert_eq!(seen, expected, "workspace {id:?}");
    }
}
