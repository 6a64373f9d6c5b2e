//! Answers that are used again: Redis at hand, Postgres behind it.

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Door;
use super::ask::Asked;
use crate::base::secret;
use crate::model::money::Micros;
use crate::model::spend::{Tier, Usage};
use crate::store::ai::answers::{self, Kept};

/// How long an answer is at hand: whoever is erased is gone from there as well, soon.
const AT_HAND: Duration = Duration::from_mins(10);

#[derive(Serialize, Deserialize)]
struct AtHand {
    model: String,
    answer: Value,
    usage: Usage,
    cost: Micros,
}

impl Door {
    /// An answer that was given before, by a model that would be asked today, and still holds.
    pub(super) async fn kept(&self, asked: &Asked) -> Option<Kept> {
        let config = self.0.providers.config();
        if config.ai.cache_days == 0 || asked.compared_with.is_some() {
            return None;
        }
        let tiers = Tier::ALL
            .into_iter()
            .filter(|tier| *tier >= asked.question.tier || tier.above() == Some(asked.question.tier));
        let models: Vec<String> = tiers.flat_map(|tier| config.ai.chain(tier).iter().cloned()).collect();
        let holds = |kept: &Kept| models.contains(&kept.model) && (asked.check)(&kept.answer).is_ok();
        let at_hand = self.0.cache.get(&name(asked)).await;
        if let Some(AtHand { model, answer, usage, cost }) =
            at_hand.and_then(|bytes| serde_json::from_slice(&bytes).ok())
        {
            return Some(Kept { model, answer, usage, cost }).filter(holds);
        }
        let found = async {
            let mut tx = self.0.store.workspace(asked.question.workspace).await?;
            let after = self.0.clock.now() - TimeDelta::days(config.ai.cache_days);
            answers::get(&mut tx, &asked.key, &models, after).await
        };
        let kept = found.await.ok().flatten().filter(holds)?;
        self.keep_at_hand(asked, &kept).await;
        Some(kept)
    }

    pub(super) async fn keep_at_hand(&self, asked: &Asked, kept: &Kept) {
        let Kept { model, answer, usage, cost } = kept.clone();
        if let Ok(bytes) = serde_json::to_vec(&AtHand { model, answer, usage, cost }) {
            self.0.cache.put(&name(asked), &bytes, AT_HAND).await;
        }
    }
}

fn name(asked: &Asked) -> String {
    format!("ai:{}:{}", asked.question.workspace, secret::hex(&asked.key))
}
