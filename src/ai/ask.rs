//! The way of a question: an answer that is there already, one that is under way, or the chain of models, tier by tier.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::ledger::End;
use super::targets::Target;
use super::verdict::{guess, judge, log, millis, note, wait};
use super::{Check, Door, NoAnswer, Question};
use crate::base::{random, secret};
use crate::gateways::llm::{Billed, Chat, Error};
use crate::model::ids::CallId;
use crate::model::money::Micros;
use crate::model::spend::{Tier, Usage};
use crate::store::ai::answers::{Kept, Key};
use crate::store::ai::calls::{Call, Saved};
use crate::store::ai::settings::Settings;

/// The most of the patience that a provider's own wish to wait may take.
const WAIT_SHARE: u32 = 3;

/// The least time in which an answer can be hoped for: with less a model would be paid for nothing.
const LEAST: Duration = Duration::from_millis(500);

/// A question with what its answer is held to.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) question: Question,
    pub(super) schema: Value,
    pub(super) check: Check,
    /// What it is asked for, whoever is asked.
    pub(super) key: Key,
    pub(super) compared_with: Option<CallId>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub(super) answer: Value,
    pub(super) call: CallId,
    pub(super) by: String,
    pub(super) cached: bool,
    pub(super) cost: Micros,
    pub(super) usage: Usage,
}

/// What came of asking one model.
pub(super) enum Tried {
    /// An answer that can be used.
    Answered(Raw),
    /// It was not asked, or did not answer.
    Skipped(NoAnswer),
    /// Nobody may be asked.
    Over(NoAnswer),
}

impl Asked {
    pub(super) fn new(question: Question, schema: Value, check: Check) -> Self {
        let words: Vec<&str> = question.user.split_whitespace().collect();
        let parts = [question.prompt.label(), schema.to_string(), words.join(" ")];
        let key = secret::sha256(parts.join("\0").as_bytes());
        Self { question, schema, check, key, compared_with: None }
    }

    pub(super) fn texts(&self) -> [&str; 2] {
        [&self.question.prompt.system, &self.question.user]
    }

    /// The question as a provider takes it.
    pub(super) fn chat(&self, target: &Target, tier: Tier, timeout: Duration) -> Chat {
        let prompt = self.question.prompt;
        Chat {
            model: target.model.clone(),
            system: prompt.system.clone(),
            user: self.question.user.clone(),
            schema: (prompt.name.to_owned(), self.schema.clone()),
            max_output: prompt.max_output,
            tier,
            timeout,
        }
    }

    /// The log's entry of a call that has not ended.
    pub(super) fn call(&self, door: &Door, id: CallId, target: (&str, &str), tier: Tier) -> Call {
        let question = &self.question;
        Call {
            id,
            member: question.member,
            at: door.0.clock.now(),
            feature: question.prompt.feature,
            tier: Some(tier),
            reason: question.reason.clone(),
            prompt: question.prompt.label(),
            provider: target.0.to_owned(),
            model: target.1.to_owned(),
            outcome: String::new(),
            input_hash: self.key.to_vec(),
            usage: Usage::default(),
            cost: Micros::ZERO,
            price_from: None,
            saved: Saved::default(),
            latency_ms: 0,
            compared_with: self.compared_with,
            contents: None,
        }
    }
}

impl Door {
    pub(super) fn id(&self) -> CallId {
        CallId::new(self.0.clock.now(), random::bytes())
    }

    /// Answers from what is there, what is under way, or a model.
    pub(super) async fn raw(&self, asked: Asked) -> Result<Raw, NoAnswer> {
        let started = Instant::now();
        if let Some(kept) = self.kept(&asked).await {
            return Ok(self.again(&asked, kept, "cached", started));
        }
        let flight = [asked.question.workspace.0.as_bytes().as_slice(), &asked.key].concat();
        let (door, own) = (self.clone(), asked.clone());
        let (outcome, shared) = self.0.flights.join(flight, || async move { door.chain(own).await }).await;
        let broken = || Err(NoAnswer::Away("the call broke down".to_owned()));
        if shared && matches!(outcome, Some(Err(NoAnswer::Spent(_)))) {
            // Perhaps a limit of whoever asked first, which is not this one's.
            let (door, own) = (self.clone(), asked.clone());
            return tokio::spawn(async move { door.chain(own).await }).await.unwrap_or_else(|_| broken());
        }
        let raw = outcome.unwrap_or_else(broken)?;
        if !shared {
            return Ok(raw);
        }
        let kept = Kept { model: raw.by, answer: raw.answer, usage: raw.usage, cost: raw.cost };
        Ok(self.again(&asked, kept, "shared", started))
    }

    /// An answer once more, which costs nothing; noted with what that saves, without making anybody wait.
    fn again(&self, asked: &Asked, kept: Kept, outcome: &str, started: Instant) -> Raw {
        let id = self.id();
        let target = kept.model.split_once('/').unwrap_or((&kept.model, ""));
        let mut call = asked.call(self, id, target, asked.question.tier);
        outcome.clone_into(&mut call.outcome);
        call.usage = kept.usage;
        call.saved = Saved { cache: kept.cost, tier: self.top_cost(kept.usage).less(kept.cost), ..Saved::default() };
        call.latency_ms = millis(started);
        let (door, workspace) = (self.clone(), asked.question.workspace);
        tokio::spawn(async move { door.0.ledger.settle(workspace, call.into()).await });
        Raw { answer: kept.answer, call: id, by: kept.model, cached: true, cost: Micros::ZERO, usage: kept.usage }
    }

    /// The chain of the tier, then, only where what was answered could not be used, that of the tier above.
    async fn chain(&self, mut asked: Asked) -> Result<Raw, NoAnswer> {
        let deadline = Instant::now() + asked.question.patience;
        let (mut tier, reason) = self.begin(asked.question.tier, asked.question.reason.clone()).await;
        asked.question.reason = reason;
        let mut why = NoAnswer::Off;
        loop {
            let config = self.0.providers.config();
            let targets = config.ai.chain(tier).iter().map(|name| self.target(name));
            let targets: Vec<Target> =
                targets.filter_map(|target| target.map_err(|reason| note(&mut why, reason)).ok()).collect();
            for (place, target) in targets.iter().enumerate() {
                let left = deadline.saturating_duration_since(Instant::now());
                // While others could answer as well, half of the time is kept for them.
                let patience = if place + 1 < targets.len() { left / 2 } else { left };
                match self.attempt(&asked, target, tier, patience).await {
                    Tried::Answered(raw) => {
                        self.compare(&asked, raw.call, &raw.by);
                        return Ok(raw);
                    }
                    Tried::Skipped(reason) => note(&mut why, reason),
                    Tried::Over(reason) => return Err(reason),
                }
            }
            let NoAnswer::Unusable(problem) = &why else { return Err(why) };
            let Some(above) = tier.above() else { return Err(why) };
            asked.question.reason =
                format!("{}; {} gave nothing usable: {problem}", asked.question.reason, tier.as_str());
            tier = above;
        }
    }

    /// Asks one model, a second time where it only wants to be asked later.
    pub(super) async fn attempt(&self, asked: &Asked, target: &Target, tier: Tier, patience: Duration) -> Tried {
        let max_output = asked.question.prompt.max_output;
        if !target.fits(&asked.texts(), max_output) {
            return Tried::Skipped(NoAnswer::TooLong);
        }
        let until = Instant::now() + patience;
        for last in [false, true] {
            if !target.reached.admits(&target.model) {
                return Tried::Skipped(NoAnswer::Away(format!("{} is resting after failures", target.name)));
            }
            let most = target.most(&asked.texts(), max_output);
            let left = until.saturating_duration_since(Instant::now());
            if !target.reached.turn(most.input / 4 + max_output, left).await {
                return Tried::Skipped(NoAnswer::Away(format!("{} is at what its terms allow", target.name)));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left < LEAST {
                return Tried::Skipped(NoAnswer::Away(format!("no time is left to ask {}", target.name)));
            }
            let wait = match self.call(asked, target, tier, left).await {
                Ok(tried) => return tried,
                Err((wait, tried)) if last || wait > left / WAIT_SHARE => return tried,
                Err((wait, _)) => wait,
            };
            // Not all at the same moment again.
            let [byte] = random::bytes::<1>();
            tokio::time::sleep(wait + wait.mul_f64(f64::from(byte) / 1024.0)).await;
        }
        unreachable!("the last attempt returns")
    }

    /// One call, and what is learnt of the model from it. An error comes with how long to wait where asking once more may
    /// help.
    async fn call(
        &self,
        asked: &Asked,
        target: &Target,
        tier: Tier,
        left: Duration,
    ) -> Result<Tried, (Duration, Tried)> {
        Ok(match self.exchange(asked, target, tier, left).await {
            Err(tried) => tried,
            Ok((call, Ok(answer))) => Tried::Answered(self.answered(asked, target, call, answer).await),
            Ok((call, Err(error))) => {
                let retry = wait(&error);
                let tried = self.failed(asked, target, call, error).await;
                if let Some(wait) = retry {
                    return Err((wait, tried));
                }
                tried
            }
        })
    }

    /// A question and what came back, the worst it can cost set aside before. What it did cost is to be written by
    /// [`Self::answered`] or [`Self::failed`]. An error where nothing was asked.
    pub(super) async fn exchange(
        &self,
        asked: &Asked,
        target: &Target,
        tier: Tier,
        left: Duration,
    ) -> Result<(Call, Result<Value, Error>), Tried> {
        let started = Instant::now();
        let prompt = asked.question.prompt;
        let most = target.most(&asked.texts(), prompt.max_output);
        let mut call = asked.call(self, self.id(), (&target.provider, &target.model), tier);
        call.price_from = Some(target.listed.price.from);
        let settings = self.reserve(asked, &call, target.cost(most)).await?;
        let chat = asked.chat(target, tier, left.min(target.reached.timeout()));
        let outcome = target.reached.client().chat(&chat).await;
        call.latency_ms = millis(started);
        let judged = outcome.and_then(|reply| {
            judge(&reply, &asked.check).map_err(|error| (error, reply.usage.or_else(|| Some(guess(most, &reply)))))
        });
        let usage = match &judged {
            Ok((_, reply)) => reply.usage.unwrap_or_else(|| guess(most, reply)),
            Err((error, None)) if error.billed() == Billed::Perhaps => most,
            Err((_, usage)) => usage.unwrap_or_default(),
        };
        self.count(target, &mut call, usage);
        if settings.contents_until.is_some_and(|until| until > self.0.clock.now()) {
            let answer = judged.as_ref().ok().map(|(value, _)| value);
            call.contents = Some(json!({ "system": chat.system, "user": chat.user, "answer": answer }));
        }
        Ok((call, judged.map(|(value, _)| value).map_err(|(error, _)| error)))
    }

    async fn reserve(&self, asked: &Asked, call: &Call, worst: Micros) -> Result<Settings, Tried> {
        let config = self.0.providers.config();
        let reserved = self.0.ledger.reserve(&config.ai, asked.question.workspace, call, worst).await;
        reserved.map_err(|why| match why {
            NoAnswer::Spent(_) => Tried::Skipped(why),
            _ => Tried::Over(why),
        })
    }

    /// What it cost and what was saved.
    fn count(&self, target: &Target, call: &mut Call, usage: Usage) {
        call.usage = usage;
        call.cost = target.cost(usage);
        let unknown_beginning = target.cost(Usage { cached: 0, ..usage });
        call.saved = Saved {
            prefix: unknown_beginning.less(call.cost),
            tier: self.top_cost(usage).less(unknown_beginning),
            ..Saved::default()
        };
    }

    pub(super) async fn answered(&self, asked: &Asked, target: &Target, mut call: Call, answer: Value) -> Raw {
        target.reached.succeeded(&target.model);
        "answered".clone_into(&mut call.outcome);
        log(&call);
        let kept = Kept { model: target.name.clone(), answer, usage: call.usage, cost: call.cost };
        let keep = self.0.providers.config().ai.cache_days > 0 && asked.compared_with.is_none();
        let (id, answer) = (call.id, keep.then_some((&asked.key, &kept)));
        let end = End { call, answer, about: asked.question.about };
        if self.0.ledger.settle(asked.question.workspace, end).await {
            self.keep_at_hand(asked, &kept).await;
        }
        let Kept { model: by, answer, usage, cost } = kept;
        Raw { answer, call: id, by, cached: false, cost, usage }
    }

    pub(super) async fn failed(&self, asked: &Asked, target: &Target, mut call: Call, error: Error) -> Tried {
        error.name().clone_into(&mut call.outcome);
        log(&call);
        let end = End { call, answer: None, about: asked.question.about };
        self.0.ledger.settle(asked.question.workspace, end).await;
        let reason = match error {
            Error::TooLong(_) => return Tried::Skipped(NoAnswer::TooLong),
            // The question's own doing, not the model's state.
            Error::Refused | Error::CutOff(_) => {
                target.reached.succeeded(&target.model);
                return Tried::Skipped(NoAnswer::Unusable(format!("{}: {error}", target.name)));
            }
            Error::Empty | Error::Garbled(_) => NoAnswer::Unusable(format!("{}: {error}", target.name)),
            _ => NoAnswer::Away(format!("{}: {error}", target.name)),
        };
        let lasting = matches!(error, Error::Key(_) | Error::Model(_) | Error::Quota(_));
        let pause = match error {
            Error::TooOften(pause) | Error::Failed(_, pause) => pause,
            _ => None,
        };
        if target.reached.failed(&target.model, lasting, pause) {
            tracing::warn!(model = target.name, %error, "a model is not asked for a while");
        }
        Tried::Skipped(reason)
    }
}
