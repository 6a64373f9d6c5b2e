//! `Idempotency-Key`: a POST that is sent again with the same key is done once and answered with the first answer.
//!
//! Answers are kept in the cache, which may be lost: then a repeated request is done again, and files are the same upload
//! by their bytes in any case. They are not kept in the database, because an answer can hold a secret.

use std::time::Duration;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tracing::Instrument;

use super::auth::known;
use super::extract::whole;
use super::layers::{in_time, panicked};
use super::problem::{Answer, Problem};
use crate::base::secret;
use crate::context::Context;
use crate::recruit::Error;
use crate::recruit::accounts::Actor;

const KEY: &str = "idempotency-key";

/// Says that an answer is an earlier one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The longest key, in bytes; a UUID has 36.
pub(super) const KEY_BYTES: usize = 255;

/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(24);

/// How long a request counts as under way when its end is not seen, because the process was killed.
const UNDER_WAY: Duration = Duration::from_mins(5);

/// The largest answer that is kept, in bytes: that to a request with the most files.
const ANSWER_BYTES: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Kept {
    /// What the first request asked for, by its print: another print is another request.
    request: String,
    status: u16,
    kind: String,
    body: String,
}

/// A request with a key, by somebody who is known.
struct Keyed {
    /// Under which the answer is kept.
    name: String,
    print: String,
    request: Request,
}

/// Answers a repeated POST with what was answered first. Stands outside the limit of time and the net for panics, and
/// what has begun goes on when the client leaves: each first request ends in an answer that is kept or a key that is free.
pub async fn once(State(ctx): State<Context>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let asked = in_time(async { Ok(known(&parts, &ctx).await) }).await;
    let me = match asked {
        Ok(Ok(me)) => me,
        // Whoever is not signed in is told so by the route itself, or needs not to be.
        Ok(Err(_)) => return next.run(Request::from_parts(parts, body)).await,
        Err(problem) => return problem.into_response(),
    };
    parts.extensions.insert(me.clone());
    let opened = in_time(async { Ok(open(&me, parts, body).await) }).await.and_then(std::convert::identity);
    let Keyed { name, print, request } = match opened {
        Ok(keyed) => keyed,
        Err(problem) => return problem.into_response(),
    };
    let work = tokio::spawn(
        async move {
            match earlier(&ctx, &name, &print).await {
                Ok(None) => {
                    let response = next.run(request).await;
                    keep(&ctx, &name, print, response).await
                }
                Ok(Some(response)) => response,
                Err(problem) => problem.into_response(),
            }
        }
        .in_current_span(),
    );
    work.await.unwrap_or_else(|error| panicked(Box::new(error.to_string())))
}

/// Names the request and takes its print: of the whole body, which is read for it; of an upload's files by the length
/// alone, for they are too large to be held here and the same upload by their bytes in any case.
async fn open(me: &Actor, parts: Parts, body: Body) -> Answer<Keyed> {
    let key = parts.headers[KEY].as_bytes();
    if key.is_empty() || key.len() > KEY_BYTES {
        return Err(Problem::malformed(format!("an Idempotency-Key has 1 to {KEY_BYTES} characters")));
    }
    let name = [me.member.id.to_string().as_bytes(), parts.uri.path().as_bytes(), key].join(&b'\n');
    let name = format!("once:{}", secret::hex(&secret::sha256(&name)));
    let text = |header| parts.headers.get(header).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if text(header::CONTENT_TYPE).starts_with("multipart/") {
        let print = format!("{} bytes", text(header::CONTENT_LENGTH));
        return Ok(Keyed { name, print, request: Request::from_parts(parts, body) });
    }
    let bytes = whole(Request::from_parts(parts.clone(), body)).await?;
    let print = secret::hex(&secret::sha256(&bytes));
    Ok(Keyed { name, print, request: Request::from_parts(parts, Body::from(bytes)) })
}

/// The answer to an earlier request of this name; none when this is the first.
async fn earlier(ctx: &Context, name: &str, print: &str) -> Answer<Option<Response>> {
    let kept = ctx.cache.get(name).await.and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok());
    let Some(kept) = kept else {
        let (count, _) = ctx.cache.count(&under_way(name), UNDER_WAY).await;
        if count > 1 {
            let detail = "the first request with this Idempotency-Key is still under way; ask again in a moment";
            return Err(Error::Conflict("idempotency_key_in_use", detail.to_owned()).into());
        }
        return Ok(None);
    };
    if kept.request != print {
        let detail = "this Idempotency-Key was used for another request; take a new key for each request";
        return Err(Error::Conflict("idempotency_key_reused", detail.to_owned()).into());
    }
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let kind = HeaderValue::from_str(&kept.kind).unwrap_or(HeaderValue::from_static("application/json"));
    let headers = [(header::CONTENT_TYPE, kind), (REPLAYED, HeaderValue::from_static("true"))];
    Ok(Some((status, headers, kept.body).into_response()))
}

/// Keeps an answer that says what was done. After any other nothing was, or no more than a repetition finds again, so
/// the key is free: an upload that broke off, above all, is not refused for ever.
async fn keep(ctx: &Context, name: &str, request: String, response: Response) -> Response {
    let status = response.status();
    if !status.is_success() || response.body().size_hint().exact().is_none_or(|bytes| bytes > ANSWER_BYTES) {
        ctx.cache.forget(&under_way(name)).await;
        return response;
    }
    let (parts, body) = response.into_parts();
    // A body of known length is in memory already.
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    let kept = Kept { request, status: status.as_u16(), kind: kind.to_owned(), body };
    if let Ok(text) = serde_json::to_vec(&kept) {
        ctx.cache.put(name, &text, KEPT).await;
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn under_way(name: &str) -> String {
    format!("{name}:under-way")
}
