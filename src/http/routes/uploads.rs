//! Uploads: how far each file has come.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::context::Context;
use crate::http::auth::{Recruiter, Viewer};
use crate::http::extract::{Path, Query};
use crate::http::problem::{Answer, Problem};
use crate::model::ids::UploadId;
use crate::model::upload::{Status, Upload};
use crate::recruit::intake;

/// Which uploads.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Where the list goes on.
    cursor: Option<UploadId>,
    /// 1 to 200; 50 where not said.
    limit: Option<u16>,
    /// Only these.
    status: Option<Status>,
}

/// Uploads, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadList {
    uploads: Vec<Upload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<UploadId>,
    /// How many have each status, in the whole workspace.
    counts: BTreeMap<&'static str, i64>,
}

/// List uploads, newest first.
#[utoipa::path(get, path = "/api/v1/uploads", tag = "resumes", params(Page), operation_id = "list_uploads",
    extensions(("x-role" = json!("viewer"))), responses((status = 200, body = UploadList)))]
pub async fn list(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Query(page): Query<Page>,
) -> Answer<axum::Json<UploadList>> {
    let limit = i64::from(page.limit.unwrap_or(50).clamp(1, 200));
    let (mut uploads, known) = intake::list(&ctx, &me, page.status, page.cursor, limit + 1).await?;
    let most = usize::try_from(limit).unwrap_or_default();
    let more = uploads.len() > most;
    uploads.truncate(most);
    let next_cursor = uploads.last().filter(|_| more).map(|upload| upload.id);
    let mut counts: BTreeMap<&'static str, i64> = Status::ALL.iter().map(|status| (status.as_str(), 0)).collect();
    counts.extend(known.into_iter().map(|(status, count)| (status.as_str(), count)));
    Ok(axum::Json(UploadList { uploads, next_cursor, counts }))
}

/// How far one upload has come.
#[utoipa::path(get, path = "/api/v1/uploads/{id}", tag = "resumes", params(("id" = UploadId, Path)),
    operation_id = "get_upload", extensions(("x-role" = json!("viewer"))),
    responses((status = 200, body = Upload), (status = 404, body = Problem)))]
pub async fn get(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Path(id): Path<UploadId>,
) -> Answer<axum::Json<Upload>> {
    Ok(axum::Json(intake::get(&ctx, &me, id).await?))
}

/// Try a failed upload again.
#[utoipa::path(post, path = "/api/v1/uploads/{id}/retry", tag = "resumes", params(("id" = UploadId, Path)),
    operation_id = "retry_upload", extensions(("x-role" = json!("recruiter"))),
    responses((status = 202, body = Upload), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn retry(
    State(ctx): State<Context>,
    Recruiter(me): Recruiter,
    Path(id): Path<UploadId>,
) -> Answer<(StatusCode, axum::Json<Upload>)> {
    Ok((StatusCode::ACCEPTED, axum::Json(intake::retry(&ctx, &me, id).await?)))
}
