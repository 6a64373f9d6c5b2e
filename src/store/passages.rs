//! Passages: the stretches of resumes that the index is made of, with what the index needs to be rebuilt.

use super::embeddings::ContentHash;
use super::{Error, Result, Tx, bytes};
use crate::model::ids::{CandidateId, PassageId, ResumeId};
use crate::model::lexical::SparseVector;
use crate::model::span::Span;

/// A stretch of a resume.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Its id.
    pub id: PassageId,
    /// Whose.
    pub candidate: CandidateId,
    /// In which document.
    pub resume: ResumeId,
    /// Place in the document, from 0.
    pub ordinal: i32,
    /// Where it stands in the document's text.
    pub span: Span,
    /// The section it is of.
    pub kind: &'static str,
    /// What is embedded.
    pub text: String,
    /// SHA-256 of `text`.
    pub content_hash: ContentHash,
    /// Its words.
    pub sparse: SparseVector,
}

/// Puts a passage in its place in the document; one that is there already keeps its id, and so its point in the index.
pub async fn put(tx: &mut Tx, passage: &Passage) -> Result<()> {
    let workspace = tx.workspace_id();
    sqlx::query!(
        r#"insert into passages (id, workspace_id, candidate_id, resume_id, ordinal, span_start, span_end, kind, text,
                                 content_hash, sparse_indices, sparse_values)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
           on conflict on constraint passages_ordinal_key do update set span_start = excluded.span_start,
             span_end = excluded.span_end, kind = excluded.kind, text = excluded.text,
             content_hash = excluded.content_hash, sparse_indices = excluded.sparse_indices,
             sparse_values = excluded.sparse_values"#,
        passage.id.0,
        workspace.0,
        passage.candidate.0,
        passage.resume.0,
        passage.ordinal,
        i32::try_from(passage.span.start).unwrap_or(i32::MAX),
        i32::try_from(passage.span.end).unwrap_or(i32::MAX),
        passage.kind,
        passage.text,
        passage.content_hash.as_slice(),
        bytes::of_u32(&passage.sparse.indices),
        bytes::of_f32(&passage.sparse.values)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a resume's passages from place `count` on; answers how many.
pub async fn delete_beyond(tx: &mut Tx, resume: ResumeId, count: i32) -> Result<u64> {
    Ok(sqlx::query!("delete from passages where resume_id = $1 and ordinal >= $2", resume.0, count)
        .execute(tx.conn())
        .await?
        .rows_affected())
}

/// A passage as the index wants it: without its text, with its vector where it is known.
#[derive(Debug, Clone)]
pub struct Indexable {
    /// Its id.
    pub id: PassageId,
    /// Whose.
    pub candidate: CandidateId,
    /// In which document.
    pub resume: ResumeId,
    /// Its words.
    pub sparse: SparseVector,
    /// Its meaning under the asked model.
    pub dense: Option<Vec<f32>>,
}

/// The passages of `candidates`, by candidate, resume and place.
pub async fn indexable(tx: &mut Tx, candidates: &[CandidateId], model: &str) -> Result<Vec<Indexable>> {
    let ids: Vec<uuid::Uuid> = candidates.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select p.id, p.candidate_id, p.resume_id, p.sparse_indices, p.sparse_values, e.vector as "vector?"
           from passages p left join embeddings e on e.content_hash = p.content_hash and e.model = $2
           where p.candidate_id = any($1) order by p.candidate_id, p.resume_id, p.ordinal"#,
        &ids,
        model
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Indexable {
            id: row.id.into(),
            candidate: row.candidate_id.into(),
            resume: row.resume_id.into(),
            sparse: SparseVector {
                indices: bytes::to_u32(&row.sparse_indices),
                values: bytes::to_f32(&row.sparse_values),
            },
            dense: row.vector.map(|vector| bytes::to_f32(&vector)),
        })
        .collect())
}

/// Text and hash of a resume's passages that have no vector under `model` yet.
pub async fn without_vector(tx: &mut Tx, resume: ResumeId, model: &str) -> Result<Vec<(ContentHash, String)>> {
    let rows = sqlx::query!(
        r#"select p.content_hash, p.text from passages p
           where p.resume_id = $1
             and not exists (select from embeddings e where e.content_hash = p.content_hash and e.model = $2)
           order by p.ordinal"#,
        resume.0,
        model
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let hash = row.content_hash.try_into().map_err(|_| Error::Corrupt("a passage's content hash".into()))?;
            Ok((hash, row.text))
        })
        .collect()
}

/// Content hashes of a candidate's passages.
pub async fn contents_of(tx: &mut Tx, candidate: CandidateId) -> Result<Vec<Vec<u8>>> {
    Ok(sqlx::query_scalar!("select content_hash from passages where candidate_id = $1", candidate.0)
        .fetch_all(tx.conn())
        .await?)
}

/// How many passages the workspace has.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"select count(*) as "count!" from passages"#).fetch_one(tx.conn()).await?)
}
