//! The original bytes of every upload, content-addressed: the same bytes are kept once, a name never reaches the disk,
//! and a half-written file is never seen because a file appears by rename after its bytes are safe.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::base::secret::hex;

/// Why a file could not be kept or had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk is full or the quota used up.
    #[error("no space left for {path}: free some space on its disk, then try again")]
    Full {
        /// What was being written.
        path: PathBuf,
    },
    /// The disk can only be read.
    #[error("{path} is on a disk that can only be read: see why with `talentprompt doctor`")]
    ReadOnly {
        /// What was being written.
        path: PathBuf,
    },
    /// The process may not.
    #[error("no permission for {path}: it must belong to the user TalentPrompt runs as")]
    Permission {
        /// What was touched.
        path: PathBuf,
    },
    /// No such content.
    #[error("no stored file with the content address {hash}")]
    Missing {
        /// The address asked for.
        hash: String,
    },
    /// Not 64 lower-case hexadecimal digits.
    #[error("{0:?} is not a content address")]
    Address(String),
    /// The bytes on disk are no longer those that were stored.
    #[error("{path} is damaged on disk: its content no longer has its address; restore it from a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Anything else the operating system says.
    #[error("{path}: {source}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A directory of content-addressed files.
#[derive(Debug, Clone)]
pub struct Files {
    root: PathBuf,
}

impl Files {
    /// Opens the store in `root`, made if absent, readable by its owner alone.
    pub async fn open(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let root = root.into();
        blocking(move || {
            make_directory(&root)?;
            // A start proves that writing works, before the first upload does.
            NamedTempFile::new_in(&root).map_err(|source| failed(&root, source))?;
            sweep(&root).map_err(|source| failed(&root, source))?;
            Ok(Self { root })
        })
        .await
    }

    /// Writes `bytes` down, safe but not yet kept.
    pub async fn stage(&self, bytes: Vec<u8>) -> Result<Staged, Error> {
        let root = self.root.clone();
        blocking(move || {
            let sum: [u8; 32] = Sha256::digest(&bytes).into();
            let address = hex(&sum);
            let path = location(&root, &address);
            let temporary = if is_whole(&path, &bytes) { None } else { Some(written(&root, &bytes)?) };
            Ok(Staged { sum, address, root, path, bytes, temporary })
        })
        .await
    }

    /// The bytes with the address `hash`, checked against it.
    pub async fn read(&self, hash: &str) -> Result<Vec<u8>, Error> {
        let (path, hash) = (self.path(hash)?, hash.to_owned());
        blocking(move || {
            let bytes = std::fs::read(&path).map_err(|source| absent(&path, &hash, source))?;
            if hex(&Sha256::digest(&bytes)) != hash {
                return Err(Error::Damaged { path });
            }
            Ok(bytes)
        })
        .await
    }

    /// Forgets the bytes with the address `hash` for good. Deleting what is not there is no error: an erasure that is
    /// repeated must succeed.
    pub async fn delete(&self, hash: &str) -> Result<(), Error> {
        let path = self.path(hash)?;
        blocking(move || match std::fs::remove_file(&path) {
            Ok(()) => path.parent().map_or(Ok(()), sync_directory),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(&path, error)),
        })
        .await
    }

    /// The addresses of all bytes that are kept, in their order, each with the number of its bytes.
    pub async fn addresses(&self) -> Result<BTreeMap<String, u64>, Error> {
        let root = self.root.clone();
        blocking(move || Ok(everything(&root)?.map(|(address, kept)| (address, kept.len())).collect())).await
    }

    /// The addresses of the bytes that were written down after `from` and before `to`, in their order.
    pub async fn written_between(&self, from: SystemTime, to: SystemTime) -> Result<Vec<String>, Error> {
        let root = self.root.clone();
        blocking(move || {
            let within = |kept: &Metadata| kept.modified().is_ok_and(|at| from < at && at < to);
            let found = everything(&root)?.filter(|(_, kept)| within(kept)).map(|(address, _)| address);
            let mut found: Vec<String> = found.collect();
            found.sort_unstable();
            Ok(found)
        })
        .await
    }

    /// Keeps here, too, what `other` keeps under `hash`: the same file by another name where the file system allows it,
    /// for neither ever changes it, else a copy. What is here already is replaced where its length differs, and, if it
    /// is in `doubt`, where its content does.
    pub async fn adopt(&self, other: &Self, hash: &str, doubt: bool) -> Result<Adopted, Error> {
        let (from, to, root, hash) = (other.path(hash)?, self.path(hash)?, self.root.clone(), hash.to_owned());
        blocking(move || {
            let bytes = from.metadata().map_err(|source| absent(&from, &hash, source))?.len();
            if to.metadata().is_ok_and(|kept| kept.len() == bytes) && !(doubt && is_damaged(&to, &hash)) {
                return Ok(Adopted::Kept);
            }
            let directory = to.parent().unwrap_or(&root);
            make_directory(directory)?;
            if std::fs::hard_link(&from, &to).is_ok() {
                return Ok(Adopted::Linked);
            }
            let bytes = std::fs::read(&from).map_err(|source| absent(&from, &hash, source))?;
            if hex(&Sha256::digest(&bytes)) != hash {
                return Err(Error::Damaged { path: from });
            }
            written(&root, &bytes)?.persist(&to).map_err(|error| failed(&to, error.error))?;
            Ok(Adopted::Copied)
        })
        .await
    }

    /// Where the bytes with the address `hash` lie.
    pub fn path(&self, hash: &str) -> Result<PathBuf, Error> {
        if !is_address(hash) {
            return Err(Error::Address(hash.to_owned()));
        }
        Ok(location(&self.root, hash))
    }
}

/// How bytes came that another directory keeps as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// They were here already.
    Kept,
    /// Without taking room.
    Linked,
    /// As a copy.
    Copied,
}

fn is_address(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Every address that is kept, with what the system knows of its file, in no order.
fn everything(root: &Path) -> Result<impl Iterator<Item = (String, Metadata)> + use<>, Error> {
    let mut files = Vec::new();
    for folder in entries(root)? {
        for folder in entries(&folder)? {
            files.extend(entries(&folder)?);
        }
    }
    Ok(files.into_iter().filter_map(|path| {
        let name = path.file_name().and_then(OsStr::to_str).filter(|name| is_address(name))?;
        // What is erased at this moment is not there any more.
        path.metadata().ok().map(|kept| (name.to_owned(), kept))
    }))
}

/// What is in a directory of the store; nothing in what is none, or is gone.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    match std::fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry.map_err(|source| failed(directory, source))?.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(source) => Err(failed(directory, source)),
    }
}

/// Two levels of 256 directories keep each small with millions of files.
fn location(root: &Path, hash: &str) -> PathBuf {
    root.join(&hash[..2]).join(&hash[2..4]).join(hash)
}

/// How names begin of what is written down and not kept yet; nothing needs it any more after [`OLD`].
const TEMPORARY: &str = ".tmp";
const OLD: Duration = Duration::from_hours(24);

/// Bytes that are written down and vanish unless they are kept.
#[derive(Debug)]
pub struct Staged {
    sum: [u8; 32],
    address: String,
    root: PathBuf,
    path: PathBuf,
    bytes: Vec<u8>,
    /// None where the bytes were kept already.
    temporary: Option<NamedTempFile>,
}

impl Staged {
    /// Their address: their SHA-256 in 64 lower-case hexadecimal digits.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Their SHA-256.
    pub fn sum(&self) -> &[u8] {
        &self.sum
    }

    /// Keeps them.
    pub async fn keep(self) -> Result<(), Error> {
        blocking(move || {
            let temporary = match self.temporary {
                Some(temporary) => temporary,
                None if self.path.exists() => return Ok(()),
                // Erased since.
                None => written(&self.root, &self.bytes)?,
            };
            let directory = self.path.parent().unwrap_or(&self.root);
            make_directory(directory)?;
            temporary.persist(&self.path).map_err(|error| failed(&self.path, error.error))?;
            sync_directory(directory)
        })
        .await
    }
}

/// Whether a file cannot be read, or has not the content of its address.
fn is_damaged(path: &Path, hash: &str) -> bool {
    std::fs::read(path).map_or(true, |bytes| hex(&Sha256::digest(&bytes)) != hash)
}

/// Whether a file has these bytes. It is read, so that a document that is handed in again mends one that was damaged.
fn is_whole(path: &Path, bytes: &[u8]) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.len() == bytes.len() as u64)
        && std::fs::read(path).is_ok_and(|kept| kept == bytes)
}

/// A file with `bytes`, mode 0600, which vanishes when it is dropped.
fn written(root: &Path, bytes: &[u8]) -> Result<NamedTempFile, Error> {
    let mut file =
        tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(root).map_err(|source| failed(root, source))?;
    let whole =
        hand_over(file.as_file(), root).and_then(|()| file.write_all(bytes)).and_then(|()| file.as_file().sync_all());
    whole.map_err(|source| failed(file.path(), source))?;
    Ok(file)
}

/// Removes what killed processes wrote down and did not keep.
fn sweep(root: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        // Younger ones may be another process's, which may end them as well at any moment.
        let old = || {
            entry.metadata().and_then(|found| found.modified()).is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD))
        };
        if entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) && old() {
            drop(std::fs::remove_file(entry.path()));
        }
    }
    Ok(())
}

/// Makes a directory, and those above it that are not there.
fn make_directory(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_directory(above)?;
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        // Its owner may write here, so what is opened must be the directory itself and nothing it was replaced with.
        Ok(()) => std::fs::OpenOptions::new()
            .read(true)
            .custom_flags((rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::DIRECTORY).bits().cast_signed())
            .open(path)
            .and_then(|directory| hand_over(&directory, above))
            .map_err(|source| failed(path, source)),
        // Another writer was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(failed(path, error)),
    }
}

/// Gives what root makes to the owner of the folder above: an operator imports as root, and the appliance, which runs as
/// a user of its own, must be able to read it.
fn hand_over(made: impl AsFd, above: &Path) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let owner = std::fs::metadata(above)?;
    fchown(made, Some(owner.uid()), Some(owner.gid()))
}

fn sync_directory(path: &Path) -> Result<(), Error> {
    std::fs::File::open(path).and_then(|directory| directory.sync_all()).map_err(|source| failed(path, source))
}

fn absent(path: &Path, hash: &str, source: io::Error) -> Error {
    if source.kind() == io::ErrorKind::NotFound {
        return Error::Missing { hash: hash.to_owned() };
    }
    failed(path, source)
}

fn failed(path: &Path, source: io::Error) -> Error {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full { path },
        io::ErrorKind::ReadOnlyFilesystem => Error::ReadOnly { path },
        io::ErrorKind::PermissionDenied => Error::Permission { path },
        _ => Error::Io { path, source },
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::Io { path: PathBuf::from("file store"), source: io::Error::other(error) }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown};

    use super::*;

    async fn put(files: &Files, bytes: &[u8]) -> String {
        let staged = files.stage(bytes.to_vec()).await.unwrap();
        let address = staged.address().to_owned();
        staged.keep().await.unwrap();
        address
    }

    async fn store() -> (tempfile::TempDir, Files) {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::open(directory.path().join("files")).await.unwrap();
        (directory, files)
    }

    #[tokio::test]
    async fn what_is_put_can_be_read_by_its_content_address() {
        let (_directory, files) = store().await;
        let hash = put(&files, b"abc").await;
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(files.read(&hash).await.unwrap(), b"abc");
        let path = files.path(&hash).unwrap();
        assert!(path.ends_with("ba/78/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn the_same_bytes_are_kept_once_and_leave_nothing_behind() {
        let (_directory, files) = store().await;
        let first = put(&files, &[7; 2_000]).await;
        let second = put(&files, &[7; 2_000]).await;
        assert_eq!(first, second);
        let left = std::fs::read_dir(&files.root).unwrap().filter(|e| e.as_ref().unwrap().path().is_file()).count();
        assert_eq!(left, 0);
    }

    #[tokio::test]
    async fn what_root_stores_belongs_to_the_owner_of_the_store() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        chown(directory.path(), Some(4321), Some(4321)).unwrap();
        let files = Files::open(directory.path().join("files")).await.unwrap();
        let hash = put(&files, b"abc").await;
        let path = files.path(&hash).unwrap();
        let owners = path.ancestors().take(4).map(|place| place.metadata().unwrap().uid());
        assert_eq!(owners.collect::<Vec<_>>(), [4321; 4]);
    }

    #[tokio::test]
    async fn what_is_not_kept_vanishes_and_what_was_erased_before_it_was_kept_is_there() {
        let (_directory, files) = store().await;
        drop(files.stage(b"abc".to_vec()).await.unwrap());
        assert_eq!(std::fs::read_dir(&files.root).unwrap().count(), 0);
        let hash = put(&files, b"abc").await;
        let again = files.stage(b"abc".to_vec()).await.unwrap();
        files.delete(&hash).await.unwrap();
        again.keep().await.unwrap();
        assert_eq!(files.read(&hash).await.unwrap(), b"abc");
    }

    #[tokio::test]
    async fn what_a_killed_process_left_is_removed_when_it_is_old() {
        let (_directory, files) = store().await;
        let (old, young) = (files.root.join(".tmpold"), files.root.join(".tmpyoung"));
        std::fs::write(&young, b"abc").unwrap();
        let left = std::fs::File::create(&old).unwrap();
        left.set_modified(young.metadata().unwrap().modified().unwrap() - 2 * OLD).unwrap();
        let hash = put(&files, b"kept").await;
        let files = Files::open(&files.root).await.unwrap();
        assert_eq!((old.exists(), young.exists()), (false, true));
        files.read(&hash).await.unwrap();
    }

    #[tokio::test]
    async fn what_another_store_keeps_is_adopted_and_outlives_it_there() {
        let (_one, files) = store().await;
        let (_other, pool) = store().await;
        let hash = put(&files, b"abc").await;
        assert_eq!(pool.adopt(&files, &hash, false).await.unwrap(), Adopted::Linked);
        assert_eq!(pool.adopt(&files, &hash, false).await.unwrap(), Adopted::Kept);
        std::fs::write(files.root.join(".tmpyoung"), b"x").unwrap();
        assert_eq!(files.addresses().await.unwrap(), BTreeMap::from([(hash.clone(), 3)]));
        files.delete(&hash).await.unwrap();
        assert_eq!(pool.read(&hash).await.unwrap(), b"abc");
        assert!(matches!(files.adopt(&files, &hash, false).await, Err(Error::Missing { .. })));
        // Cut off by a bad disk: it is replaced.
        put(&files, b"abc").await;
        std::fs::remove_file(pool.path(&hash).unwrap()).unwrap();
        std::fs::write(pool.path(&hash).unwrap(), b"a").unwrap();
        assert_eq!(pool.adopt(&files, &hash, false).await.unwrap(), Adopted::Copied);
        assert_eq!(pool.read(&hash).await.unwrap(), b"abc");
    }

    #[tokio::test]
    async fn what_is_damaged_is_replaced_by_a_whole_one_and_by_nothing_else() {
        let (_one, files) = store().await;
        let (_other, pool) = store().await;
        let hash = put(&files, b"abc").await;
        put(&pool, b"abc").await;
        std::fs::write(pool.path(&hash).unwrap(), b"xyz").unwrap();
        assert_eq!(pool.adopt(&files, &hash, false).await.unwrap(), Adopted::Kept);
        assert_eq!(pool.adopt(&files, &hash, true).await.unwrap(), Adopted::Copied);
        assert_eq!(pool.read(&hash).await.unwrap(), b"abc");
        for kept in [&files, &pool] {
            std::fs::write(kept.path(&hash).unwrap(), b"xyz").unwrap();
        }
        assert!(matches!(pool.adopt(&files, &hash, true).await, Err(Error::Damaged { .. })));
    }

    #[tokio::test]
    async fn deleting_twice_is_no_error_and_reading_afterwards_says_missing() {
        let (_directory, files) = store().await;
        let hash = put(&files, b"x").await;
        files.delete(&hash).await.unwrap();
        files.delete(&hash).await.unwrap();
        assert!(matches!(files.read(&hash).await, Err(Error::Missing { .. })));
    }

    #[tokio::test]
    async fn an_address_that_is_a_path_is_refused() {
        let (_directory, files) = store().await;
        for address in ["../../etc/passwd", "", &"A".repeat(64), &"é".repeat(32)] {
            assert!(matches!(files.read(address).await, Err(Error::Address(_))), "{address}");
        }
    }

    #[tokio::test]
    async fn bytes_changed_on_disk_are_noticed() {
        let (_directory, files) = store().await;
        let hash = put(&files, b"original").await;
        std::fs::write(files.path(&hash).unwrap(), b"tampered").unwrap();
        assert!(matches!(files.read(&hash).await, Err(Error::Damaged { .. })));
        put(&files, b"original").await;
        assert_eq!(files.read(&hash).await.unwrap(), b"original");
    }

    #[tokio::test]
    async fn a_root_that_cannot_be_made_is_named() {
        let error = Files::open("/proc/no/such/place").await.unwrap_err();
        assert!(error.to_string().contains("/proc/no"), "{error}");
    }

    #[test]
    fn a_full_disk_says_so() {
        let error = failed(Path::new("/x"), io::Error::from(io::ErrorKind::StorageFull));
        assert!(error.to_string().contains("no space left for /x"));
    }
}
