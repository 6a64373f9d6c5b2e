//! Erasure of bytes: by a task that is pushed with the change that makes them unneeded, so that a process that dies in
//! between leaves nothing of anybody behind.

use serde::{Deserialize, Serialize};

use super::Result;
use crate::base::secret;
use crate::context::Context;
use crate::model::ids::TaskId;
use crate::store::ai::{answers, calls};
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

/// Forgets what models were told and said in the workspace: nobody can say whose resume an answer quotes. Who asked which
/// model, and what it cost, stays. Copies at hand are gone ten minutes later.
pub(super) async fn forget_said(tx: &mut Tx) -> Result<()> {
    answers::delete_all(tx).await?;
    calls::forget_contents(tx).await?;
    Ok(())
}

/// Erases what no upload of any workspace needs.
pub async fn erase(ctx: &Context, task: EraseTask) -> Result<Tx> {
    for content in task.contents {
        let mut tx = ctx.store.system().await?;
        // Until this is done nobody records an upload of the same bytes.
        uploads::lock_content(&mut tx, &content).await?;
        if !is_needed(ctx, &mut tx, &content).await? {
            ctx.files.delete(&content).await?;
        }
        tx.commit().await?;
    }
    Ok(ctx.store.system().await?)
}

/// Whether an upload of any workspace needs bytes. An archive does while it is unpacked: each file in it is kept by itself.
async fn is_needed(ctx: &Context, tx: &mut Tx, content: &str) -> Result<bool> {
    for (workspace, _) in accounts::workspaces(tx).await? {
        let mut tx = ctx.store.workspace(workspace).await?;
        let upload = uploads::by_content(&mut tx, content).await?;
        if upload.is_some_and(|upload| !upload.is_archive() || !upload.status.is_final()) {
            return Ok(true);
        }
    }
    Ok(false)
}
