//! A local service that the appliance starts, watches and restarts.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// How it stands with a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// It answers.
    Up,
    /// It was started and does not answer yet.
    Starting,
    /// It ended or hangs, and is started again.
    Down,
    /// It ends again and again; it is tried only now and then.
    CrashLoop,
    /// Somebody stopped it; it is left alone.
    Stopped,
    /// There is no such unit on this machine, or it is masked.
    NotInstalled,
}

impl ServiceState {
    /// The name on the wire and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Starting => "starting",
            Self::Down => "down",
            Self::CrashLoop => "crash_loop",
            Self::Stopped => "stopped",
            Self::NotInstalled => "not_installed",
        }
    }
}

/// A service as it was seen last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Supervised {
    /// `postgres`, `redis` or `qdrant`.
    pub name: &'static str,
    /// Its systemd unit.
    pub unit: &'static str,
    /// How it stands.
    pub state: ServiceState,
    /// Since when.
    pub since: DateTime<Utc>,
    /// How often it was started again, as far as systemd and the supervision have counted.
    pub restarts: usize,
    /// Bytes of memory.
    pub memory_bytes: Option<u64>,
    /// Bytes on disk.
    pub disk_bytes: Option<u64>,
    /// Its version, when it answered.
    pub version: Option<String>,
    /// What is wrong, in words.
    pub detail: Option<String>,
}
