//! What the encoder computes number by number: softmax, GELU, layer norm, mean and unit length.
//!
//! Plain arithmetic without branches or library calls, sums in eight lanes, so that the compiler turns each loop into
//! vector instructions of whatever processor it builds for. Every result depends on its own row alone.

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

/// Partial sums kept side by side, added up at the end in one fixed order.
const LANES: usize = 8;

/// Below this the exponential is no normal f32.
const LOWEST_EXPONENT: f32 = -87.3;

/// 1.5 · 2²³: adding it to a small number rounds that number to an integer in the low bits.
const ROUNDER: f32 = 12_582_912.0;

/// `e^x` for `x ≤ 0`, relative error below 3e-7; below -87.3 it stays at 1e-38.
///
/// Argument reduction and polynomial of Cephes' `expf` (S. L. Moshier, Cephes Math Library 2.2, 1992).
#[inline]
fn exp(x: f32) -> f32 {
    let x = if x < LOWEST_EXPONENT { LOWEST_EXPONENT } else { x };
    let shifted = x * LOG2_E + ROUNDER;
    let twos = shifted - ROUNDER;
    let rest = x - twos * 0.693_359_375 + twos * 2.121_944_4e-4;
    let mut series = 1.987_569_1e-4;
    series = series * rest + 1.398_2e-3;
    series = series * rest + 8.333_452e-3;
    series = series * rest + 4.166_579_6e-2;
    series = series * rest + 1.666_666_5e-1;
    series = series * rest + 0.5;
    let value = series * rest * rest + rest + 1.0;
    f32::from_bits(value.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// `x · Φ(x)`, the exact (erf) GELU that the model was trained with; error below 2e-7 · max(1, |x|).
///
/// The normal distribution comes from formula 7.1.26 of Abramowitz and Stegun, Handbook of Mathematical Functions
/// (1964), whose error is at most 1.5e-7 in erf; the lower tail is taken directly, without a difference.
#[inline]
fn gelu(x: f32) -> f32 {
    let z = x.abs() * FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let mut series = 1.061_405_4;
    series = series * t - 1.453_152;
    series = series * t + 1.421_413_7;
    series = series * t - 0.284_496_74;
    series = series * t + 0.254_829_6;
    let tail = 0.5 * series * t * exp(-z * z);
    x * if x < 0.0 { tail } else { 1.0 - tail }
}

/// Applies [`gelu`] to every number.
pub(super) fn gelu_all(values: &mut [f32]) {
    for value in values {
        *value = gelu(*value);
    }
}

/// The sum of `value(x)` over the row, in lanes.
#[inline]
fn sum(row: &[f32], value: impl Fn(f32) -> f32) -> f32 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for block in blocks {
        for (lane, &x) in lanes.iter_mut().zip(block) {
            *lane += value(x);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|&x| value(x)).sum::<f32>()
}

/// The largest number of the row.
#[inline]
fn max(row: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [f32::MIN; LANES];
    for block in blocks {
        for (lane, &x) in lanes.iter_mut().zip(block) {
            *lane = larger(*lane, x);
        }
    }
    lanes.iter().chain(rest).fold(f32::MIN, |a, &b| larger(a, b))
}

/// Turns a row of scores into shares that add up to one.
pub(super) fn softmax(row: &mut [f32]) {
    let largest = max(row);
    for value in row.iter_mut() {
        *value = exp(*value - largest);
    }
    let scale = 1.0 / sum(row, |x| x);
    for value in row {
        *value *= scale;
    }
}

/// A layer norm's learnt numbers, one pair for each column.
pub(super) struct Norm {
    pub gain: Vec<f32>,
    pub shift: Vec<f32>,
}

/// The model's `layer_norm_eps`.
const NORM_EPSILON: f32 = 1e-12;

impl Norm {
    /// Brings a row to mean zero and variance one, then applies gain and shift.
    pub(super) fn apply(&self, row: &mut [f32]) {
        #[expect(clippy::cast_precision_loss, reason = "a row has 384 numbers")]
        let count = row.len() as f32;
        let mean = sum(row, |x| x) / count;
        let variance = sum(row, |x| (x - mean) * (x - mean)) / count;
        let scale = 1.0 / (variance + NORM_EPSILON).sqrt();
        for ((value, gain), shift) in row.iter_mut().zip(&self.gain).zip(&self.shift) {
            *value = (*value - mean) * scale * gain + shift;
        }
    }

    /// Adds `change` to `rows` row by row and brings each to its norm.
    pub(super) fn add_and_apply(&self, rows: &mut [f32], change: &[f32]) {
        let width = self.gain.len();
        for (row, change) in rows.chunks_exact_mut(width).zip(change.chunks_exact(width)) {
            for (value, change) in row.iter_mut().zip(change) {
                *value += change;
            }
            self.apply(row);
        }
    }
}

/// The mean of rows of `width` numbers, brought to length one.
pub(super) fn unit_mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut mean = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        for (total, value) in mean.iter_mut().zip(row) {
            *total += value;
        }
    }
    // The number of rows cancels out when the length is made one.
    let length = sum(&mean, |x| x * x).sqrt();
    for value in &mut mean {
        *value /= length;
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every sixteenth of a thousandth between the two bounds.
    fn grid(from: i32, to: i32) -> impl Iterator<Item = f32> {
        (from * 1000..=to * 1000).map(|x| f32::from(i16::try_from(x / 16).expect("small")) * 0.016)
    }

    #[test]
    fn the_exponential_keeps_its_error_bound() {
        for x in grid(-87, 0) {
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) - exact).abs() <= 3e-7 * exact, "e^{x}");
        }
        assert!(exp(-1e30) < 2e-38);
    }

    /// erf by its Maclaurin series in f64, good to 1e-12 for |x| ≤ 4.
    fn erf(x: f64) -> f64 {
        let mut term = x;
        let mut total = x;
        for n in 1..120 {
            let n = f64::from(n);
            term *= -x * x / n;
            total += term / (2.0 * n + 1.0);
        }
        total * std::f64::consts::FRAC_2_SQRT_PI
    }

    #[test]
    fn the_gelu_keeps_its_error_bound() {
        for x in grid(-5, 5) {
            let wide = f64::from(x);
            let exact = wide * 0.5 * (1.0 + erf(wide * std::f64::consts::FRAC_1_SQRT_2));
            assert!((f64::from(gelu(x)) - exact).abs() <= 2e-7 * wide.abs().max(1.0), "gelu({x})");
        }
        assert!(gelu(-40.0).abs() < 1e-30);
        assert!((gelu(40.0) - 40.0).abs() < f32::EPSILON);
    }

    #[test]
    fn shares_add_up_to_one_and_keep_the_order() {
        let mut row: Vec<f32> = (0..19).map(|x| (f32::from(x as u8) - 9.0) * 7.0).collect();
        softmax(&mut row);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(row.is_sorted());
    }

    #[test]
    fn a_norm_gives_mean_zero_and_variance_one() {
        let norm = Norm { gain: vec![1.0; 24], shift: vec![0.0; 24] };
        let mut row: Vec<f32> = (0..24).map(|x| f32::from(x as u8).powi(2)).collect();
        norm.apply(&mut row);
        assert!(sum(&row, |x| x).abs() < 1e-4);
        assert!((sum(&row, |x| x * x) / 24.0 - 1.0).abs() < 1e-5);
    }
}
