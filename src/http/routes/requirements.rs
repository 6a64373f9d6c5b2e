//! The requirements of a position's description.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::Recruiter;
use crate::http::extract::Json;
use crate::http::problem::{Answer, Problem};
use crate::recruit::requirements::{self, Requirements};

/// A description.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequirementsRequest {
    /// The position's description, at most 20,000 characters.
    description: String,
}

/// Take the requirements out of a description. The rules' own come first; what a model finds beyond them is marked as
/// proposed. Where no model may be asked, a note says why and the rules' stand alone.
#[utoipa::path(post, path = "/api/v1/requirements", tag = "search", operation_id = "requirements",
    extensions(("x-role" = json!("recruiter"))),
    responses((status = 200, body = Requirements), (status = 422, body = Problem)))]
pub async fn read(
    State(ctx): State<Context>,
    Recruiter(me): Recruiter,
    Json(asked): Json<RequirementsRequest>,
) -> Answer<axum::Json<Requirements>> {
    Ok(axum::Json(requirements::read(&ctx, &me, &asked.description).await?))
}
