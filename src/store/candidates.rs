//! Candidates: people in the pool, with what makes two resumes the same person's and what happened to them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Error, Result, Tx};
use crate::model::candidate::{Candidate, Corrections, Event};
use crate::model::ids::{CandidateId, MemberId, ResumeId};

/// Adds a candidate.
pub async fn insert(tx: &mut Tx, candidate: &Candidate) -> Result<()> {
    let workspace = tx.workspace_id();
    sqlx::query!(
        r#"insert into candidates (id, workspace_id, name, headline, location, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7)"#,
        candidate.id.0,
        workspace.0,
        candidate.name,
        candidate.headline,
        candidate.location.as_ref().map(serde_json::to_value).transpose()?,
        candidate.created_at,
        candidate.updated_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what can change of a candidate.
pub async fn update(tx: &mut Tx, candidate: &Candidate) -> Result<()> {
    let done = sqlx::query!(
        r#"update candidates set name = $2, headline = $3, location = $4, current_resume_id = $5,
                  corrections = $6, updated_at = $7 where id = $1"#,
        candidate.id.0,
        candidate.name,
        candidate.headline,
        candidate.location.as_ref().map(serde_json::to_value).transpose()?,
        candidate.current_resume.map(|id| id.0),
        serde_json::to_value(&candidate.corrections)?,
        candidate.updated_at
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

macro_rules! candidates {
    ($tx:expr, $tail:literal $(, $arg:expr)*) => {
        sqlx::query_as!(Row, r#"select id, name, headline, location, current_resume_id, corrections, created_at,
            updated_at, (select count(*) from resumes r where r.candidate_id = candidates.id) as "resumes!"
            from candidates "# + $tail $(, $arg)*)
            .fetch_all($tx.conn())
            .await?
            .into_iter()
            .map(Candidate::try_from)
            .collect::<Result<Vec<_>>>()
    };
}

/// One candidate.
pub async fn get(tx: &mut Tx, id: CandidateId) -> Result<Candidate> {
    candidates!(tx, "where id = $1", id.0)?.pop().ok_or(Error::NotFound)
}

/// One candidate, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: CandidateId) -> Result<Candidate> {
    candidates!(tx, "where id = $1 for update", id.0)?.pop().ok_or(Error::NotFound)
}

/// Whether a candidate is there; if so, nobody can delete it until the transaction ends.
pub async fn hold(tx: &mut Tx, id: CandidateId) -> Result<bool> {
    let found = sqlx::query_scalar!("select id from candidates where id = $1 for key share", id.0);
    Ok(found.fetch_optional(tx.conn()).await?.is_some())
}

/// Locks those of `ids` that exist until the transaction ends, in one order, so that two who do it cannot block each
/// other for good.
pub async fn lock_some(tx: &mut Tx, ids: &[CandidateId]) -> Result<()> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query_scalar!("select id from candidates where id = any($1) order by id for update", &ids)
        .fetch_all(tx.conn())
        .await?;
    Ok(())
}

/// Those of `ids` that exist, in no order.
pub async fn some(tx: &mut Tx, ids: &[CandidateId]) -> Result<Vec<Candidate>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    candidates!(tx, "where id = any($1)", &ids)
}

/// Another for each change of a candidate.
pub type Version = i64;

/// Those of `ids` that exist, each with the version of its row, in no order.
pub async fn versions(tx: &mut Tx, ids: &[CandidateId]) -> Result<Vec<(CandidateId, Version)>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        // xmin is the transaction that wrote the row as it is.
        r#"select id, xmin::text::bigint as "version!" from candidates where id = any($1)"#,
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.version)).collect())
}

/// Candidates by last change, newest first, after (`updated_at`, `id`), at most `limit`.
pub async fn list(tx: &mut Tx, after: Option<(DateTime<Utc>, CandidateId)>, limit: i64) -> Result<Vec<Candidate>> {
    candidates!(
        tx,
        "where $1::timestamptz is null or (updated_at, id) < ($1, $2) order by updated_at desc, id desc limit $3",
        after.map(|(at, _)| at),
        after.map(|(_, id)| id.0),
        limit
    )
}

/// Ids of all candidates, ascending, after `after`, at most `limit`.
pub async fn ids(tx: &mut Tx, after: Option<CandidateId>, limit: i64) -> Result<Vec<CandidateId>> {
    let rows = sqlx::query_scalar!(
        "select id from candidates where $1::uuid is null or id > $1 order by id limit $2",
        after.map(|id| id.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(CandidateId::from).collect())
}

/// How many candidates the workspace has.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"select count(*) as "count!" from candidates"#).fetch_one(tx.conn()).await?)
}

/// Removes a candidate with all that hangs on them.
pub async fn delete(tx: &mut Tx, id: CandidateId) -> Result<()> {
    let done = sqlx::query!("delete from candidates where id = $1", id.0).execute(tx.conn()).await?;
    if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Makes transactions that look for the same person wait for each other: e-mails and phones are taken in one order.
pub async fn lock_identifiers(tx: &mut Tx, identifiers: &[(&str, String)]) -> Result<()> {
    let workspace = tx.workspace_id();
    let mut keys: Vec<String> = identifiers.iter().map(|(kind, value)| format!("{workspace}:{kind}:{value}")).collect();
    keys.sort();
    for key in keys {
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", key).fetch_one(tx.conn()).await?;
    }
    Ok(())
}

/// Candidates who have this e-mail or phone, oldest first.
pub async fn by_identifier(tx: &mut Tx, kind: &str, value: &str) -> Result<Vec<CandidateId>> {
    let rows = sqlx::query_scalar!(
        "select candidate_id from candidate_identifiers where kind = $1 and value = $2 order by candidate_id",
        kind,
        value
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(CandidateId::from).collect())
}

/// Gives a candidate an e-mail or phone to be known by.
pub async fn add_identifier(tx: &mut Tx, id: CandidateId, kind: &str, value: &str) -> Result<()> {
    let workspace = tx.workspace_id();
    sqlx::query!(
        r#"insert into candidate_identifiers (workspace_id, kind, value, candidate_id) values ($1, $2, $3, $4)
           on conflict do nothing"#,
        workspace.0,
        kind,
        value,
        id.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds to what happened to a candidate.
pub async fn add_event(tx: &mut Tx, candidate: CandidateId, member: Option<MemberId>, event: &Event) -> Result<()> {
    let workspace = tx.workspace_id();
    sqlx::query!(
        r#"insert into timeline (id, workspace_id, candidate_id, member_id, kind, detail, at)
           values ($1, $2, $3, $4, $5, $6, $7)"#,
        event.id.0,
        workspace.0,
        candidate.0,
        member.map(|id| id.0),
        event.kind,
        event.detail,
        event.at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What happened to a candidate, newest first.
pub async fn events(tx: &mut Tx, candidate: CandidateId) -> Result<Vec<Event>> {
    Ok(sqlx::query_as!(
        Event,
        "select id, kind, detail, at from timeline where candidate_id = $1 order by at desc, id desc limit 500",
        candidate.0
    )
    .fetch_all(tx.conn())
    .await?)
}

struct Row {
    id: Uuid,
    name: String,
    headline: Option<String>,
    location: Option<serde_json::Value>,
    current_resume_id: Option<Uuid>,
    corrections: serde_json::Value,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    resumes: i64,
}

impl TryFrom<Row> for Candidate {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            name: row.name,
            headline: row.headline,
            location: row.location.map(serde_json::from_value).transpose()?,
            current_resume: row.current_resume_id.map(ResumeId::from),
            corrections: serde_json::from_value::<Corrections>(row.corrections)?,
            resumes: row.resumes,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
