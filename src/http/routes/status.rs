//! The state of the appliance, for members.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::Viewer;
use crate::http::problem::Answer;
use crate::model::service::Supervised;
use crate::model::upgrade::FailedUpgrade;
use crate::ops::upgrade;
use crate::recruit::{accounts::Actor, candidates, intake, standby};

/// A service the appliance works with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Service {
    name: &'static str,
    /// `up`, `degraded` or `down`.
    state: &'static str,
    /// What that means.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
}

/// How much there is.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Counts {
    candidates: i64,
    resumes: i64,
    queued: i64,
    failed: i64,
}

/// The state of the appliance.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApplianceState {
    version: &'static str,
    services: Vec<Service>,
    /// The local services that the appliance keeps running; none without systemd, or with services elsewhere.
    supervised: Option<Vec<Supervised>>,
    /// The upgrade that failed last, while the version before it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    upgrade: Option<FailedUpgrade>,
    counts: Counts,
}

/// The state of the appliance.
#[utoipa::path(get, path = "/api/v1/status", tag = "events", operation_id = "status",
    extensions(("x-role" = json!("viewer"))), responses((status = 200, body = ApplianceState)))]
pub async fn get(State(ctx): State<Context>, Viewer(me): Viewer) -> Answer<axum::Json<ApplianceState>> {
    let database = ctx.store.ready().await.is_ok();
    let vectors = ctx.vectors.ready().await.is_ok();
    let services = vec![
        service("postgres", database, "down", "nothing can be saved or found until it is back"),
        if standby::stands_in(&ctx) {
            service(
                "vectors",
                false,
                "degraded",
                "the server is away; this process searches by itself until it is back",
            )
        } else if ctx.vectors.is_filling() {
            service("vectors", false, "degraded", "the index is being filled; searches wait for it")
        } else {
            service("vectors", vectors, "down", "nothing can be found until it is back")
        },
        match ctx.cache.ready().await {
            Some(up) => service("redis", up, "degraded", "sessions and limits are kept in the process meanwhile"),
            None => Service { name: "redis", state: "up", detail: Some("not configured; kept in the process") },
        },
    ];
    let supervised = ctx.services.borrow().clone();
    let counts = counts(&ctx, &me).await?;
    let (version, upgrade) = (env!("CARGO_PKG_VERSION"), upgrade::failed());
    Ok(axum::Json(ApplianceState { version, services, supervised, upgrade, counts }))
}

fn service(name: &'static str, up: bool, otherwise: &'static str, meaning: &'static str) -> Service {
    if up {
        Service { name, state: "up", detail: None }
    } else {
        Service { name, state: otherwise, detail: Some(meaning) }
    }
}

async fn counts(ctx: &Context, me: &Actor) -> Answer<Counts> {
    let (candidates, resumes) = candidates::counts(ctx, me).await?;
    let (_, uploads) = intake::list(ctx, me, None, None, 1).await?;
    let mut counts = Counts { candidates, resumes, ..Counts::default() };
    for (status, count) in uploads {
        match status {
            // An archive is one too; what came of it is counted by itself.
            crate::model::upload::Status::Indexed => {}
            crate::model::upload::Status::Failed => counts.failed += count,
            _ => counts.queued += count,
        }
    }
    Ok(counts)
}
