//! Anthropic's protocol.

use serde_json::{Value, json};

use super::{DOCUMENT, Pair, verdict};
use crate::support::provider::{Behaviour, Fault};

/// A message that has to be answered by using a tool.
fn forced(text: &str) -> Value {
    json!({
        "model": "claude", "max_tokens": 1000, "system": "You rate.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}],
        "tools": [{"name": "rate", "description": "Takes the verdict.", "input_schema": verdict()}],
        "tool_choice": {"type": "tool", "name": "rate"},
    })
}

async fn say(it: &Pair, body: &Value) -> (u16, Value) {
    let request = it.http.post(format!("{}/v1/messages", it.provider.url())).header("anthropic-version", "2023-06-01");
    let response = request.header("x-api-key", "test-key").json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_forced_tool_is_used_with_an_input_that_fits() {
    let it = Pair::new().await;
    let (status, answer) = say(&it, &forced(DOCUMENT)).await;
    assert_eq!((status, &answer["stop_reason"]), (200, &json!("tool_use")));
    let block = &answer["content"][0];
    assert_eq!(
        (&block["type"], &block["name"], &block["input"]["score"]),
        (&json!("tool_use"), &json!("rate"), &json!(10))
    );
    assert_eq!(block["input"]["evidence"][1]["quote"], "She moved the payments service to Rust.");
    let mut body = forced(DOCUMENT);
    body["max_tokens"] = json!(5);
    assert_eq!(say(&it, &body).await.1["stop_reason"], "max_tokens");
    body["tool_choice"]["name"] = json!("unheard");
    assert_eq!(say(&it, &body).await.0, 400);
    it.provider.script([Behaviour::Text("Not a tool.".to_owned())]);
    let (_, answer) = say(&it, &forced(DOCUMENT)).await;
    assert_eq!((&answer["stop_reason"], &answer["content"][0]["text"]), (&json!("end_turn"), &json!("Not a tool.")));
}

#[tokio::test]
async fn an_output_format_is_kept_to() {
    let it = Pair::new().await;
    let (_, answer) = say(
        &it,
        &json!({
            "model": "claude", "max_tokens": 1000, "messages": [{"role": "user", "content": DOCUMENT}],
            "output_config": {"format": {"type": "json_schema", "schema": verdict()}},
        }),
    )
    .await;
    assert_eq!(answer["stop_reason"], "end_turn");
    let said = serde_json::from_str::<Value>(answer["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(said["status"], "met");
}

#[tokio::test]
async fn what_is_marked_is_written_to_the_cache_once_and_read_from_it_later() {
    let it = Pair::new().await;
    let ask = |question: &str| {
        json!({
            "model": "claude", "max_tokens": 10,
            "system": [{"type": "text", "text": "abcd".repeat(2000), "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": question}],
        })
    };
    let (_, first) = say(&it, &ask("Who?")).await;
    let (_, second) = say(&it, &ask("Why?")).await;
    let usage = |answer: &Value| {
        ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
            .map(|key| answer["usage"][key].as_u64().unwrap())
    };
    assert_eq!((usage(&first), usage(&second)), ([1, 2000, 0], [1, 0, 2000]));
    // 3 and 15 dollars a million, a quarter more for what is written, a tenth for what is read.
    let out = first["usage"]["output_tokens"].as_u64().unwrap() * 15;
    let charged = it.provider.calls().iter().map(|call| call.charged).collect::<Vec<_>>();
    assert_eq!(charged, [3 + 7500 + out, 3 + 600 + out]);
}

#[tokio::test]
async fn errors_are_in_its_own_words() {
    let it = Pair::new().await;
    let url = format!("{}/v1/messages", it.provider.url());
    let wrong = it.http.post(&url).header("x-api-key", "stolen").json(&forced("Hello")).send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(wrong.json::<Value>().await.unwrap()["error"]["type"], "authentication_error");
    let unversioned = it.http.post(&url).header("x-api-key", "test-key").json(&forced("Hello")).send().await.unwrap();
    assert_eq!(unversioned.status(), 400);
    it.provider
        .script([Behaviour::Fails(Fault::Overloaded), Behaviour::Fails(Fault::RateLimited { retry_after_s: 4 })]);
    let (status, answer) = say(&it, &forced("Hello")).await;
    assert_eq!((status, &answer["type"], &answer["error"]["type"]), (529, &json!("error"), &json!("overloaded_error")));
    let limited = it.http.post(&url).header("x-api-key", "test-key").header("anthropic-version", "2023-06-01");
    let limited = limited.json(&forced("Hello")).send().await.unwrap();
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"4".parse().unwrap()));
    let mut unbounded = forced("Hello");
    unbounded["max_tokens"] = Value::Null;
    assert!(say(&it, &unbounded).await.1["error"]["message"].as_str().unwrap().starts_with("max_tokens"));
}

#[tokio::test]
async fn a_stream_builds_the_same_answer() {
    let it = Pair::new().await;
    let (_, whole) = say(&it, &forced(DOCUMENT)).await;
    let mut body = forced(DOCUMENT);
    body["stream"] = json!(true);
    let request = it.http.post(format!("{}/v1/messages", it.provider.url())).header("anthropic-version", "2023-06-01");
    let text = request.header("x-api-key", "test-key").json(&body).send().await.unwrap().text().await.unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.map(|data| serde_json::from_str::<Value>(data).unwrap()).collect::<Vec<_>>();
    let input = events.iter().filter_map(|event| event["delta"]["partial_json"].as_str()).collect::<String>();
    assert_eq!(serde_json::from_str::<Value>(&input).unwrap(), whole["content"][0]["input"]);
    assert_eq!(
        (&events[0]["type"], &events.last().unwrap()["type"]),
        (&json!("message_start"), &json!("message_stop"))
    );
    assert_eq!(events[events.len() - 2]["delta"]["stop_reason"], "tool_use");
}
