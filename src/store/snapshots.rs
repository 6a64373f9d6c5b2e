//! Copies of the whole database from before its schema was changed, on the same server: the way back from an upgrade.
//!
//! A copy is a database beside the one that it is of, named by the first migration that it does not have; its comment
//! says which program made it, and when. It is made where the server is this machine's and the role may make databases:
//! what a server elsewhere keeps is its keeper's to copy.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::schema::{Schema, VERSION};
use super::{Error, Result, options};

/// What must be left over on the disk besides the copy, for migrations to work in.
const SPARE: u64 = 64 << 20;

/// How long sessions of a process that has just ended may take to go. Postgres itself waits five seconds each time.
const PATIENCE: u32 = 4;

/// A copy of the database.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Snapshot {
    /// The name of its database.
    pub name: String,
    /// The first migration that it does not have.
    pub before: i64,
    /// Bytes on disk.
    pub bytes: i64,
    /// The version of the program that made it.
    pub made_by: Option<String>,
    /// When it was made.
    pub at: Option<DateTime<Utc>>,
}

impl Snapshot {
    /// When it was made, for people.
    pub fn made_at(&self) -> Option<String> {
        self.at.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string())
    }
}

/// What became of the copy before an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// There was nothing to lose: no change, or no data.
    NothingToKeep,
    /// The name of the copy.
    As(String),
    /// No copy was made, because the database is somebody else's to keep, for this reason.
    NotOurs(&'static str),
}

/// Why `url`'s database is not copied before its schema is changed; nothing where it is.
pub async fn why_not(url: &str) -> Result<Option<&'static str>> {
    Ok(subject(&options(url)?).await?.err())
}

/// The copies there are of the database of `url`, the oldest first.
pub async fn all(url: &str) -> Result<Vec<Snapshot>> {
    list(&options(url)?).await
}

/// Every copy there is of the database of `url`, on whichever server: also what a restoring has kept on one elsewhere,
/// which its keeper returns to. The oldest first.
pub async fn known(url: &str) -> Result<Vec<Snapshot>> {
    copies(&options(url)?).await
}

/// Puts the newest copy in the place of the database, and answers which; nothing where `to` says which schema is wanted
/// and the database is not beyond it. All that was written since is lost.
pub async fn roll_back(url: &str, to: Option<i64>) -> Result<Option<Snapshot>> {
    let options = options(url)?;
    if let Some(to) = to
        && schema(&options).await?.schema <= to
    {
        return Ok(None);
    }
    let Some(snapshot) = list(&options).await?.pop() else { return Err(Error::NoSnapshot) };
    let kept = schema(&options.clone().database(&snapshot.name)).await?;
    if to.is_some_and(|to| kept.schema != to) {
        return Err(Error::NoSnapshot);
    }
    swap(&options, &snapshot.name).await?;
    Ok(Some(snapshot))
}

/// Removes copies that were made before `moment`, on whichever server; answers how many.
pub async fn remove_before(url: &str, moment: DateTime<Utc>) -> Result<usize> {
    let options = options(url)?;
    // On a server elsewhere a database of such a name may be somebody's; ours says when it was made.
    let here = is_here(&options);
    let mut removed = 0;
    for snapshot in copies(&options).await?.iter().filter(|one| one.at.map_or(here, |at| at < moment)) {
        remove(&options, &snapshot.name).await?;
        removed += 1;
    }
    Ok(removed)
}

/// Copies the database before the migration `first`, in place of all earlier copies. `free` is what its disk has left.
pub(super) async fn keep(options: &PgConnectOptions, first: i64, free: u64) -> Result<Kept> {
    let bytes = match subject(options).await? {
        Ok(bytes) => bytes,
        Err(reason) => return Ok(Kept::NotOurs(reason)),
    };
    let earlier = list(options).await?;
    for snapshot in &earlier {
        remove(options, &snapshot.name).await?;
    }
    let freed = earlier.iter().map(|snapshot| u64::try_from(snapshot.bytes).unwrap_or_default()).sum::<u64>();
    let (free, needed) = (free.saturating_add(freed), bytes + bytes / 2 + SPARE);
    if free < needed {
        return Err(Error::NoRoom { needed: needed >> 20, free: free >> 20 });
    }
    let name = named(options, first);
    let mut server = server(options).await?;
    // The files are copied as they are: through the write-ahead log all of it would be written twice.
    let copy = format!("create database {} template {} strategy file_copy", quoted(&name), quoted(database(options)));
    alone(&mut server, database(options), &copy).await?;
    let note = note(&mut server, &name).await?;
    sqlx::raw_sql(AssertSqlSafe(note)).execute(&mut server).await?;
    server.close().await?;
    Ok(Kept::As(name))
}

/// Puts the database `new` in the place of the database, at once or not at all, and keeps what it was as the copy from
/// before the migration `first`: [`roll_back`] returns to it. A copy of that name is lost: whoever calls this asks
/// [`kept`] before. Answers the name it is kept under.
pub(super) async fn put_in_place(options: &PgConnectOptions, new: &str, first: i64) -> Result<String> {
    let (database, kept) = (database(options), named(options, first));
    let undone = format!("{database}_undone");
    remove(options, &undone).await?;
    let mut server = server(options).await?;
    let mut exchange = "begin; ".to_owned();
    // What an earlier restoring has kept goes only when this one is done.
    for (from, to) in [(kept.as_str(), undone.as_str()), (database, kept.as_str())] {
        if exists(&mut server, from).await? {
            let _ = write!(exchange, "alter database {} rename to {}; ", quoted(from), quoted(to));
        }
    }
    if exists(&mut server, database).await? {
        let _ = write!(exchange, "{}; ", note(&mut server, &kept).await?);
    }
    let _ = write!(exchange, "alter database {} rename to {}; commit", quoted(new), quoted(database));
    alone(&mut server, database, &exchange).await?;
    server.close().await?;
    remove(options, &undone).await?;
    Ok(kept)
}

/// The statement that says of a copy which program made it, and when.
async fn note(server: &mut PgConnection, name: &str) -> Result<String> {
    let now = sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(server).await?;
    Ok(format!("comment on database {} is '{VERSION} {}'", quoted(name), now.to_rfc3339()))
}

/// Whether there is a database of this name.
pub(super) async fn exists(server: &mut PgConnection, name: &str) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"select exists (select from pg_database where datname = $1) as "there!""#, name)
        .fetch_one(server)
        .await?)
}

/// Removes a copy.
pub(super) async fn remove(options: &PgConnectOptions, name: &str) -> Result<()> {
    let mut server = server(options).await?;
    let statement = format!("drop database if exists {}", quoted(name));
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server).await?;
    Ok(server.close().await?)
}

/// The copies there are, the oldest first.
pub(super) async fn list(options: &PgConnectOptions) -> Result<Vec<Snapshot>> {
    if is_here(options) { copies(options).await } else { Ok(Vec::new()) }
}

/// What the exchange for a restored database would replace, on whichever server: the copy from before `first`.
pub(super) async fn kept(options: &PgConnectOptions, first: i64) -> Result<Option<Snapshot>> {
    let name = named(options, first);
    Ok(copies(options).await?.into_iter().find(|copy| copy.name == name))
}

async fn copies(options: &PgConnectOptions) -> Result<Vec<Snapshot>> {
    // Elsewhere the role may be let into its own database alone.
    let mut server =
        if is_here(options) { server(options).await? } else { PgConnection::connect_with(options).await? };
    let prefix = prefix(options);
    let rows = sqlx::query!(
        r#"select datname::text as "name!", pg_database_size(oid) as "bytes!",
                  coalesce(shobj_description(oid, 'pg_database'), '') as "note!"
           from pg_database where starts_with(datname, $1)"#,
        prefix
    )
    .fetch_all(&mut server)
    .await?;
    server.close().await?;
    let known = rows.into_iter().filter_map(|row| {
        let before = row.name.strip_prefix(&prefix)?.parse().ok()?;
        let (made_by, at) = row.note.split_once(' ').unzip();
        let at = at.and_then(|at| DateTime::parse_from_rfc3339(at).ok()).map(|at| at.to_utc());
        Some(Snapshot { before, bytes: row.bytes, made_by: made_by.map(str::to_owned), at, name: row.name })
    });
    let mut known: Vec<Snapshot> = known.collect();
    known.sort_by_key(|snapshot| snapshot.before);
    Ok(known)
}

/// The bytes of a database that is ours to copy, or why it is not.
async fn subject(options: &PgConnectOptions) -> Result<std::result::Result<u64, &'static str>> {
    if !is_here(options) {
        return Ok(Err("the database is kept elsewhere: copies are made there"));
    }
    let mut connection = PgConnection::connect_with(options).await?;
    let found = sqlx::query!(
        r#"select (r.rolsuper or r.rolcreatedb) and pg_has_role(d.datdba, 'usage') as "may!",
                  pg_database_size(d.oid) as "bytes!"
           from pg_database d, pg_roles r where d.datname = current_database() and r.rolname = current_user"#
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    let bytes = u64::try_from(found.bytes).unwrap_or_default();
    Ok(if found.may { Ok(bytes) } else { Err("the role of `[database] admin_url` may not copy the database") })
}

async fn schema(options: &PgConnectOptions) -> Result<Schema> {
    let mut connection = PgConnection::connect_with(options).await?;
    let schema = Schema::of(&mut connection).await?;
    connection.close().await?;
    Ok(schema)
}

/// Exchanges the database for its copy, at once or not at all, then removes what it was.
async fn swap(options: &PgConnectOptions, snapshot: &str) -> Result<()> {
    let database = database(options);
    let undone = format!("{database}_undone");
    remove(options, &undone).await?;
    let mut server = server(options).await?;
    let exchange = format!(
        "begin; alter database {0} rename to {1}; alter database {2} rename to {0}; comment on database {0} is null; commit",
        quoted(database),
        quoted(&undone),
        quoted(snapshot)
    );
    alone(&mut server, database, &exchange).await?;
    server.close().await?;
    remove(options, &undone).await
}

/// Does something that needs the database to be used by nobody; who uses it is named.
async fn alone(server: &mut PgConnection, database: &str, statement: &str) -> Result<()> {
    // object_in_use (PostgreSQL, appendix A)
    const IN_USE: &str = "55006";
    for _ in 0..PATIENCE {
        match sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut *server).await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(IN_USE) => {}
            other => return Ok(other.map(drop)?),
        }
        sqlx::raw_sql("rollback").execute(&mut *server).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let users = sqlx::query_scalar!(
        r#"select format('%s (%s, process %s)', usename, application_name, pid) as "who!"
           from pg_stat_activity where datname = $1"#,
        database
    )
    .fetch_all(server)
    .await?;
    Err(Error::InUse(users.join(", ")))
}

/// Whether the server is this machine's: it is reached by a socket.
pub(super) fn is_here(options: &PgConnectOptions) -> bool {
    options.get_socket().is_some() || options.get_host().starts_with('/')
}

/// A connection beside the database.
pub(super) async fn server(options: &PgConnectOptions) -> Result<PgConnection> {
    Ok(PgConnection::connect_with(&options.clone().database("postgres")).await?)
}

/// The name of the database.
pub(super) fn database(options: &PgConnectOptions) -> &str {
    options.get_database().unwrap_or_else(|| options.get_username())
}

/// The name of the copy from before the migration `first`.
fn named(options: &PgConnectOptions, first: i64) -> String {
    format!("{}{first}", prefix(options))
}

/// How the names of its copies begin.
fn prefix(options: &PgConnectOptions) -> String {
    format!("{}_before_", database(options))
}

/// A name as an identifier: it cannot be a parameter where databases are made.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
