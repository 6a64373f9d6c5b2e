//! Anthropic's protocol: messages, with a tool that must be used or an output format, prompt caching by marks, and
//! streaming.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};

use super::Shared;
use super::fault::{Fault, Protocol};
use super::ledger::Turn;
use super::openai::text_of;
use super::serve::{Pieces, deliver};
use super::work::{Asked, Outcome, Work};

/// The path of messages.
pub const MESSAGES: &str = "/v1/messages";

/// A streamed answer comes in pieces of so many characters.
const PIECE: usize = 24;

/// The path of this file.
pub fn routes() -> Router<Arc<Shared>> {
    Router::new().route(MESSAGES, post(messages))
}

async fn messages(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let (body, asked, tool) = match read(&shared, &headers, &body) {
        Ok(read) => read,
        Err(fault) => return fault.response(Protocol::Anthropic),
    };
    let id = shared.id("msg_");
    let work = shared.work(asked);
    deliver(&shared, Protocol::Anthropic, work, |work| {
        let message = message(&id, &body["model"], tool.as_deref(), work);
        if body["stream"] == true { Pieces::events(stream(&message)) } else { Pieces::json(&message) }
    })
    .await
}

/// The body, what it asks for, and the tool that has to be used.
fn read(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<(Value, Asked, Option<String>), Fault> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if header("x-api-key") != Some(shared.settings.key.as_str()) {
        return Err(Fault::WrongKey);
    }
    if header("anthropic-version").is_none() {
        return Err(Fault::invalid("anthropic-version", "anthropic-version: header is required"));
    }
    let body = serde_json::from_slice::<Value>(body);
    let body = body.map_err(|error| Fault::invalid("body", format!("The request body is not valid JSON: {error}")))?;
    let required = |name: &str| Fault::invalid(name, format!("{name}: Field required"));
    let model = body["model"].as_str().ok_or_else(|| required("model"))?.to_owned();
    let most = body["max_tokens"].as_u64().filter(|most| *most > 0).ok_or_else(|| required("max_tokens"))?;
    let (schema, tool) = wanted(&body)?;
    let asked = Asked {
        protocol: Protocol::Anthropic,
        path: MESSAGES,
        model,
        turns: turns(&body)?,
        schema,
        most: Some(most),
        embeds: false,
        in_batch: false,
    };
    Ok((body, asked, tool))
}

/// The schema that the answer must fit, and the tool it is the input of, if any.
fn wanted(body: &Value) -> Result<(Option<Value>, Option<String>), Fault> {
    let format = &body["output_config"]["format"];
    if format["type"] == "json_schema" {
        return Ok((Some(format["schema"].clone()), None));
    }
    let mut tools = body["tools"].as_array().into_iter().flatten();
    let choice = &body["tool_choice"];
    let tool = match choice["type"].as_str() {
        Some("tool") => tools.find(|tool| tool["name"] == choice["name"]),
        Some("any") => tools.next(),
        _ => return Ok((None, None)),
    };
    let tool = tool.ok_or_else(|| Fault::invalid("tool_choice", "tool_choice: Tool not found in provided tools"))?;
    if tool["input_schema"]["type"] != "object" {
        return Err(Fault::invalid("tools", "tools.0.input_schema.type: Input should be 'object'"));
    }
    Ok((Some(tool["input_schema"].clone()), tool["name"].as_str().map(str::to_owned)))
}

/// The prompt in the order of the cache: format and tools, system, messages; each block by itself.
fn turns(body: &Value) -> Result<Vec<Turn>, Fault> {
    let mut turns = Vec::new();
    let is_marked = |block: &Value| block["cache_control"]["type"] == "ephemeral";
    let format = &body["output_config"]["format"];
    if !format.is_null() {
        turns.push(Turn { role: "schema".to_owned(), text: format.to_string(), cache_here: false });
    }
    for tool in body["tools"].as_array().into_iter().flatten() {
        turns.push(Turn { role: "tools".to_owned(), text: tool.to_string(), cache_here: is_marked(tool) });
    }
    let mut say = |role: &str, content: &Value| {
        match content {
            Value::Array(blocks) => turns.extend(blocks.iter().map(|block| Turn {
                role: role.to_owned(),
                text: block["text"].as_str().unwrap_or_default().to_owned(),
                cache_here: is_marked(block),
            })),
            _ => {
                let text = text_of(content).ok_or_else(|| Fault::invalid("messages", "messages: Field required"))?;
                turns.push(Turn { role: role.to_owned(), text, cache_here: false });
            }
        }
        Ok(())
    };
    if !body["system"].is_null() {
        say("system", &body["system"])?;
    }
    let messages = body["messages"].as_array().filter(|messages| !messages.is_empty());
    for message in messages.ok_or_else(|| Fault::invalid("messages", "messages: at least one message is required"))? {
        let role = message["role"].as_str().filter(|role| ["user", "assistant"].contains(role));
        let role = role.ok_or_else(|| Fault::invalid("messages", "messages: Input should be 'user' or 'assistant'"))?;
        say(role, &message["content"])?;
    }
    Ok(turns)
}

/// The answer in one document.
fn message(id: &str, model: &Value, tool: Option<&str>, work: &Work) -> Value {
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let (content, reason) = match (&work.outcome, tool) {
        (Outcome::Says(said, is_short), Some(tool)) => {
            let input = serde_json::from_str::<Value>(said).ok().filter(Value::is_object);
            match input {
                Some(input) => (used(tool, &input), "tool_use"),
                // What was cut off within a tool's input is not to be seen.
                None if *is_short => (used(tool, &json!({})), "max_tokens"),
                None => (text(said), "end_turn"),
            }
        }
        (Outcome::Says(said, is_short), None) => (text(said), if *is_short { "max_tokens" } else { "end_turn" }),
        (Outcome::Refuses(said), _) => (text(said), "refusal"),
        _ => (json!([]), "refusal"),
    };
    json!({
        "id": id, "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": reason, "stop_sequence": null,
        "usage": {
            "input_tokens": work.used.input, "cache_creation_input_tokens": work.used.cache_write,
            "cache_read_input_tokens": work.used.cached, "output_tokens": work.used.output,
        },
    })
}

fn used(tool: &str, input: &Value) -> Value {
    json!([{"type": "tool_use", "id": "toolu_box", "name": tool, "input": input}])
}

/// The answer as events.
fn stream(message: &Value) -> Vec<String> {
    let event = |data: &Value| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or_default());
    let mut start = message.clone();
    start["content"] = json!([]);
    start["stop_reason"] = Value::Null;
    start["usage"]["output_tokens"] = json!(1);
    let mut events = vec![event(&json!({"type": "message_start", "message": start}))];
    for (index, block) in message["content"].as_array().into_iter().flatten().enumerate() {
        let is_tool = block["type"] == "tool_use";
        let (field, kind, name) =
            if is_tool { ("input", "input_json_delta", "partial_json") } else { ("text", "text_delta", "text") };
        let words = block[field].as_str().map_or_else(|| block[field].to_string(), str::to_owned);
        let mut empty = block.clone();
        empty[field] = if is_tool { json!({}) } else { json!("") };
        events.push(event(&json!({"type": "content_block_start", "index": index, "content_block": empty})));
        for piece in words.chars().collect::<Vec<_>>().chunks(PIECE) {
            let delta = json!({"type": kind, name: piece.iter().collect::<String>()});
            events.push(event(&json!({"type": "content_block_delta", "index": index, "delta": delta})));
        }
        events.push(event(&json!({"type": "content_block_stop", "index": index})));
    }
    let end = json!({"stop_reason": message["stop_reason"], "stop_sequence": null});
    let usage = json!({"output_tokens": message["usage"]["output_tokens"]});
    events.push(event(&json!({"type": "message_delta", "delta": end, "usage": usage})));
    events.push(event(&json!({"type": "message_stop"})));
    events
}
