//! Where backups lie: their folders, what is written beside them, and who may do what at the same time.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, Result, blocking, failed};
use crate::config::Config;
use crate::gateways::files::Files;
use crate::model::backup::{Attempt, Drill, Manifest, Verified, begun};

/// Of a backup.
pub(super) const DUMP: &str = "database.sql.gz";
pub(super) const LIST: &str = "files.txt";
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const SETTINGS: &str = "talentprompt.toml";
const VERIFIED: &str = "verified.json";

/// Beside the backups.
const POOL: &str = "files";
const ATTEMPT: &str = "last.json";
const DRILL: &str = "drill.json";
/// Held by whoever makes a backup, by whoever reads one, and by whoever tries one.
const MAKING: &str = ".making.lock";
const READING: &str = ".reading.lock";
const TRYING: &str = ".trying.lock";
/// How the name ends of what is not complete.
const HALF: &str = ".making";

/// The folder of backups.
#[derive(Debug, Clone)]
pub struct Place {
    dir: PathBuf,
}

/// A backup that is complete.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Its name.
    pub id: String,
    /// When it was begun.
    pub at: DateTime<Utc>,
    /// Its folder.
    pub path: PathBuf,
    /// What is in it, or why that cannot be read.
    pub manifest: std::result::Result<Manifest, String>,
    /// When it was last read as a whole.
    pub verified: Option<Verified>,
}

impl Backup {
    /// What is in it.
    ///
    /// # Errors
    /// Where the manifest cannot be read.
    pub fn manifest(&self) -> Result<&Manifest> {
        let what = |reason: &String| Error::Refused(format!("the backup {} is damaged: {reason}", self.id));
        self.manifest.as_ref().map_err(what)
    }

    /// The addresses of its documents, with nothing said of whether they are there.
    pub(super) fn list(&self) -> Result<Vec<String>> {
        let path = self.path.join(LIST);
        let text = fs::read_to_string(&path).map_err(failed(&path))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Writes down how it was found.
    pub(super) fn note(&self, verified: &Verified) -> Result<()> {
        write_json(&self.path.join(VERIFIED), verified)
    }
}

impl Place {
    /// That of a configuration.
    pub fn of(config: &Config) -> Self {
        Self { dir: config.backup_dir() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Every complete backup, the newest first.
    pub fn all(&self) -> Result<Vec<Backup>> {
        let entries = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(self.failed(&self.dir))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(self.failed(&self.dir))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(at) = begun(&name) else { continue };
            let path = entry.path();
            let (manifest, verified) = (read_json(&path.join(MANIFEST)), read_json(&path.join(VERIFIED)).ok());
            found.push(Backup { id: name, at, path, manifest, verified });
        }
        found.sort_by(|a, b| b.id.cmp(&a.id));
        Ok(found)
    }

    /// The backup of that name, or the newest.
    pub fn find(&self, id: Option<&str>) -> Result<Backup> {
        let all = self.all()?.into_iter();
        match id {
            Some(id) => all.into_iter().find(|one| one.id == id).ok_or_else(|| Error::Unknown(id.to_owned())),
            None => all.into_iter().next().ok_or_else(|| Error::None(self.dir.clone())),
        }
    }

    /// The documents of all backups.
    pub(super) async fn pool(&self) -> Result<Files> {
        Ok(Files::open(self.dir.join(POOL)).await?)
    }

    /// What became of a file of the backups, with what to do where it is not permitted.
    fn failed<'a>(&'a self, path: &'a Path) -> impl FnOnce(io::Error) -> Error + 'a {
        move |source| match failed(path)(source) {
            Error::Io { path, source } if is_denied(&source) => Error::Denied { path, dir: self.dir.clone(), source },
            other => other,
        }
    }

    /// Makes the folder where there is none.
    pub(super) fn prepare(&self) -> Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir).map_err(self.failed(&self.dir))
    }

    /// Refuses a folder that is the appliance's own, by whichever name: what no backup lists is deleted from it.
    pub(super) fn is_apart(&self, config: &Config) -> Result<()> {
        let real = |path: &Path| path.canonicalize().ok();
        let (dir, data) = (real(&self.dir), real(&config.data.dir));
        let refused = || {
            Error::Refused(format!(
                "{} is where the appliance keeps its own data, and backups remove what they do not list; name another \
                 folder in `[backup] dir`",
                self.dir.display()
            ))
        };
        let within = config.own_dirs().iter().any(|own| {
            let own = real(own);
            own.zip(dir.as_ref()).is_some_and(|(own, dir)| dir.starts_with(own))
        });
        if within || (dir.is_some() && dir == data) {
            return Err(refused());
        }
        let inode = |path: &Path| path.metadata().map(|found| (found.dev(), found.ino())).ok();
        let (pool, files) = (inode(&self.dir.join(POOL)), inode(&config.files_dir()));
        if pool.is_some() && pool == files { Err(refused()) } else { Ok(()) }
    }

    /// Addresses of documents that some backup was found to have damaged or missing.
    pub(super) fn doubted(&self) -> Result<HashSet<String>> {
        let found = self.all()?.into_iter().filter_map(|backup| backup.verified).flat_map(|verified| verified.damage);
        Ok(found.filter_map(|damage| damage.address().map(str::to_owned)).collect())
    }

    /// Makes the folder of a backup that is not complete.
    pub(super) fn half(&self, id: &str) -> Result<PathBuf> {
        let path = self.dir.join(format!("{id}{HALF}"));
        DirBuilder::new().mode(0o700).create(&path).map_err(self.failed(&path))?;
        Ok(path)
    }

    /// Completes it: everything is on the disk before it takes its name.
    pub(super) fn complete(&self, half: &Path, id: &str) -> Result<PathBuf> {
        let path = self.dir.join(id);
        let folder = File::open(&self.dir).map_err(self.failed(&self.dir))?;
        rustix::fs::syncfs(&folder).map_err(|error| self.failed(&self.dir)(error.into()))?;
        fs::rename(half, &path).map_err(self.failed(&path))?;
        folder.sync_all().map_err(self.failed(&self.dir))?;
        Ok(path)
    }

    /// Removes what was begun and never completed.
    pub(super) fn sweep(&self) -> Result<()> {
        for entry in fs::read_dir(&self.dir).map_err(self.failed(&self.dir))? {
            let path = entry.map_err(self.failed(&self.dir))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.strip_suffix(HALF).is_some_and(|id| begun(id).is_some()) {
                fs::remove_dir_all(&path).map_err(self.failed(&path))?;
            }
        }
        Ok(())
    }

    /// Takes the turn to make a backup, until the answer is dropped.
    pub(super) fn turn(&self) -> Result<File> {
        let lock = self.lock(MAKING)?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => Error::Busy(self.dir.clone()),
            fs::TryLockError::Error(source) => self.failed(&self.dir.join(MAKING))(source),
        })?;
        Ok(lock)
    }

    /// Takes the turn to try a backup, until the answer is dropped: there is one scratch database.
    pub(super) fn trying(&self) -> Result<File> {
        let lock = self.lock(TRYING)?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => {
                Error::Refused("another drill is on its way right now; wait until it is done".to_owned())
            }
            fs::TryLockError::Error(source) => self.failed(&self.dir.join(TRYING))(source),
        })?;
        Ok(lock)
    }

    /// Keeps everything there, until the answer is dropped.
    pub(super) async fn reading(&self) -> Result<File> {
        let place = self.clone();
        blocking(move || {
            let lock = place.lock(READING)?;
            lock.lock_shared().map_err(place.failed(&place.dir.join(READING)))?;
            Ok(lock)
        })
        .await
    }

    /// The right to remove something, until the answer is dropped; nothing where somebody reads.
    pub(super) fn removing(&self) -> Result<Option<File>> {
        let lock = self.lock(READING)?;
        Ok(lock.try_lock().is_ok().then_some(lock))
    }

    fn lock(&self, name: &str) -> Result<File> {
        let path = self.dir.join(name);
        File::options().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(self.failed(&path))
    }

    /// Whether a backup is being made at this moment. Makes nothing: whoever asks may be another user.
    pub fn is_busy(&self) -> bool {
        let held = |lock: File| matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock));
        File::open(self.dir.join(MAKING)).is_ok_and(held)
    }

    /// How the last attempt to make one went.
    pub fn attempt(&self) -> Option<Attempt> {
        read_json(&self.dir.join(ATTEMPT)).ok()
    }

    pub(super) fn note_attempt(&self, attempt: &Attempt) -> Result<()> {
        write_json(&self.dir.join(ATTEMPT), attempt)
    }

    /// How the last drill went.
    pub fn drill(&self) -> Option<Drill> {
        read_json(&self.dir.join(DRILL)).ok()
    }

    pub(super) fn note_drill(&self, drill: &Drill) -> Result<()> {
        write_json(&self.dir.join(DRILL), drill)
    }
}

fn is_denied(source: &io::Error) -> bool {
    matches!(source.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// What differs between two lists of counts, in words.
pub(super) fn differences(expected: &BTreeMap<String, u64>, found: &BTreeMap<String, u64>) -> Vec<String> {
    let tables: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let count = |counts: &BTreeMap<String, u64>, table: &str| counts.get(table).copied().unwrap_or_default();
    let pairs = tables.into_iter().map(|table| (table, count(expected, table), count(found, table)));
    let differing = pairs.filter(|(_, expected, found)| expected != found);
    differing.map(|(table, expected, found)| format!("{table}: {found} rows instead of {expected}")).collect()
}

fn read_json<T: DeserializeOwned>(path: &Path) -> std::result::Result<T, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let bytes = fs::read(path).map_err(|error| format!("{name}: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{name}: {error}"))
}

pub(super) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| failed(path)(error.into()))?;
    write(path, format!("{text}\n").as_bytes())
}

/// Writes a file that its owner alone can read, whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed(path))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed(path))?;
    file.persist(path).map_err(|error| failed(path)(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_complete_is_never_listed_and_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place { dir: folder.path().join("backups") };
        assert!(place.all().unwrap().is_empty());
        place.prepare().unwrap();
        let half = place.half("20261127T003351Z").unwrap();
        assert!(place.all().unwrap().is_empty());
        assert!(matches!(place.find(None), Err(Error::None(_))));
        place.complete(&half, "20261127T003351Z").unwrap();
        place.half("20261127T003352Z").unwrap();
        place.sweep().unwrap();
        let all = place.all().unwrap();
        assert_eq!(all.len(), 1);
        assert!(all[0].manifest.as_ref().unwrap_err().contains("manifest.json"));
        assert_eq!(place.find(Some("20261127T003351Z")).unwrap().id, all[0].id);
        assert!(matches!(place.find(Some("20261127T003352Z")), Err(Error::Unknown(_))));
    }

    #[test]
    fn one_makes_a_backup_at_a_time_and_nothing_is_removed_while_somebody_reads() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place { dir: folder.path().to_owned() };
        let turn = place.turn().unwrap();
        assert!(place.is_busy());
        drop(turn);
        assert!(!place.is_busy());
        let reading = place.lock(READING).unwrap();
        reading.lock_shared().unwrap();
        assert!(place.removing().unwrap().is_none());
        drop(reading);
        assert!(place.removing().unwrap().is_some());
    }

    #[test]
    fn one_tries_a_backup_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place { dir: folder.path().to_owned() };
        let trying = place.trying().unwrap();
        assert!(place.trying().unwrap_err().to_string().contains("another drill"));
        drop(trying);
        place.trying().unwrap();
    }

    #[test]
    fn what_is_not_permitted_names_the_folder_of_backups_and_not_the_one_above() {
        let place = Place { dir: "/mnt/backups".into() };
        let told = place.failed(Path::new("/mnt/backups"))(io::ErrorKind::PermissionDenied.into()).to_string();
        assert!(told.ends_with("-m 700 /mnt/backups, then: systemctl daemon-reload"), "{told}");
    }

    #[test]
    fn counts_that_differ_are_named() {
        let expected = BTreeMap::from([("candidates".to_owned(), 2), ("users".to_owned(), 1)]);
        let found = BTreeMap::from([("candidates".to_owned(), 1), ("users".to_owned(), 1)]);
        assert_eq!(differences(&expected, &found), ["candidates: 1 rows instead of 2"]);
        assert!(differences(&found, &found).is_empty());
    }
}
