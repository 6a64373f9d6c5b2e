//! Problem documents (RFC 9457): one table gives each error its code, status and title.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::recruit::Error;

/// What a client is told when something did not work.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// A stable code.
    pub code: &'static str,
    /// What happened and what to do.
    pub detail: String,
    /// Mistakes by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// Seconds to wait.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// A mistake in one field.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// The field's name in the request.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Problem {
    /// A problem without fields.
    pub fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/api/docs#{code}"),
            title,
            status: status.as_u16(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// The request's shape is wrong: not JSON, a wrong id, a missing part.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_request", "The request cannot be read", detail)
    }

    /// One field is wrong, whose name only the request knows.
    pub fn field(field: String, message: &str) -> Self {
        let (title, detail) = ("The request has mistakes", format!("`{field}` {message}"));
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", title, detail);
        problem.errors = vec![FieldProblem { field, message: message.to_owned() }];
        problem
    }

    /// The path is there, the method is not.
    pub fn method() -> Self {
        let detail = "this path does not take that method; /api/docs lists what it takes";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The method is not allowed", detail)
    }

    /// A change from a browser without the session's CSRF token.
    pub fn csrf() -> Self {
        let detail = "send the csrf_token of GET /api/v1/auth/me in the header X-CSRF-Token; reload the page";
        Self::new(StatusCode::FORBIDDEN, "csrf_token_wrong", "The request is not from the page", detail)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotFound => Self::new(
                StatusCode::NOT_FOUND,
                "not_found",
                "Not found",
                "there is nothing here, or it is not yours to see",
            ),
            Error::Unauthenticated(code, _) => Self::new(StatusCode::UNAUTHORIZED, code, "Sign in", detail),
            Error::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", "Your role does not allow it", detail),
            Error::Invalid(mistakes) => {
                let title = "The request has mistakes";
                let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", title, detail);
                problem.errors = mistakes
                    .into_iter()
                    .map(|mistake| FieldProblem { field: mistake.field.to_owned(), message: mistake.message })
                    .collect();
                problem
            }
            Error::Conflict(code, _) => Self::new(StatusCode::CONFLICT, code, "It contradicts what is there", detail),
            Error::TooLarge(code, _) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, code, "Too large", detail),
            Error::TooMany(wait) => {
                let mut problem =
                    Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests", detail);
                problem.retry_after = Some(wait.as_secs().max(1));
                problem
            }
            Error::DiskFull => Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", "The disk is full", detail),
            Error::Unavailable(_) => {
                let mut problem =
                    Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "A service does not answer", detail);
                problem.retry_after = Some(2);
                problem
            }
            Error::Internal(_) => {
                tracing::error!(error = detail, "a request failed");
                let detail = "this is not your fault; the server's log says more";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong", detail)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// What a handler answers.
pub type Answer<T> = std::result::Result<T, Problem>;
