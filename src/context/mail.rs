//! Mail that somebody is to get, from whichever floor: it is put into the outbox in the transaction of what it tells of,
//! and sent later. Where mail is off or the address is held back nothing is put there, and whoever asked is told so.

use super::Context;
use crate::base::{random, secret};
use crate::gateways::mail::templates::Template;
use crate::model::ids::MailId;
use crate::model::mail::{Address, Letter, Priority, is_email};
use crate::store::{self, Tx, outbox, suppressions};

/// Why a mail could not be put into the outbox.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Its template asks for what is not there.
    #[error("a mail could not be written: {0}")]
    Template(String),
}

/// A mail that somebody is to get.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Who.
    pub to: Address,
    /// What it says.
    pub template: Template,
    /// How urgent it is.
    pub priority: Priority,
    /// What it is about: a second one of the same key is not sent.
    pub key: String,
}

impl Context {
    /// Whether mail is sent at all.
    pub fn sends_mail(&self) -> bool {
        self.config.get().mail.is_on()
    }

    /// Puts a mail into the outbox, of the transaction's workspace or of the system. Bulk mail gets what unsubscribes from
    /// it (RFC 2369, RFC 8058). Answers whether it will be sent: not where mail is off, nor to an address that is held back.
    pub async fn post(&self, tx: &mut Tx, draft: Draft) -> Result<bool, Error> {
        // An account of long ago may have an address that no server would take.
        if !self.sends_mail() || !is_email(&draft.to.email) {
            return Ok(false);
        }
        let held = suppressions::find(tx, &draft.to.email).await?;
        if held.is_some_and(|reason| reason.covers(draft.priority)) {
            return Ok(false);
        }
        let unsubscribe =
            if draft.priority == Priority::Bulk { Some(self.unsubscribe_url(tx, &draft).await?) } else { None };
        let letter = self.letter(&draft.to, &draft.template, unsubscribe.as_deref())?;
        let mail = outbox::NewMail {
            letter: &letter,
            key: &draft.key,
            template: draft.template.name(),
            priority: draft.priority,
        };
        outbox::push(tx, &mail, self.now()).await?;
        Ok(true)
    }

    /// A mail as it is handed over.
    pub fn letter(&self, to: &Address, template: &Template, unsubscribe: Option<&str>) -> Result<Letter, Error> {
        let place = self.config.get().public_url();
        let mail = template.render(&place, unsubscribe).map_err(|error| Error::Template(error.to_string()))?;
        // Nobody's holiday answers to a program (RFC 3834, section 5).
        let mut headers = vec![("Auto-Submitted".to_owned(), "auto-generated".to_owned())];
        if let Some(url) = unsubscribe {
            headers.push(("List-Unsubscribe".to_owned(), format!("<{url}>")));
            headers.push(("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()));
        }
        let (subject, text, html) = (mail.subject, mail.text, mail.html);
        Ok(Letter { id: self.id(MailId::new), to: to.clone(), subject, text, html, headers })
    }

    async fn unsubscribe_url(&self, tx: &mut Tx, draft: &Draft) -> Result<String, Error> {
        let token = random::token();
        suppressions::insert_link(tx, &secret::sha256(token.as_bytes()), &draft.to.email, self.now()).await?;
        Ok(format!("{}/api/v1/mail/unsubscribe/{token}", self.config.get().public_url()))
    }
}
