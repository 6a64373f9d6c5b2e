//! Trying who is set up: one small question to each model that the configuration names, through the same door as any
//! other, and in words what is wrong and what to do. Nothing is sent but a word.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ask::{Asked, Tried};
use super::{Door, NoAnswer, Question, prompt, schema};
use crate::config::{Config, PROVIDERS, ai};
use crate::gateways::llm::Error;
use crate::model::bill::{Trial, TrialState};
use crate::model::ids::{MemberId, WorkspaceId};
use crate::model::money::Micros;
use crate::model::spend::Tier;

/// How long a model may take to say one word: less than a request may take, thoughts included.
const PATIENCE: Duration = Duration::from_secs(11);

/// How long a provider may take to list its models.
const LISTING: Duration = Duration::from_secs(3);

/// Names that are proposed instead of one that the provider does not know.
const PROPOSED: usize = 3;

/// How alike a name must be to be proposed: Jaro and Winkler's measure, 1 for the same.
const ALIKE: f64 = 0.7;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Ready {
    /// The word.
    word: String,
}

/// The models that the configuration names, each once, in the order of the providers.
pub fn named(config: &Config, provider: &str) -> Vec<String> {
    let chains = Tier::ALL.into_iter().flat_map(|tier| config.ai.chain(tier));
    let names = chains.chain([&config.ai.compare]).filter(|name| ai::part(name).is_some_and(|(of, _)| of == provider));
    let mut known = BTreeSet::new();
    names.filter(|name| known.insert(*name)).cloned().collect()
}

impl Door {
    /// The models that the provider's key may use; none where it is not set up.
    pub async fn models(&self, provider: &str) -> Option<Result<Vec<String>, Error>> {
        let reached = self.0.providers.get(provider)?;
        let listed = tokio::time::timeout(LISTING, reached.client().models()).await;
        Some(listed.unwrap_or(Err(Error::Timeout)))
    }

    /// Tries every model that the configuration names; empty where no provider is set up. Paid for by `workspace`, within
    /// its limits; what has begun is finished and counted also when nobody waits for it any more.
    pub async fn test(&self, workspace: WorkspaceId, member: Option<MemberId>) -> Vec<Trial> {
        let config = self.0.providers.config();
        if PROVIDERS.iter().all(|name| config.provider(name).is_none()) {
            return Vec::new();
        }
        let mut under_way = Vec::new();
        for provider in PROVIDERS {
            let names = named(&config, provider);
            if config.provider(provider).is_none() {
                under_way.extend(names.first().map(|_| tokio::spawn(std::future::ready(not_set_up(provider)))));
            } else if names.is_empty() {
                let door = self.clone();
                under_way.push(tokio::spawn(async move { door.unnamed(provider).await }));
            }
            for name in names.into_iter().filter(|_| config.provider(provider).is_some()) {
                let door = self.clone();
                under_way.push(tokio::spawn(async move { door.try_model(workspace, member, &name).await }));
            }
        }
        futures::future::join_all(under_way).await.into_iter().filter_map(Result::ok).collect()
    }

    /// A provider that is set up and of which no chain names a model.
    async fn unnamed(&self, provider: &str) -> Trial {
        let todo = format!("name a model of it, as \"{provider}/…\", in a chain of `[ai]`");
        match self.models(provider).await {
            Some(Err(error)) => failed(provider, &error, &[]),
            _ => Trial { todo: Some(todo), ..works(provider, "it answers, but no chain names a model of it") },
        }
    }

    async fn try_model(&self, workspace: WorkspaceId, member: Option<MemberId>, name: &str) -> Trial {
        let target = match self.target(name) {
            Ok(target) => target,
            Err(reason) => return refused(name, &reason),
        };
        let reason = "a trial".to_owned();
        let (prompt, user) = (&*prompt::READY, prompt::READY.fill(&()));
        let (tier, patience) = (Tier::Simple, PATIENCE);
        let question = Question { workspace, member, prompt, user, about: None, tier, reason, patience };
        let check = Arc::new(|value: &serde_json::Value| {
            Ready::deserialize(value).map(drop).map_err(|_| "it does not fit its schema".to_owned())
        });
        let asked = Asked::new(question, schema::<Ready>(), check);
        match self.exchange(&asked, &target, Tier::Simple, PATIENCE).await {
            Err(Tried::Skipped(reason) | Tried::Over(reason)) => refused(name, &reason),
            Err(Tried::Answered(raw)) => Trial { cost: raw.cost, ..works(name, "it answers") },
            Ok((call, Ok(answer))) => {
                let (latency, cost) = (call.latency_ms, call.cost);
                self.answered(&asked, &target, call, answer).await;
                Trial { latency_ms: Some(latency), cost, ..works(name, "it answers") }
            }
            Ok((call, Err(error))) => {
                let (latency, cost) = (call.latency_ms, call.cost);
                let models = match &error {
                    Error::Model(_) => self.models(&target.provider).await.and_then(Result::ok).unwrap_or_default(),
                    _ => Vec::new(),
                };
                self.failed(&asked, &target, call, error.clone()).await;
                Trial { latency_ms: Some(latency), cost, ..failed(name, &error, &models) }
            }
        }
    }
}

fn works(model: &str, said: &str) -> Trial {
    Trial {
        model: model.to_owned(),
        state: TrialState::Works,
        code: "ok".to_owned(),
        said: said.to_owned(),
        todo: None,
        latency_ms: None,
        cost: Micros::ZERO,
    }
}

fn not_set_up(provider: &str) -> Trial {
    let (code, said, todo) = match provider {
        "compatible" => ("no_url", "it has no address", "set `[compatible] url`".to_owned()),
        _ => ("no_key", "it has no key", key_file(provider)),
    };
    let todo = Some(format!("{todo}; or leave it: the others are asked"));
    Trial { state: TrialState::NotSetUp, code: code.to_owned(), todo, ..works(provider, said) }
}

/// How a key is given.
fn key_file(provider: &str) -> String {
    format!(
        "write the key into /etc/talentprompt/credentials/{provider}.api_key (mode 0600), then: \
         systemctl restart talentprompt"
    )
}

/// Nothing was asked.
fn refused(name: &str, reason: &NoAnswer) -> Trial {
    let todo = match reason {
        NoAnswer::NoPrice(_) => Some(format!("add a line \"{name} INPUT CACHED OUTPUT CONTEXT\" to `[ai] prices`")),
        NoAnswer::Stopped => Some("talentprompt ai resume, or the page AI".to_owned()),
        NoAnswer::FeatureOff(_) => Some("switch it on on the page AI".to_owned()),
        NoAnswer::Spent(_) => Some("raise it on the page AI or in `[ai]`, or wait until it begins anew".to_owned()),
        _ => None,
    };
    let said = match reason {
        NoAnswer::NoPrice(_) => "nobody knows what it costs, so nothing is paid for it".to_owned(),
        other => other.to_string(),
    };
    Trial { state: TrialState::Fails, code: reason.code().to_owned(), todo, ..works(name, &said) }
}

/// It was asked, and this came back. `models` are those that the key may use, where that matters.
fn failed(name: &str, error: &Error, models: &[String]) -> Trial {
    let (provider, model) = name.split_once('/').unwrap_or((name, ""));
    let todo = match error {
        Error::CutOff(_) | Error::Refused => return works(name, "it answers, if not with the word it was asked for"),
        Error::Key(_) => format!("make a new key at the provider; {}", key_file(provider)),
        Error::Model(_) => {
            let near = nearest(model, models);
            let known = if near.is_empty() { "the provider's own list says which there are".to_owned() } else { near };
            format!("name another one in the chains of `[ai]`, or let the key use it; {known}")
        }
        Error::Quota(_) => "add money, or raise the limit, on the provider's own page for billing".to_owned(),
        Error::TooOften(_) => {
            format!("lower `[{provider}] requests_per_minute` to what the provider allows, or try again later")
        }
        Error::Unreachable(_) | Error::Broken(_) => {
            format!("see that `[{provider}] url` is right and that this machine may reach it")
        }
        Error::Timeout | Error::Failed(..) => "try again later; meanwhile the next of the chain is asked".to_owned(),
        Error::Empty | Error::Garbled(_) | Error::Unsupported => {
            "name a model in the chains of `[ai]` that keeps to a JSON schema".to_owned()
        }
        Error::TooLong(_) | Error::Rejected(_) => {
            format!("see that `[{provider}] url` is right and the model a chat's")
        }
    };
    let (code, said) = (error.name().to_owned(), error.to_string());
    Trial { state: TrialState::Fails, code, todo: Some(todo), ..works(name, &said) }
}

/// The names most like `model`, in words; empty where none is like it.
fn nearest(model: &str, models: &[String]) -> String {
    let mut alike: Vec<(f64, &String)> =
        models.iter().map(|known| (strsim::jaro_winkler(model, known), known)).filter(|(by, _)| *by >= ALIKE).collect();
    alike.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let names: Vec<&str> = alike.iter().take(PROPOSED).map(|(_, name)| name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!("the key may use {}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;

    #[test]
    fn every_model_is_named_once() {
        let mut config = load(None).unwrap().config;
        "openai/gpt-5".clone_into(&mut config.ai.compare);
        assert_eq!(named(&config, "openai"), ["openai/gpt-5-nano", "openai/gpt-5-mini", "openai/gpt-5"]);
        assert_eq!(named(&config, "claude").len(), 2);
        assert!(named(&config, "compatible").is_empty());
    }

    #[test]
    fn an_unknown_model_comes_with_the_nearest_names() {
        let models = ["gpt-5-mini", "whisper-1", "gpt-5", "dall-e-3"].map(str::to_owned);
        let trial = failed("openai/gpt5-mini", &Error::Model("no such model".to_owned()), &models);
        assert_eq!((trial.state, trial.code.as_str()), (TrialState::Fails, "unknown_model"));
        assert!(trial.todo.unwrap().ends_with("the key may use gpt-5-mini, gpt-5"));
    }

    #[test]
    fn whatever_is_wrong_comes_with_what_to_do() {
        let errors = [
            Error::Key(String::new()),
            Error::Quota(String::new()),
            Error::TooOften(None),
            Error::Unreachable(String::new()),
            Error::Timeout,
            Error::Garbled(String::new()),
            Error::Rejected(String::new()),
        ];
        for error in errors {
            let trial = failed("claude/x", &error, &[]);
            assert!(trial.state == TrialState::Fails && trial.todo.is_some_and(|todo| todo.len() > 20), "{error}");
        }
        assert_eq!(failed("claude/x", &Error::CutOff(9), &[]).state, TrialState::Works, "somebody is there");
        let trial = refused("openai/x", &NoAnswer::NoPrice("openai/x".to_owned()));
        assert!(trial.code == "ai_price_missing" && trial.todo.unwrap().contains("\"openai/x INPUT"));
    }
}
