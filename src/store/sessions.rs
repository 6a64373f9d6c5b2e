//! Sessions: signed-in browsers. Only the SHA-256 of a session's token is kept.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Error, Result, Tx};
use crate::model::ids::{MemberId, SessionId, UserId};

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub member: MemberId,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// What the browser called itself.
    pub user_agent: Option<String>,
    /// Where it signed in from.
    pub address: Option<String>,
}

/// A session as it is stored.
struct Row {
    id: uuid::Uuid,
    member_id: uuid::Uuid,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    user_agent: Option<String>,
    address: Option<String>,
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            member: row.member_id.into(),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
            user_agent: row.user_agent,
            address: row.address,
        }
    }
}

/// Adds a session.
pub async fn insert(tx: &mut Tx, session: &Session, token_hash: &[u8]) -> Result<()> {
    sqlx::query!(
        r#"insert into sessions (id, token_hash, member_id, created_at, last_seen_at, expires_at, user_agent, address)
           values ($1, $2, $3, $4, $5, $6, $7, $8)"#,
        session.id.0,
        token_hash,
        session.member.0,
        session.created_at,
        session.last_seen_at,
        session.expires_at,
        session.user_agent,
        session.address
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The live session with this token hash.
pub async fn by_token(tx: &mut Tx, token_hash: &[u8], now: DateTime<Utc>) -> Result<Option<Session>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, member_id, created_at, last_seen_at, expires_at, user_agent, address from sessions
           where token_hash = $1 and expires_at > $2"#,
        token_hash,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Session::from))
}

/// The live sessions of a member, the most recently used first.
pub async fn of_member(tx: &mut Tx, member: MemberId, now: DateTime<Utc>) -> Result<Vec<Session>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, member_id, created_at, last_seen_at, expires_at, user_agent, address from sessions
           where member_id = $1 and expires_at > $2 order by last_seen_at desc, id"#,
        member.0,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Session::from).collect())
}

/// Remembers that a session was used, and puts its end off.
pub async fn touch(tx: &mut Tx, id: SessionId, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update sessions set last_seen_at = $2, expires_at = $3 where id = $1", id.0, now, expires_at)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Ends a session of a member; answers its token hash so that caches can forget it.
pub async fn delete(tx: &mut Tx, member: MemberId, id: SessionId) -> Result<Vec<u8>> {
    sqlx::query_scalar!("delete from sessions where id = $1 and member_id = $2 returning token_hash", id.0, member.0)
        .fetch_optional(tx.conn())
        .await?
        .ok_or(Error::NotFound)
}

/// Ends all sessions of a member; answers their token hashes.
pub async fn delete_of_member(tx: &mut Tx, member: MemberId) -> Result<Vec<Vec<u8>>> {
    Ok(sqlx::query_scalar!("delete from sessions where member_id = $1 returning token_hash", member.0)
        .fetch_all(tx.conn())
        .await?)
}

/// Ends all sessions of a user, but for `keep`; answers their token hashes.
pub async fn delete_of_user(tx: &mut Tx, user: UserId, keep: Option<SessionId>) -> Result<Vec<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        r#"delete from sessions s using members m
           where s.member_id = m.id and m.user_id = $1 and ($2::uuid is null or s.id <> $2) returning s.token_hash"#,
        user.0,
        keep.map(|id| id.0)
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Removes sessions that have ended.
pub async fn delete_expired(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    Ok(sqlx::query!("delete from sessions where expires_at <= $1", now).execute(tx.conn()).await?.rows_affected())
}
