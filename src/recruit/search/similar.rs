//! People like a candidate: the ordinary search, asked with what the candidate did instead of who they are.

use super::{Asker, Hit, Mode, Request, Search};
use crate::context::Context;
use crate::model::ids::CandidateId;
use crate::model::query::interpretation::Interpretation;
use crate::recruit::accounts::Actor;
use crate::recruit::{Result, candidates};

/// Characters of a candidate's work that are asked with.
const ASKED: usize = 2_000;

/// The `limit` candidates most like `id`, without themselves.
pub async fn similar(ctx: &Context, actor: &Actor, id: CandidateId, limit: usize) -> Result<Vec<Hit>> {
    let dossier = candidates::get(ctx, actor, id).await?;
    let Some(resume) = dossier.resumes.first() else { return Ok(Vec::new()) };
    let entries = resume.profile.positions.iter().map(|entry| entry.span.slice(&resume.text));
    let work = entries.collect::<Vec<_>>().join("\n");
    let text = if work.trim().is_empty() { &resume.text } else { &work };
    let request = Request {
        query: text.chars().take(ASKED).collect(),
        filters: Some(Interpretation::default()),
        limit: Some(limit + 1),
        cursor: None,
        mode: Mode::Auto,
    };
    let mut search = Search::understand(ctx, Asker::from(actor), request)?;
    let answer = search.whole(ctx).await?;
    // The record says whom it was about, not what their resume says: it outlives an erasure.
    search.query = format!("like {id}");
    search.record(ctx, &answer);
    let mut hits = answer.hits;
    hits.retain(|hit| hit.candidate_id != id);
    hits.truncate(limit);
    for (place, hit) in hits.iter_mut().enumerate() {
        hit.rank = place + 1;
    }
    Ok(hits)
}
