//! Links to come in, sent to whoever they are for; and mail as the owner sees and tries it.

use reqwest::StatusCode;
use serde_json::json;
use talentprompt::base::random;
use talentprompt::model::mail::Priority;

use super::{app, by, configure, deliver, post, states};
use crate::support::app::{Plan, TestApp, id_of};
use crate::support::smtp::Smtp;

#[tokio::test]
async fn an_invitation_and_a_new_password_are_sent_and_their_links_work() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    let owner = app.owner().await;
    let person = json!({"email": "ina@example.com", "name": "Ina <Invited>", "role": "viewer"});
    let invited = owner.post("/members", &person).await.expect(StatusCode::CREATED).clone();
    assert_eq!(invited["mailed"], true);
    let path = format!("/members/{}/link", id_of(&invited["member"]));
    deliver(&app).await;
    let mail = smtp.taken().remove(0);
    let url = invited["invitation_url"].as_str().unwrap();
    assert_eq!(mail["headers"]["To"], "Ina Invited <ina@example.com>");
    assert_eq!(mail["headers"]["Subject"], "Olga Owner invites you to Acme");
    assert!(mail["plain"].as_str().unwrap().contains(url), "{mail}");
    assert!(mail["html"].as_str().unwrap().contains("Ina &lt;Invited&gt;"), "{mail}");
    let accept = json!({"token": url.split_once("token=").unwrap().1, "password": "correct horse battery"});
    app.stranger().post("/invitations/accept", &accept).await.expect(StatusCode::OK);

    let again = owner.post(&path, &json!({})).await.expect(StatusCode::CREATED).clone();
    assert_eq!(again["mailed"], true);
    deliver(&app).await;
    let mail = smtp.taken().remove(1);
    assert_eq!(mail["headers"]["Subject"], "Your new password for Acme");
    assert!(mail["plain"].as_str().unwrap().contains(again["url"].as_str().unwrap()), "{mail}");
    app.finish().await;
}

#[tokio::test]
async fn where_mail_is_off_or_the_address_is_held_back_the_link_is_shown_and_nobody_says_that_it_was_sent() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    let owner = app.owner().await;
    app.sql("insert into suppressions (address, reason, at) values ('held@example.com', 'bounce', now())").await;
    let invite = async |email: &str| {
        let person = json!({"email": email, "name": "Ina Invited", "role": "viewer"});
        owner.post("/members", &person).await.expect(StatusCode::CREATED).clone()
    };
    let held = invite("Held@example.com").await;
    assert_eq!(held["mailed"], false);
    configure(&app, |config| config.mail.provider = "off".to_owned());
    let off = invite("ina@example.com").await;
    assert_eq!(off["mailed"], false);
    assert!(off["invitation_url"].as_str().unwrap().contains("/invitation?token="));
    assert!(states(&app).await.is_empty());

    let standing = owner.get("/mail").await.expect(StatusCode::OK).clone();
    assert_eq!((standing["provider"].as_str(), standing["suppressed"].as_i64()), (Some("off"), Some(1)));
    let problem = owner.post("/mail/test", &json!({})).await;
    let detail = problem.problem(StatusCode::CONFLICT, "mail_off")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("nothing was sent"), "{detail}");
    app.finish().await;
}

#[tokio::test]
async fn a_test_goes_to_whoever_asks_and_says_what_the_server_said() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    let owner = app.owner().await;
    let sent = owner.post("/mail/test", &json!({})).await.expect(StatusCode::OK).clone();
    assert!(sent["said"].as_str().unwrap().contains("taken as 1"), "{sent}");
    assert_eq!(smtp.taken()[0]["to"][0], owner.email.as_str());
    assert_eq!(owner.get("/mail").await.expect(StatusCode::OK)["today"], 1);

    drop(smtp);
    let failed = owner.post("/mail/test", &json!({})).await;
    failed.problem(StatusCode::BAD_GATEWAY, "mail_not_sent");
    assert_eq!(owner.get("/mail").await.expect(StatusCode::OK)["today"], 1);
    configure(&app, |config| config.mail.daily_limit = 1);
    let over = owner.post("/mail/test", &json!({})).await;
    let detail = over.problem(StatusCode::BAD_GATEWAY, "mail_not_sent")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("used up"), "{detail}");
    app.finish().await;
}

#[tokio::test]
async fn an_owner_sees_the_mails_of_their_workspace_that_were_not_sent_and_nobody_elses() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    let (owner, other) = (app.owner().await, app.owner().await);
    let unique = talentprompt::base::secret::hex(&random::bytes::<4>());
    let person = json!({"email": format!("nobody@{unique}.example.com"), "name": "Ina Invited", "role": "viewer"});
    owner.post("/members", &person).await.expect(StatusCode::CREATED);
    post(&app, "nobody@example.com", Priority::Urgent).await;
    deliver(&app).await;
    let standing = owner.get("/mail").await.expect(StatusCode::OK).clone();
    assert_eq!(standing["failed"], 1);
    let failure = &standing["failures"][0];
    assert_eq!(failure["state"], "failed");
    assert!(failure["reason"].as_str().unwrap().contains("no such mailbox"), "{failure}");
    let theirs = other.get("/mail").await.expect(StatusCode::OK).clone();
    assert_eq!((&theirs["failed"], theirs["failures"].as_array().unwrap().len()), (&json!(0), 0));
    app.finish().await;
}

#[tokio::test]
async fn a_configuration_that_is_read_again_is_in_force_for_the_next_mail() {
    let (first, second) = (Smtp::start(), Smtp::start());
    let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    let mut delivery = talentprompt::ops::mail::delivery::Delivery::default();
    for (number, smtp) in [&first, &second].into_iter().enumerate() {
        configure(&app, |config| by(config, &format!("smtp://{}", smtp.place())));
        post(&app, &format!("person{number}@example.com"), Priority::Normal).await;
        assert!(delivery.one(&app.ctx).await.unwrap());
        assert_eq!(smtp.taken().len(), 1);
    }
    app.finish().await;
}
