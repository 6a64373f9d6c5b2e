//! The metered door to language models, against a provider in a box that keeps the true bill.

mod batch;
mod chain;
mod embed;
mod load;
mod money;
mod replay;
mod reuse;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use talentprompt::ai::ledger::{APPLIANCE, day, month};
use talentprompt::ai::prompt::{self, Prompt};
use talentprompt::ai::{Answer, Door, NoAnswer, Question};
use talentprompt::base::clock::{Clock, SystemClock};
use talentprompt::config::Config;
use talentprompt::model::ids::WorkspaceId;
use talentprompt::model::money::Micros;
use talentprompt::model::spend::Tier;
use talentprompt::store::accounts;
use talentprompt::store::ai::budget::{self, Counted, Counter};

use crate::support::app::{Plan, TestApp};
use crate::support::provider::{Model, Provider, Settings};

/// What the box offers, at the prices of the table.
fn offered() -> Settings {
    let models = vec![
        Model::chat("gpt-5-nano", 50_000, 5_000, 400_000),
        Model::chat("gpt-5-mini", 250_000, 25_000, 2_000_000),
        Model::chat("gpt-5", 1_250_000, 125_000, 10_000_000),
        Model::chat("claude-haiku-4-5", 1_000_000, 100_000, 5_000_000),
        Model::chat("claude-sonnet-4-5", 3_000_000, 300_000, 15_000_000),
        Model::embedding("text-embedding-3-small", 1536, 20_000),
    ];
    Settings { models, ..Settings::default() }
}

/// An answer that says where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
struct Found {
    /// Words of the question.
    quote: String,
}

/// An application with a workspace, and the provider it asks.
struct Stage {
    app: TestApp,
    workspace: WorkspaceId,
    provider: Provider,
}

static READY: LazyLock<&'static Prompt> = LazyLock::new(|| &prompt::READY);

impl Stage {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With OpenAI and Claude both in the box, and something else configured.
    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let provider = Provider::start(offered()).await;
        let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
        app.owner().await;
        let workspaces = accounts::workspaces(&mut app.ctx.store.system().await.unwrap()).await.unwrap();
        let stage = Self { workspace: workspaces[0].0, app, provider };
        let url = stage.provider.url();
        stage.configure(|config| {
            config.openai.url = format!("{url}/v1");
            "test-key".clone_into(&mut config.openai.api_key);
            config.claude.url.clone_from(&url);
            "test-key".clone_into(&mut config.claude.api_key);
            for provider in [&mut config.openai, &mut config.claude] {
                (provider.requests_per_minute, provider.tokens_per_minute) = (1_000_000, 1_000_000_000);
            }
            change(config);
        });
        stage
    }

    /// Another configuration from now on.
    fn configure(&self, change: impl FnOnce(&mut Config)) {
        let mut config = (*self.app.ctx.config.get()).clone();
        change(&mut config);
        self.app.ctx.config.set(config);
    }

    fn question(&self, text: &str) -> Question {
        Question {
            workspace: self.workspace,
            member: None,
            prompt: &READY,
            user: text.to_owned(),
            about: None,
            tier: Tier::Simple,
            reason: "a test".to_owned(),
            patience: Duration::from_secs(8),
        }
    }

    async fn ask(&self, text: &str) -> Result<Answer<Found>, NoAnswer> {
        ask(&self.app.ctx.ai, self.question(text)).await
    }

    /// What the appliance has spent and reserved in the month of now.
    async fn month(&self) -> Counted {
        self.counted(APPLIANCE, &month(self.app.ctx.now())).await
    }

    async fn counted(&self, key: &str, period: &str) -> Counted {
        let counter = Counter { key: key.to_owned(), period: period.to_owned(), limit: None };
        budget::counted(&mut self.app.ctx.store.system().await.unwrap(), &[counter]).await.unwrap()[0]
    }

    /// What came of the calls, in order.
    async fn outcomes(&self) -> Vec<String> {
        let mut connection = self.app.superuser().await;
        sqlx::query_scalar("select outcome from ai_calls order by id").fetch_all(&mut connection).await.unwrap()
    }

    /// The true bill.
    fn billed(&self) -> Micros {
        Micros(i64::try_from(self.provider.bill().charged).unwrap())
    }

    async fn finish(self) {
        self.app.finish().await;
    }
}

/// Asks, and takes any answer that quotes the question.
async fn ask(door: &Door, question: Question) -> Result<Answer<Found>, NoAnswer> {
    let text = question.user.clone();
    door.ask(question, move |found: &Found| {
        if text.contains(&found.quote) { Ok(()) } else { Err("the quote is not in the text".to_owned()) }
    })
    .await
}

/// A clock that can be put forward and back.
#[derive(Clone, Default)]
struct Jumping(Arc<AtomicI64>);

impl Jumping {
    fn jump(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for Jumping {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + TimeDelta::milliseconds(self.0.load(Ordering::SeqCst))
    }
}

/// A door of another process on the same database.
fn another_door(stage: &Stage, clock: Arc<dyn Clock>) -> Door {
    let ctx = &stage.app.ctx;
    Door::new(ctx.config.clone(), ctx.store.clone(), ctx.cache.clone(), clock)
}

/// The day of the application's clock.
fn today(stage: &Stage) -> String {
    day(stage.app.ctx.now())
}
