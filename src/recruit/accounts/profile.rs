//! A member's own name and password.

use super::authenticate::{forget_member, forget_sessions};
use super::sign_in::throttled;
use super::{Actor, Via, check_name, check_password, password, refuse_if_any};
use crate::context::Context;
use crate::model::ids::UserId;
use crate::model::member::Member;
use crate::recruit::{Error, Result};
use crate::store::{accounts, members, sessions};

/// What a member changes of themselves.
#[derive(Clone, Default)]
pub struct Change {
    /// A new name.
    pub name: Option<String>,
    /// The password as it is, needed for a new one.
    pub current_password: Option<String>,
    /// A new password; ends all other sessions.
    pub new_password: Option<String>,
}

/// Whether this is the user's password.
async fn proven(ctx: &Context, user: UserId, given: String) -> Result<Option<()>> {
    let mut tx = ctx.store.system().await?;
    let known = accounts::password_hash(&mut tx, user).await?;
    tx.commit().await?;
    Ok(password::verify(given, known).await?.then_some(()))
}

/// Changes the actor's own account.
pub async fn update(ctx: &Context, actor: &Actor, change: Change) -> Result<Member> {
    refuse_if_any([
        change.name.as_deref().and_then(|name| check_name("name", name)),
        change.new_password.as_deref().and_then(|new| check_password("new_password", new)),
    ])?;
    let user = actor.member.user_id;
    let mut hash = None;
    if let Some(new) = change.new_password {
        // A key of its own: strangers who try to sign in do not keep the member from a new password.
        let key = format!("signin:password:{user}");
        let current = change.current_password.unwrap_or_default();
        if throttled(ctx, &[&key], proven(ctx, user, current)).await?.is_none() {
            return Err(Error::field("current_password", "is not your password"));
        }
        ctx.cache.forget(&key).await;
        hash = Some(password::hash(new).await?);
    }
    let mut tx = ctx.store.system().await?;
    if let Some(name) = change.name {
        accounts::set_name(&mut tx, user, name.trim()).await?;
    }
    let mut ended = Vec::new();
    if let Some(hash) = hash {
        accounts::set_password_hash(&mut tx, user, &hash).await?;
        let own = match actor.via {
            Via::Session { id, .. } => Some(id),
            Via::Token(_) | Via::Operator => None,
        };
        ended = sessions::delete_of_user(&mut tx, user, own).await?;
    }
    let member = members::by_id(&mut tx, actor.member.id).await?;
    tx.commit().await?;
    forget_sessions(ctx, &ended).await;
    forget_member(ctx, member.id).await;
    Ok(member)
}
