//! The heart of it, the same for every protocol: a request is looked at, the script says what becomes of it, the model
//! answers, the ledger charges. How the answer is worded and sent is the protocol's business.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::answer::{Filler, injected};
use super::fault::{Fault, Protocol};
use super::ledger::{BYTES_PER_TOKEN, Call, Turn, Used, tokens};
use super::script::{Allowance, Behaviour, Rubbish};
use super::{Model, Shared};

/// What a request asks for, in whichever protocol it came.
#[derive(Debug)]
pub struct Asked {
    /// Whose words are spoken.
    pub protocol: Protocol,
    /// The path it came to.
    pub path: &'static str,
    /// The model.
    pub model: String,
    /// What is said to the model; a schema or tools come first, as a turn of their own, and count like the others.
    pub turns: Vec<Turn>,
    /// The schema that the answer must fit.
    pub schema: Option<Value>,
    /// The most tokens that may come out.
    pub most: Option<u64>,
    /// Vectors are wanted, not words.
    pub embeds: bool,
    /// It came in a batch.
    pub in_batch: bool,
}

/// What the model did.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It said this; `true` if there were more words than it was allowed.
    Says(String, bool),
    /// It declines, with these words.
    Refuses(String),
    /// The filter took its answer away.
    Filtered,
    /// Vectors are due, of this many dimensions fewer than asked for.
    Embeds(usize),
    /// An error: status, body, `Retry-After` in seconds.
    Fails(u16, Value, Option<u64>),
    /// The connection is closed without a word.
    Gone,
}

/// A request that was worked on.
#[derive(Debug)]
pub struct Work {
    /// Its number in the ledger.
    pub call: usize,
    /// The answer comes this much later.
    pub delay: Duration,
    /// What the model did.
    pub outcome: Outcome,
    /// The answer breaks off in the middle.
    pub cut: bool,
    /// The answer never comes.
    pub silent: bool,
    /// The tokens.
    pub used: Used,
    /// What is left of the rate limit.
    pub allowance: Option<Allowance>,
}

impl Work {
    fn fails(&mut self, fault: &Fault, protocol: Protocol) {
        let after = if let Fault::RateLimited { retry_after_s } = fault { Some(*retry_after_s) } else { None };
        self.outcome = Outcome::Fails(fault.status(protocol), fault.body(protocol), after);
    }
}

impl Shared {
    /// Works on a request and writes it down, charged in full unless it is refused.
    pub fn work(&self, asked: Asked) -> Work {
        let mut work = Work {
            call: 0,
            delay: Duration::ZERO,
            outcome: Outcome::Gone,
            cut: false,
            silent: false,
            used: Used::default(),
            allowance: None,
        };
        let model = self.settings.models.iter().find(|model| model.name == asked.model);
        match model.ok_or_else(|| Fault::UnknownModel(asked.model.clone())).and_then(|model| model.takes(&asked)) {
            Err(fault) => work.fails(&fault, asked.protocol),
            Ok(()) => {
                let decision = self.script().decide(&asked.model, Instant::now());
                work.allowance = decision.allowance;
                behave(&mut work, decision.behaviour, &asked);
            }
        }
        let mut ledger = self.ledger();
        // What a batch could not do before its time was over costs nothing.
        let is_refused = matches!(work.outcome, Outcome::Fails(..) | Outcome::Gone) || (asked.in_batch && work.silent);
        if !is_refused {
            let whole = asked.turns.iter().map(|turn| turn.text.as_str()).collect::<String>();
            let (cached, cache_write) = match asked.protocol {
                Protocol::OpenAi if asked.embeds => (0, 0),
                Protocol::OpenAi => (ledger.cached_by_prefix(&asked.model, &whole), 0),
                Protocol::Anthropic => ledger.cached_by_mark(&asked.model, &asked.turns),
            };
            let output = match &work.outcome {
                Outcome::Says(text, _) | Outcome::Refuses(text) => tokens(text).max(1),
                Outcome::Filtered => 1,
                _ => 0,
            };
            work.used = Used { input: asked.prompt_tokens() - cached - cache_write, cached, cache_write, output };
        }
        let charged = model.map_or(0, |model| work.used.cost(model.price, asked.in_batch));
        work.call = ledger.write(Call {
            path: asked.path.to_owned(),
            model: asked.model,
            messages: asked.turns,
            in_batch: asked.in_batch,
            used: work.used,
            charged,
            status: None,
        });
        work
    }
}

impl Asked {
    /// The tokens that go in. Each text to be embedded is counted by itself.
    fn prompt_tokens(&self) -> u64 {
        if self.embeds {
            return self.turns.iter().map(|turn| tokens(&turn.text)).sum();
        }
        self.turns.iter().map(|turn| turn.text.len()).sum::<usize>().div_ceil(BYTES_PER_TOKEN) as u64
    }

    /// What the user said.
    fn user_text(&self) -> String {
        let said = self.turns.iter().filter(|turn| turn.role == "user").map(|turn| turn.text.as_str());
        said.collect::<Vec<_>>().join("\n")
    }

    /// The answer of a model that does its work.
    fn ordinary(&self) -> String {
        let text = self.user_text();
        match &self.schema {
            Some(schema) => Filler::quoting(schema, &text).fill().to_string(),
            None => format!("You said: {}", text.chars().take(200).collect::<String>()),
        }
    }

    /// The answer of a model that obeys what it reads.
    fn obedient(&self) -> String {
        let Some(order) = injected(&self.user_text()) else { return self.ordinary() };
        match &self.schema {
            Some(schema) if !order.starts_with('{') => Filler::obeying(schema, order).fill().to_string(),
            _ => order,
        }
    }
}

impl Model {
    /// Whether the model can read so much, and does what is asked of it.
    fn takes(&self, asked: &Asked) -> Result<(), Fault> {
        if asked.embeds != (self.dimensions > 0) {
            let does = if self.dimensions > 0 { "makes embeddings only" } else { "makes no embeddings" };
            return Err(Fault::invalid("model", format!("The model `{}` {does}.", self.name)));
        }
        let all = asked.prompt_tokens() + asked.most.unwrap_or(0);
        let longest = asked.turns.iter().map(|turn| tokens(&turn.text)).max().unwrap_or(0);
        let size = if asked.embeds { longest } else { all };
        if size > self.context { Err(Fault::TooLong { most: self.context, asked: size }) } else { Ok(()) }
    }
}

/// Does what the script said.
fn behave(work: &mut Work, behaviour: Behaviour, asked: &Asked) {
    match behaviour {
        Behaviour::After { ms, then } => {
            work.delay += Duration::from_millis(ms);
            return behave(work, *then, asked);
        }
        Behaviour::Fails(fault) => return work.fails(&fault, asked.protocol),
        Behaviour::Status { code, body, retry_after_s } => {
            let body = if body.is_null() { Fault::of_status(code).body(asked.protocol) } else { body };
            work.outcome = Outcome::Fails(code, body, retry_after_s);
            return;
        }
        Behaviour::Reset => {
            work.outcome = Outcome::Gone;
            return;
        }
        Behaviour::Cut => work.cut = true,
        Behaviour::Silence => work.silent = true,
        _ => {}
    }
    work.outcome = if asked.embeds { embedded(&behaviour) } else { said(behaviour, asked) };
}

/// The vectors that a behaviour leads to.
fn embedded(behaviour: &Behaviour) -> Outcome {
    match behaviour {
        Behaviour::Rubbish(Rubbish::Empty) => Outcome::Embeds(usize::MAX),
        Behaviour::Rubbish(Rubbish::WrongSchema) => Outcome::Embeds(1),
        _ => Outcome::Embeds(0),
    }
}

/// The words that a behaviour leads to, as many as are allowed.
fn said(behaviour: Behaviour, asked: &Asked) -> Outcome {
    let text = match behaviour {
        Behaviour::Answer(value) => value.to_string(),
        Behaviour::Text(text) => text,
        Behaviour::Obey => asked.obedient(),
        Behaviour::Rubbish(Rubbish::Refusal) => {
            return Outcome::Refuses("I'm sorry, I can't help with that.".to_owned());
        }
        Behaviour::Rubbish(Rubbish::Filtered) => return Outcome::Filtered,
        Behaviour::Rubbish(Rubbish::Empty) => String::new(),
        Behaviour::Rubbish(Rubbish::WrongSchema) => json!({"unexpected": [1, "two", null]}).to_string(),
        Behaviour::Rubbish(Rubbish::InvalidJson) => {
            let whole = asked.ordinary();
            whole.chars().take(whole.chars().count() / 2).collect()
        }
        Behaviour::Rubbish(Rubbish::NotQuoted) => asked
            .schema
            .as_ref()
            .map_or_else(|| super::answer::NOWHERE.to_owned(), |schema| Filler::inventing(schema).fill().to_string()),
        _ => asked.ordinary(),
    };
    let Some(most) = asked.most.and_then(|most| usize::try_from(most).ok()) else { return Outcome::Says(text, false) };
    let end = text.floor_char_boundary(most.saturating_mul(BYTES_PER_TOKEN));
    Outcome::Says(text[..end].to_owned(), end < text.len())
}
