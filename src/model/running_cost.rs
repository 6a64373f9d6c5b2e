//! What the appliance costs in a month, all of it: the machine, a place for backups, mail, and the models; by number of
//! users, beside the budget it was planned with. What models cost is measured; the rest are list prices, each with its day
//! and source, for nobody sends an appliance the bill of its own machine.

use std::sync::LazyLock;

use serde::Serialize;

use super::money::Micros;

const TABLE: &str = include_str!("running_cost.tsv");

/// Dollars for a hundred euros: above the European Central Bank's reference rate of every day of 2024 and 2025, so that
/// a sum in dollars is rather too high.
const DOLLARS_FOR_100_EUROS: i64 = 120;

/// Messages that a user sends in a month. Assumed: ten on a workday.
const MESSAGES: i64 = 200;

/// The numbers of users that are shown.
const USERS: [i64; 6] = [5, 10, 25, 50, 100, 250];

/// The planned budget, "Option C": 350 to 500 dollars a month for everything, 100 to 150 of them for models.
pub const PLANNED: Planned = Planned {
    low: Micros::dollars(350),
    high: Micros::dollars(500),
    ai_low: Micros::dollars(100),
    ai_high: Micros::dollars(150),
};

/// A budget, a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Planned {
    /// At least.
    pub low: Micros,
    /// At most.
    pub high: Micros,
    /// Of these for models, at least.
    pub ai_low: Micros,
    /// Of these for models, at most.
    pub ai_high: Micros,
}

/// A list price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ListPrice {
    /// `server`, `storage` or `mail`.
    pub kind: String,
    /// What one gets for it.
    pub name: String,
    /// What it costs a month, or for its thousand, in micro-dollars.
    pub price: Micros,
    /// As it is listed: `3.99 EUR`.
    pub listed: String,
    /// The day on which it was seen.
    pub seen: String,
    /// Where.
    pub source: String,
    #[serde(skip)]
    users: i64,
}

/// What so many users cost in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ForUsers {
    /// How many.
    pub users: i64,
    /// The machine.
    pub server: Micros,
    /// A place for backups.
    pub storage: Micros,
    /// Mail.
    pub mail: Micros,
    /// Models; never above what may be spent.
    pub ai: Micros,
    /// All of it.
    pub total: Micros,
}

/// The whole cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RunningCost {
    /// What models cost a member who used them, in this month as it looks today: measured. None before there is a
    /// projection.
    pub ai_per_user: Option<Micros>,
    /// By number of users; models count as nothing where nothing is known of them.
    pub by_users: Vec<ForUsers>,
    /// What the rest is made of.
    pub prices: Vec<ListPrice>,
    /// The budget that was planned.
    pub planned: Planned,
}

static PRICES: LazyLock<Vec<ListPrice>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| row(line).expect("the table is tested")).collect()
});

fn row(line: &str) -> Option<ListPrice> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [kind, name, price, currency, seen, source, users] = cells[..] else { return None };
    let amount = Micros::parse(price).ok()?;
    let dollars = match currency {
        "USD" => amount,
        "EUR" => amount.percent(DOLLARS_FOR_100_EUROS),
        _ => return None,
    };
    let listed = format!("{price} {currency}");
    let [kind, name, seen, source] = [kind, name, seen, source].map(str::to_owned);
    Some(ListPrice { kind, name, price: dollars, listed, seen, source, users: users.parse().ok()? })
}

/// The whole cost, where models cost `ai_per_user` for a user who uses them and never more than `limit` together.
pub fn whole(ai_per_user: Option<Micros>, limit: Micros) -> RunningCost {
    let by_users = USERS.into_iter().map(|users| for_users(users, ai_per_user.unwrap_or_default(), limit)).collect();
    RunningCost { ai_per_user, by_users, prices: PRICES.clone(), planned: PLANNED }
}

fn for_users(users: i64, ai_per_user: Micros, limit: Micros) -> ForUsers {
    let of = |kind: &str| PRICES.iter().filter(|row| row.kind == kind).map(|row| row.price).sum::<Micros>();
    let servers = || PRICES.iter().filter(|row| row.kind == "server");
    let server = servers().find(|row| row.users >= users).or_else(|| servers().next_back()).map(|row| row.price);
    let (server, storage) = (server.unwrap_or_default(), of("storage"));
    let mail = Micros(of("mail").0 * users * MESSAGES / 1_000);
    let ai = Micros(ai_per_user.0.saturating_mul(users)).min(limit);
    ForUsers { users, server, storage, mail, ai, total: server + storage + mail + ai }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_price_has_a_day_and_a_source() {
        for row in PRICES.iter() {
            assert!(row.price > Micros::ZERO && row.source.starts_with("https://"), "{row:?}");
            assert!(row.seen.parse::<chrono::NaiveDate>().is_ok(), "{row:?}");
        }
        assert_eq!(PRICES.iter().filter(|row| row.kind == "server").count(), 3);
    }

    #[test]
    fn more_users_cost_more_until_the_limit() {
        let cost = whole(Some(Micros::dollars(2)), Micros::dollars(100));
        let of = |users| cost.by_users.iter().find(|row| row.users == users).unwrap();
        assert_eq!(of(5).ai, Micros::dollars(10));
        assert_eq!((of(50).ai, of(250).ai), (Micros::dollars(100), Micros::dollars(100)));
        assert!(of(250).server > of(50).server && of(50).server == of(5).server);
        assert_eq!(of(10).mail, Micros(200_000), "two thousand messages");
        for row in &cost.by_users {
            assert_eq!(row.total, row.server + row.storage + row.mail + row.ai);
        }
        assert!(of(50).total < PLANNED.low, "what was planned for is not used up");
    }

    #[test]
    fn what_nobody_has_measured_counts_as_nothing() {
        let cost = whole(None, Micros::dollars(100));
        assert!(cost.ai_per_user.is_none() && cost.by_users.iter().all(|row| row.ai == Micros::ZERO));
    }
}
