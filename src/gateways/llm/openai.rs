//! OpenAI's protocol, as OpenAI, Azure, `OpenRouter`, Ollama, vLLM and llama.cpp speak it, through `async-openai`.
//!
//! That client repeats what fails by itself, and an answer that was billed twice would be counted once; so each request
//! goes through a service of ours that makes it once, and reads an error's status before the client can.

use std::collections::HashMap;
use std::task;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_openai::types::InputSource;
use async_openai::types::files::{CreateFileRequest, FileInput, FilePurpose};
use async_trait::async_trait;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::wire;
use super::{Batch, Chat, Error, Outcome, Provider, Reply, Vectors};
use crate::base::outbound;
use crate::model::spend::{Tier, Usage};

/// A server of OpenAI's protocol.
pub struct OpenAi {
    client: Client<OpenAIConfig>,
    is_openai: bool,
}

impl std::fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenAi").field("is_openai", &self.is_openai).finish_non_exhaustive()
    }
}

impl OpenAi {
    /// The server at `url`, with `key`. What only OpenAI's own models know is said to it where `is_openai`.
    pub fn new(url: &str, key: &str, timeout: Duration, is_openai: bool) -> Self {
        let config = OpenAIConfig::default()
            .with_api_base(url.trim_end_matches('/'))
            .with_api_key(key)
            .with_org_id("")
            .with_project_id("");
        // Of itself the client would make one more, with nobody chosen yet for the cryptography of TLS.
        let http = outbound::client(timeout);
        let client = Client::build(http.clone(), config).with_http_service(Once(http));
        Self { client, is_openai }
    }

    fn request(&self, chat: &Chat) -> Value {
        let (name, schema) = &chat.schema;
        let mut request = json!({
            "model": chat.model,
            "messages": [
                { "role": "system", "content": chat.system },
                { "role": "user", "content": chat.user },
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": { "name": name, "strict": true, "schema": schema },
            },
            "stream": false,
        });
        if self.is_openai {
            request["max_completion_tokens"] = chat.max_output.into();
            // Nothing is to be kept there: https://platform.openai.com/docs/guides/your-data
            request["store"] = false.into();
            if thinks(&chat.model) {
                request["reasoning_effort"] = effort(chat.tier).into();
            }
        } else {
            // The older name, which all of them know.
            request["max_tokens"] = chat.max_output.into();
        }
        request
    }
}

/// Whether the model thinks before it answers, and is billed for that as well.
fn thinks(model: &str) -> bool {
    ["gpt-5", "o1", "o3", "o4"].iter().any(|family| model.starts_with(family)) && !model.contains("chat")
}

/// How hard: what is thought costs as much as what is answered.
fn effort(tier: Tier) -> &'static str {
    match tier {
        Tier::Simple | Tier::Medium => "low",
        Tier::Complex => "medium",
    }
}

/// Makes a request once.
#[derive(Debug, Clone)]
struct Once(reqwest::Client);

/// Why there is no answer, on its way through the client.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refusal(Error);

impl tower::Service<HttpRequestFactory> for Once {
    type Response = reqwest::Response;
    type Error = OpenAIError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Self::Error>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move {
            let response = client.execute(request.build().await?).await.map_err(OpenAIError::Reqwest)?;
            if response.status().is_success() {
                return Ok(response);
            }
            Err(OpenAIError::Boxed(Box::new(Refusal(wire::refusal(response).await))))
        })
    }
}

fn meaning(error: OpenAIError) -> Error {
    match error {
        OpenAIError::Reqwest(error) => wire::connection(&error),
        OpenAIError::Boxed(inner) => {
            inner.downcast::<Refusal>().map_or_else(|other| Error::Garbled(other.to_string()), |refusal| refusal.0)
        }
        // Its text repeats the whole answer.
        OpenAIError::JSONDeserialize(..) => Error::Garbled("it is not JSON".to_owned()),
        other => Error::Rejected(other.to_string()),
    }
}

/// Gives a call up after `timeout`.
async fn within<T>(timeout: Duration, call: impl Future<Output = Result<T, OpenAIError>>) -> Result<T, Error> {
    tokio::time::timeout(timeout, call).await.map_err(|_| Error::Timeout)?.map_err(meaning)
}

fn usage(answer: &Value) -> Option<Usage> {
    let tokens = |value: &Value| value.as_u64().and_then(|count| u32::try_from(count).ok());
    let usage = &answer["usage"];
    Some(Usage {
        input: tokens(&usage["prompt_tokens"])?,
        cached: tokens(&usage["prompt_tokens_details"]["cached_tokens"]).unwrap_or_default(),
        output: tokens(&usage["completion_tokens"]).unwrap_or_default(),
    })
}

/// The answer within a completion.
fn reply(answer: &Value, max_output: u32) -> Outcome<Reply> {
    let usage = usage(answer);
    let choice = &answer["choices"][0];
    let text = choice["message"]["content"].as_str().unwrap_or_default();
    let refused = choice["message"]["refusal"].as_str().is_some_and(|words| !words.is_empty());
    let error = match choice["finish_reason"].as_str() {
        _ if !choice.is_object() => Error::Garbled("it has no `choices`".to_owned()),
        _ if refused => Error::Refused,
        Some("content_filter") => Error::Refused,
        Some("length") => Error::CutOff(max_output),
        _ if text.trim().is_empty() => Error::Empty,
        _ => return Ok(Reply { text: text.to_owned(), usage }),
    };
    Err((error, usage))
}

#[async_trait]
impl Provider for OpenAi {
    async fn chat(&self, chat: &Chat) -> Outcome<Reply> {
        let request = self.request(chat);
        let answer: Value =
            within(chat.timeout, self.client.chat().create_byot(request)).await.map_err(|error| (error, None))?;
        reply(&answer, chat.max_output)
    }

    async fn embed(&self, model: &str, dimensions: usize, texts: &[String], timeout: Duration) -> Outcome<Vectors> {
        let mut request = json!({ "model": model, "input": texts, "encoding_format": "float" });
        if self.is_openai {
            request["dimensions"] = dimensions.into();
        }
        let answer: Value =
            within(timeout, self.client.embeddings().create_byot(request)).await.map_err(|error| (error, None))?;
        let usage = usage(&answer);
        let garbled = |what: &str| (Error::Garbled(what.to_owned()), usage);
        let data = answer["data"].as_array().ok_or_else(|| garbled("it has no `data`"))?;
        let mut vectors = vec![Vec::new(); texts.len()];
        for item in data {
            let place = item["index"].as_u64().and_then(|place| usize::try_from(place).ok());
            let slot =
                place.and_then(|place| vectors.get_mut(place)).ok_or_else(|| garbled("it has a wrong `index`"))?;
            *slot = serde_json::from_value(item["embedding"].clone()).map_err(|_| garbled("it has no numbers"))?;
        }
        match vectors.iter().find(|vector| vector.len() != dimensions) {
            Some(vector) => Err(garbled(&format!("a vector has {} numbers, not {dimensions}", vector.len()))),
            None => Ok(Vectors { vectors, usage }),
        }
    }

    async fn models(&self) -> Result<Vec<String>, Error> {
        let answer: Value = self.client.models().list_byot().await.map_err(meaning)?;
        let names = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(names.iter().filter_map(|model| model["id"].as_str().map(str::to_owned)).collect())
    }

    async fn send_batch(&self, chats: &[(String, Chat)]) -> Result<String, Error> {
        if !self.is_openai {
            return Err(Error::Unsupported);
        }
        let lines: Vec<String> = chats
            .iter()
            .map(|(id, chat)| {
                let body = self.request(chat);
                json!({ "custom_id": id, "method": "POST", "url": "/v1/chat/completions", "body": body }).to_string()
            })
            .collect();
        let source = InputSource::VecU8 { filename: "batch.jsonl".to_owned(), vec: lines.join("\n").into_bytes() };
        let file = CreateFileRequest {
            file: FileInput { source },
            purpose: FilePurpose::Batch,
            ..CreateFileRequest::default()
        };
        let file = self.client.files().create(file).await.map_err(meaning)?;
        let batch = json!({
            "input_file_id": file.id,
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
        });
        let answer: Value = self.client.batches().create_byot(batch).await.map_err(meaning)?;
        answer["id"].as_str().map(str::to_owned).ok_or_else(|| Error::Garbled("the batch has no `id`".to_owned()))
    }

    async fn batch(&self, id: &str) -> Result<Batch, Error> {
        let answer: Value = self.client.batches().retrieve_byot(id).await.map_err(meaning)?;
        match answer["status"].as_str().unwrap_or_default() {
            "failed" => {
                Ok(Batch::Failed(answer["errors"]["data"][0]["message"].as_str().unwrap_or_default().to_owned()))
            }
            // What was answered before it ended is there, and is billed.
            "completed" | "expired" | "cancelled" => {
                let mut answers = HashMap::new();
                for file in ["output_file_id", "error_file_id"] {
                    if let Some(file) = answer[file].as_str() {
                        let bytes = self.client.files().content(file).await.map_err(meaning)?;
                        answers.extend(bytes.split(|byte| *byte == b'\n').filter_map(line));
                    }
                }
                let input = answer["input_file_id"].as_str().unwrap_or_default();
                // Nothing of it needs to stay there; it goes by itself where this fails.
                let _: Result<Value, _> = self.client.files().delete_byot(input).await;
                Ok(Batch::Done(answers.into_iter().collect()))
            }
            _ => Ok(Batch::Working),
        }
    }
}

/// What became of one question of a batch.
fn line(text: &[u8]) -> Option<(String, Outcome<Reply>)> {
    let line: Value = serde_json::from_slice(text).ok()?;
    let id = line["custom_id"].as_str()?.to_owned();
    let response = &line["response"];
    let status = response["status_code"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
    let answer = match status {
        200 => reply(&response["body"], 0),
        _ => Err((wire::meaning(status, None, &response["body"]), None)),
    };
    Some((id, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each test has a process of its own, in which nobody has chosen yet.
    #[test]
    fn the_first_client_of_a_process_needs_no_cryptography_chosen_before() {
        let client = OpenAi::new("https://api.openai.com/v1", "k", Duration::from_secs(1), true);
        assert!(client.is_openai);
    }
}
