//! Floor 5: what recruit, ops and tasks are given, so that none of them opens a connection or takes the time itself.

pub mod mail;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::{broadcast, watch};

use crate::ai::Door;
use crate::base::clock::Clock;
use crate::base::random;
use crate::base::turns::Turns;
use crate::config::Live;
use crate::gateways::cache::Cache;
use crate::gateways::embed::Embedder;
use crate::gateways::extract::Extractor;
use crate::gateways::files::Files;
use crate::gateways::vectors::VectorIndex;
use crate::model::service::Supervised;
use crate::store::Store;
use crate::store::listener::Notice;

/// The program's surroundings.
#[derive(Clone)]
pub struct Context {
    /// The configuration.
    pub config: Live,
    /// Postgres.
    pub store: Store,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Bytes of documents.
    pub files: Files,
    /// Redis or memory.
    pub cache: Cache,
    /// Who is at what is done one after the other.
    pub turns: Turns,
    /// The metered door to every language model.
    pub ai: Door,
    /// The embedding model.
    pub embedder: Arc<dyn Embedder>,
    /// The vector engine.
    pub vectors: Arc<dyn VectorIndex>,
    /// The sandboxed document reader.
    pub extractor: Extractor,
    /// What changed, as this process hears it.
    pub notices: broadcast::Sender<Notice>,
    /// The local services as the supervision sees them; none where nothing is supervised.
    pub services: watch::Sender<Option<Vec<Supervised>>>,
}

impl Context {
    /// The present moment, UTC.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A new id of any kind: `ctx.id(CandidateId::new)`.
    pub fn id<T>(&self, new: fn(DateTime<Utc>, [u8; 10]) -> T) -> T {
        new(self.now(), random::bytes())
    }
}
