//! `reindex`: resumes that an earlier version understood are read anew, then the vector index anew from Postgres.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use indicatif::ProgressBar;
use serde_json::json;

use super::{output, session};
use crate::boot::Need;
use crate::recruit::{indexing, reading};

/// Rebuild the vector index from Postgres
///
/// Resumes that an earlier version of the program understood are read anew first. Nothing is embedded twice: the vectors are kept in Postgres. The engine in the process is rebuilt at each start, so
/// this is for a Qdrant server, and --verify shows that nothing is missing.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only compare the index with Postgres
    #[arg(long)]
    verify: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(file: Option<&Path>, arguments: Arguments) -> Result<ExitCode> {
    let need = if arguments.verify { Need::Index } else { Need::NoIndex };
    let ctx = session::context(file, need).await?;
    if !arguments.verify {
        let bar = output::bar(0, "resumes read anew");
        reading::all(&ctx, counter(&bar)).await?;
        bar.finish_and_clear();
        let bar = output::bar(0, "candidates");
        indexing::reindex(&ctx, counter(&bar)).await?;
        bar.finish_and_clear();
    }
    let (kept, indexed) = indexing::compare(&ctx, ctx.vectors.as_ref()).await?;
    if arguments.json {
        output::json(&json!({ "engine": ctx.vectors.name(), "passages": kept, "indexed": indexed }))?;
    } else {
        output::line(&format!("{kept} passages in Postgres, {indexed} in the index ({})", ctx.vectors.name()))?;
    }
    if kept == indexed {
        return Ok(ExitCode::SUCCESS);
    }
    output::say("the index differs from Postgres; run `talentprompt reindex`");
    Ok(ExitCode::from(1))
}

/// Shows how many are done; how many there are is known at the end only.
fn counter(bar: &ProgressBar) -> impl Fn(usize) + Send + Sync {
    move |done| {
        bar.set_length(done as u64);
        bar.set_position(done as u64);
    }
}
