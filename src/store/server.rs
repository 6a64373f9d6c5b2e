//! The database server itself, asked on a connection of its own and not through the pool: does it work, which version is
//! it, how much does it keep.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

use super::{Result, Store, options};

/// What the server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its version: `15.14`.
    pub version: String,
    /// Bytes of the database on disk.
    pub bytes: i64,
}

/// How much a table keeps.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TableSize {
    /// Its name.
    pub name: String,
    /// Rows, as Postgres estimates them.
    pub rows: i64,
    /// Bytes on disk with its indexes.
    pub bytes: i64,
}

impl Store {
    /// How much each table keeps, of all workspaces together.
    pub async fn table_sizes(&self) -> Result<Vec<TableSize>> {
        Ok(sqlx::query_as!(
            TableSize,
            r#"select relname::text as "name!", n_live_tup as "rows!", pg_total_relation_size(relid) as "bytes!"
               from pg_stat_user_tables order by relname"#
        )
        .fetch_all(&self.pool)
        .await?)
    }
}

/// Proves by a query that the server of `url` works. A server whose connections are all taken works, but says nothing
/// of itself.
///
/// # Errors
/// [`super::Error::Unavailable`] when it does not answer, or says that it starts or stops; any other error is an answer.
pub async fn probe(url: &str) -> Result<Option<Server>> {
    ask(&options(url)?, None).await
}

/// As [`probe`], on a connection to another database: while one is copied before an upgrade, whoever connects to it waits
/// until that is over, and a server that copies is not one that hangs.
///
/// # Errors
/// As [`probe`].
pub async fn probe_beside(url: &str) -> Result<Option<Server>> {
    let options = options(url)?;
    let name = options.get_database().map(str::to_owned);
    ask(&options.database("postgres"), name).await
}

async fn ask(options: &PgConnectOptions, name: Option<String>) -> Result<Option<Server>> {
    // too_many_connections (PostgreSQL, appendix A)
    const FULL: &str = "53300";
    let asked = async {
        let mut connection = PgConnection::connect_with(options).await?;
        let server = sqlx::query_as!(
            Server,
            r#"select split_part(current_setting('server_version'), ' ', 1) as "version!",
                      coalesce((select pg_database_size(oid) from pg_database
                                where datname = coalesce($1::text, current_database()::text)), 0) as "bytes!""#,
            name
        )
        .fetch_one(&mut connection)
        .await?;
        connection.close().await?;
        Ok(server)
    };
    match asked.await {
        Ok(server) => Ok(Some(server)),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(FULL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
