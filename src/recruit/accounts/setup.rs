//! The first owner: a one-time link, printed where only the operator sees it, makes the workspace and its owner.

use chrono::TimeDelta;

use super::sign_in::{Origin, SignedIn, open_session};
use super::{LINK_LIFETIME, check_email, check_name, check_password, new_token, password, refuse_if_any};
use crate::base::secret;
use crate::context::Context;
use crate::model::ids::{MemberId, UserId, WorkspaceId};
use crate::model::permission::Role;
use crate::model::workspace::is_scratch;
use crate::recruit::{Error, Result};
use crate::store::links::{self, Purpose};
use crate::store::{Tx, accounts, members};

/// What the first owner says.
#[derive(Clone)]
pub struct NewOwner {
    /// The workspace's name.
    pub workspace: String,
    /// The owner's name.
    pub name: String,
    /// The owner's e-mail.
    pub email: String,
    /// The owner's password.
    pub password: String,
}

/// Whether nobody has set the appliance up yet. An evaluation's scratch workspace is nobody's.
pub async fn is_needed(ctx: &Context) -> Result<bool> {
    is_needed_in(&mut ctx.store.system().await?).await
}

async fn is_needed_in(tx: &mut Tx) -> Result<bool> {
    Ok(accounts::workspaces(tx).await?.iter().all(|(_, name)| is_scratch(name)))
}

/// The token of a new one-time link for the first owner; those of earlier links stop working.
///
/// # Panics
/// Never: a week is a duration.
pub async fn token(ctx: &Context) -> Result<String> {
    if !is_needed(ctx).await? {
        return Err(Error::Conflict("already_set_up", "this appliance has an owner; sign in instead".into()));
    }
    let (token, hash) = new_token();
    let now = ctx.now();
    let until = now + TimeDelta::from_std(LINK_LIFETIME).expect("a week fits");
    let mut tx = ctx.store.system().await?;
    links::insert(&mut tx, &hash, Purpose::Setup, None, now, until).await?;
    tx.commit().await?;
    Ok(token)
}

/// Whether the link with this token would still work: nobody has used it, nor set the appliance up without it.
pub async fn is_open(ctx: &Context, token: &str) -> Result<bool> {
    let mut tx = ctx.store.system().await?;
    Ok(is_needed_in(&mut tx).await? && links::is_open(&mut tx, &secret::sha256(token.as_bytes()), ctx.now()).await?)
}

/// The link with this token.
pub fn url(ctx: &Context, token: &str) -> String {
    format!("{}/setup?token={token}", ctx.config.get().public_url())
}

/// Uses the link: makes the workspace and its owner, and signs them in.
pub async fn complete(ctx: &Context, token: &str, owner: NewOwner, origin: &Origin) -> Result<SignedIn> {
    check(&owner)?;
    if is_scratch(owner.workspace.trim()) {
        return Err(Error::field("workspace", "is a name that evaluations use; take another"));
    }
    let hash = password::hash(owner.password.clone()).await?;
    let mut tx = ctx.store.system().await?;
    let taken = links::take(&mut tx, &secret::sha256(token.as_bytes()), &[Purpose::Setup], ctx.now()).await?;
    if taken.is_none() || !is_needed_in(&mut tx).await? {
        return Err(Error::Conflict(
            "link_used",
            "this link was used, replaced or is too old; the operator can print a new one".into(),
        ));
    }
    let member = insert(ctx, &mut tx, &owner, &hash).await?;
    let signed_in = open_session(ctx, &mut tx, member, origin).await?;
    tx.commit().await?;
    Ok(signed_in)
}

/// Makes a workspace with its owner directly: the operator's way, for `demo` and `users create`.
pub async fn create(ctx: &Context, owner: NewOwner) -> Result<crate::model::member::Member> {
    check(&owner)?;
    let hash = password::hash(owner.password.clone()).await?;
    let mut tx = ctx.store.system().await?;
    let member = insert(ctx, &mut tx, &owner, &hash).await?;
    tx.commit().await?;
    Ok(member)
}

fn check(owner: &NewOwner) -> Result<()> {
    refuse_if_any([
        check_name("workspace", &owner.workspace),
        check_name("name", &owner.name),
        check_email(&owner.email),
        check_password("password", &owner.password),
    ])
}

async fn insert(ctx: &Context, tx: &mut Tx, owner: &NewOwner, hash: &str) -> Result<crate::model::member::Member> {
    let now = ctx.now();
    let (workspace, user, member) = (ctx.id(WorkspaceId::new), ctx.id(UserId::new), ctx.id(MemberId::new));
    accounts::insert_workspace(tx, workspace, owner.workspace.trim(), now).await?;
    accounts::insert_user(tx, user, owner.email.trim(), owner.name.trim(), Some(hash), now)
        .await
        .map_err(email_taken)?;
    members::insert(tx, member, workspace, user, Role::Owner, now).await?;
    Ok(members::by_id(tx, member).await?)
}

/// A second account with the same e-mail becomes a mistake of that field.
pub(super) fn email_taken(error: crate::store::Error) -> Error {
    match error {
        crate::store::Error::Constraint(name) if name == "users_email_key" || name == "members_user_key" => {
            Error::field("email", "somebody has this e-mail already")
        }
        other => other.into(),
    }
}
