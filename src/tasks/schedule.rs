//! What is done by the clock and not because somebody asked. Several processes may do it at once: nothing here minds.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::ops::upgrade;
use crate::recruit::{erasure, housekeeping, reading};

/// How often what is over is removed. Nothing depends on it: a session that has ended is refused whether it is there
/// or not.
const TIDY_EVERY: Duration = Duration::from_hours(1);

/// How often it is looked what became of the questions that a provider answers within a day.
const COLLECT_EVERY: Duration = Duration::from_mins(1);

/// How often documents are looked for that nobody needs: all folders of the store are read for it.
const SWEEP_EVERY: Duration = Duration::from_hours(24);

/// Tidies up and looks for resumes of an earlier reader, at the start and then hourly, until `stop`. Hourly, because a
/// process of the version before may go on for a while.
pub async fn run(ctx: Context, stop: CancellationToken) {
    let (mut hourly, mut often) = (interval(TIDY_EVERY), interval(COLLECT_EVERY));
    hourly.set_missed_tick_behavior(MissedTickBehavior::Delay);
    often.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut daily = interval_at(Instant::now() + TIDY_EVERY, SWEEP_EVERY);
    daily.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = daily.tick() => sweep(&ctx).await,
            _ = hourly.tick() => {
                if let Err(error) = reading::begin(&ctx).await {
                    tracing::warn!(%error, "cannot look for resumes of an earlier reader, trying again in an hour");
                }
                tidy(&ctx).await;
            }
            _ = often.tick() => {
                if let Err(error) = ctx.ai.collect_all().await {
                    tracing::warn!(%error, "cannot look what became of batches, trying again");
                }
            }
            () = stop.cancelled() => return,
        }
    }
}

async fn sweep(ctx: &Context) {
    match erasure::sweep(ctx).await {
        Ok(0) => {}
        Ok(documents) => tracing::info!(documents, "erased documents that nothing names any more"),
        Err(error) => tracing::warn!(%error, "cannot look for documents that nobody needs, trying again in a day"),
    }
}

async fn tidy(ctx: &Context) {
    match upgrade::tidy(ctx).await {
        Ok(0) => {}
        Ok(copies) => tracing::info!(copies, "removed copies of the database from before an upgrade"),
        Err(error) => tracing::warn!(%error, "cannot look for old copies of the database, trying again in an hour"),
    }
    match housekeeping::tidy(ctx).await {
        Ok(removed) if removed == housekeeping::Removed::default() => {}
        Ok(removed) => tracing::info!(
            sessions = removed.sessions,
            links = removed.links,
            tasks = removed.tasks,
            searches = removed.searches,
            calls = removed.calls,
            mails = removed.mails,
            "removed what was over"
        ),
        Err(error) => tracing::warn!(%error, "cannot tidy up, trying again in an hour"),
    }
}
