//! `doctor`: looks at everything and says what to do.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::{output, session};
use crate::boot::{self, Need};
use crate::config::{self, Config};
use crate::context::Context;
use crate::gateways::systemd::{SystemBus, Units, process};
use crate::ops::doctor::{self, Finding, Level, Scene};
use crate::recruit::indexing;

/// The page about what goes wrong, for those who have a terminal alone.
const HANDBOOK: &str = "less /usr/share/doc/talentprompt/handbook/troubleshoot.md";

/// Check everything and say what to do about each finding
///
/// Exits with 0 only if nothing is wrong.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(file: Option<&Path>, arguments: Arguments) -> Result<ExitCode> {
    let config = session::quiet_configuration(file);
    let findings = findings(file, config.as_ref()).await;
    if arguments.json {
        output::json(&findings)?;
    } else {
        print(&findings)?;
    }
    let sound = findings.iter().all(|finding| finding.level == Level::Ok);
    if !sound && !arguments.json {
        let page = config.map(|config| format!("{}/help/operator/troubleshoot.html, or ", config.public_url()));
        output::say(&format!("more: {}{HANDBOOK}", page.unwrap_or_default()));
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What the doctor finds with a configuration, or with the mistake in it.
pub(super) async fn findings(file: Option<&Path>, config: Result<&Config, impl Display>) -> Vec<Finding> {
    let config = match config {
        Ok(config) => config,
        Err(error) => {
            let todo = "mend the file, then: talentprompt config check";
            return vec![Finding::error("configuration", format!("{error:#}"), "the appliance cannot start", todo)];
        }
    };
    let opened = boot::context(config.clone(), Need::NoIndex).await;
    let file = config::file(file);
    let scene = Scene {
        config,
        file: file.as_deref(),
        ctx: opened.as_ref().map_err(|error| format!("{error:#}")),
        units: process::booted().then_some(&SystemBus as &dyn Units),
    };
    let mut findings = doctor::run(&scene).await;
    if let Ok(ctx) = &opened {
        findings.extend(compared(ctx).await);
    }
    findings
}

/// The index against the database, where the index is a server's: the one in the process is filled at each start.
async fn compared(ctx: &Context) -> Option<Finding> {
    const NAME: &str = "index";
    ctx.vectors.standby()?;
    let todo = "talentprompt reindex";
    Some(match indexing::compare(ctx, ctx.vectors.as_ref()).await {
        Ok((kept, indexed)) if kept == indexed => Finding::ok(NAME, format!("has all {kept} passages")),
        Ok((kept, indexed)) => {
            let saw = format!("{kept} passages in Postgres, {indexed} in the index");
            Finding::warning(NAME, saw, "some people are not found, or found who are gone", todo)
        }
        Err(error) => Finding::warning(NAME, error.to_string(), "it could not be compared with the database", todo),
    })
}

fn print(findings: &[Finding]) -> Result<()> {
    for finding in findings {
        let level = finding.level.as_str();
        output::line(&format!("{level:<8} {:<22} {}", finding.check, finding.saw))?;
        if let Some(means) = finding.means {
            output::line(&format!("{:>31} {means}", ""))?;
        }
        if let Some(todo) = &finding.todo {
            output::line(&format!("{:>31} {todo}", "→"))?;
        }
    }
    let wrong = findings.iter().filter(|finding| finding.level != Level::Ok).count();
    output::say(&format!("{} checks, {wrong} with something to do", findings.len()));
    Ok(())
}
