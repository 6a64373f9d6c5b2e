//! One's own sessions.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::Viewer;
use crate::http::extract::Path;
use crate::http::problem::{Answer, Problem};
use crate::model::ids::SessionId;
use crate::recruit::accounts::{Via, sign_in};

/// A signed-in browser.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

/// One's sessions.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sessions {
    sessions: Vec<Session>,
}

/// List one's own sessions.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "accounts", operation_id = "list_sessions",
    extensions(("x-role" = json!("viewer"))), responses((status = 200, body = Sessions)))]
pub async fn list(State(ctx): State<Context>, Viewer(me): Viewer) -> Answer<axum::Json<Sessions>> {
    let own = match me.via {
        Via::Session { id, .. } => Some(id),
        Via::Token(_) | Via::Operator => None,
    };
    let sessions = sign_in::list_sessions(&ctx, &me).await?;
    let sessions = sessions
        .into_iter()
        .map(|session| Session {
            id: session.id,
            current: Some(session.id) == own,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            user_agent: session.user_agent,
            address: session.address,
        })
        .collect();
    Ok(axum::Json(Sessions { sessions }))
}

/// End one of one's own sessions.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "accounts", params(("id" = SessionId, Path)),
    operation_id = "end_session", extensions(("x-role" = json!("viewer"))),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn end(State(ctx): State<Context>, Viewer(me): Viewer, Path(id): Path<SessionId>) -> Answer<StatusCode> {
    sign_in::end_session(&ctx, me.member.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
