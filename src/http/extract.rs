//! Extractors whose refusals are problem documents: JSON, query strings and paths.
//!
//! None lets a text with a NUL character in: the database keeps no such text, so nothing behind them has to think of it.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::Problem;
use crate::recruit::Error;

/// A JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = whole(Request::from_parts(parts.clone(), body)).await?;
        refuse_nul(&bytes, "")?;
        let request = Request::from_parts(parts, Body::from(bytes));
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(unread(rejection.status(), rejection.body_text())),
        }
    }
}

/// Refuses a JSON text of which a value has a NUL character, by its field: `name`, or `filters.skills.0.label` where the
/// text is what `filters` holds. JSON writes the character as an escape alone; a text without one is not read for it.
pub fn refuse_nul(json: &[u8], field: &str) -> Result<(), Problem> {
    if !json.windows(6).any(|part| part == b"\\u0000") {
        return Ok(());
    }
    let read = serde_json::from_slice(json).ok();
    read.and_then(|value| find_nul(&value, field)).map_or(Ok(()), |field| Err(nul_in(field)))
}

fn find_nul(value: &Value, path: &str) -> Option<String> {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::String(text) => text.contains('\0').then(|| path.to_owned()),
        Value::Array(values) => values.iter().enumerate().find_map(|(at, one)| find_nul(one, &below(&at.to_string()))),
        Value::Object(fields) => fields.iter().find_map(|(name, one)| find_nul(one, &below(name))),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn nul_in(field: String) -> Problem {
    Problem::field(field, "has a NUL character, which no text may have; take it out")
}

/// The whole body of a request without files, as long as JSON may be.
pub async fn whole(request: Request) -> Result<Bytes, Problem> {
    let read = Bytes::from_request(request, &()).await;
    read.map_err(|rejection| unread(rejection.status(), rejection.body_text()))
}

fn unread(status: StatusCode, reason: String) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = "a JSON body may have at most 2 MB; send less in one request".to_owned();
        return Error::TooLarge("request_too_large", detail).into();
    }
    Problem::malformed(reason)
}

/// A query string.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if parts.uri.query().is_some_and(|query| query.contains("%00"))
            && let Ok(axum::extract::Query(pairs)) =
                axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            && let Some((field, _)) = pairs.into_iter().find(|(_, value)| value.contains('\0'))
        {
            return Err(nul_in(field));
        }
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::malformed(rejection.body_text())),
        }
    }
}

/// Parts of the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::malformed(rejection.body_text())),
        }
    }
}
