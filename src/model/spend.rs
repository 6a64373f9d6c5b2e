//! What a model's work is called and what it costs: tiers, features, tokens, prices. Pure rules; who calls whom is the
//! business of the floor `ai`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::money::Micros;

/// Tokens that a price is for.
const PER: u128 = 1_000_000;

/// How much a task asks of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Short and unambiguous: a small model does.
    Simple,
    /// Longer, or with something to weigh.
    Medium,
    /// Long or contradictory: the best model.
    Complex,
}

impl Tier {
    /// All of them, cheapest first.
    pub const ALL: [Self; 3] = [Self::Simple, Self::Medium, Self::Complex];

    /// The name in the configuration and the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Medium => "medium",
            Self::Complex => "complex",
        }
    }

    /// The next one up.
    pub fn above(self) -> Option<Self> {
        match self {
            Self::Simple => Some(Self::Medium),
            Self::Medium => Some(Self::Complex),
            Self::Complex => None,
        }
    }
}

/// What a model is used for; limits, switches and the bill go by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Proposes chips for a query that the rules did not wholly understand.
    Query,
    /// Writes a sentence or two about why somebody fits, from what the resume says.
    Evidence,
    /// Takes the requirements out of a position's description.
    Requirements,
    /// Reads a resume a second time.
    Resume,
    /// Writes the questions of an interview.
    Interview,
    /// Turns text to vectors.
    Embedding,
    /// Tries whether a provider answers.
    Test,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Query, Self::Evidence, Self::Requirements, Self::Resume, Self::Interview, Self::Embedding, Self::Test];

    /// The name in the database, the log and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Evidence => "evidence",
            Self::Requirements => "requirements",
            Self::Resume => "resume",
            Self::Interview => "interview",
            Self::Embedding => "embedding",
            Self::Test => "test",
        }
    }

    /// What leaves the machine for it, in words for whoever has to answer for that.
    pub fn sends(self) -> &'static str {
        match self {
            Self::Query => "the text of the query",
            Self::Evidence => "the query's requirements and passages of the resume",
            Self::Requirements => "the description of the position",
            Self::Resume => "the text of the resume",
            Self::Interview => "the position's requirements and passages of the resume",
            Self::Embedding => "the passages of every resume, and every query",
            Self::Test => "nothing but the word \"ready\"",
        }
    }
}

impl std::str::FromStr for Feature {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|feature| feature.as_str() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|feature| feature.as_str()).collect();
            format!("there is no feature `{text}`; there are {}", known.join(", "))
        })
    }
}

/// Tokens of one call, as the provider counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Usage {
    /// Tokens sent, those of a known beginning included.
    pub input: u32,
    /// Of these, tokens of a beginning that the provider still knew.
    pub cached: u32,
    /// Tokens answered.
    pub output: u32,
}

impl Usage {
    /// Both together, cached or not.
    pub fn total(self) -> u64 {
        u64::from(self.input) + u64::from(self.output)
    }
}

/// What a million tokens cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Price {
    /// Sent.
    pub input: Micros,
    /// Sent, and still known to the provider.
    pub cached: Micros,
    /// Answered.
    pub output: Micros,
    /// The day from which it holds.
    pub from: NaiveDate,
}

impl Price {
    /// What `usage` costs, rounded up to the micro-dollar, so that a sum of calls is never below what is billed.
    pub fn cost(&self, usage: Usage) -> Micros {
        let cached = usage.cached.min(usage.input);
        let parts = [(usage.input - cached, self.input), (cached, self.cached), (usage.output, self.output)];
        let sum: u128 =
            parts.iter().map(|(tokens, price)| u128::from(*tokens) * u128::from(price.0.unsigned_abs())).sum();
        Micros(i64::try_from(sum.div_ceil(PER)).unwrap_or(i64::MAX))
    }

    /// Whether it costs nothing.
    pub fn is_free(&self) -> bool {
        self.input.0 == 0 && self.output.0 == 0
    }

    /// The same for work that the provider may do within a day: `percent` of the price.
    pub fn at(&self, percent: i64) -> Self {
        let part = |price: Micros| Micros((price.0.saturating_mul(percent) + 99) / 100);
        Self { input: part(self.input), cached: part(self.cached), output: part(self.output), from: self.from }
    }
}

/// The most tokens that `text` can have: a token of a byte-level vocabulary stands for one byte at least.
pub fn most_tokens(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// About how many tokens `text` has, for an estimate that is shown: four characters a token, as `OpenAI` says of English
/// (<https://help.openai.com/en/articles/4936856>), three where it is not plain Latin.
pub fn likely_tokens(text: &str) -> u32 {
    let plain = text.bytes().filter(u8::is_ascii).count();
    let other = text.len() - plain;
    u32::try_from(plain.div_ceil(4) + other.div_ceil(3)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price(input: i64, cached: i64, output: i64) -> Price {
        Price { input: Micros(input), cached: Micros(cached), output: Micros(output), ..Price::default() }
    }

    #[test]
    fn a_call_costs_what_its_tokens_cost() {
        let price = price(1_250_000, 125_000, 10_000_000);
        let usage = Usage { input: 2_000, cached: 1_000, output: 100 };
        assert_eq!(price.cost(usage), Micros(1_250 + 125 + 1_000));
        assert_eq!(price.cost(Usage { input: 1, cached: 0, output: 0 }), Micros(2), "rounded up");
        assert_eq!(price.at(50).cost(usage), Micros(1_188));
        assert_eq!(price.cost(Usage::default()), Micros::ZERO);
    }

    #[test]
    fn a_feature_is_known_by_its_name() {
        for feature in Feature::ALL {
            assert_eq!(feature.as_str().parse(), Ok(feature));
        }
        assert!("resumes".parse::<Feature>().unwrap_err().contains("there are query, evidence"));
    }

    proptest! {
        #[test]
        fn what_is_reserved_for_the_most_tokens_covers_any_call(
            text in ".{0,200}", cached in 0_u32..500, output in 0_u32..500, input_price in 0_i64..100_000_000,
            output_price in 0_i64..100_000_000,
        ) {
            let price = price(input_price, input_price / 10, output_price);
            let most = Usage { input: most_tokens(&text), cached: 0, output: 500 };
            let real = Usage { input: likely_tokens(&text).min(most.input), cached, output };
            prop_assert!(price.cost(real) <= price.cost(most));
        }
    }
}
