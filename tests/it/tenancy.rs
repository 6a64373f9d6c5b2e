//! Row-level security, asked of the database itself as the role the application has.

use reqwest::StatusCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::support::app::{Client, TestApp, resume};

/// Tables with a workspace that are read before a workspace is known; they hold nothing of a candidate but ids.
const SYSTEM_TABLES: [&str; 4] = ["members", "tasks", "outbox", "ai_reservations"];

async fn count(connection: &mut PgConnection, table: &str, condition: &str) -> i64 {
    let statement = format!("select count(*) from {table} where {condition}");
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(connection).await.unwrap()
}

/// Every table with a workspace's rows, but for the system's, with whether it is guarded from its owner too.
async fn tenant_tables(superuser: &mut PgConnection) -> Vec<(String, bool)> {
    let statement = "select c.relname::text as name, c.relrowsecurity and c.relforcerowsecurity as guarded
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1";
    let rows = sqlx::query(statement).fetch_all(superuser).await.unwrap();
    let tables = rows.into_iter().map(|row| (row.get("name"), row.get("guarded")));
    tables.filter(|(name, _): &(String, bool)| !SYSTEM_TABLES.contains(&name.as_str())).collect()
}

/// What is kept of models' work: table, columns, values.
const OF_MODELS: [(&str, &str, &str); 5] = [
    (
        "ai_calls",
        "id, at, feature, reason, prompt, provider, model, outcome, input_hash",
        "gen_random_uuid(), now(), 'test', '', 'ready@1', 'openai', 'gpt-5', 'answered', ''",
    ),
    (
        "ai_answers",
        "key, model, feature, answer, input_tokens, output_tokens, cost, created_at",
        "'', 'openai/gpt-5', 'test', '{}', 1, 1, 1, now()",
    ),
    ("ai_limits", "subject, period, micros", "'workspace', 'day', 1"),
    ("ai_settings", "sends_identity", "false"),
    ("ai_batches", "id, provider, model, state, created_at", "gen_random_uuid(), 'openai', 'gpt-5', 'done', now()"),
];

/// A workspace with a row in every table; answers its id.
async fn filled_workspace(app: &TestApp) -> String {
    let owner: Client = app.owner().await;
    let id = owner.get("/auth/me").await.expect(StatusCode::OK)["workspace"]["id"].as_str().unwrap().to_owned();
    owner.add("ana.txt", resume("Ana Lima", "ana@example.com", "Engineer", &["Java"])).await;
    owner.search(&json!({"query": "Java"})).await;
    app.sql(&format!(
        "insert into extractions select id, workspace_id, 'text/plain', null, 'text', '[]' from uploads
         where workspace_id = '{id}'"
    ))
    .await;
    app.sql(&format!(
        "with added as (insert into outbox (id, workspace_id, key, template, priority, run_at, created_at)
         values (gen_random_uuid(), '{id}', '{id}', 'test', 1, now() + interval '1 day', now()) returning id)
         insert into mails (id, workspace_id, recipient, subject, text, html)
         select id, '{id}', 'ana@example.com', 'Hello', 'Hello', 'Hello' from added"
    ))
    .await;
    for (table, columns, values) in OF_MODELS {
        app.sql(&format!("insert into {table} (workspace_id, {columns}) values ('{id}', {values})")).await;
    }
    app.sql(&format!(
        "insert into ai_batch_items (id, workspace_id, batch_id, key, feature, request, subject)
         select gen_random_uuid(), workspace_id, id, '', 'test', '{{}}', '{{}}' from ai_batches where workspace_id = '{id}'"
    ))
    .await;
    // A search is recorded after its answer.
    let mut superuser = app.superuser().await;
    while count(&mut superuser, "searches", &format!("workspace_id = '{id}'")).await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    id
}

#[tokio::test]
async fn the_database_shows_the_application_the_rows_of_the_named_workspace_alone() {
    let app = TestApp::start().await;
    let (ours, theirs) = (filled_workspace(&app).await, filled_workspace(&app).await);
    let mut superuser = app.superuser().await;
    let mut connection = app.application_role().await;
    let tables = tenant_tables(&mut superuser).await;
    assert!(tables.len() >= 9, "{tables:?}");

    for (table, guarded) in &tables {
        assert!(guarded, "{table} has no forced row-level security");
        for workspace in [&ours, &theirs] {
            let there = count(&mut superuser, table, &format!("workspace_id = '{workspace}'")).await;
            assert!(there > 0, "{table} is empty, so nothing would be proven");
        }
        assert_eq!(count(&mut connection, table, "true").await, 0, "{table} shows rows to nobody in particular");
    }

    sqlx::query("select set_config('app.workspace_id', $1, false)").bind(&ours).execute(&mut connection).await.unwrap();
    for (table, _) in &tables {
        let (own, others) = (format!("workspace_id = '{ours}'"), format!("workspace_id <> '{ours}'"));
        assert!(count(&mut connection, table, &own).await > 0, "{table} hides its own workspace's rows");
        assert_eq!(count(&mut connection, table, &others).await, 0, "{table} shows another workspace's rows");
        let statement = format!("delete from {table} where workspace_id = '{theirs}'");
        let deleted = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        assert_eq!(deleted.rows_affected(), 0, "{table} lets another workspace's rows be deleted");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_application_cannot_write_a_row_into_another_workspace() {
    let app = TestApp::start().await;
    let (ours, theirs) = (filled_workspace(&app).await, filled_workspace(&app).await);
    let mut connection = app.application_role().await;
    sqlx::query("select set_config('app.workspace_id', $1, false)").bind(&ours).execute(&mut connection).await.unwrap();
    for statement in [
        format!("update candidates set workspace_id = '{theirs}'"),
        format!(
            "insert into candidates (id, workspace_id, name, created_at, updated_at)
             values (gen_random_uuid(), '{theirs}', 'Eve', now(), now())"
        ),
    ] {
        let refused = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap_err();
        assert!(refused.to_string().contains("row-level security"), "{refused}");
    }
    for statement in ["alter table candidates disable row level security", "set role talentprompt"] {
        assert!(sqlx::query(statement).execute(&mut connection).await.is_err(), "{statement}");
    }
    app.finish().await;
}
