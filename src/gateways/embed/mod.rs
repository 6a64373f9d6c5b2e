//! Text to vectors: one trait, so that the local model and a provider's endpoint are the same to the rest.

pub mod local;

use async_trait::async_trait;

/// Which model made a vector; vectors of different models are never mixed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelInfo {
    /// A stable name with version, such as `all-minilm-l6-v2`.
    pub name: String,
    /// Numbers in a vector.
    pub dimensions: usize,
    /// Word pieces a passage may have; what is beyond is not seen by the model.
    pub max_tokens: usize,
}

/// Why a text could not be embedded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model is not there or its files are not what they should be.
    #[error("{0}")]
    Model(String),
    /// The endpoint did not answer.
    #[error("the embedding endpoint is not reachable: {0}")]
    Unavailable(String),
}

/// Turns text into unit vectors.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Which model this is.
    fn model(&self) -> &ModelInfo;
    /// Word pieces `text` has, special tokens not counted.
    fn count_tokens(&self, text: &str) -> usize;
    /// One unit vector for each passage, in order. For bulk work; uses the cores it was given.
    async fn embed_passages(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Error>;
    /// The unit vector of a query. Goes before bulk work.
    async fn embed_query(&self, text: &str) -> Result<Vec<f32>, Error>;
}
