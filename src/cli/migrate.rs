//! `migrate`: the database's schema.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use super::{output, session};
use crate::boot;
use crate::store::Store;

/// Show or update the database's schema
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show each migration and whether the database has it
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Bring the schema up to this version's
    Up {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub async fn run(file: Option<&Path>, command: &Command) -> Result<ExitCode> {
    let config = session::quiet_configuration(file)?;
    match command {
        Command::Up { json } => {
            boot::migrate(&config).await?;
            if *json {
                output::json(&json!({ "schema": "up to date" }))?;
            } else {
                output::line("the schema is up to date")?;
            }
        }
        Command::Status { json } => {
            let store = Store::connect(config.admin_url(), 1).await?;
            let known = store.migrations().await?;
            if *json {
                let rows = known
                    .iter()
                    .map(|(version, name, applied)| json!({ "version": version, "name": name, "applied": applied }));
                output::json(&rows.collect::<Vec<_>>())?;
            } else {
                for (version, name, applied) in &known {
                    output::line(&format!("{version:04} {name}: {}", if *applied { "applied" } else { "pending" }))?;
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
