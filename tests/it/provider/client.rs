//! The client of OpenAI's protocol that the product uses, against the box: if its types read the answers, so does the
//! product.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::types::batches::{
    Batch, BatchCompletionWindow, BatchEndpoint, BatchRequest, BatchRequestOutput, BatchStatus,
};
use async_openai::types::chat::{CreateChatCompletionRequest, FinishReason};
use async_openai::types::embeddings::{CreateEmbeddingRequest, EmbeddingInput, EncodingFormat};
use async_openai::types::files::{CreateFileRequest, FileInput, FilePurpose};
use futures::StreamExt;
use serde_json::{Value, json};

use super::{DOCUMENT, Pair, asking, http, plain};
use crate::support::provider::{Behaviour, Fault, Settings};

/// The product's client.
fn client(it: &Pair) -> Client<OpenAIConfig> {
    let config = OpenAIConfig::new().with_api_base(format!("{}/v1", it.provider.url())).with_api_key("test-key");
    Client::build(http(), config)
}

fn request(body: Value) -> CreateChatCompletionRequest {
    serde_json::from_value(body).unwrap()
}

#[tokio::test]
async fn the_client_chats_and_reads_structured_output() {
    let it = Pair::new().await;
    let client = client(&it);
    let answer = client.chat().create(request(asking(DOCUMENT))).await.unwrap();
    let said = serde_json::from_str::<Value>(answer.choices[0].message.content.as_deref().unwrap()).unwrap();
    assert_eq!((&said["score"], answer.choices[0].finish_reason), (&json!(10), Some(FinishReason::Stop)));
    let (usage, call) = (answer.usage.unwrap(), it.provider.calls().remove(0));
    assert_eq!(
        (u64::from(usage.prompt_tokens), u64::from(usage.completion_tokens)),
        (call.used.prompt(), call.used.output)
    );
    let models = client.models().list().await.unwrap().data;
    assert_eq!(
        models.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(),
        ["small", "large", "claude", "embedding"]
    );
}

#[tokio::test]
async fn the_client_reads_a_stream_and_its_usage() {
    let it = Pair::new().await;
    let mut body = plain("Tell me about the weather in Porto, please, in as many words as you like.");
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    let mut stream = client(&it).chat().create_stream(request(body)).await.unwrap();
    let (mut said, mut used) = (String::new(), None);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.unwrap();
        said.extend(chunk.choices.iter().filter_map(|choice| choice.delta.content.as_deref()));
        used = used.or(chunk.usage);
    }
    assert!(said.starts_with("You said: Tell me") && said.ends_with("as you like."), "{said}");
    assert_eq!(
        u64::from(used.unwrap().total_tokens),
        it.provider.bill().used.prompt() + it.provider.bill().used.output
    );
}

#[tokio::test]
async fn the_client_understands_errors() {
    let it = Pair::new().await;
    it.provider.script([Behaviour::Fails(Fault::NoQuota)]);
    let error = client(&it).chat().create(request(plain("Hello"))).await.unwrap_err();
    let OpenAIError::ApiError(error) = error else { panic!("{error:?}") };
    assert_eq!((error.status_code.as_u16(), error.api_error.code.as_deref()), (429, Some("insufficient_quota")));
}

#[tokio::test]
async fn the_client_embeds_in_both_encodings() {
    let it = Pair::new().await;
    let client = client(&it);
    let request = CreateEmbeddingRequest {
        model: "embedding".to_owned(),
        input: EmbeddingInput::StringArray(vec!["rust".to_owned(), "go".to_owned()]),
        ..CreateEmbeddingRequest::default()
    };
    let floats = client.embeddings().create(request.clone()).await.unwrap();
    let request = CreateEmbeddingRequest { encoding_format: Some(EncodingFormat::Base64), ..request };
    let encoded = client.embeddings().create_base64(request).await.unwrap();
    let decoded = encoded.data.into_iter().map(|one| Vec::<f32>::from(one.embedding)).collect::<Vec<_>>();
    assert_eq!(floats.data.into_iter().map(|one| one.embedding).collect::<Vec<_>>(), decoded);
}

/// Puts a batch of chats on its way.
async fn submit(client: &Client<OpenAIConfig>, lines: &[Value]) -> Batch {
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let file = FileInput::from_vec_u8("batch.jsonl".to_owned(), text.into_bytes());
    let file = CreateFileRequest { file, purpose: FilePurpose::Batch, expires_after: None };
    let file = client.files().create(file).await.unwrap();
    let request = BatchRequest {
        input_file_id: file.id,
        endpoint: BatchEndpoint::V1ChatCompletions,
        completion_window: BatchCompletionWindow::W24H,
        ..BatchRequest::default()
    };
    client.batches().create(request).await.unwrap()
}

fn line(id: &str, body: &Value) -> Value {
    json!({"custom_id": id, "method": "POST", "url": "/v1/chat/completions", "body": body})
}

/// Waits until nothing more happens to a batch.
async fn ended(client: &Client<OpenAIConfig>, id: &str) -> Batch {
    for _ in 0..500 {
        let batch = client.batches().retrieve(id).await.unwrap();
        if !matches!(batch.status, BatchStatus::Validating | BatchStatus::InProgress | BatchStatus::Finalizing) {
            return batch;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the batch {id} does not end");
}

async fn results(client: &Client<OpenAIConfig>, file: Option<&String>) -> Vec<BatchRequestOutput> {
    let content = client.files().content(file.unwrap()).await.unwrap();
    std::str::from_utf8(&content).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn the_client_has_a_batch_done_at_half_the_price() {
    let it = Pair::new().await;
    let client = client(&it);
    let alone = it.chat(&plain(DOCUMENT)).await.1;
    it.provider.script([Behaviour::Ordinary, Behaviour::Fails(Fault::ServerError)]);
    let submitted = submit(&client, &[line("one", &plain(DOCUMENT)), line("two", &plain("Hello"))]).await;
    let batch = ended(&client, &submitted.id).await;
    assert_eq!(batch.status, BatchStatus::Completed);
    let counts = batch.request_counts.unwrap();
    assert_eq!((counts.total, counts.completed, counts.failed), (2, 1, 1));
    let good = results(&client, batch.output_file_id.as_ref()).await;
    assert_eq!((good.len(), good[0].custom_id.as_str()), (1, "one"));
    assert_eq!(good[0].response.as_ref().unwrap().body["choices"], alone["choices"]);
    let bad = results(&client, batch.error_file_id.as_ref()).await;
    assert_eq!((bad[0].custom_id.as_str(), bad[0].response.as_ref().unwrap().status_code), ("two", 500));
    let calls = it.provider.calls();
    assert!(calls[1].in_batch && !calls[0].in_batch);
    assert_eq!((calls[1].charged, calls[2].charged), (calls[0].charged.div_ceil(2), 0));
}

#[tokio::test]
async fn a_batch_that_is_wrong_late_or_called_off_says_so() {
    let it = Pair::with(Settings { batch_ms: 500, ..Settings::default() }).await;
    let client = client(&it);
    let twice = submit(&client, &[line("one", &plain("Hello")), line("one", &plain("Hello"))]).await;
    let failed = ended(&client, &twice.id).await;
    assert_eq!((failed.status, failed.errors.unwrap().data[0].line), (BatchStatus::Failed, Some(2)));
    let called_off = submit(&client, &[line("one", &plain("Hello"))]).await;
    assert_eq!(client.batches().cancel(&called_off.id).await.unwrap().status, BatchStatus::Cancelling);
    it.provider.script([Behaviour::Silence]);
    let late = submit(&client, &[line("one", &plain("Hello"))]).await;
    let expired = ended(&client, &late.id).await;
    assert_eq!(expired.status, BatchStatus::Expired);
    let missed = results(&client, expired.error_file_id.as_ref()).await;
    assert_eq!(missed[0].error.as_ref().unwrap().code, "batch_expired");
    assert_eq!(client.batches().retrieve(&called_off.id).await.unwrap().status, BatchStatus::Cancelled);
    assert_eq!(it.provider.bill().charged, 0);
    let input = late.input_file_id.clone();
    assert!(client.files().delete(&input).await.unwrap().deleted);
    assert!(client.files().retrieve(&input).await.is_err());
}
