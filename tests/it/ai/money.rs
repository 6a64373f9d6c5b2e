//! What is spent is what is billed, and no limit is passed.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;
use talentprompt::ai::NoAnswer;
use talentprompt::ai::ledger::workspace_key;
use talentprompt::model::ids::CallId;
use talentprompt::model::money::Micros;
use talentprompt::store::ai::budget::{self, Counted, Counter, NewReservation};
use talentprompt::store::ai::settings::{self, Settings};

use super::{Jumping, Stage, another_door, ask, today};
use crate::support::provider::Behaviour;

#[tokio::test]
async fn what_is_counted_is_what_the_provider_bills() {
    let stage = Stage::new().await;
    for text in ["Ana leads a team of five.", "Ben writes Rust.", "Cleo speaks Greek."] {
        let answer = stage.ask(text).await.unwrap();
        assert_eq!((answer.by.as_str(), answer.value.quote.as_str()), ("openai/gpt-5-nano", text));
        assert!(answer.cost > Micros::ZERO);
    }
    let counted = stage.month().await;
    assert_eq!(counted, Counted { reserved: Micros::ZERO, spent: stage.billed() });
    let workspace = stage.counted(&workspace_key(stage.workspace), &today(&stage)).await;
    assert_eq!(workspace.spent, counted.spent);
    stage.finish().await;
}

#[tokio::test]
async fn at_the_limit_nothing_is_paid_and_it_is_said_which_limit() {
    let stage = Stage::with(|config| config.ai.month_usd = 0).await;
    let refused = stage.ask("Ana leads a team of five.").await.unwrap_err();
    assert_eq!(refused, NoAnswer::Spent("the month's limit of the appliance".to_owned()));
    stage.configure(|config| config.ai.month_usd = 100);
    let set = |subject: &'static str, micros| {
        let store = stage.app.ctx.store.clone();
        let workspace = stage.workspace;
        async move {
            let mut tx = store.workspace(workspace).await.unwrap();
            settings::set_limit(&mut tx, subject, "day", micros).await.unwrap();
            tx.commit().await.unwrap();
        }
    };
    set("feature:test", Some(Micros(100))).await;
    let refused = stage.ask("Ana leads a team of five.").await.unwrap_err();
    assert_eq!(refused.to_string().split(" is reached").next(), Some("the day's limit of the feature test"));
    assert!(stage.provider.calls().is_empty());
    set("feature:test", None).await;
    stage.ask("Ana leads a team of five.").await.unwrap();
    stage.finish().await;
}

#[tokio::test]
async fn a_stopped_workspace_asks_nobody_at_once() {
    let stage = Stage::new().await;
    let (ctx, text) = (&stage.app.ctx, "Ana leads a team of five.");
    let mut tx = ctx.store.workspace(stage.workspace).await.unwrap();
    assert!(settings::set_stopped(&mut tx, Some(ctx.now()), None).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(stage.ask(text).await.unwrap_err(), NoAnswer::Stopped);
    for (off, refused) in [(vec!["test".to_owned()], Some("ai_feature_off")), (Vec::new(), None)] {
        let mut tx = ctx.store.workspace(stage.workspace).await.unwrap();
        settings::set_stopped(&mut tx, None, None).await.unwrap();
        settings::set(&mut tx, &Settings { features_off: off, ..Settings::default() }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(stage.ask(text).await.err().map(|error| error.code()), refused);
        assert_eq!(stage.provider.calls().is_empty(), refused.is_some());
    }
    stage.finish().await;
}

#[tokio::test]
async fn without_a_price_nothing_is_paid() {
    let stage = Stage::with(|config| config.ai.simple = vec!["openai/gpt-9".to_owned()]).await;
    let refused = stage.ask("Ana leads a team of five.").await.unwrap_err();
    assert!(refused.to_string().starts_with("the price of openai/gpt-9 is not known"), "{refused}");
    assert!(stage.provider.calls().is_empty());
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_that_never_comes_counts_as_the_worst_it_can_cost() {
    let stage = Stage::with(|config| {
        config.openai.timeout_s = 1;
        config.ai.simple.truncate(1);
    })
    .await;
    stage.provider.script([Behaviour::Silence]);
    assert_eq!(stage.ask("Ana leads a team of five.").await.unwrap_err().code(), "ai_away");
    let counted = stage.month().await;
    assert!(counted.spent >= stage.billed() && stage.billed() > Micros::ZERO);
    assert_eq!(counted.reserved, Micros::ZERO);
    assert_eq!(stage.outcomes().await, ["timeout"]);
    stage.finish().await;
}

/// Sets money aside as a process does that then vanishes.
async fn reserve_and_vanish(stage: &Stage, worst: Micros) -> CallId {
    let ctx = &stage.app.ctx;
    let id = ctx.id(CallId::new);
    let counter = Counter { key: "appliance".to_owned(), period: "2026-11".to_owned(), limit: Some(Micros(1_000)) };
    let new = NewReservation {
        id,
        workspace: stage.workspace,
        counters: std::slice::from_ref(&counter),
        worst,
        call: &json!({}),
        holder: uuid::Uuid::from_bytes(talentprompt::base::random::bytes()),
        lease_until: ctx.now() + TimeDelta::seconds(30),
    };
    let mut tx = ctx.store.workspace(stage.workspace).await.unwrap();
    assert_eq!(budget::reserve(&mut tx, &new, ctx.now()).await.unwrap(), None);
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn what_a_process_left_that_vanished_counts_as_spent_until_its_end_is_heard_of_and_is_settled_once() {
    let stage = Stage::new().await;
    let id = reserve_and_vanish(&stage, Micros(600)).await;
    let counted = async || stage.counted("appliance", "2026-11").await;
    let clock = Jumping::default();
    let door = another_door(&stage, Arc::new(clock.clone()));
    door.keep().await.unwrap();
    assert_eq!(counted().await, Counted { reserved: Micros(600), spent: Micros::ZERO }, "it may still be under way");
    clock.jump(TimeDelta::seconds(31));
    door.keep().await.unwrap();
    assert_eq!(counted().await, Counted { reserved: Micros::ZERO, spent: Micros(600) });

    let settle = async || {
        let mut tx = stage.app.ctx.store.workspace(stage.workspace).await.unwrap();
        let settled = budget::settle(&mut tx, id, Micros(100)).await.unwrap();
        tx.commit().await.unwrap();
        settled
    };
    let both = tokio::join!(settle(), settle());
    assert!(both.0 != both.1, "it was settled by both or by none");
    assert_eq!(counted().await, Counted { reserved: Micros::ZERO, spent: Micros(100) });
    stage.finish().await;
}

#[tokio::test]
async fn a_lease_that_a_wrong_clock_gave_does_not_hold_money_for_ever() {
    let stage = Stage::new().await;
    reserve_and_vanish(&stage, Micros(600)).await;
    let clock = Jumping::default();
    clock.jump(TimeDelta::days(-1));
    another_door(&stage, Arc::new(clock)).keep().await.unwrap();
    assert_eq!(stage.counted("appliance", "2026-11").await.spent, Micros(600));
    stage.finish().await;
}

#[tokio::test]
async fn a_day_gone_by_and_back_gives_no_money_twice() {
    let stage = Stage::with(|config| config.ai.day_usd = 1).await;
    let clock = Jumping::default();
    let door = another_door(&stage, Arc::new(clock.clone()));
    let first = ask(&door, stage.question("Ana leads a team of five.")).await.unwrap();
    stage.app.sql("update ai_counters set spent = 1000000 where length(period) = 10").await;
    assert_eq!(ask(&door, stage.question("Ben leads a team of five.")).await.unwrap_err().code(), "ai_budget_spent");
    clock.jump(TimeDelta::days(1));
    ask(&door, stage.question("Ben leads a team of five.")).await.unwrap();
    clock.jump(TimeDelta::days(-1));
    assert_eq!(ask(&door, stage.question("Cleo leads a team of five.")).await.unwrap_err().code(), "ai_budget_spent");
    assert!(first.cost > Micros::ZERO);
    stage.finish().await;
}

#[tokio::test]
async fn a_call_whose_end_was_not_written_is_not_believed_in_for_ever_by_its_own_process() {
    let stage = Stage::with(|config| config.ai.simple.truncate(1)).await;
    let clock = Jumping::default();
    let door = another_door(&stage, Arc::new(clock.clone()));
    stage.provider.script([Behaviour::Silence]);
    let question = stage.question("Ana leads a team of five.");
    let asking = tokio::spawn({
        let door = door.clone();
        async move { ask(&door, question).await }
    });
    while stage.month().await.reserved == Micros::ZERO {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // Whoever asked has left; the call goes on.
    asking.abort();
    clock.jump(TimeDelta::minutes(14));
    door.keep().await.unwrap();
    assert!(stage.month().await.reserved > Micros::ZERO, "it may still be under way");
    clock.jump(TimeDelta::minutes(2));
    door.keep().await.unwrap();
    assert_eq!(stage.month().await.reserved, Micros::ZERO);
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_with_a_character_that_cannot_be_kept_strands_no_money() {
    let stage = Stage::new().await;
    stage.provider.script_for("gpt-5-nano", [Behaviour::Text(r#"{"quote": "Ana \u0000"}"#.to_owned())]);
    assert_eq!(stage.ask("Ana leads a team of five.").await.unwrap().by, "claude/claude-haiku-4-5");
    assert_eq!(stage.outcomes().await, ["garbled", "answered"]);
    assert_eq!(stage.month().await, Counted { reserved: Micros::ZERO, spent: stage.billed() });
    stage.finish().await;
}
