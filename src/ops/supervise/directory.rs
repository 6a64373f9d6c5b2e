//! The directories of a supervised service: made private, held by one process at a time, and refused when they
//! are somebody else's.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::account::{Account, name_of};
use super::error::Error;

/// The longest socket path in bytes: `sun_path` has 108 with the closing NUL (unix(7)).
const SOCKET_PATH_LIMIT: usize = 107;
/// How much of a log an error message repeats.
const TAIL_LINES: usize = 12;

/// Makes `directory` (and what is above it), closed to everybody but `account`, and answers its absolute path.
///
/// A directory that is already there is taken over only when it is the account's, or empty and ours to give: a
/// mistyped path must never hand somebody else's files to a service.
pub(super) fn private(directory: &Path, account: &Account) -> Result<PathBuf, Error> {
    if let Some(parent) = directory.parent() {
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    }
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(Error::io("create", directory)(error));
        }
        _ => {}
    }
    let directory = directory.canonicalize().map_err(Error::io("open", directory))?;
    let found = fs::metadata(&directory).map_err(Error::io("look at", &directory))?;
    let us = rustix::process::geteuid().as_raw();
    if found.uid() != account.uid {
        if us != 0 {
            return Err(Error::OwnedByOther { owner: name_of(found.uid()), directory });
        }
        let shared = found.mode() & 0o022 != 0;
        if shared || !is_empty(&directory)? {
            return Err(Error::NotOurs(directory));
        }
        chown(&directory, Some(account.uid), Some(account.gid)).map_err(Error::io("hand over", &directory))?;
    }
    fs::set_permissions(&directory, Permissions::from_mode(0o700)).map_err(Error::io("close", &directory))?;
    Ok(directory)
}

/// Whether a directory has no entries.
pub(super) fn is_empty(directory: &Path) -> Result<bool, Error> {
    Ok(fs::read_dir(directory).map_err(Error::io("read", directory))?.next().is_none())
}

/// Takes the lock that says "this process uses this directory"; the kernel frees it when the process ends.
pub(super) fn lock(directory: &Path) -> Result<File, Error> {
    let path = beside(directory, "lock");
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    }
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).open(&path).map_err(Error::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", &path)(error)),
    }
}

/// The path `<directory>.<suffix>`.
pub(super) fn beside(directory: &Path, suffix: &str) -> PathBuf {
    let mut name = directory.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Fails when a client could not connect to a socket of this path.
pub(super) fn fits_an_address(socket: PathBuf) -> Result<PathBuf, Error> {
    if socket.as_os_str().len() > SOCKET_PATH_LIMIT {
        return Err(Error::SocketPathTooLong { path: socket, limit: SOCKET_PATH_LIMIT });
    }
    Ok(socket)
}

/// A path inside a URL: everything but plain letters, digits and `/._-~` percent-encoded (RFC 3986).
pub(super) fn in_url(path: &Path) -> String {
    let encoded = |byte: &u8| match byte {
        b'/' | b'.' | b'_' | b'-' | b'~' => char::from(*byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    path.as_os_str().as_encoded_bytes().iter().map(encoded).collect()
}

/// The log of a service, and where in it this start began.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
    begin: u64,
}

impl Log {
    /// Opens a log for appending.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(Error::io("open", path))?;
        let begin = file.metadata().map_err(Error::io("look at", path))?.len();
        Ok(Self { path: path.to_owned(), file, begin })
    }

    /// A handle for a child to print to.
    pub(super) fn for_child(&self) -> Result<File, Error> {
        self.file.try_clone().map_err(Error::io("open", &self.path))
    }

    /// The error for a service that did not start, with its own last words; a full disk is said plainly.
    pub(super) fn not_started(&self, service: &'static str, how: String, directory: &Path) -> Error {
        let mut written = Vec::new();
        if let Ok(mut file) = File::open(&self.path)
            && file.seek(SeekFrom::Start(self.begin)).is_ok()
        {
            // What cannot be read is missing from the message; the message is worth giving all the same.
            drop(file.read_to_end(&mut written));
        }
        let written = String::from_utf8_lossy(&written);
        if written.contains("No space left on device") {
            return Error::NoSpace(directory.to_owned());
        }
        let lines = written.lines().collect::<Vec<_>>();
        let tail = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
        Error::NotStarted { service, how, log: self.path.clone(), tail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ourselves() -> Account {
        Account { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw() }
    }

    #[test]
    fn a_directory_is_made_with_its_parents_and_closed_to_others() {
        let root = tempfile::tempdir().unwrap();
        let made = private(&root.path().join("a/b"), &ourselves()).unwrap();
        assert_eq!(fs::metadata(made).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_second_holder_of_a_directory_is_told_so() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("data");
        let held = lock(&directory).unwrap();
        assert!(matches!(lock(&directory), Err(Error::InUse(_))));
        drop(held);
        lock(&directory).unwrap();
    }

    #[test]
    fn a_directory_with_foreign_files_is_never_handed_over() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("letter.txt"), "mine").unwrap();
        let stranger = Account { uid: ourselves().uid + 1, gid: ourselves().gid };
        let refused = private(root.path(), &stranger).unwrap_err();
        assert!(matches!(refused, Error::NotOurs(_) | Error::OwnedByOther { .. }), "{refused}");
        assert_eq!(fs::metadata(root.path()).unwrap().uid(), ourselves().uid);
    }

    #[test]
    fn a_socket_path_that_does_not_fit_is_refused_with_its_length() {
        let fits = PathBuf::from("/".repeat(SOCKET_PATH_LIMIT));
        assert!(fits_an_address(fits.clone()).is_ok());
        let message = fits_an_address(fits.join("x")).unwrap_err().to_string();
        assert!(message.contains("108 bytes") && message.contains("--data"), "{message}");
    }

    #[test]
    fn a_path_with_spaces_and_umlauts_survives_a_url() {
        assert_eq!(in_url(Path::new("/tmp/a b/ü+%")), "/tmp/a%20b/%C3%BC%2B%25");
    }

    #[test]
    fn a_full_disk_is_said_plainly_and_only_this_starts_words_are_repeated() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("log");
        fs::write(&path, "FATAL: No space left on device\n").unwrap();
        let log = Log::open(&path).unwrap();
        fs::write(&path, "FATAL: No space left on device\nFATAL: something else\n").unwrap();
        let message = log.not_started("Postgres", "exit status: 1".to_owned(), root.path()).to_string();
        assert!(message.contains("something else") && !message.contains("No space"), "{message}");
        fs::write(&path, "FATAL: No space left on device\nPANIC: No space left on device\n").unwrap();
        assert!(matches!(log.not_started("Postgres", String::new(), root.path()), Error::NoSpace(_)));
    }
}
