//! Documents made by hand, good and hostile, so that nothing but the readers under test has to be trusted.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;

/// A ZIP archive of the given members.
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer
            .start_file(*name, SimpleFileOptions::default().compression_level(Some(9)))
            .expect("memory takes every write");
        writer.write_all(content).expect("memory takes every write");
    }
    writer.finish().expect("memory takes every write").into_inner()
}

/// A Word document with the given body.
pub fn docx(body: &str) -> Vec<u8> {
    docx_with_prolog("", body)
}

/// A Word document whose main part starts with `prolog`.
pub fn docx_with_prolog(prolog: &str, body: &str) -> Vec<u8> {
    let document = format!(
        r#"<?xml version="1.0"?>{prolog}<w:document xmlns:w="w" xmlns:r="r" xmlns:mc="m"><w:body>{body}</w:body></w:document>"#
    );
    let links = r#"<Relationships><Relationship Id="rId1" Type="x/hyperlink" Target="https://example.org/ana"/></Relationships>"#;
    let header = r#"<w:hdr xmlns:w="w"><w:p><w:r><w:t>Ana Lima, Porto</w:t></w:r></w:p></w:hdr>"#;
    zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", document.as_bytes()),
        ("word/_rels/document.xml.rels", links.as_bytes()),
        ("word/header1.xml", header.as_bytes()),
    ])
}

/// An `OpenDocument` text with the given body.
pub fn odt(body: &str) -> Vec<u8> {
    let content = format!(
        r#"<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:xlink="x"><office:body><office:text>{body}</office:text></office:body></office:document-content>"#
    );
    zip(&[
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", content.as_bytes()),
        ("META-INF/manifest.xml", b"<manifest/>"),
    ])
}

/// A PDF with one line of text on each page.
pub fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        String::new(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut kids = String::new();
    for text in pages {
        let stream = format!("BT /F1 12 Tf 72 720 Td ({text}) Tj ET");
        let page = objects.len() + 1;
        write!(kids, "{page} 0 R ").expect("memory takes every write");
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
            page + 1
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()));
    }
    objects[1] = format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len());
    let mut out = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        write!(out, "{} 0 obj\n{object}\nendobj\n", index + 1).expect("memory takes every write");
    }
    let start = out.len();
    write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).expect("memory takes every write");
    for offset in offsets {
        writeln!(out, "{offset:010} 00000 n ").expect("memory takes every write");
    }
    write!(out, "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1)
        .expect("memory takes every write");
    out.into_bytes()
}

/// Bytes without any structure, the same on each run.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(length)
    .collect()
}

/// A white TIFF image without compression.
pub fn blank_tiff(side: u16) -> Vec<u8> {
    let entries: [(u16, u16, u32); 9] = [
        (256, 3, u32::from(side)),
        (257, 3, u32::from(side)),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8 + 2 + 9 * 12 + 4),
        (277, 3, 1),
        (278, 3, u32::from(side)),
        (279, 4, u32::from(side) * u32::from(side)),
    ];
    let mut out = b"II*\0\x08\0\0\0\x09\0".to_vec();
    for (tag, kind, value) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend([0; 4]);
    out.resize(out.len() + usize::from(side) * usize::from(side), 255);
    out
}
