//! How much a document may cost. Every number is a bound on what hostile input can take from the machine, so each has
//! a default that a real resume never reaches.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// When pages without text are read by OCR.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ocr {
    /// Pages and images without text, when `tesseract` is installed.
    #[default]
    Auto,
    /// Never; such pages are reported as unreadable.
    Never,
    /// Every page, also those with text.
    Always,
}

/// Bounds on reading one document or archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractLimits {
    /// Documents read at once; each may take [`Self::memory_bytes`].
    pub parallel: usize,
    /// Wall clock for reading a document without OCR; afterwards the child and all it started are killed.
    pub timeout: Duration,
    /// Wall clock within which OCR may start another page; the page under way may take [`Self::timeout`] more.
    pub ocr_budget: Duration,
    /// When OCR runs.
    pub ocr: Ocr,
    /// Pages read by OCR at most, so that one scanned book does not hold up everybody's resumes.
    pub ocr_pages: u32,
    /// Size of a document in bytes.
    pub document_bytes: u64,
    /// Pages of a PDF.
    pub pages: u32,
    /// Characters of text kept; what is beyond is cut off, with a finding.
    pub max_chars: usize,
    /// Size of an archive in bytes.
    pub archive_bytes: u64,
    /// Files in an archive, those of archives inside it included.
    pub archive_entries: usize,
    /// Wall clock for unpacking an archive, in which the caller keeps each file before it takes the next.
    pub archive_timeout: Duration,
    /// Uncompressed bytes of an archive in all.
    pub archive_total_bytes: u64,
    /// Uncompressed to compressed size above which a member is called a bomb. Deflate reaches 1,032 at most; real
    /// documents stay below 100.
    pub archive_ratio: u64,
    /// Archives inside archives: 1 reads only the outermost.
    pub archive_depth: u32,
    /// Address space of the child and of each program it starts, in bytes.
    pub memory_bytes: u64,
    /// Processor time of the child and of each program it starts, in seconds.
    pub cpu_seconds: u64,
}

impl Default for ExtractLimits {
    fn default() -> Self {
        Self {
            parallel: 2,
            timeout: Duration::from_secs(30),
            ocr_budget: Duration::from_secs(90),
            ocr: Ocr::Auto,
            ocr_pages: 10,
            document_bytes: 50 << 20,
            pages: 100,
            max_chars: 400_000,
            archive_bytes: 256 << 20,
            archive_entries: 1_000,
            archive_timeout: Duration::from_mins(10),
            archive_total_bytes: 256 << 20,
            archive_ratio: 200,
            archive_depth: 3,
            memory_bytes: 1 << 30,
            cpu_seconds: 30,
        }
    }
}
