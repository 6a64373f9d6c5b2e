//! Floor 8: composition and life cycle. Builds the context from the configuration, and runs the process.

mod build;
pub mod lifecycle;
pub mod listen;
pub mod reload;
pub mod start;
mod watchdog;

pub use build::{Need, context, extractor, migrate};
