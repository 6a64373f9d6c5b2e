//! Unsubscribing from bulk mail: by one click in the mail program (RFC 8058), or on a page with one button. To look at the
//! page changes nothing, as programs that look for dangerous links do.

use axum::extract::State;
use axum::response::Html;

use crate::context::Context;
use crate::http::auth::Stranger;
use crate::http::extract::Path;
use crate::http::problem::{Answer, Problem};
use crate::ops::mail;
use crate::recruit::Error;

const QUESTION: &str = "<h1>Unsubscribe</h1><p>You will get no more lists and digests from this TalentPrompt. Links that \
                        you ask for are still sent.</p><form method=\"post\"><button>Unsubscribe</button></form>";

const DONE: &str = "<h1>You are unsubscribed</h1><p>You will get no more lists and digests from this TalentPrompt.</p>";

fn page(content: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Unsubscribe</title><main>{content}</main></html>"
    ))
}

/// The page on which somebody unsubscribes.
#[utoipa::path(get, path = "/api/v1/mail/unsubscribe/{token}", tag = "mail", operation_id = "unsubscribe_page",
    params(("token" = String, Path)), extensions(("x-role" = json!("public"))),
    responses((status = 200, body = String, content_type = "text/html")))]
pub async fn ask(_stranger: Stranger, Path(_token): Path<String>) -> Html<String> {
    page(QUESTION)
}

/// Unsubscribe.
#[utoipa::path(post, path = "/api/v1/mail/unsubscribe/{token}", tag = "mail", operation_id = "unsubscribe",
    params(("token" = String, Path)), extensions(("x-role" = json!("public"))),
    responses((status = 200, body = String, content_type = "text/html"), (status = 404, body = Problem)))]
pub async fn confirm(
    State(ctx): State<Context>,
    _stranger: Stranger,
    Path(token): Path<String>,
) -> Answer<Html<String>> {
    if mail::unsubscribe(&ctx, &token).await.map_err(Error::from)? {
        return Ok(page(DONE));
    }
    Err(Problem::new("not_found", "this link is unknown or older than two years; answer to the mail instead"))
}
