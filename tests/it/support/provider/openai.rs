//! OpenAI's protocol: chat with structured output and streaming, and the list of models.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use talentprompt::base::clock::{Clock, SystemClock};

use super::Shared;
use super::answer::check_strict;
use super::fault::{Fault, Protocol};
use super::ledger::{Turn, Used};
use super::serve::{Pieces, deliver};
use super::work::{Asked, Outcome, Work};

/// The path of chat.
pub const CHAT: &str = "/v1/chat/completions";

/// A streamed answer comes in pieces of so many characters.
const PIECE: usize = 24;

/// The paths of this file.
pub fn routes() -> Router<Arc<Shared>> {
    Router::new().route(CHAT, post(chat)).route("/v1/models", get(models))
}

/// Now, in seconds since 1970.
pub fn now_s() -> i64 {
    SystemClock.now().timestamp()
}

impl Shared {
    /// Whether the key in `Authorization: Bearer` is ours.
    pub fn admits(&self, headers: &HeaderMap) -> Result<(), Fault> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let is_ours = given.and_then(|value| value.strip_prefix("Bearer ")) == Some(self.settings.key.as_str());
        if is_ours { Ok(()) } else { Err(Fault::WrongKey) }
    }
}

/// The request's body, if the key is right and it is JSON.
pub fn read(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Value, Fault> {
    shared.admits(headers)?;
    serde_json::from_slice(body)
        .map_err(|error| Fault::invalid("body", format!("We could not parse the JSON body: {error}")))
}

async fn models(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Err(fault) = shared.admits(&headers) {
        return fault.response(Protocol::OpenAi);
    }
    let of = |name: &String| json!({"id": name, "object": "model", "created": 0, "owned_by": "box"});
    let data = shared.settings.models.iter().map(|model| of(&model.name)).collect::<Vec<_>>();
    axum::Json(json!({"object": "list", "data": data})).into_response()
}

async fn chat(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = match read(&shared, &headers, &body) {
        Ok(body) => body,
        Err(fault) => return fault.response(Protocol::OpenAi),
    };
    let asked = match asked(&body, false) {
        Ok(asked) => asked,
        Err(fault) => return fault.response(Protocol::OpenAi),
    };
    let (id, model) = (shared.id("chatcmpl-"), asked.model.clone());
    let work = shared.work(asked);
    deliver(&shared, Protocol::OpenAi, work, |work| {
        if body["stream"] == true {
            let with_usage = body["stream_options"]["include_usage"] == true;
            Pieces::events(stream(&id, &model, work, with_usage))
        } else {
            Pieces::json(&completion(&id, &model, work))
        }
    })
    .await
}

/// What a chat asks for, or what is wrong with it.
pub fn asked(body: &Value, in_batch: bool) -> Result<Asked, Fault> {
    let model = body["model"].as_str().ok_or_else(|| Fault::invalid("model", "you must provide a model parameter"))?;
    let messages = body["messages"].as_array().filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| Fault::invalid("messages", "Missing required parameter: 'messages'."))?;
    let format = &body["response_format"];
    let mut schema = None;
    let mut turns = Vec::new();
    if format["type"] == "json_schema" {
        let given = &format["json_schema"];
        check_format(given)?;
        schema = Some(given["schema"].clone());
        // The schema goes before everything else, so it is a part of what the cache knows.
        turns.push(Turn { role: "schema".to_owned(), text: given.to_string(), cache_here: false });
    } else if format["type"] == "json_object" {
        schema = Some(json!({"type": "object", "properties": {"answer": {"type": "string"}}}));
    }
    for (at, message) in messages.iter().enumerate() {
        let wrong =
            |what: &str| Fault::invalid(&format!("messages[{at}].{what}"), format!("Invalid value for '{what}'."));
        let role = message["role"].as_str().ok_or_else(|| wrong("role"))?;
        if !["system", "developer", "user", "assistant", "tool"].contains(&role) {
            return Err(wrong("role"));
        }
        let text = text_of(&message["content"]).ok_or_else(|| wrong("content"))?;
        turns.push(Turn { role: role.to_owned(), text, cache_here: false });
    }
    let most = [&body["max_completion_tokens"], &body["max_tokens"]].into_iter().find_map(Value::as_u64);
    if most == Some(0) {
        return Err(Fault::invalid("max_completion_tokens", "Expected a value >= 1, but got 0 instead."));
    }
    let (protocol, model) = (Protocol::OpenAi, model.to_owned());
    Ok(Asked { protocol, path: CHAT, model, turns, schema, most, embeds: false, in_batch })
}

/// Whether a schema is one that strict output takes.
fn check_format(given: &Value) -> Result<(), Fault> {
    let name = given["name"].as_str().unwrap_or_default();
    let is_name = (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if !is_name {
        return Err(Fault::invalid(
            "response_format.json_schema.name",
            "String does not match '^[a-zA-Z0-9_-]{1,64}$'.",
        ));
    }
    if given["strict"] != true {
        return Ok(());
    }
    let schema = &given["schema"];
    let checked = if schema["type"] == "object" && schema.get("anyOf").is_none() {
        check_strict(schema, "()")
    } else {
        Err("schema must be a JSON Schema of 'type: \"object\"'.".to_owned())
    };
    checked.map_err(|wrong| {
        Fault::invalid("response_format", format!("Invalid schema for response_format '{name}': {wrong}"))
    })
}

/// The text of a message: a string, or parts of which only texts are read.
pub fn text_of(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => Some(parts.iter().filter_map(|part| part["text"].as_str()).collect()),
        _ => None,
    }
}

fn usage(used: Used) -> Value {
    json!({
        "prompt_tokens": used.prompt(),
        "completion_tokens": used.output,
        "total_tokens": used.prompt() + used.output,
        "prompt_tokens_details": {"cached_tokens": used.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    })
}

/// What was said, what was declined, and why it ended.
fn parts(work: &Work) -> (Value, Value, &'static str) {
    match &work.outcome {
        Outcome::Says(text, is_short) => (json!(text), Value::Null, if *is_short { "length" } else { "stop" }),
        Outcome::Refuses(text) => (Value::Null, json!(text), "stop"),
        _ => (Value::Null, Value::Null, "content_filter"),
    }
}

/// The answer in one document.
pub fn completion(id: &str, model: &str, work: &Work) -> Value {
    let (content, refusal, reason) = parts(work);
    let message = json!({"role": "assistant", "content": content, "refusal": refusal, "annotations": []});
    json!({
        "id": id,
        "object": "chat.completion",
        "created": now_s(),
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": reason}],
        "usage": usage(work.used),
        "service_tier": "default",
    })
}

/// The answer as events: the role, the words piece by piece, why it ended, the usage if it is wanted, `[DONE]`.
fn stream(id: &str, model: &str, work: &Work, with_usage: bool) -> Vec<String> {
    let created = now_s();
    let event = |choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": id, "object": "chat.completion.chunk", "created": created, "model": model, "choices": choices,
        });
        if with_usage {
            chunk["usage"] = usage;
        }
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value, reason: Value| json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
    let (content, refusal, reason) = parts(work);
    let mut events = vec![event(delta(json!({"role": "assistant", "content": ""}), Value::Null), Value::Null)];
    for (name, words) in [("content", content), ("refusal", refusal)] {
        let letters = words.as_str().unwrap_or_default().chars().collect::<Vec<_>>();
        let pieces = letters.chunks(PIECE).map(|piece| piece.iter().collect::<String>());
        events.extend(pieces.map(|piece| event(delta(json!({name: piece}), Value::Null), Value::Null)));
    }
    events.push(event(delta(json!({}), json!(reason)), Value::Null));
    if with_usage {
        events.push(event(json!([]), usage(work.used)));
    }
    events.push("data: [DONE]\n\n".to_owned());
    events
}
