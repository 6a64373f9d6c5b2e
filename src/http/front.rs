//! What is answered beside the application where https is served: at the open port the way to https, the answers to an
//! authority, and that the process lives, for whoever watches it; behind TLS, as long as there is no certificate, that.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::problem::Problem;
use super::routes::health;
use super::{layers, record};
use crate::context::Context;
use crate::gateways::tls::Tls;

/// Seconds after which somebody who was told to wait may try again.
const SOON: u64 = 10;

/// The routes of the open port.
pub fn router(ctx: Context, tls: Arc<Tls>) -> Router {
    let (proofs, pages) = (Arc::clone(&tls), ctx.clone());
    Router::new()
        .route(
            "/.well-known/acme-challenge/{token}",
            get(async move |Path(token): Path<String>| proof(&proofs, &token)),
        )
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(async move |request: Request| way(&pages, &tls, &request))
        .layer(from_fn(layers::headers))
        .layer(from_fn(record::log))
        .with_state(ctx)
}

/// Answers nothing of the application as long as nobody could trust where it comes from.
pub async fn only_trusted(State(tls): State<Arc<Tls>>, request: Request, next: Next) -> Response {
    if tls.is_stand_in() { pending().into_response() } else { next.run(request).await }
}

fn proof(tls: &Tls, token: &str) -> Response {
    let text = tls.challenges.text(token);
    text.map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
}

/// To the one address that people are meant to open: nothing of it is taken from the request, so that nobody can be led
/// elsewhere.
fn way(ctx: &Context, tls: &Tls, request: &Request) -> Response {
    if tls.is_stand_in() {
        return pending().into_response();
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let path = if path.starts_with('/') { path } else { "/" };
    let Ok(location) = HeaderValue::try_from(format!("{}{path}", ctx.config.get().public_url())) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response()
}

fn pending() -> Problem {
    let detail = "the certificate of this server is not there yet; `talentprompt doctor` on the server says why";
    let mut problem = Problem::new("certificate_pending", detail);
    problem.retry_after = Some(SOON);
    problem
}
