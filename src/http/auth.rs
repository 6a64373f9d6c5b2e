//! Who asks: the permission is the extractor's type, so a handler without one cannot reach a workspace's rows.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;

use super::problem::Problem;
use super::{record, visitor};
use crate::base::secret;
use crate::context::Context;
use crate::model::permission::Role;
use crate::recruit::Error;
use crate::recruit::accounts::sign_in::Origin;
use crate::recruit::accounts::{Actor, Via, authenticate};

/// The session's cookie. The prefix binds it to this host, the whole path and HTTPS (or localhost).
pub const COOKIE: &str = "__Host-talentprompt";

/// The header that a browser's changes carry.
const CSRF_HEADER: &str = "x-csrf-token";

/// Any member.
#[derive(Debug)]
pub struct Viewer(pub Actor);

/// A member who works with candidates.
#[derive(Debug)]
pub struct Recruiter(pub Actor);

/// A member who manages the workspace.
#[derive(Debug)]
pub struct Owner(pub Actor);

macro_rules! permission {
    ($name:ident) => {
        impl FromRequestParts<Context> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, ctx: &Context) -> Result<Self, Problem> {
                let actor = actor(parts, ctx).await?;
                actor.require(Role::$name)?;
                Ok(Self(actor))
            }
        }
    };
}

permission!(Viewer);
permission!(Recruiter);
permission!(Owner);

/// Who asks. Credentials that do not hold count against the limit of the address they came from.
async fn actor(parts: &Parts, ctx: &Context) -> Result<Actor, Problem> {
    let known = known(parts, ctx).await;
    if known.as_ref().is_err_and(|problem| problem.status == StatusCode::UNAUTHORIZED.as_u16()) {
        limit_address(parts, ctx).await?;
    }
    known
}

/// Who asks, counted when they are known: for a layer above, after which the route itself refuses everybody else.
pub async fn known(parts: &Parts, ctx: &Context) -> Result<Actor, Problem> {
    // Whom a layer above has asked for already is not counted twice.
    if let Some(actor) = parts.extensions.get::<Actor>() {
        return Ok(actor.clone());
    }
    let (actor, key) = match bearer(&parts.headers) {
        Some(token) => {
            let actor = authenticate::token(ctx, token).await?;
            (actor, format!("rate:token:{}", secret::hex(&secret::sha256(token.as_bytes())[..8])))
        }
        None => {
            let jar = CookieJar::from_headers(&parts.headers);
            let token = jar.get(COOKIE).map(Cookie::value).unwrap_or_default();
            let actor = authenticate::session(ctx, token).await?;
            check_csrf(parts, &actor)?;
            let key = format!("rate:member:{}", actor.member.id);
            (actor, key)
        }
    };
    record::identify(&actor);
    limit(ctx, &key, ctx.config.get().security.requests_per_minute).await?;
    Ok(actor)
}

/// The token of a program that asks.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

fn check_csrf(parts: &Parts, actor: &Actor) -> Result<(), Problem> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let given = parts.headers.get(CSRF_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
    match &actor.via {
        Via::Session { csrf, .. } if secret::same(csrf.as_bytes(), given) => Ok(()),
        _ => Err(Problem::csrf()),
    }
}

/// Refuses when `key` was counted more than `per_minute` times within a minute.
pub async fn limit(ctx: &Context, key: &str, per_minute: u32) -> Result<(), Problem> {
    let (count, left) = ctx.cache.count(key, Duration::from_mins(1)).await;
    if count > u64::from(per_minute) { Err(Error::TooMany(left).into()) } else { Ok(()) }
}

/// Counts a request of nobody who is known against its address, which it answers.
pub async fn limit_address(parts: &Parts, ctx: &Context) -> Result<Option<String>, Problem> {
    let address = visitor::address(&parts.extensions).map(|address| address.to_string());
    let key = format!("rate:address:{}", address.as_deref().unwrap_or("unknown"));
    limit(ctx, &key, ctx.config.get().security.anonymous_requests_per_minute).await?;
    Ok(address)
}

/// Where a request comes from. Counts against the address's limit, for routes that need no account.
#[derive(Debug)]
pub struct Stranger(pub Origin);

impl FromRequestParts<Context> for Stranger {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, ctx: &Context) -> Result<Self, Problem> {
        let address = limit_address(parts, ctx).await?;
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Self(Origin { address, user_agent }))
    }
}

/// How long a browser keeps the cookie: as long as it may (RFC 6265bis caps at 400 days). The session itself ends on
/// the server, after days without use.
const COOKIE_SECONDS: u32 = 400 * 24 * 3600;

/// The `Set-Cookie` value of a new session.
pub fn session_cookie(token: &str) -> String {
    format!("{COOKIE}={token}; Path=/; Max-Age={COOKIE_SECONDS}; Secure; HttpOnly; SameSite=Lax")
}

/// The `Set-Cookie` value that ends a session in the browser.
pub fn no_cookie() -> String {
    format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
}
