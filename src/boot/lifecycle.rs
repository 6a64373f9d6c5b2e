//! The process's life: serve, work, listen for changes, and end in order when asked.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::watchdog;
use crate::ai::ledger;
use crate::context::Context;
use crate::gateways::extract;
use crate::gateways::systemd::process;
use crate::recruit::{search, standby};
use crate::store::listener::Notice;
use crate::store::{Store, WorkerLock};
use crate::tasks::runner::Pulse;
use crate::{http, tasks};

/// How long open requests may go on after the process was asked to end.
const DRAIN: Duration = Duration::from_secs(10);

/// How often it is looked whether the workers' lock is still held.
const LOOK: Duration = Duration::from_secs(5);

/// How long until an address for metrics that could not be had is tried again.
const METRICS_AGAIN: Duration = Duration::from_secs(10);

/// Which part of the appliance's work a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// All of it.
    All,
    /// The web page and the API.
    Api,
    /// The background work.
    Worker,
}

impl Role {
    /// Whether it answers requests.
    pub fn serves(self) -> bool {
        self != Self::Worker
    }

    /// Whether it has workers.
    pub fn works(self) -> bool {
        self != Self::Api
    }
}

/// A token that is cancelled by SIGTERM or SIGINT (Ctrl-C).
pub fn stop_on_signals() -> Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        process::stopping();
        tracing::info!("asked to stop");
        told.cancel();
    });
    Ok(stop)
}

/// Serves the API and the pages at `doors`, and runs the workers, as far as its role says, until `stop`.
pub async fn run(ctx: Context, role: Role, doors: http::Doors, stop: CancellationToken) -> Result<()> {
    let tracker = TaskTracker::new();
    let pulse = role.works().then(|| Pulse::new(ctx.config.get().tasks.workers));
    if let Some(pulse) = pulse.clone() {
        let lock = begin_work(&ctx).await?;
        tracker.spawn(keep_lock(ctx.clone(), lock, stop.clone()));
        tracker.spawn(tasks::runner::run(ctx.clone(), pulse, stop.clone()));
        tracker.spawn(tasks::schedule::run(ctx.clone(), stop.clone()));
        tracker.spawn(tasks::mail::run(ctx.clone(), stop.clone()));
    }
    tracker.spawn(hear(ctx.clone(), stop.clone()));
    tracker.spawn(keep_calls(ctx.clone(), stop.clone()));
    tracker.spawn(watch_vectors(ctx.clone(), stop.clone()));
    tracker.spawn(tell_metrics(ctx.clone(), stop.clone()));
    tracker.spawn(watchdog::run(ctx.clone(), pulse, stop.clone()));
    tracker.close();
    let asked_to_stop = stop.clone();
    let serving = async move {
        if role.serves() {
            return http::serve(doors, ctx, asked_to_stop).await;
        }
        asked_to_stop.cancelled().await;
        Ok(())
    };
    process::ready();
    tokio::select! {
        result = serving => result.context("the web server failed")?,
        () = drained(stop.clone()) => tracing::info!("some requests were still open and are cut off"),
    }
    stop.cancel();
    if tokio::time::timeout(DRAIN, tracker.wait()).await.is_err() {
        tracing::warn!("the workers did not end in time; their tasks will be taken up again");
    }
    Ok(())
}

/// Says that the calls of models that this process makes are under way, and gives up those of processes that are gone.
async fn keep_calls(ctx: Context, stop: CancellationToken) {
    let mut regular = tokio::time::interval(ledger::RENEW_EVERY);
    regular.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = regular.tick() => {
                if let Err(error) = ctx.ai.keep().await {
                    tracing::warn!(%error, "cannot say that calls of models are under way, trying again");
                }
            }
            () = stop.cancelled() => return,
        }
    }
}

/// Serves what a monitoring system reads, where an address for it is configured. An address that cannot be had is no reason
/// not to serve people: it is tried again.
async fn tell_metrics(ctx: Context, stop: CancellationToken) {
    let address = ctx.config.get().metrics.listen.clone();
    while !address.is_empty() && !stop.is_cancelled() {
        let served = match TcpListener::bind(&address).await {
            Ok(listener) => http::metrics::serve(listener, ctx.clone(), stop.clone()).await,
            Err(error) => Err(error),
        };
        if let Err(error) = served {
            tracing::error!(%error, address, "metrics cannot be served there (`[metrics] listen`), trying again");
            tokio::select! {
                () = tokio::time::sleep(METRICS_AGAIN) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

async fn watch_vectors(ctx: Context, stop: CancellationToken) {
    tokio::select! {
        () = standby::watch(&ctx) => {}
        () = stop.cancelled() => {}
    }
}

async fn drained(stop: CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(DRAIN).await;
}

/// Runs the workers alone until `stop`: for commands that work without a server.
pub async fn work(ctx: Context, stop: CancellationToken) -> Result<()> {
    let lock = begin_work(&ctx).await?;
    tokio::join!(
        keep_lock(ctx.clone(), lock, stop.clone()),
        hear(ctx.clone(), stop.clone()),
        keep_calls(ctx.clone(), stop.clone()),
        watch_vectors(ctx.clone(), stop.clone()),
        tasks::runner::run(ctx.clone(), Pulse::new(ctx.config.get().tasks.workers), stop)
    );
    Ok(())
}

/// Takes over what a process that was killed left, then says to others that this one works.
async fn begin_work(ctx: &Context) -> Result<WorkerLock> {
    let swept = tokio::task::spawn_blocking(extract::sweep).await?;
    if swept > 0 {
        tracing::info!(swept, "folders of document readers that were killed are removed");
    }
    let taken_over = ctx.store.take_over_tasks().await?;
    if taken_over > 0 {
        tracing::info!(taken_over, "tasks of a process that ended are ready again");
    }
    Ok(ctx.store.worker_lock().await?)
}

/// Holds the workers' lock until `stop`, and takes it again after the database was away.
async fn keep_lock(ctx: Context, first: WorkerLock, stop: CancellationToken) {
    let keeping = async {
        let mut lock = first;
        loop {
            lock.lost(LOOK).await;
            tracing::warn!("the connection that holds the workers' lock was lost");
            lock = loop {
                match ctx.store.worker_lock().await {
                    Ok(lock) => break lock,
                    Err(error) => tracing::warn!(%error, "cannot take the workers' lock, trying again"),
                }
                tokio::time::sleep(LOOK).await;
            };
        }
    };
    tokio::select! {
        () = keeping => {}
        () = stop.cancelled() => {}
    }
}

/// Passes on what changes, from the database to everyone in this process; connects again when it is cut off.
async fn hear(ctx: Context, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = pass_on(&ctx.store, &ctx) => {}
            () = stop.cancelled() => return,
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn missed(ctx: &Context) {
    search::forget_all();
    drop(ctx.notices.send(Notice::Missed));
}

async fn pass_on(store: &Store, ctx: &Context) {
    let mut listener = match store.notices().await {
        Ok(listener) => listener,
        Err(error) => return tracing::warn!(%error, "cannot listen for changes, trying again"),
    };
    // Before this nobody listened.
    missed(ctx);
    loop {
        match listener.next().await {
            Ok(Some(notice)) => {
                if let Notice::CandidateDeleted { id, .. } = notice {
                    search::forget(id);
                }
                // Nobody may be listening; that is no failure.
                drop(ctx.notices.send(notice));
            }
            Ok(None) => {
                tracing::info!("the connection for changes was made anew");
                missed(ctx);
            }
            Err(error) => return tracing::warn!(%error, "the connection for changes was lost"),
        }
    }
}
