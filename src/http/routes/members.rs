//! Members of the workspace.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::{Owner, Viewer};
use crate::http::extract::{Json, Path};
use crate::http::problem::{Answer, Problem};
use crate::model::ids::MemberId;
use crate::model::member;
use crate::model::permission::Role;
use crate::recruit::accounts::members;

/// A member as shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    id: MemberId,
    name: String,
    email: String,
    role: Role,
    status: member::Standing,
    created_at: chrono::DateTime<chrono::Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl From<member::Member> for Member {
    fn from(member: member::Member) -> Self {
        Self {
            id: member.id,
            name: member.name,
            email: member.email,
            role: member.role,
            status: member.standing,
            created_at: member.created_at,
            last_seen_at: member.last_seen_at,
        }
    }
}

/// Everyone in the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct Members {
    members: Vec<Member>,
}

/// List the members.
#[utoipa::path(get, path = "/api/v1/members", tag = "accounts", operation_id = "list_members",
    extensions(("x-role" = json!("viewer"))), responses((status = 200, body = Members)))]
pub async fn list(State(ctx): State<Context>, Viewer(me): Viewer) -> Answer<axum::Json<Members>> {
    let members = members::list(&ctx, &me).await?.into_iter().map(Member::from).collect();
    Ok(axum::Json(Members { members }))
}

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    email: String,
    name: String,
    role: Role,
}

/// A member who was invited, with the link to give them.
#[derive(Serialize, ToSchema)]
pub struct Invited {
    member: Member,
    /// Works once, for a week.
    invitation_url: String,
    /// Whether it is on its way to them by mail as well; if not, give it to them.
    mailed: bool,
}

/// Invite somebody.
#[utoipa::path(post, path = "/api/v1/members", tag = "accounts", extensions(("x-role" = json!("owner"))),
    responses((status = 201, body = Invited), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn invite(
    State(ctx): State<Context>,
    Owner(me): Owner,
    Json(new): Json<Invitation>,
) -> Answer<(StatusCode, axum::Json<Invited>)> {
    let (member, link) = members::invite(&ctx, &me, &new.email, &new.name, new.role).await?;
    let invited = Invited { member: member.into(), invitation_url: link.url, mailed: link.mailed };
    Ok((StatusCode::CREATED, axum::Json(invited)))
}

/// What to change of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    role: Option<Role>,
    disabled: Option<bool>,
}

/// Change a member's role, or shut them out or in.
#[utoipa::path(patch, path = "/api/v1/members/{id}", tag = "accounts", params(("id" = MemberId, Path)),
    operation_id = "update_member", extensions(("x-role" = json!("owner"))),
    responses((status = 200, body = Member), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn update(
    State(ctx): State<Context>,
    Owner(me): Owner,
    Path(id): Path<MemberId>,
    Json(change): Json<MemberChange>,
) -> Answer<axum::Json<Member>> {
    let member = members::update(&ctx, &me, id, change.role, change.disabled).await?;
    Ok(axum::Json(member.into()))
}

/// Remove a member.
#[utoipa::path(delete, path = "/api/v1/members/{id}", tag = "accounts", params(("id" = MemberId, Path)),
    operation_id = "remove_member", extensions(("x-role" = json!("owner"))),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn remove(State(ctx): State<Context>, Owner(me): Owner, Path(id): Path<MemberId>) -> Answer<StatusCode> {
    members::remove(&ctx, &me, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A one-time link.
#[derive(Serialize, ToSchema)]
pub struct Link {
    /// Works once, for a week.
    url: String,
    /// Whether it is on its way to them by mail as well; if not, give it to them.
    mailed: bool,
}

/// A new one-time link for a member who lost theirs, or their password.
#[utoipa::path(post, path = "/api/v1/members/{id}/link", tag = "accounts", params(("id" = MemberId, Path)),
    operation_id = "new_member_link", extensions(("x-role" = json!("owner"))),
    responses((status = 201, body = Link), (status = 404, body = Problem)))]
pub async fn link(
    State(ctx): State<Context>,
    Owner(me): Owner,
    Path(id): Path<MemberId>,
) -> Answer<(StatusCode, axum::Json<Link>)> {
    let link = members::new_link(&ctx, &me, id).await?;
    Ok((StatusCode::CREATED, axum::Json(Link { url: link.url, mailed: link.mailed })))
}
