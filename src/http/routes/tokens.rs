//! One's own API tokens.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::Viewer;
use crate::http::extract::{Json, Path};
use crate::http::problem::{Answer, Problem};
use crate::model::ids::TokenId;
use crate::model::token::Token;
use crate::recruit::accounts::tokens;

/// One's tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    tokens: Vec<Token>,
}

/// List one's own API tokens.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "accounts", operation_id = "list_tokens",
    extensions(("x-role" = json!("viewer"))), responses((status = 200, body = Tokens)))]
pub async fn list(State(ctx): State<Context>, Viewer(me): Viewer) -> Answer<axum::Json<Tokens>> {
    Ok(axum::Json(Tokens { tokens: tokens::list(&ctx, &me).await? }))
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    name: String,
    expires_in_days: Option<u16>,
}

/// A new token with its secret.
#[derive(Serialize, ToSchema)]
pub struct CreatedToken {
    token: Token,
    /// Shown this once.
    secret: String,
}

/// Make an API token. It may do what its owner may.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "accounts", operation_id = "create_token",
    extensions(("x-role" = json!("viewer"))),
    responses((status = 201, body = CreatedToken), (status = 422, body = Problem)))]
pub async fn create(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Json(new): Json<NewToken>,
) -> Answer<(StatusCode, axum::Json<CreatedToken>)> {
    let (token, secret) = tokens::create(&ctx, &me, &new.name, new.expires_in_days).await?;
    Ok((StatusCode::CREATED, axum::Json(CreatedToken { token, secret })))
}

/// Revoke one of one's own API tokens.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "accounts", params(("id" = TokenId, Path)),
    operation_id = "revoke_token", extensions(("x-role" = json!("viewer"))),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn revoke(State(ctx): State<Context>, Viewer(me): Viewer, Path(id): Path<TokenId>) -> Answer<StatusCode> {
    tokens::revoke(&ctx, &me, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
