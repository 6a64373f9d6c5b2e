//! Addresses that nothing is sent to, and the links with which somebody asks for that. They hold for all workspaces: mail
//! that comes back or is called spam harms the name of the one sender they share.

use chrono::{DateTime, Utc};

use super::{Error, Result, Tx};
use crate::model::mail::Reason;

/// An address that nothing is sent to.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Suppression {
    /// The e-mail, lower case.
    pub address: String,
    /// Why.
    pub reason: Reason,
    /// What was said of it.
    pub detail: String,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// Sends nothing to `email` any more. What holds back bulk mail alone gives way to what holds back all of it.
pub async fn add(tx: &mut Tx, email: &str, reason: Reason, detail: &str, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        r#"insert into suppressions as s (address, reason, detail, at) values (lower($1), $2, $3, $4)
           on conflict (address) do update set reason = $2, detail = $3, at = $4 where s.reason = 'unsubscribe'"#,
        email,
        reason.as_str(),
        detail,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Why nothing is sent to `email`, where that is so.
pub async fn find(tx: &mut Tx, email: &str) -> Result<Option<Reason>> {
    let reason = sqlx::query_scalar!("select reason from suppressions where address = lower($1)", email)
        .fetch_optional(tx.conn())
        .await?;
    reason.map(|reason| reason.parse().map_err(Error::Corrupt)).transpose()
}

/// Every one, the newest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<Suppression>> {
    let rows = sqlx::query!("select address, reason, detail, at from suppressions order by at desc, address")
        .fetch_all(tx.conn())
        .await?;
    let read = rows.into_iter().map(|row| {
        let reason = row.reason.parse().map_err(Error::Corrupt)?;
        Ok(Suppression { address: row.address, reason, detail: row.detail, at: row.at })
    });
    read.collect()
}

/// How many there are.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"select count(*) as "count!" from suppressions"#).fetch_one(tx.conn()).await?)
}

/// Sends to `email` again. False when nothing held it back.
pub async fn remove(tx: &mut Tx, email: &str) -> Result<bool> {
    let removed = sqlx::query!("delete from suppressions where address = lower($1)", email).execute(tx.conn()).await?;
    Ok(removed.rows_affected() == 1)
}

/// Keeps a link with which `email` unsubscribes.
pub async fn insert_link(tx: &mut Tx, token_hash: &[u8], email: &str, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into unsubscribe_links (token_hash, address, created_at) values ($1, lower($2), $3)",
        token_hash,
        email,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Who unsubscribes with this link. It works as often as it is used.
pub async fn by_link(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!("select address from unsubscribe_links where token_hash = $1", token_hash)
        .fetch_optional(tx.conn())
        .await?)
}

/// Removes links that were made before `before`.
pub async fn delete_links(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    Ok(sqlx::query!("delete from unsubscribe_links where created_at < $1", before)
        .execute(tx.conn())
        .await?
        .rows_affected())
}
