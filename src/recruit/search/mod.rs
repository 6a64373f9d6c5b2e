//! Search: understands the query, asks the index by meaning and by words, holds candidates to what was asked, and
//! shows the words that prove it.

mod answer;
mod cursor;
mod facets;
mod library;
mod propose;
mod prose;
mod rank;
mod retrieve;
mod similar;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

pub use answer::{Answer, Degraded, Evidence, Facet, Facets, Hit, Reason, Stage};
pub use library::{forget, forget_all};
pub use propose::{Proposal, Proposals, propose};
pub(in crate::recruit) use propose::{held, usable};
pub use prose::{Prose, Statement, prose};
pub use similar::similar;

use self::library::Person;
use self::retrieve::{Arms, Found};
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

/// What is asked for: the understanding as edited, or else the query's own.
fn wanted(query: &str, filters: Option<Interpretation>) -> Result<Interpretation> {
    let understood = interpret(query)?;
    if let Some((field, message)) = filters.as_ref().and_then(|edited| edited.excess(&understood)) {
        return Err(Error::field(field, message));
    }
    let interpretation = filters.unwrap_or(understood);
    let years = [interpretation.years.min, interpretation.years.max];
    if years.iter().flatten().any(|years| !(0.0..=MOST_YEARS).contains(years)) {
        return Err(Error::field("filters", format!("must have `years` from 0 to {MOST_YEARS}")));
    }
    Ok(interpretation)
}

/// Runs a search and keeps a record of it.
pub async fn search(ctx: &Context, asker: Asker, request: Request) -> Result<Answer> {
    let mut search = Search::understand(ctx, asker, request)?;
    let answer = search.whole(ctx).await?;
    search.record(ctx, &answer);
    Ok(answer)
}

/// A search that was understood, with whom it has found so far. Its answers share one id, and one of them is recorded.
#[derive(Debug)]
pub struct Search {
    id: QueryId,
    asker: Asker,
    query: String,
    interpretation: Interpretation,
    mode: Mode,
    fingerprint: [u8; 8],
    offset: usize,
    limit: usize,
    started: Instant,
    stages: Vec<Stage>,
    found: Found,
    /// Whether the words were asked for.
    worded: bool,
    people: HashMap<CandidateId, Arc<Person>>,
}

impl Search {
    /// Understands what is asked, and refuses what cannot be.
    pub fn understand(ctx: &Context, asker: Asker, request: Request) -> Result<Self> {
        let started = Instant::now();
        let limit = request.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::field("limit", format!("must be 1 to {MAX_LIMIT}")));
        }
        let interpretation = wanted(&request.query, request.filters)?;
        let fingerprint = cursor::fingerprint(&request.query, &interpretation, request.mode);
        let offset = request.cursor.as_deref().map_or(Ok(0), |text| cursor::read(text, fingerprint))?;
        Ok(Self {
            id: ctx.id(QueryId::new),
            asker,
            query: request.query,
            interpretation,
            mode: request.mode,
            fingerprint,
            offset,
            limit,
            started,
            stages: vec![Stage::done("understood", started)],
            found: Found::default(),
            worded: false,
            people: HashMap::new(),
        })
    }

    /// The answer by words alone, which needs no model.
    pub async fn by_words(&mut self, ctx: &Context) -> Result<Answer> {
        self.retrieve(ctx, false).await?;
        self.answer(ctx).await
    }

    /// The answer by all that the mode allows; whom the words have found already is not sought again.
    pub async fn whole(&mut self, ctx: &Context) -> Result<Answer> {
        self.retrieve(ctx, self.mode != Mode::Fast).await?;
        self.answer(ctx).await
    }

    async fn retrieve(&mut self, ctx: &Context, meaning: bool) -> Result<()> {
        let arms = Arms { meaning, words: !self.worded };
        let clock = Instant::now();
        let (workspace, found) = (self.asker.workspace, &mut self.found);
        retrieve::retrieve(ctx, workspace, &self.query, &self.interpretation, arms, found).await?;
        self.worded = true;
        self.stages.push(Stage { state: self.found.state(), ..Stage::done("retrieved", clock) });

        let clock = Instant::now();
        let mut missing = self.found.candidates();
        missing.retain(|id| !self.people.contains_key(id));
        let loaded = library::load(ctx, workspace, &missing).await?;
        self.people.extend(loaded.into_iter().map(|person| (person.candidate.id, person)));
        self.stages.push(Stage::done("loaded", clock));
        Ok(())
    }

    /// Puts whom was found in order, and shows a page of them.
    async fn answer(&mut self, ctx: &Context) -> Result<Answer> {
        let clock = Instant::now();
        let today = ctx.now().date_naive();
        let (wanted, found) = (self.interpretation.clone(), self.found.clone());
        let people: Vec<Arc<Person>> = self.people.values().cloned().collect();
        let within = self.offset..self.offset + self.limit;
        let work = move || {
            let ranked = rank::rank(&wanted, &found, people, today);
            let end = within.end.min(ranked.len());
            let page = ranked.get(within.start..end).unwrap_or_default();
            let places = within.start + 1..;
            let hits: Vec<Hit> =
                page.iter().zip(places).map(|(person, place)| person.hit(place, &wanted, today)).collect();
            (hits, facets::count(&ranked, &wanted, today), ranked.len())
        };
        let worked = tokio::task::spawn_blocking(work).await;
        let (hits, facets, total) = worked.map_err(|error| Error::Internal(format!("ranking failed: {error}")))?;
        self.stages.push(Stage::done("ranked", clock));

        let end = self.offset + hits.len();
        Ok(Answer {
            query_id: self.id,
            total,
            total_is_lower_bound: self.found.full,
            next_cursor: (end < total).then(|| cursor::write(self.fingerprint, end)),
            took_ms: millis(self.started),
            degraded: self.found.degraded.clone(),
            interpretation: self.interpretation.clone(),
            hits,
            facets,
            stages: self.stages.clone(),
        })
    }

    /// Keeps what was asked and who was shown at last, without making anybody wait; a database that is away is said in
    /// the log.
    pub fn record(self, ctx: &Context, shown: &Answer) {
        let search = searches::Search {
            id: self.id,
            member: self.asker.member,
            query: self.query,
            interpretation: self.interpretation,
            model: ctx.embedder.model().name.clone(),
            ranking: shown.hits.iter().map(|hit| hit.candidate_id).collect(),
            total: i32::try_from(shown.total).unwrap_or(i32::MAX),
            took_ms: i32::try_from(shown.took_ms).unwrap_or(i32::MAX),
            at: ctx.now(),
        };
        let (ctx, workspace) = (ctx.clone(), self.asker.workspace);
        tokio::spawn(async move {
            let kept = async {
                let mut tx = ctx.store.workspace(workspace).await?;
                searches::insert(&mut tx, &search).await?;
                tx.commit().await
            };
            if let Err(error) = kept.await {
                tracing::warn!(%error, query_id = %search.id, "a search was not recorded");
            }
        });
    }
}

/// Whole milliseconds since `start`.
fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
