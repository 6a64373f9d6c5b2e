//! `serve`: the appliance's process.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};

use super::{output, owner_link, session};
use crate::base::clock::SystemClock;
use crate::boot::lifecycle::{self, Role};
use crate::boot::listen::Sockets;
use crate::boot::reload::Reload;
use crate::boot::{self, Need, start};
use crate::config::environment;
use crate::gateways::systemd::process;
use crate::ops::certificates::Keeper;
use crate::recruit::accounts::setup;

/// Run the appliance: the web page, the API and the background workers
///
/// Brings the database's schema up to date, fills the index and serves until SIGTERM or Ctrl-C; SIGHUP reads the
/// configuration again. Under systemd it also starts and watches its local services. Where nobody has an account yet,
/// `talentprompt owner-link` prints the link for the first.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Which part of the work this process does; a part alone needs a vector server
    #[arg(long, value_enum, default_value = "all")]
    role: RoleChoice,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum RoleChoice {
    /// The web page, the API and the background workers
    All,
    /// The web page and the API
    Api,
    /// The background workers, without a port
    Worker,
}

impl From<RoleChoice> for Role {
    fn from(choice: RoleChoice) -> Self {
        match choice {
            RoleChoice::All => Self::All,
            RoleChoice::Api => Self::Api,
            RoleChoice::Worker => Self::Worker,
        }
    }
}

/// Runs the command.
pub async fn run(file: Option<&Path>, arguments: Arguments) -> Result<ExitCode> {
    let role = Role::from(arguments.role);
    let (loaded, log) = session::configuration(file)?;
    let config = loaded.config.clone();
    if role != Role::All && config.vector.url.is_empty() {
        bail!(
            "a process that only serves or only works needs a vector server, for the index in a process is its own: \
             set `[vector] url`, or serve without --role"
        );
    }
    let stop = lifecycle::stop_on_signals()?;
    let reload = Reload::prepare(file, loaded, log)?;
    let keeper = if role.serves() { Keeper::prepare(&config, Arc::new(SystemClock))? } else { None };
    let tls = keeper.as_ref().map(Keeper::tls);
    let secure = tls.clone().map(|tls| (config.tls.listen.as_str(), tls));
    let sockets = if role.serves() { Some(Sockets::take(&config.server.listen, secure).await?) } else { None };
    // Whoever serves shows the local services, and is the one that watches them.
    let services = role.serves().then(|| start::supervise(&config, &stop));
    if !start::database(&config, sockets.as_ref(), &stop).await? {
        return Ok(ExitCode::SUCCESS);
    }
    process::status("loading the embedding model");
    let mut ctx = boot::context(config, Need::IndexSoon).await?;
    if let Some(services) = services {
        ctx.services = services;
    }
    if role.serves() && setup::is_needed(&ctx).await? {
        tracing::info!("nobody has an account yet; `talentprompt owner-link` prints the link for the first");
        // The link is a secret, and a journal is read by more people than the operator.
        if !environment::logs_to_journal() {
            output::say(&format!("open this link once to make the owner's account: {}", owner_link::kept(&ctx).await?));
        }
    }
    let addresses = sockets.as_ref().map(Sockets::addresses);
    tracing::info!(addresses, url = ctx.config.get().public_url(), ?role, "ready");
    tokio::spawn(reload.run(ctx.config.clone(), tls, stop.clone()));
    // An authority asks back, so certificates are ordered when somebody answers.
    if let Some(keeper) = keeper {
        tokio::spawn(keeper.run(stop.clone()));
    }
    let doors = sockets.as_ref().map(Sockets::open).transpose()?.unwrap_or_default();
    // What is held twice would take people in whom nobody answers.
    drop(sockets);
    lifecycle::run(ctx, role, doors, stop).await?;
    Ok(ExitCode::SUCCESS)
}
