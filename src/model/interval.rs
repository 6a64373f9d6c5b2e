//! How sure a figure is: intervals for shares and for means, so that a table says whether two models really differ or were
//! only asked too little.

use serde::{Deserialize, Serialize};

/// The normal distribution's quantile that leaves 2.5 % above it: for intervals of 95 %.
pub const NINETY_FIVE: f64 = 1.959_964;

/// The one that leaves 10 % above it: for intervals of 80 %.
pub const EIGHTY: f64 = 1.281_552;

/// Observations below which nothing is said of a mean: the spread of two is chance itself.
const FEWEST: i64 = 3;

/// A figure and what it may really be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Estimate {
    /// What was seen.
    pub value: f64,
    /// What it is hardly below.
    pub low: f64,
    /// What it is hardly above.
    pub high: f64,
}

/// How many observations there are, their mean and their standard deviation.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// How many.
    pub count: i64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with one degree of freedom taken off.
    pub deviation: f64,
}

/// The share `hits` of `of` with its interval of 95 % after Wilson (1927), which also holds for few observations and for
/// shares near 0 and 1 (Brown, Cai and `DasGupta`, Interval Estimation for a Binomial Proportion, 2001). None of nothing.
pub fn share(hits: i64, of: i64) -> Option<Estimate> {
    if of <= 0 {
        return None;
    }
    let (hits, count, square) = (real(hits.clamp(0, of)), real(of), NINETY_FIVE * NINETY_FIVE);
    let value = hits / count;
    let centre = (value + square / (2.0 * count)) / (1.0 + square / count);
    let half =
        NINETY_FIVE / (1.0 + square / count) * (value * (1.0 - value) / count + square / (4.0 * count * count)).sqrt();
    Some(Estimate { value, low: (centre - half).max(0.0).min(value), high: (centre + half).min(1.0).max(value) })
}

/// The mean with its interval of 95 % by Student's t; none where there are too few observations to say one.
pub fn mean(of: Moments) -> Option<Estimate> {
    if of.count < FEWEST {
        return None;
    }
    let half = student(NINETY_FIVE, of.count - 1) * of.deviation / real(of.count).sqrt();
    Some(Estimate { value: of.mean, low: of.mean - half, high: of.mean + half })
}

/// Student's quantile with `freedom` degrees of freedom where the normal one is `z` (Abramowitz and Stegun, Handbook of
/// Mathematical Functions, 26.7.5): within 4 % from two degrees on, and within 1 % from four.
pub fn student(z: f64, freedom: i64) -> f64 {
    let freedom = real(freedom.max(2));
    let odd = |power: i32| z.powi(power);
    z + (odd(3) + z) / (4.0 * freedom)
        + (5.0 * odd(5) + 16.0 * odd(3) + 3.0 * z) / (96.0 * freedom.powi(2))
        + (3.0 * odd(7) + 19.0 * odd(5) + 17.0 * odd(3) - 15.0 * z) / (384.0 * freedom.powi(3))
}

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
pub fn real(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(value: f64, wanted: f64, within: f64) -> bool {
        (value - wanted).abs() <= within
    }

    #[test]
    fn a_share_has_the_interval_of_the_literature() {
        // Newcombe (1998), table I: 81 of 263 and 15 of 148.
        let estimate = share(81, 263).unwrap();
        assert!(near(estimate.low, 0.2553, 5e-4) && near(estimate.high, 0.3662, 5e-4), "{estimate:?}");
        let estimate = share(15, 148).unwrap();
        assert!(near(estimate.low, 0.0624, 5e-4) && near(estimate.high, 0.1605, 5e-4), "{estimate:?}");
        let all = share(20, 20).unwrap();
        assert!(all.high > 0.999 && near(all.low, 0.8389, 5e-4), "{all:?}");
        assert!(share(0, 0).is_none());
    }

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (freedom, wanted) in [(2, (4.303, 0.04)), (5, (2.571, 0.01)), (10, (2.228, 0.01)), (30, (2.042, 0.01))] {
            assert!(near(student(NINETY_FIVE, freedom), wanted.0, wanted.0 * wanted.1), "{freedom}");
        }
        assert!(near(student(EIGHTY, 10), 1.372, 0.01));
    }

    #[test]
    fn nothing_is_said_of_a_mean_of_two() {
        let of = |count| Moments { count, mean: 10.0, deviation: 2.0 };
        assert!(mean(of(2)).is_none());
        let estimate = mean(of(16)).unwrap();
        assert!(near(estimate.high - estimate.value, 2.131 * 2.0 / 4.0, 0.01), "{estimate:?}");
    }

    proptest! {
        #[test]
        fn a_share_lies_in_its_interval(of in 1_i64..5_000, part in 0.0_f64..=1.0) {
            #[expect(clippy::cast_possible_truncation, reason = "at most 5,000")]
            let hits = (real(of) * part) as i64;
            let estimate = share(hits, of).unwrap();
            prop_assert!(0.0 <= estimate.low && estimate.low <= estimate.value);
            prop_assert!(estimate.value <= estimate.high && estimate.high <= 1.0);
        }
    }
}
