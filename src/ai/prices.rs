//! What models cost: the table that is compiled in, and above it the configuration's own lines.

use std::sync::LazyLock;

use chrono::NaiveDate;

use crate::config::{Config, ai};
use crate::model::money::Micros;
use crate::model::spend::Price;

const TABLE: &str = include_str!("prices.tsv");

/// What a provider takes for work that it may do within a day, in percent of the price: half, with OpenAI
/// (<https://platform.openai.com/docs/guides/batch>).
pub const BATCH_PERCENT: i64 = 50;

/// Tokens that fit a model of which nothing is known.
const USUAL_CONTEXT: u32 = 8_192;

/// A model's price and how much it reads at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// What it costs.
    pub price: Price,
    /// The most tokens that fit, sent and answered together.
    pub context: u32,
}

struct Row {
    name: String,
    listed: Listed,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| row(line).expect("the table is tested")).collect()
});

fn row(line: &str) -> Option<Row> {
    let mut cells = line.split('\t');
    let (provider, model, from) = (cells.next()?, cells.next()?, cells.next()?);
    let mut sum = || Micros::parse(cells.next()?).ok();
    let price = Price { input: sum()?, cached: sum()?, output: sum()?, from: from.parse().ok()? };
    let context = cells.next()?.parse().ok()?;
    Some(Row { name: format!("{provider}/{model}"), listed: Listed { price, context } })
}

/// The price of `name` (`provider/model`) on `day`; none where nobody knows it. A model that runs on this machine is free
/// unless the configuration gives it a price.
pub fn listed(config: &Config, name: &str, day: NaiveDate) -> Option<Listed> {
    let own = config.ai.prices.iter().filter_map(|line| ai::price(line).ok()).find(|(own, ..)| *own == name);
    if let Some((_, [input, cached, output], context)) = own {
        return Some(Listed { price: Price { input, cached, output, from: day }, context });
    }
    let known = ROWS.iter().filter(|row| names(&row.name, name) && row.listed.price.from <= day);
    if let Some(row) = known.max_by_key(|row| row.listed.price.from) {
        return Some(row.listed);
    }
    let (provider, _) = ai::part(name)?;
    let here = provider == "compatible" && config.compatible.is_here();
    here.then(|| Listed { price: Price { from: day, ..Price::default() }, context: USUAL_CONTEXT })
}

/// Whether `name` is the listed model, or one of its dated releases: `gpt-5-2025-08-07` is `gpt-5`.
fn names(listed: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(listed) else { return false };
    rest.is_empty() || rest.strip_prefix('-').is_some_and(is_date)
}

fn is_date(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits == 8 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// Every model of `provider` whose price is known.
pub fn models(provider: &str) -> impl Iterator<Item = &'static str> {
    let begin = format!("{provider}/");
    ROWS.iter().filter_map(move |row| row.name.strip_prefix(&begin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_line_of_the_table_can_be_read_and_costs_something() {
        assert!(ROWS.len() > 10);
        for row in ROWS.iter() {
            let price = row.listed.price;
            assert!(ai::part(&row.name).is_some(), "{}", row.name);
            assert!(price.input > Micros::ZERO && price.cached <= price.input, "{}", row.name);
        }
    }

    #[test]
    fn every_model_of_the_default_configuration_has_a_price() {
        let config = load(None).unwrap().config;
        for name in [&config.ai.simple, &config.ai.medium, &config.ai.complex].into_iter().flatten() {
            assert!(listed(&config, name, day("2026-11-27")).is_some(), "{name}");
        }
    }

    #[test]
    fn a_price_holds_from_its_day_on_and_for_dated_releases() {
        let config = load(None).unwrap().config;
        assert!(listed(&config, "openai/gpt-5", day("2025-08-06")).is_none());
        let price = listed(&config, "openai/gpt-5-2025-08-07", day("2026-01-01")).unwrap().price;
        assert_eq!(price.input, Micros(1_250_000));
        assert!(listed(&config, "openai/gpt-5-pro", day("2026-01-01")).is_none());
    }

    #[test]
    fn the_configuration_goes_before_the_table_and_a_model_of_this_machine_is_free() {
        let mut config = load(None).unwrap().config;
        config.ai.prices = vec!["openai/gpt-5 1 0.5 2 1000".to_owned()];
        let own = listed(&config, "openai/gpt-5", day("2026-01-01")).unwrap();
        assert_eq!((own.price.output, own.context), (Micros::dollars(2), 1000));
        assert!(listed(&config, "compatible/llama", day("2026-01-01")).is_none());
        config.compatible.url = "http://localhost:11434/v1".to_owned();
        assert!(listed(&config, "compatible/llama", day("2026-01-01")).unwrap().price.is_free());
    }
}
