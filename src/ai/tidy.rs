//! What is done by the clock: batches are looked at, and what is over is forgotten.

use chrono::TimeDelta;

use super::Door;
use super::ledger::month;
use crate::store::ai::{answers, batches, budget, calls};
use crate::store::{self, accounts};

/// How long the log of calls is kept: a year, so that each month can be compared with the same of the year before.
const CALLS: TimeDelta = TimeDelta::days(400);

/// How long the end of a call that was given up may still be heard of; no provider answers later than its batches.
const LOST: TimeDelta = TimeDelta::days(3);

impl Door {
    /// Looks what became of every workspace's batches.
    pub async fn collect_all(&self) -> store::Result<()> {
        let workspaces = accounts::workspaces(&mut self.0.store.system().await?).await?;
        for (workspace, _) in workspaces {
            self.collect(workspace).await?;
        }
        Ok(())
    }

    /// Forgets answers that are not used any more, calls and counters of long ago, and contents whose time is over.
    pub async fn tidy(&self) -> store::Result<()> {
        let now = self.0.clock.now();
        let config = self.0.providers.config();
        let mut tx = self.0.store.system().await?;
        let workspaces = accounts::workspaces(&mut tx).await?;
        budget::tidy(&mut tx, now - LOST, &month(now - CALLS)).await?;
        tx.commit().await?;
        for (workspace, _) in workspaces {
            let mut tx = self.0.store.workspace(workspace).await?;
            calls::tidy(&mut tx, now - CALLS, now).await?;
            answers::delete_before(&mut tx, now - TimeDelta::days(config.ai.cache_days)).await?;
            batches::tidy(&mut tx, now - CALLS).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
