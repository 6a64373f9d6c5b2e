//! `openapi`: the description of the API.

use std::process::ExitCode;

use anyhow::Result;

use super::output;
use crate::http;

/// Print the OpenAPI document of the API
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Accepted for scripts: the output is JSON in any case
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(_: &Arguments) -> Result<ExitCode> {
    output::json(&http::openapi::document())?;
    Ok(ExitCode::SUCCESS)
}
