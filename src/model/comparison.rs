//! Two models on the same questions: what is known of each, with intervals, so that chance is not taken for a difference.

use serde::Serialize;

use super::interval::{self, Estimate, Moments};

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Side {
    /// `provider/model`.
    pub model: String,
    /// Whether its answers are only compared, and shown to nobody.
    pub compared: bool,
    /// Answers that came.
    pub answers: i64,
    /// Share of these that held to schema and check, with its interval of 95 %.
    pub valid: Option<Estimate>,
    /// Answers that somebody judged.
    pub judged: i64,
    /// Share of these that were taken, with its interval of 95 %. None where nobody judged: what is only compared is
    /// shown to nobody.
    pub accepted: Option<Estimate>,
    /// Milliseconds until a usable answer, with the mean's interval of 95 %.
    pub latency_ms: Option<Estimate>,
    /// Micro-dollars for a usable answer, with the mean's interval of 95 %.
    pub cost: Option<Estimate>,
}

/// What was counted of one side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counted {
    /// `provider/model`.
    pub model: String,
    /// Whether its answers are only compared.
    pub compared: bool,
    /// Answers that came.
    pub answers: i64,
    /// That could be used.
    pub valid: i64,
    /// That somebody judged.
    pub judged: i64,
    /// That were taken.
    pub accepted: i64,
    /// Milliseconds.
    pub latency: Moments,
    /// Micro-dollars.
    pub cost: Moments,
}

impl From<Counted> for Side {
    fn from(of: Counted) -> Self {
        Self {
            valid: interval::share(of.valid, of.answers),
            accepted: interval::share(of.accepted, of.judged),
            latency_ms: interval::mean(of.latency),
            cost: interval::mean(of.cost),
            model: of.model,
            compared: of.compared,
            answers: of.answers,
            judged: of.judged,
        }
    }
}

/// The same questions, answered by two models: the second against the first.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Pair {
    /// Who usually answers.
    pub usual: String,
    /// Who is compared.
    pub other: String,
    /// Questions that both answered usably.
    pub questions: i64,
    /// How many milliseconds the other took more, with its interval of 95 %.
    pub latency_ms: Option<Estimate>,
    /// How many micro-dollars the other cost more, with its interval of 95 %.
    pub cost: Option<Estimate>,
}

/// The comparison of two providers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Comparison {
    /// The model that is compared now; empty for none.
    pub model: String,
    /// For how many questions of a hundred.
    pub percent: i64,
    /// Each side by itself.
    pub sides: Vec<Side>,
    /// Question by question.
    pub pairs: Vec<Pair>,
}
