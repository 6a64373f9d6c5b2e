//! One request, one answer: what both protocols share of HTTP, and what its errors mean.

use std::time::Duration;

use serde_json::Value;

use super::Error;
use crate::base::outbound;

/// The most of a provider's own words that is repeated.
const QUOTED: usize = 300;

/// What an error of the connection means.
pub(super) fn connection(error: &reqwest::Error) -> Error {
    // The address may hold what an operator put there; only what went wrong is said.
    let cause = innermost(error);
    if error.is_connect() {
        Error::Unreachable(cause)
    } else if error.is_timeout() {
        Error::Timeout
    } else if error.is_builder() {
        Error::Rejected(cause)
    } else {
        Error::Broken(cause)
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// What an answer with an error's status means; both protocols say why under `error`.
pub(super) async fn refusal(response: reqwest::Response) -> Error {
    let (status, wait) = (response.status().as_u16(), outbound::retry_after(response.headers()));
    let body: Value =
        response.bytes().await.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    meaning(status, wait, &body)
}

/// What a status means, with what the provider says of it.
pub(super) fn meaning(status: u16, wait: Option<Duration>, body: &Value) -> Error {
    let field = |name: &str| body["error"][name].as_str().unwrap_or_default();
    let (code, kind) = (field("code"), field("type"));
    let said: String = field("message").chars().take(QUOTED).collect();
    let is = |names: &[&str]| names.iter().any(|name| code == *name || kind == *name);
    match status {
        _ if is(&["context_length_exceeded", "request_too_large", "string_above_max_length"]) => Error::TooLong(said),
        _ if is(&["insufficient_quota", "billing_error", "billing_hard_limit_reached"]) => Error::Quota(said),
        _ if is(&["model_not_found"]) => Error::Model(said),
        400 if said.contains("maximum context length") || said.starts_with("prompt is too long") => {
            Error::TooLong(said)
        }
        400 if said.starts_with("Your credit balance is too low") => Error::Quota(said),
        401 | 403 => Error::Key(said),
        402 => Error::Quota(said),
        404 if kind == "not_found_error" || said.contains("model") => Error::Model(said),
        413 => Error::TooLong(said),
        429 => Error::TooOften(wait),
        408 | 409 | 500.. => Error::Failed(status, wait),
        _ => Error::Rejected(if said.is_empty() { format!("status {status}") } else { said }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_provider_says_is_understood() {
        let of = |status, body: Value| meaning(status, None, &body).name();
        let error = |code: &str, message: &str| json!({ "error": { "code": code, "message": message } });
        let kind = |kind: &str, message: &str| json!({ "error": { "type": kind, "message": message } });
        assert_eq!(of(401, error("invalid_api_key", "Incorrect API key")), "wrong_key");
        assert_eq!(of(404, error("model_not_found", "The model `x` does not exist")), "unknown_model");
        assert_eq!(of(404, kind("not_found_error", "model: claude-x")), "unknown_model");
        assert_eq!(of(429, error("insufficient_quota", "You exceeded")), "out_of_quota");
        assert_eq!(of(429, error("rate_limit_exceeded", "Rate limit")), "too_often");
        assert_eq!(of(400, error("context_length_exceeded", "This model's maximum")), "too_long");
        assert_eq!(of(400, kind("invalid_request_error", "prompt is too long: 210000 tokens")), "too_long");
        assert_eq!(of(529, kind("overloaded_error", "Overloaded")), "failed");
        assert_eq!(of(400, json!(null)), "rejected");
        assert_eq!(of(502, json!("<html>")), "failed");
    }
}
