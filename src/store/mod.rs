//! Floor 3: Postgres, the one truth, and the only SQL. One file per noun; each function takes the transaction it works
//! in, so that the floor above decides what happens together.
//!
//! A transaction is opened for a workspace (`Store::workspace`), and then row-level security shows it that tenant's
//! rows alone, or for the system (`Store::system`), and then it sees no tenant's rows at all.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres};

use crate::model::ids::WorkspaceId;

pub mod accounts;
pub mod ai;
pub mod backups;
pub mod bytes;
pub mod candidates;
pub mod embeddings;
pub mod links;
pub mod listener;
mod locks;
pub mod members;
pub mod outbox;
pub mod passages;
pub mod queue;
pub mod readers;
pub mod resumes;
pub mod schema;
pub mod searches;
pub mod server;
pub mod sessions;
pub mod snapshots;
pub mod suppressions;
pub mod tokens;
pub mod uploads;

pub use locks::{FillingTurn, WorkerLock};

/// How long a request waits for a free connection before it is told that the database is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The row is not there, or not in this workspace.
    #[error("not found")]
    NotFound,
    /// A named constraint refused the change.
    #[error("constraint `{0}` refused the change")]
    Constraint(String),
    /// The database does not answer.
    #[error("the database is not reachable: {0}")]
    Unavailable(String),
    /// A text has a character that the database does not keep.
    #[error("a text cannot be kept: {0}")]
    Unkeepable(String),
    /// The disk under the database is full.
    #[error("the database's disk is full: {0}")]
    Full(String),
    /// The connection's role could read every tenant's rows.
    #[error("the database role `{0}` bypasses row-level security; use an ordinary role in `[database] url`")]
    RoleBypassesSecurity(String),
    /// The schema is not the one this version needs.
    #[error("the database schema does not fit this version: {0}")]
    Schema(String),
    /// A later program has changed the schema.
    #[error(
        "the database was brought to schema {schema} by version {theirs}, and this is version {} with schema {program}, \
         which cannot work with it; install {theirs} again, or go back: {way}",
        schema::VERSION
    )]
    Newer {
        /// The program's version.
        theirs: String,
        /// The database's schema.
        schema: i64,
        /// This program's schema.
        program: i64,
        /// What leads back.
        way: String,
    },
    /// The disk has no room for a copy of the database.
    #[error(
        "before an upgrade the database is copied, which needs {needed} MB on its disk, and {free} MB are free; make room \
         (du -xh -d2 / | sort -h | tail), and it is tried again"
    )]
    NoRoom {
        /// Megabytes that are needed.
        needed: u64,
        /// Megabytes that are free.
        free: u64,
    },
    /// Somebody else uses the database.
    #[error("the database is in use, so it can be neither copied nor exchanged; end these sessions first: {0}")]
    InUse(String),
    /// There is no copy to go back to.
    #[error(
        "there is no copy of the database from before the upgrade (or it is not of the wanted schema), so there is nothing \
         to roll back to; restore a backup from then instead"
    )]
    NoSnapshot,
    /// A stored value cannot be read.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
    /// Anything else the database said.
    #[error("the database said: {0}")]
    Other(String),
}

/// How what Postgres says ends when its disk can only be read (`EROFS`).
const READ_ONLY: &str = "Read-only file system";

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Database(database) => match (database.constraint(), database.code().as_deref()) {
                (Some(name), _) => Self::Constraint(name.to_owned()),
                // character_not_in_repertoire, untranslatable_character: a NUL, in a text or in JSON.
                (None, Some("22021" | "22P05")) => Self::Unkeepable(database.message().to_owned()),
                (None, Some("53100")) => Self::Full(database.message().to_owned()),
                // 57P: the server is shutting down or starting; 53: it lacks memory or connections (PostgreSQL,
                // appendix A).
                (None, Some(code)) if code.starts_with("57P") || code.starts_with("53") => {
                    Self::Unavailable(database.message().to_owned())
                }
                // 58: the server's own disk fails it; so it does, under another code, when it can only be read.
                (None, Some(code))
                    if code.starts_with("58") || (code == "42501" && database.message().ends_with(READ_ONLY)) =>
                {
                    Self::Unavailable(database.message().to_owned())
                }
                _ => Self::Other(error.to_string()),
            },
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

/// The result of a store function.
pub type Result<T> = std::result::Result<T, Error>;

/// The pool of connections.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
}

/// A transaction; rolled back when dropped without [`Tx::commit`].
#[derive(Debug)]
pub struct Tx {
    inner: sqlx::Transaction<'static, Postgres>,
    workspace: Option<WorkspaceId>,
}

impl Store {
    /// Connects to `url`, with at most `max_connections` connections. The first connection is made here.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options(url)?)
            .await?;
        Ok(Self { pool })
    }

    /// Refuses to go on with a role that could see every tenant's rows.
    pub async fn check_role(&self) -> Result<()> {
        let role = sqlx::query!(
            r#"select rolname::text as "name!", (rolsuper or rolbypassrls) as "bypasses!"
               from pg_roles where rolname = current_user"#
        )
        .fetch_one(&self.pool)
        .await?;
        if role.bypasses { Err(Error::RoleBypassesSecurity(role.name)) } else { Ok(()) }
    }

    /// Proves by a real query that the database answers.
    pub async fn ready(&self) -> Result<()> {
        sqlx::query!(r#"select 1 as "one!""#).fetch_one(&self.pool).await?;
        Ok(())
    }

    /// A transaction that sees the rows of `workspace` and of no other.
    pub async fn workspace(&self, workspace: WorkspaceId) -> Result<Tx> {
        let mut inner = self.pool.begin().await?;
        sqlx::query!("select set_config('app.workspace_id', $1, true)", workspace.to_string())
            .fetch_one(&mut *inner)
            .await?;
        Ok(Tx { inner, workspace: Some(workspace) })
    }

    /// A transaction that sees no tenant's rows: accounts, sessions, tasks.
    pub async fn system(&self) -> Result<Tx> {
        Ok(Tx { inner: self.pool.begin().await?, workspace: None })
    }

    /// A connection that hears [`listener::Notice`]s.
    async fn listen(&self) -> Result<PgListener> {
        Ok(PgListener::connect_with(&self.pool).await?)
    }
}

impl Tx {
    /// Makes the changes last.
    pub async fn commit(self) -> Result<()> {
        Ok(self.inner.commit().await?)
    }

    /// The workspace this transaction was opened for.
    ///
    /// # Panics
    /// If it was opened for the system: a mistake in the program, found by the first test that runs it.
    pub fn workspace_id(&self) -> WorkspaceId {
        self.workspace.expect("this function needs a transaction of a workspace")
    }

    fn conn(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

impl Store {
    /// Makes the database `name` on the server of `url`, unless it is there.
    pub async fn create_database(url: &str, name: &str) -> Result<()> {
        create_database(options(url)?, name).await
    }
}

fn options(url: &str) -> Result<PgConnectOptions> {
    let options: PgConnectOptions = url.parse().map_err(|error: sqlx::Error| Error::Other(error.to_string()))?;
    Ok(options.application_name("talentprompt").statement_cache_capacity(256))
}

async fn create_database(server: PgConnectOptions, name: &str) -> Result<()> {
    let mut connection = PgConnection::connect_with(&server).await?;
    if !snapshots::exists(&mut connection, name).await? {
        let statement = format!("create database {}", snapshots::quoted(name));
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    Ok(connection.close().await?)
}
