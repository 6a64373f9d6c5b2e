//! Floor 7: the HTTP API and the embedded web frontend. `router` is the table of contents.

mod auth;
mod events;
mod extract;
mod idempotency;
mod layers;
pub mod openapi;
mod problem;
mod router;
mod routes;
mod web;

pub use router::router;

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::context::Context;

/// Serves on `listener` until `stop`; then no request is taken any more, and those that are open may end.
pub async fn serve(listener: TcpListener, ctx: Context, stop: CancellationToken) -> std::io::Result<()> {
    let service = router(ctx).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await
}
