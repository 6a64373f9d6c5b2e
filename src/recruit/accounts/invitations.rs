//! Invitations and new passwords: one-time links that let a member set a password.

use chrono::TimeDelta;

use super::authenticate::{forget_member, forget_sessions};
use super::sign_in::{Origin, SignedIn, open_session};
use super::{LINK_LIFETIME, check_name, check_password, new_token, password, refuse_if_any};
use crate::base::secret;
use crate::context::Context;
use crate::model::member::{Member, Standing};
use crate::recruit::{Error, Result};
use crate::store::links::{self, Purpose};
use crate::store::{Tx, accounts, members, sessions};

/// A link with which `member` sets their first or a new password; earlier ones stop working.
pub(super) async fn link(ctx: &Context, tx: &mut Tx, member: &Member) -> Result<String> {
    let purpose = if member.standing == Standing::Invited { Purpose::Invitation } else { Purpose::Password };
    let (token, hash) = new_token();
    let now = ctx.now();
    let until = now + TimeDelta::from_std(LINK_LIFETIME).expect("a week fits");
    links::insert(tx, &hash, purpose, Some(member.id), now, until).await?;
    Ok(format!("{}/invitation?token={token}", ctx.config.get().public_url()))
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
