//! Does a service work? Asked by a real query on a fresh connection: a port can be open while nobody is at home.

use async_trait::async_trait;

use crate::gateways::cache;
use crate::gateways::vectors::qdrant;
use crate::store::{self, server};

/// What a service says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its version.
    pub version: Option<String>,
    /// Bytes on disk, where it knows.
    pub disk_bytes: Option<u64>,
}

/// The question to a service.
#[async_trait]
pub trait Probe: Send + Sync {
    /// What it says of itself, or why it does not answer.
    async fn ask(&self) -> Result<Facts, String>;
}

/// Postgres at a URL.
pub struct PostgresProbe(pub String);

#[async_trait]
impl Probe for PostgresProbe {
    async fn ask(&self) -> Result<Facts, String> {
        match server::probe_beside(&self.0).await {
            Ok(Some(server)) => {
                let version = Some(format!("PostgreSQL {}", server.version));
                Ok(Facts { version, disk_bytes: u64::try_from(server.bytes).ok() })
            }
            Err(store::Error::Unavailable(reason)) => Err(reason),
            // It answers: a wrong role or a missing database is no reason to start it again.
            Ok(None) | Err(_) => Ok(Facts::default()),
        }
    }
}

/// Redis or Valkey at a URL.
pub struct RedisProbe(pub String);

#[async_trait]
impl Probe for RedisProbe {
    async fn ask(&self) -> Result<Facts, String> {
        let version = cache::probe(&self.0).await?;
        Ok(Facts { version: Some(version).filter(|text| !text.is_empty()), disk_bytes: None })
    }
}

/// Qdrant at a URL, with its key.
pub struct QdrantProbe(pub String, pub String);

#[async_trait]
impl Probe for QdrantProbe {
    async fn ask(&self) -> Result<Facts, String> {
        let version = qdrant::probe(&self.0, &self.1).await.map_err(|error| error.to_string())?;
        Ok(Facts { version: Some(format!("Qdrant {version}")), disk_bytes: None })
    }
}
