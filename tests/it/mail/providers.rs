//! Brevo and Resend, by a server that takes what they document and answers as they do.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use talentprompt::gateways::mail::{self, Error};
use talentprompt::model::mail::Priority;

use super::{configure, deliver, later, post, states};
use crate::support::app::{Plan, TestApp};

/// What was asked.
struct Asked {
    path: String,
    headers: HeaderMap,
    body: Value,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// An answer: status, `Retry-After` and body.
type Answer = (u16, Option<&'static str>, Value);

/// A provider's API on loopback, which gives these answers one after the other.
#[derive(Clone, Default)]
struct Provider {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

impl Provider {
    async fn start(answers: impl IntoIterator<Item = Answer>) -> (Self, String) {
        let provider = Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (provider, url)
    }
}

async fn answer(State(provider): State<Provider>, uri: Uri, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let body = serde_json::from_slice(&body).unwrap_or_default();
    provider.asked.lock().unwrap().push(Asked { path: uri.path().to_owned(), headers, body });
    let (status, after, body) = provider.answers.lock().unwrap().pop_front().unwrap();
    let mut headers = HeaderMap::new();
    if let Some(after) = after {
        headers.insert("retry-after", after.parse().unwrap());
    }
    (StatusCode::from_u16(status).unwrap(), headers, axum::Json(body))
}

async fn app(provider: &'static str, url: &str) -> TestApp {
    let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    configure(&app, |config| {
        provider.clone_into(&mut config.mail.provider);
        "Talent <talent@example.com>".clone_into(&mut config.mail.from);
        "olga@example.com".clone_into(&mut config.mail.reply_to);
        "the-key".clone_into(&mut config.mail.api_key);
        config.mail.api_url = format!("{url}/");
    });
    app
}

#[tokio::test]
async fn brevo_is_given_the_mail_as_it_takes_it_and_tells_its_id() {
    let (provider, url) = Provider::start([(201, None, json!({"messageId": "<1@smtp-relay.mailin.fr>"}))]).await;
    let app = app("brevo", &url).await;
    post(&app, "Ana Lima <ana@example.com>", Priority::Bulk).await;
    assert_eq!(deliver(&app).await, 1);
    {
        let asked = provider.asked.lock().unwrap();
        let Asked { path, body, .. } = &asked[0];
        assert_eq!((path.as_str(), asked[0].header("api-key")), ("/smtp/email", "the-key"));
        assert_eq!(body["sender"], json!({"name": "Talent", "email": "talent@example.com"}));
        assert_eq!(body["to"], json!([{"name": "Ana Lima", "email": "ana@example.com"}]));
        assert_eq!(body["replyTo"], json!({"email": "olga@example.com"}));
        assert_eq!(body["subject"], "Zwölf Bewerber");
        assert!(body["textContent"].as_str().unwrap().contains("Grüße") && body["htmlContent"].is_string());
        assert_eq!(body["headers"]["idempotencyKey"].as_str().unwrap().len(), 36);
        assert_eq!(body["headers"]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    }
    assert_eq!(app.sql("update outbox set key = key where provider_id = '1@smtp-relay.mailin.fr'").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn resend_is_given_the_mail_as_it_takes_it_and_the_same_key_each_time() {
    let again = json!({"statusCode": 500, "name": "internal_server_error", "message": "try again"});
    let (provider, url) = Provider::start([(500, None, again), (200, None, json!({"id": "e1"}))]).await;
    let app = app("resend", &url).await;
    post(&app, "Ana Lima <ana@example.com>", Priority::Normal).await;
    assert_eq!(deliver(&app).await, 1);
    later(&app).await;
    assert_eq!(deliver(&app).await, 1);
    {
        let asked = provider.asked.lock().unwrap();
        let first = &asked[0];
        assert_eq!((first.path.as_str(), first.header("authorization")), ("/emails", "Bearer the-key"));
        assert!(first.header("user-agent").starts_with("talentprompt/"));
        assert_eq!(first.header("idempotency-key").len(), 36);
        assert_eq!(first.header("idempotency-key"), asked[1].header("idempotency-key"));
        assert_eq!(first.body, asked[1].body);
        assert_eq!(first.body["from"], "Talent <talent@example.com>");
        assert_eq!(first.body["to"], json!(["ana@example.com"]));
        assert_eq!(first.body["reply_to"], "olga@example.com");
        assert!(first.body["text"].is_string() && first.body["html"].is_string());
    }
    assert_eq!(app.sql("update outbox set key = key where provider_id = 'e1' and state = 'sent'").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_provider_that_asks_to_wait_is_waited_for_and_one_that_refuses_is_believed() {
    let (provider, url) = Provider::start([
        (429, Some("7200"), json!({"message": "too many"})),
        (422, None, json!({"message": "no such domain"})),
        (401, None, json!({"message": "Key not found"})),
    ])
    .await;
    let app = app("brevo", &url).await;
    for to in ["slow@example.com", "wrong@example.com", "keyless@example.com"] {
        post(&app, to, Priority::Normal).await;
    }
    assert_eq!(deliver(&app).await, 3);
    let found = states(&app).await;
    let short: Vec<_> = found.iter().map(|(state, ..)| state.as_str()).collect();
    assert_eq!(short, ["queued", "failed", "queued"], "{found:?}");
    assert_eq!(found[1].2, "Brevo answered 422: no such domain");
    let waits = "update outbox set key = key where key like 'slow%' and run_at between now() + interval '119 minutes'
        and now() + interval '120 minutes'";
    assert_eq!(app.sql(waits).await, 1);
    assert!(found.iter().all(|(_, _, reason)| !reason.contains("the-key")));
    assert_eq!(provider.asked.lock().unwrap().len(), 3);
    app.finish().await;
}

#[tokio::test]
async fn a_key_is_tried_without_sending_anything() {
    let sends_only = json!({"name": "restricted_api_key", "message": "This API key is restricted to only send emails"});
    let wrong = json!({"name": "validation_error", "message": "API key is invalid"});
    let (provider, url) =
        Provider::start([(200, None, json!({"data": []})), (401, None, sends_only), (401, None, wrong)]).await;
    let app = app("resend", &url).await;
    let mailer = mail::open(&app.ctx.config.get().mail).unwrap();
    assert!(mailer.probe().await.unwrap().contains("takes the key"));
    assert!(mailer.probe().await.unwrap().contains("may send"));
    assert!(matches!(mailer.probe().await, Err(Error::Misconfigured(_))));
    assert!(provider.asked.lock().unwrap().iter().all(|asked| asked.path == "/domains"));
    app.finish().await;
}
