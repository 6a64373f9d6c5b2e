//! Uploads: files that were handed in, and how far each has come.

use chrono::{DateTime, Utc};

use super::{Error, Result, Tx};
use crate::model::ids::{CandidateId, MemberId, UploadId};
use crate::model::upload::{Status, Upload, UploadError};

/// Records an upload. False when this workspace already has these bytes.
pub async fn insert(tx: &mut Tx, upload: &Upload, member: Option<MemberId>) -> Result<bool> {
    let workspace = tx.workspace_id();
    let done = sqlx::query!(
        r#"insert into uploads (id, workspace_id, member_id, parent_id, filename, size, content_hash, status, created_at,
                                updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) on conflict on constraint uploads_content_key do nothing"#,
        upload.id.0,
        workspace.0,
        member.map(|id| id.0),
        upload.parent_id.map(|id| id.0),
        upload.filename,
        upload.size,
        upload.content_hash.as_slice(),
        upload.status.as_str(),
        upload.created_at
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

macro_rules! uploads {
    ($tx:expr, $tail:literal $(, $arg:expr)*) => {
        sqlx::query_as!(Row, r#"select id, parent_id, filename, size, content_hash, media_type, status, error_code,
            error_detail, error_hint, candidate_id, created_at, updated_at from uploads "# + $tail $(, $arg)*)
            .fetch_all($tx.conn())
            .await?
            .into_iter()
            .map(Upload::try_from)
            .collect::<Result<Vec<_>>>()
    };
}

/// The upload `id`.
pub async fn get(tx: &mut Tx, id: UploadId) -> Result<Upload> {
    uploads!(tx, "where id = $1", id.0)?.pop().ok_or(Error::NotFound)
}

/// Those of `ids` that exist, in no order.
pub async fn some(tx: &mut Tx, ids: &[UploadId]) -> Result<Vec<Upload>> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    uploads!(tx, "where id = any($1)", &ids)
}

/// The uploads that came in an archive, in its order.
pub async fn children(tx: &mut Tx, archive: UploadId) -> Result<Vec<Upload>> {
    uploads!(tx, "where parent_id = $1 order by id", archive.0)
}

/// The upload of the bytes with the address `content`; a workspace has them once.
pub async fn by_content(tx: &mut Tx, content: &str) -> Result<Option<Upload>> {
    Ok(uploads!(tx, "where content_hash = decode($1, 'hex')", content)?.pop())
}

/// Those of `contents`, addresses, that a row of the workspace names.
pub async fn named(tx: &mut Tx, contents: &[String]) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        r#"with asked as (select decode(address, 'hex') as hash from unnest($1::text[]) as address)
           select encode(hash, 'hex') as "address!" from asked
           where hash in (select content_hash from uploads) or hash in (select content_hash from resumes)"#,
        contents
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Uploads newest first, after `before`, at most `limit`, of one status where given.
pub async fn list(tx: &mut Tx, status: Option<Status>, before: Option<UploadId>, limit: i64) -> Result<Vec<Upload>> {
    uploads!(
        tx,
        "where ($1::uuid is null or id < $1) and ($2::text is null or status = $2) order by id desc limit $3",
        before.map(|id| id.0),
        status.map(Status::as_str),
        limit
    )
}

/// How many uploads have each status; statuses without any are left out.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(Status, i64)>> {
    sqlx::query!(r#"select status, count(*) as "count!" from uploads group by status"#)
        .fetch_all(tx.conn())
        .await?
        .into_iter()
        .map(|row| Ok((row.status.parse().map_err(Error::Corrupt)?, row.count)))
        .collect()
}

/// Moves an upload on.
pub async fn set_status(tx: &mut Tx, id: UploadId, status: Status, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        r#"update uploads set status = $2, error_code = null, error_detail = null, error_hint = null, updated_at = $3
           where id = $1"#,
        id.0,
        status.as_str(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Says why an upload failed.
pub async fn set_failed(tx: &mut Tx, id: UploadId, error: &UploadError, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        r#"update uploads set status = 'failed', error_code = $2, error_detail = $3, error_hint = $4, updated_at = $5
           where id = $1"#,
        id.0,
        error.code,
        error.detail,
        error.hint,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes what was left out of an upload that did not fail.
pub async fn set_note(tx: &mut Tx, id: UploadId, note: &UploadError) -> Result<()> {
    sqlx::query!(
        "update uploads set error_code = $2, error_detail = $3, error_hint = $4 where id = $1",
        id.0,
        note.code,
        note.detail,
        note.hint
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Says what kind of document it turned out to be.
pub async fn set_media_type(tx: &mut Tx, id: UploadId, media_type: &str) -> Result<()> {
    sqlx::query!("update uploads set media_type = $2 where id = $1", id.0, media_type).execute(tx.conn()).await?;
    Ok(())
}

/// Says whose resume it is.
pub async fn set_candidate(tx: &mut Tx, id: UploadId, candidate: CandidateId) -> Result<()> {
    sqlx::query!("update uploads set candidate_id = $2 where id = $1", id.0, candidate.0).execute(tx.conn()).await?;
    Ok(())
}

/// A failed upload to `queued` again. False when it has not failed, or somebody else was quicker.
pub async fn reopen(tx: &mut Tx, id: UploadId, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        r#"update uploads set status = 'queued', error_code = null, error_detail = null, error_hint = null, updated_at = $2
           where id = $1 and status = 'failed'"#,
        id.0,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A candidate's uploads and the archives some of them came in, which are locked: nothing more comes out of them until
/// the end of the transaction.
pub async fn of_candidate(tx: &mut Tx, candidate: CandidateId) -> Result<Vec<Upload>> {
    uploads!(
        tx,
        "where candidate_id = $1 or id in (select parent_id from uploads where candidate_id = $1) order by id for update",
        candidate.0
    )
}

/// Removes those of `archives` that are done and that nothing is left of: a name such as `Ana Lima.zip` says enough.
pub async fn delete_emptied(tx: &mut Tx, archives: &[UploadId]) -> Result<()> {
    let ids: Vec<uuid::Uuid> = archives.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"delete from uploads where id = any($1) and status in ('indexed', 'failed')
           and not exists (select from uploads as part where part.parent_id = uploads.id)"#,
        &ids
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Until the end of the transaction nobody else keeps or erases the bytes with the address `content`.
pub async fn lock_content(tx: &mut Tx, content: &str) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", content).fetch_one(tx.conn()).await?;
    Ok(())
}

struct Row {
    id: uuid::Uuid,
    parent_id: Option<uuid::Uuid>,
    filename: String,
    size: i64,
    content_hash: Vec<u8>,
    media_type: Option<String>,
    status: String,
    error_code: Option<String>,
    error_detail: Option<String>,
    error_hint: Option<String>,
    candidate_id: Option<uuid::Uuid>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Upload {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            parent_id: row.parent_id.map(UploadId::from),
            filename: row.filename,
            size: row.size,
            content_hash: row.content_hash,
            media_type: row.media_type,
            status: row.status.parse().map_err(Error::Corrupt)?,
            error: row.error_code.map(|code| UploadError {
                code,
                detail: row.error_detail.unwrap_or_default(),
                hint: row.error_hint.unwrap_or_default(),
            }),
            duplicate_of: None,
            candidate_id: row.candidate_id.map(CandidateId::from),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
