//! API tokens of a member: they may do what the member may.

use chrono::TimeDelta;

use super::authenticate::{TOKEN_PREFIX, forget_token};
use super::{Actor, check_name, new_token, refuse_if_any};
use crate::context::Context;
use crate::model::ids::TokenId;
use crate::model::token::Token;
use crate::recruit::{Error, Result};
use crate::store::tokens;

/// The actor's tokens, newest first.
pub async fn list(ctx: &Context, actor: &Actor) -> Result<Vec<Token>> {
    let mut tx = ctx.store.system().await?;
    Ok(tokens::of_member(&mut tx, actor.member.id).await?)
}

/// Makes a token; the secret is answered this once.
pub async fn create(ctx: &Context, actor: &Actor, name: &str, expires_in_days: Option<u16>) -> Result<(Token, String)> {
    refuse_if_any([check_name("name", name)])?;
    if name.chars().count() > 100 {
        return Err(Error::field("name", "must have 1 to 100 characters"));
    }
    if expires_in_days == Some(0) {
        return Err(Error::field("expires_in_days", "must be at least 1"));
    }
    let now = ctx.now();
    let (secret, hash) = new_token();
    let token = Token {
        id: ctx.id(TokenId::new),
        name: name.trim().to_owned(),
        prefix: format!("{TOKEN_PREFIX}{}", &secret[..6]),
        created_at: now,
        last_used_at: None,
        expires_at: expires_in_days.map(|days| now + TimeDelta::days(days.into())),
    };
    let mut tx = ctx.store.system().await?;
    tokens::insert(&mut tx, &token, actor.member.id, &hash).await?;
    tx.commit().await?;
    Ok((token, format!("{TOKEN_PREFIX}{secret}")))
}

/// Revokes a token of the actor, at once.
pub async fn revoke(ctx: &Context, actor: &Actor, id: TokenId) -> Result<()> {
    let mut tx = ctx.store.system().await?;
    let hash = tokens::delete(&mut tx, actor.member.id, id).await?;
    tx.commit().await?;
    forget_token(ctx, &hash).await;
    Ok(())
}
