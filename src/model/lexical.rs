//! Words for exact matching: one tokeniser for resumes and queries, so that `C++` meets `C++` and nothing else.

use serde::{Deserialize, Serialize};

/// A sparse vector: term ids, ascending and unique, each with a weight.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SparseVector {
    /// Term ids, ascending, unique.
    pub indices: Vec<u32>,
    /// A weight for each id.
    pub values: Vec<f32>,
}
