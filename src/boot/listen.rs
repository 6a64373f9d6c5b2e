//! The sockets people come in by: those that systemd holds open over restarts, or one of our own.

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;

use crate::gateways::systemd::process;

/// The name of our sockets in the socket unit (`FileDescriptorName=`).
const NAME: &str = "http";

/// Listening sockets. They can be opened more than once: each opening takes from the same queue.
#[derive(Debug)]
pub struct Sockets(Vec<std::net::TcpListener>);

impl Sockets {
    /// Takes what systemd holds for us, else binds `address`. Done first, so that a port that is taken is said before
    /// anything else is started.
    pub async fn take(address: &str) -> Result<Self> {
        let handed = process::listeners(NAME).context("cannot take the sockets that systemd holds")?;
        if !handed.is_empty() {
            return Ok(Self(handed));
        }
        let own = TcpListener::bind(address).await.with_context(|| {
            format!(
                "cannot listen on {address}: something else uses the port, or it may not be used; \
                 choose another one (`[server] listen`, or `demo --port`)"
            )
        })?;
        Ok(Self(vec![own.into_std()?]))
    }

    /// The sockets, for one server.
    pub fn open(&self) -> Result<Vec<TcpListener>> {
        self.0.iter().map(|socket| Ok(TcpListener::from_std(socket.try_clone()?)?)).collect()
    }

    /// Where they listen, for people.
    pub fn addresses(&self) -> String {
        let addresses = self.0.iter().filter_map(|socket| socket.local_addr().ok()).map(|address| address.to_string());
        addresses.collect::<Vec<_>>().join(", ")
    }
}
