//! Mail that is to be sent: pushed in the caller's transaction, taken with a lease, sent at least once, never lost.
//!
//! A mail is `queued`, or `sending` under a lease; a sender that dies leaves an expired lease, and the mail is taken again
//! with the same id, by which a server can see that it has it already. Who sends sees ids and times of all workspaces'
//! mails; what one says is read in a transaction of its workspace.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::listener::{Notice, notify};
use super::{Error, Result, Store, Tx};
use crate::model::ids::{MailId, WorkspaceId};
use crate::model::mail::{Address, Letter, Priority, State};

/// A mail to be sent, of the transaction's workspace or, in one of the system, of none.
#[derive(Debug, Clone)]
pub struct NewMail<'a> {
    /// The mail.
    pub letter: &'a Letter,
    /// What it is about: a second one of the same key is not sent.
    pub key: &'a str,
    /// Of which template it was made.
    pub template: &'static str,
    /// How urgent it is.
    pub priority: Priority,
}

/// A mail that this sender holds.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Its id.
    pub id: MailId,
    /// Whose; nobody's for one of the system.
    pub workspace: Option<WorkspaceId>,
    /// Of which template it was made.
    pub template: String,
    /// How urgent it is.
    pub priority: Priority,
    /// This attempt's number, from 1.
    pub attempt: i32,
    /// The lease: a sender that lost it cannot say what became of the mail.
    pub lease: Uuid,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it, under this id.
    Sent(String, String),
    /// To be tried again at a time, for this reason.
    Again(DateTime<Utc>, String),
    /// Never to be tried again, for this reason.
    Failed(String),
    /// Nothing is sent to this address, for this reason.
    Suppressed(String),
    /// Not tried: to be taken again at once, and the attempt does not count.
    Untried,
}

/// A mail as it is listed.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Listed {
    /// Its id.
    pub id: MailId,
    /// To whom.
    pub to: String,
    /// What it says it is about.
    pub subject: String,
    /// Of which template it was made.
    pub template: String,
    /// What became of it.
    pub state: State,
    /// How often it was tried.
    pub attempts: i32,
    /// Why it was not sent, or not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was handed in.
    pub created_at: DateTime<Utc>,
    /// When it was sent, or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
}

/// How many mails of the transaction's workspace there are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting or being sent.
    pub queued: i64,
    /// Not sent since the time asked about: refused, given up or held back.
    pub failed: i64,
}

/// Adds a mail in the caller's transaction: it is sent if and only if the change it tells of is made. False when there is
/// one of the same key already.
pub async fn push(tx: &mut Tx, mail: &NewMail<'_>, now: DateTime<Utc>) -> Result<bool> {
    let letter = mail.letter;
    let workspace = tx.workspace.map(|id| id.0);
    let added = sqlx::query!(
        r#"insert into outbox (id, workspace_id, key, template, priority, run_at, created_at)
           values ($1, $2, $3, $4, $5, $6, $6) on conflict on constraint outbox_key do nothing"#,
        letter.id.0,
        workspace,
        mail.key,
        mail.template,
        mail.priority.number(),
        now
    )
    .execute(tx.conn())
    .await?;
    if added.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        r#"insert into mails (id, workspace_id, recipient, subject, text, html, headers)
           values ($1, $2, $3, $4, $5, $6, $7)"#,
        letter.id.0,
        workspace,
        letter.to.to_string(),
        letter.subject,
        letter.text,
        letter.html,
        serde_json::to_value(&letter.headers)?
    )
    .execute(tx.conn())
    .await?;
    notify(tx, &Notice::Mail).await?;
    Ok(true)
}

/// What a mail of the transaction's workspace says, and to whom.
pub async fn letter(tx: &mut Tx, id: MailId) -> Result<Letter> {
    let row = sqlx::query!("select recipient, subject, text, html, headers from mails where id = $1", id.0)
        .fetch_one(tx.conn())
        .await?;
    Ok(Letter {
        id,
        to: row.recipient.parse::<Address>().map_err(Error::Corrupt)?,
        subject: row.subject,
        text: row.text,
        html: row.html,
        headers: serde_json::from_value(row.headers)?,
    })
}

/// Writes down what became of an attempt, in a transaction of the mail's workspace. False when another sender has taken
/// the mail over: what it finds counts.
pub async fn settle(tx: &mut Tx, taken: &Taken, outcome: &Outcome, now: DateTime<Utc>) -> Result<bool> {
    let (state, provider, run_at, error) = match outcome {
        Outcome::Sent(provider, id) => (State::Sent, Some((provider, id)), now, None),
        Outcome::Again(at, reason) => (State::Queued, None, *at, Some(reason)),
        Outcome::Failed(reason) => (State::Failed, None, now, Some(reason)),
        Outcome::Suppressed(reason) => (State::Suppressed, None, now, Some(reason)),
        Outcome::Untried => (State::Queued, None, now, None),
    };
    let settled = sqlx::query!(
        r#"update outbox set state = $3, provider = $4, provider_id = $5, run_at = $6, lease = null, lease_until = null,
                  attempts = attempts - $7::int, ended_at = case when $3 = 'queued' then null else $8::timestamptz end
           where id = $1 and lease = $2 and state = 'sending'"#,
        taken.id.0,
        taken.lease,
        state.as_str(),
        provider.map(|(name, _)| name.as_str()),
        provider.map(|(_, id)| id.as_str()),
        run_at,
        i32::from(*outcome == Outcome::Untried),
        now
    )
    .execute(tx.conn())
    .await?;
    if settled.rows_affected() == 0 {
        return Ok(false);
    }
    if *outcome != Outcome::Untried {
        explain(tx, taken.id, error.map(String::as_str)).await?;
    }
    if state != State::Queued {
        // Links in it set passwords; nobody needs to read it again.
        sqlx::query!("update mails set text = '', html = '' where id = $1", taken.id.0).execute(tx.conn()).await?;
    }
    Ok(true)
}

async fn explain(tx: &mut Tx, id: MailId, error: Option<&str>) -> Result<()> {
    sqlx::query!("update mails set error = $2 where id = $1", id.0, error).execute(tx.conn()).await?;
    Ok(())
}

/// Writes down that a mail which was sent came back, or was called spam, in a transaction of its workspace.
pub async fn came_back(tx: &mut Tx, id: MailId, state: State, reason: &str) -> Result<()> {
    sqlx::query!("update outbox set state = $2 where id = $1 and state = 'sent'", id.0, state.as_str())
        .execute(tx.conn())
        .await?;
    explain(tx, id, Some(reason)).await
}

/// Mails of the transaction's workspace in one of `states`, the newest first.
pub async fn list(tx: &mut Tx, states: &[State], limit: i64) -> Result<Vec<Listed>> {
    let states: Vec<String> = states.iter().map(|state| state.as_str().to_owned()).collect();
    let rows = sqlx::query!(
        r#"select o.id, m.recipient, m.subject, o.template, o.state, o.attempts, m.error, o.created_at, o.ended_at
           from mails m join outbox o on o.id = m.id where o.state = any($1) order by o.id desc limit $2"#,
        &states,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Listed {
                id: row.id.into(),
                to: row.recipient,
                subject: row.subject,
                template: row.template,
                state: row.state.parse().map_err(Error::Corrupt)?,
                attempts: row.attempts,
                error: row.error,
                created_at: row.created_at,
                ended_at: row.ended_at,
            })
        })
        .collect()
}

/// How many mails of the transaction's workspace wait, and how many were not sent since `since`.
pub async fn counts(tx: &mut Tx, since: DateTime<Utc>) -> Result<Counts> {
    let row = sqlx::query!(
        r#"select count(*) filter (where o.state in ('queued', 'sending')) as "queued!",
                  count(*) filter (where o.state in ('failed', 'suppressed') and o.ended_at >= $1) as "failed!"
           from mails m join outbox o on o.id = m.id"#,
        since
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Counts { queued: row.queued, failed: row.failed })
}

/// Removes mails that ended before `before`, with what they said.
pub async fn delete_ended(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    Ok(sqlx::query!("delete from outbox where ended_at < $1", before).execute(tx.conn()).await?.rows_affected())
}

/// Removes the counts of days before `before`.
pub async fn delete_days(tx: &mut Tx, before: NaiveDate) -> Result<u64> {
    Ok(sqlx::query!("delete from mail_days where day < $1", before).execute(tx.conn()).await?.rows_affected())
}

impl Store {
    /// Takes the most urgent mail that waits or whose lease has expired, of those that are at least as urgent as `lowest`,
    /// for `lease_for`. A time further ahead than any is set was set by a clock that was wrong, and is over.
    pub async fn take_mail(
        &self,
        lowest: Priority,
        lease: Uuid,
        lease_for: Duration,
        now: DateTime<Utc>,
    ) -> Result<Option<Taken>> {
        let lease_until = now + TimeDelta::from_std(lease_for).unwrap_or_default();
        let row = sqlx::query!(
            r#"update outbox set state = 'sending', lease = $2, lease_until = $3, attempts = attempts + 1
               where id = (
                 select id from outbox
                 where priority >= $1 and (
                   (state = 'queued' and (run_at <= $4 or run_at > $4 + interval '2 days'))
                   or (state = 'sending' and (lease_until < $4 or lease_until > $4 + interval '1 hour')))
                 order by priority desc, run_at, id limit 1 for update skip locked)
               returning id, workspace_id, template, priority, attempts"#,
            lowest.number(),
            lease,
            lease_until,
            now
        )
        .fetch_optional(&self.pool)
        .await?;
        let taken = row.map(|row| {
            let priority = Priority::of(row.priority).unwrap_or(Priority::Normal);
            let (id, workspace) = (row.id.into(), row.workspace_id.map(WorkspaceId::from));
            Taken { id, workspace, template: row.template, priority, attempt: row.attempts, lease }
        });
        Ok(taken)
    }

    /// A transaction of the mail's workspace, or of the system.
    pub async fn of_mail(&self, workspace: Option<WorkspaceId>) -> Result<Tx> {
        match workspace {
            Some(workspace) => self.workspace(workspace).await,
            None => self.system().await,
        }
    }

    /// The mail that a provider took under this id, and whose it is.
    pub async fn mail_by_provider(&self, id: &str) -> Result<Option<(MailId, Option<WorkspaceId>)>> {
        let row = sqlx::query!("select id, workspace_id from outbox where provider_id = $1 limit 1", id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| (row.id.into(), row.workspace_id.map(WorkspaceId::from))))
    }

    /// For how many seconds the oldest mail has waited that could be sent, of those at least as urgent as `lowest`.
    pub async fn mail_wait(&self, lowest: Priority, now: DateTime<Utc>) -> Result<f64> {
        Ok(sqlx::query_scalar!(
            r#"select coalesce(extract(epoch from $2::timestamptz - min(created_at))::float8, 0) as "seconds!"
               from outbox where state in ('queued', 'sending') and priority >= $1"#,
            lowest.number(),
            now
        )
        .fetch_one(&self.pool)
        .await?)
    }

    /// How many mails were handed over on this day.
    pub async fn mails_on(&self, day: NaiveDate) -> Result<u32> {
        let used =
            sqlx::query_scalar!("select used from mail_days where day = $1", day).fetch_optional(&self.pool).await?;
        Ok(u32::try_from(used.unwrap_or_default()).unwrap_or_default())
    }

    /// Counts a mail that is about to be handed over on this day, unless `most` were. Answers whether it may be.
    pub async fn count_mail(&self, day: NaiveDate, most: Option<u32>) -> Result<bool> {
        if most == Some(0) {
            return Ok(false);
        }
        let most = most.and_then(|most| i32::try_from(most).ok()).unwrap_or(i32::MAX);
        let counted = sqlx::query!(
            r#"insert into mail_days as d (day, used) values ($1, 1)
               on conflict (day) do update set used = d.used + 1 where d.used < $2"#,
            day,
            most
        )
        .execute(&self.pool)
        .await?;
        Ok(counted.rows_affected() == 1)
    }

    /// Takes back the count of a mail that was not handed over after all.
    pub async fn uncount_mail(&self, day: NaiveDate) -> Result<()> {
        sqlx::query!("update mail_days set used = used - 1 where day = $1 and used > 0", day)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
