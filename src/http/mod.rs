//! Floor 7: the HTTP API and the embedded web frontend. `router` is the table of contents.

mod auth;
mod door;
mod events;
mod extract;
mod front;
mod idempotency;
mod layers;
pub mod metrics;
pub mod openapi;
mod problem;
mod record;
mod router;
mod routes;
mod visitor;
mod web;

pub use door::{Doors, serve, wait};
pub use router::router;
