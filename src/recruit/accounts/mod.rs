//! Accounts: who may come in, and as what.

pub mod authenticate;
pub mod invitations;
pub mod members;
pub mod password;
pub mod profile;
pub mod setup;
pub mod sign_in;
pub mod tokens;

use std::time::Duration;

use super::{Error, FieldError, Result};
use crate::base::{random, secret};
use crate::model::ids::{SessionId, TokenId};
use crate::model::mail::is_email;
use crate::model::member::Member;
use crate::model::permission::Role;

/// How a member came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// A browser's session, with the token that its changes must carry.
    Session {
        /// Which.
        id: SessionId,
        /// The CSRF token.
        csrf: String,
    },
    /// An API token.
    Token(TokenId),
    /// The command line on the machine itself.
    Operator,
}

/// A member who acts, proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub member: Member,
    /// How they came in.
    pub via: Via,
}

impl Actor {
    /// Refuses unless the role is at least `role`.
    pub fn require(&self, role: Role) -> Result<()> {
        if self.member.role >= role {
            return Ok(());
        }
        Err(Error::Forbidden(format!("this needs the role {}; you are {}", role.as_str(), self.member.role.as_str())))
    }
}

/// How long an invitation or a set-up link works.
pub const LINK_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// A new secret token and the hash that is kept of it.
fn new_token() -> (String, [u8; 32]) {
    let token = random::token();
    let hash = secret::sha256(token.as_bytes());
    (token, hash)
}

/// The CSRF token of a session: it cannot be had without the session's token, and says nothing about it.
fn csrf_of(session_token: &str) -> String {
    secret::hex(&secret::hmac_sha256(session_token.as_bytes(), b"talentprompt csrf"))
}

/// Checks a person's name.
fn check_name(field: &'static str, name: &str) -> Option<FieldError> {
    let length = name.trim().chars().count();
    (!(1..=200).contains(&length)).then(|| FieldError { field, message: "must have 1 to 200 characters".into() })
}

/// Checks an e-mail.
fn check_email(email: &str) -> Option<FieldError> {
    (!is_email(email)).then(|| FieldError { field: "email", message: "must be an e-mail address".into() })
}

/// Checks a new password: 12 to 256 characters (NIST SP 800-63B asks for length and against composition rules).
fn check_password(field: &'static str, password: &str) -> Option<FieldError> {
    let length = password.chars().count();
    (!(12..=256).contains(&length)).then(|| FieldError { field, message: "must have 12 to 256 characters".into() })
}

/// All mistakes at once.
fn refuse_if_any(mistakes: impl IntoIterator<Item = Option<FieldError>>) -> Result<()> {
    let mistakes: Vec<FieldError> = mistakes.into_iter().flatten().collect();
    if mistakes.is_empty() { Ok(()) } else { Err(Error::Invalid(mistakes)) }
}
