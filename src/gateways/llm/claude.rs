//! Claude through its own protocol, Messages: its compatible endpoint ignores the schema of an answer, which a forced
//! tool gives here.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::wire;
use super::{Batch, Chat, Error, Outcome, Provider, Reply, Vectors};
use crate::base::outbound;
use crate::model::spend::Usage;

/// The version of the protocol (<https://docs.claude.com/en/api/versioning>).
const VERSION: &str = "2023-06-01";

/// Anthropic's server.
pub struct Claude {
    client: reqwest::Client,
    url: String,
    key: secrecy::SecretString,
}

impl std::fmt::Debug for Claude {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claude").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Claude {
    /// The server at `url`, with `key`.
    pub fn new(url: &str, key: &str, timeout: Duration) -> Self {
        let url = url.trim_end_matches('/').trim_end_matches("/v1").to_owned();
        Self { client: outbound::client(timeout), url, key: key.to_owned().into() }
    }

    fn prepared(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        use secrecy::ExposeSecret;
        request.header("x-api-key", self.key.expose_secret()).header("anthropic-version", VERSION)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, Error> {
        let response = self.prepared(request).send().await.map_err(|error| wire::connection(&error))?;
        if !response.status().is_success() {
            return Err(wire::refusal(response).await);
        }
        let bytes = response.bytes().await.map_err(|error| wire::connection(&error))?;
        serde_json::from_slice(&bytes).map_err(|_| Error::Garbled("it is not JSON".to_owned()))
    }
}

fn usage(answer: &Value) -> Option<Usage> {
    let tokens = |name: &str| answer["usage"][name].as_u64().and_then(|count| u32::try_from(count).ok());
    let cached = tokens("cache_read_input_tokens").unwrap_or_default();
    let written = tokens("cache_creation_input_tokens").unwrap_or_default();
    Some(Usage {
        input: tokens("input_tokens")?.saturating_add(cached).saturating_add(written),
        cached,
        output: tokens("output_tokens").unwrap_or_default(),
    })
}

fn reply(answer: &Value, max_output: u32) -> Outcome<Reply> {
    let usage = usage(answer);
    let blocks = answer["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let used = blocks.iter().find(|block| block["type"] == "tool_use").map(|block| block["input"].to_string());
    let error = match (answer["stop_reason"].as_str(), used) {
        (Some("refusal"), _) => Error::Refused,
        (Some("max_tokens"), _) => Error::CutOff(max_output),
        (_, Some(text)) => return Ok(Reply { text, usage }),
        (_, None) if answer["content"].is_array() => Error::Empty,
        (_, None) => Error::Garbled("it has no `content`".to_owned()),
    };
    Err((error, usage))
}

#[async_trait]
impl Provider for Claude {
    async fn chat(&self, chat: &Chat) -> Outcome<Reply> {
        let (name, schema) = &chat.schema;
        let request = json!({
            "model": chat.model,
            "max_tokens": chat.max_output,
            "system": chat.system,
            "messages": [{ "role": "user", "content": chat.user }],
            "tools": [{ "name": name, "description": "Takes the answer.", "input_schema": schema }],
            "tool_choice": { "type": "tool", "name": name },
        });
        let request = self.client.post(format!("{}/v1/messages", self.url)).timeout(chat.timeout).json(&request);
        let answer = self.send(request).await.map_err(|error| (error, None))?;
        reply(&answer, chat.max_output)
    }

    async fn embed(&self, _: &str, _: usize, _: &[String], _: Duration) -> Outcome<Vectors> {
        Err((Error::Unsupported, None))
    }

    async fn models(&self) -> Result<Vec<String>, Error> {
        let answer = self.send(self.client.get(format!("{}/v1/models?limit=1000", self.url))).await?;
        let names = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(names.iter().filter_map(|model| model["id"].as_str().map(str::to_owned)).collect())
    }

    async fn send_batch(&self, _: &[(String, Chat)]) -> Result<String, Error> {
        Err(Error::Unsupported)
    }

    async fn batch(&self, _: &str) -> Result<Batch, Error> {
        Err(Error::Unsupported)
    }
}
