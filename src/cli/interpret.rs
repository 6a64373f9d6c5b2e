//! `interpret`: what a query is understood as.

use std::io::BufRead;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use super::output;
use crate::recruit::search;

/// Show what a query is understood as
///
/// Needs no running service. With --stdin, one query a line in, one JSON document a line out.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The query
    #[arg(required_unless_present = "stdin")]
    query: Option<String>,
    /// Read queries from standard input, one a line
    #[arg(long, conflicts_with = "query")]
    stdin: bool,
    /// Print JSON on one line
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(query) = &arguments.query {
        let interpretation = search::interpret(query).map_err(describe)?;
        if arguments.json {
            output::json_line(&interpretation)?;
        } else {
            output::json(&interpretation)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    for query in std::io::stdin().lock().lines() {
        let query = query?;
        match search::interpret(&query) {
            Ok(interpretation) => output::json_line(&json!({ "query": query, "interpretation": interpretation }))?,
            Err(error) => output::json_line(&json!({ "query": query, "error": describe(error).to_string() }))?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The mistake itself instead of "the request has mistakes".
fn describe(error: crate::recruit::Error) -> anyhow::Error {
    match error {
        crate::recruit::Error::Invalid(mistakes) => {
            let named: Vec<String> =
                mistakes.into_iter().map(|mistake| format!("{} {}", mistake.field, mistake.message)).collect();
            anyhow::anyhow!(named.join("; "))
        }
        other => other.into(),
    }
}
