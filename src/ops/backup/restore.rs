//! Restoring: into a new database beside the one there is, which takes its place when it is complete and not before.
//! Interrupted at any point it is simply begun again.

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use serde::Serialize;

use super::load::load;
use super::place::{Backup, DUMP, Place, differences};
use super::verify::{damage, damaged_documents};
use super::{Error, Progress, Result, STOP, Tell, need_database_room};
use crate::config::Config;
use crate::gateways::files::{Adopted, Files};
use crate::gateways::systemd::Units;
use crate::model::backup::{Damage, Manifest, is_later};
use crate::store::backups::{self, Beside, Subject};
use crate::store::schema::VERSION;

/// How the name of the database ends that is not complete.
const SUFFIX: &str = "restoring";

/// How many damages are named in one message.
const NAMED: usize = 3;

/// A restoring that may be done.
#[derive(Debug)]
pub struct Plan {
    /// The backup.
    pub backup: Backup,
    /// People in it.
    pub people: u64,
    /// Documents in it.
    pub files: u64,
    /// Who is served or uses the database, so that it cannot be exchanged yet.
    pub serving: Vec<String>,
    /// Whether the database is on this machine, so that `migrate roll-back` undoes it.
    pub here: bool,
    /// Whether the database as it was before an earlier restoring may be lost.
    pub replace_kept: bool,
}

/// What was restored.
#[derive(Debug, Clone, Serialize)]
pub struct Restored {
    /// The backup.
    pub id: String,
    /// People that there are now.
    pub people: u64,
    /// Documents that were not there any more, or not whole.
    pub files_put_back: u64,
    /// Documents of the backup that are damaged or missing in it and in the store, so that they are not there now.
    pub files_left_out: Vec<Damage>,
    /// The name of the database as it was before.
    pub before: String,
    /// Milliseconds.
    pub took_ms: u64,
}

/// Looks whether the backup `id` can be restored here, and what keeps it from being so now; changes nothing. What an
/// earlier restoring kept is in the way unless it may be replaced.
pub async fn plan(config: &Config, id: &str, replace_kept: bool, units: Option<&dyn Units>) -> Result<Plan> {
    let backup = Place::of(config).find(Some(id))?;
    let manifest = backup.manifest()?.clone();
    let subject = backups::look(config.admin_url()).await?;
    fits(&manifest, &subject)?;
    if !replace_kept {
        spare_kept(config, id, subject.here).await?;
    }
    need_database_room("restoring", config, &subject, &manifest)?;
    let serving = serving(&subject, units).await;
    Ok(Plan { people: manifest.people(), files: manifest.files, serving, here: subject.here, replace_kept, backup })
}

/// Refuses to replace what an earlier restoring kept: it may be the only copy of what was written until then.
async fn spare_kept(config: &Config, id: &str, here: bool) -> Result<()> {
    let Some(kept) = backups::kept(config.admin_url()).await? else { return Ok(()) };
    let at = kept.made_at().map(|at| format!(", of {at}")).unwrap_or_default();
    let back = if here { "to return to it: talentprompt migrate roll-back; " } else { "" };
    Err(Error::Refused(format!(
        "the database as it was before an earlier restoring is kept as {}{at}, and restoring again would remove it; \
         {back}if it may be lost: talentprompt backup restore {id} --replace-kept --confirm",
        kept.name
    )))
}

/// Refuses what this program or this Postgres cannot work with.
fn fits(manifest: &Manifest, subject: &Subject) -> Result<()> {
    let Manifest { version, schema, postgres, .. } = manifest;
    if *schema > subject.schema.program || is_later(version, VERSION) {
        return Err(Error::Refused(format!(
            "the backup was made by version {version} (schema {schema}), and this is version {VERSION} (schema {}); \
             install {version} or a later one first: apt install talentprompt={version}",
            subject.schema.program
        )));
    }
    if *postgres > subject.postgres {
        return Err(Error::Refused(format!(
            "the backup is of PostgreSQL {postgres}, and the database here is of PostgreSQL {}; move it first: apt install \
             postgresql-{postgres}, then: talentprompt migrate postgres",
            subject.postgres
        )));
    }
    if !subject.may_create {
        return Err(Error::Refused(
            "the role of `[database] admin_url` may not make databases, and a backup is restored into a new one beside; as \
             the administrator of that server: alter role NAME createdb"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Who is served, or would be at the next request.
async fn serving(subject: &Subject, units: Option<&dyn Units>) -> Vec<String> {
    let mut serving = subject.users.clone();
    for unit in ["talentprompt.socket", "talentprompt.service"] {
        let Some(units) = units else { continue };
        let rests = |active: &str| matches!(active, "inactive" | "failed" | "");
        let active = units.state(unit).await.is_ok_and(|state| !rests(&state.active));
        serving.extend(active.then(|| unit.to_owned()));
    }
    serving
}

/// Restores: verifies, fills a database beside, puts missing documents back, and exchanges the databases last. Documents
/// that are damaged in the backup are left out; anything else that is damaged keeps it from being restored.
pub async fn restore(config: &Config, plan: &Plan, tell: Tell<'_>) -> Result<Restored> {
    if !plan.serving.is_empty() {
        return Err(Error::Refused(format!(
            "the appliance serves ({}); stop it first, its database goes on: {STOP}",
            plan.serving.join(", ")
        )));
    }
    let (started, place, backup) = (Instant::now(), Place::of(config), &plan.backup);
    // Neither is anything removed meanwhile, nor the database dumped when it is to be exchanged.
    let (_turn, _reading) = (place.turn()?, place.reading().await?);
    // Another one may have ended since it was planned.
    if !plan.replace_kept {
        spare_kept(config, &backup.id, plan.here).await?;
    }
    let damage = damage(backup, tell).await?;
    if !damage.is_empty() {
        let named: Vec<_> = damage.iter().take(NAMED).map(|one| format!("{}: {}", one.file, one.problem)).collect();
        return Err(Error::Refused(format!(
            "the backup is damaged ({} of its files), and nothing was changed: {}; see all: talentprompt backup verify {}; \
             others: talentprompt backup list",
            damage.len(),
            named.join("; "),
            backup.id
        )));
    }
    tell(Progress::Phase("restoring the database beside the present one"));
    let beside = Beside::create(config.admin_url(), SUFFIX).await?;
    let filled = async {
        let counts = fill(backup, &beside).await?;
        beside.settle().await?;
        Ok((counts, put_back(config, &place, backup, tell).await?))
    };
    let (counts, (files_put_back, files_left_out)) = match filled.await {
        Ok(filled) => filled,
        Err(error) => {
            // The next attempt removes it where this cannot.
            drop(beside.remove().await);
            return Err(error);
        }
    };
    tell(Progress::Phase("putting it in place"));
    let before = beside.put_in_place().await?;
    Ok(Restored {
        id: backup.id.clone(),
        people: counts.get("candidates").copied().unwrap_or_default(),
        files_put_back,
        files_left_out,
        before,
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// Puts a backup's dump into a database, which must hold then what the manifest says.
async fn fill(backup: &Backup, beside: &Beside) -> Result<BTreeMap<String, u64>> {
    load(backup.path.join(DUMP), beside).await?;
    let counts = beside.counts().await?;
    let differing = differences(&backup.manifest()?.counts, &counts);
    if differing.is_empty() {
        return Ok(counts);
    }
    Err(Error::Refused(format!("what was restored is not what the manifest says: {}", differing.join(", "))))
}

/// Puts documents back that are not there any more, or not whole; answers how many, and which could not be.
async fn put_back(config: &Config, place: &Place, backup: &Backup, tell: Tell<'_>) -> Result<(u64, Vec<Damage>)> {
    let (files, pool) = (Files::open(config.files_dir()).await?, place.pool().await?);
    let list = backup.list()?;
    let damaged = damaged_documents(place, &list, tell).await?;
    let unusable: HashSet<_> = damaged.iter().filter_map(Damage::address).collect();
    tell(Progress::Phase("putting documents back"));
    let mut put = 0;
    for (done, address) in list.iter().enumerate().filter(|(_, address)| !unusable.contains(address.as_str())) {
        tell(Progress::Files(done, list.len()));
        // What is here may be damaged, and the backup's was just read.
        match files.adopt(&pool, address, true).await? {
            Adopted::Kept => {}
            Adopted::Linked | Adopted::Copied => put += 1,
        }
    }
    let mut left_out = Vec::new();
    for damage in damaged {
        let here = match damage.address() {
            Some(address) => files.read(address).await.is_ok(),
            None => false,
        };
        left_out.extend((!here).then_some(damage));
    }
    Ok((put, left_out))
}
