//! Runs tasks: takes what is ready, holds it by a lease, ends it in the transaction of its effect.
//!
//! A worker that is killed leaves its lease to expire, and another takes the task; an attempt that fails is repeated
//! with growing pauses; the last one tells the task to leave the truth where people look.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde::de::DeserializeOwned;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error_span};
use uuid::Uuid;

use super::{Done, Task, all};
use crate::base::random;
use crate::context::Context;
use crate::model::upload::UploadError;
use crate::recruit::intake::{self, UploadTask};
use crate::recruit::{Error, Result, indexing};
use crate::store::listener::Notice;
use crate::store::queue::{self, Reserved};

/// How long a task is held; renewed at a third of it. After a kill, a task is taken again at the latest after this.
const LEASE: Duration = Duration::from_secs(20);

/// How long a worker without work waits at most; a notice of a new task wakes it sooner.
const IDLE: Duration = Duration::from_secs(1);

/// How long a task waits when a service it needs is away.
const AWAY: Duration = Duration::from_secs(3);

/// Tells whether the workers get on: each says so whenever it looks for a task or renews one, which is every few
/// seconds, whatever it does.
#[derive(Debug, Clone)]
pub struct Pulse(Arc<[Mutex<Instant>]>);

impl Pulse {
    /// Of so many workers, at least one.
    pub fn new(workers: usize) -> Self {
        Self((0..workers.max(1)).map(|_| Mutex::new(Instant::now())).collect())
    }

    fn beat(&self, worker: usize) {
        *self.0[worker].lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// How long the slowest worker has not been heard of.
    pub fn age(&self) -> Duration {
        let ages = self.0.iter().map(|last| last.lock().unwrap_or_else(PoisonError::into_inner).elapsed());
        ages.max().unwrap_or_default()
    }
}

/// Runs tasks on as many workers as `pulse` has until `stop`, then gives back what is not done.
pub async fn run(ctx: Context, pulse: Pulse, stop: CancellationToken) {
    let mut set = JoinSet::new();
    let mut workers = HashMap::new();
    let begin = |set: &mut JoinSet<()>, worker| set.spawn(work(ctx.clone(), pulse.clone(), worker, stop.clone())).id();
    for worker in 0..pulse.0.len() {
        workers.insert(begin(&mut set, worker), worker);
    }
    while let Some(ended) = set.join_next_with_id().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a worker died, starting another");
            if let Some(worker) = workers.remove(&error.id()).filter(|_| !stop.is_cancelled()) {
                workers.insert(begin(&mut set, worker), worker);
            }
        }
    }
}

async fn work(ctx: Context, pulse: Pulse, worker: usize, stop: CancellationToken) {
    let kinds: Vec<String> = all().iter().map(|task| task.kind().to_owned()).collect();
    let mut notices = ctx.notices.subscribe();
    while !stop.is_cancelled() {
        pulse.beat(worker);
        let lease = Uuid::from_bytes(random::bytes());
        match ctx.store.reserve(&kinds, 1, lease, LEASE, ctx.now()).await {
            Ok(reserved) if reserved.is_empty() => idle(&mut notices, &stop).await,
            Ok(reserved) => {
                for task in reserved {
                    let workspace = task.workspace.map(|id| id.to_string());
                    let span = error_span!("task", task = %task.id, kind = task.kind, workspace);
                    hold(&ctx, &task, || pulse.beat(worker), &stop).instrument(span).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a task, trying again");
                wait(IDLE, &stop).await;
            }
        }
    }
}

async fn idle(notices: &mut tokio::sync::broadcast::Receiver<Notice>, stop: &CancellationToken) {
    let woken = async {
        loop {
            match notices.recv().await {
                Ok(Notice::Task | Notice::Missed) | Err(RecvError::Lagged(_)) => return,
                Ok(_) => {}
                Err(RecvError::Closed) => return tokio::time::sleep(IDLE).await,
            }
        }
    };
    tokio::select! {
        () = woken => {}
        () = wait(IDLE, stop) => {}
    }
}

async fn wait(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = stop.cancelled() => {}
    }
}

/// Does one task while renewing its lease; gives it back unharmed when the process stops.
async fn hold(ctx: &Context, task: &Reserved, beat: impl Fn(), stop: &CancellationToken) {
    let renewing = async {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            beat();
            if let Err(error) = ctx.store.renew(task.lease, LEASE, ctx.now()).await {
                tracing::warn!(%error, "cannot renew a lease");
            }
        }
    };
    tokio::select! {
        () = attempt(ctx, task) => {}
        () = renewing => {}
        () = stop.cancelled() => {
            if let Err(error) = release(ctx, task, Duration::ZERO).await {
                tracing::warn!(%error, "cannot give a task back; its lease will expire");
            }
        }
    }
}

async fn release(ctx: &Context, task: &Reserved, pause: Duration) -> Result<()> {
    let mut tx = ctx.store.system().await?;
    queue::release(&mut tx, task, ctx.now() + pause).await?;
    Ok(tx.commit().await?)
}

async fn attempt(ctx: &Context, task: &Reserved) {
    let Some(kind) = all().into_iter().find(|kind| kind.kind() == task.kind) else { return };
    let outcome = if task.attempt > task.max_attempts {
        Err(Error::Internal("the process was killed while doing this, every time".into()))
    } else {
        finish(ctx, task, kind).await
    };
    if let Err(error) = outcome
        && let Err(second) = fail(ctx, task, kind, &error).await
    {
        tracing::warn!(%error, %second, "cannot record a failure; the lease will expire");
    }
}

async fn finish(ctx: &Context, task: &Reserved, kind: &dyn Task) -> Result<()> {
    let started = Instant::now();
    let Done { mut tx, refresh } = kind.run(ctx, task).await?;
    if !queue::finish(&mut tx, task.id, task.lease).await? {
        tracing::warn!("another worker took the task over, dropping this attempt");
        return Ok(());
    }
    tx.commit().await?;
    if let Some((workspace, candidate)) = refresh
        && let Err(error) = indexing::refresh(ctx, workspace, &[candidate]).await
    {
        tracing::warn!(%error, %candidate, "the index does not take a candidate in yet; the next step repeats it");
    }
    let duration_ms = started.elapsed().as_millis();
    tracing::debug!(duration_ms, "a task is done");
    Ok(())
}

/// Repeats after 1, 4, 9, … s; a service that is away does not use attempts up, and holds nothing else up meanwhile.
async fn fail(ctx: &Context, task: &Reserved, kind: &dyn Task, error: &Error) -> Result<()> {
    let now = ctx.now();
    if matches!(error, Error::Unavailable(_) | Error::DiskFull | Error::DiskReadOnly) {
        return release(ctx, task, AWAY).await;
    }
    let last = task.attempt >= task.max_attempts;
    tracing::warn!(%error, attempt = task.attempt, last, "a task failed");
    if last {
        kind.give_up(ctx, task, error).await?;
    }
    let pause = TimeDelta::seconds(i64::from(task.attempt) * i64::from(task.attempt));
    let mut tx = ctx.store.system().await?;
    queue::fail(&mut tx, task, &error.to_string(), (!last).then(|| now + pause), now).await?;
    Ok(tx.commit().await?)
}

/// What a task works on.
pub(super) fn payload<T: DeserializeOwned>(task: &Reserved) -> Result<T> {
    serde_json::from_value(task.payload.clone()).map_err(|error| Error::Internal(format!("payload: {error}")))
}

/// The upload says that it failed and what to do.
pub(super) async fn give_up_upload(ctx: &Context, task: &Reserved, error: &Error) -> Result<()> {
    let upload: UploadTask = payload(task)?;
    let mut tx = ctx.store.workspace(upload.workspace).await?;
    let reason = UploadError {
        code: "not_processed".to_owned(),
        detail: format!(
            "This file could not be processed after {} attempts: {error}.",
            task.attempt.min(task.max_attempts)
        ),
        hint: "Try again; if it happens again, the log of the server says more.".to_owned(),
    };
    intake::fail(ctx, &mut tx, upload.upload, &reason).await?;
    Ok(tx.commit().await?)
}
