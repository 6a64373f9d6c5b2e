//! ZIP archives, good and hostile.

use talentprompt::gateways::extract::{ErrorCode, ExtractError, ExtractLimits, Extractor, Member};
use talentprompt::model::profile::Finding;
use tokio::sync::mpsc;

use super::extractor;
use super::fixtures::{docx, zip};

/// What came out of an archive, and what was left out.
#[derive(Debug)]
struct Unpacked {
    members: Vec<Member>,
    findings: Vec<Finding>,
}

async fn unpack(bytes: Vec<u8>) -> Result<Unpacked, ExtractError> {
    unpack_with(extractor(), bytes).await
}

async fn unpack_with(extractor: Extractor, bytes: Vec<u8>) -> Result<Unpacked, ExtractError> {
    let (give, mut take) = mpsc::channel(1);
    let collecting = async {
        let mut members = Vec::new();
        while let Some(member) = take.recv().await {
            members.push(member);
        }
        members
    };
    let (findings, members) = tokio::join!(extractor.unpack(bytes, give), collecting);
    Ok(Unpacked { members, findings: findings? })
}

fn names(unpacked: &Unpacked) -> Vec<&str> {
    unpacked.members.iter().map(|member| member.name.as_str()).collect()
}

/// An archive in an archive, `depth` in all, with a text in the innermost.
fn nested(depth: usize) -> Vec<u8> {
    (1..depth).fold(zip(&[("cv.txt", b"Ana")]), |inner, _| zip(&[("inner.zip", &inner)]))
}

#[tokio::test]
async fn members_come_with_labels_and_documents_that_are_archives_stay_whole() {
    let word = docx("<w:p/>");
    let members: [(&str, &[u8]); 6] = [
        ("team/a.txt", b"Ana"),
        ("../../../etc/passwd", b"Ben"),
        ("/abs/c.txt", b"Cid"),
        ("__MACOSX/._a.txt", b"junk"),
        ("team/.DS_Store", b"junk"),
        ("cv.docx", &word),
    ];
    let unpacked = unpack(zip(&members)).await.unwrap();
    assert_eq!(names(&unpacked), ["a.txt", "passwd", "c.txt", "cv.docx"]);
    assert_eq!(unpacked.members[1].bytes, b"Ben");
    assert_eq!(unpacked.members[3].bytes, word);
}

#[tokio::test]
async fn three_levels_are_read_and_deeper_ones_refused_or_reported() {
    assert_eq!(names(&unpack(nested(3)).await.unwrap()), ["cv.txt"]);
    assert_eq!(unpack(nested(10)).await.unwrap_err().code, ErrorCode::ArchiveTooDeep);
    let mixed = unpack(zip(&[("a.txt", b"Ana"), ("deep.zip", &nested(9))])).await.unwrap();
    assert_eq!(names(&mixed), ["a.txt"]);
    assert_eq!(mixed.findings[0].kind, "archive_too_deep");
}

#[tokio::test]
async fn a_bomb_is_refused() {
    let zeros = vec![0_u8; 64 << 20];
    let error = unpack(zip(&[("a.txt", b"Ana"), ("bomb.txt", &zeros)])).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ArchiveBomb);
    assert!(error.detail.contains("bomb.txt"), "{}", error.detail);
}

#[tokio::test]
async fn many_small_members_may_not_exceed_the_total() {
    let limits = ExtractLimits { archive_total_bytes: 1 << 20, ..ExtractLimits::default() };
    let content = super::fixtures::noise(300 << 10);
    let members: Vec<(String, &[u8])> = (0..5).map(|index| (format!("{index}.bin"), content.as_slice())).collect();
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    let error = unpack_with(super::extractor_with(limits), zip(&members)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ArchiveBomb);
}

#[tokio::test]
async fn ten_thousand_entries_are_too_many() {
    let names: Vec<String> = (0..10_000).map(|index| format!("{index}.txt")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
    let error = unpack(zip(&members)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ArchiveTooMany);
    assert!(error.detail.contains("1000"), "{}", error.detail);
}

#[tokio::test]
async fn broken_and_empty_archives_say_so() {
    let whole = zip(&[("a.txt", b"Ana")]);
    assert_eq!(unpack(whole[..20].to_vec()).await.unwrap_err().code, ErrorCode::Damaged);
    assert_eq!(unpack(Vec::new()).await.unwrap_err().code, ErrorCode::EmptyFile);
    assert!(unpack(zip(&[])).await.unwrap().members.is_empty());
    let inner = unpack(zip(&[("broken.zip", &whole[..40]), ("b.txt", b"Ben")])).await.unwrap();
    assert_eq!(names(&inner), ["b.txt"]);
    assert_eq!(inner.findings[0].kind, "member_damaged");
}

#[tokio::test]
async fn an_archive_is_told_from_a_document_by_the_child() {
    let error = extractor().extract(zip(&[("a.txt", b"Ana")]), "cv.pdf").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Archive);
    let broken = extractor().extract(zip(&[("a.txt", b"Ana")])[..20].to_vec(), "cv.zip").await.unwrap_err();
    assert_eq!(broken.code, ErrorCode::Archive);
}

#[tokio::test]
async fn unpacking_ends_when_nobody_takes_the_files() {
    let (give, take) = mpsc::channel(1);
    drop(take);
    let error = extractor().unpack(zip(&[("a.txt", b"Ana"), ("b.txt", b"Ben")]), give).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Crashed);
}
