//! What was answered is not paid for twice.

use std::time::Duration;

use talentprompt::model::money::Micros;

use super::{Stage, ask};
use crate::support::provider::Behaviour;

#[tokio::test]
async fn the_same_question_is_answered_from_what_is_there_and_the_saving_is_noted() {
    let stage = Stage::new().await;
    let first = stage.ask("Ana leads a team of five.").await.unwrap();
    // Space is no difference to whoever is asked.
    let again = stage.ask("\nAna leads a team of five.  ").await.unwrap();
    assert!(again.cached && again.cost == Micros::ZERO && again.value == first.value);
    assert_eq!(stage.provider.calls().len(), 1);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut connection = stage.app.superuser().await;
    let saved = "select sum(saved_cache)::bigint from ai_calls where outcome = 'cached'";
    let saved: Option<i64> = sqlx::query_scalar(saved).fetch_one(&mut connection).await.unwrap();
    assert!(saved.is_some_and(|saved| saved >= first.cost.0));
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_outlives_the_cache_at_hand() {
    let stage = Stage::new().await;
    stage.ask("Ana leads a team of five.").await.unwrap();
    let mut redis =
        redis::Client::open(stage.app.ctx.config.get().redis.url.as_str()).unwrap().get_connection().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg(format!("ai:{}:*", stage.workspace)).query(&mut redis).unwrap();
    assert_eq!(keys.len(), 1);
    redis::cmd("DEL").arg(&keys).exec(&mut redis).unwrap();
    assert!(stage.ask("Ana leads a team of five.").await.unwrap().cached);
    assert_eq!(stage.provider.calls().len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn a_hundred_who_ask_the_same_at_once_make_one_call() {
    let stage = Stage::new().await;
    stage.provider.script([Behaviour::latency(Duration::from_millis(300))]);
    let asked = (0..100).map(|_| ask(&stage.app.ctx.ai, stage.question("Ana leads a team of five.")));
    let answers = futures::future::join_all(asked).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().value.quote == "Ana leads a team of five."));
    assert_eq!(stage.provider.calls().len(), 1);
    assert_eq!(answers.iter().filter(|answer| !answer.as_ref().unwrap().cached).count(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn another_workspace_is_told_nothing() {
    let stage = Stage::new().await;
    stage.ask("Ana leads a team of five.").await.unwrap();
    stage.app.owner().await;
    let mut tx = stage.app.ctx.store.system().await.unwrap();
    let workspaces = talentprompt::store::accounts::workspaces(&mut tx).await.unwrap();
    let other = workspaces.iter().find(|(id, ..)| *id != stage.workspace).unwrap().0;
    let mut question = stage.question("Ana leads a team of five.");
    question.workspace = other;
    assert!(!ask(&stage.app.ctx.ai, question).await.unwrap().cached);
    assert_eq!(stage.provider.calls().len(), 2);
    drop(tx);
    stage.finish().await;
}

#[tokio::test]
async fn what_is_said_of_somebody_who_is_not_there_any_more_is_not_kept() {
    let stage = Stage::new().await;
    let mut question = stage.question("Ana leads a team of five.");
    question.about = Some(uuid::Uuid::nil().into());
    for _ in 0..2 {
        assert!(!ask(&stage.app.ctx.ai, question.clone()).await.unwrap().cached);
    }
    assert_eq!(stage.month().await.spent, stage.billed());
    stage.finish().await;
}
