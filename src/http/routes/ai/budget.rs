//! What may be spent: the configuration's limits, which hold for the whole appliance, and the workspace's own below them.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::{Owner, Recruiter};
use crate::http::extract::Json;
use crate::http::problem::{Answer, Problem};
use crate::model::bill::Limit;
use crate::model::ids::WorkspaceId;
use crate::model::money::Micros;
use crate::ops;
use crate::recruit::Error;
use crate::recruit::ai::{self, NewLimit};

/// Every limit, and what is gone of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Budget {
    /// Percent of a limit at which somebody is warned.
    warn_percent: i64,
    /// The appliance's, then the workspace's, each feature's and each member's.
    limits: Vec<Limit>,
}

async fn budget(ctx: &Context, workspace: WorkspaceId) -> Answer<axum::Json<Budget>> {
    let limits = ops::ai::limits(ctx, workspace).await.map_err(Error::from)?;
    Ok(axum::Json(Budget { warn_percent: ctx.config.get().ai.warn_percent, limits }))
}

/// What may be spent, and what was: today and this month, in micro-dollars.
#[utoipa::path(get, path = "/api/v1/ai/budget", tag = "ai", operation_id = "ai_budget",
    extensions(("x-role" = json!("recruiter"))), responses((status = 200, body = Budget)))]
pub async fn get(State(ctx): State<Context>, Recruiter(me): Recruiter) -> Answer<axum::Json<Budget>> {
    budget(&ctx, me.member.workspace_id).await
}

/// A limit to set, or to take away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitChange {
    /// `workspace`, `feature:NAME` or `member:ID`.
    subject: String,
    /// `day` or `month`.
    period: String,
    /// Micro-dollars; null for none.
    limit: Option<Micros>,
}

/// Limits to set or to take away; those that are not named stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetChange {
    limits: Vec<LimitChange>,
}

/// Set limits of the workspace. Those of the appliance are the configuration's, and hold as well.
#[utoipa::path(put, path = "/api/v1/ai/budget", tag = "ai", operation_id = "set_ai_budget",
    extensions(("x-role" = json!("owner"))), responses((status = 200, body = Budget), (status = 422, body = Problem)))]
pub async fn set(
    State(ctx): State<Context>,
    Owner(me): Owner,
    Json(change): Json<BudgetChange>,
) -> Answer<axum::Json<Budget>> {
    let limit = |LimitChange { subject, period, limit }| NewLimit { subject, period, limit };
    ai::set_limits(&ctx, &me, change.limits.into_iter().map(limit).collect()).await?;
    budget(&ctx, me.member.workspace_id).await
}
