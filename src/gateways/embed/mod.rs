//! Text to vectors: one trait, so that the local model and a provider's endpoint are the same to the rest.
//!
//! Why the local model runs on an encoder of our own, over the `gemm` crate, and not on a runtime library: speed
//! does not decide, since ONNX Runtime does as many passages a second; memory and packaging do. The encoder is
//! under a thousand lines and needs about 100 MB where the runtimes measured needed 500 to 700, on a machine of 4
//! GB that Postgres, Redis and the vector engine share; it adds no shared library, so there is one binary on any
//! libc; and the only processor specific part, the matrix product, is `gemm`'s, which chooses AVX2 or NEON when it
//! runs, so arm64 needs no code of ours (`matrixmultiply` was 10 to 25 % slower on the encoder's shapes). It also
//! keeps a text's vector the same to the bit whatever is embedded beside it, which no batching runtime promises, so
//! that an evaluation repeats to the last digit. The price is that another architecture of model needs another
//! encoder; that is what the trait is for.

pub mod local;

use async_trait::async_trait;

use crate::model::ids::WorkspaceId;

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
    /// A provider's model is away or may not be paid now; the same text later may work.
    #[error("{0}")]
    Unavailable(String),
}

/// Turns text into unit vectors.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Which model this is.
    fn model(&self) -> &ModelInfo;
    /// Word pieces `text` has, special tokens not counted.
    fn count_tokens(&self, text: &str) -> usize;
    /// One unit vector for each passage of `workspace`'s, in order. For bulk work; uses the cores it was given.
    async fn embed_passages(&self, workspace: WorkspaceId, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Error>;
    /// The unit vector of a query that is asked in `workspace`. Goes before bulk work.
    async fn embed_query(&self, workspace: WorkspaceId, text: &str) -> Result<Vec<f32>, Error>;
}
