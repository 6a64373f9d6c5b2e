//! Erasure of bytes: by a task that is pushed with the change that makes them unneeded, so that a process that dies in
//! between leaves nothing of anybody behind.

use std::collections::HashSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Result;
use crate::base::secret;
use crate::context::Context;
use crate::model::ids::TaskId;
use crate::store::ai::{answers, calls};
use crate::store::queue::{self, NewTask};
use crate::store::{Tx, accounts, backups, uploads};

/// The task's kind in the queue.
pub const KIND: &str = "erase";

/// After what was begun, before new files: who was erased is waiting.
const PRIORITY: i32 = 1;

/// How long bytes may lie there without an upload: whoever hands them in has it recorded within seconds.
const GRACE: TimeDelta = TimeDelta::days(1);

/// Addresses that are asked for at once.
const AT_ONCE: usize = 5_000;

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
        erase_unneeded(ctx, &content).await?;
    }
    Ok(ctx.store.system().await?)
}

/// Erases bytes that no row of any workspace names, as a restored backup or a database that was put back leaves them: what
/// was handed in since. Answers how many.
///
/// Left alone is what may be meant by a database that is not used now: the one from before a restoring while it is kept,
/// and one from before the first workspace of this one, which was lost or is another's.
pub async fn sweep(ctx: &Context) -> Result<usize> {
    if backups::kept(ctx.config.get().admin_url()).await?.is_some() {
        return Ok(0);
    }
    let mut tx = ctx.store.system().await?;
    let first = accounts::first_workspace_at(&mut tx).await?;
    tx.commit().await?;
    let Some(first) = first else { return Ok(0) };
    let written = ctx.files.written_between(first.into(), (ctx.now() - GRACE).into()).await?;
    let mut erased = 0;
    for contents in written.chunks(AT_ONCE) {
        for content in unnamed(ctx, contents).await? {
            erased += usize::from(erase_unneeded(ctx, content).await?);
        }
    }
    Ok(erased)
}

/// Those of `contents` that no row of any workspace names.
async fn unnamed<'a>(ctx: &Context, contents: &'a [String]) -> Result<Vec<&'a String>> {
    let mut tx = ctx.store.system().await?;
    let workspaces = accounts::workspaces(&mut tx).await?;
    tx.commit().await?;
    let mut named = HashSet::new();
    for (workspace, _) in workspaces {
        let mut tx = ctx.store.workspace(workspace).await?;
        named.extend(uploads::named(&mut tx, contents).await?);
        tx.commit().await?;
    }
    Ok(contents.iter().filter(|content| !named.contains(*content)).collect())
}

/// Erases bytes unless an upload needs them; answers whether it did.
async fn erase_unneeded(ctx: &Context, content: &str) -> Result<bool> {
    let mut tx = ctx.store.system().await?;
    // Until this is done nobody records an upload of the same bytes.
    uploads::lock_content(&mut tx, content).await?;
    let unneeded = !is_needed(ctx, &mut tx, content).await?;
    if unneeded {
        ctx.files.delete(content).await?;
    }
    tx.commit().await?;
    Ok(unneeded)
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
