//! Making a backup: the database first, then the documents that it names. What is uploaded in between is of the next one;
//! what is erased in between is told as missing.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::place::{DUMP, LIST, MANIFEST, Place, SETTINGS, write, write_json};
use super::prune::{Removed, prune};
use super::{Error, Progress, Result, SPARE, Tell, blocking, need_room};
use crate::base::clock::Clock;
use crate::base::secret::{hex, sha256};
use crate::config::Config;
use crate::gateways::dump;
use crate::gateways::files::{Adopted, Error as FileError, Files};
use crate::model::backup::{Attempt, Manifest, Part, id};
use crate::model::dump::{Line, Reader, hexadecimal};
use crate::ops::cluster;
use crate::store::backups::{self, Subject};
use crate::store::schema::VERSION;

/// A backup that was made.
#[derive(Debug, Clone, Serialize)]
pub struct Made {
    /// Its name.
    pub id: String,
    /// Its folder.
    pub path: PathBuf,
    /// Bytes that it took of the disk: the dump, and documents that had to be copied.
    pub bytes: u64,
    /// People in it.
    pub people: u64,
    /// Documents in it.
    pub files: u64,
    /// Of these, new since the backups before.
    pub new_files: u64,
    /// Of these, copied, because they lie on another disk.
    pub copied_files: u64,
    /// Addresses of documents that resumes are of and that were not there, or are damaged.
    pub missing: Vec<String>,
    /// Milliseconds.
    pub took_ms: u64,
    /// What was removed because its time is over.
    pub removed: Removed,
}

/// Makes a backup, with `settings` as the configuration's text, then removes those whose time is over.
pub async fn create(config: &Config, settings: Option<&str>, clock: &dyn Clock, tell: Tell<'_>) -> Result<Made> {
    let place = Place::of(config);
    place.prepare()?;
    place.is_apart(config)?;
    let _turn = place.turn()?;
    let begun = clock.now();
    place.note_attempt(&Attempt { begun, ended: None, error: None })?;
    let made = attempt(config, &place, settings, clock, tell).await;
    let error = made.as_ref().err().map(ToString::to_string);
    let noted = place.note_attempt(&Attempt { begun, ended: Some(clock.now()), error });
    let made = made?;
    noted?;
    Ok(made)
}

async fn attempt(
    config: &Config,
    place: &Place,
    settings: Option<&str>,
    clock: &dyn Clock,
    tell: Tell<'_>,
) -> Result<Made> {
    let started = Instant::now();
    place.sweep()?;
    let subject = backups::look(config.admin_url()).await?;
    let program = program(&subject)?;
    let (files, pool) = (Files::open(config.files_dir()).await?, place.pool().await?);
    need_room("a backup", place.dir(), room(config, place, &subject, [&files, &pool]).await?)?;
    let at = moment(place, clock.now())?;
    let half = place.half(&id(at))?;
    let filled = async {
        tell(Progress::Phase("reading the database"));
        let seen = dump(&program, config.admin_url(), &half).await?;
        let taken = take(&files, &pool, &seen.named, &place.doubted()?, tell).await?;
        let manifest = Manifest {
            version: VERSION.to_owned(),
            schema: subject.schema.schema,
            at,
            postgres: subject.postgres,
            database_bytes: subject.bytes,
            counts: seen.counts,
            dump: seen.part,
            list: write_list(&half, &taken.addresses)?,
            files: taken.addresses.len() as u64,
            files_bytes: taken.bytes,
            missing: seen.resumes.difference(&taken.addresses).cloned().collect(),
        };
        if let Some(settings) = settings {
            write(&half.join(SETTINGS), settings.as_bytes())?;
        }
        write_json(&half.join(MANIFEST), &manifest)?;
        Ok::<_, Error>((place.complete(&half, &id(at))?, manifest, taken))
    };
    let (path, manifest, taken) = match filled.await {
        Ok(filled) => filled,
        Err(error) => {
            // The next one removes it where this cannot.
            drop(fs::remove_dir_all(&half));
            return Err(error);
        }
    };
    let removed = prune(place, &pool, config.backup.keep_days, clock.now()).await?;
    Ok(Made {
        id: id(at),
        path,
        bytes: manifest.dump.bytes + manifest.list.bytes + taken.copied_bytes,
        people: manifest.people(),
        files: manifest.files,
        new_files: taken.new,
        copied_files: taken.copied,
        missing: manifest.missing,
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        removed,
    })
}

/// When the backup is begun, as its name says it: later than the one before, also within a second of it.
fn moment(place: &Place, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let all = place.all()?;
    // One whose clock was wrong by more says nothing of the order.
    let newest = all.iter().map(|backup| backup.at).find(|at| *at < now + TimeDelta::minutes(1));
    let mut at = newest.map_or(now, |newest| now.max(newest + TimeDelta::seconds(1)));
    while all.iter().any(|backup| backup.id == id(at)) {
        at += TimeDelta::seconds(1);
    }
    Ok(at)
}

/// The program that dumps this database.
fn program(subject: &Subject) -> Result<PathBuf> {
    if subject.schema.schema == 0 {
        return Err(Error::Refused(
            "the database is empty, so there is nothing to back up; start the appliance: systemctl start \
             talentprompt.target"
                .to_owned(),
        ));
    }
    if !subject.hidden.is_empty() {
        return Err(Error::Refused(format!(
            "the role of `[database] admin_url` cannot read every row of: {}; name the role that owns the tables, or bring \
             the schema up to date: talentprompt migrate up",
            subject.hidden.join(", ")
        )));
    }
    let major = subject.postgres;
    cluster::client("pg_dump", major).ok_or_else(|| {
        Error::Refused(format!(
            "the database is of PostgreSQL {major}, and no pg_dump of this or a later version is installed: \
             apt install postgresql-client-{major}"
        ))
    })
}

/// About how many bytes the backup takes.
async fn room(config: &Config, place: &Place, subject: &Subject, [files, pool]: [&Files; 2]) -> Result<u64> {
    let before = place.all()?.into_iter().find_map(|backup| backup.manifest.ok());
    let dump = dump_room(subject.bytes, before.as_ref());
    let device = |path: &Path| path.metadata().map(|found| found.dev()).ok();
    let copied = if device(&config.files_dir()) == device(place.dir()) {
        0
    } else {
        let kept = pool.addresses().await?;
        let new = files.addresses().await?.into_iter().filter(|(address, _)| !kept.contains_key(address));
        new.map(|(_, bytes)| bytes).sum()
    };
    Ok(dump.saturating_add(copied).saturating_add(SPARE))
}

/// About how many bytes the dump of a database of `bytes` takes: it grows as the database did since the backup `before`.
/// The first one has neither indexes nor dead rows, and is packed.
fn dump_room(bytes: u64, before: Option<&Manifest>) -> u64 {
    let Some(before) = before else { return bytes / 2 };
    let scaled = u128::from(before.dump.bytes) * u128::from(bytes) / u128::from(before.database_bytes.max(1));
    u64::try_from(scaled + scaled / 4).unwrap_or(u64::MAX)
}

/// What was seen of a dump on its way.
#[derive(Debug, Default)]
struct Seen {
    part: Part,
    counts: BTreeMap<String, u64>,
    /// Addresses of all documents that the database names.
    named: BTreeSet<String>,
    /// Addresses of the documents that resumes are of. Uploads can do without: archives are not kept.
    resumes: BTreeSet<String>,
}

async fn dump(program: &Path, url: &str, half: &Path) -> Result<Seen> {
    let (program, url, path) = (program.to_owned(), url.to_owned(), half.join(DUMP));
    blocking(move || {
        let (mut seen, mut reader) = (Seen::default(), Reader::default());
        let (mut table, mut content) = (String::new(), None);
        seen.part = dump::make(&program, &url, &path, |line| match reader.read(line) {
            Line::Table(found) => {
                content = found.columns.iter().position(|column| column == "content_hash");
                content = content.filter(|_| matches!(found.name.as_str(), "resumes" | "uploads"));
                table = found.name;
                seen.counts.insert(table.clone(), 0);
            }
            Line::Row => {
                *seen.counts.entry(table.clone()).or_default() += 1;
                if let Some(address) = content.and_then(|column| hexadecimal(line, column)) {
                    seen.named.insert(address.to_owned());
                    seen.resumes.extend((table == "resumes").then(|| address.to_owned()));
                }
            }
            Line::Statement | Line::Client | Line::End => {}
        })?;
        Ok(seen)
    })
    .await
}

/// What was taken into the pool.
#[derive(Debug, Default)]
struct Taken {
    addresses: BTreeSet<String>,
    bytes: u64,
    new: u64,
    copied: u64,
    copied_bytes: u64,
}

/// Takes the documents that are `named`; what else lies in the store is of nobody. Of those that are `doubted`, what the
/// pool has is read.
async fn take(
    files: &Files,
    pool: &Files,
    named: &BTreeSet<String>,
    doubted: &HashSet<String>,
    tell: Tell<'_>,
) -> Result<Taken> {
    tell(Progress::Phase("keeping the documents"));
    let mut found = files.addresses().await?;
    found.retain(|address, _| named.contains(address));
    let (total, mut taken) = (found.len(), Taken::default());
    for (done, (address, bytes)) in found.into_iter().enumerate() {
        tell(Progress::Files(done, total));
        match pool.adopt(files, &address, doubted.contains(&address)).await {
            // Erased at this moment; or it is damaged in both, or a copy of it would be worth nothing, and it is told as missing.
            Err(FileError::Missing { .. } | FileError::Damaged { .. }) => continue,
            adopted => match adopted? {
                Adopted::Kept => {}
                Adopted::Linked => taken.new += 1,
                Adopted::Copied => {
                    (taken.new, taken.copied) = (taken.new + 1, taken.copied + 1);
                    taken.copied_bytes += bytes;
                }
            },
        }
        taken.bytes += bytes;
        taken.addresses.insert(address);
    }
    tell(Progress::Files(total, total));
    Ok(taken)
}

fn write_list(half: &Path, addresses: &BTreeSet<String>) -> Result<Part> {
    let text: String = addresses.iter().flat_map(|address| [address.as_str(), "\n"]).collect();
    write(&half.join(LIST), text.as_bytes())?;
    Ok(Part { bytes: text.len() as u64, sha256: hex(&sha256(text.as_bytes())) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_expected_to_have_grown_as_the_database_did() {
        let part = |bytes| Part { bytes, sha256: String::new() };
        let before = Manifest {
            version: VERSION.to_owned(),
            schema: 1,
            at: DateTime::UNIX_EPOCH,
            postgres: 17,
            database_bytes: 1_000,
            counts: BTreeMap::new(),
            dump: part(400),
            list: part(0),
            files: 0,
            files_bytes: 0,
            missing: Vec::new(),
        };
        assert_eq!(dump_room(1_000, None), 500);
        assert_eq!(dump_room(1_000, Some(&before)), 500);
        assert_eq!(dump_room(10_000, Some(&before)), 5_000);
    }
}
