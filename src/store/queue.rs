//! The task queue: pushed in the caller's transaction, reserved with a lease, at least once, never lost.
//!
//! A task is `ready`, or `running` under a lease. A worker that dies leaves an expired lease, and the task is taken
//! again. A finished task is deleted; one that used up its attempts is `dead` and stays for a while to be looked at.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Result, Store, Tx};
use crate::model::ids::{TaskId, WorkspaceId};

/// A task to be done.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Its id.
    pub id: TaskId,
    /// Which kind: a task's `KIND`.
    pub kind: &'static str,
    /// Version of the payload's shape.
    pub version: i32,
    /// What it works on.
    pub payload: Value,
    /// Whose.
    pub workspace: Option<WorkspaceId>,
    /// Higher goes first.
    pub priority: i32,
    /// Not before this.
    pub run_at: DateTime<Utc>,
    /// Attempts before it is dead.
    pub max_attempts: i32,
}

/// A task that this worker holds.
#[derive(Debug, Clone)]
pub struct Reserved {
    /// Its id.
    pub id: TaskId,
    /// Which kind.
    pub kind: String,
    /// Version of the payload's shape.
    pub version: i32,
    /// What it works on.
    pub payload: Value,
    /// Whose.
    pub workspace: Option<WorkspaceId>,
    /// This attempt's number, from 1.
    pub attempt: i32,
    /// Attempts before it is dead.
    pub max_attempts: i32,
    /// The lease: who holds the task. A worker that lost it cannot finish the task.
    pub lease: Uuid,
}

/// How many tasks are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting.
    pub ready: i64,
    /// Being done.
    pub running: i64,
    /// Given up.
    pub dead: i64,
}

/// Adds a task in the caller's transaction: it exists if and only if the change it belongs to does.
pub async fn push(tx: &mut Tx, task: &NewTask, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        r#"insert into tasks (id, kind, version, payload, workspace_id, priority, run_at, max_attempts, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"#,
        task.id.0,
        task.kind,
        task.version,
        task.payload,
        task.workspace.map(|id| id.0),
        task.priority,
        task.run_at,
        task.max_attempts,
        now
    )
    .execute(tx.conn())
    .await?;
    super::listener::notify(tx, &super::listener::Notice::Task).await
}

/// Whether a task of this kind waits or runs for the transaction's workspace.
pub async fn is_pending(tx: &mut Tx, kind: &str) -> Result<bool> {
    let workspace = tx.workspace_id();
    Ok(sqlx::query_scalar!(
        r#"select exists (select from tasks where kind = $1 and workspace_id = $2 and state <> 'dead') as "pending!""#,
        kind,
        workspace.0
    )
    .fetch_one(tx.conn())
    .await?)
}

impl Store {
    /// Takes up to `limit` tasks of `kinds` for `lease_for`: the most urgent that are ready or whose lease has expired. A
    /// time further ahead than any is set was set by a clock that was wrong, and is over.
    pub async fn reserve(
        &self,
        kinds: &[String],
        limit: i64,
        lease: Uuid,
        lease_for: Duration,
        now: DateTime<Utc>,
    ) -> Result<Vec<Reserved>> {
        let rows = sqlx::query!(
            r#"update tasks set state = 'running', lease = $2, lease_until = $3::timestamptz + $4 * interval '1 ms',
                      attempts = attempts + 1
               where id in (
                 select id from tasks
                 where kind = any($1) and (
                   (state = 'ready' and (run_at <= $3 or run_at > $3 + interval '2 hours'))
                   or (state = 'running' and (lease_until < $3 or lease_until > $3 + interval '10 minutes')))
                 order by priority desc, run_at, id limit $5 for update skip locked)
               returning id, kind, version, payload, workspace_id, attempts, max_attempts"#,
            kinds,
            lease,
            now,
            lease_for.as_secs_f64() * 1000.0,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        let mut tasks: Vec<Reserved> = rows
            .into_iter()
            .map(|row| Reserved {
                id: row.id.into(),
                kind: row.kind,
                version: row.version,
                payload: row.payload,
                workspace: row.workspace_id.map(WorkspaceId::from),
                attempt: row.attempts,
                max_attempts: row.max_attempts,
                lease,
            })
            .collect();
        tasks.sort_by_key(|task| task.id);
        Ok(tasks)
    }

    /// Holds the tasks of `lease` for longer.
    pub async fn renew(&self, lease: Uuid, lease_for: Duration, now: DateTime<Utc>) -> Result<()> {
        sqlx::query!(
            r#"update tasks set lease_until = $2::timestamptz + $3 * interval '1 ms'
               where lease = $1 and state = 'running'"#,
            lease,
            now,
            lease_for.as_secs_f64() * 1000.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// How many seconds the oldest task has waited that could be done.
    pub async fn task_wait(&self, now: DateTime<Utc>) -> Result<f64> {
        Ok(sqlx::query_scalar!(
            r#"select coalesce(extract(epoch from $1::timestamptz - min(run_at))::float8, 0) as "seconds!"
               from tasks where state = 'ready' and run_at <= $1"#,
            now
        )
        .fetch_one(&self.pool)
        .await?)
    }

    /// How many tasks there are in each state.
    pub async fn task_counts(&self) -> Result<Counts> {
        let row = sqlx::query!(
            r#"select count(*) filter (where state = 'ready') as "ready!",
                      count(*) filter (where state = 'running') as "running!",
                      count(*) filter (where state = 'dead') as "dead!" from tasks"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Counts { ready: row.ready, running: row.running, dead: row.dead })
    }
}

/// Ends a task in the transaction of its own effect. False when another worker has taken it over: roll back then.
pub async fn finish(tx: &mut Tx, task: TaskId, lease: Uuid) -> Result<bool> {
    let done = sqlx::query!("delete from tasks where id = $1 and lease = $2 and state = 'running'", task.0, lease)
        .execute(tx.conn())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a task back after a failure: ready again at `retry_at`, or dead when there is none.
pub async fn fail(
    tx: &mut Tx,
    task: &Reserved,
    error: &str,
    retry_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<()> {
    let entry = json!([{ "attempt": task.attempt, "at": now, "error": error }]);
    let state = if retry_at.is_some() { "ready" } else { "dead" };
    sqlx::query!(
        r#"update tasks set state = $3, run_at = coalesce($4, run_at), history = history || $5::jsonb, lease = null,
                  lease_until = null
           where id = $1 and lease = $2"#,
        task.id.0,
        task.lease,
        state,
        retry_at,
        entry
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives a task back unharmed, to be taken again from `run_at` on, as when the process stops: the attempt does not count.
pub async fn release(tx: &mut Tx, task: &Reserved, run_at: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        r#"update tasks set state = 'ready', run_at = $3, attempts = attempts - 1, lease = null, lease_until = null
           where id = $1 and lease = $2"#,
        task.id.0,
        task.lease,
        run_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many tasks were given up in the transaction's workspace, or in none, of which something is still undone: not one
/// whose upload was tried again with success or is gone.
pub async fn given_up(tx: &mut Tx) -> Result<i64> {
    let workspace = tx.workspace.map(|id| id.0);
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from tasks t
           where state = 'dead' and workspace_id is not distinct from $1 and (t.payload->>'upload' is null or exists
             (select from uploads u where u.id = (t.payload->>'upload')::uuid and u.status = 'failed'))"#,
        workspace
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Removes tasks that were given up before `before`.
pub async fn delete_dead(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    Ok(sqlx::query!("delete from tasks where state = 'dead' and run_at < $1", before)
        .execute(tx.conn())
        .await?
        .rows_affected())
}
