//! Documents to text through the real sandboxed child.

mod archives;
mod documents;
pub mod fixtures;
mod hostile;
mod sandbox;

use std::path::PathBuf;

use talentprompt::gateways::extract::{ErrorCode, ExtractLimits, Extracted, Extractor};

fn extractor_with(limits: ExtractLimits) -> Extractor {
    Extractor::new(limits, PathBuf::from(env!("CARGO_BIN_EXE_talentprompt")))
}

fn extractor() -> Extractor {
    extractor_with(ExtractLimits::default())
}

async fn read(bytes: impl Into<Vec<u8>>, filename: &str) -> Extracted {
    extractor().extract(bytes.into(), filename).await.expect("the document is readable")
}

/// The code and the sentence of the failure to read `bytes`.
async fn failure(bytes: impl Into<Vec<u8>>, filename: &str) -> (ErrorCode, String) {
    let error = extractor().extract(bytes.into(), filename).await.expect_err("the document is not readable");
    assert!(!error.hint().is_empty());
    (error.code, error.detail)
}
