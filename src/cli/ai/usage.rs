//! `ai usage`: the bill of a month.

use std::process::ExitCode;

use anyhow::{Result, bail};
use chrono::{Datelike, Months, NaiveDate};
use serde_json::json;

use super::super::{output, session};
use crate::ai::ledger;
use crate::context::Context;
use crate::model::bill::{Bill, By, Part};
use crate::ops;
use crate::recruit::accounts::Actor;
use crate::store::ai::report;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Which month, such as 2026-10 [default: this one]
    #[arg(long, value_name = "YYYY-MM", value_parser = first_of)]
    month: Option<NaiveDate>,
    /// What the bill is divided by
    #[arg(long, value_enum, default_value = "feature")]
    by: Divided,
    /// The workspace [default: the only one]; says nothing to --by workspace, which shows all of them
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Print a file for a spreadsheet: a row for each day, tier, feature, model and member
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON: the whole bill, money in micro-dollars
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Divided {
    Day,
    Tier,
    Feature,
    Model,
    Member,
    Workspace,
}

impl Divided {
    fn by(self) -> By {
        match self {
            Self::Day => By::Day,
            Self::Tier => By::Tier,
            Self::Feature => By::Feature,
            Self::Model => By::Model,
            Self::Member | Self::Workspace => By::Member,
        }
    }
}

/// The first day of a month.
fn first_of(month: &str) -> Result<NaiveDate, String> {
    format!("{month}-01").parse().map_err(|_| format!("`{month}` is no month; write it as 2026-10"))
}

pub async fn run(ctx: &Context, arguments: Arguments) -> Result<ExitCode> {
    let today = ctx.now().date_naive();
    let from = arguments.month.unwrap_or_else(|| today.with_day(1).unwrap_or(today));
    if from > today {
        bail!("the month {} has not begun yet", from.format("%Y-%m"));
    }
    if arguments.by == Divided::Workspace {
        return workspaces(ctx, from, arguments.json).await;
    }
    let to = (from + Months::new(1)).pred_opt().unwrap_or(from).min(today);
    let operator = session::operator(ctx, arguments.workspace.as_deref()).await?;
    let workspace = operator.member.workspace_id;
    if arguments.csv {
        let parts = ops::ai::parts(ctx, workspace, By::Each, from, to).await?;
        output::line(ops::ai::csv(&parts).trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    let bill = ops::ai::bill(ctx, workspace, from, to).await?;
    if arguments.json {
        output::json(&bill)?;
        return Ok(ExitCode::SUCCESS);
    }
    head(ctx, &bill, &operator)?;
    table(&ops::ai::parts(ctx, workspace, arguments.by.by(), from, to).await?)?;
    Ok(ExitCode::SUCCESS)
}

/// What every workspace spent, which only the operator sees.
async fn workspaces(ctx: &Context, from: NaiveDate, json: bool) -> Result<ExitCode> {
    let period = ledger::month(from.and_time(chrono::NaiveTime::MIN).and_utc());
    let spent = report::by_workspace(&mut ctx.store.system().await?, &period).await?;
    if json {
        let row = |(id, name, cost): &_| json!({ "id": id, "name": name, "cost": cost });
        output::json(&spent.iter().map(row).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    for (_, name, cost) in &spent {
        output::line(&format!("{name:<40} {:>12}", cost.to_string()))?;
    }
    if spent.is_empty() {
        output::say("no workspace has spent anything in that month");
    }
    Ok(ExitCode::SUCCESS)
}

/// The lines above the table.
fn head(ctx: &Context, bill: &Bill, operator: &Actor) -> Result<()> {
    let (total, month) = (&bill.total, &bill.month);
    let lines = [
        format!("{}, {} to {}", operator.member.workspace_name, bill.from, bill.to),
        format!(
            "spent {} for {} questions, {} of them answered from the cache and {} together with another",
            total.cost, total.calls, total.cached, total.shared
        ),
        format!(
            "saved {}: {} by the cache, {} by batches, {} by known beginnings, {} by smaller models",
            total.saved(),
            total.saved_cache,
            total.saved_batch,
            total.saved_prefix,
            total.saved_tier
        ),
        format!("this month {} of {}", month.spent, month.limit),
    ];
    lines.iter().try_for_each(|line| output::line(line))?;
    if let Some(end) = month.projection {
        let days = end.days;
        output::line(&format!("by its end about {}, likely {} to {} (by {days} days)", end.likely, end.low, end.high))?;
    }
    if bill.stopped_at.is_some() {
        output::line("AI is stopped for this workspace; talentprompt ai resume lets models be asked again")?;
    }
    if bill.providers.iter().all(|provider| !provider.set_up) {
        output::say("no AI provider is set up; talentprompt ai test says how");
    }
    for resting in ctx.ai.resting() {
        output::say(&format!("{} is not asked for {} s, after failures", resting.0, resting.1.as_secs()));
    }
    Ok(())
}

fn table(parts: &[Part]) -> Result<()> {
    if parts.is_empty() {
        output::say("no model was asked in that time");
        return Ok(());
    }
    let row = |name: &str, cells: [String; 6]| {
        let [calls, cached, input, answered, cost, saved] = cells;
        output::line(&format!("{name:<32} {calls:>8} {cached:>8} {input:>11} {answered:>11} {cost:>12} {saved:>12}"))
    };
    row("", ["questions", "cached", "sent", "answered", "cost", "saved"].map(str::to_owned))?;
    for Part { key, name, sum } in parts {
        let named = [name, key].into_iter().find(|text| !text.is_empty()).map_or("(none)", String::as_str);
        let counts = [sum.calls, sum.cached + sum.shared, sum.input_tokens, sum.output_tokens].map(|n| n.to_string());
        let [calls, cached, input, answered] = counts;
        row(named, [calls, cached, input, answered, sum.cost.to_string(), sum.saved().to_string()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::first_of;

    #[test]
    fn a_month_is_written_with_its_year() {
        assert_eq!(first_of("2026-10").unwrap().to_string(), "2026-10-01");
        for wrong in ["2026", "10", "2026-13", "october"] {
            assert!(first_of(wrong).unwrap_err().contains("write it as 2026-10"), "{wrong}");
        }
    }
}
