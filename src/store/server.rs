//! The database server itself, asked on a connection of its own and not through the pool: does it work, which version is
//! it, how much does it keep.

use sqlx::{Connection, PgConnection};

use super::{Result, options};

/// What the server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its version: `15.14`.
    pub version: String,
    /// Bytes of the database on disk.
    pub bytes: i64,
}

/// Proves by a query that the server of `url` works. A server whose connections are all taken works, but says nothing
/// of itself.
///
/// # Errors
/// [`super::Error::Unavailable`] when it does not answer, or says that it starts or stops; any other error is an answer.
pub async fn probe(url: &str) -> Result<Option<Server>> {
    // too_many_connections (PostgreSQL, appendix A)
    const FULL: &str = "53300";
    let options = options(url)?;
    let asked = async {
        let mut connection = PgConnection::connect_with(&options).await?;
        let server = sqlx::query_as!(
            Server,
            r#"select split_part(current_setting('server_version'), ' ', 1) as "version!",
                      pg_database_size(current_database()) as "bytes!""#
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
