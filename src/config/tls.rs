//! Certificates: the section `[tls]`, and what of it cannot work together.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Config, check};

/// The web server's certificates.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// `off`, `acme` or `files`.
    pub mode: String,
    /// Address and port of https.
    pub listen: String,
    /// The names that people open.
    pub domains: Vec<String>,
    /// Where the authority writes to; empty for nowhere.
    pub contact: String,
    /// The authority's directory.
    pub directory: String,
    /// The root of a private authority's own certificate; empty for a public one.
    pub ca_file: PathBuf,
    /// `auto`, `http-01` or `tls-alpn-01`.
    pub challenge: String,
    /// The certificate, of `files`.
    pub certificate_file: PathBuf,
    /// Its key.
    pub key_file: PathBuf,
    /// Or the key itself.
    pub key: String,
    /// Who may connect: whose certificate is of an authority in this file; empty for everybody.
    pub client_ca: PathBuf,
    /// Whether the operator has spoken of it: the file has this section, or the mode is set in another way.
    #[serde(skip)]
    pub is_set: bool,
}

impl Tls {
    /// Whether https is served here.
    pub fn is_on(&self) -> bool {
        self.mode != "off"
    }

    /// Whether certificates are obtained here.
    pub fn is_acme(&self) -> bool {
        self.mode == "acme"
    }

    /// A file, where one is named.
    pub fn file(path: &Path) -> Option<&Path> {
        (!path.as_os_str().is_empty()).then_some(path)
    }

    /// The address that people open.
    pub(super) fn url(&self) -> Option<String> {
        let name = self.domains.first().filter(|_| self.is_on())?;
        let port = self.listen.rsplit_once(':').map_or("443", |(_, port)| port);
        Some(if port == "443" { format!("https://{name}") } else { format!("https://{name}:{port}") })
    }
}

/// The first key whose value cannot work, and what it takes instead.
pub(super) fn first_mistake(config: &Config) -> Option<(&'static str, String)> {
    let tls = &config.tls;
    let absolute = |path: &Path| Tls::file(path).is_none_or(Path::is_absolute);
    let rules = [
        ("tls.mode", matches!(tls.mode.as_str(), "off" | "acme" | "files"), "takes \"off\", \"acme\" or \"files\""),
        ("tls.listen", check::has_port(&tls.listen), "takes an address and a port, such as \"[::]:443\""),
        (
            "tls.domains",
            tls.domains.iter().all(|name| is_name(name)),
            "takes names such as \"talent.example.com\": no https://, no port, no *, lower case",
        ),
        ("tls.contact", tls.contact.is_empty() || tls.contact.contains('@'), "takes an e-mail address"),
        ("tls.directory", tls.directory.starts_with("https://"), "takes an https URL"),
        (
            "tls.challenge",
            matches!(tls.challenge.as_str(), "auto" | "http-01" | "tls-alpn-01"),
            "takes \"auto\", \"http-01\" or \"tls-alpn-01\"",
        ),
        ("tls.ca_file", absolute(&tls.ca_file), "takes a path that begins with /"),
        ("tls.certificate_file", absolute(&tls.certificate_file), "takes a path that begins with /"),
        ("tls.key_file", absolute(&tls.key_file), "takes a path that begins with /"),
        ("tls.client_ca", absolute(&tls.client_ca), "takes a path that begins with /"),
    ];
    let broken = rules.iter().find(|(_, works, _)| !works).map(|(key, _, takes)| (*key, (*takes).to_owned()));
    broken.or_else(|| first_contradiction(config))
}

/// Keys that are well by themselves and not together. What is missing is said of the key that asks for it: that one
/// stands in the file.
fn first_contradiction(config: &Config) -> Option<(&'static str, String)> {
    let tls = &config.tls;
    let certificate = Tls::file(&tls.certificate_file).is_some();
    let key = Tls::file(&tls.key_file).is_some();
    let port = |address: &str| address.rsplit_once(':').map(|(_, port)| port.to_owned());
    let url = &config.server.public_url;
    let rules = [
        (
            "tls.client_ca",
            tls.is_on() || Tls::file(&tls.client_ca).is_none(),
            "has nobody to ask for a certificate while `tls.mode` is \"off\"",
        ),
        ("tls.mode", !tls.is_on() || !tls.domains.is_empty(), "needs the names that people open, in `tls.domains`"),
        ("tls.mode", tls.mode != "files" || certificate, "is \"files\", and `tls.certificate_file` names none"),
        ("tls.mode", tls.mode != "files" || key || !tls.key.is_empty(), "is \"files\", and `tls.key_file` names none"),
        (
            "tls.key_file",
            !key || tls.key.is_empty(),
            "names a key, and there is the secret `tls.key` as well; take out one of them",
        ),
        (
            "tls.certificate_file",
            !certificate || !tls.is_acme(),
            "names a certificate, but `tls.mode` is \"acme\", which obtains one; take out one of them",
        ),
        (
            "tls.listen",
            !tls.is_on() || port(&tls.listen) != port(&config.server.listen),
            "is the port of `server.listen`; https needs one of its own",
        ),
        (
            "server.public_url",
            !tls.is_on() || url.is_empty() || url.starts_with("https://"),
            "must begin with https:// while `tls.mode` is on",
        ),
    ];
    rules.iter().find(|(_, works, _)| !works).map(|(key, _, reason)| (*key, (*reason).to_owned()))
}

/// Whether it is a name that an authority can look up (RFC 1123), with a dot.
pub(super) fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        inner && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    name.len() <= 253 && name.contains('.') && !is_number && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;

    fn mistake(change: impl Fn(&mut Config)) -> Option<(&'static str, String)> {
        let mut config = load(None).unwrap().config;
        change(&mut config);
        first_mistake(&config)
    }

    fn acme(config: &mut Config) {
        config.tls.mode = "acme".to_owned();
        config.tls.domains = vec!["talent.example.com".to_owned()];
    }

    fn files(config: &mut Config) {
        acme(config);
        config.tls.mode = "files".to_owned();
        config.tls.certificate_file = "/etc/ssl/talent.pem".into();
        config.tls.key_file = "/etc/ssl/talent.key".into();
    }

    #[test]
    fn each_mode_works_with_what_it_needs() {
        assert_eq!(mistake(|_| {}), None);
        assert_eq!(mistake(acme), None);
        assert_eq!(mistake(files), None);
    }

    #[test]
    fn what_cannot_work_is_said_of_the_key_that_stands_in_the_file() {
        type Case = (&'static str, &'static str, fn(&mut Config));
        let cases: [Case; 12] = [
            ("tls.mode", "takes \"off\"", |config| config.tls.mode = "on".to_owned()),
            ("tls.mode", "needs the names", |config| config.tls.mode = "acme".to_owned()),
            ("tls.mode", "`tls.certificate_file` names none", |config| {
                files(config);
                config.tls.certificate_file = PathBuf::new();
            }),
            ("tls.mode", "`tls.key_file` names none", |config| {
                files(config);
                config.tls.key_file = PathBuf::new();
            }),
            ("tls.key_file", "take out one", |config| {
                files(config);
                config.tls.key = "secret".to_owned();
            }),
            ("tls.certificate_file", "take out one", |config| {
                files(config);
                config.tls.mode = "acme".to_owned();
            }),
            ("tls.certificate_file", "begins with /", |config| {
                files(config);
                config.tls.certificate_file = "talent.pem".into();
            }),
            ("tls.client_ca", "has nobody to ask", |config| config.tls.client_ca = "/etc/ssl/ca.pem".into()),
            ("tls.domains", "takes names", |config| {
                acme(config);
                config.tls.domains.push("*.example.com".to_owned());
            }),
            ("tls.listen", "https needs one of its own", |config| {
                acme(config);
                config.tls.listen = "0.0.0.0:8080".to_owned();
            }),
            ("server.public_url", "must begin with https", |config| {
                acme(config);
                config.server.public_url = "http://talent.example.com".to_owned();
            }),
            ("tls.directory", "takes an https URL", |config| config.tls.directory = "letsencrypt".to_owned()),
        ];
        for (key, said, change) in cases {
            let (named, reason) = mistake(change).unwrap();
            assert_eq!(named, key, "{reason}");
            assert!(reason.contains(said), "{reason}");
        }
    }

    #[test]
    fn a_name_is_what_an_authority_can_look_up() {
        assert!(["talent.example.com", "a-b.example", "1.example"].iter().all(|name| is_name(name)));
        let wrong =
            ["localhost", "10.0.0.1", "https://a.example", "a.example:443", "A.example", "-a.example", "a..b", ""];
        assert!(!wrong.iter().any(|name| is_name(name)));
    }
}
