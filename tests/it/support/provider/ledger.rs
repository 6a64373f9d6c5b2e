//! What the provider really charges: the truth that a client's own ledger is compared with.
//!
//! A request is charged when it is worked on, whether or not anybody is still there to hear the answer. One that is
//! refused costs nothing.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// The bytes that one token stands for: the rule of thumb for English. The same everywhere, so that sums can be checked.
pub const BYTES_PER_TOKEN: usize = 4;

/// A prefix shorter than this is never taken from the cache, tokens: the documented least of both providers.
const LEAST_CACHED: u64 = 1024;

/// OpenAI's cache counts in steps of so many tokens.
const CACHE_STEP: u64 = 128;

/// Prompts that are remembered for each model.
const REMEMBERED: usize = 64;

/// The tokens of a text: one for each four bytes begun.
pub fn tokens(text: &str) -> u64 {
    text.len().div_ceil(BYTES_PER_TOKEN) as u64
}

/// What a model's tokens cost, micro-dollars for a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Price {
    /// Tokens in.
    pub input: u64,
    /// Tokens in that came from the cache.
    pub cached: u64,
    /// Tokens in that were written to the cache (Anthropic).
    pub cache_write: u64,
    /// Tokens out.
    pub output: u64,
}

/// The tokens of one request, each counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Used {
    /// Tokens in, neither read from the cache nor written to it.
    pub input: u64,
    /// Tokens in from the cache.
    pub cached: u64,
    /// Tokens in that were written to the cache.
    pub cache_write: u64,
    /// Tokens out.
    pub output: u64,
}

impl Used {
    /// All tokens that went in.
    pub fn prompt(&self) -> u64 {
        self.input + self.cached + self.cache_write
    }

    /// The cost, micro-dollars, the begun one counted in full; half of it in a batch.
    pub fn cost(&self, price: Price, in_batch: bool) -> u64 {
        let sum = self.input * price.input
            + self.cached * price.cached
            + self.cache_write * price.cache_write
            + self.output * price.output;
        sum.div_ceil(if in_batch { 2_000_000 } else { 1_000_000 })
    }
}

/// One part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// `system`, `developer`, `user`, `assistant`.
    pub role: String,
    /// The text.
    pub text: String,
    /// The prompt up to here is to be kept in the cache (Anthropic's `cache_control`).
    pub cache_here: bool,
}

/// One request, as the provider saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The path, as in `/v1/chat/completions`.
    pub path: String,
    /// The model that was asked for.
    pub model: String,
    /// What was said to it.
    pub messages: Vec<Turn>,
    /// It came in a batch.
    pub in_batch: bool,
    /// The tokens.
    pub used: Used,
    /// What it cost, micro-dollars.
    pub charged: u64,
    /// The status that was sent; none while it is worked on, or when nothing was ever sent.
    pub status: Option<u16>,
}

/// The sum of all calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Bill {
    /// Requests that came.
    pub calls: u64,
    /// Requests that cost something.
    pub charged_calls: u64,
    /// Their tokens.
    pub used: Used,
    /// Their cost, micro-dollars.
    pub charged: u64,
}

/// The calls, and what the caches remember.
#[derive(Debug, Default)]
pub struct Ledger {
    calls: Vec<Call>,
    prompts: HashMap<String, Vec<String>>,
}

impl Ledger {
    /// Writes down a call; answers its number, by which its status is told later.
    pub fn write(&mut self, call: Call) -> usize {
        self.calls.push(call);
        self.calls.len() - 1
    }

    /// The call was answered with this status.
    pub fn answered(&mut self, call: usize, status: u16) {
        if let Some(call) = self.calls.get_mut(call) {
            call.status = Some(status);
        }
    }

    /// All calls, in the order in which they came.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The sum.
    pub fn bill(&self) -> Bill {
        let mut bill = Bill::default();
        for call in &self.calls {
            bill.calls += 1;
            bill.charged_calls += u64::from(call.charged > 0);
            bill.charged += call.charged;
            bill.used.input += call.used.input;
            bill.used.cached += call.used.cached;
            bill.used.cache_write += call.used.cache_write;
            bill.used.output += call.used.output;
        }
        bill
    }

    /// What of a prompt OpenAI's cache has: the longest beginning that a prompt before had too, in whole steps.
    pub fn cached_by_prefix(&mut self, model: &str, prompt: &str) -> u64 {
        let remembered = self.prompts.entry(model.to_owned()).or_default();
        let common = |before: &String| before.bytes().zip(prompt.bytes()).take_while(|(a, b)| a == b).count();
        let longest = remembered.iter().map(common).max().unwrap_or(0) / BYTES_PER_TOKEN;
        remember(remembered, prompt);
        let whole = longest as u64 / CACHE_STEP * CACHE_STEP;
        if whole >= LEAST_CACHED { whole } else { 0 }
    }

    /// What Anthropic's cache has and what it takes in, tokens: by the marks that the client set.
    pub fn cached_by_mark(&mut self, model: &str, turns: &[Turn]) -> (u64, u64) {
        let remembered = self.prompts.entry(model.to_owned()).or_default();
        let (mut prefix, mut read, mut marked) = (String::new(), 0, 0);
        for turn in turns {
            prefix.push_str(&turn.text);
            let size = tokens(&prefix);
            if !turn.cache_here || size < LEAST_CACHED {
                continue;
            }
            marked = size;
            if remembered.contains(&prefix) {
                read = size;
            } else {
                remember(remembered, &prefix);
            }
        }
        (read, marked - read)
    }
}

fn remember(remembered: &mut Vec<String>, prompt: &str) {
    if remembered.len() == REMEMBERED {
        remembered.remove(0);
    }
    remembered.push(prompt.to_owned());
}
