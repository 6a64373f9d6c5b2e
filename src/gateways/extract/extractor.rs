//! The parent's side: what the rest of the product calls to turn a document into text.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::mpsc::Sender;

use super::process;
use super::protocol::{Frame, Request, Work};
use super::{ErrorCode, ExtractError, ExtractLimits, Extracted, Member, SelfTest};
use crate::model::profile::Finding;

/// What the folders of readers begin with, before the process's id.
const PREFIX: &str = "talentprompt-";

/// Where a document's bytes come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Bytes in memory.
    Bytes(Vec<u8>),
    /// A file; the child reads it through an open handle and never learns its name.
    Path(PathBuf),
}

impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

/// Reads documents in sandboxed children. Cheap to clone; clones share the limit on parallel children.
#[derive(Debug, Clone)]
pub struct Extractor {
    limits: ExtractLimits,
    executable: PathBuf,
    slots: Arc<Semaphore>,
}

impl Extractor {
    /// An extractor that starts `executable`, normally the running program itself.
    pub fn new(limits: ExtractLimits, executable: PathBuf) -> Self {
        let slots = Arc::new(Semaphore::new(limits.parallel.max(1)));
        Self { limits, executable, slots }
    }

    /// The bounds in force.
    pub fn limits(&self) -> &ExtractLimits {
        &self.limits
    }

    /// The text of a document. `filename` may be anything; only its extension is looked at, and only to tell Markdown
    /// from plain text.
    pub async fn extract(&self, source: impl Into<Source>, filename: &str) -> Result<Extracted, ExtractError> {
        let source = source.into();
        self.check_size(&source).await?;
        let first = self.run(Work::Document { ocr: false }, &source, filename, self.limits.timeout, None).await?;
        let last = match first {
            // OCR is slow, so it gets a run of its own with a longer clock.
            Frame::NeedsOcr => {
                let timeout = self.limits.ocr_budget + self.limits.timeout;
                self.run(Work::Document { ocr: true }, &source, filename, timeout, None).await?
            }
            other => other,
        };
        match last {
            Frame::Document(extracted) => Ok(extracted),
            Frame::Failed(error) => Err(error),
            _ => Err(confused()),
        }
    }

    /// Gives `members` the files in a ZIP archive, those of archives inside it included, in its order, and answers what
    /// was left out: `archive_too_deep`, `member_too_large`, `member_damaged`, `member_encrypted`. An archive that turns
    /// out to be broken or a bomb has given what came before.
    pub async fn unpack(
        &self,
        source: impl Into<Source>,
        members: Sender<Member>,
    ) -> Result<Vec<Finding>, ExtractError> {
        let source = source.into();
        self.check_size(&source).await?;
        match self.run(Work::Archive, &source, "", self.limits.archive_timeout, Some(members)).await? {
            Frame::Unpacked { findings } => Ok(findings),
            Frame::Failed(error) => Err(error),
            _ => Err(confused()),
        }
    }

    /// Starts a child that tries to break out, and says what it could do: for `doctor`, and once at start.
    pub async fn sandbox_self_test(&self) -> Result<SelfTest, ExtractError> {
        let source = Source::Bytes(Vec::new());
        match self.run(Work::Probe, &source, "", self.limits.timeout, None).await? {
            Frame::Probe(result) => Ok(result),
            Frame::Failed(error) => Err(error),
            _ => Err(confused()),
        }
    }

    async fn run(
        &self,
        work: Work,
        source: &Source,
        name: &str,
        timeout: Duration,
        members: Option<Sender<Member>>,
    ) -> Result<Frame, ExtractError> {
        let _slot = self.slots.acquire().await.expect("the semaphore is never closed");
        // Removed with everything in it when this function ends, however it ends.
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let private = Permissions::from_mode(0o700);
        let directory = tempfile::Builder::new().prefix(&prefix).permissions(private).tempdir().map_err(|error| {
            ExtractError::unwritten("No temporary directory could be made for reading the document", &error)
        })?;
        let request = Request {
            work,
            extension: extension(name),
            limits: self.limits.clone(),
            directory: directory.path().to_owned(),
        };
        process::run(&self.executable, &request, source, timeout, members).await
    }

    /// Refuses what cannot be read whatever it is, before it is handed over.
    async fn check_size(&self, source: &Source) -> Result<(), ExtractError> {
        let size = match source {
            Source::Bytes(bytes) => bytes.len() as u64,
            // A file that cannot be asked for its size is reported when it is opened.
            Source::Path(path) => tokio::fs::metadata(path).await.map_or(1, |metadata| metadata.len()),
        };
        if size == 0 {
            return Err(ExtractError::new(ErrorCode::EmptyFile, "The file is empty: it has no bytes."));
        }
        if size > self.limits.archive_bytes {
            let (size, limit) = (size.div_ceil(1 << 20), self.limits.archive_bytes >> 20);
            let detail = format!("The file has {size} MB; at most {limit} MB are allowed.");
            return Err(ExtractError::new(ErrorCode::TooLarge, detail));
        }
        Ok(())
    }
}

/// Removes what readers of killed processes left: documents and pictures of their pages. Answers how many folders.
pub fn sweep() -> usize {
    let Ok(entries) = std::fs::read_dir(tempfile::env::temp_dir()) else { return 0 };
    let us = rustix::process::geteuid().as_raw();
    let left = entries.filter_map(Result::ok).filter(|entry| {
        let name = entry.file_name();
        let process =
            name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split_once('-')).map(|(process, _)| process);
        let dead = process.is_some_and(|id| id.parse::<u32>().is_ok() && !Path::new("/proc").join(id).exists());
        dead && entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == us)
    });
    left.filter(|entry| std::fs::remove_dir_all(entry.path()).is_ok()).count()
}

/// The extension as far as it is harmless to show in the process list.
fn extension(filename: &str) -> String {
    let last = filename.rsplit_once('.').map_or("", |(_, last)| last);
    last.chars().filter(char::is_ascii_alphanumeric).take(8).collect()
}

fn confused() -> ExtractError {
    ExtractError::new(ErrorCode::Crashed, "The document reader gave an answer that does not fit the question.")
}
