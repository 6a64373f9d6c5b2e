//! Answers that may be used again: what a model said to the same question of the same workspace.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::super::{Result, Tx};
use crate::model::money::Micros;
use crate::model::spend::{Feature, Usage};

/// SHA-256 of what was asked: prompt, its version, and the normalised input.
pub type Key = [u8; 32];

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Who answered, as `provider/model`.
    pub model: String,
    /// What it said.
    pub answer: Value,
    /// Tokens it took.
    pub usage: Usage,
    /// What it cost.
    pub cost: Micros,
}

/// The answer to `key` of one of `models`, the first of them first, unless it was given before `after`.
pub async fn get(tx: &mut Tx, key: &Key, models: &[String], after: DateTime<Utc>) -> Result<Option<Kept>> {
    let row = sqlx::query!(
        r#"select a.model, a.answer, a.input_tokens, a.output_tokens, a.cost from ai_answers a
           join unnest($2::text[]) with ordinality as m(model, place) on m.model = a.model
           where a.key = $1 and a.created_at >= $3 order by m.place limit 1"#,
        &key[..],
        models,
        after
    )
    .fetch_optional(tx.conn())
    .await?;
    let tokens = |count: i32| u32::try_from(count).unwrap_or_default();
    Ok(row.map(|row| Kept {
        model: row.model,
        answer: row.answer,
        usage: Usage { input: tokens(row.input_tokens), cached: 0, output: tokens(row.output_tokens) },
        cost: Micros(row.cost),
    }))
}

/// Keeps an answer.
pub async fn put(tx: &mut Tx, key: &Key, feature: Feature, kept: &Kept, now: DateTime<Utc>) -> Result<()> {
    let workspace = tx.workspace_id();
    sqlx::query!(
        r#"insert into ai_answers (workspace_id, key, model, feature, answer, input_tokens, output_tokens, cost, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           on conflict (workspace_id, key, model) do update set answer = excluded.answer, created_at = excluded.created_at,
             input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, cost = excluded.cost"#,
        workspace.0,
        &key[..],
        kept.model,
        feature.as_str(),
        kept.answer,
        i32::try_from(kept.usage.input).unwrap_or(i32::MAX),
        i32::try_from(kept.usage.output).unwrap_or(i32::MAX),
        kept.cost.0,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets the workspace's answers of before `before`; vectors of queries stay, as they do not age.
pub async fn delete_before(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    Ok(sqlx::query!("delete from ai_answers where created_at < $1 and feature <> 'embedding'", before)
        .execute(tx.conn())
        .await?
        .rows_affected())
}

/// Forgets all of the workspace's answers, as when somebody is erased: an answer may say much of a person.
pub async fn delete_all(tx: &mut Tx) -> Result<u64> {
    let workspace = tx.workspace_id();
    let gone = sqlx::query!("delete from ai_answers where workspace_id = $1", workspace.0).execute(tx.conn()).await?;
    Ok(gone.rows_affected())
}
