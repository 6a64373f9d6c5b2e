//! What the integration tests share.

pub mod app;
pub mod https;
pub mod provider;
pub mod qdrant_server;
pub mod smtp;
