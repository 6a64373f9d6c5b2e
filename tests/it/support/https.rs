//! An authority of the tests' own that issues certificates, and a client that speaks https with whom it knows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The name that people open in these tests.
pub const NAME: &str = "talent.example.com";

/// Issues certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, PEM.
pub struct Issued {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Of another name than what it issues, which else looks as if it had signed itself.
        params.distinguished_name.push(DnType::CommonName, "The tests' authority");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a name or an address, which ends so many days from now, or has ended.
    pub fn issue(&self, name: &str, days: i64) -> Issued {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let now = talentprompt::base::clock::Clock::now(&talentprompt::base::clock::SystemClock).timestamp();
        let day = |days: i64| {
            let seconds = u64::try_from(now + days * 86_400).unwrap();
            rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
        };
        (params.not_before, params.not_after) = (day(-60), day(days));
        let certificate = params.signed_by(&key, &self.0).unwrap().pem();
        Issued { certificate, key: key.serialize_pem() }
    }
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub version: Version,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    /// The certificate that was shown.
    pub certificate: CertificateDer<'static>,
}

/// Somebody who asks by https.
#[derive(Clone)]
pub struct Asker {
    config: Arc<ClientConfig>,
    address: SocketAddr,
}

impl Asker {
    /// Knows the authorities in `roots` (PEM).
    pub fn new(address: SocketAddr, roots: &str) -> Self {
        Self { config: Arc::new(Self::builder(roots).with_no_client_auth()), address }
    }

    /// The same with a certificate of its own.
    pub fn with_certificate(address: SocketAddr, roots: &str, own: &Issued) -> Self {
        let chain = CertificateDer::pem_slice_iter(own.certificate.as_bytes()).collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
        Self { config: Arc::new(Self::builder(roots).with_client_auth_cert(chain, key).unwrap()), address }
    }

    fn builder(roots: &str) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
        let mut known = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(roots.as_bytes()) {
            known.add(root.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        builder.with_root_certificates(known)
    }

    /// Shakes hands, and offers these protocols.
    pub async fn connect(&self, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(self.address).await?;
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(NAME).unwrap(), stream).await
    }

    /// Asks for a path, by HTTP/2 where the server speaks it.
    pub async fn get(&self, path: &str) -> std::io::Result<Answer> {
        let stream = self.connect(&["h2", "http/1.1"]).await?;
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().unwrap()[0].clone().into_owned();
        let speaks_http2 = session.alpn_protocol() == Some(b"h2");
        let request = Request::get(format!("https://{NAME}{path}")).header("host", NAME);
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let io = TokioIo::new(stream);
        let response = if speaks_http2 {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.map_err(std::io::Error::other)?;
            tokio::spawn(connection);
            sender.send_request(request).await
        } else {
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(io).await.map_err(std::io::Error::other)?;
            tokio::spawn(connection);
            sender.send_request(request).await
        };
        let response = response.map_err(std::io::Error::other)?;
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Answer { version: head.version, status: head.status, headers: head.headers, body, certificate })
    }
}
