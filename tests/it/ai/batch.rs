//! Questions that can wait cost half, and are answered in the ordinary way afterwards.

use std::time::Duration;

use chrono::TimeDelta;
use talentprompt::ai::{Later, Question};
use talentprompt::model::money::Micros;

use super::{Found, Jumping, Stage, another_door, ask};

fn questions(stage: &Stage, count: usize) -> Vec<Question> {
    (0..count).map(|n| stage.question(&format!("Resume {n} speaks of Rust."))).collect()
}

#[tokio::test]
async fn what_can_wait_costs_half_and_is_there_when_it_is_asked_for() {
    let stage = Stage::new().await;
    let door = &stage.app.ctx.ai;
    let later = door.ask_later::<Found>(questions(&stage, 20)).await.unwrap();
    assert_eq!(later, Later { sent: 20, known: 0, left_out: 0 });
    assert!(stage.month().await.reserved > Micros::ZERO);
    let again = door.ask_later::<Found>(questions(&stage, 20)).await.unwrap();
    assert_eq!(again, Later { sent: 0, known: 20, left_out: 0 }, "what is under way is not asked again");

    while door.collect(stage.workspace).await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let counted = stage.month().await;
    assert_eq!(counted.reserved, Micros::ZERO);
    assert!(counted.spent >= stage.billed() && stage.billed() > Micros::ZERO);
    for question in questions(&stage, 20) {
        let answer = ask(door, question).await.unwrap();
        assert!(answer.cached && answer.by == "openai/gpt-5-nano");
    }
    assert!(
        stage
            .provider
            .calls()
            .iter()
            .all(|call| call.in_batch || call.path.contains("batch") || call.path.contains("files"))
    );
    let mut connection = stage.app.superuser().await;
    let saved = "select sum(saved_batch)::bigint from ai_calls where outcome = 'answered'";
    let saved: i64 = sqlx::query_scalar(saved).fetch_one(&mut connection).await.unwrap();
    assert!((saved - counted.spent.0).abs() <= 20, "half was saved: {saved} of {}", counted.spent);
    drop(connection);
    stage.finish().await;
}

#[tokio::test]
async fn a_batch_that_is_refused_leaves_nothing_reserved() {
    let stage = Stage::with(|config| config.openai.url = "http://127.0.0.1:9/v1".to_owned()).await;
    assert_eq!(stage.app.ctx.ai.ask_later::<Found>(questions(&stage, 3)).await.unwrap_err().code(), "ai_away");
    let counted = stage.month().await;
    assert_eq!((counted.reserved, counted.spent), (Micros::ZERO, Micros::ZERO));
    stage.finish().await;
}

#[tokio::test]
async fn what_no_limit_allows_is_left_out_of_a_batch() {
    let stage = Stage::new().await;
    let workspace = stage.workspace;
    stage.app.sql(&format!("insert into ai_limits values ('{workspace}', 'workspace', 'day', 400)")).await;
    let later = stage.app.ctx.ai.ask_later::<Found>(questions(&stage, 20)).await.unwrap();
    assert!(later.sent > 0 && later.left_out > 0 && later.sent + later.left_out == 20, "{later:?}");
    stage.finish().await;
}

#[tokio::test]
async fn a_batch_of_which_nobody_knows_what_became_counts_as_spent() {
    let stage = Stage::new().await;
    let clock = Jumping::default();
    // One process: that it lives must not keep alive what it has given up.
    let door = another_door(&stage, std::sync::Arc::new(clock.clone()));
    door.ask_later::<Found>(questions(&stage, 2)).await.unwrap();
    let reserved = stage.month().await.reserved;
    stage.app.sql("update ai_batches set state = 'collecting', provider_id = null").await;
    assert_eq!(door.collect(stage.workspace).await.unwrap(), 1, "it may still be handed over");
    clock.jump(TimeDelta::minutes(16));
    assert_eq!(door.collect(stage.workspace).await.unwrap(), 0);
    clock.jump(TimeDelta::seconds(1));
    door.keep().await.unwrap();
    let counted = stage.month().await;
    assert_eq!((counted.reserved, counted.spent), (Micros::ZERO, reserved));
    stage.finish().await;
}
