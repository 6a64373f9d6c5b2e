//! `doctor`: rooms of checks, each with what it saw, what that means, and what to type.
//!
//! Checks of the machine need nothing but the configuration; those of what runs need the appliance's parts, and where
//! one of these cannot be opened, the doctor says why and goes on with the rest.

mod ai;
mod appliance;
mod backup;
mod certificates;
mod disk;
mod files;
mod kernel;
mod machine;
mod mail;
mod network;
mod services;
mod tools;
mod upgrade;

use serde::Serialize;

use crate::config::Config;
use crate::context::Context;
use crate::gateways::systemd::Units;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing is wrong.
    Ok,
    /// It works, but somebody should know.
    Warning,
    /// Something does not work.
    Error,
}

impl Level {
    /// The name in the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a check saw.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Which check.
    pub check: &'static str,
    /// How bad.
    pub level: Level,
    /// What was seen.
    pub saw: String,
    /// What that means, where it is not well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means: Option<&'static str>,
    /// What to do, where something should be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(check: &'static str, saw: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, saw: saw.into(), means: None, todo: None }
    }

    /// It works, but somebody should know.
    pub fn warning(check: &'static str, saw: impl Into<String>, means: &'static str, todo: impl Into<String>) -> Self {
        Self { check, level: Level::Warning, saw: saw.into(), means: Some(means), todo: Some(todo.into()) }
    }

    /// Something does not work.
    pub fn error(check: &'static str, saw: impl Into<String>, means: &'static str, todo: impl Into<String>) -> Self {
        Self { level: Level::Error, ..Self::warning(check, saw, means, todo) }
    }

    /// Well where `well`, else a warning.
    fn expect(well: bool, check: &'static str, saw: impl Into<String>, means: &'static str, todo: &str) -> Self {
        if well { Self::ok(check, saw) } else { Self::warning(check, saw, means, todo) }
    }
}

/// What the checks look at.
pub struct Scene<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The folder with the secrets, and the configuration file, where there is one.
    pub file: Option<&'a std::path::Path>,
    /// The appliance's parts, or why they could not be opened.
    pub ctx: Result<&'a Context, String>,
    /// systemd, where it runs the machine.
    pub units: Option<&'a dyn Units>,
}

/// Runs every check, in order.
pub async fn run(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = machine::checks();
    findings.extend(kernel::checks());
    findings.extend(disk::checks(scene.config));
    findings.extend(files::checks(scene));
    findings.extend(certificates::checks(scene.config));
    findings.extend(tools::checks());
    findings.extend(network::checks(scene.config).await);
    findings.extend(services::checks(scene).await);
    findings.extend(upgrade::checks(scene).await);
    findings.extend(backup::checks(scene.config));
    match &scene.ctx {
        Ok(ctx) => {
            findings.extend(appliance::checks(ctx).await);
            findings.extend(ai::checks(ctx).await);
            findings.extend(mail::checks(ctx).await);
        }
        Err(reason) => findings.push(Finding::error(
            "appliance",
            reason,
            "the appliance cannot start, and what it keeps was not looked at",
            "mend what is said above, then look again: talentprompt doctor",
        )),
    }
    findings
}

/// The text of a small file of the kernel's or the system's; empty where there is none.
fn text(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
