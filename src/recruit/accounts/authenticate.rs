//! From a secret to the member who holds it. Redis remembers the answer for a while; Postgres is the truth.

use std::time::Duration;

use chrono::TimeDelta;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Actor, Via, csrf_of};
use crate::base::secret;
use crate::context::Context;
use crate::model::ids::MemberId;
use crate::model::member::{Member, Standing};
use crate::recruit::{Error, Result};
use crate::store::sessions::Session;
use crate::store::tokens::Live;
use crate::store::{self, members, sessions, tokens};

/// How long an answer is remembered. Ending a session or changing a member forgets it at once.
const REMEMBERED: Duration = Duration::from_secs(30);

/// `last seen` is written at most this often, in seconds.
const TOUCH_EVERY: i64 = 60;

/// What opens every API token.
pub const TOKEN_PREFIX: &str = "tp_";

const NO_SESSION: Error = Error::Unauthenticated("session_expired", "sign in: there is no session, or it has ended");

/// The member of a browser's session token.
pub async fn session(ctx: &Context, token: &str) -> Result<Actor> {
    let hash = secret::sha256(token.as_bytes());
    let now = ctx.now();
    let key = session_key(&hash);
    let session = match recall::<Session>(ctx, &key).await {
        Some(session) if session.expires_at > now => session,
        _ => {
            let mut tx = ctx.store.system().await?;
            let mut session = sessions::by_token(&mut tx, &hash, now).await?.ok_or(NO_SESSION)?;
            if (now - session.last_seen_at).num_seconds() >= TOUCH_EVERY {
                session.expires_at = now + TimeDelta::days(ctx.config.get().security.session_days);
                sessions::touch(&mut tx, session.id, now, session.expires_at).await?;
                members::touch(&mut tx, session.member, now).await?;
                session.last_seen_at = now;
            }
            tx.commit().await?;
            remember(ctx, &key, &session).await;
            session
        }
    };
    let member = member(ctx, session.member).await?;
    Ok(Actor { member, via: Via::Session { id: session.id, csrf: csrf_of(token) } })
}

/// The member of an API token.
pub async fn token(ctx: &Context, secret_text: &str) -> Result<Actor> {
    let refused = Error::Unauthenticated("invalid_token", "the API token is unknown, revoked or too old");
    let Some(rest) = secret_text.strip_prefix(TOKEN_PREFIX) else { return Err(refused) };
    let hash = secret::sha256(rest.as_bytes());
    let key = token_key(&hash);
    let now = ctx.now();
    let (id, holder, _) = match recall::<Live>(ctx, &key).await {
        Some(known) if known.2.is_none_or(|end| end > now) => known,
        _ => {
            let mut tx = ctx.store.system().await?;
            let Some(known) = tokens::by_hash(&mut tx, &hash, now).await? else { return Err(refused) };
            tokens::touch(&mut tx, known.0, now).await?;
            members::touch(&mut tx, known.1, now).await?;
            tx.commit().await?;
            remember(ctx, &key, &known).await;
            known
        }
    };
    Ok(Actor { member: member(ctx, holder).await?, via: Via::Token(id) })
}

/// A member who is not shut out.
async fn member(ctx: &Context, id: MemberId) -> Result<Member> {
    let key = member_key(id);
    let known = match recall::<Member>(ctx, &key).await {
        Some(member) => member,
        None => {
            let mut tx = ctx.store.system().await?;
            let member = members::by_id(&mut tx, id).await.map_err(|error| match error {
                store::Error::NotFound => NO_SESSION,
                other => other.into(),
            })?;
            remember(ctx, &key, &member).await;
            member
        }
    };
    if known.standing == Standing::Disabled { Err(NO_SESSION) } else { Ok(known) }
}

/// Whether what the actor came in with still opens: for whoever stays connected. Says yes while the database is away.
pub async fn still_holds(ctx: &Context, actor: &Actor) -> bool {
    match holds(ctx, actor).await {
        Ok(holds) => holds,
        Err(Error::Unauthenticated(..)) => false,
        Err(error) => {
            tracing::warn!(%error, "cannot see whether a connection may stay open");
            true
        }
    }
}

async fn holds(ctx: &Context, actor: &Actor) -> Result<bool> {
    let (now, id) = (ctx.now(), member(ctx, actor.member.id).await?.id);
    let mut tx = ctx.store.system().await?;
    Ok(match actor.via {
        Via::Session { id: own, .. } => sessions::of_member(&mut tx, id, now).await?.iter().any(|one| one.id == own),
        Via::Token(own) => {
            let known = tokens::of_member(&mut tx, id).await?;
            known.iter().any(|one| one.id == own && one.expires_at.is_none_or(|end| end > now))
        }
        Via::Operator => true,
    })
}

/// Forgets what is remembered of a member, so that a change counts at once.
pub async fn forget_member(ctx: &Context, id: MemberId) {
    ctx.cache.forget(&member_key(id)).await;
}

/// Forgets what is remembered of sessions.
pub async fn forget_sessions(ctx: &Context, token_hashes: &[Vec<u8>]) {
    for hash in token_hashes {
        ctx.cache.forget(&session_key(hash)).await;
    }
}

/// Forgets what is remembered of an API token.
pub async fn forget_token(ctx: &Context, token_hash: &[u8]) {
    ctx.cache.forget(&token_key(token_hash)).await;
}

fn session_key(hash: &[u8]) -> String {
    format!("session:{}", secret::hex(hash))
}

fn token_key(hash: &[u8]) -> String {
    format!("token:{}", secret::hex(hash))
}

fn member_key(id: MemberId) -> String {
    format!("member:{id}")
}

async fn recall<T: DeserializeOwned>(ctx: &Context, key: &str) -> Option<T> {
    serde_json::from_slice(&ctx.cache.get(key).await?).ok()
}

async fn remember<T: Serialize>(ctx: &Context, key: &str, value: &T) {
    if let Ok(bytes) = serde_json::to_vec(value) {
        ctx.cache.put(key, &bytes, REMEMBERED).await;
    }
}
