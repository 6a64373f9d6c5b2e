//! Search over the API: who is found, in which order, with which proof, and what happens when asked badly.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use talentprompt::gateways::embed::{Embedder, Error as EmbedError, ModelInfo};
use talentprompt::gateways::vectors::embedded::EmbeddedIndex;
use talentprompt::gateways::vectors::{Error, Filter, HybridHits, HybridQuery, Point, Ready, VectorIndex};
use talentprompt::model::ids::{CandidateId, ResumeId, WorkspaceId};

use crate::support::app::{Client, Plan, TestApp, names, resume};

/// Hands in one resume a person: name, title, skills.
async fn add(client: &Client, people: &[(&str, &str, &[&str])]) {
    for (name, title, skills) in people {
        let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
        client.add("resume.txt", resume(name, &email, title, skills)).await;
    }
}

fn must(id: &str, label: &str) -> Value {
    json!({"id": id, "label": label, "kind": "must"})
}

/// The chips of a query, to be edited and sent back.
async fn chips(client: &Client, query: &str) -> Value {
    let answer = client.post("/interpret", &json!({"query": query})).await;
    answer.expect(StatusCode::OK)["interpretation"].clone()
}

#[tokio::test]
async fn whoever_lacks_a_must_ranks_below_everybody_who_has_it() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let noisy = &["Java", "Spring Boot", "PostgreSQL", "Oracle"];
    add(&owner, &[("Ana Lima", "Java Developer", noisy), ("Bo Chen", "Developer", &["Kubernetes"])]).await;
    let mut filters = chips(&owner, "Java developer with Kubernetes").await;
    for skill in filters["skills"].as_array_mut().unwrap() {
        skill["kind"] = json!(if skill["label"] == "Kubernetes" { "must" } else { "should" });
    }
    filters["titles"] = json!([]);
    let answer = owner.search(&json!({"query": "Java developer with Kubernetes", "filters": filters})).await;
    assert_eq!(names(&answer), ["Bo Chen", "Ana Lima"]);
    let status = |hit: usize| {
        let reasons = answer["hits"][hit]["reasons"].as_array().unwrap();
        let reason = reasons.iter().find(|reason| reason["requirement"].as_str().unwrap().contains("Kubernetes"));
        reason.unwrap()["status"].clone()
    };
    assert_eq!((status(0), status(1)), (json!("met"), json!("missing")));
    assert_eq!((&answer["hits"][0]["rank"], &answer["hits"][1]["rank"]), (&json!(1), &json!(2)));
    app.finish().await;
}

#[tokio::test]
async fn what_was_excluded_is_not_shown() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    add(
        &owner,
        &[
            ("Ana Lima", "Frontend Developer", &["React", "TypeScript"]),
            ("Bo Chen", "Frontend Developer", &["Angular", "TypeScript"]),
        ],
    )
    .await;
    let answer = owner.search(&json!({"query": "frontend developer, not Angular"})).await;
    assert_eq!(names(&answer), ["Ana Lima"], "{}", answer["interpretation"]);
    assert_eq!(answer["total"], 1);
    app.finish().await;
}

#[tokio::test]
async fn java_is_not_javascript() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    add(
        &owner,
        &[("Ana Lima", "Developer", &["JavaScript", "TypeScript"]), ("Bo Chen", "Developer", &["Java", "PostgreSQL"])],
    )
    .await;
    for (query, first) in [("must have Java", "Bo Chen"), ("must have JavaScript", "Ana Lima")] {
        let answer = owner.search(&json!({"query": query})).await;
        assert_eq!(answer["hits"][0]["name"], first);
        let skills = answer["interpretation"]["skills"].as_array().unwrap();
        assert_eq!(skills.len(), 1, "{skills:?}");
        let met: Vec<&Value> = answer["hits"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|hit| hit["reasons"].as_array().unwrap().iter().any(|reason| reason["status"] == "met"))
            .map(|hit| &hit["name"])
            .collect();
        assert_eq!(met, [first], "{query}");
    }
    app.finish().await;
}

#[tokio::test]
async fn evidence_is_the_resumes_own_text_between_its_offsets() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let text = resume("Zoë Müller", "zoe@example.com", "Java-Entwicklerin 🚀", &["Java", "Kubernetes"]);
    owner.add("zoë.txt", text).await;
    let answer = owner.search(&json!({"query": "Java developer in Berlin with Kubernetes, 3 years, English"})).await;
    let hit = &answer["hits"][0];
    let mut quotes = 0;
    for evidence in hit["reasons"].as_array().unwrap().iter().flat_map(|reason| reason["evidence"].as_array().unwrap())
    {
        let (id, rid) = (hit["candidate_id"].as_str().unwrap(), evidence["resume_id"].as_str().unwrap());
        let text = owner.get(&format!("/candidates/{id}/resumes/{rid}/text")).await.expect(StatusCode::OK).clone();
        let text: Vec<char> = text["text"].as_str().unwrap().chars().collect();
        let at = |key: &str| usize::try_from(evidence[key].as_u64().unwrap()).unwrap();
        let words: String = text[at("start")..at("end")].iter().collect();
        assert_eq!(evidence["text"], words.as_str());
        quotes += 1;
    }
    assert!(quotes >= 2, "{hit}");
    app.finish().await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_overlap() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let people = ["Ana Lima", "Bo Chen", "Cy Dee", "Di Eco", "Ed Fox"];
    add(&owner, &people.map(|name| (name, "Developer", &["Java"][..]))).await;
    let whole = names(&owner.search(&json!({"query": "Java"})).await);
    assert_eq!(whole.len(), 5);
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = owner.search(&json!({"query": "Java", "limit": 2, "cursor": cursor})).await;
        assert_eq!((&page["total"], &page["total_is_lower_bound"]), (&json!(5), &json!(false)));
        assert_eq!(page["hits"][0]["rank"], seen.len() + 1);
        seen.extend(names(&page));
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
        let other = owner.post("/search", &json!({"query": "Rust", "cursor": cursor})).await;
        other.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
    }
    assert_eq!(seen, whole);
    for cursor in ["", "nonsense", "AAAAAAAAAAAAAAAA"] {
        let answer = owner.post("/search", &json!({"query": "Java", "cursor": cursor})).await;
        let problem = answer.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], "cursor");
    }
    app.finish().await;
}

#[tokio::test]
async fn queries_of_no_one_and_too_many_characters_are_answered() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    add(&owner, &[("Ana Lima", "Developer", &["C"])]).await;
    let empty = owner.search(&json!({"query": ""})).await;
    assert_eq!((&empty["total"], &empty["hits"]), (&json!(0), &json!([])));
    for query in ["C", "x", "é", "\u{1}", "\"", "((("] {
        owner.search(&json!({"query": query})).await;
    }
    // No text with a NUL character is taken, for none can be kept.
    let nul = owner.post("/search", &json!({"query": "\u{0}"})).await;
    assert_eq!(nul.expect(StatusCode::UNPROCESSABLE_ENTITY)["errors"][0]["field"], "query");
    for path in ["/search", "/interpret"] {
        let answer = owner.post(path, &json!({"query": "Java ".repeat(20_000)})).await;
        let problem = answer.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
        let mistake = &problem["errors"][0];
        assert_eq!(mistake["field"], "query");
        assert!(mistake["message"].as_str().unwrap().contains("20000"), "{mistake}");
    }
    let long = "We look for a Java developer who likes people. ".repeat(400);
    assert_eq!(names(&owner.search(&json!({"query": long})).await), ["Ana Lima"]);
    app.finish().await;
}

#[tokio::test]
async fn requests_that_cannot_be_read_are_problem_documents() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let bodies = [
        "{",
        "[]",
        r#"{"query": 7}"#,
        r#"{"query": "Java", "limits": 3}"#,
        r#"{"query": "Java", "filters": {"skills": "Java"}}"#,
        r#"{"query": "Java", "filters": {"unknown": []}}"#,
        r#"{"query": "Java", "mode": "psychic"}"#,
        r#"{"query": "Java", "limit": -1}"#,
    ];
    for body in bodies {
        let request = owner.request(Method::POST, "/search").header("content-type", "application/json").body(body);
        owner.send(request).await.problem(StatusCode::BAD_REQUEST, "malformed_request");
    }
    let untyped = owner.request(Method::POST, "/search").body(r#"{"query": "Java"}"#);
    owner.send(untyped).await.problem(StatusCode::BAD_REQUEST, "malformed_request");
    for body in [json!({"query": "Java", "limit": 0}), json!({"query": "Java", "limit": 201})] {
        owner.post("/search", &body).await.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
    }
    let stream = owner.get("/search/stream?query=Java&filters=%7B").await;
    assert_eq!(stream.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request")["errors"][0]["field"], "filters");
    let long = format!("/search/stream?query={}", "a".repeat(20_001));
    owner.get(&long).await.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
    app.finish().await;
}

#[tokio::test]
async fn what_a_query_was_read_as_may_come_back_however_large_it_is() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let phrase = "zeppelin ".repeat(40);
    let words: Vec<String> = (0..150).map(|at| format!("\"zorb{at}\"")).collect();
    let query = format!("\"{}\" {}", phrase.trim(), words.join(" "));
    let mut filters = chips(&owner, &query).await;
    let texts: Vec<&str> =
        filters["keywords"].as_array().unwrap().iter().map(|part| part["text"].as_str().unwrap()).collect();
    assert!(texts.len() > 100 && texts.iter().any(|text| text.len() > 200), "{texts:?}");
    owner.search(&json!({"query": query, "filters": filters})).await;
    filters["keywords"].as_array_mut().unwrap().push(json!({"text": "one more", "kind": "should"}));
    let answer = owner.post("/search", &json!({"query": query, "filters": filters})).await;
    let problem = answer.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "filters.keywords", "{problem}");
    app.finish().await;
}

#[tokio::test]
async fn edited_chips_of_no_end_are_refused_by_their_field() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let word = |text: String| json!({"text": text, "kind": "should"});
    let words = |count: usize| (0..count).map(|at| word(format!("word{at}"))).collect::<Vec<_>>();
    let refused = [
        (json!({"keywords": words(101)}), "filters.keywords"),
        (json!({"keywords": words(60), "employers": vec![json!({"name": "Acme"}); 41]}), "filters.keywords"),
        (json!({"titles": [{"label": "a".repeat(201)}]}), "filters.titles"),
        (json!({"locations": [{"name": "Berlin", "country": "D".repeat(201)}]}), "filters.locations"),
    ];
    for (filters, field) in refused {
        let answer = owner.post("/search", &json!({"query": "", "filters": filters})).await;
        let problem = answer.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    owner.search(&json!({"query": "", "filters": {"keywords": words(100)}})).await;
    let nul = owner.get("/search/stream?filters=%7B%22unresolved%22%3A%5B%22%5Cu0000%22%5D%7D").await;
    let problem = nul.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "filters.unresolved.0");
    app.finish().await;
}

#[tokio::test]
async fn edited_chips_replace_what_the_query_says() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    add(&owner, &[("Ana Lima", "Developer", &["Java"]), ("Bo Chen", "Developer", &["Kubernetes"])]).await;
    let kubernetes = chips(&owner, "Kubernetes").await["skills"][0].clone();
    let filters = json!({"skills": [must(kubernetes["id"].as_str().unwrap(), "Kubernetes")]});
    let answer = owner.search(&json!({"query": "Java", "filters": filters})).await;
    assert_eq!(names(&answer)[0], "Bo Chen");
    assert_eq!(answer["interpretation"]["skills"].as_array().unwrap().len(), 1);
    let without_words = owner.search(&json!({"query": "", "filters": filters})).await;
    assert_eq!(names(&without_words)[0], "Bo Chen");
    app.finish().await;
}

/// The events of a finished stream, each with its data.
fn events(stream: &str) -> Vec<(String, Value)> {
    let events = stream.split("\n\n").filter_map(|event| {
        let name = event.lines().find_map(|line| line.strip_prefix("event: "))?;
        let data = event.lines().find_map(|line| line.strip_prefix("data: "))?;
        Some((name.to_owned(), serde_json::from_str(data).unwrap()))
    });
    events.collect()
}

#[tokio::test]
async fn a_stream_shows_hits_at_once_then_ranked_then_with_their_proof() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    add(&owner, &[("Ana Lima", "Developer", &["Java"]), ("Bo Chen", "Developer", &["Rust"])]).await;
    let answer = owner.get("/search/stream?query=Java%20developer").await;
    answer.expect(StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let events = events(std::str::from_utf8(&answer.bytes).unwrap());
    let steps: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(steps, ["instant", "ranked", "explained", "done"]);
    let proofs = |answer: &Value| {
        let hits = answer["hits"].as_array().unwrap().iter();
        let reasons = hits.flat_map(|hit| hit["reasons"].as_array().unwrap());
        reasons.map(|reason| reason["evidence"].as_array().unwrap().len()).sum::<usize>()
    };
    assert_eq!(names(&events[1].1), names(&events[2].1));
    assert_eq!(names(&events[2].1)[0], "Ana Lima");
    assert_eq!(proofs(&events[1].1), 0);
    assert!(proofs(&events[2].1) > 0);
    let once = owner.search(&json!({"query": "Java developer"})).await;
    assert_eq!(names(&once), names(&events[2].1));
    app.finish().await;
}

/// An engine that remembers which arms it was asked for, by meaning and by words.
struct Attentive(EmbeddedIndex, Arc<Mutex<Vec<(bool, bool)>>>);

#[async_trait]
impl VectorIndex for Attentive {
    fn name(&self) -> &'static str {
        "attentive"
    }

    async fn upsert(&self, points: Vec<Point>) -> Result<(), Error> {
        self.0.upsert(points).await
    }

    async fn delete_candidate(&self, workspace: WorkspaceId, id: CandidateId) -> Result<(), Error> {
        self.0.delete_candidate(workspace, id).await
    }

    async fn delete_resume(&self, workspace: WorkspaceId, id: ResumeId) -> Result<(), Error> {
        self.0.delete_resume(workspace, id).await
    }

    async fn clear(&self, workspace: WorkspaceId) -> Result<(), Error> {
        self.0.clear(workspace).await
    }

    async fn query(&self, query: HybridQuery) -> Result<HybridHits, Error> {
        self.0.query(query).await
    }

    async fn query_within(&self, query: HybridQuery, circles: Vec<Filter>) -> Result<Vec<HybridHits>, Error> {
        self.1.lock().unwrap().push((query.dense.is_some(), query.sparse.is_some()));
        self.0.query_within(query, circles).await
    }

    async fn count(&self, workspace: WorkspaceId) -> Result<u64, Error> {
        self.0.count(workspace).await
    }

    async fn ready(&self) -> Result<Ready, Error> {
        self.0.ready().await
    }
}

#[tokio::test]
async fn a_stream_asks_each_arm_once_and_is_one_search_in_the_record() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let engine = Arc::new(Attentive(EmbeddedIndex::new(384), Arc::clone(&asked)));
    let app = TestApp::prepared(Plan::default(), move |ctx| ctx.vectors = engine).await;
    let owner = app.owner().await;
    add(&owner, &[("Ana Lima", "Developer", &["Java"]), ("Bo Chen", "Developer", &["Rust"])]).await;
    let stream = owner.get("/search/stream?query=Java%20developer").await;
    let events = events(std::str::from_utf8(&stream.bytes).unwrap());
    assert_eq!(*asked.lock().unwrap(), [(false, true), (true, false)]);
    let ids: BTreeSet<&str> = events.iter().filter_map(|(_, answer)| answer["query_id"].as_str()).collect();
    assert_eq!((events.len(), ids.len()), (4, 1));
    let recorded = async || -> Vec<(String, i32)> {
        let statement = "select id::text, total from searches";
        sqlx::query_as(statement).fetch_all(&mut app.superuser().await).await.unwrap()
    };
    let begin = Instant::now();
    while recorded().await.is_empty() && begin.elapsed() < Duration::from_secs(5) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let total = i32::try_from(events[2].1["total"].as_u64().unwrap()).unwrap();
    assert_eq!(recorded().await, [((*ids.first().unwrap()).to_owned(), total)]);

    let once = owner.search(&json!({"query": "Java developer"})).await;
    assert_eq!(asked.lock().unwrap().last(), Some(&(true, true)));
    assert_eq!((&once["hits"], &once["facets"]), (&events[2].1["hits"], &events[2].1["facets"]));
    app.finish().await;
}

#[tokio::test]
async fn a_stream_that_cannot_be_asked_so_is_refused_before_it_begins() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let stream = owner.get("/search/stream?query=Java&limit=0").await;
    assert_eq!(stream.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request")["errors"][0]["field"], "limit");
    app.finish().await;
}

#[tokio::test]
async fn what_was_chosen_is_among_the_facets_however_rare_it_is() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let common = &[
        "Java",
        "Python",
        "PostgreSQL",
        "Kubernetes",
        "Docker",
        "Terraform",
        "React",
        "TypeScript",
        "Kafka",
        "Redis",
        "Angular",
        "Ansible",
        "Jenkins",
    ];
    let rare = &["Java", "Haskell"];
    add(&owner, &[("Ana Lima", "Engineer", common), ("Bo Chen", "Engineer", common), ("Cy Dee", "Engineer", rare)])
        .await;
    let values = |answer: &Value, facet: &str| -> Vec<(String, u64)> {
        let values = answer["facets"][facet].as_array().unwrap().iter();
        values.map(|one| (one["value"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap())).collect()
    };
    let plain = values(&owner.search(&json!({"query": "Java engineer"})).await, "skills");
    assert_eq!(plain.len(), 12);
    assert!(!plain.iter().any(|(value, _)| value == "haskell"), "{plain:?}");
    let filters = json!({
        "skills": [must("haskell", "Haskell"), must("cobol", "COBOL"), {"id": "perl", "label": "Perl", "kind": "not"}],
        "locations": [{"name": "Germany", "country": "DE"}, {"name": "Lisbon", "country": "PT"}],
        "languages": [{"code": "fr", "kind": "should"}],
        "seniority": ["lead"],
        "years": {"min": 20},
    });
    let answer = owner.search(&json!({"query": "Java engineer", "filters": filters})).await;
    let skills = values(&answer, "skills");
    assert_eq!(skills.len(), 14);
    assert_eq!(skills[12..], [("haskell".to_owned(), 1), ("cobol".to_owned(), 0)]);
    let places = values(&answer, "locations");
    for place in [("Berlin", 3), ("Germany", 3), ("Lisbon", 0)] {
        assert!(places.contains(&(place.0.to_owned(), place.1)), "{places:?}");
    }
    assert!(values(&answer, "languages").contains(&("fr".to_owned(), 0)));
    assert!(values(&answer, "seniority").contains(&("lead".to_owned(), 0)));
    assert!(values(&answer, "years").contains(&("20+".to_owned(), 0)));
    app.finish().await;
}

/// A vector engine that is away.
struct Away;

#[async_trait]
impl VectorIndex for Away {
    fn name(&self) -> &'static str {
        "away"
    }

    async fn upsert(&self, _: Vec<Point>) -> Result<(), Error> {
        Err(away())
    }

    async fn delete_candidate(&self, _: WorkspaceId, _: CandidateId) -> Result<(), Error> {
        Err(away())
    }

    async fn delete_resume(&self, _: WorkspaceId, _: ResumeId) -> Result<(), Error> {
        Err(away())
    }

    async fn clear(&self, _: WorkspaceId) -> Result<(), Error> {
        Err(away())
    }

    async fn query(&self, _: HybridQuery) -> Result<HybridHits, Error> {
        Err(away())
    }

    async fn count(&self, _: WorkspaceId) -> Result<u64, Error> {
        Err(away())
    }

    async fn ready(&self) -> Result<Ready, Error> {
        Err(away())
    }
}

fn away() -> Error {
    Error::Unavailable("connection refused".to_owned())
}

#[tokio::test]
async fn a_search_without_the_vector_engine_says_so_and_the_rest_goes_on() {
    let app = TestApp::with(Plan { context: |ctx| ctx.vectors = Arc::new(Away), ..Plan::default() }).await;
    let owner = app.owner().await;
    let answer = owner.post("/search", &json!({"query": "Java"})).await;
    let problem = answer.problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    assert!(problem["detail"].as_str().unwrap().contains("vector engine"), "{problem}");
    assert_eq!(answer.headers["retry-after"], "2");
    let stream = owner.get("/search/stream?query=Java").await;
    let events = events(std::str::from_utf8(&stream.bytes).unwrap());
    let steps: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(steps, ["error", "done"]);
    assert_eq!(events[0].1["code"], "unavailable");
    owner.get("/candidates").await.expect(StatusCode::OK);
    let services = owner.get("/status").await.expect(StatusCode::OK)["services"].clone();
    let vectors = services.as_array().unwrap().iter().find(|service| service["name"] == "vectors").unwrap();
    assert_eq!(vectors["state"], "down");
    app.finish().await;
}

/// A model that works for resumes and not for queries.
struct Mute(Arc<dyn Embedder>);

#[async_trait]
impl Embedder for Mute {
    fn model(&self) -> &ModelInfo {
        self.0.model()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.0.count_tokens(text)
    }

    async fn embed_passages(&self, workspace: WorkspaceId, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.0.embed_passages(workspace, texts).await
    }

    async fn embed_query(&self, _: WorkspaceId, _: &str) -> Result<Vec<f32>, EmbedError> {
        Err(EmbedError::Model("the model is away".to_owned()))
    }
}

#[tokio::test]
async fn a_search_without_the_embedding_model_finds_by_words_and_says_so() {
    let mute = |ctx: &mut talentprompt::context::Context| ctx.embedder = Arc::new(Mute(ctx.embedder.clone()));
    let app = TestApp::with(Plan { context: mute, ..Plan::default() }).await;
    let owner = app.owner().await;
    add(&owner, &[("Ana Lima", "Developer", &["Java"])]).await;
    let answer = owner.search(&json!({"query": "Java, asked while the model is away"})).await;
    assert_eq!(names(&answer), ["Ana Lima"]);
    assert_eq!(answer["degraded"][0]["service"], "embedding model");
    assert!(answer["stages"].as_array().unwrap().iter().any(|stage| stage["state"] == "degraded"));
    app.finish().await;
}

#[tokio::test]
async fn the_real_model_finds_by_meaning_who_does_not_use_the_words() {
    let app = TestApp::with(Plan { model: true, ..Plan::default() }).await;
    let owner = app.owner().await;
    let nurse = "Ana Lima\nana@example.com\n\nExperience\n\nRegistered nurse, City Hospital\n2015 - 2024\n\
                 - Looked after patients on the intensive care ward\n";
    let cook = "Bo Chen\nbo@example.com\n\nExperience\n\nCook, Hotel Adler\n2015 - 2024\n\
                - Prepared menus for two hundred guests\n";
    owner.add("ana.txt", nurse).await;
    owner.add("bo.txt", cook).await;
    for (query, first) in [("somebody to feed the visitors", "Bo Chen"), ("health worker for the sick", "Ana Lima")] {
        assert_eq!(names(&owner.search(&json!({"query": query})).await)[0], first, "{query}");
    }
    let similar = owner.get("/candidates").await.expect(StatusCode::OK)["candidates"][0]["id"].clone();
    let answer = owner.get(&format!("/candidates/{}/similar", similar.as_str().unwrap())).await;
    assert_eq!(names(answer.expect(StatusCode::OK)), ["Ana Lima"]);
    app.finish().await;
}
