//! `support-bundle`: one archive for somebody who helps, without secrets and personal data.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::json;

use super::{doctor, output, services};
use crate::base::clock::{Clock, SystemClock};
use crate::config;
use crate::gateways::systemd::{journal, process};
use crate::ops::support::{self, FIELDS, Scene};
use crate::telemetry::{self, Target};

/// Pack logs, versions, health and the masked configuration into one archive for somebody who helps
///
/// Secrets, documents, queries and what is known of people are left out. It is made for you to look through before you
/// send it. Works while services are away, and says then what could not be asked. As root it has the log of all units.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where to write it [default: talentprompt-support-TIME.zip in this folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(file: Option<&Path>, arguments: Arguments) -> Result<ExitCode> {
    let now = SystemClock.now();
    let path =
        arguments.out.unwrap_or_else(|| now.format("talentprompt-support-%Y%m%dT%H%M%SZ.zip").to_string().into());
    let loaded = config::load(config::file(file).as_deref());
    telemetry::start("off", Target::Text);
    let findings = doctor::findings(file, loaded.as_ref().map(|loaded| &loaded.config)).await;
    let services = match &loaded {
        Ok(loaded) if process::booted() => services::look(&loaded.config).await.map_err(|error| format!("{error:#}")),
        Ok(_) => Err("systemd does not run this machine".to_owned()),
        Err(_) => Err("the configuration has a mistake".to_owned()),
    };
    let parts = support::gather(Scene {
        loaded: loaded.as_ref().map_err(ToString::to_string),
        findings: serde_json::to_value(findings)?,
        services: services.and_then(|reports| serde_json::to_value(reports).map_err(|error| error.to_string())),
        journal: journal::last_day(&FIELDS).await,
        now,
    })
    .await;
    let archive = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let archive = archive.with_context(|| format!("cannot make {}; name another with --out", path.display()))?;
    support::pack(&parts, archive).with_context(|| format!("cannot write {}", path.display()))?;
    let path = std::path::absolute(&path)?;
    if arguments.json {
        output::json(&json!({ "file": path, "parts": parts }))?;
    } else {
        output::line(&path.display().to_string())?;
        for part in &parts {
            output::line(&format!("  {:<18} {:>8} bytes  {}", part.name, part.bytes, part.about))?;
        }
        output::say("look through it before you send it: it is a ZIP of plain texts");
    }
    Ok(ExitCode::SUCCESS)
}
