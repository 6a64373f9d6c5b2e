//! Watches over a vector server: fills its stand-in from Postgres while it is away, and brings it up to date when it
//! is back, before it searches again.

use std::time::Duration;

use super::{Result, indexing};
use crate::context::Context;
use crate::gateways::vectors::Ready;
use crate::gateways::vectors::standby::{Standby, State};

/// How often the server is asked whether it is there.
const PROBE: Duration = Duration::from_secs(2);

/// Whether the stand-in searches at this moment.
pub fn stands_in(ctx: &Context) -> bool {
    ctx.vectors.standby().is_some_and(|standby| standby.state() != State::Server)
}

/// Fills the stand-in at once when the server is away, so that the first search finds something.
pub async fn prepare(ctx: &Context) -> Result<()> {
    let Some(standby) = ctx.vectors.standby() else { return Ok(()) };
    step(ctx, standby).await?;
    if standby.state() == State::Filling { step(ctx, standby).await } else { Ok(()) }
}

/// Watches for as long as it is polled; ends at once for an engine in the process, which cannot be away.
pub async fn watch(ctx: &Context) {
    let Some(standby) = ctx.vectors.standby() else { return };
    let mut changes = standby.changes();
    match twice(ctx, standby, |kept, indexed| kept != indexed).await {
        Ok(true) => {
            tracing::warn!("the vector server lacks passages or has too many, bringing it up to date");
            standby.doubt();
        }
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, "cannot compare the vector server with the database"),
    }
    loop {
        match step(ctx, standby).await {
            Err(error) => {
                tracing::warn!(%error, state = ?standby.state(), "cannot stand in for the vector server, trying again");
                tokio::time::sleep(PROBE).await;
            }
            Ok(()) if standby.state() == State::Filling => {}
            // The stand-in is filled the moment it is needed; everything else has time.
            Ok(()) => drop(tokio::time::timeout(PROBE, changes.wait_for(|state| *state == State::Filling)).await),
        }
    }
}

/// Whether `wrong` holds for the counts of passages kept and indexed, and again a little later: once alone it holds
/// whenever a worker is between its commit and the index.
async fn twice(ctx: &Context, standby: &Standby, wrong: impl Fn(u64, u64) -> bool) -> Result<bool> {
    for pause in [Duration::ZERO, PROBE] {
        tokio::time::sleep(pause).await;
        let (kept, indexed) = indexing::compare(ctx, standby.server()).await?;
        if !wrong(kept, indexed) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn step(ctx: &Context, standby: &Standby) -> Result<()> {
    match standby.state() {
        State::Server => {
            if !matches!(standby.server().ready().await, Ok(Ready::Whole)) {
                standby.doubt();
            }
        }
        State::Filling => {
            let passages = indexing::rebuild(ctx, &standby.stand_in(), false, |_| {}).await?;
            standby.filled();
            tracing::warn!(passages, "the vector server is away or lacks something, this process searches instead");
        }
        State::StandIn | State::Returning => {
            if standby.server().ready().await.is_ok() {
                bring_back(ctx, standby).await?;
            }
        }
    }
    Ok(())
}

/// One process at a time fills the server; the others look again later, and then find it whole. It is filled before
/// anything is taken out: only points that no passage belongs to any more, which are seen by their number, make it start
/// anew.
async fn bring_back(ctx: &Context, standby: &Standby) -> Result<()> {
    let Some(_turn) = ctx.store.filling_turn().await? else { return Ok(()) };
    let missed = standby.returning();
    let outcome = async {
        let lacking = standby.server().ready().await? == Ready::Lacking;
        let (kept, indexed) = indexing::compare(ctx, standby.server()).await?;
        if missed || lacking || kept != indexed {
            indexing::rebuild(ctx, standby.server(), false, |_| {}).await?;
            if twice(ctx, standby, |kept, indexed| indexed > kept).await? {
                indexing::rebuild(ctx, standby.server(), true, |_| {}).await?;
            }
        }
        Ok(())
    };
    match outcome.await {
        Ok(()) => standby.returned(),
        Err(error) => {
            standby.miss();
            return Err(error);
        }
    }
    if standby.state() == State::Server {
        tracing::info!("the vector server is back and has everything");
    }
    Ok(())
}
