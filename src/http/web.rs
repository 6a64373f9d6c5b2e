//! The web frontend and the operator's handbook, from the binary: hashed files may be kept for ever, pages for a minute
//! by a shared cache in front (they are the same for everyone), everything else is asked for again; what was compressed
//! when it was built is sent so.
//!
//! The handbook is for whoever stands before a closed door: it holds no secret, asks for no sign-in, and is served also
//! while the database is away.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::layers;
use super::problem::Problem;

/// Where the handbook's pages are, in the build and below the server's address.
const HANDBOOK: &str = "help/operator/";

/// The built frontend. An empty one (built without `web/build`) answers a page that says so.
#[derive(RustEmbed)]
#[folder = "web/build"]
#[allow_missing = true]
struct Files;

/// Its name or its content changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Every page of the frontend is the same empty one, which asks the API who is there; the handbook's are for everybody.
/// After an upgrade they name other files, so a shared cache may keep them for a minute, and for another one while it
/// fetches them anew.
const PAGE: &str = "public, max-age=0, s-maxage=60, stale-while-revalidate=60";

/// Kept, and asked for each time whether it is still so.
const OTHER: &str = "no-cache";

/// A file of the frontend, or its start page: the page itself knows the rest of the paths.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path.starts_with("api/") {
        return Problem::from(crate::recruit::Error::NotFound).into_response();
    }
    if path == HANDBOOK.trim_end_matches('/') {
        return Redirect::permanent(&format!("/{HANDBOOK}")).into_response();
    }
    let path = if path == HANDBOOK { "help/operator/index.html" } else { path };
    let found = if path.is_empty() { None } else { Files::get(path) };
    let path = if found.is_some() { path } else { "index.html" };
    let looks_like_file = request.uri().path().rsplit('/').next().is_some_and(|name| name.contains('.'));
    if found.is_none() && looks_like_file {
        return StatusCode::NOT_FOUND.into_response();
    }
    match Files::get(path) {
        Some(plain) => file(path, plain, request.headers()),
        None => (StatusCode::NOT_FOUND, "the web frontend is not in this build; run `make build`\n").into_response(),
    }
}

/// The handbook alone, with what its pages refer to.
pub fn handbook() -> Router {
    ["/help/operator", "/help/operator/", "/help/operator/{*page}", "/theme.js", "/favicon.svg"]
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, get(serve)))
        .layer(from_fn(layers::headers))
}

fn file(path: &str, plain: EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", crate::base::secret::hex(&plain.metadata.sha256_hash()[..16]));
    let cache = match path {
        _ if path.contains("/immutable/") => FOR_EVER,
        _ if plain.metadata.mimetype() == "text/html" => PAGE,
        _ => OTHER,
    };
    if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag), (header::CACHE_CONTROL, cache.to_owned())])
            .into_response();
    }
    let accepted = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let compressed = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(name, _)| accepted.split(',').any(|part| part.trim().split(';').next() == Some(name)))
        .find_map(|(name, suffix)| Some((name, Files::get(&format!("{path}.{suffix}"))?)));
    let kind = plain.metadata.mimetype().to_owned();
    let (encoding, body) = match compressed {
        Some((name, file)) => (Some(name), file.data),
        None => (None, plain.data),
    };
    let mut response = body.into_owned().into_response();
    let headers = response.headers_mut();
    headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_str(&kind).unwrap_or(HeaderValue::from_static("text/plain")));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if let Some(name) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    response
}
