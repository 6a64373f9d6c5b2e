//! What providers tell of mail that came back, and who unsubscribes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use talentprompt::base::secret;
use talentprompt::model::mail::Priority;

use super::{app, configure, deliver, post, states};
use crate::support::app::{Reply, TestApp};
use crate::support::smtp::Smtp;

/// What Resend signs with in these tests.
const KEY: &[u8] = b"0123456789abcdef01234567";

async fn resend(app: &TestApp, body: &Value, seconds_ago: i64) -> Reply {
    let (text, at) = (body.to_string(), (app.ctx.now().timestamp() - seconds_ago).to_string());
    let signature = STANDARD.encode(secret::hmac_sha256(KEY, format!("msg_1.{at}.{text}").as_bytes()));
    let stranger = app.stranger();
    let request = stranger.request(Method::POST, "/mail/webhooks/resend");
    let signed =
        [("svix-id", "msg_1".to_owned()), ("svix-timestamp", at), ("svix-signature", format!("v1,{signature}"))];
    let request = signed.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    stranger.send(request.header("content-type", "application/json").body(text)).await
}

#[tokio::test]
async fn a_mail_that_came_back_is_told_to_its_workspace_and_nothing_more_is_sent_there() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    configure(&app, |config| config.mail.webhook_secret = format!("whsec_{}", STANDARD.encode(KEY)));
    post(&app, "Ana <Ana@example.com>", Priority::Urgent).await;
    deliver(&app).await;
    app.sql("update outbox set provider = 'resend', provider_id = 'e1'").await;
    let bounce = json!({"type": "Permanent", "message": "no such mailbox"});
    let told =
        json!({"type": "email.bounced", "data": {"email_id": "e1", "to": ["ana@example.com"], "bounce": bounce}});
    for _ in 0..2 {
        resend(&app, &told, 10).await.expect(StatusCode::NO_CONTENT);
    }
    let (state, _, reason) = states(&app).await.remove(0);
    assert_eq!((state.as_str(), reason.as_str()), ("failed", "Resend: email.bounced no such mailbox"));
    assert!(!post(&app, "ana@example.com", Priority::Normal).await);

    let stale = resend(&app, &told, 400).await;
    stale.problem(StatusCode::UNAUTHORIZED, "webhook_unproven");
    let bare = app.stranger().post("/mail/webhooks/resend", &told).await;
    bare.problem(StatusCode::UNAUTHORIZED, "webhook_unproven");
    app.finish().await;
}

#[tokio::test]
async fn brevo_proves_itself_by_its_token_and_a_complaint_holds_mail_that_waits_back_as_well() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    post(&app, "ana@example.com", Priority::Urgent).await;
    let told = json!({"event": "spam", "email": "ana@example.com", "message-id": "<1@relay>"});
    let tell = async |token: &str| {
        let stranger = app.stranger();
        let request = stranger.request(Method::POST, "/mail/webhooks/brevo").bearer_auth(token).json(&told);
        stranger.send(request).await
    };
    // Without a secret nobody is listened to.
    tell("").await.problem(StatusCode::UNAUTHORIZED, "webhook_unproven");
    configure(&app, |config| config.mail.webhook_secret = "a-long-token".to_owned());
    tell("another-token").await.problem(StatusCode::UNAUTHORIZED, "webhook_unproven");
    tell("a-long-token").await.expect(StatusCode::NO_CONTENT);
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(states(&app).await[0].0, "suppressed");
    assert_eq!(smtp.taken().len(), 0);
    app.finish().await;
}

#[tokio::test]
async fn bulk_mail_can_be_unsubscribed_from_by_one_click_and_what_is_urgent_still_comes() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    post(&app, "ana@example.com", Priority::Bulk).await;
    deliver(&app).await;
    let mail = smtp.taken().remove(0);
    let headers = &mail["headers"];
    assert_eq!(headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    let url = headers["List-Unsubscribe"].as_str().unwrap().trim_matches(['<', '>']).to_owned();
    assert!(mail["plain"].as_str().unwrap().contains(&url), "{mail}");
    let path = url.split_once("/api/v1").unwrap().1;

    // A program that looks at links changes nothing.
    let stranger = app.stranger();
    let page = stranger.get(path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(String::from_utf8_lossy(&page.bytes).contains("<form method=\"post\">"));
    assert!(post(&app, "ana@example.com", Priority::Normal).await);

    let kind = ("content-type", "application/x-www-form-urlencoded");
    let click = stranger.request(Method::POST, path).header(kind.0, kind.1).body("List-Unsubscribe=One-Click");
    assert_eq!(stranger.send(click).await.status, StatusCode::OK);
    app.sql("delete from outbox").await;
    assert!(!post(&app, "ana@example.com", Priority::Bulk).await);
    assert!(post(&app, "ana@example.com", Priority::Urgent).await);
    let unknown = stranger.post("/mail/unsubscribe/unknown", &json!({})).await;
    unknown.problem(StatusCode::NOT_FOUND, "not_found");
    app.finish().await;
}
