//! Bytes to characters for text of unknown encoding: a byte order mark decides, then valid UTF-8, then UTF-16 without
//! a mark, else Windows-1252, in which any byte sequence of western text is valid.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Share of control characters above which bytes are no text, one in so many.
const CONTROL_ONE_IN: usize = 50;
/// How many bytes are looked at to guess.
const SAMPLE: usize = 64 * 1024;

/// The text of `bytes`; None when they are no text. Lone surrogates and broken sequences become U+FFFD.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let (encoding, skip) = match Encoding::for_bom(bytes) {
        Some(found) => found,
        None => (guess(bytes)?, 0),
    };
    let (text, _) = encoding.decode_without_bom_handling(&bytes[skip..]);
    Some(text.into_owned())
}

fn guess(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if let Some(encoding) = wide(sample) {
        return Some(encoding);
    }
    // NUL bytes strewn into text by a broken exporter are dropped later; a file full of them is no text.
    let control = sample.iter().filter(|byte| **byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c)).count();
    if control * CONTROL_ONE_IN > sample.len() && control > 4 {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => Some(UTF_8),
        Err(error) if error.error_len().is_none() || mostly_utf8(bytes) => Some(UTF_8),
        Err(_) => western(sample).then_some(WINDOWS_1252),
    }
}

/// UTF-16 without a mark: western text has a zero in every other byte.
fn wide(sample: &[u8]) -> Option<&'static Encoding> {
    if sample.len() < 4 || !sample.len().is_multiple_of(2) {
        return None;
    }
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), sample.len() / 2);
    match () {
        () if odd * 10 > pairs * 7 && even * 10 < pairs => Some(UTF_16LE),
        () if even * 10 > pairs * 7 && odd * 10 < pairs => Some(UTF_16BE),
        () => None,
    }
}

/// A few broken bytes in text that is otherwise UTF-8 with letters beyond ASCII.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut valid, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        // Bytes broken in a row count once.
        broken += usize::from(!chunk.invalid().is_empty() && !chunk.valid().is_empty());
    }
    valid > broken * 4
}

/// Whether most of the sample is letters, digits and spaces, as text is and random bytes are not.
fn western(sample: &[u8]) -> bool {
    let plain = sample.iter().filter(|byte| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace()).count();
    plain * 10 > sample.len() * 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_gives_the_same_text() {
        let text = "Zoë Müller – résumé";
        let (western, ..) = WINDOWS_1252.encode(text);
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [b"\xff\xfe".as_slice(), &little].concat();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let with_mark = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        for bytes in [text.as_bytes(), &western, &little, &marked, &big, &with_mark] {
            assert_eq!(decode(bytes).as_deref(), Some(text));
        }
    }

    #[test]
    fn random_bytes_are_no_text() {
        let bytes: Vec<u8> = (0..4096_u32).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
        assert_eq!(decode(&bytes), None);
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        assert_eq!(decode(b"\xff\xfeA\x00\x00\xd8B\x00").as_deref(), Some("A\u{fffd}B"));
        assert_eq!(
            decode(b"caf\xc3\xa9 caf\xc3\xa9 \xc3\xa9\xc3\xa9\xc3\xa9 \xed\xa0\x80 x").map(|t| t.contains('é')),
            Some(true)
        );
    }
}
