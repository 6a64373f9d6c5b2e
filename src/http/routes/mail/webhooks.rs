//! What providers tell of mail that came back. Who tells it is proven before anything of it is read; who cannot counts
//! against the limit of the address they come from.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::context::Context;
use crate::http::auth::{bearer, limit_address};
use crate::http::extract::refuse_nul;
use crate::http::problem::{Answer, Problem};
use crate::ops::mail::feedback::{self, Event, Signature};
use crate::recruit::Error;

/// Hear of a mail that Brevo could not deliver.
#[utoipa::path(post, path = "/api/v1/mail/webhooks/brevo", tag = "mail", operation_id = "brevo_webhook",
    extensions(("x-role" = json!("public"))), request_body(content = Value, description = "As Brevo sends it"),
    responses((status = 204), (status = 401, body = Problem)))]
pub async fn brevo(State(ctx): State<Context>, parts: Parts, body: Bytes) -> Answer<StatusCode> {
    let secret = ctx.config.get().mail.webhook_secret.clone();
    if !feedback::is_brevo(&secret, bearer(&parts.headers).unwrap_or_default()) {
        return Err(
            unproven(&ctx, &parts, "Authorization: Bearer, with the token that `[mail] webhook_secret` names").await
        );
    }
    hear(&ctx, &body, feedback::of_brevo).await
}

/// Hear of a mail that Resend could not deliver.
#[utoipa::path(post, path = "/api/v1/mail/webhooks/resend", tag = "mail", operation_id = "resend_webhook",
    extensions(("x-role" = json!("public"))), request_body(content = Value, description = "As Resend sends it"),
    responses((status = 204), (status = 401, body = Problem)))]
pub async fn resend(State(ctx): State<Context>, parts: Parts, body: Bytes) -> Answer<StatusCode> {
    let secret = ctx.config.get().mail.webhook_secret.clone();
    let text = |name| header(&parts.headers, name);
    let (id, timestamp, signatures) = (text("svix-id"), text("svix-timestamp"), text("svix-signature"));
    let signature = Signature { id, timestamp, signatures };
    if !feedback::is_resend(&secret, signature, &body, ctx.now().timestamp()) {
        let wanted = "a signature of the last five minutes by the secret that `[mail] webhook_secret` names";
        return Err(unproven(&ctx, &parts, wanted).await);
    }
    hear(&ctx, &body, feedback::of_resend).await
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn unproven(ctx: &Context, parts: &Parts, wanted: &str) -> Problem {
    match limit_address(parts, ctx).await {
        Ok(_) => Problem::new("webhook_unproven", format!("this takes {wanted}")),
        Err(problem) => problem,
    }
}

async fn hear(ctx: &Context, body: &[u8], read: fn(&Value) -> Option<Event>) -> Answer<StatusCode> {
    refuse_nul(body, "")?;
    let body = serde_json::from_slice(body).map_err(|error| Problem::malformed(format!("this is no JSON: {error}")))?;
    if let Some(event) = read(&body) {
        feedback::hear(ctx, &event).await.map_err(Error::from)?;
    }
    Ok(StatusCode::NO_CONTENT)
}
