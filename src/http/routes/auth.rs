//! Signing in and out, and one's own account.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::{Stranger, Viewer, no_cookie, session_cookie};
use crate::http::extract::Json;
use crate::http::problem::{Answer, Problem};
use crate::model::ids::{UserId, WorkspaceId};
use crate::model::permission::Role;
use crate::recruit::accounts::sign_in::{self, SignedIn};
use crate::recruit::accounts::{Actor, Via, profile};

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct Me {
    user: User,
    workspace: Workspace,
    role: Role,
    /// Goes into the header `X-CSRF-Token` of every change.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
    /// The program's version.
    version: &'static str,
}

/// A person who can sign in.
#[derive(Debug, Serialize, ToSchema)]
pub struct User {
    id: UserId,
    name: String,
    email: String,
}

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Workspace {
    id: WorkspaceId,
    name: String,
}

impl From<&Actor> for Me {
    fn from(actor: &Actor) -> Self {
        let member = &actor.member;
        Self {
            user: User { id: member.user_id, name: member.name.clone(), email: member.email.clone() },
            workspace: Workspace { id: member.workspace_id, name: member.workspace_name.clone() },
            role: member.role,
            csrf_token: match &actor.via {
                Via::Session { csrf, .. } => Some(csrf.clone()),
                Via::Token(_) | Via::Operator => None,
            },
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The answer to whoever has just come in: who they are, and the session's cookie.
pub(super) fn welcome(signed_in: &SignedIn) -> Response {
    ([(header::SET_COOKIE, session_cookie(&signed_in.token))], axum::Json(Me::from(&signed_in.actor))).into_response()
}

/// E-mail and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    email: String,
    password: String,
}

/// Sign in.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "accounts", extensions(("x-role" = json!("public"))),
    responses((status = 200, body = Me), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub async fn login(
    State(ctx): State<Context>,
    Stranger(origin): Stranger,
    Json(login): Json<Login>,
) -> Answer<Response> {
    let signed_in = sign_in::sign_in(&ctx, login.email.trim(), login.password, &origin).await?;
    Ok(welcome(&signed_in))
}

/// Sign out.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "accounts", extensions(("x-role" = json!("viewer"))),
    responses((status = 204), (status = 401, body = Problem)))]
pub async fn logout(State(ctx): State<Context>, Viewer(me): Viewer) -> Answer<Response> {
    sign_in::sign_out(&ctx, &me).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, no_cookie())]).into_response())
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "accounts", extensions(("x-role" = json!("viewer"))),
    responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub async fn me(Viewer(me): Viewer) -> axum::Json<Me> {
    axum::Json(Me::from(&me))
}

/// What to change of one's own account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    name: Option<String>,
    current_password: Option<String>,
    new_password: Option<String>,
}

/// Change one's own name or password. A new password ends all other sessions.
#[utoipa::path(patch, path = "/api/v1/auth/me", tag = "accounts", extensions(("x-role" = json!("viewer"))),
    responses((status = 200, body = Me), (status = 422, body = Problem)))]
pub async fn update(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Json(change): Json<Change>,
) -> Answer<axum::Json<Me>> {
    let change = profile::Change {
        name: change.name,
        current_password: change.current_password,
        new_password: change.new_password,
    };
    let member = profile::update(&ctx, &me, change).await?;
    Ok(axum::Json(Me::from(&Actor { member, via: me.via })))
}
