//! Trying who is set up.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::Owner;
use crate::http::problem::Answer;
use crate::model::bill::Trial;

/// What trying the models says.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trials {
    /// One a model that the configuration names; none where no provider is set up.
    trials: Vec<Trial>,
}

/// Ask every model that the configuration names for one word, and say what is wrong and what to do. It costs what so small
/// a question costs.
#[utoipa::path(post, path = "/api/v1/ai/test", tag = "ai", operation_id = "test_ai",
    extensions(("x-role" = json!("owner"))), responses((status = 200, body = Trials)))]
pub async fn test(State(ctx): State<Context>, Owner(me): Owner) -> Answer<axum::Json<Trials>> {
    let trials = ctx.ai.test(me.member.workspace_id, Some(me.member.id)).await;
    Ok(axum::Json(Trials { trials }))
}
