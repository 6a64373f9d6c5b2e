//! Resumes: documents of candidates, with their text and what was understood of it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use super::{Error, Result, Tx};
use crate::model::ids::{CandidateId, ResumeId, UploadId};
use crate::model::profile::{Finding, Profile};

/// A document of a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Resume {
    /// Its id.
    pub id: ResumeId,
    /// Whose.
    pub candidate: CandidateId,
    /// The upload it came from.
    pub upload: UploadId,
    /// Its name as given.
    pub filename: String,
    /// What it is.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of the bytes.
    pub content_hash: Vec<u8>,
    /// Pages, where the format has them.
    pub pages: Option<i32>,
    /// Its text; all spans are offsets into it.
    pub text: String,
    /// What was understood.
    pub profile: Profile,
    /// The number of the reader that understood it.
    pub reader: i32,
    /// When it was first understood.
    pub created_at: DateTime<Utc>,
}

/// Adds a resume.
pub async fn insert(tx: &mut Tx, resume: &Resume) -> Result<()> {
    let workspace = tx.workspace_id();
    sqlx::query!(
        r#"insert into resumes (id, workspace_id, candidate_id, upload_id, filename, media_type, size, content_hash,
                                pages, text, profile, reader, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"#,
        resume.id.0,
        workspace.0,
        resume.candidate.0,
        resume.upload.0,
        resume.filename,
        resume.media_type,
        resume.size,
        resume.content_hash,
        resume.pages,
        resume.text,
        serde_json::to_value(&resume.profile)?,
        resume.reader,
        resume.created_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

macro_rules! resumes {
    ($tx:expr, $tail:literal $(, $arg:expr)*) => {
        sqlx::query_as!(Row, r#"select id, candidate_id, upload_id, filename, media_type, size, content_hash, pages,
            text, profile as "profile: Json<Profile>", reader, created_at from resumes "# + $tail $(, $arg)*)
            .fetch_all($tx.conn())
            .await?
            .into_iter()
            .map(Resume::from)
            .collect::<Vec<_>>()
    };
}

/// All resumes of `candidates`, newest first for each.
pub async fn of_candidates(tx: &mut Tx, candidates: &[CandidateId]) -> Result<Vec<Resume>> {
    let ids: Vec<uuid::Uuid> = candidates.iter().map(|id| id.0).collect();
    Ok(resumes!(tx, "where candidate_id = any($1) order by candidate_id, created_at desc, id desc", &ids))
}

/// What the telling resumes of `candidates` say.
pub async fn telling_profiles(tx: &mut Tx, candidates: &[CandidateId]) -> Result<HashMap<CandidateId, Profile>> {
    let ids: Vec<uuid::Uuid> = candidates.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select c.id, r.profile as "profile: Json<Profile>" from candidates c
           join resumes r on r.id = c.current_resume_id where c.id = any($1)"#,
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (CandidateId(row.id), row.profile.0)).collect())
}

/// One resume of a candidate.
pub async fn get(tx: &mut Tx, candidate: CandidateId, id: ResumeId) -> Result<Resume> {
    resumes!(tx, "where id = $1 and candidate_id = $2", id.0, candidate.0).pop().ok_or(Error::NotFound)
}

/// One resume, whosever it is.
pub async fn find(tx: &mut Tx, id: ResumeId) -> Result<Resume> {
    resumes!(tx, "where id = $1", id.0).pop().ok_or(Error::NotFound)
}

/// The first resume after `after` that a reader before `reader` understood, or that is in the index without its meaning
/// under `model`.
pub async fn outdated(tx: &mut Tx, reader: i32, model: &str, after: Option<ResumeId>) -> Result<Option<ResumeId>> {
    let id = sqlx::query_scalar!(
        r#"select r.id from resumes r
           where ($2::uuid is null or r.id > $2) and (reader < $1 or (
             exists (select from uploads u where u.id = r.upload_id and u.status = 'indexed')
             and exists (select from passages p where p.resume_id = r.id and not exists
               (select from embeddings e where e.content_hash = p.content_hash and e.model = $3))))
           order by r.id limit 1"#,
        reader,
        after.map(|id| id.0),
        model
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(id.map(ResumeId::from))
}

/// Replaces what was understood of a resume.
pub async fn set_profile(tx: &mut Tx, id: ResumeId, profile: &Profile) -> Result<()> {
    sqlx::query!("update resumes set profile = $2 where id = $1", id.0, serde_json::to_value(profile)?)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Says which reader understood a resume.
pub async fn set_reader(tx: &mut Tx, id: ResumeId, reader: i32) -> Result<()> {
    sqlx::query!("update resumes set reader = $2 where id = $1", id.0, reader).execute(tx.conn()).await?;
    Ok(())
}

/// How many resumes the workspace has.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"select count(*) as "count!" from resumes"#).fetch_one(tx.conn()).await?)
}

/// The resume made of an upload.
pub async fn of_upload(tx: &mut Tx, upload: UploadId) -> Result<Option<(ResumeId, CandidateId)>> {
    let row = sqlx::query!("select id, candidate_id from resumes where upload_id = $1", upload.0)
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.map(|row| (row.id.into(), row.candidate_id.into())))
}

/// The text taken out of an upload, waiting to be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extraction {
    /// What the document is.
    pub media_type: String,
    /// Pages, where the format has them.
    pub pages: Option<i32>,
    /// Its text.
    pub text: String,
    /// What the reader saw.
    pub findings: Vec<Finding>,
}

/// Keeps an extraction; a repeated one replaces it.
pub async fn put_extraction(tx: &mut Tx, upload: UploadId, extraction: &Extraction) -> Result<()> {
    let workspace = tx.workspace_id();
    sqlx::query!(
        r#"insert into extractions (upload_id, workspace_id, media_type, pages, text, findings)
           values ($1, $2, $3, $4, $5, $6)
           on conflict (upload_id) do update set media_type = excluded.media_type, pages = excluded.pages,
             text = excluded.text, findings = excluded.findings"#,
        upload.0,
        workspace.0,
        extraction.media_type,
        extraction.pages,
        extraction.text,
        serde_json::to_value(&extraction.findings)?
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes an extraction away.
pub async fn take_extraction(tx: &mut Tx, upload: UploadId) -> Result<Option<Extraction>> {
    let row = sqlx::query!(
        "delete from extractions where upload_id = $1 returning media_type, pages, text, findings",
        upload.0
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        Ok(Extraction {
            media_type: row.media_type,
            pages: row.pages,
            text: row.text,
            findings: serde_json::from_value(row.findings)?,
        })
    })
    .transpose()
}

struct Row {
    id: uuid::Uuid,
    candidate_id: uuid::Uuid,
    upload_id: uuid::Uuid,
    filename: String,
    media_type: String,
    size: i64,
    content_hash: Vec<u8>,
    pages: Option<i32>,
    text: String,
    profile: Json<Profile>,
    reader: i32,
    created_at: DateTime<Utc>,
}

impl From<Row> for Resume {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            candidate: row.candidate_id.into(),
            upload: row.upload_id.into(),
            filename: row.filename,
            media_type: row.media_type,
            size: row.size,
            content_hash: row.content_hash,
            pages: row.pages,
            text: row.text,
            profile: row.profile.0,
            reader: row.reader,
            created_at: row.created_at,
        }
    }
}
