//! Metrics, on a listener of their own that `[metrics] listen` opens: never where people come in, for what they say is
//! nobody's business outside. What is not counted as it happens is looked up when it is asked for.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::ai::ledger::{APPLIANCE, day, month};
use crate::context::Context;
use crate::store;
use crate::store::ai::budget::{self, Counter};
use crate::telemetry::metrics;

/// Serves `/metrics` at `listener` until `stop`.
pub async fn serve(listener: TcpListener, ctx: Context, stop: CancellationToken) -> std::io::Result<()> {
    let router = Router::new().route("/metrics", get(all)).with_state(ctx);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn all(State(ctx): State<Context>) -> Response {
    // Without the database what it knows is as it was; the rest is told all the same.
    if let Err(error) = look_up(&ctx).await {
        tracing::warn!(%error, "metrics are told without what the database knows");
    }
    metrics::ai_resting(ctx.ai.resting());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics::text()).into_response()
}

async fn look_up(ctx: &Context) -> store::Result<()> {
    let tasks = ctx.store.task_counts().await?;
    metrics::tasks([tasks.ready, tasks.running, tasks.dead]);
    let (config, now) = (ctx.config.get(), ctx.now());
    let periods = [("month", month(now), config.ai.month()), ("day", day(now), config.ai.day())];
    let counter = |period: &str| Counter { key: APPLIANCE.to_owned(), period: period.to_owned(), limit: None };
    let counters: Vec<Counter> = periods.iter().map(|(_, period, _)| counter(period)).collect();
    let counted = budget::counted(&mut ctx.store.system().await?, &counters).await?;
    for ((name, _, limit), counted) in periods.into_iter().zip(counted) {
        metrics::ai_budget(name, [counted.spent.0, counted.reserved.0, limit.0]);
    }
    Ok(())
}
