//! What the provider is told to do: behaviours in a queue, one for each request, and rules that stand until they end.
//!
//! A behaviour is data, so that a browser test or a benchmark can hand it over as JSON:
//! `[{"after": {"ms": 500, "then": "ordinary"}}, {"rubbish": "wrong_schema"}, "reset"]`.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use super::fault::Fault;

/// What becomes of one request.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// A deterministic answer, valid for the schema that was given, if one was.
    Ordinary,
    /// This object, whatever the schema.
    Answer(Value),
    /// This text, whatever the schema.
    Text(String),
    /// The rest of the behaviour, this much later.
    After {
        /// How much later, milliseconds.
        ms: u64,
        /// What then happens.
        then: Box<Behaviour>,
    },
    /// This error, in the words of the protocol that was spoken.
    Fails(Fault),
    /// An error with this status.
    Status {
        /// The HTTP status.
        code: u16,
        /// The body; `null` for the protocol's own words.
        #[serde(default)]
        body: Value,
        /// The header `Retry-After`, seconds.
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
    /// A proper response that holds nonsense.
    Rubbish(Rubbish),
    /// The answer, cut in the middle: half the body, or half the stream's events, and the connection is gone. Charged.
    Cut,
    /// The request is accepted, worked on and charged, and never answered.
    Silence,
    /// The connection is closed at once: nothing was done, nothing is charged.
    Reset,
    /// The worst model: it looks for instructions in what it was given to read, and obeys them.
    Obey,
    /// A rule, not a step of the queue: at most so many requests in any such time, the others are 429.
    RateLimit {
        /// Requests that are let through.
        requests: usize,
        /// The time they are counted over, milliseconds: 60,000 at a real provider.
        per_ms: u64,
    },
    /// A rule, not a step of the queue: from now on and so long everything is 503.
    Down {
        /// How long, milliseconds.
        ms: u64,
    },
    /// A rule, not a step of the queue: what happens whenever the queue is empty.
    Always(Box<Behaviour>),
}

impl Behaviour {
    /// The ordinary answer, this much later.
    pub fn latency(wait: Duration) -> Self {
        Self::After { ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), then: Box::new(Self::Ordinary) }
    }
}

/// The ways in which a proper response holds nonsense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rubbish {
    /// The first half of the JSON that was asked for.
    InvalidJson,
    /// JSON, but of another shape; vectors of another length.
    WrongSchema,
    /// Nothing at all.
    Empty,
    /// The model declines, in the way of the protocol.
    Refusal,
    /// The provider's filter took the answer away.
    Filtered,
    /// Valid for the schema, but what should be quoted stands nowhere in the document.
    NotQuoted,
}

/// A mixture for load: the shares of each kind in thousandths, drawn from a seed. What is left over is ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mix {
    /// The same seed draws the same sequence.
    pub seed: u64,
    /// Every answer takes between this and three times this, milliseconds.
    pub latency_ms: u64,
    /// Answers with status 500, thousandths.
    pub errors: u64,
    /// Answers with status 429, thousandths.
    pub limited: u64,
    /// Requests that are never answered, thousandths.
    pub silent: u64,
    /// Answers of another shape, thousandths.
    pub rubbish: u64,
}

impl Default for Mix {
    fn default() -> Self {
        Self { seed: 1, latency_ms: 200, errors: 10, limited: 10, silent: 1, rubbish: 10 }
    }
}

/// The next number of a seeded sequence: `SplitMix64`, Steele, Lea and Flood, 2014.
pub fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Mix {
    /// Draws what becomes of the next request.
    fn draw(&mut self) -> Behaviour {
        let (kind, time) = (next_random(&mut self.seed) % 1000, next_random(&mut self.seed));
        let bounds = [
            (self.errors, Behaviour::Fails(Fault::ServerError)),
            (self.limited, Behaviour::Fails(Fault::RateLimited { retry_after_s: 1 })),
            (self.silent, Behaviour::Silence),
            (self.rubbish, Behaviour::Rubbish(Rubbish::WrongSchema)),
        ];
        let mut bound = 0;
        let drawn = bounds.into_iter().find_map(|(share, behaviour)| {
            bound += share;
            (kind < bound).then_some(behaviour)
        });
        let ms = self.latency_ms + time % (2 * self.latency_ms + 1);
        Behaviour::After { ms, then: Box::new(drawn.unwrap_or(Behaviour::Ordinary)) }
    }
}

/// The requests let through of late, and the most that may be.
#[derive(Debug)]
struct Limit {
    requests: usize,
    per: Duration,
    passed: VecDeque<Instant>,
}

/// How much of a limit is left: what a real provider says in its `x-ratelimit-*` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Requests let through in the limit's time.
    pub limit: usize,
    /// Requests still to be had.
    pub remaining: usize,
    /// Until the oldest counted request is forgotten.
    pub reset: Duration,
}

impl Limit {
    /// Counts a request, or says how long the limit holds.
    fn pass(&mut self, now: Instant) -> Result<Allowance, Allowance> {
        while self.passed.front().is_some_and(|at| now.duration_since(*at) >= self.per) {
            self.passed.pop_front();
        }
        let open = self.passed.len() < self.requests;
        if open {
            self.passed.push_back(now);
        }
        let reset = self.passed.front().map_or(self.per, |at| self.per.saturating_sub(now.duration_since(*at)));
        let allowance = Allowance { limit: self.requests, remaining: self.requests - self.passed.len(), reset };
        if open { Ok(allowance) } else { Err(allowance) }
    }
}

/// The orders for one model, or for all.
#[derive(Debug, Default)]
struct Orders {
    queue: VecDeque<Behaviour>,
    always: Option<Behaviour>,
    limit: Option<Limit>,
    down_until: Option<Instant>,
}

/// All orders. What is for one model goes before what is for all.
#[derive(Debug, Default)]
pub struct Script {
    all: Orders,
    models: HashMap<String, Orders>,
    mix: Option<Mix>,
}

/// What the script says to a request.
#[derive(Debug, PartialEq)]
pub struct Decision {
    /// What is to happen.
    pub behaviour: Behaviour,
    /// What is left of the rate limit, where there is one.
    pub allowance: Option<Allowance>,
}

impl Script {
    /// Adds orders for a model, or for all.
    pub fn add(&mut self, model: Option<&str>, behaviours: impl IntoIterator<Item = Behaviour>, now: Instant) {
        let orders = match model {
            Some(model) => self.models.entry(model.to_owned()).or_default(),
            None => &mut self.all,
        };
        for behaviour in behaviours {
            match behaviour {
                Behaviour::RateLimit { requests, per_ms } => {
                    let per = Duration::from_millis(per_ms);
                    orders.limit = Some(Limit { requests, per, passed: VecDeque::new() });
                }
                Behaviour::Down { ms } => orders.down_until = Some(now + Duration::from_millis(ms)),
                Behaviour::Always(behaviour) => orders.always = Some(*behaviour),
                step => orders.queue.push_back(step),
            }
        }
    }

    /// Draws from a mixture whenever nothing else was ordered.
    pub fn mix(&mut self, mix: Mix) {
        self.mix = Some(mix);
    }

    /// Forgets all orders.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Steps that no request has taken yet.
    pub fn left(&self) -> usize {
        self.all.queue.len() + self.models.values().map(|orders| orders.queue.len()).sum::<usize>()
    }

    /// What becomes of a request that comes now.
    pub fn decide(&mut self, model: &str, now: Instant) -> Decision {
        let mut orders = self.models.get_mut(model).into_iter().chain([&mut self.all]).collect::<Vec<_>>();
        if orders.iter().any(|orders| orders.down_until.is_some_and(|until| now < until)) {
            return Decision { behaviour: Behaviour::Fails(Fault::Unavailable), allowance: None };
        }
        let mut allowance = None;
        for limit in orders.iter_mut().filter_map(|orders| orders.limit.as_mut()) {
            match limit.pass(now) {
                Ok(left) => allowance = allowance.or(Some(left)),
                Err(left) => {
                    let fault = Fault::RateLimited { retry_after_s: left.reset.as_secs() + 1 };
                    return Decision { behaviour: Behaviour::Fails(fault), allowance: Some(left) };
                }
            }
        }
        let step = orders.iter_mut().find_map(|orders| orders.queue.pop_front());
        let step = step.or_else(|| orders.iter().find_map(|orders| orders.always.clone()));
        let behaviour = step.or_else(|| self.mix.as_mut().map(Mix::draw)).unwrap_or(Behaviour::Ordinary);
        Decision { behaviour, allowance }
    }
}
