//! A provider's embedding model: paid through the ledger, and no text twice.

use std::sync::Arc;

use serde_json::json;
use talentprompt::ai::{Door, Metered};
use talentprompt::gateways::embed::Embedder;
use talentprompt::gateways::vectors::embedded::EmbeddedIndex;
use talentprompt::model::money::Micros;

use super::offered;
use crate::support::app::{Plan, TestApp, names, resume};
use crate::support::provider::{Behaviour, Provider};

const MODEL: &str = "openai/text-embedding-3-small";

/// An application whose vectors a provider makes.
async fn app(provider: &Provider) -> TestApp {
    let url = format!("{}/v1", provider.url());
    TestApp::prepared(Plan::default(), move |ctx| {
        let mut config = (*ctx.config.get()).clone();
        (config.openai.url, config.openai.api_key) = (url, "test-key".to_owned());
        MODEL.clone_into(&mut config.ai.embed);
        ctx.config.set(config);
        ctx.ai = Door::new(ctx.config.clone(), ctx.store.clone(), ctx.cache.clone(), Arc::clone(&ctx.clock));
        let metered = Metered::new(ctx.ai.clone(), MODEL).unwrap();
        ctx.vectors = Arc::new(EmbeddedIndex::new(metered.model().dimensions));
        ctx.embedder = Arc::new(metered);
    })
    .await
}

async fn spent(app: &TestApp) -> Micros {
    app.ctx.ai.month().await.unwrap().0
}

#[tokio::test]
async fn resumes_and_queries_are_embedded_once_and_what_is_counted_is_what_is_billed() {
    let provider = Provider::start(offered()).await;
    let app = app(&provider).await;
    let owner = app.owner().await;
    for (name, skill) in [("Ana Lima", "Java"), ("Ben Cole", "Python")] {
        let email = format!("{}@example.com", name.split(' ').next().unwrap().to_lowercase());
        let upload = owner.upload(&format!("{name}.txt"), resume(name, &email, "Engineer", &[skill])).await;
        assert_eq!(owner.wait_for(&upload).await["status"], "indexed");
    }
    let found = owner.post("/search", &json!({"query": "engineer with Java"})).await;
    let found = found.expect(reqwest::StatusCode::OK);
    assert_eq!(names(found)[0], "Ana Lima");
    let calls = provider.calls().len();
    assert_eq!(spent(&app).await, Micros(i64::try_from(provider.bill().charged).unwrap()));

    // The cache at hand may be lost; what was paid for is not.
    let mut redis = redis::Client::open(app.ctx.config.get().redis.url.as_str()).unwrap().get_connection().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("query:*:openai*").query(&mut redis).unwrap();
    redis::cmd("DEL").arg(&keys).exec(&mut redis).unwrap();
    owner.post("/search", &json!({"query": "engineer with Java"})).await.expect(reqwest::StatusCode::OK);
    assert_eq!(provider.calls().len(), calls, "a query was embedded twice");
    app.finish().await;
}

#[tokio::test]
async fn while_the_provider_is_away_searches_go_by_words_and_uploads_wait() {
    let provider = Provider::start(offered()).await;
    let app = app(&provider).await;
    let owner = app.owner().await;
    let upload = owner.upload("ana.txt", resume("Ana Lima", "ana@example.com", "Engineer", &["Java"])).await;
    owner.wait_for(&upload).await;
    provider.script([Behaviour::Down { ms: 4_000 }]);
    let found = owner.post("/search", &json!({"query": "an engineer who knows Java"})).await;
    let found = found.expect(reqwest::StatusCode::OK);
    assert_eq!(names(found)[0], "Ana Lima");
    assert_eq!(found["degraded"][0]["service"], "embedding model");
    let upload = owner.upload("ben.txt", resume("Ben Cole", "ben@example.com", "Engineer", &["Python"])).await;
    assert_eq!(owner.wait_for(&upload).await["status"], "indexed", "it waited until the provider was back");
    app.finish().await;
}

#[tokio::test]
async fn a_resume_that_the_model_in_force_has_not_seen_is_shown_to_it() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let upload = owner.upload("ana.txt", resume("Ana Lima", "ana@example.com", "Engineer", &["Java"])).await;
    owner.wait_for(&upload).await;
    let (database, data) = app.stop().await;

    let provider = Provider::start(offered()).await;
    let url = format!("{}/v1", provider.url());
    let app = TestApp::found(
        Plan::default(),
        move |ctx| {
            let mut config = (*ctx.config.get()).clone();
            (config.openai.url, config.openai.api_key) = (url, "test-key".to_owned());
            ctx.config.set(config);
            let metered = Metered::new(ctx.ai.clone(), MODEL).unwrap();
            ctx.vectors = Arc::new(EmbeddedIndex::new(metered.model().dimensions));
            ctx.embedder = Arc::new(metered);
        },
        database,
        data,
    )
    .await;
    let mut connection = app.superuser().await;
    let seen = "select count(*) from embeddings where model like 'openai/%'";
    for _ in 0..200 {
        if sqlx::query_scalar::<_, i64>(seen).fetch_one(&mut connection).await.unwrap() > 0 {
            drop(connection);
            return app.finish().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the resume was not shown to the model");
}
