//! What parent and child say to each other. The request goes on the command line and holds nothing personal (the
//! process list is public); the document goes on standard input. The answer is frames on standard output: one line of
//! JSON each, a member's line followed by as many raw bytes as it says.

use serde::{Deserialize, Serialize};

use super::{ExtractError, ExtractLimits, Extracted, SelfTest};
use crate::model::profile::Finding;

/// What the child is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Work {
    /// Turn a document into text; `ocr` reads pages that have none.
    Document {
        /// Whether OCR may run in this pass.
        ocr: bool,
    },
    /// Unpack an archive.
    Archive,
    /// Try to break out and say what was possible.
    Probe,
}

/// The child's argument, as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    /// What to do.
    pub work: Work,
    /// The file name's extension, at most eight ASCII letters and digits; a name itself would be personal.
    pub extension: String,
    /// Bounds.
    pub limits: ExtractLimits,
    /// The temporary directory, the only place the child may write to.
    pub directory: std::path::PathBuf,
}

/// One line of the child's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Frame {
    /// The text of a document. Ends the answer.
    Document(Extracted),
    /// A member of an archive; `size` raw bytes follow.
    Member {
        /// Label.
        name: String,
        /// Bytes that follow.
        size: u64,
    },
    /// All members were sent. Ends the answer.
    Unpacked {
        /// What was left out.
        findings: Vec<Finding>,
    },
    /// The result of the probe. Ends the answer.
    Probe(SelfTest),
    /// The document needs a second pass with OCR. Ends the answer.
    NeedsOcr,
    /// The work failed. Ends the answer.
    Failed(ExtractError),
}

/// A finding of the given kind.
pub(super) fn finding(kind: &str, detail: impl Into<String>) -> Finding {
    Finding { kind: kind.to_owned(), detail: detail.into() }
}
