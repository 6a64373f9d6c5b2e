//! `config`: checks and shows the configuration.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Map, json};

use super::output;
use crate::config;

/// Check, show or locate the configuration
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check the configuration; names file, line and key of a mistake
    Check,
    /// Show every value and where it came from; secrets are masked
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the path of the configuration file that is read
    Path,
}

/// Runs the command.
pub fn run(file: Option<&Path>, command: &Command) -> Result<ExitCode> {
    let path = config::file(file);
    match command {
        Command::Check => {
            config::load(path.as_deref())?;
            output::line("the configuration is sound")?;
        }
        Command::Show { json: true } => {
            let loaded = config::load(path.as_deref())?;
            let values = loaded
                .values()
                .map(|(key, value, source)| (key, json!({ "value": value, "source": source.to_string() })));
            output::json(&values.collect::<Map<_, _>>())?;
        }
        Command::Show { json: false } => {
            let loaded = config::load(path.as_deref())?;
            for (key, value, source) in loaded.values() {
                output::line(&format!("{key} = {value}  # {source}"))?;
            }
        }
        Command::Path => match path {
            Some(path) => output::line(&path.display().to_string())?,
            None => output::line(&format!("none: {} does not exist, the defaults apply", config::DEFAULT_PATH))?,
        },
    }
    Ok(ExitCode::SUCCESS)
}
