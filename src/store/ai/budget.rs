//! Reservations: the worst that a call can cost is set aside before it, in one transaction with the check of every limit
//! it falls under, and replaced by what it did cost afterwards, in another. Counters are locked in one order, so that
//! any number of processes may do it at once.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::super::{Result, Store, Tx};
use crate::model::ids::{CallId, WorkspaceId};
use crate::model::money::Micros;

/// A sum that is counted, and how far it may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// Of whom or what, such as `appliance` or `workspace:…`.
    pub key: String,
    /// The month (`2026-11`) or the day (`2026-11-27`), UTC.
    pub period: String,
    /// What it may not exceed; none where it is only counted.
    pub limit: Option<Micros>,
}

/// What a counter says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Set aside for calls under way.
    pub reserved: Micros,
    /// Spent.
    pub spent: Micros,
}

/// A reservation to be made.
#[derive(Debug)]
pub struct NewReservation<'a> {
    /// The call's id.
    pub id: CallId,
    /// Whose.
    pub workspace: WorkspaceId,
    /// What it is counted under.
    pub counters: &'a [Counter],
    /// The most it can cost.
    pub worst: Micros,
    /// What is known of the call beforehand, for the log if its end is never heard of.
    pub call: &'a Value,
    /// The process that makes the call.
    pub holder: Uuid,
    /// Until when it is believed to be under way unless its process says so again.
    pub lease_until: DateTime<Utc>,
}

/// Sets money aside; or, where one of the counters has too little left, changes nothing and answers which.
pub async fn reserve(tx: &mut Tx, new: &NewReservation<'_>, now: DateTime<Utc>) -> Result<Option<usize>> {
    let (keys, periods): (Vec<String>, Vec<String>) =
        new.counters.iter().map(|counter| (counter.key.clone(), counter.period.clone())).unzip();
    let mut counted = lock(tx, &keys, &periods).await?;
    if counted.len() < keys.len() {
        sqlx::query!(
            r#"insert into ai_counters (key, period)
               select key, period from unnest($1::text[], $2::text[]) as t(key, period) order by key, period
               on conflict do nothing"#,
            &keys,
            &periods
        )
        .execute(tx.conn())
        .await?;
        counted = lock(tx, &keys, &periods).await?;
    }
    for (place, counter) in new.counters.iter().enumerate() {
        let found = counted.iter().find(|(key, period, _)| *key == counter.key && *period == counter.period);
        let taken = found.map_or(Micros::ZERO, |(_, _, counted)| counted.reserved + counted.spent);
        if counter.limit.is_some_and(|limit| taken + new.worst > limit) {
            return Ok(Some(place));
        }
    }
    sqlx::query!(
        r#"with counted as (
             update ai_counters c set reserved = reserved + $3
             from unnest($1::text[], $2::text[]) as t(key, period) where c.key = t.key and c.period = t.period)
           insert into ai_reservations (id, workspace_id, keys, periods, worst, call, holder, lease_until, created_at)
           values ($4, $5, $1, $2, $3, $6, $7, $8, $9)"#,
        &keys,
        &periods,
        new.worst.0,
        new.id.0,
        new.workspace.0,
        new.call,
        new.holder,
        new.lease_until,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(None)
}

/// The counters' rows, held until the transaction ends.
async fn lock(tx: &mut Tx, keys: &[String], periods: &[String]) -> Result<Vec<(String, String, Counted)>> {
    let rows = sqlx::query!(
        r#"select c.key, c.period, c.reserved, c.spent from ai_counters c
           join unnest($1::text[], $2::text[]) as t(key, period) on c.key = t.key and c.period = t.period
           order by c.key, c.period for update of c"#,
        keys,
        periods
    )
    .fetch_all(tx.conn())
    .await?;
    let counted = rows
        .into_iter()
        .map(|row| (row.key, row.period, Counted { reserved: Micros(row.reserved), spent: Micros(row.spent) }));
    Ok(counted.collect())
}

/// Replaces a reservation by what the call did cost. Answers whether it was still there: a reservation is settled once,
/// however many processes try. One that was given up as lost before is corrected.
pub async fn settle(tx: &mut Tx, id: CallId, cost: Micros) -> Result<bool> {
    let gone = sqlx::query!(
        r#"delete from ai_reservations where id = $1 returning keys, periods, worst, lost_at is not null as "lost!""#,
        id.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = gone else { return Ok(false) };
    lock(tx, &row.keys, &row.periods).await?;
    let (freed, spent) = if row.lost { (0, cost.0 - row.worst) } else { (row.worst, cost.0) };
    sqlx::query!(
        r#"update ai_counters c set reserved = reserved - $3, spent = spent + $4
           from unnest($1::text[], $2::text[]) as t(key, period) where c.key = t.key and c.period = t.period"#,
        &row.keys,
        &row.periods,
        freed,
        spent
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// The calls whose process is not heard of any more. A lease further ahead than any is given was given by a clock that was
/// wrong.
pub async fn stranded(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<(CallId, WorkspaceId)>> {
    let rows = sqlx::query!(
        r#"select id, workspace_id from ai_reservations where lost_at is null
           and (lease_until < $1 or lease_until > $1::timestamptz + interval '10 minutes') order by id"#,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.workspace_id.into())).collect())
}

/// Counts a stranded reservation as spent: its provider has perhaps been paid. Answers what was set aside and what is known
/// of the call; none where somebody else has settled it, or does so now.
pub async fn give_up(tx: &mut Tx, id: CallId, now: DateTime<Utc>) -> Result<Option<(Micros, Value)>> {
    let found = sqlx::query!(
        r#"update ai_reservations set lost_at = $2
           where id = (select id from ai_reservations where id = $1 and lost_at is null
                       and (lease_until < $2 or lease_until > $2::timestamptz + interval '10 minutes')
                       for update skip locked)
           returning keys, periods, worst, call"#,
        id.0,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = found else { return Ok(None) };
    lock(tx, &row.keys, &row.periods).await?;
    sqlx::query!(
        r#"update ai_counters c set reserved = reserved - $3, spent = spent + $3
           from unnest($1::text[], $2::text[]) as t(key, period) where c.key = t.key and c.period = t.period"#,
        &row.keys,
        &row.periods,
        row.worst
    )
    .execute(tx.conn())
    .await?;
    Ok(Some((Micros(row.worst), row.call)))
}

/// Makes of reservations ones whose lease is over and that nobody renews, so that they are given up like any that is
/// stranded; those that were settled are not there any more.
pub async fn strand(tx: &mut Tx, ids: &[Uuid], now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update ai_reservations set lease_until = $2, holder = $3 where id = any($1) and lost_at is null",
        ids,
        now,
        Uuid::nil()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes their leases from reservations whose calls take a day, once something else answers for them.
pub async fn hold(tx: &mut Tx, ids: &[Uuid]) -> Result<()> {
    sqlx::query!("update ai_reservations set lease_until = null where id = any($1)", ids).execute(tx.conn()).await?;
    Ok(())
}

/// What counters say, in the order of `counters`.
pub async fn counted(tx: &mut Tx, counters: &[Counter]) -> Result<Vec<Counted>> {
    let (keys, periods): (Vec<String>, Vec<String>) =
        counters.iter().map(|counter| (counter.key.clone(), counter.period.clone())).unzip();
    let rows = sqlx::query!(
        r#"select coalesce(c.reserved, 0) as "reserved!", coalesce(c.spent, 0) as "spent!"
           from unnest($1::text[], $2::text[]) with ordinality as t(key, period, place)
           left join ai_counters c on c.key = t.key and c.period = t.period order by t.place"#,
        &keys,
        &periods
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| Counted { reserved: Micros(row.reserved), spent: Micros(row.spent) }).collect())
}

/// Forgets lost reservations of before `before`, whose end will not be heard of any more, and days and months of before
/// `period`.
pub async fn tidy(tx: &mut Tx, before: DateTime<Utc>, period: &str) -> Result<()> {
    sqlx::query!("delete from ai_reservations where lost_at < $1", before).execute(tx.conn()).await?;
    sqlx::query!("delete from ai_counters where period < $1 and reserved = 0", period).execute(tx.conn()).await?;
    Ok(())
}

impl Store {
    /// Says that the calls of `holder` that began after `after` are still under way.
    pub async fn renew_reservations(
        &self,
        holder: Uuid,
        after: DateTime<Utc>,
        lease_until: DateTime<Utc>,
    ) -> Result<()> {
        sqlx::query!(
            r#"update ai_reservations set lease_until = $3
               where holder = $1 and created_at > $2 and lost_at is null and lease_until is not null"#,
            holder,
            after,
            lease_until
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
