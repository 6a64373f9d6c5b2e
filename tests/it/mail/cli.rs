//! The command line: a test, what became of mails, and addresses that nothing is sent to.

use std::process::{Command, Output};

use serde_json::Value;
use talentprompt::model::mail::Priority;

use super::{app, deliver, post};
use crate::support::app::TestApp;
use crate::support::smtp::Smtp;

/// Runs the program on the application's own configuration file, with mail by `smtp` where there is one.
async fn talentprompt(app: &TestApp, smtp: Option<&Smtp>, arguments: &'static [&'static str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_talentprompt"));
    command.arg("mail").args(arguments).arg("--config").arg(app.folder().join("talentprompt.toml"));
    if let Some(smtp) = smtp {
        command.env("TALENTPROMPT__MAIL__PROVIDER", "smtp").env("TALENTPROMPT__MAIL__FROM", "talent@example.com");
        command.env("TALENTPROMPT__MAIL__URL", format!("smtp://{}", smtp.place()));
    }
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_operator_tries_mail_sees_what_became_of_it_and_holds_addresses_back() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    let off = talentprompt(&app, None, &["test", "ana@example.com"]).await;
    assert_eq!(off.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&off.stderr).contains("nothing was sent"), "{off:?}");
    let sent = talentprompt(&app, Some(&smtp), &["test", "ana@example.com"]).await;
    assert!(String::from_utf8_lossy(&sent.stdout).contains("taken as 1"), "{sent:?}");
    let wrong = talentprompt(&app, Some(&smtp), &["test", "ana"]).await;
    assert_eq!(wrong.status.code(), Some(2));

    post(&app, "nobody@example.com", Priority::Normal).await;
    deliver(&app).await;
    let listed = talentprompt(&app, None, &["list", "--json"]).await;
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!((&listed[0]["state"], &listed[0]["to"]), (&"failed".into(), &"nobody@example.com".into()));
    let plain = talentprompt(&app, None, &["list"]).await;
    assert!(String::from_utf8_lossy(&plain.stdout).contains("no such mailbox"), "{plain:?}");

    let added = talentprompt(&app, None, &["suppress", "add", "Ana@example.com"]).await;
    assert!(added.status.success(), "{added:?}");
    let held = talentprompt(&app, Some(&smtp), &["test", "ana@example.com"]).await;
    assert!(String::from_utf8_lossy(&held.stderr).contains("the operator said so"), "{held:?}");
    let listed = talentprompt(&app, None, &["suppress", "list", "--json"]).await;
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!((&listed[0]["address"], &listed[0]["reason"]), (&"ana@example.com".into(), &"by_hand".into()));
    assert!(talentprompt(&app, None, &["suppress", "remove", "ana@example.com"]).await.status.success());
    assert_eq!(talentprompt(&app, None, &["suppress", "remove", "ana@example.com"]).await.status.code(), Some(1));
    app.finish().await;
}
