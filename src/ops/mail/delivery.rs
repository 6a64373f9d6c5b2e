//! Sends what is in the outbox, one mail after the other, the most urgent first.
//!
//! Several processes may do it at once: each mail is held by a lease. At least once: between what the server took and what
//! is written down a process can be killed; then the mail is sent once more when its lease has expired, with the same
//! Message-ID and, to Brevo and Resend, the same idempotency key, with which they send it no second time. What is over a
//! day's limit waits for the next.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{chance, held_back};
use crate::base::random;
use crate::config;
use crate::context::Context;
use crate::gateways::mail::{self, Mailer};
use crate::model::mail::{ATTEMPTS, Priority, pause};
use crate::store::listener::Notice;
use crate::store::outbox::{self, Outcome, Taken};
use crate::store::{self, suppressions};

/// How long a mail may take to be handed over, and how long it is held meanwhile: long enough to write down what became of
/// it, also when the database is away for a moment.
const SENDING: Duration = Duration::from_secs(90);
const LEASE: Duration = Duration::from_mins(4);

/// How long it is tried to write down what became of a mail, before another sender may take it.
const WRITING: Duration = Duration::from_mins(2);

/// How long a sender without work waits at most; a notice of a new mail wakes it sooner.
const IDLE: Duration = Duration::from_secs(5);

/// Sends mail by the configuration that is in force.
#[derive(Default)]
pub struct Delivery {
    /// The open mailer, and of which configuration it is.
    mailer: Option<(config::Mail, Arc<dyn Mailer>)>,
}

/// Sends until `stop`. A mail that is being handed over then is finished first.
pub async fn run(ctx: Context, stop: CancellationToken) {
    let mut delivery = Delivery::default();
    let mut notices = ctx.notices.subscribe();
    while !stop.is_cancelled() {
        match delivery.one(&ctx).await {
            Ok(true) => {}
            Ok(false) => idle(&mut notices, &stop).await,
            Err(error) => {
                tracing::warn!(%error, "cannot look for mail to be sent, trying again");
                idle(&mut notices, &stop).await;
            }
        }
    }
}

async fn idle(notices: &mut Receiver<Notice>, stop: &CancellationToken) {
    let woken = async {
        loop {
            match notices.recv().await {
                Ok(Notice::Mail | Notice::Missed) | Err(RecvError::Lagged(_)) => return,
                Ok(_) => {}
                Err(RecvError::Closed) => return tokio::time::sleep(IDLE).await,
            }
        }
    };
    tokio::select! {
        () = woken => {}
        () = tokio::time::sleep(IDLE) => {}
        () = stop.cancelled() => {}
    }
}

impl Delivery {
    /// Sends the next mail. False when there is none to be sent now: none waits, mail is off, or the day's limit is used up.
    pub async fn one(&mut self, ctx: &Context) -> store::Result<bool> {
        let config = ctx.config.get();
        if !config.mail.is_on() {
            self.mailer = None;
            return Ok(false);
        }
        let (limit, now) = (config.mail.daily_limit, ctx.now());
        let used = if limit == 0 { 0 } else { ctx.store.mails_on(now.date_naive()).await? };
        let Some(lowest) = Priority::lowest_open(limit, used) else { return Ok(false) };
        let lease = Uuid::from_bytes(random::bytes());
        let Some(taken) = ctx.store.take_mail(lowest, lease, LEASE, now).await? else { return Ok(false) };
        let started = Instant::now();
        let outcome = self.attempt(ctx, &config.mail, &taken, now).await?;
        write_down(ctx, &taken, &outcome).await?;
        // Whom it was for and what a server said of them are in the database, not in the log.
        let (id, template, attempt) = (taken.id, &taken.template, taken.attempt);
        let duration_ms = started.elapsed().as_millis();
        match &outcome {
            Outcome::Sent(..) => tracing::info!(mail = %id, template, attempt, duration_ms, "a mail was sent"),
            Outcome::Again(at, _) => {
                tracing::warn!(mail = %id, template, attempt, %at, "a mail was not sent, trying again");
            }
            Outcome::Failed(_) => tracing::warn!(mail = %id, template, attempt, "a mail was given up"),
            Outcome::Suppressed(_) => tracing::info!(mail = %id, template, "a mail was held back"),
            Outcome::Untried => {}
        }
        Ok(outcome != Outcome::Untried)
    }

    async fn attempt(
        &mut self,
        ctx: &Context,
        config: &config::Mail,
        taken: &Taken,
        now: DateTime<Utc>,
    ) -> store::Result<Outcome> {
        if taken.attempt > ATTEMPTS {
            return Ok(Outcome::Failed("the process was killed while sending this, every time".to_owned()));
        }
        let mut tx = ctx.store.of_mail(taken.workspace).await?;
        let letter = outbox::letter(&mut tx, taken.id).await?;
        let held = suppressions::find(&mut tx, &letter.to.email).await?.filter(|reason| reason.covers(taken.priority));
        drop(tx);
        if let Some(reason) = held {
            return Ok(Outcome::Suppressed(held_back(reason)));
        }
        let mailer = match self.mailer(config) {
            Ok(mailer) => mailer,
            Err(error) => return Ok(failed(&error, taken.attempt, now)),
        };
        // Another process may have used the day's last one up meanwhile.
        let day = now.date_naive();
        if !ctx.store.count_mail(day, taken.priority.most(config.daily_limit)).await? {
            return Ok(Outcome::Untried);
        }
        let late = || mail::Error::Later(format!("no answer within {} s", SENDING.as_secs()), None);
        let sent = tokio::time::timeout(SENDING, mailer.send(&letter)).await.unwrap_or_else(|_| Err(late()));
        match sent {
            Ok(receipt) => Ok(Outcome::Sent(mailer.name().to_owned(), receipt.id)),
            Err(error) => {
                ctx.store.uncount_mail(day).await?;
                Ok(failed(&error, taken.attempt, now))
            }
        }
    }

    /// The mailer of this configuration: the open one, unless the configuration was changed.
    fn mailer(&mut self, config: &config::Mail) -> Result<Arc<dyn Mailer>, mail::Error> {
        if let Some((known, mailer)) = &self.mailer
            && known == config
        {
            return Ok(Arc::clone(mailer));
        }
        let mailer = mail::open(config)?;
        self.mailer = Some((config.clone(), Arc::clone(&mailer)));
        Ok(mailer)
    }
}

/// What a failure means for the mail. A configuration that does not work is waited for as a server that is away: what the
/// operator mends within a day or two costs no mail.
fn failed(error: &mail::Error, attempt: i32, now: DateTime<Utc>) -> Outcome {
    let reason = error.to_string();
    let asked = match error {
        mail::Error::Refused(_) => return Outcome::Failed(reason),
        mail::Error::Misconfigured(_) => None,
        mail::Error::Later(_, asked) => *asked,
    };
    if attempt >= ATTEMPTS {
        return Outcome::Failed(format!("given up after {attempt} attempts; the last time: {reason}"));
    }
    Outcome::Again(now + TimeDelta::from_std(pause(attempt, chance(), asked)).unwrap_or_default(), reason)
}

/// Writes down what became of a mail, however often the database is away: as long as it is not, the mail would be sent once
/// more.
async fn write_down(ctx: &Context, taken: &Taken, outcome: &Outcome) -> store::Result<()> {
    let begun = Instant::now();
    loop {
        match settle(ctx, taken, outcome).await {
            Ok(true) => return Ok(()),
            Ok(false) => {
                tracing::warn!(mail = %taken.id, "another sender took a mail over; it may have been sent twice");
                return Ok(());
            }
            Err(store::Error::Unavailable(reason)) if begun.elapsed() < WRITING => {
                tracing::warn!(reason, mail = %taken.id, "cannot write down what became of a mail, trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn settle(ctx: &Context, taken: &Taken, outcome: &Outcome) -> store::Result<bool> {
    let mut tx = ctx.store.of_mail(taken.workspace).await?;
    let settled = outbox::settle(&mut tx, taken, outcome, ctx.now()).await?;
    tx.commit().await?;
    Ok(settled)
}
