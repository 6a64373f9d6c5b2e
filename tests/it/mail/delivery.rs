//! The outbox: killed senders, several senders, a day's limit, and what is kept.

use std::collections::BTreeSet;
use std::time::Duration;

use talentprompt::gateways::mail;
use talentprompt::model::mail::{ATTEMPTS, Priority};
use talentprompt::ops::mail::delivery::Delivery;
use talentprompt::recruit::housekeeping::{self, Removed};
use talentprompt::store::outbox::{self, Outcome};
use uuid::Uuid;

use super::{app, configure, deliver, later, post, states};
use crate::support::app::{Plan, TestApp};
use crate::support::smtp::Smtp;

#[tokio::test]
async fn a_sender_that_is_killed_after_the_server_took_a_mail_leaves_it_to_be_sent_once_more_as_the_same() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    post(&app, "ana@example.com", Priority::Normal).await;
    // What a sender does, up to where it is killed.
    let (lease, hour) = (Uuid::from_u128(1), Duration::from_mins(4));
    let taken = app.ctx.store.take_mail(Priority::Bulk, lease, hour, app.ctx.now()).await.unwrap().unwrap();
    let letter = outbox::letter(&mut app.ctx.store.system().await.unwrap(), taken.id).await.unwrap();
    mail::open(&app.ctx.config.get().mail).unwrap().send(&letter).await.unwrap();

    assert_eq!(deliver(&app).await, 0, "while the lease holds, nobody else sends it");
    later(&app).await;
    assert_eq!(deliver(&app).await, 1);
    let ids: Vec<_> = smtp.taken().iter().map(|mail| mail["headers"]["Message-ID"].clone()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    // What the first one would still have to say counts no more.
    let mut tx = app.ctx.store.system().await.unwrap();
    let late = Outcome::Failed("late".to_owned());
    assert!(!outbox::settle(&mut tx, &taken, &late, app.ctx.now()).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(states(&app).await, [("sent".to_owned(), 2, String::new())]);
    app.finish().await;
}

#[tokio::test]
async fn senders_that_work_at_once_send_no_mail_twice() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    for number in 0..24 {
        post(&app, &format!("person{number}@example.com"), Priority::Normal).await;
    }
    let sender = async || {
        let mut delivery = Delivery::default();
        while delivery.one(&app.ctx).await.unwrap() {}
    };
    tokio::join!(sender(), sender(), sender());
    let taken = smtp.taken();
    let to: BTreeSet<_> = taken.iter().map(|mail| mail["to"][0].as_str().unwrap().to_owned()).collect();
    assert_eq!((taken.len(), to.len()), (24, 24));
    app.finish().await;
}

#[tokio::test]
async fn a_days_limit_is_kept_by_all_and_what_is_urgent_gets_through_last() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    configure(&app, |config| config.mail.daily_limit = 10);
    for (priority, count) in [(Priority::Bulk, 12), (Priority::Normal, 3), (Priority::Urgent, 1)] {
        for number in 0..count {
            post(&app, &format!("person{number}@example.com"), priority).await;
        }
    }
    let sender = async || {
        let mut delivery = Delivery::default();
        while delivery.one(&app.ctx).await.unwrap() {}
    };
    tokio::join!(sender(), sender());
    // One urgent, three normal, and of the bulk what fits into the eight.
    assert_eq!(smtp.taken().len(), 8);
    for number in 10..13 {
        post(&app, &format!("person{number}@example.com"), Priority::Urgent).await;
    }
    assert_eq!(deliver(&app).await, 2, "the tenth is the last");
    assert_eq!(states(&app).await.iter().filter(|(state, ..)| state == "queued").count(), 9);

    // The next day begins anew; a refused mail does not use it up.
    app.sql("update mail_days set day = day - 1").await;
    post(&app, "nobody@example.com", Priority::Urgent).await;
    assert_eq!(deliver(&app).await, 1 + 1 + 7);
    assert_eq!(app.ctx.store.mails_on(app.ctx.now().date_naive()).await.unwrap(), 8);
    app.finish().await;
}

#[tokio::test]
async fn a_mail_is_given_up_at_last_with_the_reason() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    drop(smtp);
    post(&app, "ana@example.com", Priority::Normal).await;
    app.sql(&format!("update outbox set attempts = {}", ATTEMPTS - 1)).await;
    assert_eq!(deliver(&app).await, 1);
    let (state, attempts, reason) = states(&app).await.remove(0);
    assert_eq!((state.as_str(), attempts), ("failed", ATTEMPTS));
    assert!(reason.contains("given up after 18 attempts"), "{reason}");
    app.finish().await;
}

#[tokio::test]
async fn the_same_mail_is_handed_in_once_and_none_where_mail_is_off() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    post(&app, "ana@example.com", Priority::Normal).await;
    post(&app, "ana@example.com", Priority::Normal).await;
    configure(&app, |config| config.mail.provider = "off".to_owned());
    assert!(!post(&app, "bob@example.com", Priority::Normal).await);
    assert_eq!(states(&app).await.len(), 1);
    assert_eq!(deliver(&app).await, 0, "what waits stays");
    app.finish().await;
}

#[tokio::test]
async fn what_a_mail_said_is_erased_after_thirty_days_and_what_waits_stays() {
    let smtp = Smtp::start();
    let app = app(&smtp).await;
    for to in ["old@example.com", "recent@example.com"] {
        post(&app, to, Priority::Normal).await;
    }
    deliver(&app).await;
    post(&app, "waits@example.com", Priority::Normal).await;
    app.sql("update outbox set created_at = created_at - interval '40 days'").await;
    app.sql("update outbox set ended_at = ended_at - interval '31 days' where key like 'old%'").await;
    assert_eq!(housekeeping::tidy(&app.ctx).await.unwrap(), Removed { mails: 1, ..Removed::default() });
    assert_eq!(states(&app).await.len(), 2);
    app.finish().await;
}

#[tokio::test]
async fn the_running_appliance_sends_at_once() {
    let smtp = Smtp::start();
    let app = TestApp::with(Plan::default()).await;
    configure(&app, |config| super::by(config, &format!("smtp://{}", smtp.place())));
    post(&app, "ana@example.com", Priority::Urgent).await;
    let arrived = async {
        while smtp.taken().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), arrived).await.unwrap();
    app.finish().await;
}
