//! Notices: what changed, told to every process at the moment it is committed (Postgres `NOTIFY`).

use serde::{Deserialize, Serialize};
use sqlx::postgres::PgListener;

use super::{Result, Store, Tx};
use crate::model::ids::{CandidateId, UploadId, WorkspaceId};

const CHANNEL: &str = "talentprompt";

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// An upload moved on.
    Upload {
        /// Whose.
        workspace: WorkspaceId,
        /// Which.
        id: UploadId,
    },
    /// A candidate's passages are ready for the index, or their profile changed.
    Candidate {
        /// Whose.
        workspace: WorkspaceId,
        /// Which.
        id: CandidateId,
    },
    /// A candidate was deleted.
    CandidateDeleted {
        /// Whose.
        workspace: WorkspaceId,
        /// Which.
        id: CandidateId,
    },
    /// What a workspace lets models do has changed.
    Ai {
        /// Whose.
        workspace: WorkspaceId,
    },
    /// There is a new task.
    Task,
    /// There is a new mail to be sent.
    Mail,
    /// Something may have changed that nobody was told of.
    Missed,
}

/// Tells `notice` to all listeners when the transaction is committed.
pub async fn notify(tx: &mut Tx, notice: &Notice) -> Result<()> {
    let payload = serde_json::to_string(notice)?;
    sqlx::query!("select pg_notify($1, $2)", CHANNEL, payload).fetch_one(tx.conn()).await?;
    Ok(())
}

/// Hears notices.
#[derive(Debug)]
pub struct Listener(PgListener);

impl Store {
    /// Starts to listen. Notices sent before this returns are not heard.
    pub async fn notices(&self) -> Result<Listener> {
        let mut listener = self.listen().await?;
        listener.listen(CHANNEL).await?;
        Ok(Listener(listener))
    }
}

impl Listener {
    /// The next notice; `None` when the connection was lost and made again, so that something may have been missed.
    pub async fn next(&mut self) -> Result<Option<Notice>> {
        let Some(notification) = self.0.try_recv().await? else { return Ok(None) };
        Ok(Some(serde_json::from_str(notification.payload())?))
    }
}
