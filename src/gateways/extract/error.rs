//! Why a document could not be read: a stable code for programs, a sentence for people, and what to do next.

use std::io;

use serde::{Deserialize, Serialize};

/// Stable name of a failure; part of the public interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// No bytes at all.
    EmptyFile,
    /// Not a format that is read.
    UnsupportedType,
    /// Protected by a password, or copying of its text is forbidden.
    Encrypted,
    /// The file itself cannot be opened.
    FileUnreadable,
    /// An archive, which is unpacked and not read.
    Archive,
    /// Broken or cut short.
    Damaged,
    /// More pages than allowed.
    TooManyPages,
    /// More bytes than allowed.
    TooLarge,
    /// Readable, but without a word in it.
    NoText,
    /// An archive that unpacks to far more than it is.
    ArchiveBomb,
    /// Archives nested too deep.
    ArchiveTooDeep,
    /// Too many files in an archive.
    ArchiveTooMany,
    /// Took too long.
    TimedOut,
    /// Needed more memory than allowed.
    OutOfMemory,
    /// A program that reads this format is not installed.
    ToolMissing,
    /// The reader crashed or could not be started.
    Crashed,
    /// The disk that documents are set aside on while they are read is full.
    DiskFull,
    /// That disk can only be read.
    DiskReadOnly,
}

impl ErrorCode {
    /// The code as written in the API and the log.
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// What a person can do about it.
    pub fn hint(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::EmptyFile => ("empty_file", "Check that the upload finished, and upload the file again."),
            Self::UnsupportedType => ("unsupported_type", "Save the document as PDF or DOCX and upload that."),
            Self::Encrypted => ("encrypted", "Remove the password or the copy protection and upload the file again."),
            Self::FileUnreadable => ("file_unreadable", "Check that the file is there and may be read."),
            Self::Archive => ("archive", "Import it: `talentprompt import`, or upload it in the browser."),
            Self::Damaged => ("damaged", "Open the document in its own program, save it again, and upload that."),
            Self::TooManyPages => ("too_many_pages", "Upload the resume's pages alone."),
            Self::TooLarge => {
                ("too_large", "Upload a smaller file; a resume without large pictures is a few megabytes.")
            }
            Self::NoText => ("no_text", "Upload a version with text in it, or a sharper scan."),
            Self::ArchiveBomb => ("archive_bomb", "Unpack the archive yourself and upload the resumes in it."),
            Self::ArchiveTooDeep => ("archive_too_deep", "Unpack the inner archives and upload the resumes in them."),
            Self::ArchiveTooMany => ("archive_too_many", "Split the archive into smaller ones."),
            Self::TimedOut => ("timed_out", "Print the document to a new PDF and upload that."),
            Self::OutOfMemory => ("out_of_memory", "Print the document to a new PDF and upload that."),
            Self::ToolMissing => ("tool_missing", "Install the named package on the server and try again."),
            Self::Crashed => ("crashed", "Try again; if it happens again, print the document to a new PDF."),
            Self::DiskFull => ("disk_full", "Free some space for temporary files (`df -h /tmp`) and try again."),
            Self::DiskReadOnly => {
                ("disk_read_only", "Let temporary files be written again (`findmnt /tmp`) and try again.")
            }
        }
    }
}

/// A document or archive that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail}")]
pub struct ExtractError {
    /// The stable code.
    pub code: ErrorCode,
    /// What happened, as a sentence.
    pub detail: String,
}

impl ExtractError {
    /// A failure with its sentence.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        self.code.hint()
    }

    /// A file for reading, described by `what`, that could not be written: the machine is to blame, not the document.
    pub(super) fn unwritten(what: &str, error: &io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::DiskFull,
            io::ErrorKind::ReadOnlyFilesystem => ErrorCode::DiskReadOnly,
            _ => ErrorCode::Crashed,
        };
        Self::new(code, format!("{what}: {error}."))
    }

    /// A document of the kind `what` that is broken in the way `why`.
    pub(super) fn damaged(what: &str, why: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::Damaged, format!("This {what} is damaged: {why}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_takes_nothing_is_told_from_a_document_that_cannot_be_read() {
        for (kind, code) in [
            (io::ErrorKind::StorageFull, ErrorCode::DiskFull),
            (io::ErrorKind::QuotaExceeded, ErrorCode::DiskFull),
            (io::ErrorKind::ReadOnlyFilesystem, ErrorCode::DiskReadOnly),
            (io::ErrorKind::PermissionDenied, ErrorCode::Crashed),
        ] {
            let error = ExtractError::unwritten("The PDF could not be set aside", &io::Error::from(kind));
            assert_eq!(error.code, code, "{error}");
            assert!(error.detail.starts_with("The PDF could not be set aside: "), "{error}");
        }
    }
}
