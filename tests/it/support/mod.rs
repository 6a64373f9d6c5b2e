//! What the integration tests share.

pub mod app;
pub mod qdrant_server;
