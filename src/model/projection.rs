//! What a month will have cost at its end, by what its days did cost so far.
//!
//! Each day that is still to come is expected to cost the mean of the days of its kind, workdays and weekends apart, over
//! the last four weeks; the range is the prediction interval of that mean (Hyndman and Athanasopoulos, Forecasting:
//! Principles and Practice, section 5.5), with Student's t for as few days as there are. A trend is not assumed: the range
//! widens where days differ, and the figure follows within weeks where use grows.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::Serialize;

use super::interval::{EIGHTY, real, student};
use super::money::Micros;

/// How far back days are looked at: four of each weekday.
pub const WINDOW_DAYS: u64 = 28;

/// Whole days that must have passed since the first call before anything is said.
const FEWEST_DAYS: usize = 3;

/// A month's end as it looks today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Projection {
    /// What the month will most likely have cost, in micro-dollars.
    pub likely: Micros,
    /// What it costs less than in one month of ten.
    pub low: Micros,
    /// What it costs more than in one month of ten.
    pub high: Micros,
    /// Whole days that this goes by.
    pub days: usize,
}

/// The month's end, by what was spent a day (`spent` answers for any day since `first`, the first day with a call) until
/// and with `today`, which is not over. None within the first days, when nothing can be said.
pub fn month_end(today: NaiveDate, first: NaiveDate, spent: impl Fn(NaiveDate) -> Micros) -> Option<Projection> {
    let begin = today.checked_sub_days(Days::new(WINDOW_DAYS))?.max(first);
    let seen: Vec<(NaiveDate, f64)> =
        begin.iter_days().take_while(|day| *day < today).map(|day| (day, real(spent(day).0))).collect();
    if seen.len() < FEWEST_DAYS {
        return None;
    }
    let all: Vec<f64> = seen.iter().map(|(_, spent)| *spent).collect();
    let of = |free: bool| -> Vec<f64> {
        seen.iter().filter(|(day, _)| is_free(*day) == free).map(|(_, spent)| *spent).collect()
    };
    let kinds = [false, true].map(|free| Kind::of(&of(free), &all));

    let month = today.with_day(1)?;
    let so_far: Micros = month.iter_days().take_while(|day| *day <= today).map(&spent).sum();
    // Of a day that is not over, the rest is still to come.
    let rest_of_today = (kinds[usize::from(is_free(today))].mean - real(spent(today).0)).max(0.0);
    let coming = today.iter_days().skip(1).take_while(|day| day.month() == today.month());
    let mut left = [0_i64; 2];
    coming.for_each(|day| left[usize::from(is_free(day))] += 1);

    let likely = rest_of_today + kinds.iter().zip(left).map(|(kind, days)| kind.mean * real(days)).sum::<f64>();
    let variance: f64 = kinds.iter().zip(left).map(|(kind, days)| kind.variance_of(days)).sum::<f64>()
        + kinds[usize::from(is_free(today))].variance_of(1) * f64::from(u8::from(rest_of_today > 0.0));
    let freedom = i64::try_from(all.len()).unwrap_or(i64::MAX) - 1;
    let half = student(EIGHTY, freedom) * variance.sqrt();
    let total = |more: f64| so_far + micros(more.max(0.0));
    Some(Projection { likely: total(likely), low: total(likely - half), high: total(likely + half), days: all.len() })
}

/// Days of one kind.
struct Kind {
    mean: f64,
    variance: f64,
    count: f64,
}

impl Kind {
    /// By its own days; by all of them where it has not two of its own.
    fn of(own: &[f64], all: &[f64]) -> Self {
        let days = if own.len() < 2 { all } else { own };
        let count = real(i64::try_from(days.len()).unwrap_or(i64::MAX));
        let mean = days.iter().sum::<f64>() / count;
        let variance = days.iter().map(|spent| (spent - mean).powi(2)).sum::<f64>() / (count - 1.0);
        Self { mean, variance, count }
    }

    /// The variance of the sum of so many days to come: their own, and that of the mean they are expected to have.
    fn variance_of(&self, days: i64) -> f64 {
        let days = real(days);
        self.variance * (days + days * days / self.count)
    }
}

fn is_free(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Whole micro-dollars.
#[expect(clippy::cast_possible_truncation, reason = "a float beyond the range becomes its end")]
fn micros(amount: f64) -> Micros {
    Micros(amount.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// A number between -1 and 1 that a seed and a day give (`SplitMix64`, Steele, Lea and Flood, 2014).
    fn noise(seed: u64, day: NaiveDate) -> f64 {
        let mut z =
            seed.wrapping_add(u64::from(day.num_days_from_ce().unsigned_abs()).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        real(i64::try_from((z ^ (z >> 31)) >> 11).unwrap()) / real(1 << 53) * 2.0 - 1.0
    }

    /// A team that works on workdays: four dollars, give or take a share, and a tenth of it at weekends.
    fn team(seed: u64, scatter: f64) -> impl Fn(NaiveDate) -> Micros {
        move |day| {
            let usual = if is_free(day) { 400_000.0 } else { 4_000_000.0 };
            micros(usual * (1.0 + scatter * noise(seed, day)))
        }
    }

    fn whole(today: NaiveDate, spent: impl Fn(NaiveDate) -> Micros) -> Micros {
        let month = today.with_day(1).unwrap();
        month.iter_days().take_while(|day| day.month() == today.month()).map(spent).sum()
    }

    #[test]
    fn the_first_days_say_nothing() {
        let spent = |_| Micros::dollars(1);
        assert!(month_end(day("2026-11-03"), day("2026-11-01"), spent).is_none());
        assert!(month_end(day("2026-11-04"), day("2026-11-01"), spent).is_some());
    }

    #[test]
    fn days_that_are_all_alike_leave_no_doubt() {
        let spent = |at: NaiveDate| if at > day("2026-11-15") { Micros::ZERO } else { Micros::dollars(1) };
        let projection = month_end(day("2026-11-15"), day("2026-11-01"), spent).unwrap();
        assert_eq!([projection.low, projection.likely, projection.high], [Micros::dollars(30); 3]);
        assert_eq!(projection.days, 14);
    }

    #[test]
    fn a_day_that_has_begun_is_still_to_come_for_the_rest() {
        let spent = |at: NaiveDate| if at == day("2026-11-16") { Micros(250_000) } else { Micros::dollars(1) };
        let projection = month_end(day("2026-11-16"), day("2026-10-01"), spent).unwrap();
        assert_eq!(projection.likely, Micros::dollars(30));
    }

    #[test]
    fn the_range_holds_in_about_eight_months_of_ten() {
        let today = day("2026-06-12");
        let held = (0..500_u64).filter(|seed| {
            let spent = team(*seed, 0.5);
            let projection = month_end(today, day("2026-06-01"), &spent).unwrap();
            (projection.low..=projection.high).contains(&whole(today, spent))
        });
        let held = held.count();
        assert!((350..=475).contains(&held), "in {held} of 500 months");
    }

    #[test]
    fn by_mid_month_the_end_is_known_within_a_tenth() {
        let near = (0..1_200_u64).filter(|seed| {
            let month = u32::try_from(seed % 12).unwrap() + 1;
            let today = NaiveDate::from_ymd_opt(2026, month, 15).unwrap();
            let spent = team(*seed, 0.25);
            let projection = month_end(today, today.with_day(1).unwrap(), &spent).unwrap();
            assert!(projection.low <= projection.likely && projection.likely <= projection.high);
            let real = whole(today, &spent);
            (projection.likely.0 - real.0).abs() * 10 <= real.0
        });
        // Days differ by chance, and so do months: in one of a hundred it is a little more.
        assert!(near.count() >= 1_188);
    }
}
