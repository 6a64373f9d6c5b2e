//! Backups: made beside the data while everybody works, read again, restored, and tried.
//!
//! Below `[backup] dir` is a folder for each backup, named by its time, with the dump, the list of documents, the
//! manifest and the configuration; and `files`, the documents of all of them by their content, each once. A backup
//! appears by rename when it is complete.

mod create;
mod drill;
mod load;
pub mod owner;
mod place;
mod prune;
mod restore;
mod verify;

use std::io;
use std::path::{Path, PathBuf};

pub use self::create::{Made, create};
pub use self::drill::drill;
pub use self::place::{Backup, Place};
pub use self::prune::Removed;
pub use self::restore::{Plan, Restored, plan, restore};
pub use self::verify::{Seen, verify};
use crate::config::Config;
use crate::gateways::{dump, files};
use crate::model::backup::Manifest;
use crate::store;
use crate::store::backups::Subject;

/// What stops the appliance, so that its database can be exchanged.
pub const STOP: &str = "systemctl stop talentprompt.socket talentprompt.service";

/// Why something of backups was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Documents could not be read or kept.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// There is no dump.
    #[error(transparent)]
    Dump(#[from] dump::Error),
    /// A file of the backups cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder of backups is another one's, or nobody may write there.
    #[error(
        "{path}: {source}; the folder of backups must be the appliance's own: install -d -o talentprompt -g talentprompt \
         -m 700 {dir}, then: systemctl daemon-reload",
        path = path.display(), dir = dir.display()
    )]
    Denied {
        /// What was touched.
        path: PathBuf,
        /// The folder of backups.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else makes a backup.
    #[error("another backup is being made in {path} right now; wait until it is done", path = .0.display())]
    Busy(PathBuf),
    /// There is too little room.
    #[error(
        "{what} needs about {needed} MB on the disk of {path}, and {free} MB are free; make room \
         (du -xh -d2 / | sort -h | tail), then try again",
        path = path.display()
    )]
    NoRoom {
        /// What was to be done.
        what: &'static str,
        /// On whose disk.
        path: PathBuf,
        /// Megabytes that are needed.
        needed: u64,
        /// Megabytes that are free.
        free: u64,
    },
    /// There is no backup at all.
    #[error("there is no backup in {path} yet; make one: talentprompt backup create", path = .0.display())]
    None(PathBuf),
    /// There is no such backup.
    #[error("there is no backup `{0}`; see: talentprompt backup list")]
    Unknown(String),
    /// It may not or cannot be done, for this reason.
    #[error("{0}")]
    Refused(String),
}

/// The result of a function of backups.
pub type Result<T> = std::result::Result<T, Error>;

/// How far something has come, for whoever waits.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// This begins.
    Phase(&'static str),
    /// So many of so many documents are done.
    Files(usize, usize),
}

/// Who is told.
pub type Tell<'a> = &'a (dyn Fn(Progress) + Sync);

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error + '_ {
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Error::Files(files::Error::Full { path: path.to_owned() })
        }
        _ => Error::Io { path: path.to_owned(), source },
    }
}

/// Does work that waits for the disk.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::Refused(format!("the work was not finished: {error}"))))
}

/// What must be left over on a disk besides what is made.
const SPARE: u64 = 64 << 20;

/// How large the write-ahead log of Postgres may become while a dump is put into a database (`max_wal_size` as it is by
/// default).
const LOG: u64 = 1 << 30;

/// Refuses what puts a backup's database beside the present one, where that is on this machine and there is no room.
fn need_database_room(what: &'static str, config: &Config, subject: &Subject, manifest: &Manifest) -> Result<()> {
    if !subject.here {
        return Ok(());
    }
    let own = config.data.dir.join("postgres");
    let path = if own.exists() { own } else { config.data.dir.clone() };
    need_room(what, &path, manifest.database_bytes + manifest.database_bytes / 4 + LOG + SPARE)
}

/// Refuses what needs more room than there is on the disk of `path`.
fn need_room(what: &'static str, path: &Path, needed: u64) -> Result<()> {
    let Ok(disk) = rustix::fs::statvfs(path) else { return Ok(()) };
    let free = disk.f_bavail * disk.f_frsize;
    if free >= needed {
        return Ok(());
    }
    Err(Error::NoRoom { what, path: path.to_owned(), needed: needed.div_ceil(1 << 20), free: free >> 20 })
}
