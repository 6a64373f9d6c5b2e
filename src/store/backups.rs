//! What a backup needs of the database: what there is to dump, and putting a dump into a database of its own, beside the
//! one that is used until it is whole.

use std::collections::BTreeMap;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use tokio::sync::mpsc::Receiver;

use super::schema::{self, Schema};
use super::snapshots::{self, Snapshot, quoted};
use super::{Error, Result, options};

/// A database that is to be dumped, or restored into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// How it and this program stand to each other.
    pub schema: Schema,
    /// The server's major version.
    pub postgres: u32,
    /// Bytes on disk.
    pub bytes: u64,
    /// Tables whose rows the role of `[database] admin_url` cannot all read.
    pub hidden: Vec<String>,
    /// Whether that role may make databases.
    pub may_create: bool,
    /// Whether the server is this machine's.
    pub here: bool,
    /// Who else uses the database: role, program and process.
    pub users: Vec<String>,
}

/// A part of a dump, on its way into a database.
#[derive(Debug)]
pub enum Piece {
    /// Statements.
    Statements(String),
    /// The statement that takes the rows that follow.
    Table(String),
    /// Rows, each as a line.
    Rows(Vec<u8>),
    /// The table's rows are over.
    End,
}

/// A database beside the one of the configuration: for restoring into, or for a drill.
#[derive(Debug)]
pub struct Beside {
    options: PgConnectOptions,
    name: String,
}

/// Looks at the database of `url`.
pub async fn look(url: &str) -> Result<Subject> {
    let options = options(url)?;
    let mut connection = PgConnection::connect_with(&options).await?;
    let schema = Schema::of(&mut connection).await?;
    let found = sqlx::query!(
        r#"select current_setting('server_version_num')::int / 10000 as "postgres!",
                  pg_database_size(current_database()) as "bytes!",
                  (select rolsuper or rolcreatedb from pg_roles where rolname = current_user) as "may_create!",
                  array(select relname::text from pg_class c where relkind = 'r' and row_security_active(c.oid)
                        and not exists (select from pg_policy where polrelid = c.oid and polname = 'backup'
                                        and (select oid from pg_roles where rolname = current_user) = any(polroles))
                        order by relname) as "hidden!",
                  array(select format('%s (%s, process %s)', usename, application_name, pid) from pg_stat_activity
                        where datname = current_database() and usename is not null and pid <> pg_backend_pid()
                        order by pid) as "users!: Vec<String>""#
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    Ok(Subject {
        schema,
        postgres: u32::try_from(found.postgres).unwrap_or_default(),
        bytes: u64::try_from(found.bytes).unwrap_or_default(),
        hidden: found.hidden,
        may_create: found.may_create,
        here: snapshots::is_here(&options),
        users: found.users,
    })
}

/// The copy that an earlier restoring kept, and that the next one would replace.
pub async fn kept(url: &str) -> Result<Option<Snapshot>> {
    snapshots::kept(&options(url)?, first_unknown()).await
}

/// A restored database has every migration of this program, so that what it replaces is from before the next one.
fn first_unknown() -> i64 {
    schema::newest() + 1
}

impl Beside {
    /// Makes an empty database named as that of `url` and `suffix`, in place of what an earlier attempt left.
    pub async fn create(url: &str, suffix: &str) -> Result<Self> {
        let options = options(url)?;
        let name = format!("{}_{suffix}", snapshots::database(&options));
        let mut server = snapshots::server(&options).await?;
        // A server goes on for a while with what a client asked that was killed.
        for statement in [
            format!("drop database if exists {} with (force)", quoted(&name)),
            format!("create database {}", quoted(&name)),
        ] {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server).await?;
        }
        server.close().await?;
        Ok(Self { options, name })
    }

    /// Puts a dump into it.
    pub async fn fill(&self, mut pieces: Receiver<Piece>) -> Result<()> {
        let mut connection = self.connect().await?;
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Statements(text) => {
                    sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await?;
                }
                Piece::Table(statement) => copy(&mut connection, &statement, &mut pieces).await?,
                Piece::Rows(_) | Piece::End => return Err(Error::Corrupt("a dump has rows of no table".to_owned())),
            }
        }
        Ok(connection.close().await?)
    }

    /// How many rows each table has.
    pub async fn counts(&self) -> Result<BTreeMap<String, u64>> {
        let mut connection = self.connect().await?;
        sqlx::raw_sql("set search_path = public; set app.backup = 'on'").execute(&mut connection).await?;
        let tables = sqlx::query_scalar!(
            r#"select relname::text as "name!" from pg_class
               where relkind = 'r' and relnamespace = 'public'::regnamespace"#
        )
        .fetch_all(&mut connection)
        .await?;
        let mut counts = BTreeMap::new();
        for table in tables {
            let statement = format!("select count(*) from {}", quoted(&table));
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&mut connection).await?;
            counts.insert(table, u64::try_from(rows).unwrap_or_default());
        }
        connection.close().await?;
        Ok(counts)
    }

    /// Brings its schema up to this version's, and counts it for the planner.
    pub async fn settle(&self) -> Result<()> {
        schema::apply(&self.options.clone().database(&self.name)).await?;
        let mut connection = self.connect().await?;
        sqlx::raw_sql("analyze").execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// Puts it in the place of the database, which is kept beside; answers the name it is kept under. See
    /// [`snapshots::roll_back`] for the way back.
    pub async fn put_in_place(self) -> Result<String> {
        snapshots::put_in_place(&self.options, &self.name, first_unknown()).await
    }

    /// Removes it.
    pub async fn remove(self) -> Result<()> {
        snapshots::remove(&self.options, &self.name).await
    }

    async fn connect(&self) -> Result<PgConnection> {
        Ok(PgConnection::connect_with(&self.options.clone().database(&self.name)).await?)
    }
}

/// Takes the rows of one table.
async fn copy(connection: &mut PgConnection, statement: &str, pieces: &mut Receiver<Piece>) -> Result<()> {
    let mut table = connection.copy_in_raw(statement).await?;
    loop {
        match pieces.recv().await {
            Some(Piece::Rows(rows)) => {
                table.send(rows).await?;
            }
            Some(Piece::End) => {
                table.finish().await?;
                return Ok(());
            }
            Some(_) | None => {
                table.abort("the dump ends among rows").await?;
                return Err(Error::Corrupt("a dump ends among the rows of a table".to_owned()));
            }
        }
    }
}
