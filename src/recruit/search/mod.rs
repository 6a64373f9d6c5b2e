//! Search: understands the query, asks the index by meaning and by words, holds candidates to what was asked, and
//! shows the words that prove it.

mod answer;
mod cursor;
mod facets;
mod library;
mod rank;
mod retrieve;
mod similar;

use std::time::Instant;

pub use answer::{Answer, Degraded, Evidence, Facet, Facets, Hit, Reason, Stage};
pub use library::forget;
pub use similar::similar;

use super::accounts::Actor;
use super::{Error, Result};
use crate::context::Context;
use crate::model::ids::{CandidateId, MemberId, QueryId, WorkspaceId};
use crate::model::query::{self, interpretation::Interpretation};
use crate::store::searches;

/// Hits on a page unless asked otherwise, and at most.
pub const DEFAULT_LIMIT: usize = 20;
/// The most hits on a page.
pub const MAX_LIMIT: usize = 200;

/// The longest working life that can be asked for.
const MOST_YEARS: f32 = 100.0;

/// How much work a search may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// By meaning and by words.
    #[default]
    Auto,
    /// By words alone.
    Fast,
    /// As auto; deeper models come with later versions.
    Deep,
}

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// In plain language, a pasted description or a boolean string.
    pub query: String,
    /// The understanding as edited; replaces the query's own.
    pub filters: Option<Interpretation>,
    /// Hits on the page; [`DEFAULT_LIMIT`] where not said.
    pub limit: Option<usize>,
    /// Where the page goes on.
    pub cursor: Option<String>,
    /// How much work.
    pub mode: Mode,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// Who, where it is a member.
    pub member: Option<MemberId>,
}

impl From<&Actor> for Asker {
    fn from(actor: &Actor) -> Self {
        Self { workspace: actor.member.workspace_id, member: Some(actor.member.id) }
    }
}

/// What a query is understood as.
pub fn interpret(text: &str) -> Result<Interpretation> {
    query::check(text).map_err(|error| Error::field("query", error.to_string()))
}

/// Runs a search and keeps a record of it.
pub async fn search(ctx: &Context, asker: Asker, request: Request) -> Result<Answer> {
    let started = Instant::now();
    let limit = request.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Error::field("limit", format!("must be 1 to {MAX_LIMIT}")));
    }
    let understood = interpret(&request.query)?;
    let interpretation = request.filters.unwrap_or(understood);
    let years = [interpretation.years.min, interpretation.years.max];
    if years.iter().flatten().any(|years| !(0.0..=MOST_YEARS).contains(years)) {
        return Err(Error::field("filters", format!("must have `years` from 0 to {MOST_YEARS}")));
    }
    let fingerprint = cursor::fingerprint(&request.query, &interpretation, request.mode);
    let offset = request.cursor.as_deref().map_or(Ok(0), |text| cursor::read(text, fingerprint))?;
    let mut stages = vec![Stage::done("understood", started)];

    let clock = Instant::now();
    let found = retrieve::retrieve(ctx, asker.workspace, &request.query, &interpretation, request.mode).await?;
    stages.push(Stage { state: found.state(), ..Stage::done("retrieved", clock) });

    let clock = Instant::now();
    let people = library::load(ctx, asker.workspace, &found.candidates()).await?;
    stages.push(Stage::done("loaded", clock));

    let clock = Instant::now();
    let today = ctx.now().date_naive();
    let (wanted, within) = (interpretation.clone(), offset..offset + limit);
    let work = move || {
        let ranked = rank::rank(&wanted, &found, people, today);
        let end = within.end.min(ranked.len());
        let page = ranked.get(within.start..end).unwrap_or_default();
        let places = within.start + 1..;
        let hits: Vec<Hit> = page.iter().zip(places).map(|(person, place)| person.hit(place, &wanted, today)).collect();
        (hits, facets::count(&ranked, today), ranked.len(), found.degraded)
    };
    let worked = tokio::task::spawn_blocking(work).await;
    let (hits, facets, total, degraded) =
        worked.map_err(|error| Error::Internal(format!("ranking failed: {error}")))?;
    stages.push(Stage::done("ranked", clock));

    let end = offset + hits.len();
    let answer = Answer {
        query_id: ctx.id(QueryId::new),
        total,
        next_cursor: (end < total).then(|| cursor::write(fingerprint, end)),
        took_ms: millis(started),
        degraded,
        interpretation,
        hits,
        facets,
        stages,
    };
    record(ctx.clone(), asker, request.query, &answer);
    Ok(answer)
}

/// Whole milliseconds since `start`.
fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Keeps what was asked and who was shown, without making anybody wait; a database that is away is said in the log.
fn record(ctx: Context, asker: Asker, query: String, answer: &Answer) {
    let search = searches::Search {
        id: answer.query_id,
        member: asker.member,
        query,
        interpretation: answer.interpretation.clone(),
        model: ctx.embedder.model().name.clone(),
        ranking: answer.hits.iter().map(|hit| hit.candidate_id).collect::<Vec<CandidateId>>(),
        total: i32::try_from(answer.total).unwrap_or(i32::MAX),
        took_ms: i32::try_from(answer.took_ms).unwrap_or(i32::MAX),
        at: ctx.now(),
    };
    tokio::spawn(async move {
        let kept = async {
            let mut tx = ctx.store.workspace(asker.workspace).await?;
            searches::insert(&mut tx, &search).await?;
            tx.commit().await
        };
        if let Err(error) = kept.await {
            tracing::warn!(%error, query_id = %search.id, "a search was not recorded");
        }
    });
}
