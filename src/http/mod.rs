//! Floor 7: the HTTP API and the embedded web frontend. `router` is the table of contents.

mod auth;
mod events;
mod extract;
mod layers;
pub mod openapi;
mod problem;
mod router;
mod routes;
mod web;

pub use router::router;
