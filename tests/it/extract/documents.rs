//! Each format gives its text.

use talentprompt::gateways::extract::{ExtractLimits, MediaType, Ocr};

use super::fixtures::{docx, odt, pdf};
use super::{extractor_with, read};

#[tokio::test]
async fn a_pdf_gives_its_text_and_pages() {
    let found = read(pdf(&["Ana Lima, Engineer", "Second page"]), "cv.pdf").await;
    assert_eq!(found.media_type, MediaType::Pdf);
    assert_eq!(found.pages, Some(2));
    assert_eq!(found.text, "Ana Lima, Engineer\n\nSecond page");
    assert!(found.findings.is_empty());
}

#[tokio::test]
async fn a_word_document_gives_header_paragraphs_tables_boxes_and_links_in_order() {
    let body = r#"<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Work &amp; more</w:t></w:r></w:p>
        <w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>Built</w:t><w:tab/><w:t>it</w:t></w:r>
          <mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>in a box</w:t></w:r></w:p></w:txbxContent></mc:Choice>
          <mc:Fallback><w:txbxContent><w:p><w:r><w:t>in a box</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:p>
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>2019</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Acme</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
        <w:p><w:hyperlink r:id="rId1"><w:r><w:t>Site</w:t></w:r></w:hyperlink></w:p>
        <w:p><w:del><w:r><w:t>gone</w:t></w:r></w:del><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:t>end</w:t></w:r></w:p>"#;
    let found = read(docx(body), "cv.docx").await;
    assert_eq!(found.media_type, MediaType::Docx);
    let expected =
        "Ana Lima, Porto\n\nWork & more\n• Built\tit\nin a box\n2019\tAcme\nSite (https://example.org/ana)\nend";
    assert_eq!(found.text, expected);
    assert_eq!(found.findings[0].kind, "hidden_text");
}

/// Shown and hidden words, as the body of a PDF's page: each begins with the state it needs and ends a text object.
fn page(parts: &[&str]) -> String {
    // `pdf` writes "(…) Tj ET" around what it is given.
    format!("Ana Lima, Engineer) Tj ET {} BT 0 g 0 Tr /F1 12 Tf 72 60 Td (end", parts.concat())
}

#[tokio::test]
async fn what_nobody_sees_in_a_pdf_is_left_out_and_reported() {
    for hidden in [
        "1 g BT /F1 12 Tf 72 500 Td (kubernetes terraform) Tj ET",
        "0.97 0.98 0.97 rg BT /F1 12 Tf 72 500 Td (kubernetes terraform) Tj ET",
        "BT /F1 1 Tf 72 500 Td (kubernetes terraform) Tj ET",
        "BT /F1 12 Tf 0.1 0 0 0.1 72 500 Tm (kubernetes terraform) Tj ET",
        "BT 3 Tr /F1 12 Tf 72 500 Td (kubernetes terraform) Tj ET",
        "BT /F1 12 Tf 72 -200 Td (kubernetes terraform) Tj ET",
        "BT /F1 12 Tf 900 500 Td (kubernetes terraform) Tj ET",
    ] {
        let found = read(pdf(&["First page", &page(&[hidden])]), "cv.pdf").await;
        assert!(found.text.contains("Ana Lima, Engineer") && found.text.contains("end"), "{hidden}: {}", found.text);
        assert!(!found.text.contains("kubernetes"), "{hidden}: {}", found.text);
        assert_eq!(found.findings.len(), 1, "{hidden}");
        let finding = &found.findings[0];
        assert_eq!(finding.kind, "hidden_text");
        assert!(
            finding.detail.contains("Page 2") && finding.detail.contains("kubernetes terraform"),
            "{}",
            finding.detail
        );
    }
}

#[tokio::test]
async fn white_words_on_a_dark_ground_are_seen() {
    let side = "0 0 0.4 rg 60 480 300 40 re f 1 g BT /F1 12 Tf 72 500 Td (kubernetes) Tj ET";
    let found = read(pdf(&[&page(&[side])]), "cv.pdf").await;
    assert!(found.text.contains("kubernetes"), "{}", found.text);
    assert!(found.findings.is_empty(), "{:?}", found.findings);
}

#[tokio::test]
async fn a_layer_of_words_over_a_picture_is_seen() {
    // Stripes stand for what a scanner saw; the words over it are invisible, as OCR puts them.
    let stripe = |row| format!("72 {} 120 1.5 re f ", 498 + row * 3);
    let stripes = (0..5).map(stripe).collect::<Vec<_>>().concat();
    let found =
        read(pdf(&[&page(&[&stripes, "BT 3 Tr /F1 12 Tf 72 500 Td (kubernetes terraform) Tj ET"])]), "cv.pdf").await;
    assert!(found.text.contains("kubernetes"), "{}", found.text);
    assert!(found.findings.is_empty(), "{:?}", found.findings);
}

#[tokio::test]
async fn what_nobody_sees_in_a_word_document_is_left_out_and_reported() {
    let run = |look: &str| format!("<w:r><w:rPr>{look}</w:rPr><w:t>kubernetes</w:t></w:r>");
    let white = run(r#"<w:color w:val="FFFFFF"/>"#);
    let cell = |properties: &str| format!("<w:tbl><w:tr><w:tc>{properties}<w:p>{white}</w:p></w:tc></w:tr></w:tbl>");
    let paragraph = |runs: &str| format!("<w:p>{runs}</w:p>");
    for body in [
        paragraph(&white),
        paragraph(&run("<w:vanish/>")),
        paragraph(&run(r#"<w:sz w:val="2"/>"#)),
        cell(r#"<w:tcPr><w:shd w:val="clear" w:fill="auto"/></w:tcPr>"#),
    ] {
        let found = read(docx(&format!("{body}<w:p><w:r><w:t>end</w:t></w:r></w:p>")), "cv.docx").await;
        assert!(found.text.ends_with("end") && !found.text.contains("kubernetes"), "{body}: {}", found.text);
        assert_eq!(found.findings[0].kind, "hidden_text");
        assert!(found.findings[0].detail.contains("kubernetes"), "{}", found.findings[0].detail);
    }
    for body in [
        cell(r#"<w:tcPr><w:shd w:val="clear" w:fill="1F3864"/></w:tcPr>"#),
        paragraph(&run(r#"<w:color w:val="FFFFFF"/><w:highlight w:val="black"/>"#)),
        format!(r#"<w:p><w:pPr><w:shd w:val="clear" w:fill="1F3864"/></w:pPr>{white}</w:p>"#),
        format!("<w:p><w:r><w:txbxContent><w:p>{white}</w:p></w:txbxContent></w:r></w:p>"),
        format!(r#"<w:p><w:r><wp:anchor behindDoc="1"/></w:r>{white}</w:p>"#),
    ] {
        let found = read(docx(&body), "cv.docx").await;
        assert!(found.text.contains("kubernetes"), "{body}: {}", found.text);
        assert!(found.findings.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn an_opendocument_text_gives_its_text() {
    let body = r#"<text:h>Skills</text:h><text:p>Rust<text:s text:c="3"/>and<text:line-break/>C++ <text:a xlink:href="https://example.org">me</text:a></text:p>
        <table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>"#;
    let found = read(odt(body), "cv.odt").await;
    assert_eq!(found.media_type, MediaType::Odt);
    assert_eq!(found.text, "Skills\nRust and\nC++ me (https://example.org)\na\tb");
}

#[tokio::test]
async fn the_type_is_found_by_content_and_not_by_name() {
    let cases: [(Vec<u8>, &str, MediaType); 9] = [
        (pdf(&["Ana Lima"]), "cv.docx", MediaType::Pdf),
        (docx("<w:p/>"), "cv.pdf", MediaType::Docx),
        (br"{\rtf1 Ana Lima\par}".to_vec(), "cv.doc", MediaType::Rtf),
        (b"<!DOCTYPE html><p>Ana Lima".to_vec(), "cv.txt", MediaType::Html),
        (br#"{"basics":{"name":"Ana Lima"}}"#.to_vec(), "cv", MediaType::JsonResume),
        (b"# Ana Lima".to_vec(), "cv.MD", MediaType::Markdown),
        (b"Ana Lima".to_vec(), "cv.exe", MediaType::Text),
        ("Ana Lima, Zürich".encode_utf16().flat_map(u16::to_le_bytes).collect(), "cv.txt", MediaType::Text),
        (b"Ana Lima, Z\xfcrich".to_vec(), "cv.txt", MediaType::Text),
    ];
    for (bytes, name, expected) in cases {
        let found = read(bytes, name).await;
        assert_eq!(found.media_type, expected, "{name}");
        assert!(found.text.contains("Ana Lima"), "{name}: {}", found.text);
    }
}

#[tokio::test]
async fn a_file_is_read_from_its_path_whatever_it_is_called() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("履歴書 'x'; rm -rf.pdf");
    std::fs::write(&path, pdf(&["Ana Lima"])).unwrap();
    let found = super::extractor().extract(path.as_path(), &"é".repeat(300)).await.unwrap();
    assert_eq!(found.text, "Ana Lima");
}

#[tokio::test]
async fn nul_bytes_lone_surrogates_and_controls_do_not_reach_the_text() {
    let found =
        read(b"Ana\0 Lima\x07 \xed\xa0\x80 Stra\xc3\x9fe \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9".to_vec(), "cv.txt").await;
    assert!(found.text.starts_with("Ana Lima"), "{}", found.text);
    assert!(found.text.chars().all(|c| !c.is_control()));
}

#[tokio::test]
async fn an_extra_page_of_ocr_never_costs_text_that_is_there() {
    let limits = ExtractLimits { ocr: Ocr::Always, ocr_pages: 1, ..ExtractLimits::default() };
    let found = extractor_with(limits).extract(pdf(&["Ana Lima", "Engineer"]), "cv.pdf").await.unwrap();
    assert!(found.text.contains("Engineer"), "{}", found.text);
}
