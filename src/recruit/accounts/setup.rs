//! The first owner: a one-time link, printed where only the operator sees it, makes the workspace and its owner.

use std::path::PathBuf;

use chrono::TimeDelta;

use super::sign_in::{Origin, SignedIn, open_session};
use super::{LINK_LIFETIME, check_email, check_name, check_password, new_token, password, refuse_if_any};
use crate::base::secret;
use crate::config::domain::is_domain;
use crate::context::Context;
use crate::gateways::domain::{Wish, leads_here};
use crate::model::ids::{MemberId, UserId, WorkspaceId};
use crate::model::permission::Role;
use crate::model::workspace::is_scratch;
use crate::recruit::{Error, FieldError, Result};
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

/// Where a unit of the package looks for what root must do: under the data directory, where there is such a unit.
fn wishes(ctx: &Context) -> PathBuf {
    ctx.config.get().data.dir.join("wanted")
}

/// Whether the name that people open can be set from the first page: nobody has spoken of it or of https yet, and
/// somebody waits for it.
pub fn takes_domain(ctx: &Context) -> bool {
    let config = ctx.config.get();
    !config.tls.is_set && config.server.public_url.is_empty() && wishes(ctx).is_dir()
}

/// Has https served under `domain`, which must lead here. The link with `token` stays good.
pub async fn set_domain(ctx: &Context, token: &str, domain: &str, contact: Option<String>) -> Result<()> {
    if !is_open(ctx, token).await? {
        return Err(link_used());
    }
    if !takes_domain(ctx) {
        return Err(Error::field("domain", "cannot be set here; see `talentprompt config domain` on the server"));
    }
    let contact = contact.filter(|contact| !contact.is_empty());
    if !is_domain(domain) {
        return Err(Error::field(
            "domain",
            "takes a name such as talent.example.com: no https://, no port, lower case",
        ));
    }
    refuse_if_any([contact.as_deref().and_then(check_email).map(of_contact)])?;
    let listen = ctx.config.get().server.listen.clone();
    let port = listen.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(80);
    if let Err(reason) = leads_here(domain, port).await {
        let message = format!("does not lead to this server: {reason}; correct its entry in the DNS, then try again");
        return Err(Error::field("domain", message));
    }
    let wish = Wish { domain: domain.to_owned(), contact };
    wish.leave(&wishes(ctx)).map_err(|error| Error::Internal(format!("cannot ask for https: {error}")))
}

/// A mistake of an e-mail address as one of the field `contact`.
fn of_contact(mistake: FieldError) -> FieldError {
    FieldError { field: "contact", ..mistake }
}

fn link_used() -> Error {
    let detail = "this link was used, replaced or is too old; the operator can print a new one";
    Error::Conflict("link_used", detail.into())
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
        return Err(link_used());
    }
    let member = insert(ctx, &mut tx, &owner, &hash).await?;
    let signed_in = open_session(ctx, &mut tx, member, origin).await?;
    tx.commit().await?;
    // Nobody is to be surprised by it weeks later.
    Wish::withdraw(&wishes(ctx));
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
