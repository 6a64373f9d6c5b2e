//! What comes with everything that a model had a part in: who wrote it and at what cost, or why no model did.

use std::time::Duration;

use serde::Serialize;

use crate::ai::{Answer, NoAnswer};
use crate::model::ids::CallId;
use crate::model::money::Micros;

/// How long somebody before a screen waits for a model; the request itself ends a little later.
pub(super) const PATIENCE: Duration = Duration::from_secs(12);

/// Who wrote something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Written {
    /// The model, as `provider/model`.
    pub by: String,
    /// Whether it had been said before and cost nothing now.
    pub cached: bool,
    /// What it cost now, in millionths of a US dollar.
    pub cost: Micros,
    /// The call, to say whether somebody took what it proposes.
    pub call_id: CallId,
}

/// Why no model had a part in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Note {
    /// A stable code.
    pub code: &'static str,
    /// The reason in words.
    pub text: String,
}

impl Note {
    pub(super) fn new(code: &'static str, text: &str) -> Self {
        Self { code, text: text.to_owned() }
    }
}

impl<T> From<&Answer<T>> for Written {
    fn from(answer: &Answer<T>) -> Self {
        Self { by: answer.by.clone(), cached: answer.cached, cost: answer.cost, call_id: answer.call }
    }
}

impl From<NoAnswer> for Note {
    fn from(reason: NoAnswer) -> Self {
        Self { code: reason.code(), text: reason.to_string() }
    }
}
