//! The local model: all-MiniLM-L6-v2 on this machine's processor, no network, no key, no cost.
//!
//! Only the files the product was measured with are accepted, by checksum: vectors of other weights look the same and
//! mean something else.

mod encoder;
mod math;
mod matmul;
#[cfg(test)]
mod tests;
mod weights;
mod word_pieces;
mod workers;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::task::spawn_blocking;

use super::{Embedder, Error, ModelInfo};
use crate::model::ids::WorkspaceId;
use encoder::{MAX_PIECES, WIDTH};
use word_pieces::WordPieces;
use workers::Workers;

/// all-MiniLM-L6-v2, loaded.
pub struct LocalEmbedder {
    model: ModelInfo,
    pieces: Arc<WordPieces>,
    workers: Workers,
}

impl LocalEmbedder {
    /// Loads the model from a folder with `model.safetensors` and `tokenizer.json`, for bulk work on `threads` threads
    /// (at least one) and one more for queries. Takes a fraction of a second and about 100 MB.
    ///
    /// # Errors
    /// If a file is missing, unreadable or not the expected one.
    pub fn load(folder: &Path, threads: usize) -> Result<Self, Error> {
        let pieces = WordPieces::read(&folder.join("tokenizer.json"))?;
        let encoder = weights::read(&folder.join("model.safetensors"))?;
        let workers = Workers::start(encoder, threads.max(1))
            .map_err(|error| Error::Model(format!("the embedding model's threads could not be started: {error}")))?;
        let model = ModelInfo { name: "all-minilm-l6-v2".to_owned(), dimensions: WIDTH, max_tokens: MAX_PIECES };
        Ok(Self { model, pieces: Arc::new(pieces), workers })
    }

    /// Cuts texts into word pieces, off the async threads.
    async fn cut(&self, texts: Vec<String>) -> Result<Vec<Vec<u32>>, Error> {
        let pieces = Arc::clone(&self.pieces);
        spawn_blocking(move || texts.iter().map(|text| pieces.cut(text)).collect()).await.map_err(|_| stopped())
    }
}

#[async_trait]
impl Embedder for LocalEmbedder {
    fn model(&self) -> &ModelInfo {
        &self.model
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.pieces.count(text)
    }

    async fn embed_passages(&self, _: WorkspaceId, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Error> {
        let mut vectors = vec![Vec::new(); texts.len()];
        let (places, groups) = group(self.cut(texts).await?);
        for (places, made) in places.into_iter().zip(self.workers.passages(groups)) {
            for (place, vector) in places.into_iter().zip(made.await.map_err(|_| stopped())?) {
                vectors[place] = vector;
            }
        }
        Ok(vectors)
    }

    async fn embed_query(&self, _: WorkspaceId, text: &str) -> Result<Vec<f32>, Error> {
        let mut pieces = self.cut(vec![text.to_owned()]).await?;
        let made = self.workers.query(pieces.pop().unwrap_or_default()).await.map_err(|_| stopped())?;
        made.into_iter().next().ok_or_else(stopped)
    }
}

/// Puts texts, longest first, into groups the encoder takes at a time: long ones alone, short ones together, because
/// the weights are read from memory once a group. With the groups come their texts' places in the input.
fn group(texts: Vec<Vec<u32>>) -> (Vec<Vec<usize>>, Vec<Vec<Vec<u32>>>) {
    let mut sorted: Vec<_> = texts.into_iter().enumerate().collect();
    sorted.sort_by_key(|(place, text)| (std::cmp::Reverse(text.len()), *place));
    let (mut places, mut groups) = (Vec::<Vec<usize>>::new(), Vec::<Vec<Vec<u32>>>::new());
    let mut room = 0;
    for (place, text) in sorted {
        if text.len() > room {
            room = MAX_PIECES;
            places.push(Vec::new());
            groups.push(Vec::new());
        }
        room -= text.len();
        places.last_mut().expect("a group was begun").push(place);
        groups.last_mut().expect("a group was begun").push(text);
    }
    (places, groups)
}

/// The encoder broke at a text, which none should be able to cause.
fn stopped() -> Error {
    Error::Model("the local embedding model stopped while it worked on this text; its log has the reason".to_owned())
}

/// The error for a file that is not what it should be: which, why, what is expected, what to do.
fn bad_model(path: &Path, sha256: &str, reason: &str) -> Error {
    Error::Model(format!(
        "the embedding model's file {} cannot be used: {reason}. Expected is the file with SHA-256 {sha256}; \
         `make model` fetches it",
        path.display()
    ))
}

/// Refuses a file whose SHA-256 is not the expected one.
fn check_hash(path: &Path, expected: &str, found: &[u8]) -> Result<(), Error> {
    let digits = found.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let found: String = digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect();
    if found == expected {
        return Ok(());
    }
    Err(bad_model(path, expected, &format!("its SHA-256 is {found}")))
}
