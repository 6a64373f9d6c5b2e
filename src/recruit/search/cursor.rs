//! Where a list goes on: opaque to the client, bound to the search it came from.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Mode;
use crate::base::secret;
use crate::model::query::interpretation::Interpretation;
use crate::recruit::{Error, Result};

/// Bytes of a cursor: eight that name the search, four for the place.
const LENGTH: usize = 12;

/// Names a search: the same query with the same filters.
pub fn fingerprint(query: &str, interpretation: &Interpretation, mode: Mode) -> [u8; 8] {
    let text = format!("{query}\u{0}{interpretation:?}\u{0}{mode:?}");
    let hash = secret::sha256(text.as_bytes());
    hash[..8].try_into().expect("a hash has 32 bytes")
}

/// A cursor to the hit at `offset`.
pub fn write(fingerprint: [u8; 8], offset: usize) -> String {
    let offset = u32::try_from(offset).unwrap_or(u32::MAX);
    URL_SAFE_NO_PAD.encode([&fingerprint[..], &offset.to_be_bytes()].concat())
}

/// The place a cursor points to.
pub fn read(text: &str, expected: [u8; 8]) -> Result<usize> {
    let wrong = || Error::field("cursor", "is not a cursor of this search; start again without it");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let bytes: [u8; LENGTH] = bytes.try_into().map_err(|_| wrong())?;
    let (name, offset) = bytes.split_at(8);
    if name != expected {
        return Err(wrong());
    }
    let offset: [u8; 4] = offset.try_into().map_err(|_| wrong())?;
    Ok(u32::from_be_bytes(offset) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_written() {
        assert_eq!(read(&write([7; 8], 40), [7; 8]).unwrap(), 40);
    }

    #[test]
    fn a_cursor_of_another_search_or_none_at_all_is_refused() {
        assert!(read(&write([7; 8], 40), [8; 8]).is_err());
        for text in ["", "!", "AAAA", "ünï"] {
            assert!(read(text, [7; 8]).is_err());
        }
    }
}
