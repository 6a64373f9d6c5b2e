//! Mail: the section `[mail]`, and what of it cannot work together.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Config, tls};
use crate::model::mail::Address;

/// How mail is sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `off`, `smtp`, `brevo` or `resend`.
    pub provider: String,
    /// Whom mail comes from: an e-mail, or a name and an e-mail.
    pub from: String,
    /// Whom an answer goes to; empty for the same.
    pub reply_to: String,
    /// The SMTP server; see [`Server`].
    pub url: String,
    /// The password at it.
    pub password: String,
    /// The root of a private authority that the server's certificate is of; empty for a public one.
    pub ca_file: PathBuf,
    /// The key of Brevo's or Resend's API.
    pub api_key: String,
    /// Where the API is; empty for the provider's own.
    pub api_url: String,
    /// Mails a day at most, UTC; 0 for no limit.
    pub daily_limit: u32,
    /// What the provider proves itself with when it tells of mail that came back.
    pub webhook_secret: String,
    /// The name under which the key of DKIM is looked for; empty for the provider's usual ones.
    pub dkim_selector: String,
}

/// An SMTP server, as `mail.url` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from others.
    pub security: Security,
    /// Who signs in there; nobody where it asks for nobody.
    pub user: Option<String>,
}

/// How a connection to a server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// By TLS from the first byte (RFC 8314).
    Tls,
    /// By STARTTLS, without which nothing is said.
    StartTls,
    /// Not at all: it does not leave the machine.
    Plain,
}

impl Mail {
    /// Whether mail is sent at all.
    pub fn is_on(&self) -> bool {
        self.provider != "off"
    }

    /// Whom mail comes from, where that is said.
    pub fn sender(&self) -> Option<Address> {
        self.from.parse().ok()
    }

    /// Whom an answer goes to, where that is somebody else.
    pub fn answers_to(&self) -> Option<Address> {
        self.reply_to.parse().ok()
    }

    /// The SMTP server of `url`.
    ///
    /// # Errors
    /// What `url` takes instead.
    pub fn server(&self) -> Result<Server, &'static str> {
        const TAKES: &str = "takes smtps://user@mail.example.com:465, or smtp:// with port 587 for STARTTLS";
        let (scheme, rest) = self.url.split_once("://").ok_or(TAKES)?;
        let rest = rest.trim_end_matches('/');
        let (user, place) = rest.rsplit_once('@').map_or((None, rest), |(user, place)| (Some(user), place));
        if user.is_some_and(|user| user.contains(':')) {
            return Err("takes no password: it is the secret `mail.password`");
        }
        let (default_port, encrypted) = match scheme {
            "smtps" => (465, true),
            "smtp" => (587, false),
            _ => return Err(TAKES),
        };
        let (host, port) = match place.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']')) {
            Some((host, port)) => (host, port.parse().map_err(|_| TAKES)?),
            None => (place, default_port),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
        if host.is_empty() || !host.chars().all(is_name) || user.is_some_and(str::is_empty) {
            return Err(TAKES);
        }
        let security = match (encrypted, is_here(host) && self.ca_file.as_os_str().is_empty()) {
            (true, _) => Security::Tls,
            (false, true) => Security::Plain,
            (false, false) => Security::StartTls,
        };
        let user = user.map(|user| user.replace("%40", "@"));
        Ok(Server { host: host.to_owned(), port, security, user })
    }
}

/// Whether what is said to this host does not leave the machine.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether it is an address for a key: https, or on this machine.
fn is_api(url: &str) -> bool {
    let host = |rest: &str| rest.split(['/', ':']).next().unwrap_or_default().to_owned();
    url.starts_with("https://") || url.strip_prefix("http://").is_some_and(|rest| is_here(&host(rest)))
}

/// The first key whose value cannot work, and what it takes instead.
pub(super) fn first_mistake(config: &Config) -> Option<(&'static str, String)> {
    let mail = &config.mail;
    let address = |text: &str| text.is_empty() || text.parse::<Address>().is_ok();
    let is_selector = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let ca_file: &Path = &mail.ca_file;
    let rules = [
        (
            "mail.provider",
            matches!(mail.provider.as_str(), "off" | "smtp" | "brevo" | "resend"),
            "takes \"off\", \"smtp\", \"brevo\" or \"resend\"",
        ),
        ("mail.from", address(&mail.from), "takes an e-mail address, such as \"Talent <talent@example.com>\""),
        ("mail.reply_to", address(&mail.reply_to), "takes an e-mail address"),
        ("mail.ca_file", tls::Tls::file(ca_file).is_none_or(Path::is_absolute), "takes a path that begins with /"),
        (
            "mail.api_url",
            mail.api_url.is_empty() || is_api(&mail.api_url),
            "takes an https URL; http:// only on this machine, as the key would be seen",
        ),
        ("mail.dkim_selector", mail.dkim_selector.chars().all(is_selector), "takes a name such as \"mail\""),
    ];
    let broken = rules.iter().find(|(_, works, _)| !works).map(|(key, _, takes)| (*key, (*takes).to_owned()));
    let server = || Some(("mail.url", mail.server().err().filter(|_| !mail.url.is_empty())?.to_owned()));
    broken.or_else(server).or_else(|| first_contradiction(mail))
}

/// Keys that are well by themselves and not together, said of the key that asks for the other.
fn first_contradiction(mail: &Mail) -> Option<(&'static str, String)> {
    let by_api = matches!(mail.provider.as_str(), "brevo" | "resend");
    let user = mail.server().ok().and_then(|server| server.user);
    let rules = [
        ("mail.provider", !mail.is_on() || !mail.from.is_empty(), "needs to know whom mail comes from, in `mail.from`"),
        (
            "mail.provider",
            mail.provider != "smtp" || !mail.url.is_empty(),
            "is \"smtp\", and `mail.url` names no server",
        ),
        (
            "mail.provider",
            !by_api || !mail.api_key.is_empty(),
            "needs the provider's key, in the secret `mail.api_key`: a file of that name in the folder `credentials`",
        ),
        (
            "mail.url",
            mail.provider != "smtp" || user.is_none() || !mail.password.is_empty(),
            "names who signs in, and there is no secret `mail.password`: a file of that name in the folder `credentials`",
        ),
    ];
    rules.iter().find(|(_, works, _)| !works).map(|(key, _, reason)| (*key, (*reason).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;

    fn mistake(change: impl Fn(&mut Mail)) -> Option<(&'static str, String)> {
        let mut config = load(None).unwrap().config;
        change(&mut config.mail);
        first_mistake(&config)
    }

    fn smtp(mail: &mut Mail) {
        mail.provider = "smtp".to_owned();
        mail.from = "Talent <talent@example.com>".to_owned();
        mail.url = "smtp://mail.example.com".to_owned();
    }

    fn brevo(mail: &mut Mail) {
        smtp(mail);
        mail.provider = "brevo".to_owned();
        mail.api_key = "key".to_owned();
    }

    #[test]
    fn each_provider_works_with_what_it_needs() {
        for change in [|_: &mut Mail| {}, smtp, brevo] {
            assert_eq!(mistake(change), None);
        }
    }

    #[test]
    fn a_server_is_spoken_to_in_the_clear_on_this_machine_alone() {
        let server = |url: &str| {
            let mut mail = load(None).unwrap().config.mail;
            url.clone_into(&mut mail.url);
            let Server { host, port, security, user } = mail.server()?;
            Ok::<_, &str>(format!("{host} {port} {security:?} {}", user.unwrap_or_default()))
        };
        assert_eq!(server("smtp://mail.example.com").unwrap(), "mail.example.com 587 StartTls ");
        assert_eq!(server("smtp://127.0.0.1:25").unwrap(), "127.0.0.1 25 Plain ");
        assert_eq!(server("smtp://[::1]:25").unwrap(), "::1 25 Plain ");
        assert_eq!(server("smtp://127.0.0.1.example.com").unwrap(), "127.0.0.1.example.com 587 StartTls ");
        let signed_in = "mail.example.com 465 Tls ana@example.com";
        assert_eq!(server("smtps://ana@example.com@mail.example.com").unwrap(), signed_in);
        assert_eq!(server("smtps://ana%40example.com@mail.example.com:465/").unwrap(), signed_in);
        assert!(server("smtps://ana:secret@mail.example.com").unwrap_err().contains("mail.password"));
        for wrong in
            ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://a b", "smtp://host:port", "smtp://@a"]
        {
            assert!(server(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_cannot_work_is_said_of_the_key_that_stands_in_the_file() {
        type Case = (&'static str, &'static str, fn(&mut Mail));
        let cases: [Case; 9] = [
            ("mail.provider", "takes \"off\"", |mail| mail.provider = "sendmail".to_owned()),
            ("mail.provider", "`mail.from`", |mail| mail.provider = "smtp".to_owned()),
            ("mail.provider", "names no server", |mail| {
                smtp(mail);
                mail.url = String::new();
            }),
            ("mail.provider", "mail.api_key", |mail| {
                brevo(mail);
                mail.api_key = String::new();
            }),
            ("mail.from", "e-mail address", |mail| mail.from = "Talent".to_owned()),
            ("mail.url", "takes smtps://", |mail| mail.url = "mail.example.com".to_owned()),
            ("mail.url", "mail.password", |mail| {
                smtp(mail);
                mail.url = "smtps://ana@mail.example.com".to_owned();
            }),
            ("mail.api_url", "https", |mail| mail.api_url = "http://mail.example.com".to_owned()),
            ("mail.dkim_selector", "name", |mail| mail.dkim_selector = "a b".to_owned()),
        ];
        for (key, said, change) in cases {
            let (named, reason) = mistake(change).unwrap();
            assert_eq!(named, key, "{reason}");
            assert!(reason.contains(said), "{reason}");
        }
    }
}
