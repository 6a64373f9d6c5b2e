//! `migrate postgres`: from the Postgres of the Debian before to the one of this Debian.
//!
//! The work is that of the unit's own script, which knows the cluster, in a transient unit of its own: nothing of it
//! outlives an interruption. Here is what surrounds it: stopping, starting, asking, and the two ways it can end. Which
//! cluster is used is told by the folders alone, so that each way is one renaming.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::need_root;
use crate::cli::{output, services};
use crate::config::Config;
use crate::gateways::systemd::{Order, SystemBus, Units, process};
use crate::ops::cluster::Clusters;

/// The unit of the work while it goes on.
const UNIT: &str = "talentprompt-postgres-move.service";

/// Move the data to the newest Postgres that is installed
///
/// The database is stopped, copied beside its place, compared row by row, and started again; meanwhile people are told
/// to wait. The old data is kept until --confirm removes it, and --back returns to it.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct Arguments {
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Remove the old data
    #[arg(long, conflicts_with = "back")]
    confirm: bool,
    /// Return to the old data; what was written since is lost
    #[arg(long)]
    back: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(config: &Config, arguments: &Arguments) -> Result<ExitCode> {
    need_root()?;
    if !process::booted() {
        bail!("the database is kept by a unit of systemd, which does not run this machine");
    }
    let found = Clusters::look(config)?;
    let Some(newest) = found.current() else {
        bail!("there is no data in {}, so there is nothing to move", found.folder.display());
    };
    let kept = found.kept();
    let (done, from, to) = match (arguments.confirm, arguments.back) {
        (true, _) => {
            let old = kept.with_context(|| format!("no old data is kept beside that of PostgreSQL {newest}"))?;
            let what = format!("This removes the data of PostgreSQL {old} for good; PostgreSQL {newest} goes on.");
            (agreed(arguments, &what)? && confirm(&found, old)?, old, newest)
        }
        (_, true) => {
            let old = kept.with_context(|| format!("no old data is kept beside that of PostgreSQL {newest}"))?;
            let what =
                format!("This returns to the data of PostgreSQL {old}. All that was written since the move is lost.");
            (agreed(arguments, &what)? && back(config, &found, newest, old).await?, newest, old)
        }
        _ => {
            let to = found.newest_installed().filter(|to| *to > newest).with_context(|| {
                format!("PostgreSQL {newest} is the newest that is installed, and the data is of it: nothing to move")
            })?;
            let what = format!(
                "This moves the data from PostgreSQL {newest} to {to}. The database is stopped meanwhile, for some minutes; \
                 the old data is kept."
            );
            (agreed(arguments, &what)? && forth(config, to).await?, newest, to)
        }
    };
    if !done {
        return Ok(ExitCode::from(1));
    }
    let left = Clusters::look(config)?;
    let kept = left.kept().map(|old| left.folder.join(old.to_string()));
    if arguments.json {
        output::json(&json!({ "from": from, "to": to, "serving": left.current(), "kept": kept }))?;
    } else {
        tell(to, kept.as_deref())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(to: u32, kept: Option<&Path>) -> Result<()> {
    output::line(&format!("PostgreSQL {to} serves the data"))?;
    let Some(kept) = kept else { return Ok(()) };
    output::line(&format!(
        "the old data is kept in {}; when all is well: talentprompt migrate postgres --confirm\n\
         to return to it: talentprompt migrate postgres --back",
        kept.display()
    ))
}

fn agreed(arguments: &Arguments, what: &str) -> Result<bool> {
    Ok(arguments.yes || output::agreed(what)?)
}

/// Moves the data on; whatever happens, the database is started again.
async fn forth(config: &Config, to: u32) -> Result<bool> {
    let begin = Instant::now();
    output::say("stopping the database");
    order(config, Order::Stop).await?;
    let moved = work(to).await;
    output::say("starting the database");
    order(config, Order::Start).await?;
    moved?;
    output::say(&format!("moved in {} s", begin.elapsed().as_secs()));
    Ok(true)
}

/// Has the unit's script do the work, and passes on what it says.
async fn work(to: u32) -> Result<()> {
    let mut command = Command::new("systemd-run");
    command.args(["--quiet", "--pipe", "--wait", "--collect", "--service-type=exec"]);
    command.arg(format!("--unit={UNIT}")).args(["--uid=talentprompt-postgres", "--gid=talentprompt-postgres"]);
    command.args(["--property=UMask=0077", "--property=PrivateNetwork=yes", "--property=OOMScoreAdjust=-800"]);
    command.args(["--setenv=STATE_DIRECTORY=/var/lib/talentprompt/postgres", "/usr/lib/talentprompt/postgres", "move"]);
    command.arg(to.to_string()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().context("systemd-run cannot be started")?;
    let mut lines = BufReader::new(child.stdout.take().context("systemd-run says nothing")?).lines();
    let ended = async {
        while let Some(line) = lines.next_line().await? {
            output::say(&line);
        }
        Ok::<_, anyhow::Error>(child.wait().await?)
    };
    let status = tokio::select! {
        ended = ended => ended?,
        _ = tokio::signal::ctrl_c() => {
            // What goes on there ends with it, and the next attempt begins anew.
            SystemBus.order(UNIT, Order::Stop).await?;
            bail!("interrupted; the old data is as it was");
        }
    };
    if status.success() { Ok(()) } else { bail!("the data could not be moved (see above); the old data is as it was") }
}

/// Returns to the old data.
async fn back(config: &Config, found: &Clusters, newest: u32, old: u32) -> Result<bool> {
    if !found.installed.contains(&old) {
        bail!("PostgreSQL {old} is not installed; install it first: apt install postgresql-{old}");
    }
    output::say("stopping the database");
    order(config, Order::Stop).await?;
    let undone = set_aside(&found.folder, newest, "undone");
    output::say("starting the database");
    order(config, Order::Start).await?;
    remove(&undone?)?;
    Ok(true)
}

/// Removes the old data.
fn confirm(found: &Clusters, old: u32) -> Result<bool> {
    remove(&set_aside(&found.folder, old, "removed")?)?;
    output::say(&format!("its programs are not needed any more: apt purge postgresql-{old} postgresql-client-{old}"));
    Ok(true)
}

/// Takes a cluster out of use, in one step.
fn set_aside(folder: &Path, major: u32, why: &str) -> Result<PathBuf> {
    let aside = folder.join(format!("{major}.{why}"));
    if aside.exists() {
        remove(&aside)?;
    }
    let place = folder.join(major.to_string());
    fs::rename(&place, &aside).with_context(|| format!("cannot rename {}", place.display()))?;
    Ok(aside)
}

fn remove(folder: &Path) -> Result<()> {
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}; remove it by hand", folder.display()))
}

async fn order(config: &Config, order: Order) -> Result<()> {
    if services::bring(config, "postgres", order).await? {
        return Ok(());
    }
    bail!("talentprompt-postgres.service does not obey in time: journalctl -u talentprompt-postgres")
}
