//! OpenAI's batches: a file of requests goes in, a file of answers and one of errors come out, at half the price.
//!
//! Each line takes a step of the script like a request of its own. A line that is told to be silent is one that the
//! batch had no time for: it costs nothing, and the batch ends as expired, with what was done until then.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Multipart, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::embeddings::EMBEDDINGS;
use super::fault::{Fault, Protocol};
use super::ledger::Used;
use super::openai::{CHAT, completion, now_s, read};
use super::work::Outcome;
use super::{Shared, embeddings, openai};

/// A batch has to be done within this, seconds: the one window there is.
const WINDOW_S: i64 = 24 * 60 * 60;

/// Files, and batches as the documents that clients are shown.
#[derive(Debug, Default)]
pub struct Shelf {
    files: HashMap<String, File>,
    batches: HashMap<String, Value>,
}

#[derive(Debug)]
struct File {
    document: Value,
    content: Bytes,
}

/// The paths of this file.
pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/files", post(upload))
        .route("/v1/files/{id}", get(file).delete(delete))
        .route("/v1/files/{id}/content", get(content))
        .route("/v1/batches", post(create))
        .route("/v1/batches/{id}", get(batch))
        .route("/v1/batches/{id}/cancel", post(cancel))
}

/// A fault in OpenAI's words, or the answer.
type Answer = Result<Response, Refused>;

/// A fault on its way out.
struct Refused(Fault);

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.0.response(Protocol::OpenAi)
    }
}

impl Shared {
    /// Puts a file on the shelf; answers its document.
    fn shelve(&self, name: &str, purpose: &str, content: Bytes) -> Value {
        let id = self.id("file-");
        let document = json!({
            "id": id, "object": "file", "bytes": content.len(), "created_at": now_s(), "filename": name,
            "purpose": purpose, "status": "processed",
        });
        self.shelf().files.insert(id, File { document: document.clone(), content });
        document
    }

    /// Changes a batch's document, unless it was cancelled meanwhile; answers whether it goes on.
    fn amend(&self, id: &str, changes: &Value) -> bool {
        let mut shelf = self.shelf();
        let Some(batch) = shelf.batches.get_mut(id).filter(|batch| batch["status"] != "cancelled") else {
            return false;
        };
        for (key, value) in changes.as_object().into_iter().flatten() {
            batch[key] = value.clone();
        }
        true
    }
}

async fn upload(State(shared): State<Arc<Shared>>, headers: HeaderMap, mut parts: Multipart) -> Answer {
    shared.admits(&headers)?;
    let (mut purpose, mut sent) = (String::new(), None);
    let broken = |error: axum::extract::multipart::MultipartError| Fault::invalid("file", error.body_text());
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        match part.name() {
            Some("purpose") => purpose = part.text().await.map_err(broken)?,
            Some("file") => {
                let name = part.file_name().unwrap_or("file").to_owned();
                sent = Some((name, part.bytes().await.map_err(broken)?));
            }
            _ => {}
        }
    }
    let (name, content) = sent.ok_or_else(|| Fault::invalid("file", "'file' is a required property"))?;
    if purpose != "batch" {
        return Err(Fault::invalid("purpose", format!("'{purpose}' is not one of ['batch']")).into());
    }
    Ok(Json(shared.shelve(&name, &purpose, content)).into_response())
}

async fn file(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    shared.admits(&headers)?;
    let document = shared.shelf().files.get(&id).map(|file| file.document.clone());
    Ok(Json(document.ok_or(Fault::NotFound(id))?).into_response())
}

async fn content(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    shared.admits(&headers)?;
    let content = shared.shelf().files.get(&id).map(|file| file.content.clone());
    Ok(content.ok_or(Fault::NotFound(id))?.into_response())
}

async fn delete(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    shared.admits(&headers)?;
    let is_gone = shared.shelf().files.remove(&id).is_some();
    if !is_gone {
        return Err(Fault::NotFound(id).into());
    }
    Ok(Json(json!({"id": id, "object": "file", "deleted": true})).into_response())
}

async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Answer {
    let body = read(&shared, &headers, &body)?;
    let endpoint = body["endpoint"].as_str().filter(|endpoint| [CHAT, EMBEDDINGS].contains(endpoint));
    let endpoint = endpoint.ok_or_else(|| Fault::invalid("endpoint", "Invalid value for 'endpoint'."))?.to_owned();
    if body["completion_window"] != "24h" {
        return Err(Fault::invalid("completion_window", "Supported values are: '24h'.").into());
    }
    let input = body["input_file_id"].as_str().unwrap_or_default();
    let content = shared.shelf().files.get(input).map(|file| file.content.clone());
    let content = content.ok_or_else(|| Fault::NotFound(input.to_owned()))?;
    let id = shared.id("batch_");
    let document = json!({
        "id": id, "object": "batch", "endpoint": endpoint, "errors": null, "input_file_id": input,
        "completion_window": "24h", "status": "validating", "output_file_id": null, "error_file_id": null,
        "created_at": now_s(), "expires_at": now_s() + WINDOW_S, "metadata": body["metadata"],
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
    });
    shared.shelf().batches.insert(id.clone(), document.clone());
    tokio::spawn(run(shared, id, endpoint, content));
    Ok(Json(document).into_response())
}

async fn batch(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    shared.admits(&headers)?;
    let document = shared.shelf().batches.get(&id).cloned();
    Ok(Json(document.ok_or(Fault::NotFound(id))?).into_response())
}

async fn cancel(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    shared.admits(&headers)?;
    let mut shelf = shared.shelf();
    let batch = shelf.batches.get_mut(&id).ok_or_else(|| Fault::NotFound(id.clone()))?;
    let status = &batch["status"];
    if status != "validating" && status != "in_progress" {
        return Err(Fault::invalid("id", format!("Cannot cancel a batch with status {status}.")).into());
    }
    batch["status"] = json!("cancelling");
    batch["cancelling_at"] = json!(now_s());
    let answer = batch.clone();
    // Nothing was under way yet, so it is over by the next question.
    batch["status"] = json!("cancelled");
    batch["cancelled_at"] = json!(now_s());
    Ok(Json(answer).into_response())
}

/// One request of a batch.
struct Line {
    custom_id: String,
    body: Value,
}

/// Reads the lines, or says what is wrong with which.
fn lines(content: &[u8], endpoint: &str) -> Result<Vec<Line>, Vec<Value>> {
    let (mut lines, mut wrong, mut ids) = (Vec::new(), Vec::new(), BTreeSet::new());
    let text = String::from_utf8_lossy(content);
    for (at, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let line = serde_json::from_str::<Value>(text).unwrap_or_default();
        let code = match line["custom_id"].as_str() {
            _ if !line.is_object() => "invalid_json_line",
            None => "missing_required_parameter",
            Some(id) if !ids.insert(id.to_owned()) => "duplicate_custom_id",
            Some(_) if line["url"] != endpoint => "mismatched_url",
            Some(_) if line["method"] != "POST" => "invalid_method",
            Some(id) => {
                lines.push(Line { custom_id: id.to_owned(), body: line["body"].clone() });
                continue;
            }
        };
        wrong.push(json!({"code": code, "message": format!("Line {} is wrong: {code}.", at + 1), "line": at + 1}));
    }
    if lines.is_empty() && wrong.is_empty() {
        wrong.push(json!({"code": "empty_file", "message": "The input file is empty.", "line": null}));
    }
    if wrong.is_empty() { Ok(lines) } else { Err(wrong) }
}

/// Works through a batch, in its time.
async fn run(shared: Arc<Shared>, id: String, endpoint: String, content: Bytes) {
    let lines = match lines(&content, &endpoint) {
        Ok(lines) => lines,
        Err(wrong) => {
            let errors = json!({"object": "list", "data": wrong});
            shared.amend(&id, &json!({"status": "failed", "failed_at": now_s(), "errors": errors}));
            return;
        }
    };
    let total = lines.len();
    let counts = |completed: usize, failed: usize| json!({"total": total, "completed": completed, "failed": failed});
    shared.amend(&id, &json!({"status": "in_progress", "in_progress_at": now_s(), "request_counts": counts(0, 0)}));
    sleep(Duration::from_millis(shared.settings.batch_ms)).await;
    if !shared.amend(&id, &json!({"status": "finalizing", "finalizing_at": now_s()})) {
        return;
    }
    let (mut output, mut errors, mut used, mut is_late) = (String::new(), String::new(), Used::default(), false);
    for line in lines {
        let done = answer(&shared, &endpoint, &line.body);
        is_late |= done.response.is_null();
        used.input += done.used.prompt();
        used.cached += done.used.cached;
        used.output += done.used.output;
        let is_good = done.response["status_code"] == 200;
        let entry = json!({
            "id": shared.id("batch_req_"), "custom_id": line.custom_id, "response": done.response, "error": done.error,
        });
        writeln!(if is_good { &mut output } else { &mut errors }, "{entry}").expect("a string takes everything");
    }
    let (completed, failed) = (output.lines().count(), errors.lines().count());
    let kept = |name: &str, text: String| {
        let is_there = !text.is_empty();
        is_there.then(|| shared.shelve(&format!("{id}_{name}.jsonl"), "batch_output", text.into())["id"].clone())
    };
    let usage = json!({
        "input_tokens": used.input, "input_tokens_details": {"cached_tokens": used.cached},
        "output_tokens": used.output, "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": used.input + used.output,
    });
    let (status, when) = if is_late { ("expired", "expired_at") } else { ("completed", "completed_at") };
    shared.amend(
        &id,
        &json!({
            "status": status, when: now_s(), "request_counts": counts(completed, failed), "usage": usage,
            "output_file_id": kept("output", output), "error_file_id": kept("error", errors),
        }),
    );
}

/// What came of a line.
struct Done {
    response: Value,
    error: Value,
    used: Used,
}

fn answer(shared: &Shared, endpoint: &str, body: &Value) -> Done {
    let request_id = shared.id("req_");
    let responded = |status: u16, body: Value| json!({"status_code": status, "request_id": request_id, "body": body});
    let refused = |fault: &Fault| {
        let (status, body) = (fault.status(Protocol::OpenAi), fault.body(Protocol::OpenAi));
        Done { response: responded(status, body), error: Value::Null, used: Used::default() }
    };
    let asked = if endpoint == CHAT { openai::asked(body, true) } else { embeddings::asked(shared, body, true) };
    let asked = match asked {
        Ok(asked) => asked,
        Err(fault) => return refused(&fault),
    };
    let model = asked.model.clone();
    let work = shared.work(asked);
    if work.silent {
        let error = json!({
            "code": "batch_expired",
            "message": "This request could not be executed before the completion window expired.",
        });
        return Done { response: Value::Null, error, used: work.used };
    }
    let (status, body) = match &work.outcome {
        Outcome::Fails(status, body, _) => (*status, body.clone()),
        Outcome::Gone => return refused(&Fault::ServerError),
        Outcome::Embeds(_) => (200, embeddings::vectors(shared, body, &work)),
        _ => (200, completion(&shared.id("chatcmpl-"), &model, &work)),
    };
    shared.ledger().answered(work.call, status);
    Done { response: responded(status, body), error: Value::Null, used: work.used }
}
