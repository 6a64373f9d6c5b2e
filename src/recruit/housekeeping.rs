//! What is kept for a time only, and removed when the time is over. Each removal can be repeated without harm.

use chrono::TimeDelta;

use super::Result;
use crate::ai::ledger;
use crate::context::Context;
use crate::store::ai::{answers, batches, budget, calls};
use crate::store::{accounts, links, outbox, queue, searches, sessions, suppressions};

/// How long the record of a search is kept: twice the six months that Regulation (EU) 2024/1689, article 26(6), asks
/// for at least; for longer there would be no purpose (GDPR, article 5(1)(e)).
const SEARCHES_KEPT: TimeDelta = TimeDelta::days(365);

/// How long a task that was given up can be looked at. What it was about keeps its own status and stays.
const DEAD_TASKS_KEPT: TimeDelta = TimeDelta::days(90);

/// How long the log of calls is kept, and the sums that limits are held to: a month and the same one a year before.
const CALLS_KEPT: TimeDelta = TimeDelta::days(400);

/// How long a call whose end was not heard of may still be corrected by it.
const LOST_CALLS_KEPT: TimeDelta = TimeDelta::days(30);

/// How long a mail that was sent or given up can be looked at, with what it said and to whom.
const MAILS_KEPT: TimeDelta = TimeDelta::days(30);

/// How long a link unsubscribes: longer than the mail it stands in is likely to be kept.
const UNSUBSCRIBE_LINKS_KEPT: TimeDelta = TimeDelta::days(730);

/// How many rows were removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Sessions that have ended.
    pub sessions: u64,
    /// One-time links that were used or are too old.
    pub links: u64,
    /// Tasks that were given up long ago.
    pub tasks: u64,
    /// Records of searches.
    pub searches: u64,
    /// Calls of models, and answers that were kept to be used again.
    pub calls: u64,
    /// Mails, with what they said.
    pub mails: u64,
}

/// Removes everything whose time is over.
pub async fn tidy(ctx: &Context) -> Result<Removed> {
    let now = ctx.now();
    let mut tx = ctx.store.system().await?;
    let mut removed = Removed {
        sessions: sessions::delete_expired(&mut tx, now).await?,
        links: links::delete_spent(&mut tx, now).await?,
        tasks: queue::delete_dead(&mut tx, now - DEAD_TASKS_KEPT).await?,
        searches: 0,
        calls: 0,
        mails: outbox::delete_ended(&mut tx, now - MAILS_KEPT).await?,
    };
    outbox::delete_days(&mut tx, (now - MAILS_KEPT).date_naive()).await?;
    suppressions::delete_links(&mut tx, now - UNSUBSCRIBE_LINKS_KEPT).await?;
    budget::tidy(&mut tx, now - LOST_CALLS_KEPT, &ledger::month(now - CALLS_KEPT)).await?;
    let workspaces = accounts::workspaces(&mut tx).await?;
    tx.commit().await?;
    for (workspace, _) in workspaces {
        let mut tx = ctx.store.workspace(workspace).await?;
        removed.searches += searches::delete_before(&mut tx, now - SEARCHES_KEPT).await?;
        // What was said in calls goes when the time that the workspace set for it is over.
        removed.calls += calls::tidy(&mut tx, now - CALLS_KEPT, now).await?;
        let answers_kept = TimeDelta::days(ctx.config.get().ai.cache_days);
        removed.calls += batches::tidy(&mut tx, now - CALLS_KEPT).await?;
        removed.calls += answers::delete_before(&mut tx, now - answers_kept).await?;
        tx.commit().await?;
    }
    Ok(removed)
}
