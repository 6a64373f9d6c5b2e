//! Floor 8: composition and life cycle. Builds the context from the configuration, and runs the process.

mod build;
pub mod lifecycle;

pub use build::{Need, context, extractor, migrate};
