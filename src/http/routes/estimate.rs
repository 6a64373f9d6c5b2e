//! What a model's work in bulk would cost.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::context::Context;
use crate::http::auth::Recruiter;
use crate::http::extract::Query;
use crate::http::problem::{Answer, Problem};
use crate::recruit::estimate::{self, BulkEstimate};

/// What for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EstimateRequest {
    /// `resume`: the second reading of every resume of the workspace.
    feature: String,
}

/// Say what a model's work on the whole pool would cost and take, and whether a limit would stop it midway.
#[utoipa::path(get, path = "/api/v1/ai/estimate", tag = "ai", params(EstimateRequest), operation_id = "ai_estimate",
    extensions(("x-role" = json!("recruiter"))),
    responses((status = 200, body = BulkEstimate), (status = 422, body = Problem)))]
pub async fn get(
    State(ctx): State<Context>,
    Recruiter(me): Recruiter,
    Query(asked): Query<EstimateRequest>,
) -> Answer<axum::Json<BulkEstimate>> {
    Ok(axum::Json(estimate::estimate(&ctx, &me, &asked.feature).await?))
}
