//! People like a candidate.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::context::Context;
use crate::http::auth::Viewer;
use crate::http::extract::{Path, Query};
use crate::http::problem::{Answer, Problem};
use crate::model::ids::CandidateId;
use crate::recruit::search::{self, Hit};

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SimilarRequest {
    /// 1 to 50; 10 where not said.
    limit: Option<usize>,
}

/// People like a candidate, most alike first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Similar {
    hits: Vec<Hit>,
}

/// People like this one, by what their resumes say they did.
#[utoipa::path(get, path = "/api/v1/candidates/{id}/similar", tag = "candidates",
    params(("id" = CandidateId, Path), SimilarRequest), operation_id = "similar_candidates",
    extensions(("x-role" = json!("viewer"))),
    responses((status = 200, body = Similar), (status = 404, body = Problem)))]
pub async fn similar(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Path(id): Path<CandidateId>,
    Query(asked): Query<SimilarRequest>,
) -> Answer<axum::Json<Similar>> {
    let limit = asked.limit.unwrap_or(10).clamp(1, 50);
    Ok(axum::Json(Similar { hits: search::similar(&ctx, &me, id, limit).await? }))
}
