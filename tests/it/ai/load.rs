//! Many at once, for a long time, while everything goes wrong that can.
//!
//! `TALENTPROMPT_AI_RUNS=10000 tests/support/with-services cargo nextest run -E 'test(no_limit_is_passed)' --no-capture`
//! repeats the figure of the handbook; the tests ask less often.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use talentprompt::ai::Door;
use talentprompt::base::clock::Clock;
use talentprompt::model::money::Micros;

use super::{Jumping, Stage, another_door, ask};
use crate::support::provider::{Behaviour, Mix};

/// At once.
const WORKERS: usize = 64;

#[expect(clippy::disallowed_methods, reason = "tests may read the environment")]
pub(super) fn runs(usual: usize) -> usize {
    std::env::var("TALENTPROMPT_AI_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(usual)
}

/// Questions of all sizes, by `WORKERS` at once, until there were `runs`; answers how many were answered.
async fn work(door: Door, stage: Arc<Stage>, next: Arc<AtomicUsize>, runs: usize) -> usize {
    let worker = |_| {
        let (door, stage, next) = (door.clone(), Arc::clone(&stage), Arc::clone(&next));
        async move {
            let mut answered = 0;
            loop {
                let run = next.fetch_add(1, Ordering::SeqCst);
                if run >= runs {
                    return answered;
                }
                let text = format!("Run {run} begins here. {}", "There is more of it. ".repeat(run * 7 % 150));
                let mut question = stage.question(text.trim());
                question.patience = Duration::from_secs(3);
                answered += usize::from(ask(&door, question).await.is_ok());
            }
        }
    };
    futures::future::join_all((0..WORKERS).map(worker)).await.into_iter().sum()
}

/// A process that works on the same database and is killed after a while.
fn doomed(
    stage: &Arc<Stage>,
    clock: Arc<dyn Clock>,
    next: &Arc<AtomicUsize>,
    runs: usize,
    life: Duration,
) -> std::thread::JoinHandle<()> {
    let config = stage.app.ctx.config.clone();
    let (stage, next) = (Arc::clone(stage), Arc::clone(next));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.spawn(async move {
            let url = config.get().database.url.clone();
            let store = talentprompt::store::Store::connect(&url, 4).await.unwrap();
            let door = Door::new(config, store, stage.app.ctx.cache.clone(), clock);
            work(door, stage, next, runs).await
        });
        std::thread::sleep(life);
        runtime.shutdown_background();
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_limit_is_passed_whatever_happens() {
    let runs = runs(1_200);
    let stage = Arc::new(
        Stage::with(|config| {
            config.openai.timeout_s = 1;
            config.claude.timeout_s = 1;
        })
        .await,
    );
    stage.provider.mix(Mix { seed: 7, latency_ms: 5, errors: 20, limited: 10, silent: 3, rubbish: 20 });
    // A limit that is reached before the end.
    let limit = Micros(i64::try_from(runs).unwrap() * 80);
    stage
        .app
        .sql(&format!("insert into ai_limits values ('{}', 'workspace', 'month', {})", stage.workspace, limit.0))
        .await;

    let (clock, next) = (Jumping::default(), Arc::new(AtomicUsize::new(0)));
    let door = another_door(&stage, Arc::new(clock.clone()));
    let keeper = tokio::spawn({
        let door = door.clone();
        async move {
            loop {
                tokio::time::sleep(Duration::from_millis(500)).await;
                door.keep().await.unwrap();
            }
        }
    });
    let trouble = tokio::spawn({
        let (stage, clock) = (Arc::clone(&stage), clock.clone());
        async move {
            for turn in 0_i64.. {
                tokio::time::sleep(Duration::from_millis(700)).await;
                clock.jump(TimeDelta::hours(if turn % 2 == 0 { 25 } else { -25 }));
                // Prices of other days: never below what the box charges.
                let factor = 1 + turn % 3;
                stage.configure(|config| {
                    config.ai.prices = vec![
                        format!("openai/gpt-5-nano 0.{:02} 0.{:02} {} 400000", 5 * factor, 5 * factor, factor),
                        format!("claude/claude-haiku-4-5 {factor} {factor} {} 200000", 5 * factor),
                    ];
                });
            }
        }
    });
    let killed = doomed(&stage, Arc::new(clock.clone()), &next, runs, Duration::from_millis(2_500));
    let answered = work(door.clone(), Arc::clone(&stage), Arc::clone(&next), runs).await;
    tokio::task::spawn_blocking(|| killed.join().unwrap()).await.unwrap();
    trouble.abort();
    keeper.abort();

    // Whatever the killed process left is found within its lease and one look.
    clock.jump(TimeDelta::seconds(41));
    door.keep().await.unwrap();
    let mut connection = stage.app.superuser().await;
    let mut number =
        async |query: &'static str| -> i64 { sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap() };
    assert_eq!(number("select count(*) from ai_reservations where lost_at is null").await, 0, "money is stranded");
    assert_eq!(number("select coalesce(sum(reserved), 0)::bigint from ai_counters").await, 0);
    let month = number(
        "select coalesce(max(spent), 0)::bigint from ai_counters where key like 'workspace:%' and length(period) = 7",
    )
    .await;
    let total =
        number("select sum(spent)::bigint from ai_counters where key = 'appliance' and length(period) = 7").await;
    let billed = stage.billed();
    eprintln!("{runs} runs, {answered} answered, billed {billed}, counted {}, limit {limit}", Micros(total));
    assert!(Micros(month) <= limit, "{} of {limit} were spent in a month", Micros(month));
    assert!(billed <= Micros(total), "{billed} were billed and only {} counted", Micros(total));
    assert!(answered > 0 && month > limit.0 / 2, "the limit was never near");
    drop(connection);
    drop(door);
    Arc::into_inner(stage).unwrap().finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_in_the_middle_is_not_noticed_by_who_asks() {
    let stage = Arc::new(Stage::new().await);
    stage.provider.mix(Mix { seed: 3, latency_ms: 5, errors: 0, limited: 0, silent: 0, rubbish: 0 });
    let (mut by, started) = (Vec::new(), Instant::now());
    let mut back = None;
    for run in 0..500 {
        if run == 200 {
            stage.provider.script_for("gpt-5-nano", [Behaviour::Down { ms: 3_000 }]);
        }
        let answer = stage.ask(&format!("Run {run} of five hundred.")).await.unwrap();
        if run > 200 && answer.by == "openai/gpt-5-nano" {
            back.get_or_insert(started.elapsed());
        }
        by.push(answer.by);
        if run > 400 && back.is_none() {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    assert_eq!(by[200], "claude/claude-haiku-4-5", "the first one after the outage was not answered by the other");
    assert!(back.is_some(), "who was away is not asked again");
    Arc::into_inner(stage).unwrap().finish().await;
}

/// `TALENTPROMPT_AI_RUNS=2000 … cargo nextest run --release -E 'test(what_the_door_takes)' --no-capture` says how long the
/// door itself takes; nothing is asserted of time, which the machine decides.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_door_takes_beside_the_provider_is_shown() {
    let stage = Stage::new().await;
    let (runs, mut asked, mut again) = (runs(40), Vec::new(), Vec::new());
    for run in 0..runs {
        let question = stage.question(&format!("Run {run} of the door."));
        let started = Instant::now();
        let answer = ask(&stage.app.ctx.ai, question.clone()).await.unwrap();
        asked.push(started.elapsed());
        let started = Instant::now();
        assert!(ask(&stage.app.ctx.ai, question).await.unwrap().cached && !answer.cached);
        again.push(started.elapsed());
    }
    let direct = {
        let client = reqwest::Client::new();
        let mut took = Vec::new();
        for run in 0..runs {
            let body = serde_json::json!({ "model": "gpt-5-nano", "messages": [{ "role": "user", "content": format!("Run {run}") }] });
            let started = Instant::now();
            let answer = client
                .post(format!("{}/v1/chat/completions", stage.provider.url()))
                .bearer_auth("test-key")
                .json(&body)
                .send()
                .await
                .unwrap();
            answer.bytes().await.unwrap();
            took.push(started.elapsed());
        }
        took
    };
    let p95 = |mut took: Vec<Duration>| {
        took.sort();
        took[took.len() * 95 / 100]
    };
    let (asked, again, direct) = (p95(asked), p95(again), p95(direct));
    eprintln!("p95 of {runs}: asked {asked:?}, of which the provider itself {direct:?}; from what is there {again:?}");
    stage.finish().await;
}
