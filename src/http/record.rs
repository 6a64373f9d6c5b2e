//! One line of log a request, without personal data: the route and not the path, no query, no address. The line carries
//! who asked (`TP_WORKSPACE`, `TP_MEMBER`) and the request's id, which the answer has as well and which everything that
//! is logged on the way shares.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument, Span, error_span};

use crate::base::{random, secret};
use crate::recruit::accounts::Actor;
use crate::telemetry::metrics;

const ID: HeaderName = HeaderName::from_static("x-request-id");

/// Watches are asked every few seconds, and say nothing that the log should hold.
const QUIET: [&str; 2] = ["/healthz", "/readyz"];

/// Logs a request when its answer begins.
pub async fn log(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("(pages)", MatchedPath::as_str).to_owned();
    let id = secret::hex(&random::bytes::<8>());
    // Of the highest level, so that a log of errors alone has them too.
    let span = error_span!("request", request_id = id, workspace = Empty, member = Empty);
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, duration_ms) = (response.status().as_u16(), started.elapsed().as_millis());
    metrics::request(method.as_str(), &route, status, started.elapsed());
    span.in_scope(|| {
        if QUIET.contains(&route.as_str()) && status < 400 {
            tracing::debug!(status, duration_ms, "{method} {route}");
        } else {
            tracing::info!(status, duration_ms, "{method} {route}");
        }
    });
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(ID, id);
    }
    response
}

/// Notes who asked, for everything that is logged from here on.
pub fn identify(actor: &Actor) {
    let span = Span::current();
    span.record("workspace", actor.member.workspace_id.to_string());
    span.record("member", actor.member.id.to_string());
}
