//! Money: whole micro-dollars, so that a million small sums add up to the cent.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// Micro-dollars in a dollar.
const DOLLAR: i64 = 1_000_000;

/// An amount of money in micro-dollars (a millionth of a US dollar).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whole dollars.
    pub const fn dollars(dollars: i64) -> Self {
        Self(dollars.saturating_mul(DOLLAR))
    }

    /// What is left when `other` is taken, never less than nothing.
    pub fn less(self, other: Self) -> Self {
        Self((self.0 - other.0).max(0))
    }

    /// `percent` of it, rounded down.
    pub fn percent(self, percent: i64) -> Self {
        Self(self.0.saturating_mul(percent) / 100)
    }

    /// Reads dollars as people write them: `12`, `0.25`, `$0.000001`; at most six digits after the point.
    ///
    /// # Errors
    /// If it is anything else; the text says what is taken.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an amount in dollars, such as 12 or 0.25");
        let plain = text.strip_prefix('$').unwrap_or(text);
        let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
        let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
        if whole.is_empty() || part.len() > 6 || !is_number(whole) || !is_number(part) {
            return Err(wrong());
        }
        let whole: i64 = whole.parse().map_err(|_| wrong())?;
        let part: i64 = format!("{part:0<6}").parse().map_err(|_| wrong())?;
        whole.checked_mul(DOLLAR).and_then(|micros| micros.checked_add(part)).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Micros {
    /// `$3.10`; what is smaller than a cent with as many digits as it has: `$0.000125`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, micros) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let (dollars, part) = (micros / DOLLAR.unsigned_abs(), micros % DOLLAR.unsigned_abs());
        let digits = format!("{part:06}");
        let digits = digits.trim_end_matches('0');
        write!(f, "{sign}${dollars}.{digits:0<2}")
    }
}

impl Add for Micros {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Micros {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Micros {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Micros {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        assert_eq!(Micros::parse("12"), Ok(Micros::dollars(12)));
        assert_eq!(Micros::parse("$0.25"), Ok(Micros(250_000)));
        assert_eq!(Micros::parse("0.000001"), Ok(Micros(1)));
        for wrong in ["", ".", "-1", "1,5", "1.0000001", "1e3", "$", "99999999999999999999"] {
            assert!(Micros::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn amounts_are_shown_to_the_cent_and_smaller_ones_whole() {
        assert_eq!(Micros(3_100_000).to_string(), "$3.10");
        assert_eq!(Micros(125).to_string(), "$0.000125");
        assert_eq!(Micros(-50_000).to_string(), "-$0.05");
        assert_eq!(Micros::ZERO.to_string(), "$0.00");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(micros in 0..i64::MAX / 2) {
            prop_assert_eq!(Micros::parse(&Micros(micros).to_string()), Ok(Micros(micros)));
        }
    }
}
