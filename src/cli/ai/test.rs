//! `ai test`: a small question to every model that the configuration names.

use std::process::ExitCode;

use anyhow::Result;

use super::super::{output, session};
use crate::context::Context;
use crate::model::bill::{Trial, TrialState};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Who pays for it [default: the only workspace]
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(ctx: &Context, arguments: Arguments) -> Result<ExitCode> {
    let operator = session::operator(ctx, arguments.workspace.as_deref()).await?;
    let trials = ctx.ai.test(operator.member.workspace_id, None).await;
    if arguments.json {
        output::json(&trials)?;
    } else if trials.is_empty() {
        output::line(
            "no AI provider is set up, so nothing leaves this machine and nothing is paid; the rules do the work",
        )?;
        output::say(
            "to set one up: write its key into /etc/talentprompt/credentials/openai.api_key or claude.api_key (mode 0600), \
             or an address into `[compatible] url`, then: systemctl restart talentprompt",
        );
    } else {
        trials.iter().try_for_each(print)?;
    }
    let fails = trials.iter().any(|trial| trial.state == TrialState::Fails);
    Ok(if fails { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn print(trial: &Trial) -> Result<()> {
    let state = match trial.state {
        TrialState::Works => "ok",
        TrialState::Fails => "fails",
        TrialState::NotSetUp => "not set up",
    };
    let took = trial.latency_ms.map_or(String::new(), |latency| format!(" after {latency} ms, for {}", trial.cost));
    output::line(&format!("{state:<11} {:<32} {}{took}", trial.model, trial.said))?;
    match &trial.todo {
        Some(todo) => output::line(&format!("{:>11} {todo}", "→")),
        None => Ok(()),
    }
}
