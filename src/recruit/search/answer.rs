//! What a search answers: the public shape.

use std::time::Instant;

use serde::Serialize;

use crate::model::evidence::Status;
use crate::model::ids::{CandidateId, QueryId, ResumeId};
use crate::model::query::interpretation::{Interpretation, Kind};

/// The answer to a search.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Answer {
    /// The search's id, for feedback and for the record.
    pub query_id: QueryId,
    /// What the query was understood as.
    pub interpretation: Interpretation,
    /// Best first.
    pub hits: Vec<Hit>,
    /// Counts over all that were found; of the same bound as `total`.
    pub facets: Facets,
    /// How many were found.
    pub total: usize,
    /// Whether more people than `total` may answer to the query: of a large pool only the best are looked at.
    pub total_is_lower_bound: bool,
    /// Milliseconds.
    pub took_ms: u64,
    /// What was done, in order.
    pub stages: Vec<Stage>,
    /// What did not answer, and what that means.
    pub degraded: Vec<Degraded>,
    /// Where the list goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A candidate who was found.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Hit {
    /// Who.
    pub candidate_id: CandidateId,
    /// The resume that matched best.
    pub resume_id: ResumeId,
    /// Their name.
    pub name: String,
    /// What they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// Where they live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Years in all, overlaps counted once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub years_experience: Option<f32>,
    /// Higher is better; comparable within one answer.
    pub score: f32,
    /// From 1.
    pub rank: usize,
    /// Each requirement, and what the resume says of it.
    pub reasons: Vec<Reason>,
}

/// A requirement, and what the resume says of it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Reason {
    /// The requirement, in words.
    pub requirement: String,
    /// How strongly it was asked.
    pub kind: Kind,
    /// What the resume says.
    pub status: Status,
    /// The resume's own words.
    pub evidence: Vec<Evidence>,
}

/// A quotation: `text` is exactly the resume's text between `start` and `end`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Evidence {
    /// Which document.
    pub resume_id: ResumeId,
    /// Its words.
    pub text: String,
    /// Offset of the first character, in Unicode scalar values.
    pub start: u32,
    /// Offset after the last character.
    pub end: u32,
}

/// Counts over all that were found.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct Facets {
    /// Skills they show.
    pub skills: Vec<Facet>,
    /// Where they live.
    pub locations: Vec<Facet>,
    /// How senior their last title is.
    pub seniority: Vec<Facet>,
    /// Languages they speak.
    pub languages: Vec<Facet>,
    /// Years in all, in bands.
    pub years: Vec<Facet>,
}

/// A value with its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Facet {
    /// The value, as filters take it.
    pub value: String,
    /// The value, in words.
    pub label: String,
    /// How many candidates.
    pub count: usize,
}

/// A part of the work.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Stage {
    /// Which.
    pub name: &'static str,
    /// Milliseconds.
    pub took_ms: u64,
    /// `done`, `degraded` or `skipped`.
    pub state: &'static str,
}

impl Stage {
    /// A stage that went well.
    pub(super) fn done(name: &'static str, started: Instant) -> Self {
        Self { name, took_ms: super::millis(started), state: "done" }
    }
}

/// A service that did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Degraded {
    /// Which.
    pub service: &'static str,
    /// What that means for this answer.
    pub detail: &'static str,
}
