//! Two providers side by side: a share of the questions that were answered goes to a second model as well. What it says is
//! used for nothing but the comparison.

use super::Door;
use super::ask::{Asked, Tried};
use crate::base::random;
use crate::model::ids::CallId;

impl Door {
    /// Asks the model that is compared as well, for the configured share of questions, without making anybody wait.
    pub(super) fn compare(&self, asked: &Asked, with: CallId, by: &str) {
        let config = self.0.providers.config();
        let name = &config.ai.compare;
        let [byte] = random::bytes::<1>();
        if name.is_empty() || name == by || i64::from(byte) * 100 >= config.ai.compare_percent * 256 {
            return;
        }
        let Ok(target) = self.target(name) else { return };
        let (door, asked) = (self.clone(), Asked { compared_with: Some(with), ..asked.clone() });
        tokio::spawn(async move {
            let patience = target.reached.timeout();
            if let Tried::Skipped(reason) = door.attempt(&asked, &target, asked.question.tier, patience).await {
                tracing::debug!(%reason, model = target.name, "a comparison was not made");
            }
        });
    }
}
