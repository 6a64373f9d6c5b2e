//! Members of a workspace: who is in, as what, and who may no longer come in. The last owner stays.

use super::authenticate::{forget_member, forget_sessions};
use super::invitations::Link;
use super::setup::email_taken;
use super::{Actor, Via, check_email, check_name, invitations, refuse_if_any};
use crate::context::Context;
use crate::model::ids::{MemberId, UserId};
use crate::model::member::{Member, Standing};
use crate::model::permission::Role;
use crate::recruit::{Error, Result};
use crate::store::{Tx, accounts, members, sessions};

/// Everyone in the actor's workspace, oldest first.
pub async fn list(ctx: &Context, actor: &Actor) -> Result<Vec<Member>> {
    let mut tx = ctx.store.system().await?;
    Ok(members::list(&mut tx, actor.member.workspace_id).await?)
}

/// Invites somebody; answers the member and the one-time link to give them, unless it is sent to them.
pub async fn invite(ctx: &Context, actor: &Actor, email: &str, name: &str, role: Role) -> Result<(Member, Link)> {
    actor.require(Role::Owner)?;
    refuse_if_any([check_email(email.trim()), check_name("name", name)])?;
    let now = ctx.now();
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    refuse_if_elsewhere(&mut tx, actor, email.trim()).await?;
    let user = match accounts::user_by_email(&mut tx, email.trim()).await? {
        Some(user) => user,
        None => {
            let user = ctx.id(UserId::new);
            accounts::insert_user(&mut tx, user, email.trim(), name.trim(), None, now).await.map_err(email_taken)?;
            user
        }
    };
    let id = ctx.id(MemberId::new);
    members::insert(&mut tx, id, actor.member.workspace_id, user, role, now).await.map_err(email_taken)?;
    let member = members::by_id(&mut tx, id).await?;
    let link = invitations::link(ctx, &mut tx, &member, &actor.member).await?;
    tx.commit().await?;
    Ok((member, link))
}

/// A new one-time link for a member who lost theirs, or their password.
pub async fn new_link(ctx: &Context, actor: &Actor, id: MemberId) -> Result<Link> {
    actor.require(Role::Owner)?;
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    let member = members::get(&mut tx, actor.member.workspace_id, id).await?;
    refuse_if_elsewhere(&mut tx, actor, &member.email).await?;
    let link = invitations::link(ctx, &mut tx, &member, &actor.member).await?;
    tx.commit().await?;
    Ok(link)
}

/// Changes a member's role, or shuts them out or in. Their sessions in other workspaces go on.
pub async fn update(
    ctx: &Context,
    actor: &Actor,
    id: MemberId,
    role: Option<Role>,
    disabled: Option<bool>,
) -> Result<Member> {
    actor.require(Role::Owner)?;
    let mut tx = ctx.store.system().await?;
    let member = members::get(&mut tx, actor.member.workspace_id, id).await?;
    if role.is_some_and(|role| role != Role::Owner) || disabled == Some(true) {
        keep_an_owner(&mut tx, &member).await?;
    }
    if let Some(role) = role {
        members::set_role(&mut tx, id, role).await?;
    }
    let mut ended = Vec::new();
    if let Some(disabled) = disabled {
        members::set_disabled(&mut tx, id, disabled.then(|| ctx.now())).await?;
        if disabled {
            ended = sessions::delete_of_member(&mut tx, id).await?;
        }
    }
    let member = members::get(&mut tx, actor.member.workspace_id, id).await?;
    tx.commit().await?;
    forget_sessions(ctx, &ended).await;
    forget_member(ctx, id).await;
    Ok(member)
}

/// Removes a member. What they did stays.
pub async fn remove(ctx: &Context, actor: &Actor, id: MemberId) -> Result<()> {
    actor.require(Role::Owner)?;
    let mut tx = ctx.store.system().await?;
    let member = members::get(&mut tx, actor.member.workspace_id, id).await?;
    keep_an_owner(&mut tx, &member).await?;
    let ended = sessions::delete_of_member(&mut tx, id).await?;
    members::delete(&mut tx, &member).await?;
    tx.commit().await?;
    forget_sessions(ctx, &ended).await;
    forget_member(ctx, id).await;
    Ok(())
}

/// A link sets a person's one password, so an owner gets none for somebody who is in another workspace too: it would
/// open that one. The operator, who may do everything anyway, does.
async fn refuse_if_elsewhere(tx: &mut Tx, actor: &Actor, email: &str) -> Result<()> {
    let own = actor.member.workspace_id;
    if actor.via == Via::Operator || members::by_email(tx, email).await?.iter().all(|m| m.workspace_id == own) {
        return Ok(());
    }
    Err(Error::Conflict(
        "account_elsewhere",
        "this e-mail has an account in another workspace; the operator can give access with `talentprompt users`"
            .into(),
    ))
}

async fn keep_an_owner(tx: &mut Tx, leaving: &Member) -> Result<()> {
    let owners = members::lock_owners(tx, leaving.workspace_id).await?;
    if leaving.role == Role::Owner && leaving.standing == Standing::Active && owners == [leaving.id] {
        return Err(Error::Conflict("last_owner", "this is the last owner; make somebody else an owner first".into()));
    }
    Ok(())
}
