//! `ai budget`: every limit and what is gone of it; setting one.

use std::process::ExitCode;

use anyhow::{Result, anyhow};

use super::super::{output, session};
use crate::context::Context;
use crate::model::bill::{Level, Limit};
use crate::model::money::Micros;
use crate::ops;
use crate::recruit::accounts::Actor;
use crate::recruit::ai::{self, NewLimit};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The workspace [default: the only one]
    #[arg(long, value_name = "NAME", global = true)]
    workspace: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Set a limit of the workspace, or take it away
    Set {
        /// workspace, feature:NAME (such as feature:query) or member:EMAIL
        subject: String,
        /// day or month, UTC
        period: String,
        /// Dollars such as 40 or 0.50; 0 for nothing, none for no limit
        amount: String,
    },
}

pub async fn run(ctx: &Context, arguments: Arguments) -> Result<ExitCode> {
    let operator = session::operator(ctx, arguments.workspace.as_deref()).await?;
    if let Some(Command::Set { subject, period, amount }) = arguments.command {
        set(ctx, &operator, &subject, period, &amount).await?;
        if !arguments.json {
            output::say("the limit is set");
        }
    }
    let limits = ops::ai::limits(ctx, operator.member.workspace_id).await?;
    if arguments.json {
        output::json(&limits)?;
        return Ok(ExitCode::SUCCESS);
    }
    let percent = ctx.config.get().ai.warn_percent;
    output::line(&format!("{:<32} {:<6} {:>12} {:>12} {:>12}", "", "per", "spent", "set aside", "limit"))?;
    // What has no limit and cost nothing would only be in the way.
    for limit in limits.iter().filter(|limit| limit.limit.is_some() || limit.spent + limit.reserved > Micros::ZERO) {
        print(limit, percent)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn set(ctx: &Context, operator: &Actor, subject: &str, period: String, amount: &str) -> Result<()> {
    let limit = if amount == "none" { None } else { Some(Micros::parse(amount).map_err(|reason| anyhow!(reason))?) };
    let subject = match subject.strip_prefix("member:") {
        Some(email) if email.contains('@') => format!("member:{}", session::member(ctx, email).await?.id),
        _ => subject.to_owned(),
    };
    ai::set_limits(ctx, operator, vec![NewLimit { subject, period, limit }]).await?;
    Ok(())
}

fn print(limit: &Limit, percent: i64) -> Result<()> {
    let what = match limit.subject.split_once(':') {
        Some(("member", _)) => &limit.name,
        _ => &limit.subject,
    };
    let most = limit.limit.map_or("none".to_owned(), |limit| limit.to_string());
    let note = match limit.level(percent) {
        Level::Fine => "",
        Level::Warning => "  nearly reached",
        Level::Spent => "  reached: only what costs nothing goes on",
    };
    let (spent, reserved) = (limit.spent.to_string(), limit.reserved.to_string());
    output::line(&format!("{what:<32} {:<6} {spent:>12} {reserved:>12} {most:>12}{note}", limit.period))
}
