//! Models that write and read: which, in what order, at what price, and how much may be spent.

use std::net::IpAddr;

use serde::Deserialize;

use super::Config;
use crate::model::money::Micros;
use crate::model::spend::Tier;

/// The embedding model in the process.
pub const LOCAL: &str = "local";

/// The providers there are.
pub const PROVIDERS: [&str; 3] = ["openai", "claude", "compatible"];

/// Which models do which work, and what they may cost.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ai {
    /// For plain work, as `provider/model`, in order.
    pub simple: Vec<String>,
    /// For longer work.
    pub medium: Vec<String>,
    /// For the hardest work.
    pub complex: Vec<String>,
    /// For vectors: [`LOCAL`] or one `provider/model`.
    pub embed: String,
    /// Dollars a month.
    pub month_usd: i64,
    /// Dollars a day.
    pub day_usd: i64,
    /// Percent of a limit at which somebody is warned.
    pub warn_percent: i64,
    /// Percent of the month's money that plain work should take.
    pub simple_percent: i64,
    /// The same for longer work.
    pub medium_percent: i64,
    /// The same for the hardest work.
    pub complex_percent: i64,
    /// Prices as `provider/model input cached output context`.
    pub prices: Vec<String>,
    /// A model that is compared with the usual one; empty for none.
    pub compare: String,
    /// For how many calls of a hundred.
    pub compare_percent: i64,
    /// Days that an answer is used again.
    pub cache_days: i64,
}

/// A provider of models.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its key; a secret.
    pub api_key: String,
    /// Its address.
    pub url: String,
    /// Requests a minute.
    pub requests_per_minute: u32,
    /// Tokens a minute.
    pub tokens_per_minute: u32,
    /// Seconds after which an answer is given up.
    pub timeout_s: u64,
}

impl Provider {
    /// Whether it is at this machine's own address, where nobody sends a bill.
    pub fn is_here(&self) -> bool {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let host = rest.split('/').next().unwrap_or_default();
        let host = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(host, _)| host);
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl Ai {
    /// The chain for chats of `tier`.
    pub fn chain(&self, tier: Tier) -> &[String] {
        match tier {
            Tier::Simple => &self.simple,
            Tier::Medium => &self.medium,
            Tier::Complex => &self.complex,
        }
    }

    /// The month's share of `tier`, in percent.
    pub fn share(&self, tier: Tier) -> i64 {
        match tier {
            Tier::Simple => self.simple_percent,
            Tier::Medium => self.medium_percent,
            Tier::Complex => self.complex_percent,
        }
    }

    /// What may be spent in a month.
    pub fn month(&self) -> Micros {
        Micros::dollars(self.month_usd)
    }

    /// What may be spent on a day.
    pub fn day(&self) -> Micros {
        Micros::dollars(self.day_usd)
    }
}

impl Config {
    /// The provider of that name, where it is set up.
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        match name {
            "openai" => Some(&self.openai).filter(|openai| !openai.api_key.is_empty()),
            "claude" => Some(&self.claude).filter(|claude| !claude.api_key.is_empty()),
            "compatible" => Some(&self.compatible).filter(|compatible| !compatible.url.is_empty()),
            _ => None,
        }
    }
}

/// `provider/model`, where the provider is one there is.
pub fn part(name: &str) -> Option<(&str, &str)> {
    name.split_once('/').filter(|(provider, model)| PROVIDERS.contains(provider) && !model.trim().is_empty())
}

/// Numbers in a vector of models that are known: the smaller of `OpenAI`'s two, to which the other is shortened.
const KNOWN_DIMENSIONS: [(&str, usize); 2] =
    [("openai/text-embedding-3-small", 1536), ("openai/text-embedding-3-large", 1536)];

/// An embedding model as it is configured, `provider/model` or `provider/model dimensions`, with its dimensions.
pub fn embedding(configured: &str) -> Option<(&str, usize)> {
    let (name, dimensions) = match configured.split_once(' ') {
        Some((name, dimensions)) => (name, dimensions.trim().parse().ok()?),
        None => *KNOWN_DIMENSIONS.iter().find(|(known, _)| *known == configured)?,
    };
    part(name)?;
    (1..=4_096).contains(&dimensions).then_some((name, dimensions))
}

/// A price as it is configured: provider and model, dollars for a million tokens sent, sent again and answered, and the
/// most tokens that fit.
///
/// # Errors
/// If a part is missing or wrong; the text says what is taken.
pub fn price(line: &str) -> Result<(&str, [Micros; 3], u32), String> {
    let wrong = || format!("takes \"provider/model input cached-input output context\", not \"{line}\"");
    let parts: Vec<&str> = line.split_whitespace().collect();
    let [name, input, cached, output, context] = parts[..] else { return Err(wrong()) };
    part(name).ok_or_else(wrong)?;
    let sum = |text: &str| Micros::parse(text).map_err(|_| wrong());
    Ok((name, [sum(input)?, sum(cached)?, sum(output)?], context.parse().map_err(|_| wrong())?))
}

/// The first key whose value cannot work, and what it takes instead.
pub(super) fn first_mistake(config: &Config) -> Option<(&'static str, String)> {
    let ai = &config.ai;
    let chains = [("ai.simple", &ai.simple), ("ai.medium", &ai.medium), ("ai.complex", &ai.complex)];
    for (key, name) in chains.iter().flat_map(|(key, chain)| chain.iter().map(move |name| (*key, name))) {
        if part(name).is_none() {
            return Some((
                key,
                format!("takes models as \"provider/model\" of {}, not \"{name}\"", PROVIDERS.join(", ")),
            ));
        }
    }
    let percents = [
        ("ai.warn_percent", ai.warn_percent),
        ("ai.simple_percent", ai.simple_percent),
        ("ai.medium_percent", ai.medium_percent),
        ("ai.complex_percent", ai.complex_percent),
        ("ai.compare_percent", ai.compare_percent),
    ];
    if let Some((key, _)) = percents.iter().find(|(_, percent)| !(0..=100).contains(percent)) {
        return Some((key, "takes 0 to 100".to_owned()));
    }
    let dollars = [("ai.month_usd", ai.month_usd), ("ai.day_usd", ai.day_usd)];
    if let Some((key, _)) = dollars.iter().find(|(_, dollars)| !(0..=1_000_000).contains(dollars)) {
        return Some((key, "takes whole dollars, 0 to 1000000".to_owned()));
    }
    if !(0..=3_650).contains(&ai.cache_days) {
        return Some(("ai.cache_days", "takes 0 to 3650".to_owned()));
    }
    let one = |name: &str| format!("takes \"provider/model\" of {}, not \"{name}\"", PROVIDERS.join(", "));
    if ai.embed != LOCAL && embedding(&ai.embed).is_none() {
        let takes = "takes \"local\", or \"provider/model\", with the numbers of a vector after it where the model is not OpenAI's";
        return Some(("ai.embed", takes.to_owned()));
    }
    if ai.embed != LOCAL && config.provider(ai.embed.split('/').next().unwrap_or_default()).is_none() {
        return Some((
            "ai.embed",
            "names a provider that is not set up; give it a key or an address, or take \"local\"".to_owned(),
        ));
    }
    if !ai.compare.is_empty() && part(&ai.compare).is_none() {
        return Some(("ai.compare", one(&ai.compare)));
    }
    if let Some(reason) = ai.prices.iter().find_map(|line| price(line).err()) {
        return Some(("ai.prices", reason));
    }
    providers(config)
}

fn providers(config: &Config) -> Option<(&'static str, String)> {
    let rules = [
        (&config.openai, ["openai.url", "openai.requests_per_minute", "openai.tokens_per_minute", "openai.timeout_s"]),
        (&config.claude, ["claude.url", "claude.requests_per_minute", "claude.tokens_per_minute", "claude.timeout_s"]),
        (
            &config.compatible,
            [
                "compatible.url",
                "compatible.requests_per_minute",
                "compatible.tokens_per_minute",
                "compatible.timeout_s",
            ],
        ),
    ];
    for (provider, [url, requests, tokens, timeout]) in rules {
        let is_url = provider.url.starts_with("https://") || provider.url.starts_with("http://");
        let is_none = provider.url.is_empty() && url == "compatible.url";
        if !is_url && !is_none {
            return Some((url, "takes an http or https URL".to_owned()));
        }
        if provider.url.starts_with("http://") && !provider.api_key.is_empty() && !provider.is_here() {
            return Some((url, "would send the key over http in the clear; take https".to_owned()));
        }
        let counts = [(requests, provider.requests_per_minute), (tokens, provider.tokens_per_minute)];
        if let Some((key, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Some((key, "takes 1 or more".to_owned()));
        }
        if !(1..=600).contains(&provider.timeout_s) {
            return Some((timeout, "takes 1 to 600".to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;

    fn mistake(change: impl Fn(&mut Config)) -> Option<(&'static str, String)> {
        let mut config = load(None).unwrap().config;
        change(&mut config);
        first_mistake(&config)
    }

    #[test]
    fn without_a_key_there_is_no_provider() {
        let mut config = load(None).unwrap().config;
        assert!(PROVIDERS.iter().all(|name| config.provider(name).is_none()));
        config.openai.api_key = "k".to_owned();
        config.compatible.url = "http://127.0.0.1:11434/v1".to_owned();
        assert!(config.provider("openai").is_some() && config.provider("compatible").is_some());
        assert!(config.compatible.is_here() && !config.openai.is_here());
    }

    #[test]
    fn a_model_is_named_with_its_provider() {
        let (key, takes) = mistake(|config| config.ai.simple = vec!["gpt-5".to_owned()]).unwrap();
        assert!(key == "ai.simple" && takes.contains("not \"gpt-5\""), "{takes}");
        assert!(mistake(|config| config.ai.medium = vec!["compatible/meta/llama:70b".to_owned()]).is_none());
        assert_eq!(mistake(|config| config.ai.embed = "minilm".to_owned()).unwrap().0, "ai.embed");
    }

    #[test]
    fn a_price_has_five_parts() {
        assert_eq!(price("openai/x 1.25 0.125 10 400000").unwrap().1[1], Micros(125_000));
        for wrong in ["", "openai/x 1 2 3", "x 1 1 1 1", "openai/x a 1 1 1", "openai/x 1 1 1 -5"] {
            assert!(price(wrong).unwrap_err().starts_with("takes \"provider/model"), "{wrong}");
        }
        assert_eq!(mistake(|config| config.ai.prices = vec!["x".to_owned()]).unwrap().0, "ai.prices");
    }

    #[test]
    fn a_key_is_not_sent_in_the_clear() {
        let with = |url: &str| {
            mistake(|config| {
                (config.compatible.url, config.compatible.api_key) = (url.to_owned(), "k".to_owned());
            })
        };
        assert_eq!(with("http://models.example.com/v1").unwrap().0, "compatible.url");
        assert!(with("http://[::1]:8000/v1").is_none() && with("https://models.example.com/v1").is_none());
    }
}
