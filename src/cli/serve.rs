//! `serve`: the appliance's process.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::session;
use crate::boot::lifecycle;
use crate::boot::{self, Need};
use crate::recruit::accounts::setup;

/// Run the appliance: the web page, the API and the background workers
///
/// Brings the database's schema up to date, fills the index and serves until SIGTERM or Ctrl-C. On the first start
/// it prints the one-time link for the owner's account.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs the command.
pub async fn run(file: Option<&Path>, _: Arguments) -> Result<ExitCode> {
    let config = session::configuration(file)?;
    let listener = lifecycle::listen(&config.server.listen).await?;
    boot::migrate(&config).await?;
    let stop = lifecycle::stop_on_signals()?;
    let ctx = boot::context(config, Need::IndexSoon).await?;
    if setup::is_needed(&ctx).await? {
        super::output::say(&format!("open this link once to make the owner's account: {}", setup::link(&ctx).await?));
    }
    tracing::info!(url = ctx.config.public_url(), "ready");
    lifecycle::run(ctx, listener, stop).await?;
    Ok(ExitCode::SUCCESS)
}
