//! The table of contents of the API: one line a route. Each operation names the role it needs (`x-role`) in its
//! OpenAPI description, and a test asks for every one of them as a stranger, as the wrong role and from elsewhere.

use axum::routing::get;
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::events::Board;
use super::problem::Problem;
use super::routes::{
    ai, auth, candidates, estimate, events, health, invitations, mail, members, requirements, resumes, search,
    sessions, setup, status, tokens, uploads,
};
use super::{idempotency, layers, openapi, record, visitor, web};
use crate::context::Context;

/// Every route of the API, with its description.
pub(super) fn api() -> OpenApiRouter<Context> {
    OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(setup::state, setup::complete))
        .routes(routes!(setup::here))
        .routes(routes!(setup::set_domain))
        .routes(routes!(auth::login))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me, auth::update))
        .routes(routes!(invitations::accept))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
        .routes(routes!(members::list, members::invite))
        .routes(routes!(members::update, members::remove))
        .routes(routes!(members::link))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(resumes::upload))
        .routes(routes!(uploads::list))
        .routes(routes!(uploads::get))
        .routes(routes!(uploads::retry))
        .routes(routes!(candidates::list))
        .routes(routes!(candidates::get, candidates::update, candidates::delete))
        .routes(routes!(candidates::file))
        .routes(routes!(candidates::text))
        .routes(routes!(candidates::similar))
        .routes(routes!(search::search))
        .routes(routes!(search::stream))
        .routes(routes!(search::interpret))
        .routes(routes!(search::suggest))
        .routes(routes!(search::proposals))
        .routes(routes!(search::prose))
        .routes(routes!(requirements::read))
        .routes(routes!(estimate::get))
        .routes(routes!(events::stream))
        .routes(routes!(status::get))
        .routes(routes!(ai::usage::get))
        .routes(routes!(ai::usage::csv))
        .routes(routes!(ai::calls::list))
        .routes(routes!(ai::calls::judge))
        .routes(routes!(ai::budget::get, ai::budget::set))
        .routes(routes!(ai::settings::get, ai::settings::set))
        .routes(routes!(ai::settings::stop))
        .routes(routes!(ai::settings::resume))
        .routes(routes!(ai::test::test))
        .routes(routes!(mail::get))
        .routes(routes!(mail::test))
        .routes(routes!(mail::webhooks::brevo))
        .routes(routes!(mail::webhooks::resend))
        .routes(routes!(mail::unsubscribe::ask, mail::unsubscribe::confirm))
}

/// Everything that is served to people.
pub fn router(ctx: Context) -> Router {
    let (api, document) = api().split_for_parts();
    let document = openapi::finish(document);
    let docs = openapi::page(&document);
    let proxies = visitor::proxies(&ctx);
    Router::new()
        .merge(api)
        .route("/api/openapi.json", get(move || async move { axum::Json(document) }))
        .route("/api/docs", get(move || async move { axum::response::Html(docs) }))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(web::serve)
        .method_not_allowed_fallback(async || Problem::method())
        .layer(Extension(Board::new(&ctx)))
        .layer(axum::middleware::from_fn(layers::bounded))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(axum::middleware::from_fn_with_state(ctx.clone(), idempotency::once))
        .layer(axum::middleware::from_fn(layers::headers))
        .layer(axum::middleware::from_fn_with_state(proxies, visitor::identify))
        .layer(axum::middleware::from_fn(record::log))
        .with_state(ctx)
}
