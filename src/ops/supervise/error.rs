//! What can go wrong when a service is started, each with its way out: these messages are all that somebody
//! who typed `make demo` gets to see.

use std::io;
use std::path::{Path, PathBuf};

/// Why a supervised service did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program is neither on the PATH nor where Debian puts it.
    #[error("{program} is not installed. Install it with: apt install {package}")]
    MissingProgram {
        /// The program that was looked for.
        program: &'static str,
        /// The Debian package that carries it.
        package: &'static str,
    },
    /// Running as root, and the machine has no account that could be used instead.
    #[error(
        "Postgres refuses to run as root, and there is neither a user `postgres` nor `nobody` here to run it as. \
             Create one with: useradd --system postgres"
    )]
    NoAccount,
    /// Another live process of ours uses the directory.
    #[error("{} is in use by another talentprompt. Stop that one first, or choose another directory with --data", .0.display())]
    InUse(PathBuf),
    /// The directory holds something that we did not put there.
    #[error("{} is not empty and was not made by talentprompt. Move it away, or choose another directory with --data", .0.display())]
    NotOurs(PathBuf),
    /// The directory belongs to another user, usually because an earlier run was root's.
    #[error("{} belongs to {owner}, so this user cannot use it (an earlier run was probably started as root). \
             Start as root again, remove the directory, or choose another one with --data", .directory.display())]
    OwnedByOther {
        /// The directory.
        directory: PathBuf,
        /// Its owner's name, or number.
        owner: String,
    },
    /// The data were written by a version of Postgres that is not installed.
    #[error("{} was made by Postgres {made_by}, and installed here is {installed}. Install that version with: \
             apt install postgresql-{made_by}; or move the directory away to start anew", .directory.display())]
    OtherVersion {
        /// The data directory.
        directory: PathBuf,
        /// The major version in its `PG_VERSION`.
        made_by: String,
        /// The major versions that were found.
        installed: String,
    },
    /// The socket's path does not fit into the kernel's address structure.
    #[error("the socket path {} has {} bytes, and the system's limit is {limit}. Choose a shorter directory with --data",
            .path.display(), .path.as_os_str().len())]
    SocketPathTooLong {
        /// The path that is too long.
        path: PathBuf,
        /// The longest that fits, in bytes.
        limit: usize,
    },
    /// The file system is full.
    #[error("no space is left on the disk that holds {}. Free some, or choose another directory with --data", .0.display())]
    NoSpace(PathBuf),
    /// The service ended, or did not answer in time.
    #[error("{service} did not start ({how}). The end of its log, {}:\n{tail}", .log.display())]
    NotStarted {
        /// The service's name.
        service: &'static str,
        /// How it ended, or how long we waited.
        how: String,
        /// The whole log.
        log: PathBuf,
        /// The last lines that this start wrote.
        tail: String,
    },
    /// An orphan of an earlier run did not end, not even when it was killed.
    #[error("process {pid} of an earlier run still holds {} and does not end. Stop it by hand: kill -9 {pid}", .directory.display())]
    OrphanStays {
        /// Its process id.
        pid: i32,
        /// The directory that it works in.
        directory: PathBuf,
    },
    /// A file operation failed.
    #[error("could not {action} {}: {source}", .path.display())]
    Io {
        /// What was attempted, as a verb.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// Wraps an I/O error with what was attempted and where; a full disk gets its own message.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace(path.to_owned()),
            _ => Self::Io { action, path: path.to_owned(), source },
        }
    }
}
