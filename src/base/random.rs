//! Randomness from the operating system, in the forms the project uses.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Fills an array with bytes from the operating system's generator.
///
/// # Panics
/// If the operating system has no randomness to give: nothing safe could be done without it.
#[expect(clippy::disallowed_methods, reason = "the one place that takes randomness")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0_u8; N];
    getrandom::fill(&mut out).expect("the operating system's random generator answers");
    out
}

/// A token of 256 bits in URL-safe base64 without padding: 43 characters.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}
