//! The log of calls, without what was said in them.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::context::Context;
use crate::http::auth::Recruiter;
use crate::http::extract::{Json, Path, Query};
use crate::http::problem::{Answer, Problem};
use crate::model::bill::CallRow;
use crate::model::ids::CallId;
use crate::recruit::ai;

/// Which calls.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Where the list goes on.
    cursor: Option<CallId>,
    /// 1 to 200; 50 where not said.
    limit: Option<u16>,
}

/// Calls, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallList {
    calls: Vec<CallRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<CallId>,
}

/// List the calls of models, newest first: who asked which model for what, what came of it, what it cost. Not what was
/// said.
#[utoipa::path(get, path = "/api/v1/ai/calls", tag = "ai", params(Page), operation_id = "ai_calls",
    extensions(("x-role" = json!("recruiter"))), responses((status = 200, body = CallList)))]
pub async fn list(
    State(ctx): State<Context>,
    Recruiter(me): Recruiter,
    Query(page): Query<Page>,
) -> Answer<axum::Json<CallList>> {
    let limit = i64::from(page.limit.unwrap_or(50).clamp(1, 200));
    let mut calls = ai::calls(&ctx, &me, page.cursor, limit + 1).await?;
    let most = usize::try_from(limit).unwrap_or_default();
    let more = calls.len() > most;
    calls.truncate(most);
    let next_cursor = calls.last().filter(|_| more).map(|call| call.id);
    Ok(axum::Json(CallList { calls, next_cursor }))
}

/// What somebody thinks of a proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// Whether it was taken; it was, where not said.
    #[serde(default = "taken")]
    accepted: bool,
}

fn taken() -> bool {
    true
}

/// Note whether somebody took what a call proposed: models are compared by it.
#[utoipa::path(post, path = "/api/v1/ai/calls/{id}/accepted", tag = "ai", params(("id" = CallId, Path)),
    operation_id = "judge_ai_call", extensions(("x-role" = json!("recruiter"))),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn judge(
    State(ctx): State<Context>,
    Recruiter(me): Recruiter,
    Path(id): Path<CallId>,
    Json(judgement): Json<Judgement>,
) -> Answer<StatusCode> {
    ai::accept(&ctx, &me, id, judgement.accepted).await?;
    Ok(StatusCode::NO_CONTENT)
}
