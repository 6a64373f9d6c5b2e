//! Pictures to text with tesseract, page by page, within a budget of pages and time: OCR takes seconds a page, and what
//! it did not get to is reported instead of waited for.

use std::path::Path;
use std::time::Instant;

use super::child::Raw;
use super::protocol::finding;
use super::tools::{self, Tool};
use super::{ErrorCode, ExtractError, ExtractLimits, Ocr, pdf};

/// Longer side of a page's picture in pixels: about 256 dots per inch for A4. Tesseract's documentation asks for at
/// least 300 dpi for small print; more costs memory and time for little.
const PIXELS: &str = "3000";
/// Languages used when their data is installed; each more costs time.
const LANGUAGES: [&str; 3] = ["eng", "deu", "fra"];
/// Where Debian keeps language data.
const DATA: [&str; 2] = ["/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata"];

/// One pass over a document.
pub(super) struct Pass<'a> {
    /// Whether OCR may run in this pass.
    pub run: bool,
    /// When the pass began.
    pub started: Instant,
    /// Bounds.
    pub limits: &'a ExtractLimits,
    /// The temporary directory.
    pub directory: &'a Path,
}

/// Reads the given pages of the PDF set aside by [`pdf`], as far as the budget goes. Returns texts by page; a page that
/// is not among them could not be read.
pub(super) fn read_pages(pages: &[u32], pass: &Pass<'_>) -> Result<Vec<(u32, String)>, ExtractError> {
    let mut read = Vec::new();
    if !pass.run || Tool::Tesseract.path().is_none() {
        return Ok(read);
    }
    for page in pages.iter().take(pass.limits.ocr_pages as usize) {
        if pass.started.elapsed() > pass.limits.ocr_budget {
            break;
        }
        match read_page(*page, pass.directory) {
            Ok(text) if text.chars().any(char::is_alphanumeric) => read.push((*page, text)),
            Err(error) if is_machines(error.code) => return Err(error),
            // A page that is blank, too big or too slow must not cost the others; one without room would pass for that.
            Ok(_) | Err(_) => room(pass.directory)?,
        }
    }
    Ok(read)
}

/// That there is room for more: a program whose picture does not fit only says that it failed.
fn room(directory: &Path) -> Result<(), ExtractError> {
    std::fs::write(directory.join("room"), vec![0; 1 << 16])
        .map_err(|error| ExtractError::unwritten("A page could not be set aside", &error))
}

/// Whether the machine is to blame, so that the next page has no better luck.
fn is_machines(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::ToolMissing | ErrorCode::DiskFull | ErrorCode::DiskReadOnly)
}

fn read_page(page: u32, directory: &Path) -> Result<String, ExtractError> {
    let page = page.to_string();
    let arguments = ["-q", "-gray", "-f", &page, "-l", &page, "-scale-to", PIXELS, "-singlefile", pdf::FILE, "page"];
    tools::run(Tool::PdfToPpm, &arguments, directory)?;
    recognise("page.pgm", directory)
}

/// The text of an image file.
pub(super) fn read_image(bytes: &[u8], pass: &Pass<'_>) -> Result<Raw, ExtractError> {
    if Tool::Tesseract.path().is_none() && pass.limits.ocr != Ocr::Never {
        return Err(tools::missing(Tool::Tesseract));
    }
    let mut raw = Raw { pages: Some(1), wants_ocr: true, ..Raw::default() };
    if !pass.run {
        raw.findings.push(finding("unreadable_page", "This is an image, and OCR is switched off."));
        return Ok(raw);
    }
    std::fs::write(pass.directory.join("image"), bytes)
        .map_err(|error| ExtractError::unwritten("The image could not be set aside", &error))?;
    raw.text = recognise("image", pass.directory)?;
    raw.findings.push(finding("read_by_ocr", "The text was read from an image by OCR; expect some errors."));
    Ok(raw)
}

fn recognise(file: &str, directory: &Path) -> Result<String, ExtractError> {
    let installed =
        |language: &&str| DATA.iter().any(|data| Path::new(data).join(format!("{language}.traineddata")).is_file());
    let languages: Vec<&str> = LANGUAGES.into_iter().filter(|language| installed(language)).collect();
    let languages = languages.join("+");
    let mut arguments = vec![file, "stdout", "--psm", "1"];
    if !languages.is_empty() {
        arguments.extend(["-l", &languages]);
    }
    let ran = tools::run(Tool::Tesseract, &arguments, directory)?;
    if !ran.status.success() {
        return Err(ExtractError::damaged("image", "it cannot be opened"));
    }
    Ok(String::from_utf8_lossy(&ran.output).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_found_no_room_is_told_from_one_that_cannot_be_read() {
        let directory = tempfile::tempdir().unwrap();
        room(directory.path()).unwrap();
        std::fs::remove_file(directory.path().join("room")).unwrap();
        std::os::unix::fs::symlink("/dev/full", directory.path().join("room")).unwrap();
        assert_eq!(room(directory.path()).unwrap_err().code, ErrorCode::DiskFull);
    }
}
