//! `Idempotency-Key`: a POST that is sent again with the same key is done once and answered with the first answer.
//!
//! Answers are kept in the cache, which may be lost: then a repeated request is done again, and files are the same upload
//! by their bytes in any case. They are not kept in the database, because an answer can hold a secret.

use std::time::Duration;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::auth::Viewer;
use super::problem::{Answer, Problem};
use crate::base::secret;
use crate::context::Context;
use crate::recruit::Error;

const KEY: &str = "idempotency-key";

/// Says that an answer is an earlier one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The longest key, in bytes; a UUID has 36.
const KEY_BYTES: usize = 255;

/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(24);

/// How long a request counts as under way when its end is not seen, because the process was killed.
const UNDER_WAY: Duration = Duration::from_mins(5);

/// The largest answer that is kept, in bytes: that to a request with the most files.
const ANSWER_BYTES: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Kept {
    /// The first request's length: another length is another request.
    length: Option<String>,
    status: u16,
    kind: String,
    body: String,
}

/// Answers a repeated POST with what was answered first.
pub async fn once(State(ctx): State<Context>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // Whoever is not signed in is told so by the route itself, or needs not to be.
    let Ok(Viewer(me)) = Viewer::from_request_parts(&mut parts, &ctx).await else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    let key = parts.headers[KEY].as_bytes();
    if key.is_empty() || key.len() > KEY_BYTES {
        return Problem::malformed(format!("an Idempotency-Key has 1 to {KEY_BYTES} characters")).into_response();
    }
    let name = [me.member.id.to_string().as_bytes(), parts.uri.path().as_bytes(), key].join(&b'\n');
    let name = format!("once:{}", secret::hex(&secret::sha256(&name)));
    let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    match earlier(&ctx, &name, length.as_deref()).await {
        Ok(None) => {}
        Ok(Some(response)) => return response,
        Err(problem) => return problem.into_response(),
    }
    let response = next.run(Request::from_parts(parts, body)).await;
    keep(&ctx, &name, length, response).await
}

/// The answer to an earlier request of this name; none when this is the first.
async fn earlier(ctx: &Context, name: &str, length: Option<&str>) -> Answer<Option<Response>> {
    let kept = ctx.cache.get(name).await.and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok());
    let Some(kept) = kept else {
        let (count, _) = ctx.cache.count(&under_way(name), UNDER_WAY).await;
        if count > 1 {
            let detail = "the first request with this Idempotency-Key is still under way; ask again in a moment";
            return Err(Error::Conflict("idempotency_key_in_use", detail.to_owned()).into());
        }
        return Ok(None);
    };
    if kept.length.as_deref() != length {
        let detail = "this Idempotency-Key was used for another request; take a new key for each request";
        return Err(Error::Conflict("idempotency_key_reused", detail.to_owned()).into());
    }
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let kind = HeaderValue::from_str(&kept.kind).unwrap_or(HeaderValue::from_static("application/json"));
    let headers = [(header::CONTENT_TYPE, kind), (REPLAYED, HeaderValue::from_static("true"))];
    Ok(Some((status, headers, kept.body).into_response()))
}

/// Keeps an answer that stands; after one that a repetition may better, the key is free again.
async fn keep(ctx: &Context, name: &str, length: Option<String>, response: Response) -> Response {
    let status = response.status();
    let passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    if passing || response.body().size_hint().exact().is_none_or(|bytes| bytes > ANSWER_BYTES) {
        ctx.cache.forget(&under_way(name)).await;
        return response;
    }
    let (parts, body) = response.into_parts();
    // A body of known length is in memory already.
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    let kept = Kept { length, status: status.as_u16(), kind: kind.to_owned(), body };
    if let Ok(text) = serde_json::to_vec(&kept) {
        ctx.cache.put(name, &text, KEPT).await;
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn under_way(name: &str) -> String {
    format!("{name}:under-way")
}
