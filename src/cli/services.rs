//! `services`: the local services that the appliance supervises, asked and ordered directly, so that it also works while
//! the appliance itself does not run.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use chrono::Utc;

use super::{output, session};
use crate::base::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::gateways::systemd::{Order, SystemBus, Units, process};
use crate::model::service::{ServiceState, Supervised};
use crate::model::upgrade::FailedUpgrade;
use crate::ops::supervise::watch::Watched;
use crate::ops::{supervise, upgrade};

/// How long a service may take to be as it was asked to be.
const PATIENCE: Duration = Duration::from_secs(90);

/// See, start, stop and restart the supervised services
///
/// Those are Postgres, Redis and Qdrant where the configuration points at this machine's own. A service that was
/// stopped here stays so until it is started again, or the appliance is.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print how they are
    Status {
        /// postgres, redis or qdrant [default: all]
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Start them, and wait until they answer
    Start {
        /// postgres, redis or qdrant [default: all]
        name: Option<String>,
    },
    /// Stop them
    Stop {
        /// postgres, redis or qdrant [default: all]
        name: Option<String>,
    },
    /// Restart them, and wait until they answer
    Restart {
        /// postgres, redis or qdrant [default: all]
        name: Option<String>,
    },
}

/// Runs the command.
pub async fn run(file: Option<&Path>, command: Command) -> Result<ExitCode> {
    let config = session::quiet_configuration(file)?;
    if !process::booted() {
        output::say("services are supervised by systemd, which does not run this machine");
        return Ok(ExitCode::from(3));
    }
    let (name, order) = match &command {
        Command::Status { name, .. } => (name, None),
        Command::Start { name } => (name, Some(Order::Start)),
        Command::Stop { name } => (name, Some(Order::Stop)),
        Command::Restart { name } => (name, Some(Order::Restart)),
    };
    let mut services = chosen(&config, name.as_deref())?;
    let mut reached = true;
    for service in &mut services {
        reached &= match order {
            Some(order) => carry_out(service, order).await?,
            None => {
                service.look(&SystemBus, SystemClock.now()).await;
                service.report().state == ServiceState::Up
            }
        };
    }
    let reports: Vec<Supervised> = services.iter().map(|service| with_disk(service.report(), &config)).collect();
    if matches!(command, Command::Status { json: true, .. }) {
        output::json(&reports)?;
    } else {
        print(&reports)?;
    }
    if let Some(failed) = upgrade::failed() {
        let FailedUpgrade { version, serving, reason } = failed;
        let todo = FailedUpgrade::TODO;
        output::say(&format!("{version} could not take over, and {serving} serves: {reason}\n{:>11} {todo}", "→"));
    }
    Ok(if reached { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Gives an order to one of them, and answers whether it was carried out in time.
pub(super) async fn bring(config: &Config, name: &str, order: Order) -> Result<bool> {
    let mut reached = true;
    for service in &mut chosen(config, Some(name))? {
        reached &= carry_out(service, order).await?;
    }
    Ok(reached)
}

/// All of them as they are now.
pub(super) async fn look(config: &Config) -> Result<Vec<Supervised>> {
    let mut reports = Vec::new();
    for mut service in chosen(config, None)? {
        service.look(&SystemBus, SystemClock.now()).await;
        reports.push(with_disk(service.report(), config));
    }
    Ok(reports)
}

fn chosen(config: &Config, name: Option<&str>) -> Result<Vec<Watched>> {
    let all = supervise::services(config);
    let known: Vec<&str> = all.iter().map(|service| service.name).collect();
    match name {
        Some(name) if !known.contains(&name) => {
            bail!("there is no local service `{name}`; there are: {}", known.join(", "))
        }
        None if known.is_empty() => output::say("the configuration points at services elsewhere; none is local"),
        _ => {}
    }
    let now = SystemClock.now();
    let wanted = all.into_iter().filter(|service| name.is_none_or(|name| name == service.name));
    Ok(wanted.map(|service| Watched::new(service, now)).collect())
}

/// Gives the order and waits until it is carried out; answers whether it was in time.
async fn carry_out(service: &mut Watched, order: Order) -> Result<bool> {
    let unit = service.report().unit;
    if order != Order::Stop {
        // Without failures there is nothing to forget.
        drop(SystemBus.order(unit, Order::ResetFailed).await);
    }
    SystemBus.order(unit, order).await?;
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        let active = SystemBus.state(unit).await?.active;
        service.look(&SystemBus, SystemClock.now()).await;
        let done = match order {
            Order::Stop => active == "inactive" || active == "failed",
            _ => active == "active" && service.report().state == ServiceState::Up,
        };
        if done {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    Ok(false)
}

/// Adds the size of the service's folder where it does not know it itself and we may look.
fn with_disk(mut report: Supervised, config: &Config) -> Supervised {
    report.disk_bytes = report.disk_bytes.or_else(|| folder_bytes(&config.data.dir.join(report.name)).ok());
    report
}

fn folder_bytes(folder: &Path) -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.metadata()?;
        bytes += if found.is_dir() { folder_bytes(&entry.path())? } else { found.blocks() * 512 };
    }
    Ok(bytes)
}

fn print(reports: &[Supervised]) -> Result<()> {
    for report in reports {
        let size = |bytes: Option<u64>| bytes.map_or("-".to_owned(), |bytes| format!("{} MB", bytes >> 20));
        output::line(&format!(
            "{:<9} {:<13} since {}  restarts {}  memory {}  disk {}  {}",
            report.name,
            report.state.as_str(),
            report.since.with_timezone(&Utc).format("%Y-%m-%d %H:%M:%S UTC"),
            report.restarts,
            size(report.memory_bytes),
            size(report.disk_bytes),
            report.version.as_deref().unwrap_or("-"),
        ))?;
        if let Some(detail) = &report.detail {
            output::line(&format!("{:>11} {detail}", "→"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_folder_is_as_large_as_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("base")).unwrap();
        std::fs::write(folder.path().join("base/1"), vec![7; 100_000]).unwrap();
        assert!((100_000..200_000).contains(&super::folder_bytes(folder.path()).unwrap()));
    }
}
