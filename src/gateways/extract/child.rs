//! The child's side: lock up, read, answer. Runs before the program has a second thread or any configuration.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Instant;

use super::protocol::{Frame, Request, Work, finding};
use super::{
    ErrorCode, ExtractError, Extracted, MediaType, Ocr, archive, docx, html, json_resume, media, ocr, odt, pdf, plain,
    probe, rtf, sandbox, text,
};
use crate::model::profile::Finding;

/// The hidden command by which the program calls itself; its one argument is a request as JSON.
pub const CHILD_COMMAND: &str = "extract-document";

/// The whole life of the child: `argument` is what follows [`CHILD_COMMAND`] on the command line. Must be called
/// before any thread is started. Answers on standard output; the exit code is 0 when an answer was given.
pub fn child_main(argument: &str) -> ExitCode {
    let Ok(request) = serde_json::from_str::<Request>(argument) else { return ExitCode::from(2) };
    let mut out = std::io::stdout().lock();
    let last = answer(&request, &mut out).unwrap_or_else(Frame::Failed);
    match send(&mut out, &last) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Writes one frame.
fn send(out: &mut impl Write, frame: &Frame) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, frame)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn answer(request: &Request, out: &mut impl Write) -> Result<Frame, ExtractError> {
    let notes = sandbox::enter(&request.limits, &request.directory)?;
    match request.work {
        Work::Probe => Ok(Frame::Probe(probe::attempt(&request.directory, notes))),
        Work::Archive => {
            let bytes = read_input(request.limits.archive_bytes)?;
            let findings = archive::unpack(&bytes, &request.limits, &mut |name, bytes| {
                let frame = Frame::Member { name: name.to_owned(), size: bytes.len() as u64 };
                send(out, &frame).and_then(|()| out.write_all(bytes)).map_err(|error| {
                    ExtractError::new(
                        ErrorCode::Crashed,
                        format!("The archive's content could not be handed over: {error}."),
                    )
                })
            })?;
            Ok(Frame::Unpacked { findings })
        }
        Work::Document { ocr } => {
            let bytes = read_input(request.limits.archive_bytes)?;
            document(&bytes, request, ocr, notes)
        }
    }
}

fn read_input(limit: u64) -> Result<Vec<u8>, ExtractError> {
    let mut bytes = Vec::new();
    std::io::stdin().take(limit + 1).read_to_end(&mut bytes).map_err(|error| {
        let code = match error.kind() {
            std::io::ErrorKind::OutOfMemory => ErrorCode::OutOfMemory,
            _ => ErrorCode::Crashed,
        };
        ExtractError::new(code, format!("The document could not be read: {error}."))
    })?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    if bytes.is_empty() {
        return Err(ExtractError::new(ErrorCode::EmptyFile, "The document is empty: it has no bytes."));
    }
    Ok(bytes)
}

/// What a reader got out of a document, before its text is made tidy.
#[derive(Debug, Default)]
pub(super) struct Raw {
    /// Text in reading order.
    pub text: String,
    /// Number of pages.
    pub pages: Option<u32>,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// Pages without text that OCR could read.
    pub wants_ocr: bool,
}

impl From<String> for Raw {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

fn document(bytes: &[u8], request: &Request, ocr: bool, sandbox: Vec<String>) -> Result<Frame, ExtractError> {
    let started = Instant::now();
    let limits = &request.limits;
    let media_type = media::sniff(bytes, &format!("x.{}", request.extension));
    if bytes.len() as u64 > limits.document_bytes && media_type != MediaType::Zip {
        return Err(too_large(limits.document_bytes));
    }
    let may_ocr = limits.ocr != Ocr::Never;
    let reading = ocr::Pass { run: ocr && may_ocr, started, limits, directory: &request.directory };
    let mut raw = match media_type {
        MediaType::Pdf => pdf::read(bytes, &reading)?,
        MediaType::Png | MediaType::Jpeg | MediaType::Tiff => ocr::read_image(bytes, &reading)?,
        MediaType::Docx => docx::read(bytes)?,
        MediaType::Odt => odt::read(bytes)?,
        MediaType::Rtf => Raw::from(rtf::read(bytes)),
        MediaType::Html => Raw::from(html::read(&decode(bytes)?)),
        MediaType::JsonResume => Raw::from(json_resume::read(&decode(bytes)?)?),
        MediaType::Text | MediaType::Markdown => Raw::from(decode(bytes)?),
        MediaType::Zip => {
            let detail = "This is a ZIP archive; it can be imported, not read as one document.";
            return Err(ExtractError::new(ErrorCode::Archive, detail));
        }
        MediaType::LegacyDoc => return Err(legacy(bytes)),
        MediaType::Unknown => return Err(unsupported("This file is no document that TalentPrompt can read.")),
    };
    if raw.wants_ocr && !ocr && may_ocr {
        return Ok(Frame::NeedsOcr);
    }
    let (text, cut) = text::tidy(&raw.text, limits.max_chars);
    if !text.chars().any(char::is_alphanumeric) {
        let why = raw.findings.iter().find(|finding| finding.kind == "unreadable_page");
        let detail = why.map_or("No text was found in the document.".to_owned(), |finding| {
            format!("No text was found in the document. {}", finding.detail)
        });
        return Err(ExtractError::new(ErrorCode::NoText, detail));
    }
    if let Some(total) = cut {
        let kept = limits.max_chars;
        let detail = format!("The text has {total} characters; only the first {kept} were kept.");
        raw.findings.push(finding("truncated", detail));
    }
    Ok(Frame::Document(Extracted { media_type, text, pages: raw.pages, findings: raw.findings, sandbox }))
}

fn decode(bytes: &[u8]) -> Result<String, ExtractError> {
    plain::decode(bytes).ok_or_else(|| unsupported("This file is no document that TalentPrompt can read."))
}

fn too_large(limit: u64) -> ExtractError {
    let detail = format!("The file is larger than the {} MB that are allowed.", limit >> 20);
    ExtractError::new(ErrorCode::TooLarge, detail)
}

fn unsupported(detail: &str) -> ExtractError {
    ExtractError::new(ErrorCode::UnsupportedType, detail)
}

/// Old Office files share a container with encrypted new ones.
fn legacy(bytes: &[u8]) -> ExtractError {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(name.len()).any(|window| window == name) {
        return ExtractError::new(ErrorCode::Encrypted, "This Office document is protected by a password.");
    }
    unsupported("This is a document of Word 97 to 2003 (.doc) or another old Office program; save it as DOCX or PDF.")
}
