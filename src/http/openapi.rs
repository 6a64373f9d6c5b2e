//! The OpenAPI document: its head, what every operation shares, and a page to browse it.

use std::fmt::Write as _;

use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};

use super::auth::COOKIE;
use super::problem::Problem;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "TalentPrompt",
        description = "Talent search: resumes in, the right people out, with proof. Errors are problem documents \
                       (RFC 9457) with a stable `code`. Lists page by opaque cursors. Times are RFC 3339 UTC.",
        license(name = "MIT OR Apache-2.0")
    ),
    components(schemas(Problem))
)]
struct Head;

/// The document without its paths.
pub(super) fn head() -> utoipa::openapi::OpenApi {
    let mut document = Head::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    if let Some(components) = document.components.as_mut() {
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                COOKIE,
                "A browser's session. Changes also need the header `X-CSRF-Token`.",
            ))),
        );
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
    document
}

/// The whole document, as JSON with its keys in order.
pub fn document() -> Value {
    finish(super::router::api().split_for_parts().1)
}

pub(super) fn finish(document: utoipa::openapi::OpenApi) -> Value {
    serde_json::to_value(document).expect("an OpenAPI document is JSON")
}

/// A page without scripts that lists every operation and every error code's anchor.
pub(super) fn page(document: &Value) -> String {
    let mut rows = String::new();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let text = |key: &str| escape(operation[key].as_str().unwrap_or_default());
            let _ = write!(
                rows,
                "<tr id=\"{}\"><td>{}</td><td><code>{}</code></td><td>{}</td><td>{} {}</td></tr>",
                text("operationId"),
                method.to_uppercase(),
                escape(path),
                text("x-role"),
                text("summary"),
                text("description")
            );
        }
    }
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>TalentPrompt API</title><h1>TalentPrompt API</h1>\
         <p>The whole description: <a href=\"/api/openapi.json\">openapi.json</a> (OpenAPI 3.1).</p>\
         <table><thead><tr><th>Method<th>Path<th>Role<th>What it does</thead><tbody>{rows}</tbody></table></html>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::document;

    /// Two types of one name would be one in the document: the later one.
    #[test]
    fn an_uploads_status_and_a_reasons_status_are_two_things() {
        let document = document();
        let values = |noun: &str| {
            let status = &document["components"]["schemas"][noun]["properties"]["status"]["$ref"];
            let name = status.as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
            document["components"]["schemas"][name]["enum"].to_string()
        };
        assert!(values("Upload").contains("indexed"), "{}", values("Upload"));
        assert!(values("Reason").contains("contradicted"), "{}", values("Reason"));
    }
}
