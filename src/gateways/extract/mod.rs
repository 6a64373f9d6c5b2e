//! Documents to text, in a sandboxed child process: resumes are hostile input.
//!
//! The parent ([`Extractor`]) re-executes its own program as `talentprompt extract-document`, hands the bytes over on
//! standard input and reads one bounded answer from standard output. The child ([`child_main`]) locks itself up before
//! it reads a byte, so a reader that is taken over has no network, no files but its own, and little memory or time.

mod archive;
mod blocks;
mod child;
mod docx;
mod error;
mod extractor;
mod hidden;
mod html;
mod json_resume;
mod layout;
mod limits;
mod media;
mod ocr;
mod odt;
mod package;
mod pdf;
mod plain;
mod probe;
mod process;
mod protocol;
mod rtf;
mod sandbox;
mod text;
mod tools;
mod xml;

use serde::{Deserialize, Serialize};

use crate::model::profile::Finding;

pub use child::{CHILD_COMMAND, child_main};
pub use error::{ErrorCode, ExtractError};
pub use extractor::{Extractor, Source, sweep};
pub use limits::{ExtractLimits, Ocr};
pub use media::MediaType;
pub use probe::SelfTest;

/// A document as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extracted {
    /// What the bytes are, found by looking at them.
    pub media_type: MediaType,
    /// The text in reading order: NFC, lines end with `\n`, no control characters, at most
    /// [`ExtractLimits::max_chars`] characters.
    pub text: String,
    /// Number of pages, where the format has pages.
    pub pages: Option<u32>,
    /// What a recruiter should know: `unreadable_page`, `truncated`, `read_by_ocr`, `hidden_text`.
    pub findings: Vec<Finding>,
    /// The layers of the sandbox that held while this document was read, and those that could not be had.
    pub sandbox: Vec<String>,
}

/// One file out of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// A label for people: the last part of the path in the archive, never a path.
    pub name: String,
    /// The uncompressed content.
    pub bytes: Vec<u8>,
}
