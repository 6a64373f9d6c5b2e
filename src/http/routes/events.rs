//! The stream of changes.

use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;

use crate::context::Context;
use crate::http::auth::Viewer;
use crate::http::events::{Board, changes, open};

/// Changes as they happen: `upload` with an upload, `candidate` with an id and what changed, `ai` when what
/// models may do was changed, `reload` after a gap.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", operation_id = "events",
    extensions(("x-role" = json!("viewer"))),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn stream(
    State(ctx): State<Context>,
    Extension(board): Extension<Board>,
    Viewer(me): Viewer,
) -> impl IntoResponse {
    open(changes(ctx, &board, me))
}
