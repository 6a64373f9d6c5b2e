//! `search`: the search of the API, on the command line.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::{output, session};
use crate::boot::Need;
use crate::model::evidence::Status;
use crate::recruit::search::{self, Asker, Hit, Request};

/// Search the pool in plain language
///
/// Prints the best candidates first; with --explain, each requirement with the words of the resume that prove it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to look for: a sentence, a pasted description or a boolean string
    query: String,
    /// How many candidates
    #[arg(long, value_name = "N", default_value_t = search::DEFAULT_LIMIT)]
    limit: usize,
    /// Print the answer of the API as JSON
    #[arg(long)]
    json: bool,
    /// Show what proves each requirement
    #[arg(long)]
    explain: bool,
    /// The workspace [default: the only one]
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
}

/// Runs the command.
pub async fn run(file: Option<&Path>, arguments: Arguments) -> Result<ExitCode> {
    let ctx = session::context(file, Need::Index).await?;
    let actor = session::operator(&ctx, arguments.workspace.as_deref()).await?;
    let request = Request { query: arguments.query, limit: Some(arguments.limit), ..Request::default() };
    let answer = search::search(&ctx, Asker::from(&actor), request).await?;
    if arguments.json {
        output::json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    for degraded in &answer.degraded {
        output::say(&format!("note: the {} does not answer; {}", degraded.service, degraded.detail));
    }
    for refused in &answer.interpretation.refused {
        output::say(&format!("left out: \"{}\": {}", refused.text, refused.reason));
    }
    for hit in &answer.hits {
        print(hit, arguments.explain)?;
    }
    let more = if answer.total_is_lower_bound { "+" } else { "" };
    output::say(&format!("{} of {}{more} found in {} ms", answer.hits.len(), answer.total, answer.took_ms));
    Ok(ExitCode::SUCCESS)
}

fn print(hit: &Hit, explain: bool) -> Result<()> {
    let place = hit.location.as_ref().map(|place| format!(", {place}")).unwrap_or_default();
    let years = hit.years_experience.map(|years| format!(", {years} years")).unwrap_or_default();
    let headline = hit.headline.as_deref().map(|text| format!(" — {text}")).unwrap_or_default();
    output::line(&format!("{:>3}. {}{headline}{place}{years}  [{}]", hit.rank, hit.name, hit.candidate_id))?;
    if !explain {
        return Ok(());
    }
    for reason in &hit.reasons {
        let mark = match reason.status {
            Status::Met => "met",
            Status::Partial => "partly",
            Status::Missing => "missing",
            Status::Contradicted => "contradicted",
        };
        output::line(&format!("       {mark:<12} {}", reason.requirement))?;
        for evidence in &reason.evidence {
            let quoted = evidence.text.split_whitespace().collect::<Vec<_>>().join(" ");
            output::line(&format!("         \"{quoted}\" ({}–{})", evidence.start, evidence.end))?;
        }
    }
    Ok(())
}
