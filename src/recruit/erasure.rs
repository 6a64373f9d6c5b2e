//! Erasure of bytes: by a task that is pushed with the change that makes them unneeded, so that a process that dies in
//! between leaves nothing of anybody behind.

use serde::{Deserialize, Serialize};

use super::{Error, Result};
use crate::base::secret;
use crate::context::Context;
use crate::model::ids::TaskId;
use crate::store::queue::{self, NewTask};
use crate::store::{Tx, accounts, uploads};

/// The task's kind in the queue.
pub const KIND: &str = "erase";

/// After what was begun, before new files: who was erased is waiting.
const PRIORITY: i32 = 1;

/// Attempts before it is given up: a disk that does not let go for a day.
const MAX_ATTEMPTS: i32 = 60;

/// Bytes that nobody may need any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseTask {
    /// Their content addresses, 64 hexadecimal digits each.
    pub contents: Vec<String>,
}

/// Has the bytes of these SHA-256 sums erased after the caller's commit, unless somebody needs them.
pub(super) async fn push(ctx: &Context, tx: &mut Tx, contents: &[Vec<u8>]) -> Result<()> {
    let contents = contents.iter().map(|hash| secret::hex(hash)).collect::<Vec<_>>();
    let task = NewTask {
        id: ctx.id(TaskId::new),
        kind: KIND,
        version: 1,
        payload: super::payload(&EraseTask { contents })?,
        workspace: None,
        priority: PRIORITY,
        run_at: ctx.now(),
        max_attempts: MAX_ATTEMPTS,
    };
    Ok(queue::push(tx, &task, ctx.now()).await?)
}

/// Erases what no upload of any workspace needs.
pub async fn erase(ctx: &Context, task: EraseTask) -> Result<Tx> {
    let mut unpacking = false;
    for content in task.contents {
        let mut tx = ctx.store.system().await?;
        // Until this is done nobody records an upload of the same bytes.
        uploads::lock_content(&mut tx, &content).await?;
        match who_needs(ctx, &mut tx, &content).await? {
            Need::Nobody => ctx.files.delete(&content).await?,
            Need::Unpacking => unpacking = true,
            Need::Somebody => {}
        }
        tx.commit().await?;
    }
    if unpacking {
        return Err(Error::Internal("an archive is still being unpacked".to_owned()));
    }
    Ok(ctx.store.system().await?)
}

/// Who needs bytes, the less important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Nobody,
    /// Whoever takes an archive apart; when that is done, nobody.
    Unpacking,
    Somebody,
}

async fn who_needs(ctx: &Context, tx: &mut Tx, content: &str) -> Result<Need> {
    let mut most = Need::Nobody;
    for (workspace, _) in accounts::workspaces(tx).await? {
        let mut tx = ctx.store.workspace(workspace).await?;
        let need = match uploads::by_content(&mut tx, content).await? {
            None => Need::Nobody,
            Some(upload) if !upload.is_archive() => Need::Somebody,
            // What could be read of it is kept by itself.
            Some(archive) if archive.status.is_final() => Need::Nobody,
            Some(_) => Need::Unpacking,
        };
        most = most.max(need);
    }
    Ok(most)
}
