//! The sockets people come in by: those that systemd holds open over restarts, or some of our own.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use tokio::net::TcpListener;

use crate::gateways::systemd::process;
use crate::gateways::tls::Tls;
use crate::http::Doors;

/// The name of our sockets in the socket unit (`FileDescriptorName=`, one for all of a unit: the port tells them apart).
const NAME: &str = "http";

/// Listening sockets. They can be opened more than once: each opening takes from the same queue.
#[derive(Debug)]
pub struct Sockets {
    open: Vec<std::net::TcpListener>,
    secure: Vec<std::net::TcpListener>,
    tls: Option<Arc<Tls>>,
}

impl Sockets {
    /// Takes what systemd holds for us, else binds `address`, and the address of `secure` for https. Done first, so that
    /// a port that is taken is said before anything else is started.
    pub async fn take(address: &str, secure: Option<(&str, Arc<Tls>)>) -> Result<Self> {
        let handed = process::listeners(NAME).context("cannot take the sockets that systemd holds")?;
        let (at, tls) = secure.unzip();
        if handed.is_empty() {
            let secure = match at {
                Some(at) => vec![bind(at, "`[tls] listen`").await?],
                None => Vec::new(),
            };
            let open = vec![bind(address, "`[server] listen`, or `demo --port`").await?];
            return Ok(Self { open, secure, tls });
        }
        let is_secure = |socket: &std::net::TcpListener| {
            at.is_some_and(|at| socket.local_addr().is_ok_and(|own| port(at) == Some(own.port())))
        };
        let (secure, open): (Vec<_>, Vec<_>) = handed.into_iter().partition(is_secure);
        ensure!(
            at.is_none() || !secure.is_empty(),
            "systemd does not hold the port of `[tls] listen` for us; after a change of mode or listen: \
             systemctl daemon-reload && systemctl restart talentprompt.socket"
        );
        Ok(Self { open, secure, tls })
    }

    /// The sockets, for one server.
    pub fn open(&self) -> Result<Doors> {
        let again = |sockets: &[std::net::TcpListener]| {
            sockets.iter().map(|socket| Ok(TcpListener::from_std(socket.try_clone()?)?)).collect::<Result<Vec<_>>>()
        };
        let secure = self.tls.clone().map(|tls| Ok::<_, anyhow::Error>((again(&self.secure)?, tls))).transpose()?;
        Ok(Doors { open: again(&self.open)?, secure })
    }

    /// Where they listen, for people.
    pub fn addresses(&self) -> String {
        let sockets = self.open.iter().chain(&self.secure);
        let addresses = sockets.filter_map(|socket| socket.local_addr().ok()).map(|address| address.to_string());
        addresses.collect::<Vec<_>>().join(", ")
    }
}

async fn bind(address: &str, key: &str) -> Result<std::net::TcpListener> {
    let own = TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address}: something else uses the port, or it may not be used; choose another one ({key})"
        )
    })?;
    Ok(own.into_std()?)
}

fn port(address: &str) -> Option<u16> {
    address.rsplit_once(':')?.1.parse().ok()
}
