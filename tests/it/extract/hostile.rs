//! Broken and malicious documents: each gives its code, none hangs, none takes the process with it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use talentprompt::gateways::extract::{ErrorCode, ExtractLimits, Extractor, Ocr};

use super::fixtures::{blank_tiff, docx, docx_with_prolog, noise, pdf, zip};
use super::{extractor_with, failure, read};

/// Made with qpdf from a PDF of one page; needs the password `secret` to be opened.
const ENCRYPTED: &[u8] = include_bytes!("../../fixtures/documents/encrypted.pdf");

#[tokio::test]
async fn an_empty_file_is_said_to_be_empty() {
    assert_eq!(failure(Vec::new(), "cv.pdf").await.0, ErrorCode::EmptyFile);
}

#[tokio::test]
async fn broken_pdfs_are_damaged_and_an_encrypted_one_is_encrypted() {
    let whole = pdf(&["Ana Lima"]);
    let random = [b"%PDF-1.7\n".as_slice(), &noise(50_000)].concat();
    assert_eq!(failure(pdf(&[]), "zero.pdf").await.0, ErrorCode::Damaged);
    assert_eq!(failure(random, "random.pdf").await.0, ErrorCode::Damaged);
    assert_eq!(failure(whole[..150].to_vec(), "truncated.pdf").await.0, ErrorCode::Damaged);
    assert_eq!(failure(ENCRYPTED, "locked.pdf").await.0, ErrorCode::Encrypted);
}

#[tokio::test]
async fn five_thousand_pages_are_refused_with_the_limit_named() {
    let (code, detail) = failure(pdf(&vec!["x"; 5_000]), "book.pdf").await;
    assert_eq!(code, ErrorCode::TooManyPages);
    assert!(detail.contains("5000") && detail.contains("100"), "{detail}");
}

#[tokio::test]
async fn random_bytes_other_formats_and_old_word_are_unsupported() {
    let old_word = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 600]].concat();
    let (code, detail) = failure(old_word.clone(), "cv.doc").await;
    assert_eq!(code, ErrorCode::UnsupportedType);
    assert!(detail.contains("DOCX or PDF"), "{detail}");
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(failure([old_word, name].concat(), "cv.docx").await.0, ErrorCode::Encrypted);
    assert_eq!(failure(noise(100_000), "cv.pdf").await.0, ErrorCode::UnsupportedType);
    assert_eq!(failure(zip(&[("a.txt", b"a")]), "cv.zip").await.0, ErrorCode::Archive);
}

#[tokio::test]
async fn external_entities_and_a_billion_laughs_are_refused() {
    let outside = r#"<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>"#;
    let text = "<w:p><w:r><w:t>a &x; b</w:t></w:r></w:p>";
    let (code, detail) = failure(docx_with_prolog(outside, text), "cv.docx").await;
    assert_eq!(code, ErrorCode::Damaged);
    assert!(detail.contains("entities"), "{detail}");
    let mut laughs = r#"<!DOCTYPE w [<!ENTITY l0 "lol">"#.to_owned();
    for level in 1..10 {
        let before = format!("&l{};", level - 1).repeat(10);
        write!(laughs, r#"<!ENTITY l{level} "{before}">"#).unwrap();
    }
    laughs.push_str("]>");
    assert_eq!(failure(docx_with_prolog(&laughs, text), "cv.docx").await.0, ErrorCode::Damaged);
    // A reference that nobody defined says nothing.
    assert!(read(docx(text), "cv.docx").await.text.ends_with("a  b".replace("  ", " ").as_str()));
}

#[tokio::test]
async fn a_word_document_cut_short_or_without_its_body_is_damaged() {
    let whole = docx("<w:p><w:r><w:t>Ana Lima</w:t></w:r></w:p>");
    assert_eq!(failure(whole[..whole.len() / 2].to_vec(), "cv.docx").await.0, ErrorCode::Damaged);
    let crossed = docx("<w:p><w:r></w:p></w:r>");
    assert_eq!(failure(crossed, "cv.docx").await.0, ErrorCode::Damaged);
}

#[tokio::test]
async fn a_word_document_that_is_a_bomb_is_refused() {
    let body = format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", "A".repeat(66 << 20));
    assert_eq!(failure(docx(&body), "cv.docx").await.0, ErrorCode::ArchiveBomb);
}

#[tokio::test]
async fn an_image_without_text_says_so() {
    assert_eq!(failure(blank_tiff(200), "photo.png").await.0, ErrorCode::NoText);
}

#[tokio::test]
async fn a_page_without_text_is_reported_and_the_others_are_read() {
    let limits = ExtractLimits { ocr: Ocr::Never, ..ExtractLimits::default() };
    let found = extractor_with(limits).extract(pdf(&["Ana Lima", "", "Engineer"]), "cv.pdf").await.unwrap();
    assert_eq!(found.findings.len(), 1);
    assert_eq!(found.findings[0].kind, "unreadable_page");
    assert!(found.findings[0].detail.contains("Page 2"), "{}", found.findings[0].detail);
    assert!(found.text.contains("Engineer"));
}

#[tokio::test]
async fn text_beyond_the_limit_is_cut_with_a_finding() {
    let found = read("word ".repeat(100_000), "cv.txt").await;
    assert!(found.text.chars().count() <= 400_000);
    assert_eq!(found.findings[0].kind, "truncated");
}

#[tokio::test]
async fn a_document_beyond_the_size_limit_is_refused_before_it_is_read() {
    let limits = ExtractLimits { document_bytes: 1 << 20, ..ExtractLimits::default() };
    let error = extractor_with(limits).extract(vec![b'a'; 2 << 20], "cv.txt").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TooLarge);
    assert!(error.detail.contains("1 MB"), "{}", error.detail);
}

#[tokio::test]
async fn too_little_memory_is_said_to_be_that() {
    let limits = ExtractLimits { memory_bytes: 96 << 20, ..ExtractLimits::default() };
    let error = extractor_with(limits).extract(vec![b'a'; 45 << 20], "cv.txt").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::OutOfMemory, "{error}");
}

#[tokio::test]
async fn what_takes_too_long_is_killed_with_all_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let marker = directory.path().join("alive");
    let script = directory.path().join("hang");
    std::fs::write(&script, format!("#!/bin/sh\n(sleep 2; touch {}) &\nsleep 60\n", marker.display())).unwrap();
    std::process::Command::new("chmod").arg("+x").arg(&script).status().unwrap();
    let limits = ExtractLimits { timeout: Duration::from_millis(300), ..ExtractLimits::default() };
    let started = Instant::now();
    let error = Extractor::new(limits, script).extract(b"x".to_vec(), "cv.txt").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(2));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!marker.exists(), "a grandchild outlived the document");
}

#[tokio::test]
async fn a_reader_that_dies_or_cannot_start_is_a_crash_and_not_a_hang() {
    for program in ["/bin/false", "/bin/cat", "/no/such/program"] {
        let extractor = Extractor::new(ExtractLimits::default(), PathBuf::from(program));
        let error = extractor.extract(noise(1 << 20), "cv.pdf").await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Crashed, "{program}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let error = super::extractor().extract(PathBuf::from("/no/such/cv.pdf"), "cv.pdf").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::FileUnreadable);
    assert!(error.detail.contains("/no/such/cv.pdf"));
}
