//! An SMTP server. Connections are kept for the next mail; encryption is demanded wherever the words leave the machine.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::{Error, Mailer, Receipt, Sender};
use crate::config;
use crate::config::mail::Security;
use crate::model::mail::{Address, Letter};

/// How long the server may take to answer one command. RFC 5321, section 4.5.3.2, grants minutes, which nobody waits for a
/// link.
const COMMAND: Duration = Duration::from_secs(20);

/// How long a connection without mail is kept: below the 30 s after which some servers hang up.
const IDLE: Duration = Duration::from_secs(20);

/// Codes with which a server refuses who signs in, not the mail (RFC 4954, section 6).
const SIGN_IN_REFUSED: [u16; 4] = [530, 534, 535, 538];

/// The server.
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Sender,
    place: String,
}

impl Smtp {
    pub(super) fn open(config: &config::Mail, sender: Sender) -> Result<Self, Error> {
        let server = config.server().map_err(|takes| Error::Misconfigured(format!("`[mail] url` {takes}")))?;
        let tls = match server.security {
            Security::Plain => Tls::None,
            Security::StartTls => Tls::Required(parameters(config, &server.host)?),
            Security::Tls => Tls::Wrapper(parameters(config, &server.host)?),
        };
        let pool = PoolConfig::new().max_size(2).idle_timeout(IDLE);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(COMMAND))
            .pool_config(pool);
        if let Some(user) = server.user {
            builder = builder.credentials(Credentials::new(user, config.password.clone()));
        }
        let place = format!("{}:{}", server.host, server.port);
        Ok(Self { transport: builder.build(), sender, place })
    }

    fn message(&self, letter: &Letter) -> Result<(Message, String), Error> {
        let id = format!("{}@{}", letter.id, self.sender.from.domain());
        let mut builder = Message::builder()
            .from(mailbox(&self.sender.from)?)
            .to(mailbox(&letter.to)?)
            .subject(letter.subject.as_str())
            .message_id(Some(format!("<{id}>")));
        if let Some(reply_to) = &self.sender.reply_to {
            builder = builder.reply_to(mailbox(reply_to)?);
        }
        for (name, value) in &letter.headers {
            let name = HeaderName::new_from_ascii(name.clone())
                .map_err(|_| Error::Refused(format!("`{name}` cannot be the name of a header")))?;
            builder = builder.raw_header(HeaderValue::new(name, value.clone()));
        }
        let body = MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone());
        let message = builder.multipart(body).map_err(|error| Error::Refused(format!("it is no mail: {error}")))?;
        Ok((message, id))
    }

    fn failed(&self, error: &lettre::transport::smtp::Error) -> Error {
        let mut said = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            let inner_said = inner.to_string();
            if !said.contains(&inner_said) {
                said = format!("{said}: {inner_said}");
            }
            cause = inner.source();
        }
        let said = format!("{}: {said}", self.place);
        let code = error.status().map(u16::from);
        if code.is_some_and(|code| SIGN_IN_REFUSED.contains(&code)) || error.is_client() || error.is_tls() {
            Error::Misconfigured(said)
        } else if error.is_permanent() {
            Error::Refused(said)
        } else {
            Error::Later(said, None)
        }
    }
}

fn parameters(config: &config::Mail, host: &str) -> Result<TlsParameters, Error> {
    let unread = |reason: String| Error::Misconfigured(format!("`[mail] ca_file` cannot be used: {reason}"));
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = config::Tls::file(&config.ca_file) {
        let pem = std::fs::read(file).map_err(|error| unread(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| unread(error.to_string()))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    builder.build().map_err(|error| Error::Misconfigured(format!("TLS cannot be set up: {error}")))
}

fn mailbox(address: &Address) -> Result<Mailbox, Error> {
    let email = address
        .email
        .parse::<lettre::Address>()
        .map_err(|error| Error::Refused(format!("it is no address: {error}")))?;
    Ok(Mailbox::new(address.name.clone(), email))
}

#[async_trait]
impl Mailer for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn send(&self, letter: &Letter) -> Result<Receipt, Error> {
        let (message, id) = self.message(letter)?;
        let answer = self.transport.send(message).await.map_err(|error| self.failed(&error))?;
        let said = answer.message().collect::<Vec<_>>().join(" ");
        Ok(Receipt { id, said: format!("{}: {} {said}", self.place, answer.code()) })
    }

    /// Connects, encrypts and signs in as for a mail, then sends a NOOP (RFC 5321, section 4.1.1.9).
    async fn probe(&self) -> Result<String, Error> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(format!("{} answers and lets us in", self.place)),
            Ok(false) => Err(Error::Later(format!("{}: hung up", self.place), None)),
            Err(error) => Err(self.failed(&error)),
        }
    }
}
