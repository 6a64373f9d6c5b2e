//! The way to being ready under systemd: start the local services, wait for the database, bring its schema up to date;
//! meanwhile tell systemd what goes on and that it may take longer, and whoever asks that it is not ready yet. Until then
//! nothing is written, so that an upgrade that fails here can be undone without loss.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::listen::Sockets;
use crate::base::clock::SystemClock;
use crate::config::{Config, environment};
use crate::gateways::systemd::{SystemBus, process};
use crate::model::service::Supervised;
use crate::ops::supervise;
use crate::store::{self, server};
use crate::{boot, http};

/// How often systemd is asked for more time, and for how much.
const ASK: Duration = Duration::from_secs(5);
const MORE: Duration = Duration::from_mins(1);

/// How long whoever asks is kept waiting for the database before they are told that it is away. A restart is over
/// sooner, and nobody sees it.
const SILENCE: Duration = Duration::from_secs(10);

/// How the status begins when the schema could not be brought up to date. The package's scripts wait for it, too.
const FAILED: &str = "the upgrade failed: ";

/// How long until a failed upgrade is tried again.
const AGAIN: Duration = Duration::from_mins(5);

/// Watches the local services until `stop` where systemd started us; answers where they are shown.
pub fn supervise(config: &Config, stop: &CancellationToken) -> watch::Sender<Option<Vec<Supervised>>> {
    let board = watch::channel(None).0;
    let services = supervise::services(config);
    if environment::is_notified() && process::booted() && !services.is_empty() {
        let (units, clock) = (Arc::new(SystemBus), Arc::new(SystemClock));
        tokio::spawn(supervise::watch::run(services, units, clock, board.clone(), stop.clone()));
    }
    board
}

/// Waits for the database where somebody is told how long it takes, and brings its schema up to date. Answers whether
/// it was not asked to stop before. Whoever asks on `sockets` meanwhile is told; a worker has none.
pub async fn database(config: &Config, sockets: Option<&Sockets>, stop: &CancellationToken) -> Result<bool> {
    let patient = environment::is_notified();
    let arrived = CancellationToken::new();
    let excuses = match sockets {
        Some(sockets) => tokio::spawn(excuse(sockets.open()?, arrived.clone())),
        None => tokio::spawn(async { Ok(()) }),
    };
    let ready = async { if patient { prepared(config).await } else { boot::migrate(config).await.map(drop) } };
    let outcome = tokio::select! {
        outcome = extended(ready) => outcome.map(|()| true),
        () = stop.cancelled() => Ok(false),
    };
    arrived.cancel();
    excuses.await??;
    outcome
}

/// Waits for the database and brings its schema up to date, however long that takes. What fails would fail in a new
/// process as well, so this one stays and says why: whoever upgrades reads it in the status, and a loop of restarts
/// would copy the database again and again.
async fn prepared(config: &Config) -> Result<()> {
    loop {
        process::status("waiting for the database");
        wait(config.admin_url()).await;
        process::status("bringing the database's schema up to date");
        let Err(error) = boot::migrate(config).await else { return Ok(()) };
        if matches!(error.downcast_ref(), Some(store::Error::Unavailable(_))) {
            tracing::warn!(error = format!("{error:#}"), "the database went away in the midst of an upgrade");
            tokio::time::sleep(Duration::from_millis(200)).await;
        } else {
            tracing::error!(error = format!("{error:#}"), "the upgrade failed; it is tried again in five minutes");
            process::status(&format!("{FAILED}{error:#}"));
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Does something that may take long, and tells systemd so.
async fn extended<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        process::extend(MORE);
        if let Ok(done) = tokio::time::timeout(ASK, &mut work).await {
            return done;
        }
    }
}

/// Returns when the database answers.
async fn wait(url: &str) {
    let mut told = false;
    while let Err(store::Error::Unavailable(reason)) = server::probe(url).await {
        if !std::mem::replace(&mut told, true) {
            tracing::warn!(reason, "the database does not answer yet, waiting for it");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// After a while, answers whoever asks that the database is away, until it has `arrived`.
async fn excuse(doors: http::Doors, arrived: CancellationToken) -> Result<()> {
    tokio::select! {
        () = tokio::time::sleep(SILENCE) => Ok(http::wait(doors, "the database", arrived).await?),
        () = arrived.cancelled() => Ok(()),
    }
}
