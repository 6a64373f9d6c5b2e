//! Programs of the system that read documents, run inside the sandbox with bounded output.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use nix::libc;

use super::{ErrorCode, ExtractError};

/// Output of one program at most, bytes: 100 pages as boxes stay below a tenth.
const OUTPUT_BYTES: u64 = 64 << 20;
/// Messages kept.
const MESSAGE_BYTES: u64 = 4096;

/// A program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    /// Text of a PDF.
    PdfToText,
    /// Colours and places of a PDF's text.
    PdfToHtml,
    /// Facts and links of a PDF.
    PdfInfo,
    /// Pictures of a PDF's pages.
    PdfToPpm,
    /// Text of a picture.
    Tesseract,
}

impl Tool {
    /// Every program.
    pub(super) const ALL: [Self; 5] =
        [Self::PdfToText, Self::PdfToHtml, Self::PdfInfo, Self::PdfToPpm, Self::Tesseract];

    /// The program's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PdfToText => "pdftotext",
            Self::PdfToHtml => "pdftohtml",
            Self::PdfInfo => "pdfinfo",
            Self::PdfToPpm => "pdftoppm",
            Self::Tesseract => "tesseract",
        }
    }

    /// The Debian package it is in.
    pub(super) fn package(self) -> &'static str {
        match self {
            Self::PdfToText | Self::PdfToHtml | Self::PdfInfo | Self::PdfToPpm => "poppler-utils",
            Self::Tesseract => "tesseract-ocr",
        }
    }

    /// Where it is; looked for only where the system installs programs.
    pub(super) fn path(self) -> Option<PathBuf> {
        ["/usr/bin", "/bin", "/usr/local/bin"]
            .into_iter()
            .map(|directory| Path::new(directory).join(self.name()))
            .find(|path| path.is_file())
    }
}

/// What a program said.
pub(super) struct Ran {
    /// Standard output.
    pub output: Vec<u8>,
    /// Standard error, its beginning.
    pub messages: String,
    /// How it ended.
    pub status: ExitStatus,
}

/// Runs `tool` in `directory` until it ends; the parent's clock and the processor limit bound it.
pub(super) fn run(tool: Tool, arguments: &[&str], directory: &Path) -> Result<Ran, ExtractError> {
    let path = tool.path().ok_or_else(|| missing(tool))?;
    let failed = |error: std::io::Error| {
        ExtractError::unwritten(&format!("The program {} could not be run", tool.name()), &error)
    };
    let messages_path = directory.join("messages");
    // It ends with us when we are killed.
    let mut child = Command::new("/usr/bin/setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .arg(path)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(&messages_path).map_err(failed)?)
        .spawn()
        .map_err(failed)?;
    let mut output = Vec::new();
    let stdout = child.stdout.take().expect("standard output was asked to be piped");
    stdout.take(OUTPUT_BYTES + 1).read_to_end(&mut output).map_err(failed)?;
    if output.len() as u64 > OUTPUT_BYTES {
        child.kill().map_err(failed)?;
        child.wait().map_err(failed)?;
        return Err(ExtractError::new(ErrorCode::TooLarge, "The document unpacks to more text than any resume has."));
    }
    let status = child.wait().map_err(failed)?;
    let mut messages = Vec::new();
    File::open(&messages_path).map_err(failed)?.take(MESSAGE_BYTES).read_to_end(&mut messages).map_err(failed)?;
    let messages = String::from_utf8_lossy(&messages).into_owned();
    match status.signal() {
        Some(libc::SIGXCPU | libc::SIGKILL) => {
            Err(ExtractError::new(ErrorCode::TimedOut, "Reading the document took too much processor time."))
        }
        Some(_) if out_of_memory(&messages) => Err(starved()),
        Some(signal) => Err(ExtractError::new(
            ErrorCode::Crashed,
            format!("The program {} crashed on this document (signal {signal}).", tool.name()),
        )),
        None if !status.success() && out_of_memory(&messages) => Err(starved()),
        None => Ok(Ran { output, messages, status }),
    }
}

/// Whether a program's last words are that it got no memory.
pub(super) fn out_of_memory(messages: &str) -> bool {
    ["bad_alloc", "memory allocation of", "Out of memory", "out of memory", "Cannot allocate memory"]
        .iter()
        .any(|words| messages.contains(words))
}

fn starved() -> ExtractError {
    ExtractError::new(ErrorCode::OutOfMemory, "Reading the document needs more memory than is allowed.")
}

/// The error that names the package to install.
pub(super) fn missing(tool: Tool) -> ExtractError {
    ExtractError::new(
        ErrorCode::ToolMissing,
        format!(
            "The program {} that reads this kind of document is not installed; install the Debian package {}.",
            tool.name(),
            tool.package()
        ),
    )
}
