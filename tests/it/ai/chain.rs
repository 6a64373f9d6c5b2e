//! Who is asked, and who instead.

use std::time::{Duration, Instant};

use serde_json::json;
use talentprompt::ai::NoAnswer;
use talentprompt::model::spend::Tier;

use super::{Stage, ask};
use crate::support::provider::{Behaviour, Fault, Rubbish};

#[tokio::test]
async fn without_a_provider_the_rules_are_alone_and_say_so() {
    let stage = Stage::with(|config| {
        config.openai.api_key.clear();
        config.claude.api_key.clear();
    })
    .await;
    let refused = stage.ask("Ana leads a team of five.").await.unwrap_err();
    assert_eq!((refused.code(), refused), ("ai_off", NoAnswer::Off));
    stage.finish().await;
}

#[tokio::test]
async fn who_talks_rubbish_is_passed_over_and_only_then_is_a_tier_above_asked() {
    let stage = Stage::new().await;
    stage.provider.script_for("gpt-5-nano", [Behaviour::Rubbish(Rubbish::WrongSchema)]);
    assert_eq!(stage.ask("Ana leads a team of five.").await.unwrap().by, "claude/claude-haiku-4-5");

    for rubbish in [Rubbish::InvalidJson, Rubbish::NotQuoted, Rubbish::Empty, Rubbish::Refusal, Rubbish::Filtered] {
        let text = format!("Ben leads a team of {rubbish:?}.");
        stage.provider.script_for("gpt-5-nano", [Behaviour::Rubbish(rubbish)]);
        stage.provider.script_for("claude-haiku-4-5", [Behaviour::Rubbish(Rubbish::NotQuoted)]);
        let answer = stage.ask(&text).await.unwrap();
        assert_eq!((answer.by.as_str(), answer.value.quote), ("openai/gpt-5-mini", text));
        stage.provider.clear();
        // Who rested is asked again.
        stage.configure(|config| config.openai.requests_per_minute += 1);
        stage.configure(|config| config.claude.requests_per_minute += 1);
    }
    let reasons: Vec<String> = {
        let mut connection = stage.app.superuser().await;
        let asked = "select reason from ai_calls where tier = 'medium' and outcome = 'answered' order by id";
        sqlx::query_scalar(asked).fetch_all(&mut connection).await.unwrap()
    };
    assert_eq!(reasons.len(), 5);
    assert!(reasons.iter().all(|reason| reason.starts_with("a test; simple gave nothing usable: ")), "{reasons:?}");
    stage.finish().await;
}

#[tokio::test]
async fn who_is_away_costs_no_tier_more() {
    let stage = Stage::new().await;
    stage.provider.script([Behaviour::Down { ms: 60_000 }]);
    let refused = stage.ask("Ana leads a team of five.").await.unwrap_err();
    assert_eq!(refused.code(), "ai_away");
    assert!(stage.provider.calls().iter().all(|call| call.model != "gpt-5-mini"));
    assert_eq!(stage.month().await.spent.0, 0, "an error is not billed");
    stage.finish().await;
}

#[tokio::test]
async fn a_wish_to_wait_is_respected_where_it_is_short() {
    let stage = Stage::with(|config| config.ai.simple.truncate(1)).await;
    stage.provider.script([Behaviour::Fails(Fault::RateLimited { retry_after_s: 1 })]);
    let started = Instant::now();
    stage.ask("Ana leads a team of five.").await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(stage.outcomes().await, ["too_often", "answered"]);
    stage.provider.script([Behaviour::Fails(Fault::RateLimited { retry_after_s: 600 })]);
    let started = Instant::now();
    assert_eq!(stage.ask("Ben leads a team of five.").await.unwrap_err().code(), "ai_away");
    assert!(started.elapsed() < Duration::from_secs(2), "nobody waits for ten minutes");
    stage.finish().await;
}

#[tokio::test]
async fn a_connection_that_ends_early_is_another_ones_turn() {
    let stage = Stage::new().await;
    for behaviour in [Behaviour::Reset, Behaviour::Cut] {
        stage.provider.script_for("gpt-5-nano", [behaviour]);
        let text = format!("Ana leads a team of {}.", stage.provider.calls().len());
        assert_eq!(stage.ask(&text).await.unwrap().by, "claude/claude-haiku-4-5");
    }
    assert!(stage.month().await.spent >= stage.billed());
    stage.finish().await;
}

#[tokio::test]
async fn while_others_can_answer_half_of_the_time_is_kept_for_them() {
    let stage = Stage::new().await;
    stage.provider.script_for("gpt-5-nano", [Behaviour::Silence]);
    let mut question = stage.question("Ana leads a team of five.");
    question.patience = Duration::from_secs(3);
    let started = Instant::now();
    let answer = ask(&stage.app.ctx.ai, question).await.unwrap();
    assert_eq!(answer.by, "claude/claude-haiku-4-5");
    assert!(started.elapsed() < Duration::from_secs(3));
    stage.finish().await;
}

#[tokio::test]
async fn a_wrong_key_a_missing_model_and_an_empty_account_rest_at_once() {
    let stage = Stage::with(|config| config.openai.api_key = "wrong".to_owned()).await;
    assert_eq!(stage.ask("Ana leads a team of five.").await.unwrap().by, "claude/claude-haiku-4-5");
    assert_eq!(stage.ask("Ben leads a team of five.").await.unwrap().by, "claude/claude-haiku-4-5");
    assert_eq!(stage.outcomes().await, ["wrong_key", "answered", "answered"], "a wrong key was tried again");
    assert_eq!(stage.app.ctx.ai.resting()[0].0, "openai/gpt-5-nano");

    stage.configure(|config| {
        "test-key".clone_into(&mut config.openai.api_key);
        config.ai.simple = vec!["openai/gpt-4o-mini".to_owned()];
    });
    let refused = stage.ask("Cleo leads a team of five.").await.unwrap_err().to_string();
    assert!(refused.contains("the provider has no such model"), "{refused}");
    stage.finish().await;
}

#[tokio::test]
async fn what_does_not_fit_is_not_sent() {
    let stage = Stage::with(|config| {
        config.ai.simple = vec!["openai/gpt-5-nano".to_owned()];
        config.ai.prices = vec!["openai/gpt-5-nano 0.05 0.005 0.40 1000".to_owned()];
    })
    .await;
    let refused = stage.ask(&"word ".repeat(2_000)).await.unwrap_err();
    assert_eq!(refused, NoAnswer::TooLong);
    assert!(stage.provider.calls().is_empty());
    stage.finish().await;
}

#[tokio::test]
async fn a_tier_that_has_had_its_share_begins_one_lower() {
    let stage = Stage::with(|config| config.ai.complex_percent = 10).await;
    let mut question = stage.question("Ana leads a team of five.");
    question.tier = Tier::Complex;
    assert_eq!(ask(&stage.app.ctx.ai, question.clone()).await.unwrap().by, "openai/gpt-5");
    stage.app.sql("update ai_counters set spent = 10000000 where key = 'tier:complex'").await;
    question.user = "Ben leads a team of five.".to_owned();
    assert_eq!(ask(&stage.app.ctx.ai, question).await.unwrap().by, "openai/gpt-5-mini");
    let mut connection = stage.app.superuser().await;
    let last = "select reason from ai_calls order by id desc limit 1";
    let reason: String = sqlx::query_scalar(last).fetch_one(&mut connection).await.unwrap();
    assert_eq!(reason, "a test; complex has taken its share of the month");
    stage.finish().await;
}

#[tokio::test]
async fn a_share_of_the_questions_goes_to_a_second_model_and_is_used_for_nothing_else() {
    let stage = Stage::with(|config| {
        "claude/claude-sonnet-4-5".clone_into(&mut config.ai.compare);
        config.ai.compare_percent = 100;
    })
    .await;
    let answer = stage.ask("Ana leads a team of five.").await.unwrap();
    assert_eq!(answer.by, "openai/gpt-5-nano");
    let mut connection = stage.app.superuser().await;
    let compared = "select count(*) from ai_calls where compared_with = $1 and model = 'claude-sonnet-4-5'";
    for _ in 0..100 {
        if sqlx::query_scalar::<_, i64>(compared).bind(answer.call.0).fetch_one(&mut connection).await.unwrap() == 1 {
            let again = stage.ask("Ana leads a team of five.").await.unwrap();
            assert!(again.cached && again.by == "openai/gpt-5-nano");
            assert_eq!(stage.month().await.spent, stage.billed());
            return stage.finish().await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the second model was not asked: {}", json!(stage.outcomes().await));
}

#[tokio::test]
async fn when_no_time_is_left_nobody_is_paid_for_nothing() {
    let stage = Stage::new().await;
    stage.provider.script([Behaviour::Rubbish(Rubbish::NotQuoted), Behaviour::Always(Box::new(Behaviour::Silence))]);
    let mut question = stage.question("Ana leads a team of five.");
    question.patience = Duration::from_secs(2);
    assert_eq!(ask(&stage.app.ctx.ai, question).await.unwrap_err().code(), "ai_unusable");
    assert!(stage.provider.calls().len() <= 2, "{:?}", stage.outcomes().await);
    stage.finish().await;
}
