//! One-time links: the first owner's set-up, invitations, new passwords. Only the token's SHA-256 is kept.

use chrono::{DateTime, Utc};

use super::{Result, Tx};
use crate::model::ids::MemberId;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The first owner's account.
    Setup,
    /// A member's first password.
    Invitation,
    /// A member's new password.
    Password,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Invitation => "invitation",
            Self::Password => "password",
        }
    }
}

/// Adds a link that works once until `expires_at`. Earlier links of the same purpose and member stop working.
pub async fn insert(
    tx: &mut Tx,
    token_hash: &[u8],
    purpose: Purpose,
    member: Option<MemberId>,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "delete from links where purpose = $1 and member_id is not distinct from $2 and used_at is null",
        purpose.as_str(),
        member.map(|id| id.0)
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into links (token_hash, purpose, member_id, created_at, expires_at) values ($1, $2, $3, $4, $5)",
        token_hash,
        purpose.as_str(),
        member.map(|id| id.0),
        now,
        expires_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Uses a link up. Answers whom it is for (nobody yet, for a set-up link); `None` when it is unknown, used or too old.
pub async fn take(
    tx: &mut Tx,
    token_hash: &[u8],
    purposes: &[Purpose],
    now: DateTime<Utc>,
) -> Result<Option<Option<MemberId>>> {
    let purposes: Vec<String> = purposes.iter().map(|purpose| purpose.as_str().to_owned()).collect();
    let row = sqlx::query!(
        r#"update links set used_at = $3
           where token_hash = $1 and purpose = any($2) and used_at is null and expires_at > $3 returning member_id"#,
        token_hash,
        &purposes,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| row.member_id.map(MemberId::from)))
}

/// Whether a link for the first owner would still work.
pub async fn is_open(tx: &mut Tx, token_hash: &[u8], now: DateTime<Utc>) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from links
           where token_hash = $1 and purpose = 'setup' and used_at is null and expires_at > $2) as "open!""#,
        token_hash,
        now
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Removes links that no longer lead anywhere: used, or too old.
pub async fn delete_spent(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    Ok(sqlx::query!("delete from links where used_at is not null or expires_at <= $1", now)
        .execute(tx.conn())
        .await?
        .rows_affected())
}
