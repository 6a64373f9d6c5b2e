//! Invitations: a one-time link lets a member set a password.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::auth::{Me, welcome};
use crate::context::Context;
use crate::http::auth::Stranger;
use crate::http::extract::Json;
use crate::http::problem::{Answer, Problem};
use crate::recruit::accounts::invitations;

/// The link's token and the password to set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    token: String,
    name: Option<String>,
    password: String,
}

/// Set a password with a one-time link, and sign in.
#[utoipa::path(post, path = "/api/v1/invitations/accept", tag = "accounts",
    extensions(("x-role" = json!("public"))),
    responses((status = 200, body = Me), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn accept(
    State(ctx): State<Context>,
    Stranger(origin): Stranger,
    Json(given): Json<Acceptance>,
) -> Answer<Response> {
    let signed_in = invitations::accept(&ctx, &given.token, given.name.as_deref(), given.password, &origin).await?;
    Ok(welcome(&signed_in))
}
