//! Candidates: the list, one person, their documents, people like them.

mod dossier;
mod file;
mod similar;

use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::context::Context;
use crate::http::auth::{Recruiter, Viewer};
use crate::http::extract::{Json, Path, Query};
use crate::http::problem::{Answer, Problem};
use crate::model::ids::CandidateId;
use crate::model::profile::Place;
use crate::recruit::{Error, candidates};

pub use dossier::Candidate;
pub use file::{__path_file, __path_text, file, text};
pub use similar::{__path_similar, similar};

/// Which candidates.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Where the list goes on.
    cursor: Option<String>,
    /// 1 to 200; 50 where not said.
    limit: Option<u16>,
}

/// A candidate in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Row {
    id: CandidateId,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    headline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    years_experience: Option<f32>,
    updated_at: chrono::DateTime<chrono::Utc>,
    /// How many resumes they have.
    resumes: i64,
}

impl From<candidates::Listed> for Row {
    fn from((person, years_experience): candidates::Listed) -> Self {
        Self {
            id: person.id,
            name: person.name,
            headline: person.headline,
            location: person.location.as_ref().map(Place::label),
            years_experience,
            updated_at: person.updated_at,
            resumes: person.resumes,
        }
    }
}

/// Candidates, last changed first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CandidateList {
    candidates: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    total: i64,
}

/// List candidates, last changed first.
#[utoipa::path(get, path = "/api/v1/candidates", tag = "candidates", params(Page), operation_id = "list_candidates",
    extensions(("x-role" = json!("viewer"))), responses((status = 200, body = CandidateList)))]
pub async fn list(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Query(page): Query<Page>,
) -> Answer<axum::Json<CandidateList>> {
    let limit = usize::from(page.limit.unwrap_or(50).clamp(1, 200));
    let after = page.cursor.as_deref().map(read_cursor).transpose()?;
    let most = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let (mut people, total) = candidates::list(&ctx, &me, after, most).await?;
    let more = people.len() > limit;
    people.truncate(limit);
    let next_cursor = people.last().filter(|_| more).map(|(last, _)| write_cursor((last.updated_at, last.id)));
    Ok(axum::Json(CandidateList { candidates: people.into_iter().map(Row::from).collect(), next_cursor, total }))
}

fn write_cursor((at, id): candidates::After) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}/{id}", at.timestamp_micros()))
}

fn read_cursor(text: &str) -> Result<candidates::After, Error> {
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (at, id) = text.split_once('/')?;
        Some((chrono::DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse().ok()?))
    };
    read().ok_or_else(|| Error::field("cursor", "is not a cursor of this list; start again without it"))
}

/// One candidate: profile, documents and what happened.
#[utoipa::path(get, path = "/api/v1/candidates/{id}", tag = "candidates", params(("id" = CandidateId, Path)),
    operation_id = "get_candidate", extensions(("x-role" = json!("viewer"))),
    responses((status = 200, body = Candidate), (status = 404, body = Problem)))]
pub async fn get(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Path(id): Path<CandidateId>,
) -> Answer<axum::Json<Candidate>> {
    Ok(axum::Json(candidates::get(&ctx, &me, id).await?.into()))
}

/// Values set by hand. An empty text takes the resume's own again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateChange {
    name: Option<String>,
    headline: Option<String>,
    location: Option<String>,
}

/// Correct a candidate. What is set by hand wins over what resumes say.
#[utoipa::path(patch, path = "/api/v1/candidates/{id}", tag = "candidates", params(("id" = CandidateId, Path)),
    operation_id = "update_candidate", extensions(("x-role" = json!("recruiter"))),
    responses((status = 200, body = Candidate), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn update(
    State(ctx): State<Context>,
    Recruiter(me): Recruiter,
    Path(id): Path<CandidateId>,
    Json(change): Json<CandidateChange>,
) -> Answer<axum::Json<Candidate>> {
    let CandidateChange { name, headline, location } = change;
    let dossier = candidates::update(&ctx, &me, id, candidates::Change { name, headline, location }).await?;
    Ok(axum::Json(dossier.into()))
}

/// Erase a candidate for good: profile, documents, index.
#[utoipa::path(delete, path = "/api/v1/candidates/{id}", tag = "candidates", params(("id" = CandidateId, Path)),
    operation_id = "delete_candidate", extensions(("x-role" = json!("recruiter"))),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn delete(
    State(ctx): State<Context>,
    Recruiter(me): Recruiter,
    Path(id): Path<CandidateId>,
) -> Answer<StatusCode> {
    candidates::delete(&ctx, &me, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
