//! Mail, by a real SMTP server on loopback and by servers that speak as Brevo and Resend do.

mod accounts;
mod cli;
mod delivery;
mod feedback;
mod providers;
mod smtp;

use sqlx::{AssertSqlSafe, Row};
use talentprompt::config::Config;
use talentprompt::context::mail::Draft;
use talentprompt::gateways::mail::templates::{Place, Template};
use talentprompt::model::mail::Priority;
use talentprompt::ops::mail::delivery::Delivery;

use crate::support::app::{Plan, TestApp};
use crate::support::smtp::Smtp;

/// An application whose mail the test itself sends, by the server at `place`.
async fn app(smtp: &Smtp) -> TestApp {
    let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    configure(&app, |config| by(config, &format!("smtp://{}", smtp.place())));
    app
}

/// Mail by this server.
fn by(config: &mut Config, url: &str) {
    "smtp".clone_into(&mut config.mail.provider);
    "Talent <talent@example.com>".clone_into(&mut config.mail.from);
    url.clone_into(&mut config.mail.url);
}

/// Changes the configuration that is in force.
fn configure(app: &TestApp, change: impl FnOnce(&mut Config)) {
    let mut config = (*app.ctx.config.get()).clone();
    change(&mut config);
    app.ctx.config.set(config);
}

/// Puts a mail of the system into the outbox; answers whether it is to be sent.
async fn post(app: &TestApp, to: &str, priority: Priority) -> bool {
    let link = Some(Place { label: "See them".to_owned(), url: "https://talent.example.com/".to_owned() });
    let template =
        Template::Notice {
            subject: "Zwölf Bewerber".to_owned(), paragraphs: vec!["Grüße, 你好.".to_owned()], link
        };
    let key = format!("{to} {priority:?}");
    let mut tx = app.ctx.store.system().await.unwrap();
    let draft = Draft { to: to.parse().unwrap(), template, priority, key };
    let posted = app.ctx.post(&mut tx, draft).await.unwrap();
    tx.commit().await.unwrap();
    posted
}

/// Sends everything that can be sent now; answers how many attempts that were.
async fn deliver(app: &TestApp) -> usize {
    let (mut delivery, mut attempts) = (Delivery::default(), 0);
    while delivery.one(&app.ctx).await.unwrap() {
        attempts += 1;
    }
    attempts
}

/// What waits is due now.
async fn later(app: &TestApp) {
    app.sql("update outbox set run_at = now(), lease_until = now() - interval '1 second' where ended_at is null").await;
}

/// State, attempts and reason of each mail, in the order in which they were handed in.
async fn states(app: &TestApp) -> Vec<(String, i32, String)> {
    let statement = "select o.state, o.attempts, coalesce(m.error, '') as error
        from outbox o join mails m using (id) order by o.created_at, o.id";
    let rows = sqlx::query(AssertSqlSafe(statement)).fetch_all(&mut app.superuser().await).await.unwrap();
    rows.into_iter().map(|row| (row.get("state"), row.get("attempts"), row.get("error"))).collect()
}
