//! Signing in and out, with throttling that counts failures by address and by account.

use std::time::Duration;

use chrono::TimeDelta;

use super::authenticate::forget_sessions;
use super::{Actor, Via, csrf_of, new_token, password};
use crate::base::secret;
use crate::context::Context;
use crate::model::ids::{MemberId, SessionId};
use crate::model::member::{Member, Standing};
use crate::recruit::{Error, Result};
use crate::store::sessions::Session;
use crate::store::{Tx, accounts, members, sessions};

/// Failures are counted over this time.
const WINDOW: Duration = Duration::from_mins(15);

/// Where a request comes from, as kept with a session.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The client's address.
    pub address: Option<String>,
    /// What the browser calls itself, at most 300 characters.
    pub user_agent: Option<String>,
}

/// A new session: who came in, and the token that goes into the cookie.
#[derive(Clone)]
pub struct SignedIn {
    /// Who.
    pub actor: Actor,
    /// The session's token, 256 bits; only its hash is kept.
    pub token: String,
}

/// Signs in with e-mail and password.
pub async fn sign_in(ctx: &Context, email: &str, given: String, origin: &Origin) -> Result<SignedIn> {
    let by_account = format!("signin:account:{}", secret::hex(&secret::sha256(email.to_lowercase().as_bytes())));
    let by_address = format!("signin:address:{}", origin.address.as_deref().unwrap_or("unknown"));
    let member = throttled(ctx, &[&by_account, &by_address], proven(ctx, email, given)).await?;
    let Some(member) = member else {
        return Err(Error::Unauthenticated("invalid_credentials", "the e-mail or the password is wrong"));
    };
    ctx.cache.forget(&by_account).await;
    let mut tx = ctx.store.system().await?;
    let signed_in = open_session(ctx, &mut tx, member, origin).await?;
    tx.commit().await?;
    Ok(signed_in)
}

/// The member whose e-mail and password these are.
async fn proven(ctx: &Context, email: &str, given: String) -> Result<Option<Member>> {
    let mut tx = ctx.store.system().await?;
    let member = members::by_email(&mut tx, email).await?.into_iter().find(|m| m.standing == Standing::Active);
    let hash = match &member {
        Some(member) => accounts::password_hash(&mut tx, member.user_id).await?,
        None => None,
    };
    tx.commit().await?;
    let right = password::verify(given, hash).await?;
    Ok(member.filter(|_| right))
}

/// The outcome of `proof`, unless there were too many failures under one of `keys`. Attempts under a key wait for each
/// other, so that many at once are not more than many in a row, and those that succeed are in nobody's way.
pub(super) async fn throttled<T>(
    ctx: &Context,
    keys: &[&str],
    proof: impl Future<Output = Result<Option<T>>>,
) -> Result<Option<T>> {
    let limit = u64::from(ctx.config.get().security.failed_sign_ins);
    let _turn = ctx.turns.of(keys).await;
    for key in keys {
        let (count, left) = ctx.cache.counted(key, WINDOW).await;
        if count >= limit {
            return Err(Error::TooMany(left));
        }
    }
    let outcome = proof.await;
    if matches!(outcome, Ok(None)) {
        for key in keys {
            ctx.cache.count(key, WINDOW).await;
        }
    }
    outcome
}

/// Opens a session for a member in the caller's transaction.
pub(super) async fn open_session(ctx: &Context, tx: &mut Tx, member: Member, origin: &Origin) -> Result<SignedIn> {
    let now = ctx.now();
    let (token, hash) = new_token();
    let session = Session {
        id: ctx.id(SessionId::new),
        member: member.id,
        created_at: now,
        last_seen_at: now,
        expires_at: now + TimeDelta::days(ctx.config.get().security.session_days),
        user_agent: origin.user_agent.as_ref().map(|text| text.chars().take(300).collect()),
        address: origin.address.clone(),
    };
    sessions::insert(tx, &session, &hash).await?;
    members::touch(tx, member.id, now).await?;
    let csrf = csrf_of(&token);
    Ok(SignedIn { actor: Actor { member, via: Via::Session { id: session.id, csrf } }, token })
}

/// Ends the actor's own session. An API token has none to end.
pub async fn sign_out(ctx: &Context, actor: &Actor) -> Result<()> {
    match actor.via {
        Via::Session { id, .. } => end_session(ctx, actor.member.id, id).await,
        Via::Token(_) | Via::Operator => Ok(()),
    }
}

/// The actor's live sessions.
pub async fn list_sessions(ctx: &Context, actor: &Actor) -> Result<Vec<Session>> {
    let mut tx = ctx.store.system().await?;
    Ok(sessions::of_member(&mut tx, actor.member.id, ctx.now()).await?)
}

/// Ends a session of a member.
pub async fn end_session(ctx: &Context, member: MemberId, id: SessionId) -> Result<()> {
    let mut tx = ctx.store.system().await?;
    let hash = sessions::delete(&mut tx, member, id).await?;
    tx.commit().await?;
    forget_sessions(ctx, &[hash]).await;
    Ok(())
}
