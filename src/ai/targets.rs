//! A model that may be asked: its provider, its price, what fits, and the worst that a question can cost.

use std::sync::Arc;

use super::prices::{self, Listed};
use super::providers::Reached;
use super::{Door, NoAnswer};
use crate::config::ai;
use crate::model::money::Micros;
use crate::model::spend::{Usage, likely_tokens, most_tokens};

/// Tokens that a provider adds to what is sent: roles, marks, the schema's own frame.
const FRAME: u32 = 200;

/// A model that may be asked.
#[derive(Clone)]
pub struct Target {
    /// `provider/model`.
    pub name: String,
    /// What it costs and what fits.
    pub listed: Listed,
    pub(super) model: String,
    pub(super) provider: String,
    pub(super) reached: Arc<Reached>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("name", &self.name).field("listed", &self.listed).finish_non_exhaustive()
    }
}

impl Target {
    /// The most tokens that `texts` and an answer of `max_output` can take; more than fit are refused by the provider.
    pub(super) fn most(&self, texts: &[&str], max_output: u32) -> Usage {
        let sent = texts.iter().fold(FRAME, |sum, text| sum.saturating_add(most_tokens(text)));
        Usage { input: sent.min(self.listed.context), cached: 0, output: max_output }
    }

    /// Whether `texts` and an answer of `max_output` are likely to fit.
    pub(super) fn fits(&self, texts: &[&str], max_output: u32) -> bool {
        let sent: u32 = texts.iter().map(|text| likely_tokens(text)).sum();
        sent.saturating_add(FRAME).saturating_add(max_output) <= self.listed.context
    }

    /// What `usage` costs.
    pub fn cost(&self, usage: Usage) -> Micros {
        self.listed.price.cost(usage)
    }
}

impl Door {
    /// The model of that name, if its provider is set up and its price known.
    pub fn target(&self, name: &str) -> Result<Target, NoAnswer> {
        let (provider, model) = ai::part(name).ok_or(NoAnswer::Off)?;
        let reached = self.0.providers.get(provider).ok_or(NoAnswer::Off)?;
        let day = self.0.clock.now().date_naive();
        let listed = prices::listed(&self.0.providers.config(), name, day);
        let listed = listed.ok_or_else(|| NoAnswer::NoPrice(name.to_owned()))?;
        let (name, model, provider) = (name.to_owned(), model.to_owned(), provider.to_owned());
        Ok(Target { name, listed, model, provider, reached })
    }

    /// What `usage` would cost with the best model of the configuration: what savings are measured against.
    pub(super) fn top_cost(&self, usage: Usage) -> Micros {
        let (config, day) = (self.0.providers.config(), self.0.clock.now().date_naive());
        let listed = config.ai.complex.iter().find_map(|name| prices::listed(&config, name, day));
        listed.map_or(Micros::ZERO, |listed| listed.price.cost(Usage { cached: 0, ..usage }))
    }
}
