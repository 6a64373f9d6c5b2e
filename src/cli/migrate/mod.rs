//! `migrate`: the database's schema, the way back from an upgrade, and the version of Postgres.

mod postgres;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;

use super::{output, session};
use crate::boot;
use crate::config::Config;
use crate::ops::upgrade;
use crate::store::snapshots::{self, Kept, Snapshot};
use crate::store::{Store, schema::Schema};

/// Show or update the database's schema, undo an upgrade, move to a newer Postgres
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show each migration and whether the database has it, and the copy from before the last upgrade
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Bring the schema up to this version's, after a copy of the database was made
    Up {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put the copy from before the last upgrade in the place of the database
    ///
    /// What was written since is lost. The appliance must be stopped before, and needs the version of then afterwards.
    RollBack {
        /// Do not ask
        #[arg(long)]
        yes: bool,
        /// Only where the database is beyond this schema, and to it; does not ask
        #[arg(long, value_name = "N")]
        to_schema: Option<i64>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    Postgres(postgres::Arguments),
}

/// Runs the command.
pub async fn run(file: Option<&Path>, command: &Command) -> Result<ExitCode> {
    let config = session::quiet_configuration(file)?;
    match command {
        Command::Up { json } => up(&config, *json).await?,
        Command::Status { json } => status(&config, *json).await?,
        Command::RollBack { yes, to_schema, json } => return roll_back(&config, *yes, *to_schema, *json).await,
        Command::Postgres(arguments) => return postgres::run(&config, arguments).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn up(config: &Config, json: bool) -> Result<()> {
    let kept = boot::migrate(config).await?.kept;
    match &kept {
        Kept::As(copy) => output::say(&format!("the database as it was before is kept as {copy}")),
        Kept::NotOurs(reason) => output::say(&format!("no copy was made before: {reason}")),
        Kept::NothingToKeep => {}
    }
    if json {
        let snapshot = if let Kept::As(copy) = &kept { Some(copy) } else { None };
        return output::json(&json!({ "schema": "up to date", "snapshot": snapshot }));
    }
    output::line("the schema is up to date")
}

async fn status(config: &Config, json: bool) -> Result<()> {
    let url = config.admin_url();
    let schema = Store::connect(url, 1).await?.schema().await?;
    let (why_not, kept) = (snapshots::why_not(url).await?, snapshots::all(url).await?);
    if json {
        let Schema { schema, program, release, migrations } = schema;
        return output::json(&json!({
            "schema": schema, "program": program, "release": release, "migrations": migrations,
            "snapshots": kept, "no_snapshots_because": why_not,
        }));
    }
    for migration in &schema.migrations {
        let state = if migration.applied { "applied" } else { "pending" };
        output::line(&format!("{:04} {}: {state}", migration.version, migration.name))?;
    }
    if schema.is_newer() {
        let theirs = schema.release.as_deref().unwrap_or("a later version");
        output::line(&format!("{:04} of {theirs}: unknown to this version", schema.schema))?;
    }
    for snapshot in &kept {
        output::line(&format!(
            "{}: {}, kept for {} days",
            snapshot.name,
            describe(snapshot),
            upgrade::KEPT.num_days()
        ))?;
    }
    if let Some(reason) = why_not {
        output::line(&format!("no copy is made before an upgrade: {reason}"))?;
    }
    Ok(())
}

/// What there is to know of a copy.
fn describe(snapshot: &Snapshot) -> String {
    let at = snapshot.made_at().unwrap_or_else(|| "unknown date".to_owned());
    format!("the database of {at}, {} MB", snapshot.bytes >> 20)
}

async fn roll_back(config: &Config, yes: bool, to: Option<i64>, json: bool) -> Result<ExitCode> {
    let url = config.admin_url();
    if to.is_none()
        && !yes
        && let Some(snapshot) = snapshots::all(url).await?.last()
    {
        let copy = describe(snapshot);
        let what = format!("This puts {copy} in the place of the database. Everything written since is lost.");
        if !output::agreed(&what)? {
            return Ok(ExitCode::from(1));
        }
    }
    let back = snapshots::roll_back(url, to).await?;
    if json {
        output::json(&json!({ "back_to": back }))?;
        return Ok(ExitCode::SUCCESS);
    }
    match back {
        Some(snapshot) => output::line(&format!(
            "{} is in place; the version of then can work with it: apt install talentprompt=VERSION, then \
             systemctl start talentprompt.target",
            describe(&snapshot)
        ))?,
        None => output::line("the database is as it was; there is nothing to roll back")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses to go on as anybody but root.
fn need_root() -> Result<()> {
    if rustix::process::geteuid().is_root() { Ok(()) } else { bail!("only root may do this: sudo talentprompt …") }
}
