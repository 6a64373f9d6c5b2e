//! The vector engine: one trait, two real engines. Passages are points that carry a dense and a sparse vector and a
//! payload for filters; Postgres holds the truth, so an engine can be lost and rebuilt at any moment.
//!
//! `embedded` is our own exact scan and not `qdrant-edge`, the server's code in process: that costs about 1,200
//! CPU-seconds of every release build and 31 MB of binary, its current version (0.9.0) does not compile on Rust 1.95,
//! and at 30,000 passages its own exact search (3 ms) already makes its graph needless.

pub mod embedded;
pub mod qdrant;
mod shape;
pub mod standby;

use async_trait::async_trait;

use crate::model::ids::{CandidateId, PassageId, ResumeId, WorkspaceId};
use crate::model::lexical::SparseVector;

/// What a point is filtered by: facts of the candidate, repeated on each of their passages.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Payload {
    /// Taxonomy ids of skills the candidate shows.
    pub skills: Vec<String>,
    /// Taxonomy ids of occupations held.
    pub titles: Vec<String>,
    /// ISO 639-1 codes.
    pub languages: Vec<String>,
    /// ISO 3166-1 alpha-2 code of the place of living.
    pub country: Option<String>,
    /// English name of the place of living, lower-cased.
    pub city: Option<String>,
    /// Latitude and longitude in degrees.
    pub position: Option<(f64, f64)>,
    /// Years of experience in all.
    pub years: Option<f32>,
}

/// A passage in the index.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The passage.
    pub id: PassageId,
    /// The tenant: every query names one.
    pub workspace: WorkspaceId,
    /// The person; hits are grouped by it.
    pub candidate: CandidateId,
    /// The document.
    pub resume: ResumeId,
    /// Unit length; as many numbers as the index's model gives. None when not embedded yet.
    pub dense: Option<Vec<f32>>,
    /// BM25 term weights; the engine multiplies by the inverse document frequency.
    pub sparse: SparseVector,
    /// For filters.
    pub payload: Payload,
}

/// One condition on a payload.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Shows at least one of these skills.
    AnySkill(Vec<String>),
    /// Held at least one of these occupations.
    AnyTitle(Vec<String>),
    /// Speaks at least one of these.
    AnyLanguage(Vec<String>),
    /// Lives in one of these countries.
    AnyCountry(Vec<String>),
    /// Lives in one of these cities.
    AnyCity(Vec<String>),
    /// Lives within `radius_km` of the place.
    Near {
        /// Degrees.
        latitude: f64,
        /// Degrees.
        longitude: f64,
        /// Kilometres.
        radius_km: f64,
    },
    /// Years of experience inside the range, both ends included; unknown years fail.
    Years {
        /// At least.
        min: Option<f32>,
        /// At most.
        max: Option<f32>,
    },
    /// At least one of these holds; there is at least one.
    Any(Vec<Condition>),
}

/// Which points a query looks at. The workspace is not optional.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// All of these hold.
    pub must: Vec<Condition>,
    /// None of these hold.
    pub must_not: Vec<Condition>,
}

/// A hybrid query: each arm that is given is run under the same filter, in one round trip.
#[derive(Debug, Clone, PartialEq)]
pub struct HybridQuery {
    /// Which points.
    pub filter: Filter,
    /// The meaning, unit length.
    pub dense: Option<Vec<f32>>,
    /// The words, query weights.
    pub sparse: Option<SparseVector>,
    /// How many candidates from each arm.
    pub limit: usize,
}

/// A candidate found by one arm, by its best passage.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The person.
    pub candidate: CandidateId,
    /// The best passage.
    pub passage: PassageId,
    /// The document it is in.
    pub resume: ResumeId,
    /// Cosine (dense arm) or BM25 score (sparse arm); higher is better.
    pub score: f32,
}

/// What a hybrid query found: each arm best first, one hit a candidate, ties by candidate id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HybridHits {
    /// By meaning.
    pub dense: Vec<Hit>,
    /// By words.
    pub sparse: Vec<Hit>,
}

/// What an engine that answers says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// It was filled, and has everything that it was given since.
    Whole,
    /// It is not known to have everything: it was made anew, or is being filled. It answers no query.
    Lacking,
}

/// Why an engine did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine is away or does not answer in time.
    #[error("the vector engine is not reachable: {0}")]
    Unavailable(String),
    /// The engine refused the request: vectors of another length, a broken collection.
    #[error("the vector engine refused the request: {0}")]
    Refused(String),
}

/// A vector engine.
#[async_trait]
pub trait VectorIndex: Send + Sync {
    /// Name for the log and the status page: `embedded` or `qdrant`.
    fn name(&self) -> &'static str;
    /// The stand-in that this engine has, where it is a server.
    fn standby(&self) -> Option<&standby::Standby> {
        None
    }
    /// Inserts or replaces points.
    async fn upsert(&self, points: Vec<Point>) -> Result<(), Error>;
    /// Forgets a candidate; afterwards no query finds them.
    async fn delete_candidate(&self, workspace: WorkspaceId, candidate: CandidateId) -> Result<(), Error>;
    /// Forgets one resume.
    async fn delete_resume(&self, workspace: WorkspaceId, resume: ResumeId) -> Result<(), Error>;
    /// Forgets everything of a workspace.
    async fn clear(&self, workspace: WorkspaceId) -> Result<(), Error>;
    /// Runs a query.
    async fn query(&self, query: HybridQuery) -> Result<HybridHits, Error>;
    /// Runs a query in each of several circles of points instead of its own filter; an engine that can looks at every
    /// point once.
    async fn query_within(&self, query: HybridQuery, circles: Vec<Filter>) -> Result<Vec<HybridHits>, Error> {
        let each = circles.into_iter().map(|filter| self.query(HybridQuery { filter, ..query.clone() }));
        futures::future::try_join_all(each).await
    }
    /// Whether it is being filled at the program's start, and searches wait for it.
    fn is_filling(&self) -> bool {
        false
    }
    /// How many points a workspace has.
    async fn count(&self, workspace: WorkspaceId) -> Result<u64, Error>;
    /// Says to everybody who uses the engine whether it has everything. One in the process is nobody else's.
    async fn set_whole(&self, _whole: bool) -> Result<(), Error> {
        Ok(())
    }
    /// Proves by a real request that the engine answers.
    async fn ready(&self) -> Result<Ready, Error>;
}
