//! Reading: what a resume's text says, by the rules and tables of this version. Resumes that an earlier reader understood
//! are read anew from their kept text, one after the other, behind everything that somebody waits for; those that the
//! embedding model in force has not seen are shown to it in the same way.
//!
//! A chain of tasks does it, one in each workspace: the end of a resume and the task for the next are one transaction, so
//! a killed process loses nothing. A resume says who read it only when the index has it, so each step can be repeated.

use serde::{Deserialize, Serialize};

use super::{Error, Result, candidates, indexing};
use crate::context::Context;
use crate::model::ids::{ResumeId, TaskId, WorkspaceId};
use crate::model::profile::Profile;
use crate::model::resume;
use crate::store::queue::{self, NewTask};
use crate::store::{self, Tx, accounts, readers, resumes};

/// The name of this version's reader: a hash over what it is made of (`packaging/build.rs`).
const READER: &str = env!("TALENTPROMPT_READER");

/// The task's kind in the queue.
pub const KIND: &str = "reread";

/// After every step of an upload.
const PRIORITY: i32 = -1;

/// Attempts at one resume before the next has its turn.
const MAX_ATTEMPTS: i32 = 3;

/// What the reader finds wrong with a document; other findings are those of the extraction and stay.
const JUDGEMENTS: [&str; 2] = ["no_text", "not_a_resume"];

/// A resume to be read anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RereadTask {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which.
    pub resume: ResumeId,
}

/// The number of this version's reader.
pub(super) async fn reader(tx: &mut Tx) -> Result<i32> {
    Ok(readers::number(tx, READER).await?)
}

/// Reads a text, which comes back with what it says.
pub(super) async fn read(ctx: &Context, text: String) -> Result<(String, Profile)> {
    let country = Some(ctx.config.get().intake.default_country.clone()).filter(|country| !country.is_empty());
    let today = ctx.now().date_naive();
    let work = move || {
        let profile = resume::read(&text, today, country.as_deref());
        (text, profile)
    };
    let read = tokio::task::spawn_blocking(work).await;
    read.map_err(|error| Error::Internal(format!("the reader of resumes failed: {error}")))
}

/// Begins in every workspace that has resumes of an earlier reader, unless it is at it already.
pub async fn begin(ctx: &Context) -> Result<()> {
    for workspace in workspaces(ctx).await? {
        let mut tx = ctx.store.workspace(workspace).await?;
        if !queue::is_pending(&mut tx, KIND).await? {
            push_next(ctx, &mut tx, None).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Reads one resume anew and passes on to the next.
pub async fn step(ctx: &Context, task: RereadTask) -> Result<Tx> {
    let mut tx = reread(ctx, task).await?;
    push_next(ctx, &mut tx, Some(task.resume)).await?;
    Ok(tx)
}

/// Leaves a resume as it is, and passes on to the next.
pub async fn skip(ctx: &Context, task: RereadTask) -> Result<()> {
    let mut tx = ctx.store.workspace(task.workspace).await?;
    push_next(ctx, &mut tx, Some(task.resume)).await?;
    Ok(tx.commit().await?)
}

/// Reads every resume of an earlier reader anew, now. `progress` hears how many are done.
pub async fn all(ctx: &Context, progress: impl Fn(usize) + Send + Sync) -> Result<()> {
    let mut done = 0;
    for workspace in workspaces(ctx).await? {
        let mut after = None;
        while let Some(resume) = next(ctx, workspace, after).await? {
            match reread(ctx, RereadTask { workspace, resume }).await {
                Ok(tx) => tx.commit().await?,
                Err(error @ (Error::Unavailable(_) | Error::DiskFull | Error::DiskReadOnly)) => return Err(error),
                Err(error) => tracing::warn!(%error, %resume, "a resume stays as it was read before"),
            }
            after = Some(resume);
            done += 1;
            progress(done);
        }
    }
    Ok(())
}

async fn next(ctx: &Context, workspace: WorkspaceId, after: Option<ResumeId>) -> Result<Option<ResumeId>> {
    let mut tx = ctx.store.workspace(workspace).await?;
    let reader = reader(&mut tx).await?;
    let next = resumes::outdated(&mut tx, reader, &ctx.embedder.model().name, after).await?;
    tx.commit().await?;
    Ok(next)
}

async fn workspaces(ctx: &Context) -> Result<Vec<WorkspaceId>> {
    let mut tx = ctx.store.system().await?;
    Ok(accounts::workspaces(&mut tx).await?.into_iter().map(|(workspace, _)| workspace).collect())
}

async fn push_next(ctx: &Context, tx: &mut Tx, after: Option<ResumeId>) -> Result<()> {
    let reader = reader(tx).await?;
    let Some(resume) = resumes::outdated(tx, reader, &ctx.embedder.model().name, after).await? else { return Ok(()) };
    let workspace = tx.workspace_id();
    let task = NewTask {
        id: ctx.id(TaskId::new),
        kind: KIND,
        version: 1,
        payload: super::payload(&RereadTask { workspace, resume })?,
        workspace: Some(workspace),
        priority: PRIORITY,
        run_at: ctx.now(),
        max_attempts: MAX_ATTEMPTS,
    };
    Ok(queue::push(tx, &task, ctx.now()).await?)
}

/// Reads a resume anew, up to the commit that says so. Nothing is left to do where it was deleted meanwhile, or a reader
/// that is no earlier than this one was quicker.
async fn reread(ctx: &Context, RereadTask { workspace, resume: id }: RereadTask) -> Result<Tx> {
    match replace(ctx, workspace, id).await {
        Ok(Some(tx)) => Ok(tx),
        Ok(None) | Err(Error::NotFound) => Ok(ctx.store.workspace(workspace).await?),
        Err(error) => Err(error),
    }
}

async fn replace(ctx: &Context, workspace: WorkspaceId, id: ResumeId) -> Result<Option<Tx>> {
    let mut tx = ctx.store.workspace(workspace).await?;
    let reader = reader(&mut tx).await?;
    let owner = resumes::find(&mut tx, id).await?.candidate;
    let candidate = store::candidates::lock(&mut tx, owner).await?;
    let mut resume = resumes::find(&mut tx, id).await?;
    if resume.reader >= reader {
        tx.commit().await?;
        // Its meaning may be missing, where another model is in force since.
        return Ok(Some(indexing::complete(ctx, workspace, id, owner).await?));
    }
    let (text, mut profile) = read(ctx, resume.text).await?;
    let of_extraction = resume.profile.findings.iter().filter(|one| !JUDGEMENTS.contains(&one.kind.as_str()));
    profile.findings.extend(of_extraction.cloned());
    resume.text = text;
    let before = std::mem::replace(&mut resume.profile, profile);
    if candidates::reread(ctx, &mut tx, candidate, &resume, &before).await? {
        // Points of passages that are no more; the others are put back below, now or when the task is repeated.
        ctx.vectors.delete_resume(workspace, id).await?;
    }
    tx.commit().await?;
    let mut tx = indexing::complete(ctx, workspace, id, owner).await?;
    resumes::set_reader(&mut tx, id, reader).await?;
    Ok(Some(tx))
}
