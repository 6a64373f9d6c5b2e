//! The answers that show an authority whose name it is: a text at port 80 (HTTP-01, RFC 8555), or a certificate that
//! only the authority asks for at port 443 (TLS-ALPN-01, RFC 8737).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::{Error, provider};

/// The protocol by which the authority asks.
pub(super) const PROTOCOL: &[u8] = b"acme-tls/1";

/// How it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text at port 80.
    Http,
    /// A certificate at port 443.
    TlsAlpn,
}

/// The answers of this moment.
#[derive(Debug, Default)]
pub struct Challenges {
    texts: Mutex<HashMap<String, String>>,
    certificates: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl Challenges {
    /// The text for a token.
    pub fn text(&self, token: &str) -> Option<String> {
        held(&self.texts).get(token).cloned()
    }

    /// What to shake hands with for a name.
    pub(super) fn certificate(&self, name: &str) -> Option<Arc<ServerConfig>> {
        held(&self.certificates).get(name).cloned()
    }

    pub(super) fn offer_text(&self, token: &str, text: &str) {
        held(&self.texts).insert(token.to_owned(), text.to_owned());
    }

    pub(super) fn offer_certificate(&self, name: &str, digest: &[u8]) -> Result<(), Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let certificate = params.self_signed(&key)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(Error::new)?;
        let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        // Not looked at as other certificates are: that it may be used for nothing else is marked as critical in it.
        let shown = CertifiedKey::new(vec![certificate.der().clone()], any_supported_type(&key)?);
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        held(&self.certificates).insert(name.to_owned(), Arc::new(config));
        Ok(())
    }

    /// Nothing is being shown any more.
    pub(super) fn withdraw(&self) {
        held(&self.texts).clear();
        held(&self.certificates).clear();
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
