//! A certificate with its key, and what it says of itself.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use x509_cert::der::Decode;
use x509_cert::time::Time;

use super::{Error, provider};

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    leaf: CertificateDer<'static>,
    /// It holds from then on.
    pub begins: DateTime<Utc>,
    /// It holds until then.
    pub ends: DateTime<Utc>,
}

impl Facts {
    /// Of the first certificate of a PEM file.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn read(pem: &[u8]) -> Result<Self, Error> {
        let leaf = CertificateDer::from_pem_slice(pem)
            .map_err(|error| Error::new(format!("there is no certificate in it ({error})")))?;
        Self::of(leaf)
    }

    fn of(leaf: CertificateDer<'static>) -> Result<Self, Error> {
        let unread = |error| Error::new(format!("the certificate cannot be read ({error})"));
        let certificate = x509_cert::Certificate::from_der(&leaf).map_err(unread)?;
        let validity = certificate.tbs_certificate().validity();
        let (begins, ends) = (moment(validity.not_before), moment(validity.not_after));
        Ok(Self { leaf, begins, ends })
    }

    /// Whether it is for `name`.
    pub fn is_for(&self, name: &str) -> bool {
        let (Ok(certificate), Ok(name)) = (ParsedCertificate::try_from(&self.leaf), ServerName::try_from(name)) else {
            return false;
        };
        verify_server_name(&certificate, &name).is_ok()
    }

    /// Whether it is for all of them.
    pub fn is_for_all(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.is_for(name))
    }

    /// When it should be renewed: after two thirds of its life, as the authorities recommend.
    pub fn renewal(&self) -> DateTime<Utc> {
        self.begins + (self.ends - self.begins) * 2 / 3
    }
}

fn moment(time: Time) -> DateTime<Utc> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A certificate that can be shown.
#[derive(Debug, Clone)]
pub struct Certificate {
    key: Arc<CertifiedKey>,
    /// What it says of itself.
    pub facts: Facts,
}

impl Certificate {
    /// Reads it, with those that lead to its root, and its key, both as PEM.
    ///
    /// # Errors
    /// If one of them cannot be read, or they do not belong together.
    pub fn read(chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        let facts = Facts::read(chain)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let chain = chain.map_err(|error| Error::new(format!("the certificates cannot be read ({error})")))?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| Error::new(format!("there is no key that can be read ({error})")))?;
        let key = CertifiedKey::from_der(chain, key, &provider())
            .map_err(|error| Error::new(format!("certificate and key cannot be used together ({error})")))?;
        Ok(Self { key: Arc::new(key), facts })
    }

    /// One that nobody trusts, for as long as there is no other.
    pub(super) fn stand_in(names: &[String]) -> Result<Self, Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names.to_vec())?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "TalentPrompt, until it has its certificate");
        let certificate = params.self_signed(&key)?;
        let facts = Facts::of(certificate.der().clone())?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(Error::new)?;
        let key = CertifiedKey::from_der(vec![certificate.der().clone()], key, &provider())?;
        Ok(Self { key: Arc::new(key), facts })
    }

    pub(super) fn key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_certificate_tells_its_names_and_when_it_is_to_be_renewed() {
        let facts = Certificate::stand_in(&names(&["a.example", "*.b.example"])).unwrap().facts;
        assert!(facts.is_for("a.example") && facts.is_for("x.b.example"));
        assert!(!facts.is_for("b.example") && !facts.is_for("not a name"));
        assert!(facts.is_for_all(&names(&["a.example", "y.b.example"])) && !facts.is_for_all(&names(&["c.example"])));
        assert!(facts.begins < facts.renewal() && facts.renewal() < facts.ends);
        let (life, before) = (facts.ends - facts.begins, facts.renewal() - facts.begins);
        assert_eq!(before.num_seconds(), life.num_seconds() * 2 / 3);
    }

    #[test]
    fn what_does_not_belong_together_is_refused_with_the_reason() {
        let key = || KeyPair::generate().unwrap();
        let (ours, theirs) = (key(), key());
        let certificate = CertificateParams::new(names(&["a.example"])).unwrap().self_signed(&ours).unwrap().pem();
        let read = |chain: &str, key: &str| Certificate::read(chain.as_bytes(), key.as_bytes());
        assert!(read(&certificate, &ours.serialize_pem()).is_ok());
        let said = |chain: &str, key: &str| read(chain, key).unwrap_err().to_string();
        assert!(said(&certificate, &theirs.serialize_pem()).contains("cannot be used together"));
        assert!(said(&certificate, "").contains("there is no key"));
        assert!(said("", &ours.serialize_pem()).contains("there is no certificate"));
    }
}
