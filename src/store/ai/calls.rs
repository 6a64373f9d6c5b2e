//! The log of calls: who asked which model for what, what came of it, what it cost and what was saved; not what was said.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::{Result, Tx};
use crate::model::ids::{CallId, MemberId};
use crate::model::money::Micros;
use crate::model::spend::{Feature, Tier, Usage};

/// What was saved against paying the full price of the top model for everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// By an answer that was there already, or under way.
    pub cache: Micros,
    /// By letting the provider take its time.
    pub batch: Micros,
    /// By a beginning that the provider still knew.
    pub prefix: Micros,
    /// By a smaller model than the top one.
    pub tier: Micros,
}

/// One call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    /// Its id.
    pub id: CallId,
    /// Who asked for it, where it was a member.
    pub member: Option<MemberId>,
    /// When it began.
    pub at: DateTime<Utc>,
    /// What for.
    pub feature: Feature,
    /// The tier; none for embeddings.
    pub tier: Option<Tier>,
    /// Why this tier.
    pub reason: String,
    /// The prompt's name and version, such as `query@1`.
    pub prompt: String,
    /// Who answered.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// What came of it: `answered`, `cached`, `shared`, or why there was no answer.
    pub outcome: String,
    /// SHA-256 of what was sent.
    pub input_hash: Vec<u8>,
    /// Tokens.
    pub usage: Usage,
    /// What it cost.
    pub cost: Micros,
    /// The day from which the price held.
    pub price_from: Option<NaiveDate>,
    /// What was saved.
    pub saved: Saved,
    /// How long it took, in milliseconds.
    pub latency_ms: i32,
    /// The call that this one is compared with.
    pub compared_with: Option<CallId>,
    /// What was sent and answered, where the workspace wants it kept for a while.
    pub contents: Option<Value>,
}

/// Keeps a call; one that was given up as lost before is corrected.
pub async fn insert(tx: &mut Tx, call: &Call) -> Result<()> {
    let workspace = tx.workspace_id();
    let count = |tokens: u32| i32::try_from(tokens).unwrap_or(i32::MAX);
    sqlx::query!(
        r#"insert into ai_calls (id, workspace_id, member_id, at, feature, tier, reason, prompt, provider, model, outcome,
             input_hash, input_tokens, cached_tokens, output_tokens, cost, price_from, saved_cache, saved_batch,
             saved_prefix, saved_tier, latency_ms, compared_with, contents)
           values ($1, $2, (select id from members where id = $3), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
             $16, $17, $18, $19, $20, $21, $22, $23, $24)
           on conflict (id) do update set outcome = excluded.outcome, input_tokens = excluded.input_tokens,
             cached_tokens = excluded.cached_tokens, output_tokens = excluded.output_tokens, cost = excluded.cost,
             saved_cache = excluded.saved_cache, saved_batch = excluded.saved_batch,
             saved_prefix = excluded.saved_prefix, saved_tier = excluded.saved_tier,
             latency_ms = excluded.latency_ms, contents = excluded.contents"#,
        call.id.0,
        workspace.0,
        call.member.map(|id| id.0),
        call.at,
        call.feature.as_str(),
        call.tier.map(Tier::as_str),
        call.reason,
        call.prompt,
        call.provider,
        call.model,
        call.outcome,
        call.input_hash,
        count(call.usage.input),
        count(call.usage.cached),
        count(call.usage.output),
        call.cost.0,
        call.price_from,
        call.saved.cache.0,
        call.saved.batch.0,
        call.saved.prefix.0,
        call.saved.tier.0,
        call.latency_ms,
        call.compared_with.map(|id| id.0),
        call.contents
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What calls took on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// How many there were.
    pub calls: i64,
    /// From the question to the answer, in milliseconds.
    pub latency_ms: u64,
    /// Tokens of an answer.
    pub output_tokens: u32,
}

/// What the workspace's calls of a model for `feature` since `since` took; none where it answered none.
pub async fn measured(
    tx: &mut Tx,
    feature: Feature,
    provider: &str,
    model: &str,
    since: DateTime<Utc>,
) -> Result<Option<Measured>> {
    let row = sqlx::query!(
        r#"select count(*) as "calls!", avg(latency_ms)::float8 as latency, avg(output_tokens)::float8 as output
           from ai_calls where feature = $1 and provider = $2 and model = $3 and at >= $4 and outcome = 'answered'"#,
        feature.as_str(),
        provider,
        model,
        since
    )
    .fetch_one(tx.conn())
    .await?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "averages of small counts")]
    let whole = |average: Option<f64>| average.map(|average| average.round().max(0.0) as u64);
    let averages = whole(row.latency).zip(whole(row.output));
    Ok(averages.map(|(latency_ms, output)| Measured {
        calls: row.calls,
        latency_ms,
        output_tokens: u32::try_from(output).unwrap_or(u32::MAX),
    }))
}

/// Forgets what was said in the workspace's calls, as when somebody is erased; who asked whom and what it cost stays.
pub async fn forget_contents(tx: &mut Tx) -> Result<u64> {
    let forgotten = sqlx::query!("update ai_calls set contents = null where contents is not null").execute(tx.conn());
    Ok(forgotten.await?.rows_affected())
}

/// Notes whether a person took what a call proposed.
pub async fn accept(tx: &mut Tx, id: CallId, accepted: bool) -> Result<bool> {
    let done =
        sqlx::query!("update ai_calls set accepted = $2 where id = $1", id.0, accepted).execute(tx.conn()).await?;
    Ok(done.rows_affected() > 0)
}

/// Forgets the workspace's calls of before `before`, and contents whose time is over.
pub async fn tidy(tx: &mut Tx, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64> {
    sqlx::query!(
        r#"update ai_calls set contents = null where contents is not null
           and not exists (select from ai_settings where contents_until > $1)"#,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(sqlx::query!("delete from ai_calls where at < $1", before).execute(tx.conn()).await?.rows_affected())
}
