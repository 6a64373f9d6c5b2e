//! What the APIs of mail providers share: one request, and what its answer means for the mail.

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;

use super::Error;
use crate::base::outbound;

/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much of what a provider says is passed on, in characters.
const SAID: usize = 300;

/// A provider's API.
pub(super) struct Api {
    client: Client,
    name: &'static str,
    url: String,
    /// The header that carries the key.
    key: (&'static str, HeaderValue),
}

impl Api {
    /// At `url`, with the header that carries the key.
    pub(super) fn open(name: &'static str, url: &str, (header, key): (&'static str, &str)) -> Result<Self, Error> {
        let unusable = |reason: String| Error::Misconfigured(format!("{name} cannot be asked: {reason}"));
        let mut key =
            HeaderValue::from_str(key).map_err(|_| unusable("its key has signs that no key has".to_owned()))?;
        key.set_sensitive(true);
        let client = outbound::client(PATIENCE);
        Ok(Self { client, name, url: url.trim_end_matches('/').to_owned(), key: (header, key) })
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        let (header, key) = &self.key;
        self.client.post(format!("{}{path}", self.url)).header(*header, key.clone()).json(body)
    }

    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        let (header, key) = &self.key;
        self.client.get(format!("{}{path}", self.url)).header(*header, key.clone())
    }

    /// The answer's JSON where the request was taken.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Value, Error> {
        // Of an error, its address is left out: it says nothing that the name does not.
        let away = |error: reqwest::Error| {
            let said = error.without_url();
            let cause = std::iter::successors(std::error::Error::source(&said), |inner| inner.source()).last();
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            Error::Later(format!("{} does not answer: {said}{cause}", self.name), None)
        };
        let answer = request.send().await.map_err(away)?;
        let (status, after) = (answer.status(), outbound::retry_after(answer.headers()));
        let text = answer.text().await.map_err(away)?;
        if status.is_success() {
            return Ok(serde_json::from_str(&text).unwrap_or_default());
        }
        Err(self.refusal(status, after, &text))
    }

    /// What an answer that is no success means. 408, 409 (the same request is under way), 425, 429 and the server's own
    /// faults pass; a wrong key and an empty account are mended by hand; anything else is said of the mail.
    fn refusal(&self, status: StatusCode, after: Option<Duration>, text: &str) -> Error {
        let json: Value = serde_json::from_str(text).unwrap_or_default();
        let reason = json["message"].as_str().unwrap_or(text).chars().take(SAID).collect::<String>();
        let said = format!("{} answered {}: {reason}", self.name, status.as_u16());
        match status.as_u16() {
            408 | 409 | 425 | 429 | 500.. => Error::Later(said, after),
            401..=403 => Error::Misconfigured(said),
            _ => Error::Refused(said),
        }
    }
}
