//! What the log of calls adds up to: sums by day, tier, feature, model and member, the last calls, and two models side by
//! side. A transaction of a workspace sees that workspace's calls alone.

use chrono::{DateTime, NaiveDate, Utc};

use super::super::{Error, Result, Tx};
use crate::base::secret;
use crate::model::bill::{By, CallRow, Sum};
use crate::model::comparison::Counted;
use crate::model::ids::{CallId, MemberId, WorkspaceId};
use crate::model::interval::Moments;
use crate::model::money::Micros;
use crate::model::spend::{Feature, Tier, Usage};

/// The calls from `from` on and before `to`, added up, with what each sum is of; the dearest first, days in order.
pub async fn sums(tx: &mut Tx, by: By, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<(String, Sum)>> {
    let rows = sqlx::query_as!(
        SumRow,
        r#"select
             case $3::text
               when 'day' then to_char(at at time zone 'UTC', 'YYYY-MM-DD')
               when 'day_tier' then to_char(at at time zone 'UTC', 'YYYY-MM-DD') || ' ' || coalesce(tier, '')
               when 'tier' then coalesce(tier, '')
               when 'feature' then feature
               when 'model' then provider || '/' || model
               when 'member' then coalesce(member_id::text, '')
               when 'each' then concat_ws(chr(9), to_char(at at time zone 'UTC', 'YYYY-MM-DD'), coalesce(tier, ''), feature,
                                          provider || '/' || model, coalesce(member_id::text, ''))
               else '' end as "key!",
             count(*) as "calls!",
             count(*) filter (where outcome = 'cached') as "cached!",
             count(*) filter (where outcome = 'shared') as "shared!",
             count(*) filter (where outcome not in ('answered', 'cached', 'shared')) as "failed!",
             -- What an answer took when it was given first was paid for then.
             coalesce(sum(input_tokens) filter (where outcome not in ('cached', 'shared')), 0)::bigint as "input!",
             coalesce(sum(cached_tokens) filter (where outcome not in ('cached', 'shared')), 0)::bigint as "known!",
             coalesce(sum(output_tokens) filter (where outcome not in ('cached', 'shared')), 0)::bigint as "output!",
             sum(cost)::bigint as "cost!",
             sum(saved_cache)::bigint as "saved_cache!",
             sum(saved_batch)::bigint as "saved_batch!",
             sum(saved_prefix)::bigint as "saved_prefix!",
             sum(saved_tier)::bigint as "saved_tier!"
           from ai_calls where at >= $1 and at < $2 group by 1
           order by case when $3::text in ('day', 'day_tier', 'each') then 0 else -sum(cost) end, 1"#,
        from,
        to,
        by.as_str()
    )
    .fetch_all(tx.conn())
    .await?;
    let part = |row: SumRow| {
        let sum = Sum {
            calls: row.calls,
            cached: row.cached,
            shared: row.shared,
            failed: row.failed,
            input_tokens: row.input,
            cached_tokens: row.known,
            output_tokens: row.output,
            cost: Micros(row.cost),
            saved_cache: Micros(row.saved_cache),
            saved_batch: Micros(row.saved_batch),
            saved_prefix: Micros(row.saved_prefix),
            saved_tier: Micros(row.saved_tier),
        };
        (row.key, sum)
    };
    Ok(rows.into_iter().map(part).collect())
}

struct SumRow {
    key: String,
    calls: i64,
    cached: i64,
    shared: i64,
    failed: i64,
    input: i64,
    known: i64,
    output: i64,
    cost: i64,
    saved_cache: i64,
    saved_batch: i64,
    saved_prefix: i64,
    saved_tier: i64,
}

/// The day of the workspace's first call, UTC.
pub async fn first_day(tx: &mut Tx) -> Result<Option<NaiveDate>> {
    let first = sqlx::query_scalar!("select min(at) from ai_calls").fetch_one(tx.conn()).await?;
    Ok(first.map(|at| at.date_naive()))
}

/// The last calls, newest first, without what was said in them; those before the call `before` where one is given.
pub async fn recent(tx: &mut Tx, before: Option<CallId>, limit: i64) -> Result<Vec<CallRow>> {
    let rows = sqlx::query!(
        r#"select c.id, c.at, c.member_id, u.name as "member?", c.feature, c.tier, c.reason, c.prompt, c.provider, c.model,
             c.outcome, c.input_hash, c.input_tokens, c.cached_tokens, c.output_tokens, c.cost,
             c.saved_cache + c.saved_batch + c.saved_prefix + c.saved_tier as "saved!", c.latency_ms, c.accepted,
             c.compared_with
           from ai_calls c left join members m on m.id = c.member_id left join users u on u.id = m.user_id
           where $1::uuid is null or (c.at, c.id) < (select at, id from ai_calls where id = $1)
           order by c.at desc, c.id desc limit $2"#,
        before.map(|id| id.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    let tokens = |count: i32| u32::try_from(count).unwrap_or_default();
    let mut calls = Vec::with_capacity(rows.len());
    for row in rows {
        let usage = Usage {
            input: tokens(row.input_tokens),
            cached: tokens(row.cached_tokens),
            output: tokens(row.output_tokens),
        };
        calls.push(CallRow {
            id: row.id.into(),
            at: row.at,
            member_id: row.member_id.map(MemberId::from),
            member: row.member,
            feature: row.feature.parse::<Feature>().map_err(Error::Corrupt)?,
            tier: Tier::ALL.into_iter().find(|tier| row.tier.as_deref() == Some(tier.as_str())),
            reason: row.reason,
            prompt: row.prompt,
            model: format!("{}/{}", row.provider, row.model),
            outcome: row.outcome,
            input_hash: secret::hex(&row.input_hash),
            usage,
            cost: Micros(row.cost),
            saved: Micros(row.saved),
            latency_ms: row.latency_ms,
            accepted: row.accepted,
            compared_with: row.compared_with.map(CallId::from),
        });
    }
    Ok(calls)
}

/// What was counted of every chat model, those that were only compared by themselves.
pub async fn sides(tx: &mut Tx, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Counted>> {
    let rows = sqlx::query_as!(
        SideRow,
        r#"select provider || '/' || model as "model!", compared_with is not null as "compared!",
             count(*) filter (where outcome in ('answered', 'garbled', 'empty', 'refused', 'cut_off')) as "answers!",
             count(*) filter (where outcome = 'answered') as "valid!",
             count(accepted) as "judged!", count(*) filter (where accepted) as "accepted!",
             coalesce(avg(latency_ms) filter (where outcome = 'answered'), 0)::float8 as "latency!",
             coalesce(stddev_samp(latency_ms) filter (where outcome = 'answered'), 0)::float8 as "latency_deviation!",
             coalesce(avg(cost) filter (where outcome = 'answered'), 0)::float8 as "cost!",
             coalesce(stddev_samp(cost) filter (where outcome = 'answered'), 0)::float8 as "cost_deviation!"
           from ai_calls where at >= $1 and at < $2 and tier is not null and feature <> 'test'
           group by 1, 2 order by 2, 1"#,
        from,
        to
    )
    .fetch_all(tx.conn())
    .await?;
    let side = |row: SideRow| Counted {
        model: row.model,
        compared: row.compared,
        answers: row.answers,
        valid: row.valid,
        judged: row.judged,
        accepted: row.accepted,
        latency: Moments { count: row.valid, mean: row.latency, deviation: row.latency_deviation },
        cost: Moments { count: row.valid, mean: row.cost, deviation: row.cost_deviation },
    };
    Ok(rows.into_iter().map(side).collect())
}

struct SideRow {
    model: String,
    compared: bool,
    answers: i64,
    valid: i64,
    judged: i64,
    accepted: i64,
    latency: f64,
    latency_deviation: f64,
    cost: f64,
    cost_deviation: f64,
}

/// Questions that two models answered: by whom, and how much more the second took and cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// Who usually answers, as `provider/model`.
    pub usual: String,
    /// Who is compared.
    pub other: String,
    /// Milliseconds more.
    pub latency: Moments,
    /// Micro-dollars more.
    pub cost: Moments,
}

/// The questions that two models answered usably, by the two.
pub async fn pairs(tx: &mut Tx, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Paired>> {
    let rows = sqlx::query_as!(
        PairRow,
        r#"select u.provider || '/' || u.model as "usual!", o.provider || '/' || o.model as "other!", count(*) as "count!",
             avg(o.latency_ms - u.latency_ms)::float8 as "latency!",
             coalesce(stddev_samp(o.latency_ms - u.latency_ms), 0)::float8 as "latency_deviation!",
             avg(o.cost - u.cost)::float8 as "cost!",
             coalesce(stddev_samp(o.cost - u.cost), 0)::float8 as "cost_deviation!"
           from ai_calls o join ai_calls u on u.id = o.compared_with
           where o.at >= $1 and o.at < $2 and o.outcome = 'answered' and u.outcome = 'answered'
           group by 1, 2 order by 3 desc, 1, 2"#,
        from,
        to
    )
    .fetch_all(tx.conn())
    .await?;
    let pair = |row: PairRow| Paired {
        latency: Moments { count: row.count, mean: row.latency, deviation: row.latency_deviation },
        cost: Moments { count: row.count, mean: row.cost, deviation: row.cost_deviation },
        usual: row.usual,
        other: row.other,
    };
    Ok(rows.into_iter().map(pair).collect())
}

struct PairRow {
    usual: String,
    other: String,
    count: i64,
    latency: f64,
    latency_deviation: f64,
    cost: f64,
    cost_deviation: f64,
}

/// What every workspace spent in `period`, with its name: for the operator alone. The dearest first.
pub async fn by_workspace(tx: &mut Tx, period: &str) -> Result<Vec<(WorkspaceId, String, Micros)>> {
    let rows = sqlx::query!(
        r#"select w.id, w.name, c.spent from workspaces w join ai_counters c on c.key = 'workspace:' || w.id::text
           where c.period = $1 order by c.spent desc, w.name"#,
        period
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.name, Micros(row.spent))).collect())
}
