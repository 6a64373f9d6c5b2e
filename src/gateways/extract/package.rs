//! DOCX and ODT are ZIP archives of XML parts; this opens one and reads a part within bounds.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{ErrorCode, ExtractError};

/// Size of one uncompressed part, bytes; the text of the longest resume has a hundredth of that.
const PART_BYTES: u64 = 64 << 20;
/// Parts in a document.
const PARTS: usize = 5_000;

/// An opened document.
pub(super) struct Package<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    kind: &'static str,
}

impl<'a> Package<'a> {
    /// Opens `bytes`; `kind` names the format in messages.
    pub(super) fn open(bytes: &'a [u8], kind: &'static str) -> Result<Self, ExtractError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| ExtractError::damaged(kind, error))?;
        if zip.len() > PARTS {
            let detail = format!("This {kind} has {} parts; no resume has that many.", zip.len());
            return Err(ExtractError::new(ErrorCode::ArchiveBomb, detail));
        }
        Ok(Self { zip, kind })
    }

    /// Names of the parts that start with `prefix` and end in `.xml`, in order.
    pub(super) fn names(&self, prefix: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .zip
            .file_names()
            .flatten()
            .filter(|name| name.starts_with(prefix) && name.ends_with(".xml"))
            .map(std::borrow::Cow::into_owned)
            .collect();
        names.sort();
        names
    }

    /// The bytes of a part; None when there is no such part.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, ExtractError> {
        let kind = self.kind;
        let file = match self.zip.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(ZipError::UnsupportedArchive(reason)) if reason == ZipError::PASSWORD_REQUIRED => {
                return Err(ExtractError::new(
                    ErrorCode::Encrypted,
                    format!("This {kind} is protected by a password."),
                ));
            }
            Err(error) => return Err(ExtractError::damaged(kind, error)),
        };
        let mut bytes = Vec::new();
        file.take(PART_BYTES + 1).read_to_end(&mut bytes).map_err(|error| ExtractError::damaged(kind, error))?;
        if bytes.len() as u64 > PART_BYTES {
            let detail = format!("This {kind} unpacks to far more than any resume.");
            return Err(ExtractError::new(ErrorCode::ArchiveBomb, detail));
        }
        Ok(Some(bytes))
    }
}
