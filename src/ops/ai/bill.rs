//! Composes the bill: the log's sums, the month and its end, the two models side by side, and what the rest costs.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};

use super::limits;
use crate::ai::test::named;
use crate::config::{Config, PROVIDERS};
use crate::context::Context;
use crate::model::bill::{self, Bill, By, Level, Limit, Month, Part, ProviderState, Resting, Share, Sum};
use crate::model::comparison::{Comparison, Pair};
use crate::model::ids::WorkspaceId;
use crate::model::interval;
use crate::model::money::Micros;
use crate::model::projection::{self, Projection, WINDOW_DAYS};
use crate::model::running_cost;
use crate::model::spend::Tier;
use crate::store::ai::{report, settings};
use crate::store::{self, Tx, members};

/// The bill of `workspace` for the days from `from` to `to`.
pub async fn bill(ctx: &Context, workspace: WorkspaceId, from: NaiveDate, to: NaiveDate) -> store::Result<Bill> {
    let config = ctx.config.get();
    let (begin, end) = span(from, to);
    let limits = limits(ctx, workspace).await?;
    let names = names(ctx, workspace).await?;
    let mut tx = ctx.store.workspace(workspace).await?;
    let total = report::sums(&mut tx, By::Whole, begin, end).await?;
    let by_day = report::sums(&mut tx, By::DayTier, begin, end).await?;
    let mut by = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for (parts, by) in by.iter_mut().zip([By::Tier, By::Feature, By::Model, By::Member]) {
        *parts = named_parts(report::sums(&mut tx, by, begin, end).await?, &names);
    }
    let [tiers, features, models, members] = by;
    let projection = month_end(ctx, &mut tx).await?;
    let month = month(&config, &limits, projection);
    let users = users_of_month(ctx, &mut tx).await?;
    let per_user = projection.filter(|_| users > 0).map(|projection| Micros(projection.likely.0 / users));
    let comparison = comparison(&config, &mut tx, begin, end).await?;
    let stopped_at = settings::get(&mut tx).await?.stopped_at;
    Ok(Bill {
        from,
        to,
        total: total.into_iter().next().map(|(_, sum)| sum).unwrap_or_default(),
        days: bill::days(from, to, &by_day),
        tiers,
        shares: Tier::ALL.map(|tier| Share { tier, aim: config.ai.share(tier) }).to_vec(),
        features,
        models,
        members,
        running_cost: running_cost::whole(per_user, month.limit),
        month,
        comparison,
        providers: providers(&config),
        resting: ctx.ai.resting().into_iter().map(resting).collect(),
        stopped_at,
    })
}

/// The bill of `workspace` for some days, divided by one thing; a member's key comes with their name.
pub async fn parts(
    ctx: &Context,
    workspace: WorkspaceId,
    by: By,
    from: NaiveDate,
    to: NaiveDate,
) -> store::Result<Vec<Part>> {
    let (begin, end) = span(from, to);
    let names = names(ctx, workspace).await?;
    let mut tx = ctx.store.workspace(workspace).await?;
    Ok(named_parts(report::sums(&mut tx, by, begin, end).await?, &names))
}

/// From the begin of the one day to the end of the other, UTC.
fn span(from: NaiveDate, to: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let end = to.checked_add_days(Days::new(1)).unwrap_or(to);
    (from.and_time(NaiveTime::MIN).and_utc(), end.and_time(NaiveTime::MIN).and_utc())
}

/// Members' names by their ids.
async fn names(ctx: &Context, workspace: WorkspaceId) -> store::Result<HashMap<String, String>> {
    let everyone = members::list(&mut ctx.store.system().await?, workspace).await?;
    Ok(everyone.into_iter().map(|member| (member.id.to_string(), member.name)).collect())
}

fn named_parts(sums: Vec<(String, Sum)>, names: &HashMap<String, String>) -> Vec<Part> {
    // The last of several things is the member.
    let id = |key: &str| key.rsplit('\t').next().unwrap_or_default().to_owned();
    let part = |(key, sum): (String, Sum)| Part { name: names.get(&id(&key)).cloned().unwrap_or_default(), key, sum };
    sums.into_iter().map(part).collect()
}

/// The month's end as it looks now.
async fn month_end(ctx: &Context, tx: &mut Tx) -> store::Result<Option<Projection>> {
    let today = ctx.now().date_naive();
    let Some(first) = report::first_day(tx).await? else { return Ok(None) };
    let begin = (today - Days::new(WINDOW_DAYS)).min(today.with_day(1).unwrap_or(today));
    let (begin, end) = span(begin, today);
    let spent: HashMap<String, Micros> =
        report::sums(tx, By::Day, begin, end).await?.into_iter().map(|(day, sum)| (day, sum.cost)).collect();
    Ok(projection::month_end(today, first, |day| spent.get(&day.to_string()).copied().unwrap_or_default()))
}

/// How many members asked a model in the month of now.
async fn users_of_month(ctx: &Context, tx: &mut Tx) -> store::Result<i64> {
    let today = ctx.now().date_naive();
    let (begin, end) = span(today.with_day(1).unwrap_or(today), today);
    let members = report::sums(tx, By::Member, begin, end).await?;
    let users = members.iter().filter(|(member, sum)| !member.is_empty() && sum.cost > Micros::ZERO).count();
    Ok(i64::try_from(users).unwrap_or(i64::MAX))
}

/// The month of the workspace. It is at its end when any limit that all its calls fall under is.
fn month(config: &Config, limits: &[Limit], projection: Option<Projection>) -> Month {
    let of_all = || limits.iter().filter(|limit| matches!(limit.subject.as_str(), "appliance" | "workspace"));
    let own = of_all().find(|limit| limit.subject == "workspace" && limit.period == "month");
    let levels = || of_all().map(|limit| limit.level(config.ai.warn_percent));
    let level = [Level::Spent, Level::Warning].into_iter().find(|level| levels().any(|found| found == *level));
    Month {
        spent: own.map(|limit| limit.spent).unwrap_or_default(),
        limit: own.and_then(|limit| limit.limit).unwrap_or(config.ai.month()).min(config.ai.month()),
        level: level.unwrap_or(Level::Fine),
        projection,
    }
}

async fn comparison(
    config: &Config,
    tx: &mut Tx,
    begin: DateTime<Utc>,
    end: DateTime<Utc>,
) -> store::Result<Comparison> {
    let pairs = report::pairs(tx, begin, end).await?;
    let sides = if pairs.is_empty() { Vec::new() } else { report::sides(tx, begin, end).await? };
    let involved = |model: &str| pairs.iter().any(|pair| pair.usual == model || pair.other == model);
    let sides = sides.into_iter().filter(|side| involved(&side.model)).map(Into::into).collect();
    let pair = |paired: &report::Paired| Pair {
        usual: paired.usual.clone(),
        other: paired.other.clone(),
        questions: paired.latency.count,
        latency_ms: interval::mean(paired.latency),
        cost: interval::mean(paired.cost),
    };
    let (model, percent) = (config.ai.compare.clone(), config.ai.compare_percent);
    Ok(Comparison { model, percent, sides, pairs: pairs.iter().map(pair).collect() })
}

fn providers(config: &Config) -> Vec<ProviderState> {
    let state = |name: &str| {
        let (set_up, models) = (config.provider(name).is_some(), named(config, name));
        ProviderState { name: name.to_owned(), set_up, models }
    };
    PROVIDERS.into_iter().map(state).collect()
}

fn resting((model, rest): (String, std::time::Duration)) -> Resting {
    Resting { model, seconds: rest.as_secs() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;

    fn limit(subject: &str, period: &str, limit: Option<i64>, spent: i64) -> Limit {
        let (subject, period) = (subject.to_owned(), period.to_owned());
        let (limit, spent) = (limit.map(Micros::dollars), Micros::dollars(spent));
        Limit { subject, name: String::new(), period, limit, spent, reserved: Micros::ZERO, fixed: false }
    }

    #[test]
    fn the_month_is_as_far_as_the_nearest_of_its_limits() {
        let config = load(None).unwrap().config;
        let of = |own: Option<i64>, day_spent| {
            let limits = [
                limit("appliance", "month", Some(100), 50),
                limit("appliance", "day", Some(20), day_spent),
                limit("workspace", "month", own, 9),
                limit("feature:query", "month", Some(1), 1),
            ];
            let month = month(&config, &limits, None);
            (month.limit, month.level)
        };
        assert_eq!(of(None, 0), (Micros::dollars(100), Level::Fine), "one feature at its end is not the workspace");
        assert_eq!(of(Some(10), 0), (Micros::dollars(10), Level::Warning));
        assert_eq!(of(Some(500), 20), (Micros::dollars(100), Level::Spent), "the appliance's is in force as well");
    }

    #[test]
    fn a_span_has_its_last_day() {
        let (begin, end) = span("2026-11-01".parse().unwrap(), "2026-11-30".parse().unwrap());
        assert_eq!((begin.to_rfc3339(), end.to_rfc3339().as_str()), (begin.to_rfc3339(), "2026-12-01T00:00:00+00:00"));
    }
}
