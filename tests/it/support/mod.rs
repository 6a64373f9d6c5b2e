//! What the integration tests share.

pub mod qdrant_server;
