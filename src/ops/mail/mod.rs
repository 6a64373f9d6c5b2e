//! Mail: sending what is in the outbox, trying whether it works, and hearing what came back.

pub mod delivery;
pub mod feedback;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::base::{random, secret};
use crate::context::Context;
use crate::context::mail::Error as LetterError;
use crate::gateways::mail::templates::Template;
use crate::gateways::mail::{self, Receipt};
use crate::model::ids::WorkspaceId;
use crate::model::mail::{Address, Priority, Reason, State};
use crate::store::outbox::Listed;
use crate::store::{self, accounts, outbox, suppressions};

/// How long a test may take: who asked waits for it, and a request ends after 15 s.
const TEST: Duration = Duration::from_secs(12);

/// How many mails that were not sent are shown.
const FAILED_SHOWN: i64 = 10;

/// Why a test was not sent.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    /// Mail is off.
    #[error(
        "mail is not configured (`[mail] provider` is \"off\"), so nothing was sent; the handbook's page Mail says how"
    )]
    Off,
    /// The server or the provider did not take it, in its words.
    #[error("nothing was sent: {0}")]
    NotTaken(String),
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The mail could not be written.
    #[error(transparent)]
    Letter(#[from] LetterError),
}

/// How mail stands for a workspace.
#[derive(Debug, Clone, Serialize)]
pub struct Standing {
    /// `off`, `smtp`, `brevo` or `resend`.
    pub provider: String,
    /// Whom mail comes from.
    pub from: String,
    /// Mails handed over today, UTC, by all workspaces.
    pub today: u32,
    /// The most a day; 0 for no limit.
    pub daily_limit: u32,
    /// Mails of the workspace that wait.
    pub queued: i64,
    /// Mails of the workspace that were not sent in the last 24 hours.
    pub failed: i64,
    /// The last of the workspace's mails that were not sent, with the reason.
    pub failures: Vec<Listed>,
    /// Addresses that nothing is sent to, by anybody.
    pub suppressed: i64,
}

/// How mail stands for a workspace, or for the system.
pub async fn standing(ctx: &Context, workspace: Option<WorkspaceId>) -> store::Result<Standing> {
    let (config, now) = (ctx.config.get(), ctx.now());
    let mut tx = ctx.store.of_mail(workspace).await?;
    let counts = outbox::counts(&mut tx, now - TimeDelta::days(1)).await?;
    let failures = outbox::list(&mut tx, &[State::Failed, State::Suppressed], FAILED_SHOWN).await?;
    let suppressed = suppressions::count(&mut tx).await?;
    Ok(Standing {
        provider: config.mail.provider.clone(),
        from: config.mail.from.clone(),
        today: ctx.store.mails_on(now.date_naive()).await?,
        daily_limit: config.mail.daily_limit,
        queued: counts.queued,
        failed: counts.failed,
        failures,
        suppressed,
    })
}

/// Sends a test to `to` at once, past the outbox. It counts as one of the day's mails.
pub async fn test(ctx: &Context, to: &Address, asked_by: &str) -> Result<Receipt, Unsent> {
    let config = ctx.config.get();
    if !config.mail.is_on() {
        return Err(Unsent::Off);
    }
    if let Some(reason) = suppressions::find(&mut ctx.store.system().await?, &to.email).await? {
        return Err(Unsent::NotTaken(held_back(reason)));
    }
    let mailer = mail::open(&config.mail).map_err(|error| Unsent::NotTaken(error.to_string()))?;
    let letter = ctx.letter(to, &Template::Test { asked_by: asked_by.to_owned() }, None)?;
    let day = ctx.now().date_naive();
    if !ctx.store.count_mail(day, Priority::Urgent.most(config.mail.daily_limit)).await? {
        let limit = config.mail.daily_limit;
        return Err(Unsent::NotTaken(format!(
            "today's {limit} mails (`[mail] daily_limit`) are used up; try tomorrow"
        )));
    }
    let late = || mail::Error::Later(format!("no answer within {} s", TEST.as_secs()), None);
    let sent = tokio::time::timeout(TEST, mailer.send(&letter)).await.unwrap_or_else(|_| Err(late()));
    match sent {
        Ok(receipt) => Ok(receipt),
        Err(error) => {
            ctx.store.uncount_mail(day).await?;
            Err(Unsent::NotTaken(error.to_string()))
        }
    }
}

/// Why nothing is sent to an address, in words.
fn held_back(reason: Reason) -> String {
    let why = match reason {
        Reason::Bounce => "mail to it came back",
        Reason::Complaint => "mail to it was called spam",
        Reason::Unsubscribe => "it was unsubscribed",
        Reason::ByHand => "the operator said so",
    };
    format!("nothing is sent to this address, as {why}; to send again: talentprompt mail suppress remove")
}

/// Mails of all workspaces and of the system, the newest first.
pub async fn list(ctx: &Context, limit: usize) -> store::Result<Vec<Listed>> {
    let known = accounts::workspaces(&mut ctx.store.system().await?).await?;
    let states = [State::Queued, State::Sending, State::Sent, State::Failed, State::Suppressed];
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut all = Vec::new();
    for workspace in known.into_iter().map(|(id, _)| Some(id)).chain([None]) {
        all.extend(outbox::list(&mut ctx.store.of_mail(workspace).await?, &states, most).await?);
    }
    all.sort_by_key(|mail| std::cmp::Reverse(mail.id));
    all.truncate(limit);
    Ok(all)
}

/// How many mails wait and how many were not sent since `since`, of all workspaces and the system.
pub async fn counts(ctx: &Context, since: DateTime<Utc>) -> store::Result<outbox::Counts> {
    let known = accounts::workspaces(&mut ctx.store.system().await?).await?;
    let mut sum = outbox::Counts::default();
    for workspace in known.into_iter().map(|(id, _)| Some(id)).chain([None]) {
        let counts = outbox::counts(&mut ctx.store.of_mail(workspace).await?, since).await?;
        (sum.queued, sum.failed) = (sum.queued + counts.queued, sum.failed + counts.failed);
    }
    Ok(sum)
}

/// Unsubscribes whoever the link with this token was sent to; false when there is no such link.
pub async fn unsubscribe(ctx: &Context, token: &str) -> store::Result<bool> {
    let mut tx = ctx.store.system().await?;
    let Some(address) = suppressions::by_link(&mut tx, &secret::sha256(token.as_bytes())).await? else {
        return Ok(false);
    };
    suppressions::add(&mut tx, &address, Reason::Unsubscribe, "by the link in a mail", ctx.now()).await?;
    tx.commit().await?;
    Ok(true)
}

/// A byte of chance.
fn chance() -> u8 {
    random::bytes::<1>()[0]
}
