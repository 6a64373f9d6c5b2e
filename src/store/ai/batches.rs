//! Questions that a provider answers within a day, for less.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::super::{Result, Tx};
use crate::model::ids::CallId;
use crate::model::spend::Feature;

/// A batch under way.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Its id.
    pub id: Uuid,
    /// Who answers.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// The provider's name of it; none where it was not handed over, or nobody knows.
    pub provider_id: Option<String>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

/// One question of a batch; its id is that of its reservation.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its call.
    pub id: CallId,
    /// What it asks, as answers are kept by.
    pub key: Vec<u8>,
    /// What for.
    pub feature: Feature,
    /// The log's entry of the call.
    pub call: Value,
}

/// Begins a batch with its questions.
pub async fn insert(tx: &mut Tx, batch: &Batch, items: &[Item]) -> Result<()> {
    let workspace = tx.workspace_id();
    sqlx::query!(
        r#"insert into ai_batches (id, workspace_id, provider, model, state, created_at)
           values ($1, $2, $3, $4, 'collecting', $5)"#,
        batch.id,
        workspace.0,
        batch.provider,
        batch.model,
        batch.created_at
    )
    .execute(tx.conn())
    .await?;
    for item in items {
        sqlx::query!(
            r#"insert into ai_batch_items (id, workspace_id, batch_id, key, feature, request, subject)
               values ($1, $2, $3, $4, $5, $6, '{}')"#,
            item.id.0,
            workspace.0,
            batch.id,
            item.key,
            item.feature.as_str(),
            item.call
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Notes that the provider has it.
pub async fn set_sent(tx: &mut Tx, id: Uuid, provider_id: &str, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update ai_batches set state = 'sent', provider_id = $2, sent_at = $3 where id = $1",
        id,
        provider_id,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes that it is over. Answers whether somebody else was quicker.
pub async fn finish(tx: &mut Tx, id: Uuid, error: Option<&str>, now: DateTime<Utc>) -> Result<bool> {
    let state = if error.is_some() { "failed" } else { "done" };
    let done = sqlx::query!(
        r#"update ai_batches set state = $2, error = $3, done_at = $4 where id = $1 and state in ('collecting', 'sent')"#,
        id,
        state,
        error,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The workspace's batches that are not over, oldest first.
pub async fn open(tx: &mut Tx) -> Result<Vec<Batch>> {
    let rows = sqlx::query!(
        r#"select id, provider, model, provider_id, created_at from ai_batches where state in ('collecting', 'sent')
           order by created_at"#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Batch {
            id: row.id,
            provider: row.provider,
            model: row.model,
            provider_id: row.provider_id,
            created_at: row.created_at,
        })
        .collect())
}

/// A batch's questions.
pub async fn items(tx: &mut Tx, batch: Uuid) -> Result<Vec<Item>> {
    let rows = sqlx::query!("select id, key, feature, request from ai_batch_items where batch_id = $1", batch)
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter()
        .map(|row| {
            let feature = row.feature.parse().map_err(super::super::Error::Corrupt)?;
            Ok(Item { id: row.id.into(), key: row.key, feature, call: row.request })
        })
        .collect()
}

/// The keys of questions that wait in a batch, of those given: they are not asked a second time meanwhile.
pub async fn waiting(tx: &mut Tx, keys: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        r#"select i.key from ai_batch_items i join ai_batches b on b.id = i.batch_id
           where b.state in ('collecting', 'sent') and i.key = any($1)"#,
        keys
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Forgets what is over since before `before`.
pub async fn tidy(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    Ok(sqlx::query!("delete from ai_batches where done_at < $1", before).execute(tx.conn()).await?.rows_affected())
}
