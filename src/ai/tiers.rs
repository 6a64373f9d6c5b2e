//! Which tier: measurable rules, and the months' shares.

use super::Door;
use super::ledger::{self, month, tier_key};
use crate::model::money::Micros;
use crate::model::spend::{Tier, likely_tokens};
use crate::store::ai::budget::{self, Counter};

/// Tokens from which a text is long. Chosen, not measured: a query or a short advertisement is below it.
const LONG: u32 = 1_500;

/// Tokens from which it is very long: a whole resume or a description with everything about the employer.
const VERY_LONG: u32 = 6_000;

/// Things that the rules left open from which a task is more than plain.
const SEVERAL_OPEN: usize = 3;

/// The tier of a task with `text`, of which the rules left `open` things open, and why.
pub fn tier_of(text: &str, open: usize) -> (Tier, String) {
    tier_by(likely_tokens(text), open)
}

/// The same for a text of about `tokens`.
pub fn tier_by(tokens: u32, open: usize) -> (Tier, String) {
    let tier = match (tokens, open) {
        (VERY_LONG.., _) => Tier::Complex,
        (LONG.., _) | (_, SEVERAL_OPEN..) => Tier::Medium,
        _ => Tier::Simple,
    };
    (tier, format!("about {tokens} tokens, {open} left open by the rules"))
}

impl Door {
    /// The tier to begin with: one below where this one has taken its share of the month's money already. The share is
    /// what to aim at, not a limit: an answer that cannot be used still goes up.
    pub(super) async fn begin(&self, tier: Tier, reason: String) -> (Tier, String) {
        let below = match tier {
            Tier::Simple => return (tier, reason),
            Tier::Medium => Tier::Simple,
            Tier::Complex => Tier::Medium,
        };
        let config = self.0.providers.config();
        let share = config.ai.month().percent(config.ai.share(tier));
        let counter = Counter { key: tier_key(tier), period: month(self.0.clock.now()), limit: None };
        let counted = async {
            let mut tx = self.0.store.system().await?;
            budget::counted(&mut tx, &[counter]).await
        };
        match counted.await {
            Ok(counted) if share > Micros::ZERO && counted[0].spent >= share => {
                let name = tier.as_str();
                (below, format!("{reason}; {name} has taken its share of the month"))
            }
            _ => (tier, reason),
        }
    }

    /// What was spent in the month of now by the whole appliance, and what may be.
    pub async fn month(&self) -> crate::store::Result<(Micros, Micros)> {
        let config = self.0.providers.config();
        let period = month(self.0.clock.now());
        let counter = Counter { key: ledger::APPLIANCE.to_owned(), period, limit: None };
        let mut tx = self.0.store.system().await?;
        let counted = budget::counted(&mut tx, &[counter]).await?;
        Ok((counted[0].spent, config.ai.month()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tier_goes_by_length_and_by_what_is_left_open() {
        assert_eq!(tier_of("senior java developer", 1).0, Tier::Simple);
        assert_eq!(tier_of("senior java developer", 3).0, Tier::Medium);
        assert_eq!(tier_of(&"word ".repeat(1_300), 0).0, Tier::Medium);
        let (tier, reason) = tier_of(&"word ".repeat(5_000), 2);
        assert_eq!((tier, reason.as_str()), (Tier::Complex, "about 6250 tokens, 2 left open by the rules"));
    }
}
