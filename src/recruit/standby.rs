//! Watches over a vector server: fills its stand-in from Postgres while it is away, and brings it up to date when it
//! is back, before it searches again.

use std::time::Duration;

use super::{Result, indexing};
use crate::context::Context;
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
    match indexing::compare(ctx, standby.server()).await {
        Ok((kept, indexed)) if kept != indexed => {
            tracing::warn!(kept, indexed, "the vector server lacks passages or has too many, bringing it up to date");
            standby.doubt();
        }
        Ok(_) => {}
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

async fn step(ctx: &Context, standby: &Standby) -> Result<()> {
    match standby.state() {
        State::Server => {
            if standby.server().ready().await.is_err() {
                standby.doubt();
            }
        }
        State::Filling => {
            let passages = indexing::rebuild(ctx, &standby.stand_in(), false, |_| {}).await?;
            standby.filled();
            tracing::warn!(passages, "the vector server is away, this process searches instead");
        }
        State::StandIn | State::Returning => {
            if standby.server().ready().await.is_ok() {
                bring_back(ctx, standby).await?;
            }
        }
    }
    Ok(())
}

async fn bring_back(ctx: &Context, standby: &Standby) -> Result<()> {
    let missed = standby.returning();
    let outcome = async {
        let (kept, indexed) = indexing::compare(ctx, standby.server()).await?;
        if missed || kept != indexed {
            indexing::rebuild(ctx, standby.server(), true, |_| {}).await?;
        }
        Ok(())
    };
    match outcome.await {
        Ok(()) => standby.returned(),
        Err(error) => {
            standby.doubt();
            return Err(error);
        }
    }
    if standby.state() == State::Server {
        tracing::info!("the vector server is back and has everything");
    }
    Ok(())
}
