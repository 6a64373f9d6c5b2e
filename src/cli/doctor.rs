//! `doctor`: looks at everything and says what to do.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::{output, session};
use crate::boot::Need;
use crate::ops::doctor::{self, Level};

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
    let ctx = session::context(file, Need::NoIndex).await?;
    let findings = doctor::run(&ctx).await;
    if arguments.json {
        output::json(&findings)?;
    } else {
        for finding in &findings {
            let level = format!("{:?}", finding.level).to_lowercase();
            output::line(&format!("{level:<8} {:<10} {}", finding.check, finding.saw))?;
            if let Some(todo) = &finding.todo {
                output::line(&format!("{:>19} {todo}", "→"))?;
            }
        }
    }
    let sound = findings.iter().all(|finding| finding.level == Level::Ok);
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
