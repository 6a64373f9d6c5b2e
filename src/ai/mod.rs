//! Floor 4: the one metered door to every model. Whoever needs a model states what for and how hard it is; which model is
//! asked, whether it may be paid, what is done when it is away or talks rubbish, and what is used again, is decided here.
//! Where there is no answer, the caller does without: the rules cost nothing.

mod ask;
mod batch;
mod breaker;
mod compare;
mod embed;
pub mod estimate;
mod flights;
mod kept;
pub mod ledger;
pub mod prices;
pub mod prompt;
mod providers;
pub mod said;
mod targets;
pub mod test;
mod tiers;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::ask::{Asked, Raw};
pub use self::batch::Later;
pub use self::embed::Metered;
use self::flights::Flights;
use self::ledger::Ledger;
use self::prompt::Prompt;
use self::providers::Providers;
pub use self::targets::Target;
pub use self::tiers::{tier_by, tier_of};
use crate::base::clock::Clock;
use crate::config::Live;
use crate::gateways::cache::Cache;
use crate::model::ids::{CallId, CandidateId, MemberId, WorkspaceId};
use crate::model::money::Micros;
use crate::model::spend::{Feature, Tier};
use crate::store::{self, Store};

/// A question to whichever model fits.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Who asks, where it is a member.
    pub member: Option<MemberId>,
    /// What a model is to do.
    pub prompt: &'static Prompt,
    /// The data, as the prompt lays it out: [`Prompt::fill`].
    pub user: String,
    /// Whom it is about, where it is about one person: what is said of somebody who is erased meanwhile is not kept.
    pub about: Option<CandidateId>,
    /// How hard it is.
    pub tier: Tier,
    /// Why it is that hard, for the log.
    pub reason: String,
    /// How long whoever asks is willing to wait, over all attempts.
    pub patience: Duration,
}

/// An answer that was held to its schema and its check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer<T> {
    /// What was said.
    pub value: T,
    /// The call, to say later whether somebody took what it proposes.
    pub call: CallId,
    /// Who said it, as `provider/model`.
    pub by: String,
    /// Whether it was said before.
    pub cached: bool,
    /// What it cost now.
    pub cost: Micros,
}

/// Why there is no answer, in words for whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// No provider is set up.
    #[error("no AI provider is set up, so the rules alone were used")]
    Off,
    /// The workspace is stopped.
    #[error("AI is stopped for this workspace, so the rules alone were used")]
    Stopped,
    /// The feature is switched off.
    #[error("the workspace lets no model be asked for this ({}), so the rules alone were used", .0.as_str())]
    FeatureOff(Feature),
    /// A limit is reached.
    #[error("{0} is reached, so nothing was paid and the rules alone were used")]
    Spent(String),
    /// Nobody knows what it would cost.
    #[error("the price of {0} is not known, so it was not asked; add it to `[ai] prices`")]
    NoPrice(String),
    /// It fits no model.
    #[error("this is too long for every model that may be asked")]
    TooLong,
    /// Nobody could be reached.
    #[error("no model could be asked ({0}), so the rules alone were used")]
    Away(String),
    /// What was answered could not be used.
    #[error("what the models answered could not be used ({0}), so the rules alone were used")]
    Unusable(String),
}

impl NoAnswer {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Off => "ai_off",
            Self::Stopped => "ai_stopped",
            Self::FeatureOff(_) => "ai_feature_off",
            Self::Spent(_) => "ai_budget_spent",
            Self::NoPrice(_) => "ai_price_missing",
            Self::TooLong => "ai_too_long",
            Self::Away(_) => "ai_away",
            Self::Unusable(_) => "ai_unusable",
        }
    }
}

impl From<store::Error> for NoAnswer {
    /// Without the ledger nothing is paid.
    fn from(error: store::Error) -> Self {
        tracing::warn!(%error, "the ledger of AI spend does not answer, so no model is asked");
        Self::Away("the ledger does not answer".to_owned())
    }
}

/// Whether an answer can be used, beyond its schema; if not, why.
type Check = Arc<dyn Fn(&Value) -> Result<(), String> + Send + Sync>;

/// The door. Clones share it.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    providers: Providers,
    ledger: Ledger,
    store: Store,
    cache: Cache,
    clock: Arc<dyn Clock>,
    flights: Flights<Result<Raw, NoAnswer>>,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").finish_non_exhaustive()
    }
}

impl Door {
    /// A door to the providers of `config`. Reaches nobody by itself.
    pub fn new(config: Live, store: Store, cache: Cache, clock: Arc<dyn Clock>) -> Self {
        let (providers, ledger) = (Providers::new(config), Ledger::new(store.clone(), Arc::clone(&clock)));
        Self(Arc::new(Inner { providers, ledger, store, cache, clock, flights: Flights::new() }))
    }

    /// Asks, and holds the answer to the schema of `T` and to `check`, which says what is wrong with it.
    pub async fn ask<T>(
        &self,
        question: Question,
        check: impl Fn(&T) -> Result<(), String> + Send + Sync + 'static,
    ) -> Result<Answer<T>, NoAnswer>
    where
        T: DeserializeOwned + JsonSchema,
    {
        let check: Check = Arc::new(move |value| {
            // The error's own words would repeat what was said, which may be about a person.
            let typed: T = T::deserialize(value).map_err(|_| "it does not fit its schema".to_owned())?;
            check(&typed)
        });
        let raw = self.raw(Asked::new(question, schema::<T>(), check)).await?;
        let value = serde_json::from_value(raw.answer).map_err(|error| NoAnswer::Unusable(error.to_string()))?;
        Ok(Answer { value, call: raw.call, by: raw.by, cached: raw.cached, cost: raw.cost })
    }

    /// Says that this process's calls are under way, and gives up those of processes that are gone. To be called every
    /// [`ledger::RENEW_EVERY`].
    pub async fn keep(&self) -> store::Result<()> {
        self.0.ledger.renew().await
    }

    /// The models that are not asked for a moment because they failed, as `provider/model`, and for how long still.
    pub fn resting(&self) -> Vec<(String, Duration)> {
        let named = |provider: &str| {
            let reached = self.0.providers.get(provider);
            let resting = reached.map(|reached| reached.resting()).unwrap_or_default();
            resting.into_iter().map(|(model, rest)| (format!("{provider}/{model}"), rest)).collect::<Vec<_>>()
        };
        crate::config::PROVIDERS.into_iter().flat_map(named).collect()
    }
}

/// The JSON schema of `T` as providers take it in their strict mode: no reference, no further property, all required.
fn schema<T: JsonSchema>() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    strict(&mut schema);
    schema
}

fn strict(schema: &mut Value) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let names: Vec<Value> = properties.keys().map(|name| Value::String(name.clone())).collect();
        schema["required"] = Value::Array(names);
        schema["additionalProperties"] = Value::Bool(false);
    }
    match schema {
        Value::Object(map) => {
            // What strict mode does not know: https://platform.openai.com/docs/guides/structured-outputs
            for unknown in ["format", "title", "default", "minimum", "maximum"] {
                if !map.get(unknown).is_some_and(Value::is_object) {
                    map.remove(unknown);
                }
            }
            map.values_mut().for_each(strict);
        }
        Value::Array(values) => values.iter_mut().for_each(strict),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Outer {
        /// Which.
        title: String,
        inner: Vec<Inner>,
        maybe: Option<u32>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Inner {
        quote: String,
    }

    #[test]
    fn a_schema_is_as_the_strict_mode_takes_it() {
        let schema = schema::<Outer>();
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["required"].as_array().unwrap().len(), 3);
        assert_eq!(schema["properties"]["title"]["type"], "string", "a property may be called like a keyword");
        let inner = &schema["properties"]["inner"]["items"];
        assert_eq!((&inner["additionalProperties"], &inner["required"][0]), (&false.into(), &"quote".into()));
        assert!(!schema.to_string().contains("$ref"));
    }
}
