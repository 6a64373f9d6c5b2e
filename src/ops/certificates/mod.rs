//! Keeps the web server's certificates: shows what there is, reads again what changed on the disk, and obtains and renews
//! where an authority issues them. Nothing of it keeps the appliance from starting or serving: without a certificate a
//! stand-in is shown, a certificate that has ended is still shown, and what went wrong is in the log and in `doctor`.

mod files;
mod kept;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

pub use kept::{Kept, Trouble};

use crate::base::clock::Clock;
use crate::base::random;
use crate::config::{Config, Tls as Settings};
use crate::gateways::tls::acme::{self, Authority};
use crate::gateways::tls::{Certificate, Error, Facts, Kind, Tls};

/// How often the files and the clock are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// How long until a failed order is tried again: twice as long each time, up to the second. The first hour then has five
/// attempts, as many as Let's Encrypt counts failures of a name in an hour (its documentation, "Rate Limits").
const FIRST_PAUSE: Duration = Duration::from_mins(2);
const LONGEST_PAUSE: Duration = Duration::from_hours(6);

/// The keeper of the certificates.
pub struct Keeper {
    config: Config,
    kept: Kept,
    clock: Arc<dyn Clock>,
    tls: Arc<Tls>,
    /// What was read last, and of which state of the files.
    held: Option<Certificate>,
    stamps: Option<files::Stamps>,
    trouble: Option<Trouble>,
    said_to_end: Option<DateTime<Utc>>,
}

impl Keeper {
    /// Shows what there is on the disk; `None` where https is not served here.
    ///
    /// # Errors
    /// If not even a stand-in can be made for the names.
    pub fn prepare(config: &Config, clock: Arc<dyn Clock>) -> Result<Option<Self>, Error> {
        if !config.tls.is_on() {
            return Ok(None);
        }
        let kept = Kept::of(config);
        let tls = Arc::new(Tls::new(&config.tls.domains)?);
        let trouble = kept.trouble();
        let config = config.clone();
        let mut keeper = Self { config, kept, clock, tls, held: None, stamps: None, trouble, said_to_end: None };
        keeper.look();
        if keeper.tls.is_stand_in() {
            tracing::warn!(
                "there is no certificate yet; https answers that, with a certificate of its own that nobody trusts"
            );
        }
        Ok(Some(keeper))
    }

    /// What shakes hands with who connects.
    pub fn tls(&self) -> Arc<Tls> {
        Arc::clone(&self.tls)
    }

    /// Keeps them until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let tls = self.tls();
        loop {
            if self.is_due() {
                tokio::select! {
                    () = self.obtain() => {}
                    () = stop.cancelled() => return,
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = tls.again.notified() => {
                    // Whoever asks has mended something.
                    self.stamps = None;
                    if let Some(trouble) = &mut self.trouble {
                        trouble.again = trouble.at;
                    }
                }
                () = stop.cancelled() => return,
            }
            self.look();
        }
    }

    /// Reads the files when they are not as they were, and shows what they hold.
    fn look(&mut self) {
        let stamps = files::stamps(&self.config.tls);
        if self.stamps.as_ref() != Some(&stamps) {
            self.stamps = Some(stamps);
            if let Err(error) = self.read().and_then(|found| self.show(found)) {
                tracing::error!(%error, "the certificate cannot be used; what was shown before still is");
            }
        }
        self.warn_of_the_end();
    }

    fn read(&self) -> Result<Option<Certificate>, Error> {
        if !self.config.tls.is_acme() {
            return files::certificate(&self.config.tls).map(Some);
        }
        self.kept.certificate()?.map(|pem| Certificate::read(&pem, &pem)).transpose()
    }

    fn show(&mut self, found: Option<Certificate>) -> Result<(), Error> {
        let Some(certificate) = found else { return Ok(()) };
        // Held also where it cannot be shown: another one would not help.
        self.held = Some(certificate.clone());
        let client_ca = files::client_ca(&self.config.tls)?;
        self.tls.show(&certificate, client_ca.as_deref())?;
        let facts = &certificate.facts;
        tracing::info!(begins = %facts.begins, ends = %facts.ends, "the certificate is shown");
        Ok(())
    }

    /// Once a day, when the certificate has ended: it is still shown, since browsers say more than a closed port does.
    fn warn_of_the_end(&mut self) {
        let now = self.clock.now();
        let ended = self.held.as_ref().map(|held| held.facts.ends).filter(|ends| *ends <= now);
        if let Some(ends) = ended
            && self.said_to_end.is_none_or(|said| now - said >= TimeDelta::days(1))
        {
            tracing::warn!(%ends, "the certificate has ended, and is still shown; `talentprompt doctor` says what to do");
            self.said_to_end = Some(now);
        }
    }

    /// Whether a certificate is to be ordered now.
    fn is_due(&self) -> bool {
        let held = self.held.as_ref().map(|held| &held.facts);
        self.config.tls.is_acme() && is_due(held, &self.config.tls.domains, self.trouble.as_ref(), self.clock.now())
    }

    /// Orders a certificate and shows it, or keeps what went wrong.
    async fn obtain(&mut self) {
        let attempts = self.trouble.as_ref().map_or(0, |trouble| trouble.attempts);
        let kind = kind(&self.config.tls, attempts);
        tracing::info!(names = self.config.tls.domains.join(", "), ?kind, "ordering a certificate");
        let noted = match self.order(kind).await {
            Ok(certificate) => {
                self.trouble = None;
                self.kept.forget_trouble().and_then(|()| self.show(Some(certificate)))
            }
            Err(error) => {
                let at = self.clock.now();
                let (attempts, again, reason) = (attempts + 1, at + pause(attempts), error.to_string());
                tracing::error!(%error, attempts, %again, "no certificate was issued");
                let trouble = self.trouble.insert(Trouble { attempts, at, again, reason });
                self.kept.keep_trouble(trouble)
            }
        };
        if let Err(error) = noted {
            tracing::error!(%error, "what became of an order could not be kept or shown");
        }
    }

    async fn order(&self, kind: Kind) -> Result<Certificate, Error> {
        let settings = &self.config.tls;
        let authority = Authority {
            directory: &settings.directory,
            root: Settings::file(&settings.ca_file),
            contact: &settings.contact,
        };
        let account = match self.kept.account()? {
            Some(account) => account,
            None => {
                let account = authority.register().await?;
                self.kept.keep_account(&account)?;
                account
            }
        };
        match authority.order(&account, &settings.domains, kind, &self.tls.challenges).await {
            Ok(pem) => {
                let certificate = Certificate::read(pem.as_bytes(), pem.as_bytes())?;
                self.kept.keep_certificate(&pem)?;
                Ok(certificate)
            }
            Err(error) => {
                if acme::is_unknown_account(&error) {
                    self.kept.forget_account()?;
                }
                Err(error)
            }
        }
    }
}

/// Whether a certificate is to be ordered: there is none, it is not for all names, or two thirds of its life are over;
/// and it is not too soon after a failure.
fn is_due(held: Option<&Facts>, names: &[String], trouble: Option<&Trouble>, now: DateTime<Utc>) -> bool {
    let serves = held.is_some_and(|facts| facts.is_for_all(names) && now < facts.renewal());
    // A clock that was set back must not make it wait for ever.
    let too_soon = trouble.is_some_and(|trouble| now < trouble.again && now >= trouble.at);
    !serves && !too_soon
}

/// How it is shown whose name it is: as configured, or by turns.
fn kind(settings: &Settings, attempts: u32) -> Kind {
    match settings.challenge.as_str() {
        "http-01" => Kind::Http,
        "tls-alpn-01" => Kind::TlsAlpn,
        _ if attempts.is_multiple_of(2) => Kind::Http,
        _ => Kind::TlsAlpn,
    }
}

/// How long to wait after a failure that followed `attempts` others; not all machines at the same moment.
fn pause(attempts: u32) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempts)).min(LONGEST_PAUSE);
    let [chance] = random::bytes();
    pause + pause.mul_f32(f32::from(chance) / 2_560.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_ordered_when_there_is_none_or_it_does_not_serve() {
        let names = vec!["a.example".to_owned()];
        let others = vec!["b.example".to_owned()];
        let facts = facts(&names);
        let (early, late) = (facts.renewal() - TimeDelta::days(1), facts.renewal() + TimeDelta::days(1));
        assert!(is_due(None, &names, None, early));
        assert!(!is_due(Some(&facts), &names, None, early));
        assert!(is_due(Some(&facts), &others, None, early));
        assert!(is_due(Some(&facts), &names, None, late));
    }

    #[test]
    fn a_failure_is_followed_by_a_pause_that_a_clock_set_back_does_not_prolong() {
        let names = vec!["a.example".to_owned()];
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let trouble = Trouble { attempts: 1, at, again: at + TimeDelta::minutes(2), reason: String::new() };
        let due = |now| is_due(None, &names, Some(&trouble), now);
        assert!(!due(at + TimeDelta::minutes(1)));
        assert!(due(at + TimeDelta::minutes(2)));
        assert!(due(at - TimeDelta::days(1)));
    }

    #[test]
    fn pauses_grow_and_end_at_six_hours() {
        let minutes = |attempts| pause(attempts).as_secs() / 60;
        assert!((2..=3).contains(&minutes(0)));
        assert!((8..=9).contains(&minutes(2)));
        assert!((360..=396).contains(&minutes(100)));
    }

    #[test]
    fn the_ways_to_prove_a_name_take_turns_unless_one_was_chosen() {
        let mut settings = crate::config::load(None).unwrap().config.tls;
        assert_eq!([0, 1, 2].map(|attempts| kind(&settings, attempts)), [Kind::Http, Kind::TlsAlpn, Kind::Http]);
        settings.challenge = "tls-alpn-01".to_owned();
        assert_eq!(kind(&settings, 0), Kind::TlsAlpn);
    }

    /// Those of a certificate for these names.
    fn facts(names: &[String]) -> Facts {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(names.to_vec()).unwrap().self_signed(&key).unwrap();
        Facts::read(certificate.pem().as_bytes()).unwrap()
    }
}
