//! Resend's API: `POST /emails`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::{Error, Mailer, Receipt, Sender};
use crate::config;
use crate::model::mail::Letter;

/// Where it is.
const URL: &str = "https://api.resend.com";

/// What Resend calls a key that may send and nothing else, when it is asked anything else.
const SENDS_ONLY: &str = "restricted to only send";

/// Resend.
pub(super) struct Resend {
    api: Api,
    sender: Sender,
}

impl Resend {
    pub(super) fn open(config: &config::Mail, sender: Sender) -> Result<Self, Error> {
        let url = if config.api_url.is_empty() { URL } else { config.api_url.as_str() };
        let key = format!("Bearer {}", config.api_key);
        Ok(Self { api: Api::open("Resend", url, ("authorization", &key))?, sender })
    }

    fn body(&self, letter: &Letter) -> Value {
        let headers: Map<String, Value> =
            letter.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let mut body = json!({
            "from": self.sender.from.to_string(),
            "to": [letter.to.email],
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "headers": headers,
        });
        if let Some(reply_to) = &self.sender.reply_to {
            body["reply_to"] = json!(reply_to.to_string());
        }
        body
    }
}

#[async_trait]
impl Mailer for Resend {
    fn name(&self) -> &'static str {
        "resend"
    }

    async fn send(&self, letter: &Letter) -> Result<Receipt, Error> {
        let request = self.api.post("/emails", &self.body(letter)).header("Idempotency-Key", letter.id.to_string());
        let answer = self.api.ask(request).await?;
        let id = answer["id"].as_str().unwrap_or_default().to_owned();
        Ok(Receipt { said: format!("Resend took it as {id}"), id })
    }

    async fn probe(&self) -> Result<String, Error> {
        match self.api.ask(self.api.get("/domains")).await {
            Ok(_) => Ok("Resend takes the key".to_owned()),
            Err(Error::Misconfigured(said)) if said.contains(SENDS_ONLY) => {
                Ok("Resend knows the key, which may send and nothing else".to_owned())
            }
            Err(error) => Err(error),
        }
    }
}
