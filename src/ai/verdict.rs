//! What is to be thought of a reply, and what is said of a call.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Check, NoAnswer};
use crate::gateways::llm::{Error, Reply};
use crate::model::spend::{Tier, Usage, most_tokens};
use crate::store::ai::calls::Call;

/// Whether the reply can be used, and its value.
pub(super) fn judge(reply: &Reply, check: &Check) -> Result<(Value, Reply), Error> {
    let value =
        serde_json::from_str(&reply.text).map_err(|error| Error::Garbled(format!("it is not JSON: {error}")))?;
    if has_nul(&value) {
        return Err(Error::Garbled("it has a NUL".to_owned()));
    }
    check(&value).map_err(Error::Garbled)?;
    Ok((value, reply.clone()))
}

/// Whether a text in it has the one character that the database does not keep.
pub(super) fn has_nul(value: &Value) -> bool {
    value.to_string().contains("\\u0000")
}

/// Tokens where the provider does not say: as many as there can be.
pub(super) fn guess(most: Usage, reply: &Reply) -> Usage {
    Usage { output: most_tokens(&reply.text).min(most.output), ..most }
}

/// How long to wait before asking once more, where that may help.
pub(super) fn wait(error: &Error) -> Option<Duration> {
    match error {
        Error::TooOften(pause) | Error::Failed(_, pause) => Some(pause.unwrap_or(Duration::from_millis(300))),
        _ => None,
    }
}

/// Keeps the more telling of two reasons.
pub(super) fn note(why: &mut NoAnswer, reason: NoAnswer) {
    let weight = |reason: &NoAnswer| match reason {
        NoAnswer::Off => 0,
        NoAnswer::NoPrice(_) => 1,
        NoAnswer::TooLong => 2,
        NoAnswer::Away(_) => 3,
        NoAnswer::Spent(_) => 4,
        NoAnswer::Unusable(_) => 5,
        NoAnswer::Stopped | NoAnswer::FeatureOff(_) => 6,
    };
    if weight(&reason) >= weight(why) {
        *why = reason;
    }
}

pub(super) fn log(call: &Call) {
    tracing::info!(
        call = %call.id,
        feature = call.feature.as_str(),
        tier = call.tier.map(Tier::as_str),
        reason = call.reason,
        model = format!("{}/{}", call.provider, call.model),
        outcome = call.outcome,
        input_tokens = call.usage.input,
        output_tokens = call.usage.output,
        cost_micros = call.cost.0,
        duration_ms = call.latency_ms,
        "a model was asked"
    );
}

pub(super) fn millis(since: Instant) -> i32 {
    i32::try_from(since.elapsed().as_millis()).unwrap_or(i32::MAX)
}
