//! The bill: what models were asked for, what they cost and what was saved, as the page, the command line and the file for
//! a spreadsheet show it. Shapes and pure sums; the numbers come from the log of calls.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::comparison::Comparison;
use super::ids::{CallId, MemberId};
use super::money::Micros;
use super::projection::Projection;
use super::running_cost::RunningCost;
use super::spend::{Feature, Tier, Usage};

/// What a bill is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The day, UTC: `2026-11-27`.
    Day,
    /// The day and the tier: `2026-11-27 simple`.
    DayTier,
    /// The tier; empty for embeddings.
    Tier,
    /// The feature.
    Feature,
    /// `provider/model`.
    Model,
    /// The member's id; empty where nobody asked.
    Member,
    /// All of these together, with tabs between: day, tier, feature, model, member.
    Each,
    /// Nothing: one sum with an empty key.
    Whole,
}

impl By {
    /// The name on the command line and in a query.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::DayTier => "day_tier",
            Self::Tier => "tier",
            Self::Feature => "feature",
            Self::Model => "model",
            Self::Member => "member",
            Self::Each => "each",
            Self::Whole => "whole",
        }
    }
}

/// A sum of calls. Money in micro-dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Sum {
    /// Questions, however they were answered.
    pub calls: i64,
    /// Answered by what was said before.
    pub cached: i64,
    /// Answered together with another question that was under way.
    pub shared: i64,
    /// Asked of a model that gave nothing usable.
    pub failed: i64,
    /// Tokens that were paid for as sent.
    pub input_tokens: i64,
    /// Of these, tokens of a beginning that the provider still knew.
    pub cached_tokens: i64,
    /// Tokens that were paid for as answered.
    pub output_tokens: i64,
    /// What it cost.
    pub cost: Micros,
    /// Saved by answers that were there already, or under way.
    pub saved_cache: Micros,
    /// Saved by letting the provider take its time.
    pub saved_batch: Micros,
    /// Saved by beginnings that the provider still knew.
    pub saved_prefix: Micros,
    /// Saved by smaller models than the top one.
    pub saved_tier: Micros,
}

impl Sum {
    /// Everything that was saved.
    pub fn saved(&self) -> Micros {
        self.saved_cache + self.saved_batch + self.saved_prefix + self.saved_tier
    }
}

/// A part of the bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Part {
    /// Which: a tier's, feature's or model's name, a member's id, a day.
    pub key: String,
    /// For people: a member's name.
    pub name: String,
    /// The sum.
    #[serde(flatten)]
    pub sum: Sum,
}

/// What a day cost by tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Day {
    /// Which, UTC.
    pub day: NaiveDate,
    /// Everything.
    pub cost: Micros,
    /// Of this, plain work.
    pub simple: Micros,
    /// Longer work.
    pub medium: Micros,
    /// The hardest work.
    pub complex: Micros,
    /// The rest: embeddings.
    pub other: Micros,
    /// Questions.
    pub calls: i64,
}

/// The days from `from` to `to`, those without a call too, from sums by [`By::DayTier`].
pub fn days(from: NaiveDate, to: NaiveDate, sums: &[(String, Sum)]) -> Vec<Day> {
    let zero = Micros::ZERO;
    let day = |day: NaiveDate| {
        let mut whole = Day { day, cost: zero, simple: zero, medium: zero, complex: zero, other: zero, calls: 0 };
        let begin = day.to_string();
        for (key, sum) in sums.iter().filter(|(key, _)| key.starts_with(&begin)) {
            whole.cost += sum.cost;
            whole.calls += sum.calls;
            match key[begin.len()..].trim_start() {
                "simple" => whole.simple += sum.cost,
                "medium" => whole.medium += sum.cost,
                "complex" => whole.complex += sum.cost,
                _ => whole.other += sum.cost,
            }
        }
        whole
    };
    from.iter_days().take_while(|at| *at <= to).map(day).collect()
}

/// A limit, and how much of it is gone. In micro-dollars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Limit {
    /// Whose or what for: `appliance`, `workspace`, `feature:query`, `member:…`.
    pub subject: String,
    /// For people: a member's name.
    pub name: String,
    /// `day` or `month`.
    pub period: String,
    /// How much; none where it is only counted.
    pub limit: Option<Micros>,
    /// Spent in the day or month that is now.
    pub spent: Micros,
    /// Set aside for calls under way.
    pub reserved: Micros,
    /// Whether it is the configuration's, which the page does not change.
    pub fixed: bool,
}

/// How far a limit is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// There is room.
    Fine,
    /// Somebody should know.
    Warning,
    /// Only what costs nothing goes on.
    Spent,
}

impl Limit {
    /// How far it is used up, where a warning is due at `percent`.
    pub fn level(&self, percent: i64) -> Level {
        match self.limit {
            Some(limit) if self.spent + self.reserved >= limit => Level::Spent,
            Some(limit) if self.spent + self.reserved >= limit.percent(percent) => Level::Warning,
            _ => Level::Fine,
        }
    }
}

/// The part of the month's money that a tier should take, and what it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Share {
    /// Which tier.
    pub tier: Tier,
    /// What to aim at, in percent.
    pub aim: i64,
}

/// A provider, and whether it is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ProviderState {
    /// `openai`, `claude` or `compatible`.
    pub name: String,
    /// Whether it has what it needs: a key, or for `compatible` an address.
    pub set_up: bool,
    /// The models of it that the configuration names.
    pub models: Vec<String>,
}

/// A model that is not asked for a moment because it failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Resting {
    /// `provider/model`.
    pub model: String,
    /// For how many seconds still.
    pub seconds: u64,
}

/// The month that is now, for the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Month {
    /// Spent so far.
    pub spent: Micros,
    /// What the workspace may spend in it: its own limit, or the appliance's where it has none or a higher one.
    pub limit: Micros,
    /// How far that is used up.
    pub level: Level,
    /// The month's end as it looks today; none in the first days.
    pub projection: Option<Projection>,
}

/// The bill of a workspace for some days.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Bill {
    /// The first day, UTC.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Everything.
    pub total: Sum,
    /// Day by day, those without a call too.
    pub days: Vec<Day>,
    /// By tier.
    pub tiers: Vec<Part>,
    /// What each tier should take of the month's money.
    pub shares: Vec<Share>,
    /// By feature.
    pub features: Vec<Part>,
    /// By model.
    pub models: Vec<Part>,
    /// By member.
    pub members: Vec<Part>,
    /// The month that is now.
    pub month: Month,
    /// Two providers side by side.
    pub comparison: Comparison,
    /// Who may be asked.
    pub providers: Vec<ProviderState>,
    /// Who is not asked for a moment.
    pub resting: Vec<Resting>,
    /// Since when nothing is asked of any model.
    pub stopped_at: Option<DateTime<Utc>>,
    /// What all of it costs, by number of users.
    pub running_cost: RunningCost,
}

/// What trying a model says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrialState {
    /// It answers.
    Works,
    /// It does not.
    Fails,
    /// Its provider is not set up, so it is passed over.
    NotSetUp,
}

/// A model that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Trial {
    /// `provider/model`, or the provider alone.
    pub model: String,
    /// What it says.
    pub state: TrialState,
    /// In one word: `ok`, `no_key`, `wrong_key`, `unknown_model`, `out_of_quota`, `unreachable` and the like.
    pub code: String,
    /// In words.
    pub said: String,
    /// What to do, where something should be done.
    pub todo: Option<String>,
    /// How long the answer took, in milliseconds, where there was one.
    pub latency_ms: Option<i32>,
    /// What it cost, in micro-dollars.
    pub cost: Micros,
}

/// One call, without what was said in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CallRow {
    /// Its id.
    pub id: CallId,
    /// When it began.
    pub at: DateTime<Utc>,
    /// Who asked for it, where it was a member.
    pub member_id: Option<MemberId>,
    /// That member's name.
    pub member: Option<String>,
    /// What for.
    pub feature: Feature,
    /// The tier; none for embeddings.
    pub tier: Option<Tier>,
    /// Why this tier.
    pub reason: String,
    /// The prompt's name and version, such as `query@1`.
    pub prompt: String,
    /// Who answered, as `provider/model`.
    pub model: String,
    /// What came of it: `answered`, `cached`, `shared`, or why there was no answer.
    pub outcome: String,
    /// SHA-256 of what was asked, as hexadecimal digits.
    pub input_hash: String,
    /// Tokens.
    pub usage: Usage,
    /// What it cost, in micro-dollars.
    pub cost: Micros,
    /// What was saved, in micro-dollars.
    pub saved: Micros,
    /// How long it took, in milliseconds.
    pub latency_ms: i32,
    /// Whether somebody took what it proposed.
    pub accepted: Option<bool>,
    /// The call that this one is compared with.
    pub compared_with: Option<CallId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_a_call_are_days_too() {
        let sum = |cost| Sum { calls: 1, cost: Micros(cost), ..Sum::default() };
        let sums = [
            ("2026-11-02 simple".to_owned(), sum(5)),
            ("2026-11-02 complex".to_owned(), sum(7)),
            ("2026-11-02 ".to_owned(), sum(1)),
        ];
        let all = days("2026-11-01".parse().unwrap(), "2026-11-03".parse().unwrap(), &sums);
        assert_eq!(all.len(), 3);
        assert_eq!((all[0].calls, all[2].cost), (0, Micros::ZERO));
        let middle = &all[1];
        assert_eq!(
            (middle.cost, middle.simple, middle.complex, middle.other),
            (Micros(13), Micros(5), Micros(7), Micros(1))
        );
    }

    #[test]
    fn a_limit_warns_before_it_is_spent() {
        let limit = |spent, reserved| Limit {
            subject: "workspace".to_owned(),
            name: String::new(),
            period: "day".to_owned(),
            limit: Some(Micros(100)),
            spent: Micros(spent),
            reserved: Micros(reserved),
            fixed: false,
        };
        assert_eq!(limit(79, 0).level(80), Level::Fine);
        assert_eq!(limit(79, 1).level(80), Level::Warning, "what is set aside counts");
        assert_eq!(limit(100, 0).level(80), Level::Spent);
        assert_eq!(Limit { limit: None, ..limit(100, 0) }.level(80), Level::Fine);
    }
}
