//! A month of work, counted twice: as it was done, and as it would have cost with the best model and nothing kept.
//!
//! The work is 1,000 resumes read a second time, 10,000 searches and 500 interview kits. Of the searches 4 in 100 are hard
//! (as many as of the queries that the rules are tested with), each asked twice; one in ten has a hit summarised, and a third
//! of these summaries was asked for before. Sizes are those of real ones: a resume of 5,000 characters, six passages, a kit's
//! description of 4,000; answers of 600 to 2,400 characters. The tests do a fiftieth of it;
//! `TALENTPROMPT_AI_RUNS=50 … cargo nextest run -E 'test(a_month_of_work)' --no-capture` does the whole.

use serde_json::json;
use talentprompt::ai::prompt::{self, Prompt};
use talentprompt::ai::{Later, Question};
use talentprompt::model::money::Micros;
use talentprompt::model::spend::Tier;

use super::load::runs;
use super::{Found, Stage};
use crate::support::provider::Behaviour;

/// So many parts make a month.
const PARTS: usize = 50;

fn question(stage: &Stage, prompt: &'static Prompt, tier: Tier, user: String) -> Question {
    Question { prompt, tier, user, ..stage.question("") }
}

/// Text of about so many characters, no two alike.
fn text(kind: &str, number: usize, characters: usize) -> String {
    let line = format!("{kind} {number} led teams, built services and wrote what was needed for them. ");
    line.repeat(characters / line.len() + 1)
}

/// From now on answers have about so many characters.
fn answers_of(stage: &Stage, characters: usize) {
    stage.provider.clear();
    let quote = "word ".repeat(characters / 5);
    stage.provider.script([Behaviour::Always(Box::new(Behaviour::Answer(json!({ "quote": quote }))))]);
}

async fn ask_all(stage: &Stage, questions: Vec<Question>) {
    for part in questions.chunks(16) {
        let asked = part.iter().map(|question| stage.app.ctx.ai.ask(question.clone(), |_: &Found| Ok(())));
        for answer in futures::future::join_all(asked).await {
            answer.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_work_costs_less_than_half_of_what_the_best_model_would() {
    let stage = Stage::new().await;
    let part = runs(1);
    let of = |whole: usize| whole * part / PARTS;

    answers_of(&stage, 2_400);
    let resumes = (0..of(1_000)).map(|n| question(&stage, &prompt::EVIDENCE, Tier::Medium, text("Resume", n, 5_000)));
    let resumes: Vec<Question> = resumes.collect();
    let later = stage.app.ctx.ai.ask_later::<Found>(resumes.clone()).await.unwrap();
    assert_eq!(later, Later { sent: resumes.len(), ..Later::default() });
    while stage.app.ctx.ai.collect(stage.workspace).await.unwrap() > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    ask_all(&stage, resumes).await;

    answers_of(&stage, 600);
    let searches = of(10_000);
    let hard =
        (0..searches * 4 / 100).map(|n| question(&stage, &prompt::QUERY, Tier::Simple, text("Query", n / 2, 200)));
    let hard: Vec<Question> = hard.collect();
    let asked_hard = hard.len();
    ask_all(&stage, hard).await;
    let summaries =
        (0..searches / 10).map(|n| question(&stage, &prompt::EVIDENCE, Tier::Simple, text("Hit", n * 2 / 3, 3_000)));
    ask_all(&stage, summaries.collect()).await;

    answers_of(&stage, 2_400);
    let kits = (0..of(500)).map(|n| question(&stage, &prompt::REQUIREMENTS, Tier::Medium, text("Kit", n, 4_000)));
    ask_all(&stage, kits.collect()).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;

    let mut connection = stage.app.superuser().await;
    let sums = "select sum(cost)::bigint, sum(saved_cache)::bigint, sum(saved_batch)::bigint, sum(saved_prefix)::bigint, \
                sum(saved_tier)::bigint from ai_calls where outcome in ('answered', 'cached', 'shared')";
    let [cost, cache, batch, prefix, tier] = {
        let row: (i64, i64, i64, i64, i64) = sqlx::query_as(sums).fetch_one(&mut connection).await.unwrap();
        [row.0, row.1, row.2, row.3, row.4]
    };
    let whole = cost + batch + prefix + tier + cache;
    eprintln!(
        "{part}/{PARTS} of a month: {} instead of {}, {} % saved (cache {}, batch {}, prefix {}, tier {}); \
         {} of {searches} searches asked a model",
        Micros(cost),
        Micros(whole),
        100 - cost * 100 / whole,
        Micros(cache),
        Micros(batch),
        Micros(prefix),
        Micros(tier),
        asked_hard
    );
    assert_eq!(stage.month().await.spent, Micros(cost));
    assert!(cost * 100 <= whole * 40, "{} of {} were spent", Micros(cost), Micros(whole));
    let month = cost * i64::try_from(PARTS / part).unwrap();
    assert!(Micros(month) < Micros::dollars(100), "a month would cost {}", Micros(month));
    drop(connection);
    stage.finish().await;
}
