//! What work on many texts would cost and take, before anybody begins it: by the first model that would be asked, the
//! tokens that are likely, the provider's terms, and how long answers took lately.

use chrono::TimeDelta;

use super::ledger::{self, Payer};
use super::prices::BATCH_PERCENT;
use super::{Door, NoAnswer, Target};
use crate::model::ids::{MemberId, WorkspaceId};
use crate::model::money::Micros;
use crate::model::spend::{Feature, Price, Tier, Usage};
use crate::store::ai::{budget, calls, settings};

/// Characters of a token, as [`crate::model::spend::likely_tokens`] reckons plain text.
const CHARACTERS: u64 = 4;

/// Answers are waited for side by side, so many at a time: as many as one process asks in bulk work. Chosen.
const ABREAST: u64 = 4;

/// Calls from which what was measured goes before what is assumed.
const ENOUGH: i64 = 20;

/// Days that are looked back on.
const LATELY: i64 = 30;

/// Milliseconds that an answer takes where none was measured yet. Chosen.
const ASSUMED_MS: u64 = 4_000;

/// Texts to be worked on, one call each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bulk {
    /// How many.
    pub texts: u64,
    /// Their characters together.
    pub characters: u64,
    /// Tokens that every call begins with: what the model is to do, and the schema.
    pub instructions: u32,
    /// Tokens that an answer is likely to have where none was measured yet.
    pub answer: u32,
}

/// What it would cost and take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// The model that would be asked first.
    pub by: String,
    /// How many calls.
    pub calls: u64,
    /// Tokens, sent and answered, of one call on average.
    pub usage: Usage,
    /// Of all calls.
    pub cost: Micros,
    /// The same where the provider may take a day; none where it does no such work.
    pub batch_cost: Option<Micros>,
    /// Minutes, rounded up.
    pub minutes: u64,
    /// The limit that would stop it midway, and after how many calls.
    pub stop: Option<(u64, String)>,
}

/// How fast a model answers.
#[derive(Debug, Clone, Copy)]
struct Pace {
    requests_per_minute: u32,
    tokens_per_minute: u32,
    latency_ms: u64,
}

impl Bulk {
    /// Tokens of a text on average.
    pub fn each(&self) -> u32 {
        let each = self.characters.div_ceil(CHARACTERS).checked_div(self.texts).unwrap_or_default();
        u32::try_from(each).unwrap_or(u32::MAX)
    }
}

impl Door {
    /// What `bulk` would cost and take for `feature` in `tier`, or why no model would be asked for it.
    pub async fn estimate(
        &self,
        workspace: WorkspaceId,
        member: Option<MemberId>,
        feature: Feature,
        tier: Tier,
        bulk: Bulk,
    ) -> Result<Estimate, NoAnswer> {
        let config = self.0.providers.config();
        let now = self.0.clock.now();
        let target = self.first(tier)?;
        let mut tx = self.0.store.workspace(workspace).await?;
        let settings = settings::get(&mut tx).await?;
        if settings.stopped_at.is_some() {
            return Err(NoAnswer::Stopped);
        }
        if settings.features_off.iter().any(|off| off == feature.as_str()) {
            return Err(NoAnswer::FeatureOff(feature));
        }
        let since = now - TimeDelta::days(LATELY);
        let measured = calls::measured(&mut tx, feature, &target.provider, &target.model, since).await?;
        let payer = Payer { workspace, member, feature, tier: Some(tier) };
        let counters = ledger::counters(&config.ai, &settings::limits(&mut tx).await?, payer, now);
        let counted = budget::counted(&mut tx, &counters).await?;
        let left = counters.iter().zip(counted).filter_map(|(counter, counted)| {
            let left = counter.limit?.less(counted.spent + counted.reserved);
            Some((left, ledger::limit_name(counter)))
        });
        let left = left.min_by_key(|(left, _)| *left);

        let measured = measured.filter(|measured| measured.calls >= ENOUGH);
        let (requests_per_minute, tokens_per_minute) = target.reached.per_minute();
        let latency_ms = measured.map_or(ASSUMED_MS, |measured| measured.latency_ms);
        let pace = Pace { requests_per_minute, tokens_per_minute, latency_ms };
        let answer = measured.map_or(bulk.answer, |measured| measured.output_tokens);
        Ok(reckon(&target, Bulk { answer, ..bulk }, pace, left))
    }

    /// The first model of a tier's chain that could be asked.
    fn first(&self, tier: Tier) -> Result<Target, NoAnswer> {
        let config = self.0.providers.config();
        let mut why = NoAnswer::Off;
        for name in config.ai.chain(tier) {
            match self.target(name) {
                Ok(target) => return Ok(target),
                // A price that is missing says more than a provider that is not set up.
                Err(reason @ NoAnswer::NoPrice(_)) => why = reason,
                Err(_) => {}
            }
        }
        Err(why)
    }
}

fn reckon(target: &Target, bulk: Bulk, pace: Pace, left: Option<(Micros, String)>) -> Estimate {
    let batch = (target.provider == "openai").then(|| target.listed.price.at(BATCH_PERCENT));
    let sums = Sums::of(&target.listed.price, bulk, pace);
    let stop = left.and_then(|(left, limit)| Some((sums.stops_after(left)?, limit)));
    Estimate {
        by: target.name.clone(),
        calls: bulk.texts,
        usage: sums.usage,
        cost: sums.cost,
        batch_cost: batch.map(|price| Sums::of(&price, bulk, pace).cost),
        minutes: sums.minutes,
        stop,
    }
}

/// The sums behind an estimate.
struct Sums {
    usage: Usage,
    each: Micros,
    calls: u64,
    cost: Micros,
    minutes: u64,
}

impl Sums {
    fn of(price: &Price, bulk: Bulk, pace: Pace) -> Self {
        let calls = bulk.texts;
        let input = bulk.each().saturating_add(bulk.instructions);
        let usage = Usage { input, cached: 0, output: bulk.answer };
        let each = price.cost(usage);
        let times = i64::try_from(calls).unwrap_or(i64::MAX);
        let tokens = usage.total().saturating_mul(calls);
        let by_requests = calls.div_ceil(u64::from(pace.requests_per_minute.max(1)));
        let by_tokens = tokens.div_ceil(u64::from(pace.tokens_per_minute.max(1)));
        let by_waiting = calls.saturating_mul(pace.latency_ms).div_ceil(ABREAST * 60_000);
        let minutes = by_requests.max(by_tokens).max(by_waiting);
        Self { usage, each, calls, cost: Micros(each.0.saturating_mul(times)), minutes }
    }

    /// After how many calls nothing is left of `left`; none where it is enough for all.
    fn stops_after(&self, left: Micros) -> Option<u64> {
        if self.cost <= left || self.each <= Micros::ZERO {
            return None;
        }
        u64::try_from(left.0 / self.each.0).ok().filter(|after| *after < self.calls)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 0.25 and 2 dollars for a million tokens.
    fn price() -> Price {
        Price { input: Micros(250_000), cached: Micros(25_000), output: Micros(2_000_000), ..Price::default() }
    }

    const PACE: Pace = Pace { requests_per_minute: 500, tokens_per_minute: 200_000, latency_ms: 2_000 };

    fn bulk(texts: u64) -> Bulk {
        Bulk { texts, characters: texts * 4_000, instructions: 500, answer: 600 }
    }

    #[test]
    fn a_bulk_costs_what_its_calls_cost_and_takes_as_long_as_the_tightest_term() {
        let sums = Sums::of(&price(), bulk(1_240), PACE);
        assert_eq!((sums.usage.input, sums.each), (1_500, Micros(375 + 1_200)));
        assert_eq!(sums.cost, Micros(1_240 * 1_575));
        assert_eq!(sums.minutes, 14, "2,604,000 tokens at 200,000 a minute");
        let slow = Pace { latency_ms: 30_000, ..PACE };
        assert_eq!(Sums::of(&price(), bulk(1_240), slow).minutes, 155);
        let free = Sums::of(&Price::default(), bulk(0), PACE);
        assert_eq!((free.cost, free.minutes, free.stops_after(Micros::ZERO)), (Micros::ZERO, 0, None));
    }

    #[test]
    fn a_limit_that_is_too_small_stops_it_midway() {
        let sums = Sums::of(&price(), bulk(1_240), PACE);
        assert_eq!(sums.stops_after(Micros::dollars(2)), None);
        assert_eq!(sums.stops_after(Micros::dollars(1)), Some(634));
        assert_eq!(sums.stops_after(Micros::ZERO), Some(0));
    }

    proptest! {
        #[test]
        fn more_texts_never_cost_or_take_less(few in 0_u64..5_000, more in 0_u64..5_000) {
            let (a, b) = (Sums::of(&price(), bulk(few), PACE), Sums::of(&price(), bulk(few + more), PACE));
            prop_assert!(a.cost <= b.cost && a.minutes <= b.minutes);
        }
    }
}
