//! Vectors as bytes: little-endian numbers, one after the other.

/// The bytes of `values`.
pub fn of_f32(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The values that `bytes` hold; what is left over is no number.
pub fn to_f32(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect()
}

/// The bytes of `values`.
pub fn of_u32(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The values that `bytes` hold; what is left over is no number.
pub fn to_u32(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks::<4>().0.iter().map(|chunk| u32::from_le_bytes(*chunk)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back() {
        assert_eq!(of_f32(&[1.0]), [0, 0, 128, 63]);
        assert_eq!(to_f32(&of_f32(&[0.5, -2.25])), [0.5, -2.25]);
        assert_eq!(to_u32(&of_u32(&[7, u32::MAX])), [7, u32::MAX]);
    }
}
