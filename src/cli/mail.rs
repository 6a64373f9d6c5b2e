//! `mail`: a test, what became of mails, and addresses that nothing is sent to.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;

use super::{output, session};
use crate::boot::Need;
use crate::context::Context;
use crate::model::mail::{Address, Reason};
use crate::ops::mail;
use crate::store::suppressions;

/// Send a test, list mails, and hold addresses back
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Send a test at once, and print what the server or the provider said
    Test {
        /// To whom: e-mail
        address: Address,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List mails, the newest first, with what became of them
    List {
        /// How many at most
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Addresses that nothing is sent to
    #[command(subcommand)]
    Suppress(Suppress),
}

/// What to do with addresses that nothing is sent to.
#[derive(Debug, clap::Subcommand)]
pub enum Suppress {
    /// List them, with the reason
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Send nothing to an address any more
    Add {
        /// E-mail
        address: Address,
    },
    /// Send to an address again
    Remove {
        /// E-mail
        address: Address,
    },
}

/// Runs the command.
pub async fn run(file: Option<&Path>, command: Command) -> Result<ExitCode> {
    let ctx = session::context(file, Need::NoIndex).await?;
    match command {
        Command::Test { address, json } => {
            let receipt = mail::test(&ctx, &address, "the operator").await?;
            if json {
                output::json(&json!({ "to": address.email, "said": receipt.said }))?;
            } else {
                output::line(&receipt.said)?;
            }
        }
        Command::List { limit, json } => list(&ctx, limit, json).await?,
        Command::Suppress(command) => suppress(&ctx, command).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(ctx: &Context, limit: usize, json: bool) -> Result<()> {
    let mails = mail::list(ctx, limit).await?;
    if json {
        return output::json(&mails);
    }
    for mail in mails {
        let (at, state) = (mail.created_at.format("%Y-%m-%d %H:%M"), mail.state.as_str());
        output::line(&format!("{at}  {state:<10} {:<12} {:<36} {}", mail.template, mail.to, mail.subject))?;
        if let Some(reason) = mail.error {
            output::line(&format!("{:>18}after {} attempts: {reason}", "", mail.attempts))?;
        }
    }
    Ok(())
}

async fn suppress(ctx: &Context, command: Suppress) -> Result<()> {
    let mut tx = ctx.store.system().await?;
    match command {
        Suppress::List { json } => {
            let all = suppressions::list(&mut tx).await?;
            if json {
                return output::json(&all);
            }
            for one in all {
                let at = one.at.format("%Y-%m-%d");
                output::line(&format!("{at}  {:<12} {:<36} {}", one.reason.as_str(), one.address, one.detail))?;
            }
        }
        Suppress::Add { address } => {
            suppressions::add(&mut tx, &address.email, Reason::ByHand, "by the operator", ctx.now()).await?;
            tx.commit().await?;
            output::say(&format!("nothing is sent to {} any more", address.email));
        }
        Suppress::Remove { address } => {
            if !suppressions::remove(&mut tx, &address.email).await? {
                bail!("{} was not held back; see `talentprompt mail suppress list`", address.email);
            }
            tx.commit().await?;
            output::say(&format!("mail is sent to {} again", address.email));
        }
    }
    Ok(())
}
