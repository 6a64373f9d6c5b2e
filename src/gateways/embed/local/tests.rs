//! The local model as a whole, against vectors that `tests/fixtures/embedding/reference.py` computed without it.

use std::path::PathBuf;
use std::sync::LazyLock;

/// The local model does not mind whose text it is.
fn anybody() -> WorkspaceId {
    uuid::Uuid::nil().into()
}

use super::*;
use crate::model::ids::WorkspaceId;

/// A path in the repository.
fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The model with this many threads for bulk work.
fn load(threads: usize) -> LocalEmbedder {
    LocalEmbedder::load(&repository("packaging/models/data/all-minilm-l6-v2"), threads)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// One model for all tests that do not need their own.
static SHARED: LazyLock<LocalEmbedder> = LazyLock::new(|| load(2));

/// The fixture's texts.
fn texts() -> Vec<String> {
    let file = repository("tests/fixtures/embedding/texts.json");
    serde_json::from_slice(&std::fs::read(file).expect("the fixture is there")).expect("a list of texts")
}

/// The fixture's vectors, in the order of its texts.
fn reference() -> Vec<Vec<f32>> {
    let bytes = std::fs::read(repository("tests/fixtures/embedding/reference.f32")).expect("the fixture is there");
    let numbers: Vec<f32> = bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
    numbers.chunks(WIDTH).map(<[f32]>::to_vec).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[tokio::test]
async fn every_text_has_the_vector_of_the_independent_reference() {
    let (texts, reference) = (texts(), reference());
    assert_eq!(texts.len(), reference.len());
    let vectors = SHARED.embed_passages(anybody(), texts.clone()).await.expect("vectors");
    for ((text, vector), reference) in texts.iter().zip(&vectors).zip(&reference) {
        let cosine = cosine(vector, reference);
        assert!(cosine >= 0.999_999, "{cosine} for {text:?}");
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert!((length - 1.0).abs() < 1e-5, "length {length} for {text:?}");
    }
}

#[tokio::test]
async fn a_text_has_the_same_vector_to_the_bit_whatever_its_company_and_the_threads() {
    let texts = texts();
    let together = SHARED.embed_passages(anybody(), texts.clone()).await.expect("vectors");
    let mut reversed = texts.clone();
    reversed.reverse();
    let mut backwards = load(1).embed_passages(anybody(), reversed).await.expect("vectors");
    backwards.reverse();
    assert_eq!(together, backwards);
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(&SHARED.embed_query(anybody(), text).await.expect("a vector"), vector, "as a query: {text:?}");
    }
}

#[tokio::test]
async fn no_texts_have_no_vectors() {
    assert!(SHARED.embed_passages(anybody(), Vec::new()).await.expect("nothing to do").is_empty());
}

#[tokio::test]
async fn a_query_is_answered_before_the_passages_that_wait() {
    let model = load(1);
    let long = vec![7592; MAX_PIECES];
    let mut passages = model.workers.passages(vec![vec![long]; 6]);
    model.embed_query(anybody(), "goes first").await.expect("a vector");
    let mut last = passages.pop().expect("six were pushed");
    assert!(last.try_recv().is_err(), "the query waited for all passages");
    for passage in passages {
        passage.await.expect("a passage is not lost because a query went first");
    }
    last.await.expect("nor is the last");
}

#[tokio::test]
async fn passages_whose_caller_has_gone_are_skipped() {
    let model = load(1);
    let long = vec![7592; MAX_PIECES];
    drop(model.workers.passages(vec![vec![long.clone()]; 2000]));
    let kept = model.workers.passages(vec![vec![long]]).pop().expect("one was pushed");
    let in_time = tokio::time::timeout(std::time::Duration::from_mins(1), kept).await;
    in_time.expect("two thousand passages nobody waits for are not computed").expect("a vector");
}

#[test]
fn tokens_are_counted_without_end_marks_padding_or_truncation() {
    assert_eq!(SHARED.count_tokens(""), 0);
    assert_eq!(SHARED.count_tokens("reach truck licence"), 3);
    assert_eq!(SHARED.count_tokens(&"reach ".repeat(1000)), 1000);
    assert_eq!(SHARED.model().max_tokens, 256);
}

#[test]
fn a_text_is_cut_to_what_the_model_sees() {
    let pieces = SHARED.pieces.cut(&"reach ".repeat(1000));
    assert_eq!(pieces.len(), MAX_PIECES);
    assert_eq!((pieces[0], pieces[MAX_PIECES - 1]), (101, 102));
    assert_eq!(SHARED.pieces.cut(""), [101, 102]);
}

#[test]
fn groups_hold_every_text_once_and_never_too_many_pieces() {
    let texts: Vec<_> = [3_usize, 256, 100, 2, 200, 56, 156, 2].iter().map(|&pieces| vec![0; pieces]).collect();
    let (places, groups) = group(texts.clone());
    let mut seen = Vec::new();
    for (places, group) in places.iter().zip(&groups) {
        assert!(group.iter().map(Vec::len).sum::<usize>() <= MAX_PIECES);
        for (&place, text) in places.iter().zip(group) {
            assert_eq!(&texts[place], text);
            seen.push(place);
        }
    }
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..texts.len()));
}

#[test]
fn a_missing_or_foreign_file_is_named_with_its_checksum_and_the_remedy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let message = |folder: &Path| LocalEmbedder::load(folder, 1).err().expect("no model").to_string();
    let missing = message(folder.path());
    assert!(missing.contains("tokenizer.json") && missing.contains("make model"), "{missing}");

    let model = repository("packaging/models/data/all-minilm-l6-v2");
    std::fs::copy(model.join("tokenizer.json"), folder.path().join("tokenizer.json")).expect("a copy");
    let missing = message(folder.path());
    assert!(missing.contains("model.safetensors") && missing.contains(weights::WEIGHTS_SHA256), "{missing}");

    std::fs::write(folder.path().join("model.safetensors"), b"other weights").expect("a file");
    let foreign = message(folder.path());
    assert!(foreign.contains("its SHA-256 is ") && foreign.contains(weights::WEIGHTS_SHA256), "{foreign}");
}
