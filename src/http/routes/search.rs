//! Search: at once, as a stream, what a query is understood as, and what a model adds when it is asked.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::Event;
use futures::Stream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::context::Context;
use crate::http::auth::Viewer;
use crate::http::events::{event, open};
use crate::http::extract::{Json, Query, refuse_nul};
use crate::http::layers::in_time;
use crate::http::problem::{Answer, Problem};
use crate::model::ids::CandidateId;
use crate::model::query::interpretation::Interpretation;
use crate::model::taxonomy;
use crate::recruit::search::{self, Asker, Mode, Request, Search};

/// What is asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// In plain language, a pasted description or a boolean string; at most 20,000 characters.
    #[serde(default)]
    query: String,
    /// The interpretation as edited; replaces the query's own.
    filters: Option<Interpretation>,
    /// 1 to 200; 20 where not said.
    limit: Option<usize>,
    /// Where the list goes on.
    cursor: Option<String>,
    /// A position whose requirements are added. Positions come with a later version.
    position_id: Option<uuid::Uuid>,
    #[serde(default)]
    mode: Mode,
}

impl TryFrom<SearchRequest> for Request {
    type Error = Problem;

    fn try_from(asked: SearchRequest) -> Result<Self, Problem> {
        if asked.position_id.is_some() {
            return Err(crate::recruit::Error::field("position_id", "there are no positions in this version").into());
        }
        Ok(Self {
            query: asked.query,
            filters: asked.filters,
            limit: asked.limit,
            cursor: asked.cursor,
            mode: asked.mode,
        })
    }
}

/// Search the pool.
#[utoipa::path(post, path = "/api/v1/search", tag = "search", extensions(("x-role" = json!("viewer"))),
    responses((status = 200, body = search::Answer), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn search(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Json(asked): Json<SearchRequest>,
) -> Answer<axum::Json<search::Answer>> {
    let request = Request::try_from(asked)?;
    Ok(axum::Json(search::search(&ctx, Asker::from(&me), request).await?))
}

/// What is asked, as a query string.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamRequest {
    /// In plain language.
    #[serde(default)]
    query: String,
    /// The interpretation as edited, as JSON.
    filters: Option<String>,
    /// 1 to 200; 20 where not said.
    limit: Option<usize>,
    #[serde(default)]
    #[param(inline)]
    mode: Mode,
}

/// Search in steps: `instant` (by words), `ranked` (by words and meaning), `explained` (with the words that prove it),
/// `done`; `error` with a problem document where a step fails.
#[utoipa::path(get, path = "/api/v1/search/stream", tag = "search", params(StreamRequest),
    operation_id = "search_stream", extensions(("x-role" = json!("viewer"))),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 422, body = Problem)))]
pub async fn stream(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Query(asked): Query<StreamRequest>,
) -> Answer<impl IntoResponse> {
    refuse_nul(asked.filters.as_deref().unwrap_or_default().as_bytes(), "filters")?;
    let filters = match asked.filters.as_deref().map(serde_json::from_str::<Interpretation>) {
        Some(Err(error)) => return Err(crate::recruit::Error::field("filters", error.to_string()).into()),
        Some(Ok(filters)) => Some(filters),
        None => None,
    };
    let request = Request { query: asked.query, filters, limit: asked.limit, cursor: None, mode: asked.mode };
    let search = Search::understand(&ctx, Asker::from(&me), request)?;
    Ok(open(steps(ctx, search)))
}

/// The steps of a search, each when it is ready; what was shown last is recorded.
fn steps(ctx: Context, mut search: Search) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    tokio::spawn(async move {
        let instant = in_time(Box::pin(search.by_words(&ctx))).await.ok();
        if let Some(answer) = &instant {
            let _ = sender.send(event("instant", answer)).await;
        }
        let whole = in_time(Box::pin(search.whole(&ctx))).await;
        if let Some(shown) = whole.as_ref().ok().or(instant.as_ref()) {
            search.record(&ctx, shown);
        }
        match whole {
            Ok(answer) => {
                let mut plain = answer.clone();
                for reason in plain.hits.iter_mut().flat_map(|hit| &mut hit.reasons) {
                    reason.evidence.clear();
                }
                let _ = sender.send(event("ranked", &plain)).await;
                let _ = sender.send(event("explained", &answer)).await;
            }
            Err(problem) => {
                let _ = sender.send(event("error", &problem)).await;
            }
        }
        let _ = sender.send(event("done", &json!({}))).await;
    });
    futures::stream::unfold(
        receiver,
        |mut receiver| async move { receiver.recv().await.map(|event| (Ok(event), receiver)) },
    )
}

/// What proposals are asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalsRequest {
    /// As it was searched for.
    query: String,
    /// The interpretation as edited, where it was; what it has already is not proposed.
    filters: Option<Interpretation>,
    /// Ask a model even where little was left open.
    #[serde(default)]
    insist: bool,
}

/// Propose what the rules left open in a query, with the query's words behind each proposal. Where they left little open,
/// or no model may be asked, there are none and a note says why; a search never waits for this.
#[utoipa::path(post, path = "/api/v1/search/proposals", tag = "search", operation_id = "search_proposals",
    extensions(("x-role" = json!("viewer"))),
    responses((status = 200, body = search::Proposals), (status = 422, body = Problem)))]
pub async fn proposals(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Json(asked): Json<ProposalsRequest>,
) -> Answer<axum::Json<search::Proposals>> {
    let ProposalsRequest { query, filters, insist } = asked;
    Ok(axum::Json(search::propose(&ctx, Asker::from(&me), &query, filters, insist).await?))
}

/// Whom a sentence is asked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProseRequest {
    /// As it was searched for.
    #[serde(default)]
    query: String,
    /// The interpretation as edited, where it was.
    filters: Option<Interpretation>,
    /// The hit.
    candidate_id: CandidateId,
}

/// Write a sentence or two about why one hit fits, each with the resume's own words. Names and addresses are hidden before
/// anything leaves the machine, unless the workspace wants otherwise.
#[utoipa::path(post, path = "/api/v1/search/prose", tag = "search", operation_id = "search_prose",
    extensions(("x-role" = json!("viewer"))),
    responses((status = 200, body = search::Prose), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn prose(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Json(asked): Json<ProseRequest>,
) -> Answer<axum::Json<search::Prose>> {
    let ProseRequest { query, filters, candidate_id } = asked;
    Ok(axum::Json(search::prose(&ctx, Asker::from(&me), &query, filters, candidate_id).await?))
}

/// A query.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InterpretRequest {
    query: String,
}

/// What a query is understood as.
#[derive(Debug, Serialize, ToSchema)]
pub struct Interpreted {
    interpretation: Interpretation,
}

/// Say what a query is understood as, without searching.
#[utoipa::path(post, path = "/api/v1/interpret", tag = "search", extensions(("x-role" = json!("viewer"))),
    responses((status = 200, body = Interpreted), (status = 422, body = Problem)))]
pub async fn interpret(_: Viewer, Json(asked): Json<InterpretRequest>) -> Answer<axum::Json<Interpreted>> {
    Ok(axum::Json(Interpreted { interpretation: search::interpret(&asked.query)? }))
}

/// The beginning of a word.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SuggestRequest {
    /// What was typed.
    q: String,
    /// `skill`, `title`, `place` or `language`.
    kind: String,
}

/// A value for a chip.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suggestion {
    /// The taxonomy's id, or a language's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    label: String,
    kind: String,
}

/// Values for a chip.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suggestions {
    suggestions: Vec<Suggestion>,
}

/// Values that are shown.
const SUGGESTED: usize = 8;

/// Suggest values for a chip.
#[utoipa::path(get, path = "/api/v1/suggest", tag = "search", params(SuggestRequest),
    extensions(("x-role" = json!("viewer"))), responses((status = 200, body = Suggestions), (status = 422, body = Problem)))]
pub async fn suggest(_: Viewer, Query(asked): Query<SuggestRequest>) -> Answer<axum::Json<Suggestions>> {
    let kind = asked.kind.as_str();
    let prefix = asked.q.trim();
    let values: Vec<(Option<String>, String)> = match kind {
        "skill" => {
            let found = taxonomy::skills().suggest(prefix, SUGGESTED);
            found.into_iter().map(|skill| (Some(skill.id.clone()), skill.label.clone())).collect()
        }
        "title" => {
            let found = taxonomy::occupations().suggest(prefix, SUGGESTED);
            found.into_iter().map(|title| (Some(title.id.clone()), title.label.clone())).collect()
        }
        "place" => {
            let found = taxonomy::places().suggest(prefix, SUGGESTED);
            let country = |place: &taxonomy::Place| Some(place.country.clone()).filter(|code| !code.is_empty());
            found.into_iter().map(|place| (country(place), place.name.clone())).collect()
        }
        "language" => taxonomy::suggest_languages(prefix, SUGGESTED)
            .into_iter()
            .map(|(code, label)| (Some(code.to_owned()), label.to_owned()))
            .collect(),
        _ => {
            let message = "must be skill, title, place or language";
            return Err(crate::recruit::Error::field("kind", message).into());
        }
    };
    let suggestions = values.into_iter().map(|(id, label)| Suggestion { id, label, kind: kind.to_owned() }).collect();
    Ok(axum::Json(Suggestions { suggestions }))
}
