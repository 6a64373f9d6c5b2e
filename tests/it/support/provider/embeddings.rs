//! OpenAI's embeddings: vectors of length one that depend on the text alone, so that equal texts are equal and texts
//! that share words are near each other.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Shared;
use super::fault::{Fault, Protocol};
use super::ledger::Turn;
use super::openai::read;
use super::script::next_random;
use super::serve::{Pieces, deliver};
use super::work::{Asked, Outcome, Work};

/// The path of embeddings.
pub const EMBEDDINGS: &str = "/v1/embeddings";

/// The most texts in one request.
const MOST_TEXTS: usize = 2048;

/// The path of this file.
pub fn routes() -> Router<Arc<Shared>> {
    Router::new().route(EMBEDDINGS, post(embed))
}

async fn embed(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = match read(&shared, &headers, &body) {
        Ok(body) => body,
        Err(fault) => return fault.response(Protocol::OpenAi),
    };
    let asked = match asked(&shared, &body, false) {
        Ok(asked) => asked,
        Err(fault) => return fault.response(Protocol::OpenAi),
    };
    let work = shared.work(asked);
    deliver(&shared, Protocol::OpenAi, work, |work| Pieces::json(&vectors(&shared, &body, work))).await
}

/// What is to be embedded, or what is wrong with it.
pub fn asked(shared: &Shared, body: &Value, in_batch: bool) -> Result<Asked, Fault> {
    let model = body["model"].as_str().ok_or_else(|| Fault::invalid("model", "you must provide a model parameter"))?;
    let texts = texts(body);
    if texts.is_empty() || texts.len() > MOST_TEXTS || texts.iter().any(String::is_empty) {
        let message = format!("'$.input' is invalid: 1 to {MOST_TEXTS} texts are taken, none of them empty.");
        return Err(Fault::invalid("input", message));
    }
    let most =
        shared.settings.models.iter().find(|known| known.name == model).map_or(usize::MAX, |known| known.dimensions);
    if body["dimensions"].as_u64().is_some_and(|wanted| wanted == 0 || wanted > most as u64) {
        return Err(Fault::invalid(
            "dimensions",
            format!("Invalid value for 'dimensions': 1 to {most} are to be had."),
        ));
    }
    let turn = |text| Turn { role: "input".to_owned(), text, cache_here: false };
    Ok(Asked {
        protocol: Protocol::OpenAi,
        path: EMBEDDINGS,
        model: model.to_owned(),
        turns: texts.into_iter().map(turn).collect(),
        schema: None,
        most: None,
        embeds: true,
        in_batch,
    })
}

/// One text or several; anything else is none.
fn texts(body: &Value) -> Vec<String> {
    match &body["input"] {
        Value::String(text) => vec![text.clone()],
        Value::Array(texts) if texts.iter().all(Value::is_string) => {
            texts.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// The answer's body.
pub fn vectors(shared: &Shared, body: &Value, work: &Work) -> Value {
    let model = shared.settings.models.iter().find(|model| body["model"] == model.name.as_str());
    let own = model.map_or(0, |model| model.dimensions);
    let wanted = body["dimensions"].as_u64().and_then(|wanted| usize::try_from(wanted).ok()).unwrap_or(own);
    let missing = if let Outcome::Embeds(missing) = work.outcome { missing } else { 0 };
    let dimensions = wanted.saturating_sub(missing);
    let entry = |(index, text): (usize, String)| {
        let vector = vector(&text, dimensions);
        let embedding = if body["encoding_format"] == "base64" {
            json!(STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>()))
        } else {
            json!(vector)
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    };
    let data = if dimensions == 0 { Vec::new() } else { texts(body).into_iter().enumerate().map(entry).collect() };
    let usage = json!({"prompt_tokens": work.used.input, "total_tokens": work.used.input});
    json!({"object": "list", "data": data, "model": body["model"], "usage": usage})
}

/// The sum of a random direction for each word, of length one.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut sum = vec![0.0_f32; dimensions];
    for word in text.to_lowercase().split_whitespace().chain([text]) {
        let digest = Sha256::digest(word.as_bytes());
        let mut state = u64::from_le_bytes(digest[..8].try_into().expect("a digest has eight bytes"));
        for number in &mut sum {
            // Sixteen bits are enough of a direction, and exact in 32-bit floating point.
            let bits = u16::try_from(next_random(&mut state) >> 48).expect("sixteen bits are left");
            *number += f32::from(bits) / 32_768.0 - 1.0;
        }
    }
    let length = sum.iter().map(|number| number * number).sum::<f32>().sqrt();
    sum.into_iter().map(|number| number / length).collect()
}
