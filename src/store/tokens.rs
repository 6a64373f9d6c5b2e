//! API tokens. Only the SHA-256 of a token's secret is kept.

use chrono::{DateTime, Utc};

use super::{Error, Result, Tx};
use crate::model::ids::{MemberId, TokenId};
use crate::model::token::Token;

/// Adds a token.
pub async fn insert(tx: &mut Tx, token: &Token, member: MemberId, token_hash: &[u8]) -> Result<()> {
    sqlx::query!(
        r#"insert into api_tokens (id, token_hash, member_id, name, prefix, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7)"#,
        token.id.0,
        token_hash,
        member.0,
        token.name,
        token.prefix,
        token.created_at,
        token.expires_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A token that works: which, whose, and when it ends.
pub type Live = (TokenId, MemberId, Option<DateTime<Utc>>);

/// The live token with this hash.
pub async fn by_hash(tx: &mut Tx, token_hash: &[u8], now: DateTime<Utc>) -> Result<Option<Live>> {
    let row = sqlx::query!(
        r#"select id, member_id, expires_at from api_tokens
           where token_hash = $1 and (expires_at is null or expires_at > $2)"#,
        token_hash,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.id.into(), row.member_id.into(), row.expires_at)))
}

/// A member's tokens, newest first.
pub async fn of_member(tx: &mut Tx, member: MemberId) -> Result<Vec<Token>> {
    let rows = sqlx::query!(
        r#"select id, name, prefix, created_at, last_used_at, expires_at from api_tokens
           where member_id = $1 order by id desc"#,
        member.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Token {
            id: row.id.into(),
            name: row.name,
            prefix: row.prefix,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
        })
        .collect())
}

/// Remembers that a token was used.
pub async fn touch(tx: &mut Tx, id: TokenId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update api_tokens set last_used_at = $2 where id = $1", id.0, now).execute(tx.conn()).await?;
    Ok(())
}

/// Revokes a member's token; answers its hash so that caches can forget it.
pub async fn delete(tx: &mut Tx, member: MemberId, id: TokenId) -> Result<Vec<u8>> {
    sqlx::query_scalar!("delete from api_tokens where id = $1 and member_id = $2 returning token_hash", id.0, member.0)
        .fetch_optional(tx.conn())
        .await?
        .ok_or(Error::NotFound)
}
