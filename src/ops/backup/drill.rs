//! The drill: a backup that was never restored is a hope. The newest one is restored into a scratch database on the same
//! server, counted, a sample of its documents is opened, and the scratch database goes again.

use std::time::Instant;

use super::load::load;
use super::place::{Backup, DUMP, Place, differences};
use super::verify::{dump_problem, problem};
use super::{Progress, Result, Tell, need_database_room};
use crate::base::clock::Clock;
use crate::config::Config;
use crate::model::backup::{Drill, Manifest};
use crate::store::backups::{self, Beside};

/// How the name of the scratch database ends.
const SUFFIX: &str = "drill";

/// How many documents are opened, from all over the list.
const SAMPLE: usize = 100;

/// Tries the newest backup; how it went is written down beside the backups, also where it could not be tried.
pub async fn drill(config: &Config, clock: &dyn Clock, tell: Tell<'_>) -> Result<Drill> {
    let place = Place::of(config);
    place.find(None)?;
    let (_trying, _reading) = (place.trying()?, place.reading().await?);
    let (backup, started, at) = (place.find(None)?, Instant::now(), clock.now());
    let tried = attempt(config, &place, &backup, tell).await;
    let mut drill = Drill { at, backup: backup.id, took_ms: 0, people: 0, files: 0, differed: Vec::new() };
    match &tried {
        Ok(tried) => (drill.people, drill.files, drill.differed) = (tried.people, tried.files, tried.differed.clone()),
        Err(error) => drill.differed = vec![error.to_string()],
    }
    drill.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    place.note_drill(&drill)?;
    tried.map(|_| drill)
}

struct Tried {
    people: u64,
    files: u64,
    differed: Vec<String>,
}

async fn attempt(config: &Config, place: &Place, backup: &Backup, tell: Tell<'_>) -> Result<Tried> {
    let (manifest, url) = (backup.manifest()?, config.admin_url());
    need_database_room("a drill", config, &backups::look(url).await?, manifest)?;
    tell(Progress::Phase("reading the dump"));
    if let Some(problem) = dump_problem(backup, manifest).await? {
        return Ok(Tried { people: 0, files: 0, differed: vec![format!("{DUMP}: {problem}")] });
    }
    tell(Progress::Phase("restoring it into a scratch database"));
    let scratch = Beside::create(url, SUFFIX).await?;
    let counted = counted(backup, manifest, &scratch).await;
    let removed = scratch.remove().await;
    let (people, mut differed) = counted?;
    removed?;
    tell(Progress::Phase("opening documents"));
    let (files, damaged) = open_sample(place, backup).await?;
    differed.extend(damaged);
    Ok(Tried { people, files, differed })
}

/// How many people are in the scratch database, and what differs from the manifest.
async fn counted(backup: &Backup, manifest: &Manifest, scratch: &Beside) -> Result<(u64, Vec<String>)> {
    load(backup.path.join(DUMP), scratch).await?;
    let counts = scratch.counts().await?;
    Ok((counts.get("candidates").copied().unwrap_or_default(), differences(&manifest.counts, &counts)))
}

/// How many documents were opened, and what is wrong with them.
async fn open_sample(place: &Place, backup: &Backup) -> Result<(u64, Vec<String>)> {
    let (list, pool) = (backup.list()?, place.pool().await?);
    let (mut opened, mut damaged) = (0, Vec::new());
    for address in list.iter().step_by(list.len().div_ceil(SAMPLE).max(1)) {
        match pool.read(address).await {
            Ok(_) => opened += 1,
            Err(error) => damaged.push(format!("the document {address}: {}", problem(&error))),
        }
    }
    Ok((opened, damaged))
}
