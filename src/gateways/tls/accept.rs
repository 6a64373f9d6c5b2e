//! Shaking hands with who connects: visitors get the certificate that is shown, an authority that asks whose name it is
//! gets its answer and nothing else.

use std::io;

use rustls::server::Acceptor;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;

use super::Tls;
use super::challenges::PROTOCOL;

/// A connection that nobody else reads.
pub type Stream = tokio_rustls::server::TlsStream<TcpStream>;

impl Tls {
    /// Shakes hands; `None` when it was an authority, who has got what it came for.
    ///
    /// # Errors
    /// If it is not TLS, or who connects may not or breaks off.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<Option<Stream>> {
        let begun = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let hello = begun.client_hello();
        let asks = hello.alpn().is_some_and(|mut protocols| protocols.any(|protocol| protocol == PROTOCOL));
        if !asks {
            return begun.into_stream(self.config()).await.map(Some);
        }
        let name = hello.server_name().unwrap_or_default().to_lowercase();
        let answer = self.challenges.certificate(&name);
        let answer = answer.ok_or_else(|| io::Error::other("nobody was asked whose name it is"))?;
        begun.into_stream(answer).await?.shutdown().await?;
        Ok(None)
    }
}
