//! Invitations and new passwords: one-time links that let a member set a password.

use chrono::TimeDelta;

use super::authenticate::{forget_member, forget_sessions};
use super::sign_in::{Origin, SignedIn, open_session};
use super::{LINK_LIFETIME, check_name, check_password, new_token, password, refuse_if_any};
use crate::base::secret;
use crate::context::Context;
use crate::context::mail::Draft;
use crate::gateways::mail::templates::{self as letter, Template};
use crate::model::mail::{Address, Priority};
use crate::model::member::{Member, Standing};
use crate::recruit::{Error, Result};
use crate::store::links::{self, Purpose};
use crate::store::{Tx, accounts, members, sessions};

/// A link that lets somebody set a password. It cannot be printed: it holds a token.
pub struct Link {
    /// The link.
    pub url: String,
    /// Whether it is on its way to them by mail as well; if not, somebody has to give it to them.
    pub mailed: bool,
}

/// A link with which `member` sets their first or a new password; earlier ones stop working. It is sent by mail where mail
/// is sent, as of `by`, who made it. The transaction is one of the workspace.
pub(super) async fn link(ctx: &Context, tx: &mut Tx, member: &Member, by: &Member) -> Result<Link> {
    let purpose = if member.standing == Standing::Invited { Purpose::Invitation } else { Purpose::Password };
    let (token, hash) = new_token();
    let now = ctx.now();
    let until = now + TimeDelta::from_std(LINK_LIFETIME).expect("a week fits");
    links::insert(tx, &hash, purpose, Some(member.id), now, until).await?;
    let url = format!("{}/invitation?token={token}", ctx.config.get().public_url());
    let said = letter::Link {
        name: member.name.clone(),
        invited_by: by.name.clone(),
        workspace: member.workspace_name.clone(),
        url: url.clone(),
        days: LINK_LIFETIME.as_secs() / 86_400,
    };
    let template = match purpose {
        Purpose::Invitation => Template::Invitation(said),
        Purpose::Setup | Purpose::Password => Template::Password(said),
    };
    let to = Address::named(&member.name, &member.email);
    let key = format!("link:{}", secret::hex(&hash));
    let mailed = ctx.post(tx, Draft { to, template, priority: Priority::Urgent, key }).await?;
    Ok(Link { url, mailed })
}

/// Uses the link: sets the password, ends all other sessions, signs in.
pub async fn accept(
    ctx: &Context,
    token: &str,
    name: Option<&str>,
    new_password: String,
    origin: &Origin,
) -> Result<SignedIn> {
    refuse_if_any([name.and_then(|name| check_name("name", name)), check_password("password", &new_password)])?;
    let hash = password::hash(new_password).await?;
    let mut tx = ctx.store.system().await?;
    let purposes = [Purpose::Invitation, Purpose::Password];
    let taken = links::take(&mut tx, &secret::sha256(token.as_bytes()), &purposes, ctx.now()).await?;
    let Some(Some(id)) = taken else {
        return Err(Error::Conflict(
            "link_used",
            "this link was used, replaced or is too old; ask an owner for a new one".into(),
        ));
    };
    let member = members::by_id(&mut tx, id).await?;
    if member.standing == Standing::Disabled {
        return Err(Error::Forbidden("this account is disabled; ask an owner".into()));
    }
    accounts::set_password_hash(&mut tx, member.user_id, &hash).await?;
    if let Some(name) = name {
        accounts::set_name(&mut tx, member.user_id, name.trim()).await?;
    }
    let ended = sessions::delete_of_user(&mut tx, member.user_id, None).await?;
    let member = members::by_id(&mut tx, id).await?;
    let signed_in = open_session(ctx, &mut tx, member, origin).await?;
    tx.commit().await?;
    forget_sessions(ctx, &ended).await;
    forget_member(ctx, id).await;
    Ok(signed_in)
}
