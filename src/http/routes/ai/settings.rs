//! What the workspace lets models do, and what leaves the machine for it.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::{Owner, Recruiter};
use crate::http::extract::Json;
use crate::http::problem::{Answer, Problem};
use crate::model::spend::Feature;
use crate::recruit::accounts::Actor;
use crate::recruit::ai;

/// What a model may be asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeatureSwitch {
    feature: Feature,
    /// Whether a model may be asked for it.
    on: bool,
    /// What leaves the machine for it, in words.
    sends: &'static str,
}

/// What the workspace lets models do.
#[derive(Debug, Serialize, ToSchema)]
pub struct AiSettings {
    /// Since when nothing is asked of any model.
    stopped_at: Option<DateTime<Utc>>,
    /// The name of who stopped it.
    stopped_by: Option<String>,
    features: Vec<FeatureSwitch>,
    /// Whether names and addresses of people are sent as they are; else they are masked.
    sends_identity: bool,
    /// Until when what is sent and answered is kept with the calls, for finding a fault.
    contents_until: Option<DateTime<Utc>>,
}

async fn settings(ctx: &Context, me: &Actor) -> Answer<axum::Json<AiSettings>> {
    let (settings, stopped_by) = ai::settings(ctx, me).await?;
    let is_on = |feature: Feature| settings.features_off.iter().all(|off| off != feature.as_str());
    let switch = |feature: Feature| FeatureSwitch { feature, on: is_on(feature), sends: feature.sends() };
    Ok(axum::Json(AiSettings {
        features: Feature::ALL.map(switch).into_iter().collect(),
        stopped_at: settings.stopped_at,
        stopped_by,
        sends_identity: settings.sends_identity,
        contents_until: settings.contents_until.filter(|until| *until > ctx.now()),
    }))
}

/// What the workspace lets models do, and what leaves the machine for it.
#[utoipa::path(get, path = "/api/v1/ai/settings", tag = "ai", operation_id = "ai_settings",
    extensions(("x-role" = json!("recruiter"))), responses((status = 200, body = AiSettings)))]
pub async fn get(State(ctx): State<Context>, Recruiter(me): Recruiter) -> Answer<axum::Json<AiSettings>> {
    settings(&ctx, &me).await
}

/// What the workspace is to let models do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AiSettingsChange {
    /// Features that ask no model.
    features_off: Vec<Feature>,
    /// Whether names and addresses of people are sent as they are.
    sends_identity: bool,
    /// Until when what is sent and answered is kept with the calls, at most 14 days ahead; null for not at all.
    contents_until: Option<DateTime<Utc>>,
}

/// Change what models may do, and what leaves the machine.
#[utoipa::path(put, path = "/api/v1/ai/settings", tag = "ai", operation_id = "set_ai_settings",
    extensions(("x-role" = json!("owner"))),
    responses((status = 200, body = AiSettings), (status = 422, body = Problem)))]
pub async fn set(
    State(ctx): State<Context>,
    Owner(me): Owner,
    Json(change): Json<AiSettingsChange>,
) -> Answer<axum::Json<AiSettings>> {
    let AiSettingsChange { features_off, sends_identity, contents_until } = change;
    ai::change(&ctx, &me, ai::Change { features_off, sends_identity, contents_until }).await?;
    settings(&ctx, &me).await
}

/// Stop all models for the workspace, at once. Calls that are under way end; everything goes on by the rules alone.
#[utoipa::path(post, path = "/api/v1/ai/stop", tag = "ai", operation_id = "stop_ai",
    extensions(("x-role" = json!("owner"))), responses((status = 200, body = AiSettings)))]
pub async fn stop(State(ctx): State<Context>, Owner(me): Owner) -> Answer<axum::Json<AiSettings>> {
    ai::stop(&ctx, &me).await?;
    settings(&ctx, &me).await
}

/// Let models be asked again.
#[utoipa::path(post, path = "/api/v1/ai/resume", tag = "ai", operation_id = "resume_ai",
    extensions(("x-role" = json!("owner"))), responses((status = 200, body = AiSettings)))]
pub async fn resume(State(ctx): State<Context>, Owner(me): Owner) -> Answer<axum::Json<AiSettings>> {
    ai::resume(&ctx, &me).await?;
    settings(&ctx, &me).await
}
