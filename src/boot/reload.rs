//! Reads the configuration again when asked to (SIGHUP, `systemctl reload`): what can be in force at once is, what
//! cannot is said, and a mistake changes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::{self, Changes, Live, Loaded};
use crate::gateways::systemd::process;
use crate::gateways::tls::Tls;
use crate::telemetry::Log;

/// What is read again, and what it changes.
pub struct Reload {
    hangup: Signal,
    file: Option<PathBuf>,
    loaded: Loaded,
    log: Log,
}

impl Reload {
    /// From now on SIGHUP does not end the process any more; [`Self::run`] answers it.
    pub fn prepare(file: Option<&Path>, loaded: Loaded, log: Log) -> Result<Self> {
        Ok(Self { hangup: signal(SignalKind::hangup())?, file: config::file(file), loaded, log })
    }

    /// Reads again whenever asked, the files of the certificate as well, until `stop`.
    pub async fn run(mut self, live: Live, tls: Option<Arc<Tls>>, stop: CancellationToken) {
        loop {
            tokio::select! {
                _ = self.hangup.recv() => {}
                () = stop.cancelled() => return,
            }
            process::reloading();
            let said = self.renew(&live);
            if let Some(tls) = &tls {
                tls.again.notify_one();
            }
            process::status(&said);
            process::ready();
        }
    }

    fn renew(&mut self, live: &Live) -> String {
        let fresh = config::load(self.file.as_deref());
        match fresh.and_then(|fresh| self.loaded.renewed(&fresh)) {
            Ok((renewed, changes)) => {
                live.set(renewed.config.clone());
                self.log.filter(&renewed.config.log.level);
                self.loaded = renewed;
                let said = describe(&changes);
                tracing::info!("{said}");
                said
            }
            Err(error) => {
                tracing::error!(%error, "the configuration has a mistake, so nothing of it was changed");
                format!("the configuration has a mistake, so nothing of it was changed: {error}")
            }
        }
    }
}

fn describe(changes: &Changes) -> String {
    let mut said = match changes.applied.as_slice() {
        [] => "the configuration was read again; nothing that is in force changes".to_owned(),
        keys => format!("the configuration was read again; in force now: {}", keys.join(", ")),
    };
    if !changes.waiting.is_empty() {
        said = format!("{said}; needs a restart: {}", changes.waiting.join(", "));
    }
    said
}
