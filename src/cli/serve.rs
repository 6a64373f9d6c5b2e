//! `serve`: the appliance's process.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::{output, owner_link, session};
use crate::boot::listen::Sockets;
use crate::boot::reload::Reload;
use crate::boot::{self, Need, lifecycle, start};
use crate::config::environment;
use crate::gateways::systemd::process;
use crate::recruit::accounts::setup;

/// Run the appliance: the web page, the API and the background workers
///
/// Brings the database's schema up to date, fills the index and serves until SIGTERM or Ctrl-C; SIGHUP reads the
/// configuration again. Under systemd it also starts and watches its local services. Where nobody has an account yet,
/// `talentprompt owner-link` prints the link for the first.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs the command.
pub async fn run(file: Option<&Path>, _: Arguments) -> Result<ExitCode> {
    let (loaded, log) = session::configuration(file)?;
    let config = loaded.config.clone();
    let stop = lifecycle::stop_on_signals()?;
    let reload = Reload::prepare(file, loaded, log)?;
    let sockets = Sockets::take(&config.server.listen).await?;
    let services = start::supervise(&config, &stop);
    if !start::database(&config, &sockets, &stop).await? {
        return Ok(ExitCode::SUCCESS);
    }
    process::status("loading the embedding model");
    let mut ctx = boot::context(config, Need::IndexSoon).await?;
    ctx.services = services;
    if setup::is_needed(&ctx).await? {
        tracing::info!("nobody has an account yet; `talentprompt owner-link` prints the link for the first");
        // The link is a secret, and a journal is read by more people than the operator.
        if !environment::logs_to_journal() {
            output::say(&format!("open this link once to make the owner's account: {}", owner_link::kept(&ctx).await?));
        }
    }
    tracing::info!(addresses = sockets.addresses(), url = ctx.config.get().public_url(), "ready");
    tokio::spawn(reload.run(ctx.config.clone(), stop.clone()));
    let listeners = sockets.open()?;
    // What is held twice would take people in whom nobody answers.
    drop(sockets);
    lifecycle::run(ctx, listeners, stop).await?;
    Ok(ExitCode::SUCCESS)
}
