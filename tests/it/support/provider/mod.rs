//! A provider of models in a box: it speaks OpenAI's protocol (chat, structured output, streaming, embeddings, batches)
//! and Anthropic's over real HTTP, does what a script says, and keeps the true bill.
//!
//! The ordinary client talks to it, so a test sees what the product does with a provider that is slow, away, over its
//! limit, talking rubbish, or the servant of whoever wrote the document. It runs inside a test (`Provider::start`), and
//! by itself for benchmarks and browser tests (`cargo run --example provider`), with the same script by HTTP:
//! `POST /box/script`, `GET /box/bill`, `GET /box/calls`.

mod answer;
mod anthropic;
mod batches;
mod control;
mod embeddings;
mod fault;
mod ledger;
mod openai;
mod script;
mod serve;
mod work;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use answer::{NOWHERE, check_strict, injected, sentences};
pub use fault::Fault;
pub use ledger::tokens;
pub use script::{Behaviour, Mix, Rubbish};

use batches::Shelf;
use ledger::{Bill, Call, Ledger, Price};
use script::Script;

/// A model that the provider offers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What clients call it.
    pub name: String,
    /// The most tokens it takes, with the answer; of each text, if it makes embeddings.
    #[serde(default = "default_context")]
    pub context: u64,
    /// The vectors' dimensions; 0 if it makes none.
    #[serde(default)]
    pub dimensions: usize,
    /// What it costs.
    #[serde(default)]
    pub price: Price,
}

fn default_context() -> u64 {
    128_000
}

impl Model {
    /// A model that talks, at prices in micro-dollars for a million tokens in, cached and out.
    pub fn chat(name: &str, input: u64, cached: u64, output: u64) -> Self {
        // Writing to Anthropic's cache costs a quarter more than reading without it.
        let price = Price { input, cached, cache_write: input * 5 / 4, output };
        Self { name: name.to_owned(), context: default_context(), dimensions: 0, price }
    }

    /// A model that makes vectors, at a price in micro-dollars for a million tokens.
    pub fn embedding(name: &str, dimensions: usize, input: u64) -> Self {
        let price = Price { input, ..Price::default() };
        Self { name: name.to_owned(), context: 8192, dimensions, price }
    }
}

/// What the provider offers, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The one key that is accepted, by both protocols.
    pub key: String,
    /// The models.
    pub models: Vec<Model>,
    /// A batch takes this long, milliseconds.
    pub batch_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        let models = vec![
            Model::chat("small", 200_000, 50_000, 800_000),
            Model::chat("large", 2_500_000, 625_000, 10_000_000),
            Model::chat("claude", 3_000_000, 300_000, 15_000_000),
            Model::embedding("embedding", 256, 20_000),
        ];
        Self { key: "test-key".to_owned(), models, batch_ms: 0 }
    }
}

/// What all requests share.
#[derive(Debug)]
pub struct Shared {
    settings: Settings,
    script: Mutex<Script>,
    ledger: Mutex<Ledger>,
    shelf: Mutex<Shelf>,
    last_id: AtomicU64,
}

impl Shared {
    fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            script: Mutex::default(),
            ledger: Mutex::default(),
            shelf: Mutex::default(),
            last_id: AtomicU64::new(0),
        })
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An id that was not given before, as in `chatcmpl-box7`.
    fn id(&self, kind: &str) -> String {
        format!("{kind}box{}", self.last_id.fetch_add(1, Ordering::Relaxed))
    }
}

/// A provider that runs, until it is dropped.
pub struct Provider {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: DropGuard,
}

impl Provider {
    /// Starts one on a port of loopback that nobody has.
    pub async fn start(settings: Settings) -> Self {
        Self::start_at(settings, 0).await.expect("a port of loopback is free")
    }

    /// Starts one on this port of loopback; 0 for one that nobody has.
    pub async fn start_at(settings: Settings, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let (shared, stop) = (Shared::new(settings), CancellationToken::new());
        tokio::spawn(stop.clone().run_until_cancelled_owned(serve::accept(
            listener,
            Arc::clone(&shared),
            stop.clone(),
        )));
        Ok(Self { address, shared, _stop: stop.drop_guard() })
    }

    /// Where it listens, without a path: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Orders for all models: each request takes the next one; rules hold from now on.
    pub fn script(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.shared.script().add(None, behaviours, Instant::now());
    }

    /// Orders for one model, which go before those for all.
    pub fn script_for(&self, model: &str, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.shared.script().add(Some(model), behaviours, Instant::now());
    }

    /// Draws from a mixture whenever nothing else was ordered.
    pub fn mix(&self, mix: Mix) {
        self.shared.script().mix(mix);
    }

    /// Forgets all orders, and says how many steps nobody had taken.
    pub fn clear(&self) -> usize {
        let mut script = self.shared.script();
        let left = script.left();
        script.clear();
        left
    }

    /// What was really charged.
    pub fn bill(&self) -> Bill {
        self.shared.ledger().bill()
    }

    /// Every request that came, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.ledger().calls().to_vec()
    }
}
