//! Mail, as it leaves the machine: by an SMTP server, or by the API of Brevo or Resend.
//!
//! A failure says whether another attempt can help, which is all that the floor above has to know of a provider.

mod api;
mod brevo;
mod resend;
mod smtp;
pub mod templates;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::config;
use crate::model::mail::{Address, Letter};

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not now: the server is away, busy or asks to come back later, at the earliest after so long.
    #[error("{0}")]
    Later(String, Option<Duration>),
    /// Not with this configuration: who signs in is refused, or the certificate is not known. Mended, it works.
    #[error("{0}")]
    Misconfigured(String),
    /// This mail never: whom it goes to or what it says is refused.
    #[error("{0}")]
    Refused(String),
}

/// What was answered to a mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's id of it, by which it tells later that it came back.
    pub id: String,
    /// What it said.
    pub said: String,
}

/// Who takes mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;
    /// Hands a mail over.
    async fn send(&self, letter: &Letter) -> Result<Receipt, Error>;
    /// Asks whether it would take one, without sending any. Answers what it saw.
    async fn probe(&self) -> Result<String, Error>;
}

/// Whom mail comes from and whom an answer goes to.
#[derive(Debug, Clone)]
struct Sender {
    from: Address,
    reply_to: Option<Address>,
}

/// The mailer that the configuration names.
///
/// # Errors
/// If there is none, or its certificate cannot be read.
pub fn open(config: &config::Mail) -> Result<Arc<dyn Mailer>, Error> {
    let from = config.sender().ok_or_else(|| Error::Misconfigured("`[mail] from` names nobody".to_owned()))?;
    let sender = Sender { from, reply_to: config.answers_to() };
    let mailer: Arc<dyn Mailer> = match config.provider.as_str() {
        "smtp" => Arc::new(smtp::Smtp::open(config, sender)?),
        "brevo" => Arc::new(brevo::Brevo::open(config, sender)?),
        "resend" => Arc::new(resend::Resend::open(config, sender)?),
        _ => return Err(Error::Misconfigured("`[mail] provider` is \"off\"".to_owned())),
    };
    Ok(mailer)
}
