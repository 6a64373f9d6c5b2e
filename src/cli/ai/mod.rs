//! `ai`: what models cost, what may be spent, and whether they answer, from the machine itself.

mod budget;
mod test;
mod usage;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::{output, session};
use crate::boot::Need;
use crate::recruit::ai;

/// What models cost, what may be spent, and whether they answer
///
/// A workspace's own limits lie below those of the configuration (`[ai] month_usd`, `day_usd`), which hold for the whole
/// appliance. Where there are several workspaces, --workspace says which.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show what models cost in a month, with what was saved and the month's end as it looks today
    ///
    /// Examples: `talentprompt ai usage`, `talentprompt ai usage --by model --month 2026-10`,
    /// `talentprompt ai usage --csv > october.csv`.
    Usage(usage::Arguments),
    /// Show what may be spent and what was, or set a limit
    ///
    /// Examples: `talentprompt ai budget`, `talentprompt ai budget set workspace month 40`,
    /// `talentprompt ai budget set feature:query day 0.50`, `talentprompt ai budget set member:ana@example.com month none`.
    Budget(budget::Arguments),
    /// Stop all models for a workspace at once; everything goes on by the rules alone
    Stop {
        /// The workspace [default: the only one]
        #[arg(long, value_name = "NAME")]
        workspace: Option<String>,
    },
    /// Let models be asked again
    Resume {
        /// The workspace [default: the only one]
        #[arg(long, value_name = "NAME")]
        workspace: Option<String>,
    },
    /// Ask every model that the configuration names for one word, and say what is wrong and what to do
    ///
    /// It costs what so small a question costs. Exits with 1 if one of them fails; a provider that is not set up is passed
    /// over.
    Test(test::Arguments),
}

/// Runs the command.
pub async fn run(file: Option<&Path>, command: Command) -> Result<ExitCode> {
    let ctx = session::context(file, Need::NoIndex).await?;
    match command {
        Command::Usage(arguments) => usage::run(&ctx, arguments).await,
        Command::Budget(arguments) => budget::run(&ctx, arguments).await,
        Command::Stop { workspace } => {
            let operator = session::operator(&ctx, workspace.as_deref()).await?;
            ai::stop(&ctx, &operator).await?;
            output::say(
                "no model is asked for this workspace any more; talentprompt ai resume lets them be asked again",
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Resume { workspace } => {
            let operator = session::operator(&ctx, workspace.as_deref()).await?;
            ai::resume(&ctx, &operator).await?;
            output::say("models may be asked again");
            Ok(ExitCode::SUCCESS)
        }
        Command::Test(arguments) => test::run(&ctx, arguments).await,
    }
}
