//! What models add to searches, against a provider in a box: recorded answers, orders in documents, and that a clear query
//! asks nobody.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use talentprompt::model::money::Micros;
use talentprompt::model::spend::{Feature, Usage};
use talentprompt::store::ai::answers::Kept;
use talentprompt::store::ai::{answers, settings};

use crate::support::app::{Client, TestApp, resume};
use crate::support::provider::{Behaviour, Provider, Settings};

/// A provider, an application that may ask it, and an owner.
struct World {
    provider: Provider,
    app: TestApp,
    owner: Client,
}

impl World {
    async fn new() -> Self {
        let provider = Provider::start(Settings::default()).await;
        let app = TestApp::start().await;
        let mut config = (*app.ctx.config.get()).clone();
        config.compatible.url = format!("{}/v1", provider.url());
        "test-key".clone_into(&mut config.compatible.api_key);
        config.ai.simple = vec!["compatible/small".to_owned()];
        config.ai.medium = vec!["compatible/small".to_owned()];
        config.ai.complex = vec!["compatible/large".to_owned()];
        config.ai.prices =
            vec!["compatible/small 0.2 0.05 0.8 128000".to_owned(), "compatible/large 2.5 0.625 10 128000".to_owned()];
        app.ctx.config.set(config);
        let owner = app.owner().await;
        Self { provider, app, owner }
    }

    /// From now on every question is answered in this way.
    fn always(&self, behaviour: Behaviour) {
        self.provider.clear();
        self.provider.script([Behaviour::Always(Box::new(behaviour))]);
    }

    /// As if nobody had failed and nothing had been said before: the providers are made anew, and nothing is kept.
    fn fresh(&self, case: usize) {
        let mut config = (*self.app.ctx.config.get()).clone();
        config.compatible.timeout_s = 30 + u64::try_from(case).unwrap();
        config.ai.cache_days = 0;
        self.app.ctx.config.set(config);
    }

    /// How often a model was asked.
    fn calls(&self) -> usize {
        self.provider.calls().len()
    }

    /// All that was sent in the last call.
    fn last_sent(&self) -> String {
        let calls = self.provider.calls();
        let turns = &calls.last().unwrap().messages;
        turns.iter().map(|turn| turn.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    async fn ask(&self, path: &str, body: &Value) -> Value {
        self.owner.post(path, body).await.expect(StatusCode::OK).clone()
    }
}

/// A recorded answer, with what may be shown of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    /// What it is about.
    what: String,
    query: Option<String>,
    description: Option<String>,
    resume: Option<String>,
    provider: Behaviour,
    /// The values that are offered, or the sentences that are shown.
    shown: Vec<String>,
    /// The code of the note that is shown.
    note: Option<String>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ai")
}

/// The recorded answers to a prompt, by name.
fn recorded(prompt: &str) -> Vec<(String, Recorded)> {
    let files = std::fs::read_dir(fixtures().join(prompt)).unwrap().map(|file| file.unwrap().path());
    let mut all: Vec<(String, Recorded)> = files
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(all.len() >= 7, "{prompt} has recorded answers of every kind");
    all
}

/// The one value of an interpretation that holds one part.
fn value(adds: &Value) -> String {
    let lists = ["skills", "titles", "locations", "languages", "education", "certifications", "employers", "keywords"];
    let part = lists.iter().find_map(|list| adds[list].get(0));
    let name =
        part.and_then(|part| ["label", "name", "code", "text", "level"].iter().find_map(|key| part[key].as_str()));
    name.map_or_else(|| adds["seniority"][0].as_str().unwrap_or("years").to_owned(), str::to_owned)
}

fn values(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| value(&one["adds"])).collect()
}

#[tokio::test]
async fn of_recorded_answers_to_a_query_only_what_it_says_is_offered() {
    let world = World::new().await;
    for (number, (name, case)) in recorded("query").into_iter().enumerate() {
        world.fresh(number);
        world.always(case.provider);
        let query = case.query.unwrap();
        let answer = world.ask("/search/proposals", &json!({"query": query, "insist": true})).await;
        assert_eq!(values(&answer["proposals"]), case.shown, "{name}: {}: {answer}", case.what);
        assert_eq!(answer["note"]["code"].as_str(), case.note.as_deref(), "{name}: {}: {answer}", case.what);
        assert_eq!(answer["written"].is_object(), case.note.is_none(), "{name}: {answer}");
        for proposal in answer["proposals"].as_array().unwrap() {
            assert!(query.contains(proposal["quote"].as_str().unwrap()), "{name}: {proposal}");
        }
    }
    world.app.finish().await;
}

#[tokio::test]
async fn of_recorded_requirements_the_rules_own_stay_and_the_rest_is_proposed() {
    let world = World::new().await;
    for (number, (name, case)) in recorded("requirements").into_iter().enumerate() {
        world.fresh(number);
        world.always(case.provider);
        let description = case.description.unwrap();
        let answer = world.ask("/requirements", &json!({"description": description})).await;
        let all = answer["requirements"].as_array().unwrap();
        let (proposed, own): (Vec<&Value>, Vec<&Value>) = all.iter().partition(|one| one["proposed"] == true);
        let proposed: Vec<String> = proposed.iter().map(|one| value(&one["adds"])).collect();
        assert!(case.shown.iter().all(|shown| proposed.contains(shown)), "{name}: {}: {answer}", case.what);
        assert!(!case.shown.is_empty() || proposed.is_empty(), "{name}: {}: {answer}", case.what);
        assert_eq!(answer["note"]["code"].as_str(), case.note.as_deref(), "{name}: {}: {answer}", case.what);
        let own: Vec<String> = own.iter().map(|one| value(&one["adds"])).collect();
        for kept in ["Kubernetes", "Terraform", "de"] {
            assert!(own.iter().any(|one| one == kept), "{name}: the rules' own {kept} is gone: {own:?}");
        }
        for quote in all.iter().filter_map(|one| one["quote"].as_str()) {
            assert!(description.contains(quote), "{name}: {quote}");
        }
    }
    world.app.finish().await;
}

#[tokio::test]
async fn of_recorded_prose_only_what_the_resume_proves_is_shown() {
    let world = World::new().await;
    for (number, (name, case)) in recorded("evidence").into_iter().enumerate() {
        world.fresh(number);
        world.always(case.provider);
        let text = case.resume.unwrap();
        let candidate = world.owner.add(&format!("{name}.txt"), text.clone().into_bytes()).await;
        let body = json!({"query": case.query.unwrap(), "candidate_id": candidate});
        let answer = world.ask("/search/prose", &body).await;
        let said: Vec<&str> =
            answer["statements"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
        assert_eq!(said, case.shown, "{name}: {}: {answer}", case.what);
        assert_eq!(answer["note"]["code"].as_str(), case.note.as_deref(), "{name}: {}: {answer}", case.what);
        check_quotes(&world, &candidate, &answer).await;
        let sent = world.last_sent();
        for hidden in ["Jana", "jana.berg", "1234567", "Hauptstra"] {
            assert!(!sent.contains(hidden), "{name}: {hidden} was sent: {sent}");
        }
        world.owner.delete(&format!("/candidates/{candidate}")).await.expect(StatusCode::NO_CONTENT);
    }
    world.app.finish().await;
}

/// Every quotation is the resume's text between its offsets.
async fn check_quotes(world: &World, candidate: &str, answer: &Value) {
    for quote in answer["statements"].as_array().unwrap().iter().flat_map(|one| one["quotes"].as_array().unwrap()) {
        let path = format!("/candidates/{candidate}/resumes/{}/text", quote["resume_id"].as_str().unwrap());
        let text = world.owner.get(&path).await.expect(StatusCode::OK)["text"].as_str().unwrap().to_owned();
        let at = |key: &str| usize::try_from(quote[key].as_u64().unwrap()).unwrap();
        let words: String = text.chars().skip(at("start")).take(at("end") - at("start")).collect();
        assert_eq!(quote["text"], words.as_str());
    }
}

#[tokio::test]
async fn nothing_that_a_document_orders_the_worst_model_to_say_is_shown() {
    #[derive(Deserialize)]
    struct Attack {
        into: String,
        text: String,
        never: Vec<String>,
    }
    let world = World::new().await;
    world.always(Behaviour::Obey);
    world.owner.add("ana.txt", resume("Ana Lima", "ana@example.com", "Engineer", &["Kubernetes"])).await;
    let attacks = std::fs::read_to_string(fixtures().join("attacks.json")).unwrap();
    let attacks: Vec<Attack> = serde_json::from_str(&attacks).unwrap();
    assert!(attacks.len() >= 12);
    for (number, attack) in attacks.into_iter().enumerate() {
        world.fresh(number);
        let before = world.calls();
        let answer = match attack.into.as_str() {
            "resume" => {
                let text = resume("Jana Berg", "jana@example.com", "Engineer", &["Kubernetes", "Terraform"]);
                let text = text.replacen("\nEducation", &format!("{}\n\nEducation", attack.text), 1);
                let candidate = world.owner.add("jana.txt", text).await;
                let body = json!({"query": "Kubernetes and Terraform", "candidate_id": candidate});
                let answer = world.ask("/search/prose", &body).await;
                check_quotes(&world, &candidate, &answer).await;
                world.owner.delete(&format!("/candidates/{candidate}")).await.expect(StatusCode::NO_CONTENT);
                answer
            }
            "query" => world.ask("/search/proposals", &json!({"query": attack.text, "insist": true})).await,
            _ => world.ask("/requirements", &json!({"description": attack.text})).await["requirements"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| one["proposed"] == true)
                .cloned()
                .collect(),
        };
        assert!(world.calls() > before, "the model was asked: {}", attack.text);
        let shown = json!([answer["statements"], answer["proposals"], answer.as_array()]).to_string();
        for never in &attack.never {
            assert!(!shown.contains(never.as_str()), "{}: {shown}", attack.text);
        }
        assert!(!world.last_sent().contains("Ana Lima"), "nobody else's data was sent");
    }
    world.app.finish().await;
}

#[tokio::test]
async fn of_three_hundred_searches_at_least_nineteen_of_twenty_ask_no_model() {
    let world = World::new().await;
    let table = include_str!("../../src/model/query/tests.tsv");
    let queries: Vec<&str> = table.lines().filter_map(|line| line.split_once('\t')).map(|(query, _)| query).collect();
    let mut clear = 0;
    world.always(Behaviour::Answer(json!({"requirements": []})));
    for query in &queries {
        world.owner.search(&json!({"query": query, "limit": 1})).await;
        let before = world.calls();
        let answer = world.ask("/search/proposals", &json!({"query": query})).await;
        let asked = world.calls() > before;
        assert_eq!(asked, answer["note"].is_null(), "{query}: {answer}");
        clear += usize::from(!asked);
    }
    assert!(clear < queries.len(), "what is hard is asked about");
    assert!(queries.len() > 250 && clear * 20 >= queries.len() * 19, "{clear} of {} cost nothing", queries.len());
    world.app.finish().await;
}

#[tokio::test]
async fn a_proposal_is_offered_and_steers_nothing_until_it_is_taken() {
    let world = World::new().await;
    let query = "container orchestration chores, keeps pagers quiet in Berlin";
    let said = json!({"requirements": [{"about": "skill", "label": "k8s", "strength": "should", "years": null,
        "level": null, "quote": "container orchestration chores"}]});
    world.always(Behaviour::Answer(said));
    let before = world.owner.search(&json!({"query": query})).await["interpretation"].clone();
    let answer = world.ask("/search/proposals", &json!({"query": query, "insist": true})).await;
    assert_eq!(values(&answer["proposals"]), ["Kubernetes"], "{answer}");
    let written = &answer["written"];
    assert_eq!((&written["by"], &written["cached"]), (&json!("compatible/small"), &json!(false)));
    assert!(written["cost"].as_i64().unwrap() > 0 && written["call_id"].is_string());
    assert_eq!(world.owner.search(&json!({"query": query})).await["interpretation"], before);

    let again = world.ask("/search/proposals", &json!({"query": query, "insist": true})).await;
    assert_eq!((&again["proposals"], &again["written"]["cached"]), (&answer["proposals"], &json!(true)));
    assert_eq!((world.calls(), again["written"]["cost"].as_i64()), (1, Some(0)));

    let mut filters = before;
    filters["skills"] = answer["proposals"][0]["adds"]["skills"].clone();
    let taken = world.ask("/search/proposals", &json!({"query": query, "filters": filters, "insist": true})).await;
    assert_eq!(taken["proposals"], json!([]), "what was taken is not offered again");
    world.app.finish().await;
}

#[tokio::test]
async fn without_a_model_everything_works_and_says_so() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let candidate = owner.add("ana.txt", resume("Ana Lima", "ana@example.com", "Engineer", &["Kubernetes"])).await;
    let hard = "container orchestration chores, keeps pagers quiet";
    for (path, body) in [
        ("/search/proposals", json!({"query": hard, "insist": true})),
        ("/search/prose", json!({"query": "Kubernetes", "candidate_id": candidate})),
        ("/requirements", json!({"description": "Engineer with Kubernetes"})),
        ("/ai/estimate?feature=resume", Value::Null),
    ] {
        let reply = if body.is_null() { owner.get(path).await } else { owner.post(path, &body).await };
        let answer = reply.expect(StatusCode::OK);
        assert_eq!(answer["note"]["code"], "ai_off", "{path}: {answer}");
        assert!(answer["note"]["text"].as_str().unwrap().contains("no AI provider is set up"), "{answer}");
    }
    let own = owner.post("/requirements", &json!({"description": "Engineer with Kubernetes"})).await;
    let own = values(&own.expect(StatusCode::OK)["requirements"]);
    assert!(own.contains(&"Kubernetes".to_owned()), "{own:?}");
    app.finish().await;
}

#[tokio::test]
async fn who_somebody_is_is_sent_only_where_the_workspace_wants_it() {
    let world = World::new().await;
    let candidate =
        world.owner.add("ana.txt", resume("Ana Lima", "ana@example.com", "Engineer", &["Ana Lima's Kubernetes"])).await;
    let body = json!({"query": "Kubernetes Lima", "candidate_id": candidate});
    world.always(Behaviour::Answer(json!({"statements": []})));
    world.ask("/search/prose", &body).await;
    assert!(!world.last_sent().contains("Lima"), "{}", world.last_sent());
    let workspace = world.owner.get("/auth/me").await.expect(StatusCode::OK)["workspace"]["id"].clone();
    let workspace = workspace.as_str().unwrap().parse().unwrap();
    let mut tx = world.app.ctx.store.workspace(workspace).await.unwrap();
    let wishes = settings::Settings { sends_identity: true, ..settings::Settings::default() };
    settings::set(&mut tx, &wishes).await.unwrap();
    tx.commit().await.unwrap();
    world.ask("/search/prose", &body).await;
    assert!(world.last_sent().contains("Ana Lima's Kubernetes"), "{}", world.last_sent());
    world.app.finish().await;
}

#[tokio::test]
async fn whoever_is_erased_is_gone_from_what_models_said() {
    let world = World::new().await;
    let candidate =
        world.owner.add("ana.txt", resume("Ana Lima", "ana@example.com", "Engineer", &["Kubernetes"])).await;
    let workspace = world.owner.get("/auth/me").await.expect(StatusCode::OK)["workspace"]["id"].clone();
    let workspace = workspace.as_str().unwrap().parse().unwrap();
    let kept = Kept {
        model: "compatible/small".to_owned(),
        answer: json!({"statements": [{"text": "Ana", "quotes": []}]}),
        usage: Usage::default(),
        cost: Micros::ZERO,
    };
    let mut tx = world.app.ctx.store.workspace(workspace).await.unwrap();
    answers::put(&mut tx, &[7; 32], Feature::Evidence, &kept, world.app.ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
    world.owner.delete(&format!("/candidates/{candidate}")).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(world.app.sql("delete from ai_answers").await, 0);
    world.app.finish().await;
}

#[tokio::test]
async fn a_bulk_says_what_it_would_cost_and_which_limit_would_stop_it() {
    let world = World::new().await;
    for number in 0..3 {
        let text =
            resume(&format!("Ana Lima{number}"), &format!("ana{number}@example.com"), "Engineer", &["Kubernetes"]);
        world.owner.add("ana.txt", text).await;
    }
    let path = "/ai/estimate?feature=resume";
    let estimate = world.owner.get(path).await.expect(StatusCode::OK).clone();
    assert_eq!((&estimate["resumes"], &estimate["calls"], &estimate["minutes"]), (&json!(3), &json!(3), &json!(1)));
    let text = estimate["text"].as_str().unwrap();
    assert_eq!(text, "3 resumes, about $0.01, a minute");
    assert!(estimate["cost"].as_i64().unwrap() > 0 && estimate["stops_after"].is_null(), "{estimate}");
    assert_eq!(world.calls(), 0, "an estimate costs nothing");

    let workspace = world.owner.get("/auth/me").await.expect(StatusCode::OK)["workspace"]["id"].clone();
    let workspace = workspace.as_str().unwrap().parse().unwrap();
    let mut tx = world.app.ctx.store.workspace(workspace).await.unwrap();
    settings::set_limit(&mut tx, "feature:resume", "day", Some(Micros(estimate["cost"].as_i64().unwrap() / 2)))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let stopped = world.owner.get(path).await.expect(StatusCode::OK).clone();
    assert_eq!(stopped["stops_after"], 1);
    assert!(
        stopped["text"].as_str().unwrap().ends_with("the day's limit of the feature resume would stop it after 1"),
        "{stopped}"
    );
    world.owner.get("/ai/estimate?feature=query").await.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
    world.app.finish().await;
}

#[tokio::test]
async fn questions_that_cannot_be_asked_are_refused_with_what_to_do() {
    let world = World::new().await;
    let long = "x".repeat(20_001);
    let nobody = "01890000-0000-7000-8000-000000000000";
    let cases: BTreeSet<(&str, String, u16)> = BTreeSet::from([
        ("/search/proposals", json!({"query": long}).to_string(), 422),
        ("/search/proposals", json!({}).to_string(), 422),
        ("/requirements", json!({"description": " "}).to_string(), 422),
        ("/requirements", json!({"description": long}).to_string(), 422),
        ("/search/prose", json!({"query": "x", "candidate_id": nobody}).to_string(), 404),
    ]);
    for (path, body, status) in cases {
        let body: Value = serde_json::from_str(&body).unwrap();
        let reply = world.owner.post(path, &body).await;
        assert!(reply.status == status || reply.status == 400, "{path}: {}", reply.body);
        assert!(!reply.body["detail"].as_str().unwrap().is_empty());
    }
    let viewer = world.app.member(&world.owner, "viewer").await;
    viewer.post("/requirements", &json!({"description": "x"})).await.problem(StatusCode::FORBIDDEN, "forbidden");
    assert_eq!(world.calls(), 0);
    world.app.finish().await;
}
