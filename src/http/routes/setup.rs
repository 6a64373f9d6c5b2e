//! The first owner.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::{Me, welcome};
use crate::context::Context;
use crate::http::auth::Stranger;
use crate::http::extract::Json;
use crate::http::problem::{Answer, Problem};
use crate::recruit::accounts::setup::{self, NewOwner};

/// Whether the appliance waits for its first owner.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupState {
    needed: bool,
}

/// Whether the appliance waits for its first owner.
#[utoipa::path(get, path = "/api/v1/setup", tag = "accounts", extensions(("x-role" = json!("public"))),
    responses((status = 200, body = SetupState)))]
pub async fn state(State(ctx): State<Context>, _: Stranger) -> Answer<axum::Json<SetupState>> {
    Ok(axum::Json(SetupState { needed: setup::is_needed(&ctx).await? }))
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
