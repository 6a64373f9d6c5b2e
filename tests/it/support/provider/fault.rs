//! The errors of the two protocols, in the words that the real providers use.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::script::Allowance;

/// Overloaded, a status of Anthropic's own.
const OVERLOADED: u16 = 529;

/// Whose words are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `/v1/chat/completions`, `/v1/embeddings`, `/v1/batches`, `/v1/files`, `/v1/models`.
    OpenAi,
    /// `/v1/messages`.
    Anthropic,
}

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The key is missing or wrong: 401.
    WrongKey,
    /// The account has no money left: 429 without a time to come back; Anthropic calls it a bad request.
    NoQuota,
    /// Too many requests: 429.
    RateLimited {
        /// The header `Retry-After`, seconds.
        retry_after_s: u64,
    },
    /// Anthropic's 529; OpenAI says 503 to it.
    Overloaded,
    /// 500.
    ServerError,
    /// 503, the whole provider is away.
    Unavailable,
    /// There is no such model: 404.
    UnknownModel(String),
    /// There is no such thing: 404.
    NotFound(String),
    /// More tokens than the model reads: 400.
    TooLong {
        /// The most tokens that the model takes, with the answer.
        most: u64,
        /// What was asked for, with the answer.
        asked: u64,
    },
    /// Something in the request is wrong: 400.
    Invalid {
        /// Which part of it.
        param: String,
        /// What is wrong.
        message: String,
    },
}

impl Fault {
    /// A request with something wrong in it.
    pub fn invalid(param: &str, message: impl Into<String>) -> Self {
        Self::Invalid { param: param.to_owned(), message: message.into() }
    }

    /// The error that a status usually stands for.
    pub fn of_status(code: u16) -> Self {
        match code {
            400 => Self::invalid("messages", "The request was not understood."),
            401 | 403 => Self::WrongKey,
            404 => Self::NotFound("what was asked for".to_owned()),
            429 => Self::RateLimited { retry_after_s: 1 },
            503 => Self::Unavailable,
            OVERLOADED => Self::Overloaded,
            _ => Self::ServerError,
        }
    }

    /// The HTTP status.
    pub fn status(&self, protocol: Protocol) -> u16 {
        match self {
            Self::WrongKey => 401,
            Self::NoQuota if protocol == Protocol::Anthropic => 400,
            Self::NoQuota | Self::RateLimited { .. } => 429,
            Self::Overloaded if protocol == Protocol::Anthropic => OVERLOADED,
            Self::Overloaded | Self::Unavailable => 503,
            Self::ServerError => 500,
            Self::UnknownModel(_) | Self::NotFound(_) => 404,
            Self::TooLong { .. } | Self::Invalid { .. } => 400,
        }
    }

    /// The body.
    pub fn body(&self, protocol: Protocol) -> Value {
        match protocol {
            Protocol::OpenAi => self.openai(),
            Protocol::Anthropic => self.anthropic(),
        }
    }

    /// `{"error": {"message", "type", "param", "code"}}`.
    fn openai(&self) -> Value {
        let (kind, code, param) = match self {
            Self::WrongKey => ("invalid_request_error", Some("invalid_api_key"), None),
            Self::NoQuota => ("insufficient_quota", Some("insufficient_quota"), None),
            Self::RateLimited { .. } => ("requests", Some("rate_limit_exceeded"), None),
            Self::Overloaded | Self::Unavailable => ("server_error", Some("service_unavailable"), None),
            Self::ServerError => ("server_error", None, None),
            Self::UnknownModel(_) => ("invalid_request_error", Some("model_not_found"), None),
            Self::NotFound(_) => ("invalid_request_error", None, Some("id")),
            Self::TooLong { .. } => ("invalid_request_error", Some("context_length_exceeded"), Some("messages")),
            Self::Invalid { param, .. } => ("invalid_request_error", None, Some(param.as_str())),
        };
        json!({"error": {"message": self.message(), "type": kind, "param": param, "code": code}})
    }

    /// `{"type": "error", "error": {"type", "message"}, "request_id"}`.
    fn anthropic(&self) -> Value {
        let kind = match self {
            Self::WrongKey => "authentication_error",
            Self::NoQuota | Self::TooLong { .. } | Self::Invalid { .. } => "invalid_request_error",
            Self::RateLimited { .. } => "rate_limit_error",
            Self::Overloaded => "overloaded_error",
            Self::ServerError | Self::Unavailable => "api_error",
            Self::UnknownModel(_) | Self::NotFound(_) => "not_found_error",
        };
        json!({"type": "error", "error": {"type": kind, "message": self.message()}, "request_id": "req_box"})
    }

    fn message(&self) -> String {
        match self {
            Self::WrongKey => "Incorrect API key provided.".to_owned(),
            Self::NoQuota => "You exceeded your current quota, please check your plan and billing details.".to_owned(),
            Self::RateLimited { retry_after_s } => {
                format!("Rate limit reached. Please try again in {retry_after_s}s.")
            }
            Self::Overloaded => "Overloaded".to_owned(),
            Self::ServerError => "The server had an error while processing your request.".to_owned(),
            Self::Unavailable => "The service is temporarily unavailable.".to_owned(),
            Self::UnknownModel(model) => {
                format!("The model `{model}` does not exist or you do not have access to it.")
            }
            Self::NotFound(what) => format!("No such object: {what}"),
            Self::TooLong { most, asked } => format!(
                "This model's maximum context length is {most} tokens. However, your messages and the answer come to \
                 {asked} tokens."
            ),
            Self::Invalid { message, .. } => message.clone(),
        }
    }

    /// The response with its headers.
    pub fn response(&self, protocol: Protocol) -> Response {
        let after = if let Self::RateLimited { retry_after_s } = self { Some(*retry_after_s) } else { None };
        failed(self.status(protocol), &self.body(protocol), after)
    }
}

/// An error with a body as it was ordered.
pub fn failed(status: u16, body: &Value, retry_after_s: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content = [(header::CONTENT_TYPE, "application/json")];
    let mut response = (status, content, body.to_string()).into_response();
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Says in the headers what is left of the rate limit. Anthropic's time of reset is a date, which nobody reads here.
pub fn announce(headers: &mut HeaderMap, protocol: Protocol, left: Allowance) {
    let (limit, remaining) = match protocol {
        Protocol::OpenAi => ("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests"),
        Protocol::Anthropic => ("anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining"),
    };
    headers.insert(limit, HeaderValue::from(left.limit));
    headers.insert(remaining, HeaderValue::from(left.remaining));
    if protocol == Protocol::OpenAi
        && let Ok(text) = HeaderValue::from_str(&format!("{}ms", left.reset.as_millis()))
    {
        headers.insert("x-ratelimit-reset-requests", text);
    }
}
