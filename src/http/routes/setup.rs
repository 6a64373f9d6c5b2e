//! The first owner.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::{Me, welcome};
use crate::context::Context;
use crate::gateways::domain;
use crate::http::auth::Stranger;
use crate::http::extract::Json;
use crate::http::problem::{Answer, Problem};
use crate::recruit::accounts::setup::{self, NewOwner};

/// Whether the appliance waits for its first owner.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupState {
    needed: bool,
    /// Whether the name that people open can be set here: the configuration says nothing of https, and a unit of the
    /// package waits for the name.
    takes_domain: bool,
}

/// Whether the appliance waits for its first owner.
#[utoipa::path(get, path = "/api/v1/setup", tag = "accounts", extensions(("x-role" = json!("public"))),
    responses((status = 200, body = SetupState)))]
pub async fn state(State(ctx): State<Context>, _: Stranger) -> Answer<axum::Json<SetupState>> {
    Ok(axum::Json(SetupState { needed: setup::is_needed(&ctx).await?, takes_domain: setup::takes_domain(&ctx) }))
}

/// Which process answers.
#[utoipa::path(get, path = "/api/v1/setup/here", tag = "accounts", extensions(("x-role" = json!("public"))),
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn here(_: Stranger) -> &'static str {
    domain::process()
}

/// The name that people open, with the token of the one-time link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedDomain {
    token: String,
    /// Such as `talent.example.com`.
    domain: String,
    /// Where the certificate's authority may write to, an e-mail address.
    contact: Option<String>,
}

/// Serve https under a name that leads here, before there is an owner. The server starts anew for it; the link stays good.
#[utoipa::path(post, path = "/api/v1/setup/domain", tag = "accounts", extensions(("x-role" = json!("public"))),
    operation_id = "set_domain",
    responses((status = 204), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn set_domain(
    State(ctx): State<Context>,
    _: Stranger,
    Json(wanted): Json<WantedDomain>,
) -> Answer<StatusCode> {
    let WantedDomain { token, domain, contact } = wanted;
    setup::set_domain(&ctx, &token, &domain, contact).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The first owner, with the token of the one-time link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstOwner {
    token: String,
    workspace: String,
    name: String,
    email: String,
    password: String,
}

/// Make the workspace and its owner, once.
#[utoipa::path(post, path = "/api/v1/setup", tag = "accounts", extensions(("x-role" = json!("public"))),
    responses((status = 200, body = Me), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn complete(
    State(ctx): State<Context>,
    Stranger(origin): Stranger,
    Json(owner): Json<FirstOwner>,
) -> Answer<Response> {
    let FirstOwner { token, workspace, name, email, password } = owner;
    let owner = NewOwner { workspace, name, email, password };
    let signed_in = setup::complete(&ctx, &token, owner, &origin).await?;
    Ok(welcome(&signed_in))
}
