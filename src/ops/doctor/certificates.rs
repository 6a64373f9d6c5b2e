//! The certificate of https: is it there, does it hold, is it for the names that people open, who can read its key, and
//! does the authority issue the next one?

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use super::Finding;
use crate::base::clock::{Clock, SystemClock};
use crate::config::{Config, Tls};
use crate::gateways::tls::Facts;
use crate::ops::certificates::{Kept, Trouble};

/// Somebody has to do something by hand, and may be away for a while.
const BY_HAND: TimeDelta = TimeDelta::days(14);

pub(super) fn checks(config: &Config) -> Vec<Finding> {
    const NAME: &str = "https";
    let tls = &config.tls;
    if !tls.is_on() {
        let saw = "is not served here (`[tls] mode` is \"off\"); a proxy in front may have it";
        return vec![Finding::ok(NAME, saw)];
    }
    let now = SystemClock.now();
    let file = if tls.is_acme() { Kept::of(config).certificate_file() } else { tls.certificate_file.clone() };
    let mut findings = vec![Finding::ok(NAME, format!("is served on {}, at {}", tls.listen, config.public_url()))];
    match facts(&file) {
        Ok(facts) => findings.extend([end(tls, &facts, now), names(config, &facts)]),
        Err(reason) => findings.push(missing(tls, &file, &reason)),
    }
    findings.extend(key(tls, file));
    if tls.is_acme() {
        findings.push(authority(tls, Kept::of(config).trouble().as_ref()));
    }
    findings.extend(Tls::file(&tls.client_ca).map(visitors));
    findings
}

/// What the first certificate of a file says of itself.
fn facts(file: &Path) -> Result<Facts, String> {
    let pem = fs::read(file).map_err(|error| error.to_string())?;
    Facts::read(&pem).map_err(|error| error.to_string())
}

fn todo(tls: &Tls) -> &'static str {
    if tls.is_acme() {
        "see why: journalctl -u talentprompt | grep certificate; mend it, then: systemctl reload talentprompt"
    } else {
        "put the new certificate and its key in their places, then: systemctl reload talentprompt"
    }
}

fn missing(tls: &Tls, file: &Path, reason: &str) -> Finding {
    let saw = format!("{}: {reason}", file.display());
    Finding::error("certificate", saw, "browsers warn, and nothing but that is answered by https", todo(tls))
}

fn end(tls: &Tls, facts: &Facts, now: DateTime<Utc>) -> Finding {
    const NAME: &str = "certificate";
    let day = |moment: DateTime<Utc>| moment.format("%Y-%m-%d %H:%M UTC");
    if now < facts.begins {
        let saw = format!("holds from {} on, and the clock says {}", day(facts.begins), day(now));
        return Finding::error(NAME, saw, "browsers refuse it, or this machine's clock is wrong", "timedatectl");
    }
    let saw = format!("holds until {}", day(facts.ends));
    if now >= facts.ends {
        return Finding::error(NAME, format!("has ended: {saw}"), "browsers refuse it; it is still shown", todo(tls));
    }
    // A renewal should have come a good while ago; by hand it takes somebody who reads this.
    let late = facts.renewal() + (facts.ends - facts.renewal()) / 4;
    let soon = if tls.is_acme() { now >= late } else { facts.ends - now < BY_HAND };
    Finding::expect(!soon, NAME, saw, "it ends soon, and then browsers refuse it", todo(tls))
}

fn names(config: &Config, facts: &Facts) -> Finding {
    const NAME: &str = "certificate names";
    let url = config.public_url();
    let host = url.trim_start_matches("https://").split([':', '/']).next().unwrap_or_default().to_owned();
    let wanted: Vec<String> = config.tls.domains.iter().cloned().chain([host]).collect();
    let strangers: Vec<&str> = wanted.iter().filter(|name| !facts.is_for(name)).map(String::as_str).collect();
    if strangers.is_empty() {
        return Finding::ok(NAME, format!("it is for {}", config.tls.domains.join(", ")));
    }
    let means = "who opens that name is warned by the browser";
    let what = "name it in `[tls] domains`, or mend `[server] public_url`";
    Finding::error(NAME, format!("it is not for {}", strangers.join(", ")), means, what)
}

/// Who can read the key; what is a secret is looked at with the others.
fn key(tls: &Tls, certificate: PathBuf) -> Option<Finding> {
    const NAME: &str = "certificate key";
    let file = if tls.is_acme() { certificate } else { Tls::file(&tls.key_file)?.to_owned() };
    let todo = format!("chmod o= {}", file.display());
    let found = match fs::metadata(&file) {
        Ok(found) => found,
        Err(error) => {
            let saw = format!("{}: {error}", file.display());
            return Some(Finding::error(NAME, saw, "https cannot be served with it", "mend `[tls] key_file`"));
        }
    };
    let saw = format!("{} has mode {:o}", file.display(), found.mode() & 0o777);
    let means = "others on this machine can read it, and be taken for this server";
    let is_closed = found.mode().trailing_zeros() >= 3;
    Some(if is_closed { Finding::ok(NAME, saw) } else { Finding::error(NAME, saw, means, todo) })
}

fn authority(tls: &Tls, trouble: Option<&Trouble>) -> Finding {
    const NAME: &str = "certificate authority";
    match trouble {
        None => Finding::ok(NAME, format!("{} refused nothing", tls.directory)),
        Some(trouble) => Finding::error(
            NAME,
            format!("refused {} times, last at {}: {}", trouble.attempts, trouble.at, trouble.reason),
            "the certificate is not renewed; it is tried again later and later",
            "mend what it says (name service, ports 80 and 443, firewall), then: systemctl reload talentprompt",
        ),
    }
}

fn visitors(file: &Path) -> Finding {
    const NAME: &str = "certificates of visitors";
    match facts(file) {
        Ok(_) => Finding::ok(NAME, format!("https is for those alone whom {} knows", file.display())),
        Err(reason) => Finding::error(
            NAME,
            format!("{}: {reason}", file.display()),
            "nobody is let in by https, or those of before",
            "mend `[tls] client_ca`, then: systemctl reload talentprompt",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::config;
    use crate::ops::doctor::Level;

    /// A machine whose certificate is in files of its own.
    struct Machine {
        folder: tempfile::TempDir,
        config: Config,
    }

    impl Machine {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut config = config::load(None).unwrap().config;
            config.data.dir = folder.path().to_owned();
            config.tls.mode = "files".to_owned();
            config.tls.domains = vec!["talent.example.com".to_owned()];
            config.tls.certificate_file = folder.path().join("cert.pem");
            config.tls.key_file = folder.path().join("key.pem");
            Self { folder, config }
        }

        /// Writes a certificate for `name` that begins and ends so many days from now.
        fn issue(&self, name: &str, begins: i64, ends: i64) {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            let day = |days: i64| {
                let seconds = u64::try_from(SystemClock.now().timestamp() + days * 86_400).unwrap();
                rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(seconds)
            };
            (params.not_before, params.not_after) = (day(begins), day(ends));
            fs::write(self.folder.path().join("cert.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
            let file = self.folder.path().join("key.pem");
            fs::write(&file, key.serialize_pem()).unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o640)).unwrap();
        }

        fn level(&self, check: &str) -> Level {
            checks(&self.config).into_iter().find(|finding| finding.check == check).unwrap().level
        }
    }

    #[test]
    fn a_certificate_that_has_ended_or_ends_soon_is_told() {
        let machine = Machine::new();
        assert_eq!(machine.level("certificate"), Level::Error);
        let level = |begins, ends| {
            machine.issue("talent.example.com", begins, ends);
            machine.level("certificate")
        };
        assert_eq!(level(-1, 90), Level::Ok);
        assert_eq!(level(-80, 10), Level::Warning);
        assert_eq!(level(-90, -1), Level::Error);
        assert_eq!(level(1, 90), Level::Error);
    }

    #[test]
    fn a_certificate_for_another_name_than_people_open_is_told() {
        let mut machine = Machine::new();
        machine.issue("talent.example.com", -1, 90);
        assert_eq!(machine.level("certificate names"), Level::Ok);
        machine.config.server.public_url = "https://people.example.com".to_owned();
        assert_eq!(machine.level("certificate names"), Level::Error);
    }

    #[test]
    fn a_key_that_anybody_can_read_is_told() {
        let machine = Machine::new();
        machine.issue("talent.example.com", -1, 90);
        assert_eq!(machine.level("certificate key"), Level::Ok);
        fs::set_permissions(machine.folder.path().join("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(machine.level("certificate key"), Level::Error);
    }

    #[test]
    fn what_an_authority_refused_is_told_until_it_issues() {
        let tls = &Machine::new().config.tls;
        let at = SystemClock.now();
        let trouble = Trouble { attempts: 3, at, again: at, reason: "no such name".to_owned() };
        assert_eq!(authority(tls, None).level, Level::Ok);
        let told = authority(tls, Some(&trouble));
        assert!(told.level == Level::Error && told.saw.contains("no such name"));
    }
}
