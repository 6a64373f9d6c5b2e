//! The DNS, asked for texts: what a domain says of who may send mail in its name. The system's own resolver is asked for
//! addresses alone, so the name servers that it uses are asked here.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

/// How long a name server may take, and how often one is asked.
const PATIENCE: Duration = Duration::from_secs(3);
const ATTEMPTS: usize = 2;

/// The name servers.
pub struct Dns(TokioResolver);

impl Dns {
    /// Those of the machine (`/etc/resolv.conf`).
    ///
    /// # Errors
    /// If the machine names none.
    pub fn system() -> Result<Self, String> {
        let mut builder =
            TokioResolver::builder_tokio().map_err(|error| format!("no name server is known: {error}"))?;
        (builder.options_mut().timeout, builder.options_mut().attempts) = (PATIENCE, ATTEMPTS);
        builder.build().map(Self).map_err(|error| error.to_string())
    }

    /// The one at this address.
    ///
    /// # Errors
    /// Never, as far as is known: nothing is asked yet.
    pub fn at(server: SocketAddr) -> Result<Self, String> {
        let mut connection = ConnectionConfig::udp();
        connection.port = server.port();
        let server = NameServerConfig::new(server.ip(), true, vec![connection]);
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        (builder.options_mut().timeout, builder.options_mut().attempts) = (PATIENCE, ATTEMPTS);
        builder.build().map(Self).map_err(|error| error.to_string())
    }

    /// The texts (TXT) of a name, each put together from its pieces; none where there is no such name.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        // With a dot at its end, so that the machine's own domain is not tried behind it.
        match self.0.txt_lookup(format!("{name}.")).await {
            Ok(found) => {
                let texts = found.answers().iter().filter_map(|record| match &record.data {
                    RData::TXT(text) => Some(text.txt_data.concat()),
                    _ => None,
                });
                Ok(texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect())
            }
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(format!("the name servers cannot be asked for {name}: {error}")),
        }
    }
}
