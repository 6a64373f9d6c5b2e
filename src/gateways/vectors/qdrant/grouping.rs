//! One arm of a query on the server: passages are fetched, grouped by candidate here, and more are fetched while they
//! do not suffice.
//!
//! The server can group, but not several queries in one request, it searches up to five times for each, and among equal
//! scores it picks any. Fetching a few passages a candidate in one batch for both arms is one round trip nearly always,
//! and sees the ties.

use std::cmp::Ordering;
use std::collections::HashMap;

use qdrant_client::qdrant::with_payload_selector::SelectorOptions;
use qdrant_client::qdrant::{
    Filter as ServerFilter, IdfParamsBuilder, PayloadIncludeSelector, QuantizationSearchParamsBuilder, Query,
    QueryPoints, QueryPointsBuilder, ScoredPoint, SearchParamsBuilder, VectorInput,
};

use super::convert::{self, DENSE, WORDS, field};
use crate::gateways::vectors::{Error, Hit, HybridQuery};
use crate::model::ids::CandidateId;
use crate::model::lexical::SparseVector;

/// Passages fetched for each candidate wanted; a resume has three to five.
const PASSAGES_A_CANDIDATE: usize = 4;

/// Each further round fetches this many times more.
const WIDENING: usize = 4;

/// Passages fetched at most, lest a server's strict mode refuse: beyond that, order among equal scores is the server's.
const MOST: usize = 10_000;

/// How much more the int8 copies are asked for before the originals decide: the server's advice for int8.
const OVERSAMPLING: f64 = 2.0;

enum Wanted<'a> {
    Meaning(&'a [f32]),
    Words(&'a SparseVector),
    Nothing,
}

/// One arm: what is asked and what came so far.
pub(super) struct Arm<'a> {
    query: &'a HybridQuery,
    wanted: Wanted<'a>,
    fetch: usize,
    hits: Vec<Hit>,
    done: bool,
}

impl<'a> Arm<'a> {
    /// The arm by meaning; done at once when the query has no such vector.
    pub(super) fn dense(query: &'a HybridQuery) -> Self {
        Self::new(query, query.dense.as_deref().map_or(Wanted::Nothing, Wanted::Meaning))
    }

    /// The arm by words; done at once when the query has none.
    pub(super) fn sparse(query: &'a HybridQuery) -> Self {
        let words = query.sparse.as_ref().filter(|words| !words.indices.is_empty());
        Self::new(query, words.map_or(Wanted::Nothing, Wanted::Words))
    }

    fn new(query: &'a HybridQuery, wanted: Wanted<'a>) -> Self {
        let done = query.limit == 0 || matches!(wanted, Wanted::Nothing);
        let fetch = query.limit.saturating_mul(PASSAGES_A_CANDIDATE).min(MOST);
        Self { query, wanted, fetch, hits: Vec::new(), done }
    }

    /// Whether nothing more needs to be fetched.
    pub(super) fn done(&self) -> bool {
        self.done
    }

    /// The best candidates, best first, ties by candidate id.
    pub(super) fn into_hits(self) -> Vec<Hit> {
        self.hits
    }

    /// The next request.
    pub(super) fn request(&self, collection: &str, frugal: bool) -> QueryPoints {
        let mut params = SearchParamsBuilder::default();
        let (query, using) = match &self.wanted {
            Wanted::Meaning(vector) => {
                if frugal {
                    let copies = QuantizationSearchParamsBuilder::default().rescore(true).oversampling(OVERSAMPLING);
                    params = params.quantization(copies);
                }
                (Query::new_nearest(VectorInput::new_dense(vector.to_vec())), DENSE)
            }
            Wanted::Words(words) => {
                // Rarity within the workspace, not among all tenants (server 1.19; older ones ignore it).
                let tenant: ServerFilter = convert::of_workspace(self.query.filter.workspace);
                params = params.idf(IdfParamsBuilder::default().corpus(tenant));
                (Query::new_nearest(VectorInput::new_sparse(words.indices.clone(), words.values.clone())), WORDS)
            }
            Wanted::Nothing => (Query::default(), DENSE),
        };
        let fields = vec![field::CANDIDATE.to_owned(), field::RESUME.to_owned()];
        QueryPointsBuilder::new(collection)
            .query(query)
            .using(using)
            .filter(convert::filter(&self.query.filter))
            .params(params)
            .limit(self.fetch as u64)
            .with_payload(SelectorOptions::Include(PayloadIncludeSelector { fields }))
            .build()
    }

    /// Takes the answer to the last request: done when there are no more passages, or enough candidates and none of
    /// those not fetched could tie with them.
    ///
    /// # Errors
    /// [`Error::Refused`] when a point was not written by us.
    pub(super) fn take(&mut self, points: &[ScoredPoint]) -> Result<(), Error> {
        let passages = points.iter().map(convert::hit).collect::<Result<Vec<Hit>, Error>>()?;
        let last = passages.iter().map(|passage| passage.score).min_by(f32::total_cmp);
        let all = passages.len() < self.fetch;
        self.hits = best_of_each(passages);
        let enough = self.hits.get(self.query.limit - 1).zip(last).is_some_and(|(worst, last)| worst.score > last);
        self.done = all || enough || self.fetch == MOST;
        self.hits.truncate(self.query.limit);
        self.fetch = self.fetch.saturating_mul(WIDENING).min(MOST);
        Ok(())
    }
}

/// The best passage of each candidate, best first, ties by candidate id; between passages by passage id.
fn best_of_each(passages: Vec<Hit>) -> Vec<Hit> {
    let mut best: HashMap<CandidateId, Hit> = HashMap::new();
    for passage in passages {
        let kept = best.entry(passage.candidate).or_insert_with(|| passage.clone());
        if best_first(&passage, kept).then(passage.passage.cmp(&kept.passage)) == Ordering::Less {
            *kept = passage;
        }
    }
    let mut hits: Vec<Hit> = best.into_values().collect();
    hits.sort_unstable_by(best_first);
    hits
}

fn best_first(a: &Hit, b: &Hit) -> Ordering {
    b.score.total_cmp(&a.score).then_with(|| a.candidate.cmp(&b.candidate))
}
