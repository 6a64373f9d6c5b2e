//! PDF through poppler: it has met more broken files than any other reader. `pdftotext` gives words
//! with their boxes, out of which [`hidden`] takes what nobody sees and which [`layout`] puts in reading order; links come
//! from the annotations.

use std::path::Path;

use super::child::Raw;
use super::layout::Sheet;
use super::protocol::finding;
use super::tools::{self, Ran, Tool};
use super::{ErrorCode, ExtractError, Ocr, hidden, layout, ocr, text};

/// The document's name in the temporary directory.
pub(super) const FILE: &str = "document.pdf";
/// Pages named in one finding.
const NAMED_PAGES: usize = 10;

/// Reads a PDF.
pub(super) fn read(bytes: &[u8], pass: &ocr::Pass<'_>) -> Result<Raw, ExtractError> {
    std::fs::write(pass.directory.join(FILE), bytes)
        .map_err(|error| ExtractError::unwritten("The PDF could not be set aside", &error))?;
    let mut sheets = sheets(pass)?;
    let pages = u32::try_from(sheets.len()).unwrap_or(u32::MAX);
    if pages == 0 {
        return Err(ExtractError::damaged("PDF", "it has no pages"));
    }
    // A page whose words are all hidden has none to be read by OCR either.
    let bare: Vec<bool> =
        sheets.iter().map(|sheet| is_empty(sheet.words.iter().map(|word| word.text.as_str()))).collect();
    let findings = hidden::remove(&mut sheets, pass.directory);
    let mut texts: Vec<String> = sheets.into_iter().map(layout::text).collect();
    let always = pass.limits.ocr == Ocr::Always;
    let wanted: Vec<u32> = (1..).zip(bare).filter(|(_, bare)| always || *bare).map(|(page, _)| page).collect();
    let mut raw = Raw { pages: Some(pages), findings, ..Raw::default() };
    if !wanted.is_empty() {
        raw.wants_ocr = Tool::Tesseract.path().is_some();
        ocr_pages(&wanted, &mut texts, &mut raw, pass)?;
    }
    let links = links(pass.directory, &texts)?;
    raw.text = texts.join("\n\n");
    if !links.is_empty() {
        raw.text.push_str("\n\nLinks\n");
        raw.text.push_str(&links.join("\n"));
    }
    Ok(raw)
}

/// Less than a word is a page number or a speck.
fn is_empty<'a>(words: impl IntoIterator<Item = &'a str>) -> bool {
    words.into_iter().flat_map(str::chars).filter(|c| c.is_alphanumeric()).take(4).count() < 4
}

fn ocr_pages(wanted: &[u32], texts: &mut [String], raw: &mut Raw, pass: &ocr::Pass<'_>) -> Result<(), ExtractError> {
    let read = ocr::read_pages(wanted, pass)?;
    if !read.is_empty() {
        let pages: Vec<u32> = read.iter().map(|(page, _)| *page).collect();
        raw.findings.push(finding("read_by_ocr", format!("{} read by OCR; expect some errors.", name_pages(&pages))));
    }
    for (page, text) in read {
        texts[page as usize - 1] = text;
    }
    let unread: Vec<u32> =
        wanted.iter().copied().filter(|page| is_empty([texts[*page as usize - 1].as_str()])).collect();
    if !unread.is_empty() {
        let why = match () {
            () if pass.limits.ocr == Ocr::Never => "OCR is switched off",
            () if Tool::Tesseract.path().is_none() => "the Debian package tesseract-ocr is not installed",
            () => "OCR found none, or there were too many such pages",
        };
        let detail = format!("{} without text: {why}.", name_pages(&unread));
        raw.findings.push(finding("unreadable_page", detail));
    }
    Ok(())
}

/// "Page 3" or "Pages 1, 2, 3 and 20 more".
fn name_pages(pages: &[u32]) -> String {
    let named: Vec<String> = pages.iter().take(NAMED_PAGES).map(u32::to_string).collect();
    let more = pages.len().saturating_sub(NAMED_PAGES);
    let word = if pages.len() == 1 { "Page" } else { "Pages" };
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{word} {}{rest}", named.join(", "))
}

fn page_count(directory: &Path) -> Result<u32, ExtractError> {
    let ran = tools::run(Tool::PdfInfo, &[FILE], directory)?;
    check(&ran)?;
    let output = String::from_utf8_lossy(&ran.output);
    let pages = output.lines().find_map(|line| line.strip_prefix("Pages:"));
    pages
        .and_then(|count| count.trim().parse().ok())
        .ok_or_else(|| ExtractError::damaged("PDF", "it does not tell its pages"))
}

/// Poppler's exit codes: 1 cannot be opened, 3 permissions (pdftotext(1)).
fn check(ran: &Ran) -> Result<(), ExtractError> {
    if ran.status.success() {
        return Ok(());
    }
    if ran.messages.contains("Incorrect password") || ran.messages.contains("Unsupported security handler") {
        return Err(ExtractError::new(ErrorCode::Encrypted, "This PDF is protected by a password."));
    }
    if ran.status.code() == Some(3) || ran.messages.contains("not allowed") {
        return Err(ExtractError::new(ErrorCode::Encrypted, "This PDF forbids copying its text."));
    }
    Err(ExtractError::damaged("PDF", first_message(&ran.messages)))
}

fn first_message(messages: &str) -> String {
    let line = messages.lines().find(|line| line.contains("Error")).or_else(|| messages.lines().next());
    let said = line.and_then(|line| line.split_once(": ")).map_or("", |(_, said)| said.trim());
    if said.is_empty() { "it cannot be opened".to_owned() } else { said.trim_end_matches('.').to_owned() }
}

/// The pages with their words, unless there are too many.
fn sheets(pass: &ocr::Pass<'_>) -> Result<Vec<Sheet>, ExtractError> {
    let limit = pass.limits.pages;
    let enough = limit.saturating_add(1).to_string();
    let arguments = ["-q", "-bbox-layout", "-enc", "UTF-8", "-l", &enough, FILE, "-"];
    let ran = tools::run(Tool::PdfToText, &arguments, pass.directory)?;
    if !ran.status.success() {
        // A quiet run gives no reason; pdfinfo does.
        page_count(pass.directory)?;
    }
    check(&ran)?;
    let sheets = layout::sheets(&ran.output).map_err(|why| ExtractError::damaged("PDF", why))?;
    if sheets.len() > limit as usize {
        let pages = page_count(pass.directory)?;
        let detail = format!("The PDF has {pages} pages; at most {limit} are allowed.");
        return Err(ExtractError::new(ErrorCode::TooManyPages, detail));
    }
    Ok(sheets)
}

/// Targets of links that the text does not show, such as behind an icon; each once, in order.
fn links(directory: &Path, texts: &[String]) -> Result<Vec<String>, ExtractError> {
    let ran = tools::run(Tool::PdfInfo, &["-url", FILE], directory)?;
    let shown: String = texts.concat().split_whitespace().collect::<String>().to_lowercase();
    let mut found: Vec<String> = Vec::new();
    for line in String::from_utf8_lossy(&ran.output).lines().skip(1) {
        // Columns: page, kind, target.
        let target = line.split_whitespace().skip(2).collect::<Vec<_>>().join(" ");
        let Some(suffix) = text::link_suffix("", &target) else { continue };
        let written = suffix.trim_matches([' ', '(', ')']).to_owned();
        if !shown.contains(&text::bare_link(&target).to_lowercase()) && !found.contains(&written) {
            found.push(written);
        }
    }
    Ok(found)
}
