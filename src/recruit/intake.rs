//! Intake: takes files in, keeps their bytes, and sees each upload through reading and understanding.
//!
//! The bytes are kept before anything is promised; the upload and its first task are one transaction; each step can be
//! repeated without harm.

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::accounts::Actor;
use super::{Error, Result, candidates, erasure, reading};
use crate::base::secret;
use crate::context::Context;
use crate::gateways::extract::{ErrorCode, ExtractError, Extracted, MediaType, Member};
use crate::gateways::files;
use crate::model::ids::{CandidateId, MemberId, TaskId, UploadId, WorkspaceId};
use crate::model::permission::Role;
use crate::model::profile::Finding;
use crate::model::upload::{Status, Upload, UploadError};
use crate::store::listener::{Notice, notify};
use crate::store::queue::{self, NewTask};
use crate::store::resumes::Extraction;
use crate::store::{Tx, resumes, uploads};

/// The longest name that is kept of a file, in characters.
const FILENAME_CHARS: usize = 255;

/// What each step of the way works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadTask {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which.
    pub upload: UploadId,
}

/// The steps of an upload, as kinds of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Bytes to text.
    Extract,
    /// Text to a candidate's resume, findable by its words.
    Understand,
    /// Findable by its meaning.
    Embed,
}

impl Step {
    /// The task's kind in the queue.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Extract => "extract",
            Self::Understand => "understand",
            Self::Embed => "embed",
        }
    }

    /// What was begun is finished first.
    const fn priority(self) -> i32 {
        match self {
            Self::Extract => 0,
            Self::Embed => 1,
            Self::Understand => 2,
        }
    }
}

/// Attempts of a step before it is given up.
const MAX_ATTEMPTS: i32 = 8;

/// Takes a file in. The same bytes again answer the first upload, with `duplicate_of`; a failed one is tried again.
pub async fn receive(ctx: &Context, actor: &Actor, filename: &str, bytes: Vec<u8>) -> Result<Upload> {
    actor.require(Role::Recruiter)?;
    let limit = ctx.config.get().intake.max_file_mb;
    if bytes.len() as u64 > limit << 20 {
        return Err(Error::TooLarge("file_too_large", format!("`{filename}` is larger than {limit} MB")));
    }
    let from = Origin { workspace: actor.member.workspace_id, member: Some(actor.member.id), archive: None };
    keep(ctx, from, filename, bytes).await
}

/// Where a file comes from.
#[derive(Debug, Clone, Copy)]
struct Origin {
    workspace: WorkspaceId,
    member: Option<MemberId>,
    archive: Option<UploadId>,
}

/// Keeps a file's bytes and records it, with its first task.
async fn keep(ctx: &Context, from: Origin, filename: &str, bytes: Vec<u8>) -> Result<Upload> {
    let now = ctx.now();
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    // Before a connection is taken: many may write at once, and slowly.
    let staged = ctx.files.stage(bytes).await?;
    let upload = Upload {
        id: ctx.id(UploadId::new),
        parent_id: from.archive,
        filename: clean_filename(filename),
        size,
        content_hash: staged.sum().to_vec(),
        media_type: None,
        status: Status::Queued,
        error: None,
        duplicate_of: None,
        candidate_id: None,
        created_at: now,
        updated_at: now,
    };
    let mut tx = ctx.store.workspace(from.workspace).await?;
    // Whoever erases the same bytes at this moment is waited for, or waits.
    uploads::lock_content(&mut tx, staged.address()).await?;
    staged.keep().await?;
    let upload = record(ctx, &mut tx, upload, from.member).await?;
    tx.commit().await?;
    Ok(upload)
}

/// Records an upload whose bytes are kept and pushes its first task, or answers the earlier one.
async fn record(ctx: &Context, tx: &mut Tx, upload: Upload, member: Option<MemberId>) -> Result<Upload> {
    if uploads::insert(tx, &upload, member).await? {
        push(ctx, tx, upload.id, Step::Extract).await?;
        return Ok(upload);
    }
    let Some(mut earlier) = uploads::by_content(tx, &secret::hex(&upload.content_hash)).await? else {
        // Its candidate was deleted in between; whoever did so has nothing of it left.
        return Box::pin(record(ctx, tx, upload, member)).await;
    };
    if earlier.status == Status::Failed {
        restart(ctx, tx, &mut earlier).await?;
    } else if earlier.is_archive() && earlier.status == Status::Indexed {
        // What it holds may have been erased since.
        uploads::set_status(tx, earlier.id, Status::Queued, ctx.now()).await?;
        push(ctx, tx, earlier.id, Step::Extract).await?;
        earlier.status = Status::Queued;
    }
    earlier.duplicate_of = Some(earlier.id);
    earlier.filename = upload.filename;
    Ok(earlier)
}

/// A name for people: no path, no control characters, not too long, never empty.
fn clean_filename(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(FILENAME_CHARS).collect();
    if clean.trim().is_empty() { "unnamed".to_owned() } else { clean.trim().to_owned() }
}

async fn push(ctx: &Context, tx: &mut Tx, upload: UploadId, step: Step) -> Result<()> {
    let workspace = tx.workspace_id();
    let task = NewTask {
        id: ctx.id(TaskId::new),
        kind: step.kind(),
        version: 1,
        payload: super::payload(&UploadTask { workspace, upload })?,
        workspace: Some(workspace),
        priority: step.priority(),
        run_at: ctx.now(),
        max_attempts: MAX_ATTEMPTS,
    };
    queue::push(tx, &task, ctx.now()).await?;
    notify(tx, &Notice::Upload { workspace, id: upload }).await?;
    Ok(())
}

/// Says that an upload has come to `status`, to everyone who watches, at once.
pub async fn announce(ctx: &Context, task: UploadTask, status: Status) -> Result<()> {
    let mut tx = ctx.store.workspace(task.workspace).await?;
    uploads::set_status(&mut tx, task.upload, status, ctx.now()).await?;
    notify(&mut tx, &Notice::Upload { workspace: task.workspace, id: task.upload }).await?;
    Ok(tx.commit().await?)
}

/// First step: bytes to text in the sandbox; an archive becomes uploads of its own.
pub async fn extract(ctx: &Context, task: UploadTask) -> Result<Tx> {
    announce(ctx, task, Status::Extracting).await?;
    let mut tx = ctx.store.workspace(task.workspace).await?;
    let upload = uploads::get(&mut tx, task.upload).await?;
    tx.commit().await?;
    let bytes = match ctx.files.read(&secret::hex(&upload.content_hash)).await {
        Err(files::Error::Missing { .. }) => {
            let mut tx = ctx.store.workspace(task.workspace).await?;
            fail(ctx, &mut tx, upload.id, &no_longer_kept()).await?;
            return Ok(tx);
        }
        bytes => bytes?,
    };
    let read = match ctx.extractor.extract(bytes, &upload.filename).await {
        Err(error) if error.code == ErrorCode::Archive => {
            unpack(ctx, task.workspace, &upload).await?.map(Read::Archive)
        }
        other => other.map(Read::Document),
    };
    let mut tx = ctx.store.workspace(task.workspace).await?;
    match read {
        Ok(Read::Document(document)) => {
            let extraction = Extraction {
                media_type: document.media_type.mime().to_owned(),
                pages: document.pages.and_then(|pages| i32::try_from(pages).ok()),
                text: document.text,
                findings: document.findings,
            };
            resumes::put_extraction(&mut tx, upload.id, &extraction).await?;
            uploads::set_media_type(&mut tx, upload.id, &extraction.media_type).await?;
            uploads::set_status(&mut tx, upload.id, Status::Parsing, ctx.now()).await?;
            push(ctx, &mut tx, upload.id, Step::Understand).await?;
        }
        Ok(Read::Archive(left_out)) => {
            uploads::set_status(&mut tx, upload.id, Status::Indexed, ctx.now()).await?;
            if !left_out.is_empty() {
                uploads::set_note(&mut tx, upload.id, &partly_read(&left_out)).await?;
            }
            notify(&mut tx, &Notice::Upload { workspace: task.workspace, id: upload.id }).await?;
            erasure::push(ctx, &mut tx, &[upload.content_hash]).await?;
        }
        Err(error) => match passing(&error) {
            Some(passing) => return Err(passing),
            None => fail(ctx, &mut tx, upload.id, &describe(&error)).await?,
        },
    }
    Ok(tx)
}

enum Read {
    Document(Extracted),
    /// What was left out of it.
    Archive(Vec<Finding>),
}

/// What is to blame where it is not the document, so that trying again may help. A disk without room is waited for.
fn passing(error: &ExtractError) -> Option<Error> {
    let passing = match error.code {
        ErrorCode::FileUnreadable | ErrorCode::Crashed => return Some(Error::Internal(error.to_string())),
        ErrorCode::DiskFull => Error::DiskFull,
        ErrorCode::DiskReadOnly => Error::DiskReadOnly,
        _ => return None,
    };
    tracing::warn!(%error, "a document waits to be read");
    Some(passing)
}

fn no_longer_kept() -> UploadError {
    UploadError {
        code: "no_longer_kept".to_owned(),
        detail: "The bytes of this file are no longer kept, so it cannot be read again.".to_owned(),
        hint: "Hand the file in again.".to_owned(),
    }
}

fn describe(error: &ExtractError) -> UploadError {
    UploadError { code: error.code.as_str().to_owned(), detail: error.detail.clone(), hint: error.hint().to_owned() }
}

/// Makes each file of an archive an upload of its own, one after the other as they come out of it; answers what was left
/// out. Can be repeated: what is there already stays.
async fn unpack(
    ctx: &Context,
    workspace: WorkspaceId,
    archive: &Upload,
) -> Result<std::result::Result<Vec<Finding>, ExtractError>> {
    let from = Origin { workspace, member: None, archive: Some(archive.id) };
    // Before anything comes out of it: whoever erases that looks for the archive, too.
    let mut tx = ctx.store.workspace(workspace).await?;
    uploads::set_media_type(&mut tx, archive.id, MediaType::Zip.mime()).await?;
    tx.commit().await?;
    let bytes = ctx.files.read(&secret::hex(&archive.content_hash)).await?;
    let (give, mut take) = mpsc::channel::<Member>(1);
    let keeping = async move {
        while let Some(member) = take.recv().await {
            keep(ctx, from, &member.name, member.bytes).await?;
        }
        Result::Ok(())
    };
    let (read, kept) = tokio::join!(ctx.extractor.unpack(bytes, give), keeping);
    kept?;
    Ok(read)
}

fn partly_read(findings: &[Finding]) -> UploadError {
    let named: Vec<&str> = findings.iter().take(5).map(|finding| finding.detail.as_str()).collect();
    UploadError {
        code: "partly_read".to_owned(),
        detail: format!("{} left out: {}", findings.len(), named.join(" ")),
        hint: "Unpack the archive and upload the missing files by themselves.".to_owned(),
    }
}

/// Second step: text to a candidate's resume. Answers whose, so that the index can take it in after the commit.
pub async fn understand(ctx: &Context, task: UploadTask) -> Result<(Tx, Option<CandidateId>)> {
    let now = ctx.now();
    let mut tx = ctx.store.workspace(task.workspace).await?;
    let upload = uploads::get(&mut tx, task.upload).await?;
    if let Some((_, candidate)) = resumes::of_upload(&mut tx, upload.id).await? {
        // Understood before, and something after it failed.
        uploads::set_status(&mut tx, upload.id, Status::Embedding, now).await?;
        push(ctx, &mut tx, upload.id, Step::Embed).await?;
        return Ok((tx, Some(candidate)));
    }
    let Some(extraction) = resumes::take_extraction(&mut tx, upload.id).await? else {
        push(ctx, &mut tx, upload.id, Step::Extract).await?;
        return Ok((tx, None));
    };
    let (text, mut profile) = reading::read(ctx, extraction.text).await?;
    profile.findings.extend(extraction.findings);
    let read = candidates::ReadResume {
        upload: &upload,
        media_type: extraction.media_type,
        pages: extraction.pages,
        text,
        profile,
        reader: reading::reader(&mut tx).await?,
    };
    let candidate = candidates::attach(ctx, &mut tx, read).await?;
    uploads::set_candidate(&mut tx, upload.id, candidate).await?;
    uploads::set_status(&mut tx, upload.id, Status::Embedding, now).await?;
    push(ctx, &mut tx, upload.id, Step::Embed).await?;
    Ok((tx, Some(candidate)))
}

/// Last step: vectors for what has none yet, and the index brought up to date before the upload says `indexed`.
pub async fn embed(ctx: &Context, task: UploadTask) -> Result<Tx> {
    let mut tx = ctx.store.workspace(task.workspace).await?;
    let Some((resume, candidate)) = resumes::of_upload(&mut tx, task.upload).await? else {
        return Ok(tx); // the candidate was deleted in the meantime
    };
    tx.commit().await?;
    let mut tx = super::indexing::complete(ctx, task.workspace, resume, candidate).await?;
    uploads::set_status(&mut tx, task.upload, Status::Indexed, ctx.now()).await?;
    notify(&mut tx, &Notice::Upload { workspace: task.workspace, id: task.upload }).await?;
    notify(&mut tx, &Notice::Candidate { workspace: task.workspace, id: candidate }).await?;
    Ok(tx)
}

/// Gives an upload up, with the reason. What came out of an archive before stays, and is kept by itself.
pub async fn fail(ctx: &Context, tx: &mut Tx, upload: UploadId, error: &UploadError) -> Result<()> {
    uploads::set_failed(tx, upload, error, ctx.now()).await?;
    let failed = uploads::get(tx, upload).await?;
    if failed.is_archive() {
        erasure::push(ctx, tx, &[failed.content_hash]).await?;
    }
    notify(tx, &Notice::Upload { workspace: tx.workspace_id(), id: upload }).await?;
    Ok(())
}

/// One upload of the actor's workspace.
pub async fn get(ctx: &Context, actor: &Actor, id: UploadId) -> Result<Upload> {
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    Ok(uploads::get(&mut tx, id).await?)
}

/// Those of `ids` that exist, in no order.
pub async fn some(ctx: &Context, actor: &Actor, ids: &[UploadId]) -> Result<Vec<Upload>> {
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    Ok(uploads::some(&mut tx, ids).await?)
}

/// The uploads that came in an archive.
pub async fn children(ctx: &Context, actor: &Actor, archive: UploadId) -> Result<Vec<Upload>> {
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    Ok(uploads::children(&mut tx, archive).await?)
}

/// Uploads, newest first.
pub async fn list(
    ctx: &Context,
    actor: &Actor,
    status: Option<Status>,
    before: Option<UploadId>,
    limit: i64,
) -> Result<(Vec<Upload>, Vec<(Status, i64)>)> {
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    let list = uploads::list(&mut tx, status, before, limit).await?;
    let counts = uploads::counts(&mut tx).await?;
    Ok((list, counts))
}

/// Tries a failed upload again.
pub async fn retry(ctx: &Context, actor: &Actor, id: UploadId) -> Result<Upload> {
    actor.require(Role::Recruiter)?;
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    let mut upload = uploads::get(&mut tx, id).await?;
    if !restart(ctx, &mut tx, &mut upload).await? {
        return Err(Error::Conflict("not_failed", format!("`{}` has not failed", upload.filename)));
    }
    tx.commit().await?;
    Ok(upload)
}

/// Begins a failed upload again where it came to. False where it has not failed.
async fn restart(ctx: &Context, tx: &mut Tx, upload: &mut Upload) -> Result<bool> {
    if !uploads::reopen(tx, upload.id, ctx.now()).await? {
        return Ok(false);
    }
    let understood = resumes::of_upload(tx, upload.id).await?.is_some();
    push(ctx, tx, upload.id, if understood { Step::Embed } else { Step::Extract }).await?;
    upload.status = Status::Queued;
    upload.error = None;
    Ok(true)
}
