//! What a file is, by its content and never by its name: people rename files, and attackers do so on purpose.

use std::io::Cursor;

use serde::{Deserialize, Serialize};

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaType {
    /// Portable Document Format.
    Pdf,
    /// Office Open XML text.
    Docx,
    /// `OpenDocument` text.
    Odt,
    /// Rich Text Format.
    Rtf,
    /// A web page.
    Html,
    /// Markdown.
    Markdown,
    /// Plain text.
    Text,
    /// A resume in the JSON Resume schema, or other JSON that names a person's basics.
    JsonResume,
    /// A ZIP archive that is no document.
    Zip,
    /// PNG image.
    Png,
    /// JPEG image.
    Jpeg,
    /// TIFF image.
    Tiff,
    /// Word 97 to 2003: recognised, not read.
    LegacyDoc,
    /// Anything else.
    Unknown,
}

impl MediaType {
    /// The registered media type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Rtf => "application/rtf",
            Self::Html => "text/html",
            Self::Markdown => "text/markdown",
            Self::Text => "text/plain",
            Self::JsonResume => "application/json",
            Self::Zip => "application/zip",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Tiff => "image/tiff",
            Self::LegacyDoc => "application/msword",
            Self::Unknown => "application/octet-stream",
        }
    }
}

/// How far into a file its signature is looked for; PDF readers accept it within the first 1,024 bytes.
const HEAD: usize = 1024;

/// Tells what `bytes` are. `filename` only decides between plain text and Markdown, which look alike.
pub fn sniff(bytes: &[u8], filename: &str) -> MediaType {
    let head = &bytes[..bytes.len().min(HEAD)];
    let signatures: [(&[u8], MediaType); 7] = [
        (b"%PDF-", MediaType::Pdf),
        (b"{\\rtf", MediaType::Rtf),
        (b"\x89PNG\r\n\x1a\n", MediaType::Png),
        (b"\xff\xd8\xff", MediaType::Jpeg),
        (b"II*\0", MediaType::Tiff),
        (b"MM\0*", MediaType::Tiff),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", MediaType::LegacyDoc),
    ];
    if let Some((_, found)) = signatures.iter().find(|(magic, _)| head.starts_with(magic)) {
        return *found;
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return sniff_zip(bytes);
    }
    let text = super::plain::decode(bytes);
    match text {
        Some(text) => sniff_text(&text, filename),
        None if head.windows(5).any(|window| window == b"%PDF-") => MediaType::Pdf,
        None => MediaType::Unknown,
    }
}

fn sniff_zip(bytes: &[u8]) -> MediaType {
    let Ok(archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        // Cut short: the first local header still names the first member.
        let head = &bytes[..bytes.len().min(HEAD)];
        let holds = |needle: &[u8]| head.windows(needle.len()).any(|window| window == needle);
        return match () {
            () if holds(b"opendocument.text") => MediaType::Odt,
            () if holds(b"[Content_Types].xml") || holds(b"word/") => MediaType::Docx,
            () => MediaType::Zip,
        };
    };
    if archive.index_for_name("word/document.xml").is_some() {
        return MediaType::Docx;
    }
    if archive.index_for_name("content.xml").is_some() && archive.index_for_name("META-INF/manifest.xml").is_some() {
        return MediaType::Odt;
    }
    let office = ["[Content_Types].xml", "xl/workbook.xml", "ppt/presentation.xml", "META-INF/MANIFEST.MF"];
    if office.iter().any(|name| archive.index_for_name(name).is_some()) {
        return MediaType::Unknown;
    }
    MediaType::Zip
}

fn sniff_text(text: &str, filename: &str) -> MediaType {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let head: String = start.chars().take(HEAD).collect::<String>().to_ascii_lowercase();
    if head.starts_with("%pdf-") || head.contains("\n%pdf-") {
        return MediaType::Pdf;
    }
    let tags = ["<!doctype html", "<html", "<head", "<body", "<div", "<p>", "<h1", "<table", "<meta"];
    if tags.iter().any(|tag| head.starts_with(tag)) || (head.starts_with('<') && head.contains("<html")) {
        return MediaType::Html;
    }
    if head.starts_with('{') && super::json_resume::recognise(start) {
        return MediaType::JsonResume;
    }
    let extension = filename.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    if matches!(extension.as_deref(), Some("md" | "markdown")) { MediaType::Markdown } else { MediaType::Text }
}
