//! What models cost, what they may do, and whether they answer: over HTTP, with calls of a real client to a provider in a
//! box, and with a log of calls of which every sum is known.

use chrono::{Datelike, Days, NaiveDate};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use talentprompt::config::Config;
use talentprompt::recruit::housekeeping;

use crate::support;
use crate::support::app::{Client, Plan, TestApp, id_of};
use crate::support::provider::{Behaviour, Fault, Model, Provider, Settings};

/// What a test's application has of models: the box as a server of OpenAI's protocol, with a price for its small model.
fn with(app: &TestApp, provider: &Provider, change: impl FnOnce(&mut Config)) {
    let mut config = (*app.ctx.config.get()).clone();
    config.compatible.url = format!("{}/v1", provider.url());
    "test-key".clone_into(&mut config.compatible.api_key);
    let chain = || vec!["compatible/small".to_owned()];
    (config.ai.simple, config.ai.medium, config.ai.complex) = (chain(), chain(), chain());
    config.ai.prices = vec!["compatible/small 0.20 0.05 0.80 128000".to_owned()];
    change(&mut config);
    app.ctx.config.set(config);
}

/// An application without workers, its owner, and a provider.
async fn started() -> (TestApp, Client, Provider) {
    let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    let owner = app.owner().await;
    let provider = Provider::start(Settings::default()).await;
    (app, owner, provider)
}

/// The trials of `POST /ai/test`.
async fn trials(owner: &Client) -> Vec<Value> {
    owner.post("/ai/test", &json!({})).await.expect(StatusCode::OK)["trials"].as_array().unwrap().clone()
}

async fn put(client: &Client, path: &str, body: &Value) -> crate::support::app::Reply {
    client.send(client.request(Method::PUT, path).json(body)).await
}

#[tokio::test]
async fn without_a_provider_nobody_is_tried_and_the_bill_is_empty() {
    let (app, owner, _) = started().await;
    assert_eq!(trials(&owner).await, Vec::<Value>::new());
    let bill = owner.get("/ai/usage").await.expect(StatusCode::OK).clone();
    assert_eq!((&bill["total"]["calls"], &bill["month"]["projection"]), (&json!(0), &Value::Null));
    assert!(bill["providers"].as_array().unwrap().iter().all(|provider| provider["set_up"] == false));
    assert_eq!(bill["month"]["limit"], 100_000_000);
    app.finish().await;
}

#[tokio::test]
async fn a_trial_is_a_call_like_any_other() {
    let (app, owner, provider) = started().await;
    with(&app, &provider, |_| {});
    let trials = trials(&owner).await;
    let works: Vec<&Value> = trials.iter().filter(|trial| trial["state"] == "works").collect();
    assert_eq!(works.len(), 1, "{trials:?}");
    assert_eq!(works[0]["model"], "compatible/small");
    let cost = works[0]["cost"].as_i64().unwrap();
    assert!(cost > 0 && works[0]["latency_ms"].as_i64().is_some());

    let bill = owner.get("/ai/usage").await.expect(StatusCode::OK).clone();
    assert_eq!((&bill["total"]["cost"], &bill["month"]["spent"]), (&json!(cost), &json!(cost)));
    assert_eq!(bill["features"][0]["key"], "test");
    assert_eq!(bill["members"][0]["name"], "Olga Owner");
    let calls = owner.get("/ai/calls").await.expect(StatusCode::OK).clone();
    let call = &calls["calls"][0];
    assert_eq!((&call["outcome"], &call["member"]), (&json!("answered"), &json!("Olga Owner")));
    assert_eq!(call["input_hash"].as_str().unwrap().len(), 64);
    assert!(call.get("contents").is_none() && calls.get("next_cursor").is_none());
    assert_eq!(provider.calls()[0].model, "small");
    assert_eq!(i64::try_from(provider.bill().charged), Ok(cost));
    app.finish().await;
}

#[tokio::test]
async fn whatever_is_wrong_with_a_provider_is_said_with_what_to_do() {
    let (app, owner, provider) = started().await;
    let only = |trials: &[Value]| trials.iter().find(|trial| trial["model"] == "compatible/small").cloned();
    let tried = async |change: fn(&mut Config)| {
        with(&app, &provider, change);
        trials(&owner).await
    };
    let said = |trial: &Value, code: &str, todo: &str| {
        assert_eq!((&trial["state"], &trial["code"]), (&json!("fails"), &json!(code)), "{trial}");
        assert!(trial["todo"].as_str().unwrap().contains(todo), "{trial}");
    };

    let wrong = only(&tried(|config| "another".clone_into(&mut config.compatible.api_key)).await).unwrap();
    said(&wrong, "wrong_key", "compatible.api_key");
    let unpriced = only(
        &tried(|config| {
            config.ai.prices.clear();
            // The box is at this machine's own address, where models are free: not so at another name of it.
            config.compatible.url = config.compatible.url.replace("127.0.0.1", "0.0.0.0");
            config.compatible.api_key.clear();
        })
        .await,
    )
    .unwrap();
    said(&unpriced, "ai_price_missing", "`[ai] prices`");
    let unknown = tried(|config| {
        config.ai.simple = vec!["compatible/smal".to_owned()];
        (config.ai.medium, config.ai.complex) = (Vec::new(), Vec::new());
        config.ai.prices = vec!["compatible/smal 1 1 1 1000".to_owned()];
    })
    .await;
    let unknown = unknown.iter().find(|trial| trial["model"] == "compatible/smal").unwrap();
    said(unknown, "unknown_model", "the key may use small");
    let away = only(&tried(|config| "http://127.0.0.1:9/v1".clone_into(&mut config.compatible.url)).await).unwrap();
    said(&away, "unreachable", "`[compatible] url`");

    provider.script_for("small", [Behaviour::Fails(Fault::NoQuota)]);
    said(&only(&tried(|_| {}).await).unwrap(), "out_of_quota", "billing");
    provider.clear();
    assert_eq!(only(&tried(|_| {}).await).unwrap()["state"], "works", "a model that failed is tried all the same");
    app.finish().await;
}

#[tokio::test]
async fn a_provider_that_is_not_set_up_is_passed_over() {
    let (app, owner, provider) = started().await;
    with(&app, &provider, |config| config.ai.simple.insert(0, "openai/gpt-5-nano".to_owned()));
    let trials = trials(&owner).await;
    let skipped = trials.iter().find(|trial| trial["model"] == "openai").unwrap();
    assert_eq!((&skipped["state"], &skipped["code"]), (&json!("not_set_up"), &json!("no_key")));
    assert!(skipped["todo"].as_str().unwrap().contains("credentials/openai.api_key"), "{skipped}");
    app.finish().await;
}

#[tokio::test]
async fn a_stop_is_in_force_at_once_and_everybody_hears_of_it() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let provider = Provider::start(Settings::default()).await;
    with(&app, &provider, |_| {});
    let mut heard = app.ctx.notices.subscribe();
    let stopped = owner.post("/ai/stop", &json!({})).await.expect(StatusCode::OK).clone();
    assert_eq!(stopped["stopped_by"], "Olga Owner");
    let told = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        loop {
            if format!("{:?}", heard.recv().await.unwrap()).starts_with("Ai") {
                return;
            }
        }
    });
    told.await.unwrap();
    let trial = &trials(&owner).await[0];
    assert_eq!((&trial["state"], &trial["code"]), (&json!("fails"), &json!("ai_stopped")));
    assert!(provider.calls().is_empty(), "nothing is sent");
    assert_ne!(owner.get("/ai/usage").await.body["stopped_at"], Value::Null);

    owner.post("/ai/resume", &json!({})).await.expect(StatusCode::OK);
    assert_eq!(trials(&owner).await[0]["state"], "works");
    app.finish().await;
}

#[tokio::test]
async fn limits_hold_warn_and_are_refused_where_they_cannot_be() {
    let (app, owner, provider) = started().await;
    with(&app, &provider, |_| {});
    let limit =
        |subject: &str, period: &str, limit: Value| json!({"subject": subject, "period": period, "limit": limit});
    let set = async |limits: Value| put(&owner, "/ai/budget", &json!({ "limits": limits })).await;
    for wrong in [
        limit("appliance", "month", json!(1)),
        limit("feature:resumes", "month", json!(1)),
        limit("member:01890a5d-ac96-774b-bcce-b302099a8057", "day", json!(1)),
        limit("workspace", "week", json!(1)),
        limit("workspace", "day", json!(-1)),
    ] {
        let refused = set(json!([limit("workspace", "day", json!(5)), wrong])).await;
        let problem = refused.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], "limits");
    }
    let find = |budget: &Value, subject: &str, period: &str| {
        let limits = budget["limits"].as_array().unwrap();
        limits.iter().find(|limit| limit["subject"] == subject && limit["period"] == period).unwrap().clone()
    };
    let budget = owner.get("/ai/budget").await.expect(StatusCode::OK).clone();
    assert_eq!(find(&budget, "workspace", "day")["limit"], Value::Null, "one mistake, and nothing is set");
    let fixed = find(&budget, "appliance", "month");
    assert_eq!((&fixed["limit"], &fixed["fixed"]), (&json!(100_000_000), &json!(true)));

    let budget = set(json!([limit("workspace", "month", json!(1)), limit("feature:query", "day", json!(0))])).await;
    let budget = budget.expect(StatusCode::OK);
    assert_eq!(find(budget, "feature:query", "day")["limit"], 0);
    let trial = &trials(&owner).await[0];
    assert_eq!((&trial["code"], provider.calls().len()), (&json!("ai_budget_spent"), 0));
    set(json!([limit("workspace", "month", Value::Null)])).await.expect(StatusCode::OK);
    assert_eq!(trials(&owner).await[0]["state"], "works");
    let spent = find(owner.get("/ai/budget").await.expect(StatusCode::OK), "workspace", "day")["spent"].as_i64();
    assert!(spent.is_some_and(|spent| spent > 0));
    app.finish().await;
}

#[tokio::test]
async fn what_is_sent_is_decided_feature_by_feature_and_contents_are_kept_for_days_only() {
    let (app, owner, provider) = started().await;
    with(&app, &provider, |_| {});
    let settings = owner.get("/ai/settings").await.expect(StatusCode::OK).clone();
    assert!(settings["features"].as_array().unwrap().iter().all(|feature| feature["on"] == true));
    assert_eq!((&settings["sends_identity"], &settings["contents_until"]), (&json!(false), &Value::Null));
    let change =
        |contents: Value| json!({"features_off": ["test"], "sends_identity": true, "contents_until": contents});
    let ahead = |days: i64| json!((app.ctx.now() + chrono::TimeDelta::days(days)).to_rfc3339());
    for wrong in [ahead(15), ahead(-1)] {
        let refused = put(&owner, "/ai/settings", &change(wrong)).await;
        let problem = refused.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").clone();
        assert_eq!(problem["errors"][0]["field"], "contents_until");
    }
    let set = put(&owner, "/ai/settings", &change(ahead(3))).await.expect(StatusCode::OK).clone();
    let test = set["features"].as_array().unwrap().iter().find(|feature| feature["feature"] == "test").unwrap();
    assert_eq!((&test["on"], &set["sends_identity"]), (&json!(false), &json!(true)));
    assert_eq!(trials(&owner).await[0]["code"], "ai_feature_off");

    put(&owner, "/ai/settings", &json!({"features_off": [], "sends_identity": false, "contents_until": ahead(3)}))
        .await;
    assert_eq!(trials(&owner).await[0]["state"], "works");
    let with_contents = "update ai_calls set contents = contents where contents is not null";
    assert_eq!(app.sql(with_contents).await, 1, "while it is wanted, what was said is kept");
    housekeeping::tidy(&app.ctx).await.unwrap();
    assert_eq!(app.sql(with_contents).await, 1);
    app.sql("update ai_settings set contents_until = now() - interval '1 second'").await;
    housekeeping::tidy(&app.ctx).await.unwrap();
    assert_eq!(app.sql(with_contents).await, 0, "and not longer");
    app.finish().await;
}

/// A month of calls: each day `calls` by each of two members, on `day` of the month and before.
async fn replay(app: &TestApp, owner: &Client, until: NaiveDate, days: u64) {
    let workspace = owner.get("/auth/me").await.body["workspace"]["id"].as_str().unwrap().to_owned();
    let member = id_of(&owner.get("/members").await.body["members"][0]);
    let from = until - Days::new(days - 1);
    app.sql(&format!(
        "insert into ai_calls (id, workspace_id, member_id, at, feature, tier, reason, prompt, provider, model, outcome,
           input_hash, input_tokens, cached_tokens, output_tokens, cost, saved_cache, saved_batch, saved_prefix, saved_tier,
           latency_ms)
         select gen_random_uuid(), '{workspace}', '{member}', day + interval '9 hours' + n * interval '1 minute',
           case when n % 2 = 0 then 'query' else 'evidence' end, case when n < 6 then 'simple' else 'complex' end, 'long',
           'query@1', 'openai', case when n < 6 then 'gpt-5-nano' else 'gpt-5' end,
           case when n = 0 then 'cached' when n = 1 then 'timeout' else 'answered' end, '\\x00', 100, 20, 10,
           case when n < 2 then 0 else 1000 * n end, case when n = 0 then 700 else 0 end, 0, 3, 11, 200
         from generate_series('{from}'::date, '{until}'::date, interval '1 day') day, generate_series(0, 9) n"
    ))
    .await;
}

#[tokio::test]
async fn every_sum_of_the_bill_is_the_sum_of_its_calls() {
    let (app, owner, _) = started().await;
    let until: NaiveDate = "2026-10-31".parse().unwrap();
    replay(&app, &owner, until, 31).await;
    let bill = owner.get("/ai/usage?from=2026-10-01&to=2026-10-31").await.expect(StatusCode::OK).clone();
    let total = &bill["total"];
    for (sum, wanted) in [
        ("calls", 310),
        ("cached", 31),
        ("shared", 0),
        ("failed", 31),
        ("input_tokens", 31 * 900),
        ("cost", 31 * 44_000),
        ("saved_cache", 31 * 700),
        ("saved_prefix", 310 * 3),
        ("saved_tier", 310 * 11),
    ] {
        assert_eq!(total[sum], wanted, "{sum}");
    }
    let days = bill["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[0]["simple"], &days[0]["complex"]), (31, &json!(14_000), &json!(30_000)));
    for division in ["tiers", "features", "models", "members"] {
        let parts = bill[division].as_array().unwrap();
        let sum: i64 = parts.iter().map(|part| part["cost"].as_i64().unwrap()).sum();
        assert_eq!(sum, 31 * 44_000, "{division}");
    }
    assert_eq!(bill["tiers"][0]["key"], "complex", "the dearest first");

    let file = owner.get("/ai/usage.csv?from=2026-10-01&to=2026-10-31").await;
    file.expect(StatusCode::OK);
    let text = String::from_utf8(file.bytes).unwrap();
    let costs = text.lines().skip(1).map(|line| line.split(',').nth(12).unwrap().parse::<f64>().unwrap());
    assert!((costs.sum::<f64>() - 31.0 * 0.044).abs() < 1e-9, "{text}");
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");

    for (query, field) in [("from=2026-10-02&to=2026-10-01", "to"), ("from=2024-01-01&to=2026-10-01", "from")] {
        let refused = owner.get(&format!("/ai/usage?{query}")).await;
        let problem = refused.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").clone();
        assert_eq!(problem["errors"][0]["field"], field);
    }
    app.finish().await;
}

#[tokio::test]
async fn the_last_calls_come_page_by_page_each_once() {
    let (app, owner, _) = started().await;
    replay(&app, &owner, "2026-10-31".parse().unwrap(), 3).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = owner.get(&format!("/ai/calls?limit=7{cursor}")).await.expect(StatusCode::OK).clone();
        let calls = page["calls"].as_array().unwrap();
        seen.extend(calls.iter().map(|call| (call["at"].as_str().unwrap().to_owned(), id_of(call))));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), 30);
    assert!(seen.is_sorted_by(|one, other| one.0 > other.0), "newest first");

    let judged = &seen[0].1;
    owner.post(&format!("/ai/calls/{judged}/accepted"), &json!({})).await.expect(StatusCode::NO_CONTENT);
    let newest = owner.get("/ai/calls?limit=1").await.body["calls"][0].clone();
    assert_eq!((&newest["id"], &newest["accepted"]), (&json!(judged), &json!(true)));
    owner
        .post(&format!("/ai/calls/{judged}/accepted"), &json!({"accepted": false}))
        .await
        .expect(StatusCode::NO_CONTENT);
    assert_eq!(owner.get("/ai/calls?limit=1").await.body["calls"][0]["accepted"], false);
    app.finish().await;
}

#[tokio::test]
async fn two_models_are_compared_with_how_sure_that_is() {
    let (app, owner, _) = started().await;
    replay(&app, &owner, "2026-10-31".parse().unwrap(), 5).await;
    // Each usable answer again by another model: slower by 50 to 59 ms, twice as dear, one of ten unusable.
    app.sql(
        "insert into ai_calls (id, workspace_id, member_id, at, feature, tier, reason, prompt, provider, model, outcome,
           input_hash, cost, latency_ms, compared_with)
         select gen_random_uuid(), workspace_id, member_id, at, feature, tier, reason, prompt, 'claude', 'claude-haiku-4-5',
           case when row_number() over (order by at) % 10 = 0 then 'garbled' else 'answered' end, input_hash, cost * 2,
           latency_ms + 50 + (extract(minute from at)::int % 10), id
         from ai_calls where outcome = 'answered'",
    )
    .await;
    app.sql("update ai_calls set accepted = extract(minute from at)::int > 2 where model = 'gpt-5-nano' and outcome = 'answered'").await;
    let bill = owner.get("/ai/usage?from=2026-10-01&to=2026-10-31").await.expect(StatusCode::OK).clone();
    let sides = bill["comparison"]["sides"].as_array().unwrap();
    let side = |model: &str| sides.iter().find(|side| side["model"] == model).unwrap();
    let other = side("claude/claude-haiku-4-5");
    assert_eq!((&other["answers"], &other["compared"], &other["accepted"]), (&json!(40), &json!(true), &Value::Null));
    let valid = &other["valid"];
    assert_eq!(valid["value"], 0.9);
    assert!(valid["low"].as_f64().unwrap() < 0.8 && valid["high"].as_f64().unwrap() > 0.95, "{valid}");
    assert_eq!(side("openai/gpt-5-nano")["accepted"]["value"], 0.75);
    let pairs = bill["comparison"]["pairs"].as_array().unwrap();
    assert_eq!(pairs.iter().map(|pair| pair["questions"].as_i64().unwrap()).sum::<i64>(), 36);
    let slower = &pairs[0]["latency_ms"];
    let [low, value, high] = ["low", "value", "high"].map(|key| slower[key].as_f64().unwrap());
    assert!(50.0 <= low && low < value && value < high && high <= 60.0, "{slower}");
    app.finish().await;
}

#[tokio::test]
async fn the_months_end_is_told_as_it_looks_today() {
    let (app, owner, _) = started().await;
    let today = app.ctx.now().date_naive();
    replay(&app, &owner, today - Days::new(1), 20).await;
    let month = owner.get("/ai/usage").await.expect(StatusCode::OK)["month"].clone();
    let end = &month["projection"];
    assert_eq!(end["days"], 20);
    // All days are alike, so the month costs as much as it has days with calls in it.
    let days = today
        .with_day(1)
        .unwrap()
        .iter_days()
        .take_while(|day| day.format("%m").to_string() == today.format("%m").to_string());
    let first = today - Days::new(20);
    let days = days.filter(|day| *day >= first).count();
    assert_eq!(end["likely"], i64::try_from(days).unwrap() * 44_000, "{end}");
    assert_eq!((&end["low"], &end["high"]), (&end["likely"], &end["likely"]));
    app.finish().await;
}

#[tokio::test]
async fn a_workspace_sees_its_own_calls_alone() {
    let (app, owner, _) = started().await;
    replay(&app, &owner, "2026-10-31".parse().unwrap(), 2).await;
    let stranger = app.owner().await;
    let bill = stranger.get("/ai/usage?from=2026-10-01&to=2026-10-31").await.expect(StatusCode::OK).clone();
    assert_eq!(bill["total"]["calls"], 0);
    assert_eq!(stranger.get("/ai/calls").await.body["calls"], json!([]));
    let csv = stranger.get("/ai/usage.csv?from=2026-10-01&to=2026-10-31").await;
    assert_eq!(String::from_utf8(csv.bytes).unwrap().lines().count(), 1);
    app.finish().await;
}

#[tokio::test]
async fn metrics_are_told_on_their_own_listener_and_nowhere_else() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let public = owner.send(owner.page("/metrics")).await;
    assert!(!String::from_utf8_lossy(&public.bytes).contains("talentprompt_ai"), "the public listener tells nothing");

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let serving = tokio::spawn(talentprompt::http::metrics::serve(listener, app.ctx.clone(), stop.clone()));
    let provider = Provider::start(Settings::default()).await;
    with(&app, &provider, |_| {});
    trials(&owner).await;
    // Another test of this process may have told whose cryptography is used.
    let _told = rustls::crypto::ring::default_provider().install_default();
    let private = support::get(format!("http://127.0.0.1:{port}/metrics")).await.unwrap();
    assert!(private.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = private.text().await.unwrap();
    for line in [
        "talentprompt_ai_calls_total{provider=\"compatible\",model=\"small\",tier=\"simple\",feature=\"test\"",
        "talentprompt_ai_budget_dollars{period=\"month\",kind=\"limit\"} 100",
        "talentprompt_http_requests_total{method=\"POST\",route=\"/api/v1/ai/test\",status=\"200\"}",
        "talentprompt_tasks{state=\"dead\"} 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n") && !text.contains("example.com"));
    stop.cancel();
    serving.await.unwrap().unwrap();
    app.finish().await;
}

#[tokio::test]
async fn a_model_of_another_box_is_in_the_list_of_its_provider() {
    let (app, _, _) = started().await;
    let settings = Settings { models: vec![Model::chat("tiny", 1, 1, 1)], ..Settings::default() };
    let provider = Provider::start(settings).await;
    with(&app, &provider, |_| {});
    assert_eq!(app.ctx.ai.models("compatible").await.unwrap().unwrap(), ["tiny"]);
    assert!(app.ctx.ai.models("openai").await.is_none());
    app.finish().await;
}
