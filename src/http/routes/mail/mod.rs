//! Mail: how it stands, and a test of it.

pub mod unsubscribe;
pub mod webhooks;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::{Owner, limit};
use crate::http::problem::{Answer, Problem};
use crate::model::ids::MailId;
use crate::model::mail;
use crate::ops::mail::{self as ops, Unsent};
use crate::recruit::Error;
use crate::store::outbox::Listed;

/// How many tests a member may send in a minute: each is a mail of the day's.
const TESTS_PER_MINUTE: u32 = 5;

/// A mail that was not sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnsentMail {
    id: MailId,
    to: String,
    subject: String,
    state: mail::State,
    attempts: i32,
    /// Why, in the words of the server or the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    created_at: chrono::DateTime<chrono::Utc>,
}

impl From<Listed> for UnsentMail {
    fn from(mail: Listed) -> Self {
        let Listed { id, to, subject, state, attempts, error: reason, created_at, .. } = mail;
        Self { id, to, subject, state, attempts, reason, created_at }
    }
}

/// How mail stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailStanding {
    /// `off`, `smtp`, `brevo` or `resend`.
    provider: String,
    /// Whom mail comes from; empty where that is not configured.
    from: String,
    /// Mails handed over today, UTC, by all workspaces.
    today: u32,
    /// The most a day; 0 for no limit.
    daily_limit: u32,
    /// Mails that wait.
    queued: i64,
    /// Mails that were not sent in the last 24 hours.
    failed: i64,
    /// The last ten that were not sent.
    failures: Vec<UnsentMail>,
    /// Addresses that nothing is sent to, by any workspace.
    suppressed: i64,
}

/// How mail stands.
#[utoipa::path(get, path = "/api/v1/mail", tag = "mail", operation_id = "mail_standing",
    extensions(("x-role" = json!("owner"))), responses((status = 200, body = MailStanding)))]
pub async fn get(State(ctx): State<Context>, Owner(me): Owner) -> Answer<axum::Json<MailStanding>> {
    let standing = ops::standing(&ctx, Some(me.member.workspace_id)).await.map_err(Error::from)?;
    let failures = standing.failures.into_iter().map(UnsentMail::from).collect();
    let ops::Standing { provider, from, today, daily_limit, queued, failed, suppressed, .. } = standing;
    Ok(axum::Json(MailStanding { provider, from, today, daily_limit, queued, failed, failures, suppressed }))
}

/// A test that was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestMail {
    /// To whom.
    to: String,
    /// What the server or the provider said.
    said: String,
}

/// Send a test to yourself, at once.
#[utoipa::path(post, path = "/api/v1/mail/test", tag = "mail", operation_id = "test_mail",
    extensions(("x-role" = json!("owner"))),
    responses((status = 200, body = TestMail), (status = 409, body = Problem), (status = 502, body = Problem)))]
pub async fn test(State(ctx): State<Context>, Owner(me): Owner) -> Answer<axum::Json<TestMail>> {
    limit(&ctx, &format!("rate:mail-test:{}", me.member.id), TESTS_PER_MINUTE).await?;
    let to = mail::Address::named(&me.member.name, &me.member.email);
    match ops::test(&ctx, &to, &me.member.name).await {
        Ok(receipt) => Ok(axum::Json(TestMail { to: to.email, said: receipt.said })),
        Err(off @ Unsent::Off) => Err(Problem::new("mail_off", off.to_string())),
        Err(unsent @ Unsent::NotTaken(_)) => Err(Problem::new("mail_not_sent", unsent.to_string())),
        Err(Unsent::Store(error)) => Err(Error::from(error).into()),
        Err(unwritten @ Unsent::Letter(_)) => Err(Error::Internal(unwritten.to_string()).into()),
    }
}
