//! Keeps the vector index in step with Postgres, which can rebuild it at any time.

use std::time::Duration;

use chrono::NaiveDate;

use crate::context::Context;
use crate::gateways::vectors::{Payload, Point, VectorIndex};
use crate::model::ids::{CandidateId, ResumeId, WorkspaceId};
use crate::store::embeddings::{self, ContentHash};
use crate::store::passages::Indexable;
use crate::store::resumes::Resume;
use crate::store::{Tx, accounts, candidates, passages, resumes};

use super::{Error, Result};

/// Candidates that are brought into the index in one go.
const BATCH: i64 = 200;

/// How often it is looked whether another process has filled the engine.
const TURN: Duration = Duration::from_secs(1);

/// Computes the vectors that a resume's passages lack. Nothing is computed twice for the same model and text.
async fn missing_vectors(
    ctx: &Context,
    workspace: WorkspaceId,
    resume: ResumeId,
) -> Result<Vec<(ContentHash, Vec<f32>)>> {
    let mut tx = ctx.store.workspace(workspace).await?;
    let missing = passages::without_vector(&mut tx, resume, &ctx.embedder.model().name).await?;
    tx.commit().await?;
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let (hashes, texts): (Vec<_>, Vec<_>) = missing.into_iter().unzip();
    let vectors = ctx.embedder.embed_passages(workspace, texts).await?;
    Ok(hashes.into_iter().zip(vectors).collect())
}

/// Computes the vectors that a resume lacks and brings its candidate into the index; the transaction holds the candidate
/// for what the caller adds.
pub async fn complete(ctx: &Context, workspace: WorkspaceId, resume: ResumeId, candidate: CandidateId) -> Result<Tx> {
    let vectors = missing_vectors(ctx, workspace, resume).await?;
    // Kept before the index is asked: where that is away, the step is repeated and nothing is computed twice.
    let mut tx = ctx.store.workspace(workspace).await?;
    candidates::lock(&mut tx, candidate).await?;
    embeddings::insert(&mut tx, &ctx.embedder.model().name, &vectors).await?;
    tx.commit().await?;
    let mut tx = ctx.store.workspace(workspace).await?;
    candidates::lock(&mut tx, candidate).await?;
    refresh_in(ctx, &mut tx, &[candidate]).await?;
    Ok(tx)
}

/// Brings candidates into the index as the caller's transaction sees them.
async fn refresh_in(ctx: &Context, tx: &mut Tx, ids: &[CandidateId]) -> Result<()> {
    refresh_into(ctx, ctx.vectors.as_ref(), tx, ids).await?;
    Ok(())
}

/// Answers how many passages that were.
async fn refresh_into(ctx: &Context, index: &dyn VectorIndex, tx: &mut Tx, ids: &[CandidateId]) -> Result<u64> {
    let workspace = tx.workspace_id();
    let rows = passages::indexable(tx, ids, &ctx.embedder.model().name).await?;
    let documents = resumes::of_candidates(tx, ids).await?;
    let people = candidates::some(tx, ids).await?;
    let payloads: std::collections::HashMap<CandidateId, Payload> = people
        .iter()
        .map(|person| {
            let own: Vec<&Resume> = documents.iter().filter(|document| document.candidate == person.id).collect();
            (person.id, payload(person, &own, ctx.now().date_naive()))
        })
        .collect();
    let points: Vec<Point> = rows.into_iter().map(|row| point(workspace, row, &payloads)).collect();
    let given = points.len() as u64;
    index.upsert(points).await?;
    Ok(given)
}

fn point(workspace: WorkspaceId, row: Indexable, payloads: &std::collections::HashMap<CandidateId, Payload>) -> Point {
    Point {
        id: row.id,
        workspace,
        candidate: row.candidate,
        resume: row.resume,
        dense: row.dense,
        sparse: row.sparse,
        payload: payloads.get(&row.candidate).cloned().unwrap_or_default(),
    }
}

/// What a candidate is filtered by: skills and titles of all their resumes, the rest of the newest.
fn payload(person: &crate::model::candidate::Candidate, documents: &[&Resume], today: NaiveDate) -> Payload {
    let skills = documents.iter().flat_map(|document| &document.profile.skills);
    let positions = documents.iter().flat_map(|document| &document.profile.positions);
    let languages = documents.iter().flat_map(|document| &document.profile.languages);
    let place = person.location.as_ref();
    Payload {
        skills: unique(skills.filter(|skill| !skill.denied).map(|skill| skill.id.clone())),
        titles: unique(positions.filter_map(|position| position.title_id.clone())),
        languages: unique(languages.map(|language| language.code.clone())),
        country: place.and_then(|place| place.country.clone()),
        city: place.map(|place| place.name.to_lowercase()),
        position: place.and_then(|place| place.latitude.zip(place.longitude)),
        years: super::candidates::years(person, documents.iter().copied(), today),
    }
}

fn unique(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut values: Vec<String> = values.collect();
    values.sort();
    values.dedup();
    values
}

/// Brings candidates of a workspace into the index.
pub async fn refresh(ctx: &Context, workspace: WorkspaceId, ids: &[CandidateId]) -> Result<()> {
    let mut tx = ctx.store.workspace(workspace).await?;
    // Whoever changes them holds this lock until the change is kept; reading earlier would take it out again.
    candidates::lock_some(&mut tx, ids).await?;
    refresh_in(ctx, &mut tx, ids).await?;
    Ok(tx.commit().await?)
}

/// Brings every candidate of every workspace into `index`, which is whole then; answers how many passages that were.
/// With `clear` the index forgets everything first, and nobody searches it until it is full again. `progress` hears how
/// many candidates are done.
pub async fn rebuild(
    ctx: &Context,
    index: &dyn VectorIndex,
    clear: bool,
    progress: impl Fn(usize) + Send + Sync,
) -> Result<u64> {
    let mut tx = ctx.store.system().await?;
    let workspaces = accounts::workspaces(&mut tx).await?;
    tx.commit().await?;
    if clear {
        index.set_whole(false).await?;
    }
    let (mut done, mut points) = (0, 0);
    for (workspace, _) in workspaces {
        if clear {
            index.clear(workspace).await?;
        }
        let given;
        (done, given) = rebuild_from(ctx, index, workspace, done, &progress).await?;
        let indexed = index.count(workspace).await?;
        if indexed < given {
            tracing::warn!(%workspace, given, indexed, "the vector engine lost passages while it was filled");
            return Err(Error::Unavailable("the vector engine"));
        }
        points += indexed;
    }
    index.set_whole(true).await?;
    Ok(points)
}

/// Brings everything into the configured engine anew, when no other process is filling it.
pub async fn reindex(ctx: &Context, progress: impl Fn(usize) + Send + Sync) -> Result<u64> {
    let _turn = loop {
        match ctx.store.filling_turn().await? {
            Some(turn) => break turn,
            None => tokio::time::sleep(TURN).await,
        }
    };
    rebuild(ctx, ctx.vectors.as_ref(), true, progress).await
}

/// Brings every candidate of one workspace into the index.
pub async fn rebuild_workspace(ctx: &Context, workspace: WorkspaceId) -> Result<()> {
    rebuild_from(ctx, ctx.vectors.as_ref(), workspace, 0, &|_| {}).await?;
    Ok(())
}

async fn rebuild_from(
    ctx: &Context,
    index: &dyn VectorIndex,
    workspace: WorkspaceId,
    mut done: usize,
    progress: &(impl Fn(usize) + Send + Sync),
) -> Result<(usize, u64)> {
    let (mut after, mut given) = (None, 0);
    loop {
        let mut tx = ctx.store.workspace(workspace).await?;
        let ids = candidates::ids(&mut tx, after, BATCH).await?;
        let Some(last) = ids.last() else { return Ok((done, given)) };
        // As in `refresh`: beside running workers, what was read before a change must not be written after it.
        candidates::lock_some(&mut tx, &ids).await?;
        given += refresh_into(ctx, index, &mut tx, &ids).await?;
        tx.commit().await?;
        after = Some(*last);
        done += ids.len();
        progress(done);
    }
}

/// How many passages Postgres keeps, and how many `index` has, over all workspaces.
pub async fn compare(ctx: &Context, index: &dyn VectorIndex) -> Result<(u64, u64)> {
    let mut tx = ctx.store.system().await?;
    let workspaces = accounts::workspaces(&mut tx).await?;
    tx.commit().await?;
    let (mut kept, mut indexed) = (0, 0);
    for (workspace, _) in workspaces {
        let mut tx = ctx.store.workspace(workspace).await?;
        kept += u64::try_from(passages::count(&mut tx).await?).unwrap_or_default();
        indexed += index.count(workspace).await?;
    }
    Ok((kept, indexed))
}
