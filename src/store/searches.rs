//! The record of searches: what was asked, how it was understood, who was shown in which order.

use chrono::{DateTime, Utc};

use super::{Result, Tx};
use crate::model::ids::{CandidateId, MemberId, QueryId};
use crate::model::query::interpretation::Interpretation;

/// One search, as kept.
#[derive(Debug, Clone)]
pub struct Search {
    /// Its id, given with the answer.
    pub id: QueryId,
    /// Who asked.
    pub member: Option<MemberId>,
    /// What was asked.
    pub query: String,
    /// How it was understood.
    pub interpretation: Interpretation,
    /// The embedding model that ranked.
    pub model: String,
    /// Who was shown, in order.
    pub ranking: Vec<CandidateId>,
    /// How many there were in all.
    pub total: i32,
    /// How long it took, in milliseconds.
    pub took_ms: i32,
    /// When.
    pub at: DateTime<Utc>,
}

/// Keeps a search.
pub async fn insert(tx: &mut Tx, search: &Search) -> Result<()> {
    let workspace = tx.workspace_id();
    let ranking: Vec<uuid::Uuid> = search.ranking.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"insert into searches (id, workspace_id, member_id, query, interpretation, model, ranking, total, took_ms, at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"#,
        search.id.0,
        workspace.0,
        search.member.map(|id| id.0),
        search.query,
        serde_json::to_value(&search.interpretation)?,
        search.model,
        &ranking,
        search.total,
        search.took_ms,
        search.at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes the workspace's searches from before `before`.
pub async fn delete_before(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    Ok(sqlx::query!("delete from searches where at < $1", before).execute(tx.conn()).await?.rows_affected())
}
