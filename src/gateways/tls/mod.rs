//! TLS: the certificate that is shown to whoever connects, who may connect at all, and the answers by which an authority
//! is shown whose name it is. `acme` speaks with the authority; `certificate` reads what there is.

mod accept;
pub mod acme;
mod certificate;
mod challenges;

use std::sync::{Arc, PoisonError, RwLock};

use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::sign::SingleCertAndKey;
use tokio::sync::Notify;

pub use accept::Stream;
pub use certificate::{Certificate, Facts};
pub use challenges::{Challenges, Kind};

/// What cannot be used, in words.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Error {
    /// With this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<rcgen::Error> for Error {
    fn from(error: rcgen::Error) -> Self {
        Self(error.to_string())
    }
}

/// One side of the conversation: everything that https needs.
#[derive(Debug)]
pub struct Tls {
    shown: RwLock<Shown>,
    /// Answers to an authority.
    pub challenges: Challenges,
    /// Somebody wants the certificates to be looked at again.
    pub again: Notify,
}

#[derive(Debug, Clone)]
struct Shown {
    config: Arc<ServerConfig>,
    is_stand_in: bool,
}

impl Tls {
    /// Shows a certificate that nobody trusts, until there is another.
    ///
    /// # Errors
    /// If none can be made for these names.
    pub fn new(names: &[String]) -> Result<Self, Error> {
        let config = server_config(&Certificate::stand_in(names)?, None)?;
        let shown = RwLock::new(Shown { config, is_stand_in: true });
        Ok(Self { shown, challenges: Challenges::default(), again: Notify::new() })
    }

    /// From now on shows this one, to everybody or to those with a certificate of the authorities in `client_ca` (PEM).
    ///
    /// # Errors
    /// If they cannot be used; then all stays as it was.
    pub fn show(&self, certificate: &Certificate, client_ca: Option<&[u8]>) -> Result<(), Error> {
        let config = server_config(certificate, client_ca)?;
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Shown { config, is_stand_in: false };
        Ok(())
    }

    /// Whether there is no certificate yet, and one is shown that nobody trusts.
    pub fn is_stand_in(&self) -> bool {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).is_stand_in
    }

    fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner).config)
    }
}

/// The one implementation of cryptography in the program.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn server_config(certificate: &Certificate, client_ca: Option<&[u8]>) -> Result<Arc<ServerConfig>, Error> {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            for root in CertificateDer::pem_slice_iter(pem) {
                roots.add(root.map_err(|error| Error::new(format!("client_ca: {error}")))?)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| Error::new(format!("client_ca: {error}")))?)
        }
    };
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certificate.key())));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
