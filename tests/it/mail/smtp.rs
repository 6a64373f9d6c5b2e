//! By SMTP: what arrives, and what becomes of a mail that does not.

use serde_json::Value;
use talentprompt::gateways::mail::{self, Error};
use talentprompt::model::mail::Priority;

use super::{app, by, configure, deliver, later, post, states};
use crate::support::smtp::{Kind, Smtp, Tls};

#[tokio::test]
async fn a_mail_arrives_with_both_parts_its_headers_and_every_letter() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    configure(&app, |config| config.mail.reply_to = "Olga <olga@example.com>".to_owned());
    assert!(post(&app, "\"Lima, Ana\" <ana@example.com>", Priority::Normal).await);
    assert_eq!(deliver(&app).await, 1);

    let taken = smtp.taken();
    let [mail] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!((mail["from"].as_str(), mail["to"][0].as_str()), (Some("talent@example.com"), Some("ana@example.com")));
    assert_eq!(mail["kind"], "multipart/alternative");
    assert!(mail["plain"].as_str().unwrap().contains("Grüße, 你好."), "{mail}");
    assert!(mail["html"].as_str().unwrap().contains("<p>Grüße, 你好.</p>"), "{mail}");
    let headers = &mail["headers"];
    assert_eq!(headers["Subject"], "Zwölf Bewerber");
    assert_eq!(headers["From"], "Talent <talent@example.com>");
    assert_eq!(headers["To"], "\"Lima, Ana\" <ana@example.com>");
    assert_eq!(headers["Reply-To"], "Olga <olga@example.com>");
    assert_eq!(headers["Auto-Submitted"], "auto-generated");
    assert!(headers["Date"].is_string());
    assert!(headers["Message-ID"].as_str().unwrap().ends_with("@example.com>"), "{headers}");
    assert_eq!(headers["List-Unsubscribe"], Value::Null);
    assert_eq!(states(&app).await, [("sent".to_owned(), 1, String::new())]);
    app.finish().await;
}

#[tokio::test]
async fn who_signs_in_is_let_in_and_a_wrong_password_costs_no_mail() {
    let smtp = Smtp::with(&Kind { user: Some(("ana", "secret")), tls: None });
    let app = app(&smtp).await;
    let url = format!("smtp://ana@{}", smtp.place());
    configure(&app, |config| {
        by(config, &url);
        "wrong".clone_into(&mut config.mail.password);
    });
    post(&app, "ana@example.com", Priority::Urgent).await;
    assert_eq!(deliver(&app).await, 1);
    let (state, attempts, reason) = states(&app).await.remove(0);
    assert_eq!((state.as_str(), attempts), ("queued", 1));
    assert!(reason.contains("535"), "{reason}");
    assert!(matches!(mail::open(&app.ctx.config.get().mail).unwrap().probe().await, Err(Error::Misconfigured(_))));

    configure(&app, |config| config.mail.password = "secret".to_owned());
    mail::open(&app.ctx.config.get().mail).unwrap().probe().await.unwrap();
    later(&app).await;
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(smtp.taken()[0]["user"], "ana");
    app.finish().await;
}

#[tokio::test]
async fn a_connection_that_leaves_the_machine_is_encrypted_and_its_certificate_known_or_nothing_is_said() {
    let (start, wrapped, plain) = (
        Smtp::with(&Kind { user: None, tls: Some(Tls::Start) }),
        Smtp::with(&Kind { user: None, tls: Some(Tls::Wrapped) }),
        Smtp::start(),
    );
    let app = app(&plain).await;
    for (smtp, scheme) in [(&start, "smtp"), (&wrapped, "smtps")] {
        let authority = smtp.authority();
        configure(&app, |config| {
            by(config, &format!("{scheme}://{}", smtp.place()));
            config.mail.ca_file = authority;
        });
        post(&app, &format!("{scheme}@example.com"), Priority::Normal).await;
        assert_eq!(deliver(&app).await, 1);
        assert_eq!(smtp.taken()[0]["encrypted"], true, "{:?}", states(&app).await);
    }
    let probe = async |url: String, authority: Option<&Smtp>| {
        let mut config = app.ctx.config.get().mail.clone();
        config.url = url;
        config.ca_file = authority.map(Smtp::authority).unwrap_or_default();
        mail::open(&config).unwrap().probe().await
    };
    // Another authority's certificate, none that is known, and a server that does not encrypt.
    probe(format!("smtp://{}", start.place()), Some(&wrapped)).await.unwrap_err();
    probe(format!("smtps://{}", wrapped.place()), None).await.unwrap_err();
    probe(format!("smtp://{}", plain.place()), Some(&start)).await.unwrap_err();
    app.finish().await;
}

#[tokio::test]
async fn a_server_that_is_busy_gone_or_hangs_up_is_tried_again_and_one_that_refuses_is_not() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    for to in ["busy@example.com", "nobody@example.com", "dropped@example.com"] {
        post(&app, to, Priority::Normal).await;
    }
    assert_eq!(deliver(&app).await, 3);
    let found = states(&app).await;
    let short: Vec<_> = found.iter().map(|(state, attempts, _)| (state.as_str(), *attempts)).collect();
    assert_eq!(short, [("queued", 1), ("failed", 1), ("queued", 1)], "{found:?}");
    assert!(found[0].2.contains("451") && found[1].2.contains("550"), "{found:?}");
    // Not before their time.
    assert_eq!(deliver(&app).await, 0);
    later(&app).await;
    assert_eq!(deliver(&app).await, 2);
    assert_eq!(smtp.taken().len(), 2);
    assert!(states(&app).await.iter().all(|(state, ..)| state == "sent" || state == "failed"));

    drop(smtp);
    post(&app, "ana@example.com", Priority::Normal).await;
    assert_eq!(deliver(&app).await, 1);
    let (state, _, reason) = states(&app).await.remove(3);
    assert_eq!(state, "queued");
    assert!(reason.to_lowercase().contains("connection"), "{reason}");
    app.finish().await;
}

#[tokio::test]
async fn a_mail_whose_taking_was_not_heard_is_sent_once_more_as_the_same_mail() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    post(&app, "unheard@example.com", Priority::Normal).await;
    assert_eq!(deliver(&app).await, 1);
    later(&app).await;
    assert_eq!(deliver(&app).await, 1);
    let taken = smtp.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0]["headers"]["Message-ID"], taken[1]["headers"]["Message-ID"]);
    assert_eq!(states(&app).await[0].0, "sent");
    app.finish().await;
}
