//! systemd: what it is told of this process and hands to it (`process`), the log it keeps (`journal`), and its units
//! over D-Bus (`bus`), behind a trait so that the supervision can be tested without it.

mod bus;
pub mod journal;
pub mod process;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use bus::SystemBus;

/// What can be asked of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Start it, unless it runs.
    Start,
    /// Stop it.
    Stop,
    /// Stop it if it runs, then start it.
    Restart,
    /// Forget its failures, so that a unit that failed too often may be started again.
    ResetFailed,
}

/// What systemd knows of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitState {
    /// Whether there is such a unit.
    pub installed: bool,
    /// `active`, `reloading`, `inactive`, `failed`, `activating` or `deactivating`.
    pub active: String,
    /// The finer state: `running`, `auto-restart`, …
    pub sub: String,
    /// How it ended last: `success`, `exit-code`, `signal`, `oom-kill`, …
    pub result: String,
    /// When it changed its state last.
    pub since: Option<DateTime<Utc>>,
    /// How often systemd itself started it again.
    pub restarts: u32,
    /// Memory in bytes, where it is accounted.
    pub memory: Option<u64>,
}

/// systemd did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("systemd: {0}")]
pub struct Error(String);

impl Error {
    /// With this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// The manager of units.
#[async_trait]
pub trait Units: Send + Sync {
    /// What is known of `unit`.
    async fn state(&self, unit: &str) -> Result<UnitState, Error>;
    /// Asks for something; answers when it is accepted, not when it is done.
    async fn order(&self, unit: &str, order: Order) -> Result<(), Error>;
}
