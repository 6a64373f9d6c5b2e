//! The providers of the configuration in force, each with what its terms allow in a minute and with who of its models
//! rests.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::DefaultClock;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::breaker::Breaker;
use crate::config::{self, Config, Live};
use crate::gateways::llm::{Claude, OpenAi, Provider};

type Limiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock>;

/// One provider.
pub(super) struct Reached {
    settings: config::Provider,
    client: Arc<dyn Provider>,
    requests: Limiter,
    tokens: Limiter,
    breakers: Mutex<HashMap<String, Breaker>>,
}

impl Reached {
    fn new(name: &str, settings: &config::Provider) -> Self {
        let (url, key, timeout) = (&settings.url, &settings.api_key, Duration::from_secs(settings.timeout_s));
        let client: Arc<dyn Provider> = match name {
            "claude" => Arc::new(Claude::new(url, key, timeout)),
            _ => Arc::new(OpenAi::new(url, key, timeout, name == "openai")),
        };
        let limiter =
            |count: u32| RateLimiter::direct(Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)));
        Self {
            client,
            requests: limiter(settings.requests_per_minute),
            tokens: limiter(settings.tokens_per_minute),
            settings: settings.clone(),
            breakers: Mutex::default(),
        }
    }

    /// The provider itself.
    pub(super) fn client(&self) -> &dyn Provider {
        self.client.as_ref()
    }

    /// After which an answer is given up.
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(self.settings.timeout_s)
    }

    /// The most requests and tokens of a minute.
    pub(super) fn per_minute(&self) -> (u32, u32) {
        (self.settings.requests_per_minute, self.settings.tokens_per_minute)
    }

    /// Waits until a request of `tokens` is within the terms; not longer than `patience`. Answers whether it is.
    pub(super) async fn turn(&self, tokens: u32, patience: Duration) -> bool {
        // What is more than a whole minute's worth waits for a whole one.
        let tokens = tokens.clamp(1, self.settings.tokens_per_minute.max(1));
        let tokens = NonZeroU32::new(tokens).unwrap_or(NonZeroU32::MIN);
        let both = async {
            self.requests.until_ready().await;
            self.tokens.until_n_ready(tokens).await.is_ok()
        };
        tokio::time::timeout(patience, both).await.unwrap_or(false)
    }

    /// Whether `model` may be asked now.
    pub(super) fn admits(&self, model: &str) -> bool {
        self.breaker(model, |breaker| breaker.admits(Instant::now()))
    }

    /// `model` answered.
    pub(super) fn succeeded(&self, model: &str) {
        self.breaker(model, Breaker::succeeded);
    }

    /// `model` failed; see [`Breaker::failed`]. Answers whether it rests from now on and did not before.
    pub(super) fn failed(&self, model: &str, lasting: bool, wait: Option<Duration>) -> bool {
        self.breaker(model, |breaker| {
            let now = Instant::now();
            let rested = breaker.rests(now).is_some();
            breaker.failed(now, lasting, wait);
            !rested && breaker.rests(now).is_some()
        })
    }

    /// The models that rest, and for how long still.
    pub(super) fn resting(&self) -> Vec<(String, Duration)> {
        let now = Instant::now();
        let breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        breakers.iter().filter_map(|(model, breaker)| Some((model.clone(), breaker.rests(now)?))).collect()
    }

    fn breaker<T>(&self, model: &str, with: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        with(breakers.entry(model.to_owned()).or_default())
    }
}

/// All of them, made again where their settings change; the others keep what is known of them.
pub(super) struct Providers {
    config: Live,
    known: Mutex<HashMap<&'static str, Arc<Reached>>>,
}

impl Providers {
    pub(super) fn new(config: Live) -> Self {
        Self { config, known: Mutex::default() }
    }

    /// The configuration in force.
    pub(super) fn config(&self) -> Arc<Config> {
        self.config.get()
    }

    /// The provider of that name, where it is set up.
    pub(super) fn get(&self, name: &str) -> Option<Arc<Reached>> {
        let config = self.config.get();
        let name = *config::PROVIDERS.iter().find(|known| **known == name)?;
        let settings = config.provider(name)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let reached = known.get(name).filter(|reached| reached.settings == *settings).cloned();
        Some(reached.unwrap_or_else(|| {
            let reached = Arc::new(Reached::new(name, settings));
            known.insert(name, Arc::clone(&reached));
            reached
        }))
    }
}
