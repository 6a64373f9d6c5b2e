//! Brevo's API for transactional mail: `POST /v3/smtp/email`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::{Error, Mailer, Receipt, Sender};
use crate::config;
use crate::model::mail::{Address, Letter};

/// Where it is.
const URL: &str = "https://api.brevo.com/v3";

/// Brevo.
pub(super) struct Brevo {
    api: Api,
    sender: Sender,
}

impl Brevo {
    pub(super) fn open(config: &config::Mail, sender: Sender) -> Result<Self, Error> {
        let url = if config.api_url.is_empty() { URL } else { config.api_url.as_str() };
        Ok(Self { api: Api::open("Brevo", url, ("api-key", &config.api_key))?, sender })
    }

    fn body(&self, letter: &Letter) -> Value {
        let mut headers: Map<String, Value> =
            letter.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        // Brevo takes the key of a repetition among the headers, and does not send a mail of the same key twice.
        headers.insert("idempotencyKey".to_owned(), json!(letter.id));
        let mut body = json!({
            "sender": party(&self.sender.from),
            "to": [party(&letter.to)],
            "subject": letter.subject,
            "textContent": letter.text,
            "htmlContent": letter.html,
            "headers": headers,
        });
        if let Some(reply_to) = &self.sender.reply_to {
            body["replyTo"] = party(reply_to);
        }
        body
    }
}

fn party(address: &Address) -> Value {
    match &address.name {
        Some(name) => json!({"name": name, "email": address.email}),
        None => json!({"email": address.email}),
    }
}

#[async_trait]
impl Mailer for Brevo {
    fn name(&self) -> &'static str {
        "brevo"
    }

    async fn send(&self, letter: &Letter) -> Result<Receipt, Error> {
        let answer = self.api.ask(self.api.post("/smtp/email", &self.body(letter))).await?;
        let id = answer["messageId"].as_str().unwrap_or_default().trim_matches(['<', '>']).to_owned();
        Ok(Receipt { said: format!("Brevo took it as {id}"), id })
    }

    async fn probe(&self) -> Result<String, Error> {
        self.api.ask(self.api.get("/account")).await?;
        Ok("Brevo takes the key".to_owned())
    }
}
