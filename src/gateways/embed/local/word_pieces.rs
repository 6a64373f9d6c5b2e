//! Text to the model's word pieces, with the tokenizer that came with the model.
//!
//! The tokenizer's own truncation and padding are switched off: its file pads every text to 128 pieces, which would
//! make every count wrong, and a text is cut here, after counting.

use std::path::Path;

use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use super::bad_model;
use super::encoder::MAX_PIECES;
use crate::gateways::embed::Error;

/// SHA-256 of all-MiniLM-L6-v2's `tokenizer.json`, as published.
pub(super) const TOKENIZER_SHA256: &str = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037";
/// Word pieces the model knows.
pub(super) const VOCABULARY: usize = 30_522;
/// The piece before every text.
const BEGIN: u32 = 101;
/// The piece after every text.
const END: u32 = 102;

/// The model's tokenizer.
pub(super) struct WordPieces(Tokenizer);

impl WordPieces {
    /// Reads the tokenizer from `path`.
    ///
    /// # Errors
    /// If the file is missing or is not the one that is expected.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|error| bad_model(path, TOKENIZER_SHA256, &error.to_string()))?;
        super::check_hash(path, TOKENIZER_SHA256, &Sha256::digest(&bytes))?;
        let mut tokenizer =
            Tokenizer::from_bytes(&bytes).map_err(|error| bad_model(path, TOKENIZER_SHA256, &error.to_string()))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| bad_model(path, TOKENIZER_SHA256, &error.to_string()))?;
        Ok(Self(tokenizer))
    }

    /// Word pieces of the text, without the two that mark its ends.
    pub(super) fn count(&self, text: &str) -> usize {
        self.encode(text).len()
    }

    /// What the encoder takes: both end marks, and between them as much of the text as it has room for.
    pub(super) fn cut(&self, text: &str) -> Vec<u32> {
        let encoding = self.encode(text);
        let pieces = encoding.get_ids();
        let room = pieces.len().min(MAX_PIECES - 2);
        [&[BEGIN], &pieces[..room], &[END]].concat()
    }

    fn encode(&self, text: &str) -> tokenizers::Encoding {
        self.0
            .encode_fast(text, false)
            .expect("the checked tokenizer knows the piece for unknown words, and lacks nothing else encoding needs")
    }
}
