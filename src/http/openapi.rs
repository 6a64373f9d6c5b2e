//! The OpenAPI document: its head, what every operation shares, and a page to browse it.

use std::fmt::Write as _;

use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{RefOr, Required};

use super::auth::COOKIE;
use super::idempotency::KEY_BYTES;
use super::problem::{Problem, Row, TABLE};

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

pub(super) fn finish(mut document: utoipa::openapi::OpenApi) -> Value {
    for operation in document.paths.paths.values_mut().filter_map(|item| item.post.as_mut()) {
        operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
    }
    serde_json::to_value(document).expect("an OpenAPI document is JSON")
}

/// The header that every POST may carry, whatever its handler takes.
fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "A value of your own for this request, a UUID say. Sent again with the same key within a day, the request is \
             not done again: the first answer comes again, with `Idempotency-Replayed: true`.",
        ))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(KEY_BYTES))))
        .build()
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
    let mut problems = String::new();
    for Row { code, status, title, todo } in TABLE {
        let (title, todo) = (escape(title), escape(todo));
        let _ = write!(
            problems,
            "<tr id=\"{code}\"><td><code>{code}</code></td><td>{status}</td><td>{title}</td><td>{todo}</td></tr>"
        );
    }
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>TalentPrompt API</title><h1>TalentPrompt API</h1>\
         <p>The whole description: <a href=\"/api/openapi.json\">openapi.json</a> (OpenAPI 3.1).</p>\
         <table><thead><tr><th>Method<th>Path<th>Role<th>What it does</thead><tbody>{rows}</tbody></table>\
         <h2>Errors</h2><p>An error is a problem document (RFC 9457); its <code>type</code> leads to a line here.</p>\
         <table><thead><tr><th>Code<th>Status<th>What it is<th>What to do</thead><tbody>{problems}</tbody></table></html>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn every_post_tells_of_its_idempotency_key() {
        let document = document();
        let paths = document["paths"].as_object().expect("there are paths").values();
        for (method, operation) in paths.flat_map(|path| path.as_object().into_iter().flatten()) {
            let named = operation["parameters"].to_string().contains("Idempotency-Key");
            assert_eq!(named, method == "post", "{operation}");
        }
    }

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
