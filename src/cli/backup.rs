//! `backup`: making, reading, restoring and trying backups, by hand and from the timers' units.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;
use serde_json::json;

use super::{output, session};
use crate::base::clock::SystemClock;
use crate::config::{self, Config, Loaded};
use crate::gateways::systemd::{SystemBus, Units, process};
use crate::model::backup::{Drill, Manifest, told};
use crate::ops::backup::{self, Backup, Error, Made, Place, Plan, Progress, Restored, STOP, Seen, owner};

/// Make, list, verify, restore and try backups
///
/// A backup is the database, the documents and the configuration without secrets. It lies in `[backup] dir`, where
/// documents that several backups have are kept once. A timer makes one each night, and another tries one each month.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a backup while everybody works, then remove those that are older than `[backup] keep_days`
    Create {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the backups, the newest first
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Read everything in a backup and say what is damaged or missing
    Verify {
        /// Which, as listed [default: the newest]
        id: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put a backup in the place of the database, and documents back that are gone
    ///
    /// What was written since the backup is no longer there. The appliance must be stopped before. The database as it
    /// was is kept beside: `talentprompt migrate roll-back` returns to it. Documents that are damaged in the backup are
    /// left out and named, and it ends with 1.
    Restore {
        /// Which, as listed
        id: String,
        /// Do it; otherwise it is only said what would happen
        #[arg(long)]
        confirm: bool,
        /// The database that an earlier restoring kept may be lost
        #[arg(long)]
        replace_kept: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Restore the newest backup into a scratch database, and look whether everything is there
    Drill {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub async fn run(file: Option<&Path>, command: Command) -> Result<ExitCode> {
    let loaded = session::quiet(file)?;
    let settings = settings(file);
    let config = &loaded.config;
    let data = &config.data.dir;
    owner::become_owner(data).with_context(|| format!("cannot act as the owner of {}", data.display()))?;
    let done = match command {
        Command::Create { json } => create(config, settings.as_deref(), json).await,
        Command::List { json } => list(config, json),
        Command::Verify { id, json } => verify(config, id.as_deref(), json).await,
        Command::Restore { id, confirm, replace_kept, json } => restore(config, &id, confirm, replace_kept, json).await,
        Command::Drill { json } => drill(config, json).await,
    };
    match done {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::from(1)),
        Err(error) => Err(error),
    }
}

/// The values of the configuration file, but for secrets.
fn settings(file: Option<&Path>) -> Option<String> {
    let text = std::fs::read_to_string(config::file(file)?).ok()?;
    Loaded::masked(&text).ok()
}

/// An error as the command line tells it: a service that is away has an exit code of its own.
fn plain(error: Error) -> anyhow::Error {
    match error {
        Error::Store(error) => error.into(),
        other => other.into(),
    }
}

/// Tells whoever waits how far it is.
struct Teller(Mutex<Option<ProgressBar>>);

impl Teller {
    fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn tell(&self, progress: Progress) {
        let mut bar = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match progress {
            Progress::Phase(what) => {
                if let Some(bar) = bar.take() {
                    bar.finish_and_clear();
                }
                output::say(what);
            }
            Progress::Files(done, total) => {
                let bar = bar.get_or_insert_with(|| output::bar(total as u64, "documents"));
                bar.set_position(done as u64);
            }
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if let Some(bar) = self.0.get_mut().ok().and_then(Option::take) {
            bar.finish_and_clear();
        }
    }
}

async fn create(config: &Config, settings: Option<&str>, json: bool) -> Result<bool> {
    let teller = Teller::new();
    let made =
        backup::create(config, settings, &SystemClock, &|progress| teller.tell(progress)).await.map_err(plain)?;
    drop(teller);
    if json {
        output::json(&made)?;
        return Ok(true);
    }
    let Made { id, path, bytes, people, files, new_files, took_ms, .. } = &made;
    output::line(&format!(
        "{id}: {people} people, {files} documents ({new_files} new), {} in {:.1} s: {}",
        size(*bytes),
        seconds(*took_ms),
        path.display()
    ))?;
    if made.copied_files > 0 {
        output::say(&format!("{} documents were copied, as they lie on another disk", made.copied_files));
    }
    if !made.missing.is_empty() {
        output::say(&format!(
            "{} documents that the database names were not there, or are damaged: erased meanwhile, or lost before",
            made.missing.len()
        ));
    }
    for id in &made.removed.backups {
        output::say(&format!("removed {id}: it was older than {} days", config.backup.keep_days));
    }
    if let Some(reason) = &made.removed.stays {
        output::say(reason);
    }
    Ok(true)
}

fn list(config: &Config, json: bool) -> Result<bool> {
    let place = Place::of(config);
    let all = place.all().map_err(plain)?;
    if json {
        output::json(&all.iter().map(as_json).collect::<Vec<_>>())?;
        return Ok(true);
    }
    if all.is_empty() {
        output::say(&Error::None(place.dir().to_owned()).to_string());
    }
    for backup in &all {
        let verified = match &backup.verified {
            None => "not verified".to_owned(),
            Some(verified) if verified.damage.is_empty() => format!("verified {}", told(verified.at)),
            Some(verified) => format!("damaged, seen {}", told(verified.at)),
        };
        output::line(&match &backup.manifest {
            Ok(manifest) => format!(
                "{}  {}  {:<8} {:>9} {:>7} people {:>7} documents  {verified}",
                backup.id,
                told(backup.at),
                manifest.version,
                size(manifest.dump.bytes + manifest.files_bytes),
                manifest.people(),
                manifest.files,
            ),
            Err(reason) => format!("{}  {}  damaged: {reason}", backup.id, told(backup.at)),
        })?;
    }
    Ok(true)
}

fn as_json(backup: &Backup) -> serde_json::Value {
    let (manifest, damaged) = match &backup.manifest {
        Ok(manifest) => (Some(manifest), None),
        Err(reason) => (None, Some(reason)),
    };
    json!({
        "id": backup.id, "at": backup.at, "path": backup.path, "damaged": damaged, "verified": backup.verified,
        "version": manifest.map(|one| &one.version), "schema": manifest.map(|one| one.schema),
        "postgres": manifest.map(|one| one.postgres), "people": manifest.map(Manifest::people),
        "files": manifest.map(|one| one.files), "dump_bytes": manifest.map(|one| one.dump.bytes),
        "files_bytes": manifest.map(|one| one.files_bytes),
    })
}

async fn verify(config: &Config, id: Option<&str>, json: bool) -> Result<bool> {
    let teller = Teller::new();
    let tell = |progress| teller.tell(progress);
    let seen = backup::verify(config, id, &SystemClock, &tell).await.map_err(plain)?;
    drop(teller);
    let Seen { backup, verified, lost } = &seen;
    let sound = verified.damage.is_empty();
    if json {
        let (damage, at) = (&verified.damage, verified.at);
        output::json(&json!({ "id": backup.id, "sound": sound, "damage": damage, "lost": lost, "at": at }))?;
        return Ok(sound);
    }
    for damage in &verified.damage {
        output::line(&format!("{}: {}", damage.file, damage.problem))?;
    }
    if sound {
        output::line(&format!("{} is whole: {} documents", backup.id, backup.manifest().map_err(plain)?.files))?;
    } else {
        advise(config, &seen);
    }
    Ok(sound)
}

/// Says what becomes of a damaged backup, and what mends it.
fn advise(config: &Config, seen: &Seen) {
    let Seen { backup, verified, lost } = seen;
    let documents = verified.damage.iter().filter(|damage| damage.address().is_some()).count();
    if documents < verified.damage.len() {
        output::say(&format!("{} cannot be restored; make a new one: talentprompt backup create", backup.id));
    }
    if documents > lost.len() {
        output::say(&format!(
            "{} documents are whole in the appliance; to put them into the backups again: talentprompt backup create",
            documents - lost.len()
        ));
    }
    if !lost.is_empty() {
        output::say(&format!(
            "{} documents are damaged or missing in the appliance as well; put them into {} and {} from another copy of the \
             backups, or hand them in again",
            lost.len(),
            Place::of(config).dir().join("files").display(),
            config.files_dir().display()
        ));
    }
}

async fn restore(config: &Config, id: &str, confirm: bool, replace_kept: bool, json: bool) -> Result<bool> {
    let units = process::booted().then_some(&SystemBus as &dyn Units);
    let plan = backup::plan(config, id, replace_kept, units).await.map_err(plain)?;
    if !confirm {
        output::say(&format!(
            "This puts the database of {} ({} people, {} documents) in the place of the present one. What was written since \
             is no longer there; the present database is kept beside{}. Nothing was changed. To do it: {}talentprompt \
             backup restore {id} --confirm{}",
            told(plan.backup.at),
            plan.people,
            plan.files,
            if replace_kept { ", in the place of one that an earlier restoring kept" } else { "" },
            if plan.serving.is_empty() { String::new() } else { format!("{STOP}, then: ") },
            if replace_kept { " --replace-kept" } else { "" }
        ));
        return Ok(false);
    }
    let teller = Teller::new();
    let restored = backup::restore(config, &plan, &|progress| teller.tell(progress)).await.map_err(plain)?;
    drop(teller);
    let complete = restored.files_left_out.is_empty();
    let reindex = !config.vector.url.is_empty();
    if json {
        let undo = plan.here.then_some(UNDO);
        output::json(&json!({ "restored": restored, "reindex": reindex, "undo": undo }))?;
        return Ok(complete);
    }
    tell_restored(&plan, &restored, reindex)?;
    Ok(complete)
}

/// What returns to the database as it was before.
const UNDO: &str = "talentprompt migrate roll-back";

fn tell_restored(plan: &Plan, restored: &Restored, reindex: bool) -> Result<()> {
    let Restored { id, people, files_put_back, files_left_out, before, took_ms } = restored;
    output::line(&format!(
        "{id} is restored: {people} people, {files_put_back} documents put back, in {:.1} s",
        seconds(*took_ms)
    ))?;
    for damage in files_left_out {
        output::line(&format!("{}: {}", damage.file, damage.problem))?;
    }
    if !files_left_out.is_empty() {
        output::say(&format!(
            "{} documents were left out, for they are damaged or missing in the backup; everything else is there. Put them \
             back from another copy of the backups, or hand them in again",
            files_left_out.len()
        ));
    }
    let undo = if plan.here { format!("; to return to it: {UNDO}") } else { String::new() };
    output::say(&format!("the database as it was is kept as {before}{undo}"));
    output::say("start the appliance: systemctl start talentprompt.target");
    if reindex {
        output::say("the vector server still has the old index; when the appliance runs: talentprompt reindex");
    }
    Ok(())
}

async fn drill(config: &Config, json: bool) -> Result<bool> {
    let teller = Teller::new();
    let drill = backup::drill(config, &SystemClock, &|progress| teller.tell(progress)).await.map_err(plain)?;
    drop(teller);
    let passed = drill.differed.is_empty();
    if json {
        output::json(&drill)?;
        return Ok(passed);
    }
    let Drill { backup, people, files, took_ms, .. } = &drill;
    if passed {
        output::line(&format!(
            "{backup} can be restored: {people} people, {files} documents opened, in {:.1} s",
            seconds(*took_ms)
        ))?;
    }
    for differed in &drill.differed {
        output::line(&format!("{backup}: {differed}"))?;
    }
    Ok(passed)
}

fn size(bytes: u64) -> String {
    if bytes < 10 << 20 { format!("{} kB", bytes.div_ceil(1 << 10)) } else { format!("{} MB", bytes >> 20) }
}

fn seconds(milliseconds: u64) -> f64 {
    std::time::Duration::from_millis(milliseconds).as_secs_f64()
}
