//! What the integration tests share.

pub mod app;
pub mod https;
pub mod provider;
pub mod qdrant_server;
pub mod smtp;

/// Asks for a page, as anybody does.
pub async fn get(url: String) -> reqwest::Result<reqwest::Response> {
    talentprompt::base::outbound::prepare();
    reqwest::get(url).await
}
