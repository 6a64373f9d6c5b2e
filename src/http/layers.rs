//! What every answer carries: security headers, and a problem document where a handler panics or is too slow.

use std::any::Any;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::{Answer, Problem};
use crate::recruit;

/// Only our own files; nothing inline, nothing framed by others. Documents are shown in a frame of our own origin.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'self'; manifest-src 'self'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// Adds the headers where the handler has set none; what does not say how long it may be kept is nobody's to keep.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    response
}

/// The longest a request may take until its answer begins: several times what the slowest search takes on a busy
/// machine. Longer means that a service hangs instead of failing.
const LIMIT: Duration = Duration::from_secs(15);

/// Ends a request that takes too long. An upload may take as long as the line is slow, and bounds its parts itself.
pub async fn bounded(request: Request, next: Next) -> Response {
    if request.method() == Method::POST && request.uri().path() == "/api/v1/resumes" {
        return next.run(request).await;
    }
    in_time(async { Ok(next.run(request).await) }).await.unwrap_or_else(IntoResponse::into_response)
}

/// The outcome of `work`, or that a service does not answer when there is none in time.
pub async fn in_time<T>(work: impl Future<Output = recruit::Result<T>>) -> Answer<T> {
    let away = recruit::Error::Unavailable("a service that this needs");
    Ok(tokio::time::timeout(LIMIT, work).await.unwrap_or(Err(away))?)
}

/// A handler that panicked.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the cause over")]
pub fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let reason = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(reason, "a handler panicked");
    Problem::internal().into_response()
}
