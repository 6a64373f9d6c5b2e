//! The script and the bill over HTTP, for tests that are not in this process. There is no key: it listens on loopback.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::Shared;
use super::script::{Behaviour, Mix};

/// The paths of this file.
pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/box/script", post(order).delete(clear))
        .route("/box/mix", post(mix))
        .route("/box/bill", get(bill))
        .route("/box/calls", get(calls))
}

/// For whom orders are.
#[derive(Debug, Deserialize)]
struct Whom {
    /// A model; all if it is not said.
    model: Option<String>,
}

async fn order(
    State(shared): State<Arc<Shared>>,
    Query(whom): Query<Whom>,
    Json(orders): Json<Vec<Behaviour>>,
) -> Response {
    let mut script = shared.script();
    script.add(whom.model.as_deref(), orders, Instant::now());
    Json(json!({"left": script.left()})).into_response()
}

async fn clear(State(shared): State<Arc<Shared>>) -> Response {
    let mut script = shared.script();
    let left = script.left();
    script.clear();
    Json(json!({"left": left})).into_response()
}

async fn mix(State(shared): State<Arc<Shared>>, Json(mix): Json<Mix>) -> Response {
    shared.script().mix(mix);
    Json(json!({})).into_response()
}

async fn bill(State(shared): State<Arc<Shared>>) -> Response {
    Json(shared.ledger().bill()).into_response()
}

async fn calls(State(shared): State<Arc<Shared>>) -> Response {
    Json(shared.ledger().calls()).into_response()
}
