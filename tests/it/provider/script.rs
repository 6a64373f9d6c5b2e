//! The script: what becomes of a connection, of time and of money.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Pair, plain, said};
use crate::support::provider::{Behaviour, Fault, Mix};

#[tokio::test]
async fn each_request_takes_a_step_and_what_is_for_one_model_goes_first() {
    let it = Pair::new().await;
    it.provider.script([Behaviour::Text("for all".to_owned()), Behaviour::Answer(json!({"a": 1}))]);
    it.provider.script_for("small", [Behaviour::Text("for the small".to_owned())]);
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(said(&it.chat(&plain("Hello")).await.1).to_owned());
    }
    assert_eq!(heard, ["for the small", "for all", r#"{"a":1}"#]);
    it.provider.script([Behaviour::Reset]);
    assert_eq!(it.provider.clear(), 1);
    assert_eq!(said(&it.chat(&plain("Hello")).await.1), "You said: Hello");
}

#[tokio::test]
async fn a_limit_lets_so_many_through_and_says_when_to_come_back() {
    let it = Pair::new().await;
    it.provider.script([Behaviour::RateLimit { requests: 2, per_ms: 60_000 }]);
    let first = it.post("/v1/chat/completions", &plain("Hello")).await.unwrap();
    assert_eq!(first.headers()["x-ratelimit-remaining-requests"], "1");
    assert_eq!(it.chat(&plain("Hello")).await.0, 200);
    let third = it.post("/v1/chat/completions", &plain("Hello")).await.unwrap();
    assert_eq!((third.status().as_u16(), &third.headers()["x-ratelimit-limit-requests"]), (429, &"2".parse().unwrap()));
    let after = third.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap();
    assert!((55..=60).contains(&after), "{after}");
    assert_eq!(third.json::<Value>().await.unwrap()["error"]["code"], "rate_limit_exceeded");
    it.provider.clear();
    it.provider.script([Behaviour::RateLimit { requests: 1, per_ms: 150 }]);
    assert_eq!(it.chat(&plain("Hello")).await.0, 200);
    assert_eq!(it.chat(&plain("Hello")).await.0, 429);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(it.chat(&plain("Hello")).await.0, 200);
}

#[tokio::test]
async fn what_is_down_comes_back_and_other_errors_are_as_ordered() {
    let it = Pair::new().await;
    it.provider.script([
        Behaviour::Fails(Fault::NoQuota),
        Behaviour::Status { code: 418, body: json!({"error": {"message": "no coffee"}}), retry_after_s: Some(7) },
        Behaviour::Status { code: 500, body: Value::Null, retry_after_s: None },
    ]);
    assert_eq!(it.chat(&plain("Hello")).await.1["error"]["code"], "insufficient_quota");
    let teapot = it.post("/v1/chat/completions", &plain("Hello")).await.unwrap();
    assert_eq!((teapot.status().as_u16(), &teapot.headers()["retry-after"]), (418, &"7".parse().unwrap()));
    assert_eq!(it.chat(&plain("Hello")).await.1["error"]["type"], "server_error");
    it.provider.script_for("small", [Behaviour::Down { ms: 150 }]);
    assert_eq!(it.chat(&plain("Hello")).await.0, 503);
    let other = json!({"model": "large", "messages": [{"role": "user", "content": "Hello"}]});
    assert_eq!(it.chat(&other).await.0, 200, "only one model is down");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(it.chat(&plain("Hello")).await.0, 200);
    assert_eq!(it.provider.bill().charged_calls, 2);
}

#[tokio::test]
async fn who_goes_away_before_the_answer_is_charged_in_full() {
    let it = Pair::new().await;
    it.provider.script([Behaviour::Silence, Behaviour::latency(Duration::from_secs(30)), Behaviour::Ordinary]);
    let impatient = it.http.post(format!("{}/v1/chat/completions", it.provider.url()));
    let impatient = impatient.bearer_auth("test-key").json(&plain("Hello")).timeout(Duration::from_millis(700));
    for _ in 0..2 {
        assert!(impatient.try_clone().unwrap().send().await.unwrap_err().is_timeout());
    }
    assert_eq!(it.chat(&plain("Hello")).await.0, 200);
    let calls = it.provider.calls();
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [None, None, Some(200)]);
    assert!(calls[0].charged > 0 && calls.iter().all(|call| call.charged == calls[2].charged), "{calls:?}");
    assert_eq!(it.provider.bill().charged, 3 * calls[2].charged);
}

#[tokio::test]
async fn an_answer_is_late_by_what_was_said() {
    let it = Pair::new().await;
    it.provider.script([Behaviour::latency(Duration::from_millis(150))]);
    let begun = Instant::now();
    assert_eq!(it.chat(&plain("Hello")).await.0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_connection_breaks_before_an_answer_or_within_it() {
    let it = Pair::new().await;
    it.provider.script([Behaviour::Reset, Behaviour::Cut, Behaviour::Cut]);
    let reset = it.post("/v1/chat/completions", &plain("Hello")).await.unwrap_err();
    assert!(reset.is_request() && !reset.is_timeout(), "{reset:?}");
    let cut = it.post("/v1/chat/completions", &plain("Hello")).await.unwrap();
    assert_eq!(cut.status(), 200);
    assert!(cut.text().await.is_err());
    let mut streamed = plain("Hello, I am somebody who has more to say than fits into a piece.");
    streamed["stream"] = json!(true);
    let mut cut = it.post("/v1/chat/completions", &streamed).await.unwrap();
    let mut heard = String::new();
    let ended = loop {
        match cut.chunk().await {
            Ok(Some(chunk)) => heard.push_str(std::str::from_utf8(&chunk).unwrap()),
            ended => break ended,
        }
    };
    assert!(ended.is_err() && heard.contains("\"content\":\"You said:") && !heard.contains("[DONE]"), "{heard}");
    let charged = it.provider.calls().iter().map(|call| call.charged > 0).collect::<Vec<_>>();
    assert_eq!(charged, [false, true, true], "only what was never worked on is free");
}

#[tokio::test]
async fn a_mixture_has_its_shares_and_its_seed_repeats_it() {
    let mix = Mix { seed: 7, latency_ms: 0, errors: 200, limited: 200, silent: 0, rubbish: 100 };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let it = Pair::new().await;
        it.provider.mix(mix);
        let mut statuses = Vec::new();
        for _ in 0..100 {
            statuses.push(it.chat(&plain("Hello")).await.0);
        }
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    let count = |status: u16| runs[0].iter().filter(|seen| **seen == status).count();
    assert!((10..=30).contains(&count(500)) && (10..=30).contains(&count(429)), "{} {}", count(500), count(429));
    assert_eq!(count(200) + count(500) + count(429), 100);
}

#[tokio::test]
async fn the_script_and_the_bill_are_there_over_http() {
    let it = Pair::new().await;
    let orders = json!([
        {"after": {"ms": 1, "then": {"text": "slow"}}}, {"rubbish": "wrong_schema"}, {"fails": {"rate_limited": {"retry_after_s": 3}}},
        {"status": {"code": 502}}, {"rate_limit": {"requests": 9, "per_ms": 60_000}}, {"always": "obey"}, "reset",
    ]);
    let left = it.post("/box/script?model=small", &orders).await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(left["left"], 5, "rules are no steps");
    assert_eq!(said(&it.chat(&plain("Hello")).await.1), "slow");
    let seen = async |path: &str| {
        let response = it.http.get(format!("{}{path}", it.provider.url())).send().await.unwrap();
        response.json::<Value>().await.unwrap()
    };
    let (bill, calls) = (seen("/box/bill").await, seen("/box/calls").await);
    assert_eq!((&bill["calls"], &bill["charged"]), (&json!(1), &calls[0]["charged"]));
    assert_eq!(calls[0]["messages"][0]["text"], "Hello");
    assert_eq!(it.post("/box/mix", &json!({"errors": 1000, "latency_ms": 0})).await.unwrap().status(), 200);
    let cleared = it.http.delete(format!("{}/box/script", it.provider.url())).send().await.unwrap();
    assert_eq!(cleared.json::<Value>().await.unwrap()["left"], 4);
    assert_eq!(it.chat(&plain("Hello")).await.0, 200, "the mixture is forgotten as well");
}
