//! Time held: months of dated positions, overlaps counted once.
//!
//! A month counts when any part of it is covered, as people count ("Jan 2015 – Mar 2015" is three months). A year
//! alone stands for its middle, so that "2016 – 2019" is three years and neither two nor four.

use chrono::{Datelike as _, NaiveDate};

use super::profile::{End, Profile, YearMonth};

/// Months from year 0 to the start of `at`'s month; a bare year counts from its July.
fn first(at: YearMonth) -> i64 {
    i64::from(at.year) * 12 + at.month.map_or(6, |month| i64::from(month.clamp(1, 12)) - 1)
}

/// The month after the last one covered.
fn after(end: End, today: NaiveDate) -> i64 {
    match end {
        End::Present => this_month(today) + 1,
        End::At(at) => first(at) + i64::from(at.month.is_some()),
    }
}

fn this_month(today: NaiveDate) -> i64 {
    i64::from(today.year()) * 12 + i64::from(today.month0())
}

/// The months that a period covers as a half-open range; none when it lies in the future or ends before it starts.
fn range(start: YearMonth, end: End, today: NaiveDate) -> Option<(i64, i64)> {
    let (mut from, mut to) = (first(start), after(end, today));
    if let End::At(at) = end
        && at.year == start.year
        && (at.month.is_none() || start.month.is_none())
    {
        // One year, and one side or both vague: half a year from whichever side is known.
        let january = i64::from(at.year) * 12;
        match at.month {
            Some(_) => from = (to - 6).max(january),
            None => to = (from + 6).min(january + 12),
        }
    }
    to = to.min(this_month(today) + 1);
    (from < to).then_some((from, to))
}

/// Months covered by any of these periods, each month once; none when no period is dated on both sides.
///
/// The order of the periods does not matter, and what lies after `today` does not count.
pub fn months(periods: impl IntoIterator<Item = (YearMonth, End)>, today: NaiveDate) -> Option<u32> {
    let mut ranges: Vec<_> = periods.into_iter().filter_map(|(start, end)| range(start, end, today)).collect();
    if ranges.is_empty() {
        return None;
    }
    ranges.sort_unstable();
    let mut sum = 0;
    let mut covered = i64::MIN;
    for (from, to) in ranges {
        sum += (to - from.max(covered)).max(0);
        covered = covered.max(to);
    }
    u32::try_from(sum).ok()
}

/// Months of a resume's dated positions until `today`: what went on when it was read goes on since.
pub fn held(profile: &Profile, today: NaiveDate) -> Option<u32> {
    months(profile.positions.iter().filter_map(|held| held.start.zip(held.end)), today)
}

/// What [`held`] answers in years, to one decimal, rounded down.
#[expect(clippy::cast_precision_loss, reason = "a working life is a few hundred months")]
pub fn years(profile: &Profile, today: NaiveDate) -> Option<f32> {
    held(profile, today).map(|months| (months * 10 / 12) as f32 / 10.0)
}

/// The last year that a period touches.
pub fn last_year(end: End, today: NaiveDate) -> i32 {
    match end {
        End::Present => today.year(),
        End::At(at) => at.year.min(today.year()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 6, 15).unwrap()
    }

    fn at(year: i32, month: Option<u8>) -> YearMonth {
        YearMonth { year, month }
    }

    #[test]
    fn both_months_of_a_range_count() {
        assert_eq!(months([(at(2015, Some(1)), End::At(at(2015, Some(3))))], today()), Some(3));
    }

    #[test]
    fn years_alone_differ_by_whole_years() {
        assert_eq!(months([(at(2016, None), End::At(at(2019, None)))], today()), Some(36));
        assert_eq!(months([(at(2016, None), End::At(at(2016, None)))], today()), Some(6));
    }

    #[test]
    fn overlaps_count_once() {
        let both = [(at(2015, Some(1)), End::At(at(2016, Some(12)))), (at(2016, Some(1)), End::At(at(2017, Some(12))))];
        assert_eq!(months(both, today()), Some(36));
    }

    #[test]
    fn the_future_does_not_count() {
        assert_eq!(months([(at(2026, Some(6)), End::At(at(2030, Some(1))))], today()), Some(1));
        assert_eq!(months([(at(2027, Some(6)), End::Present)], today()), None);
        assert_eq!(months([], today()), None);
    }

    fn period() -> impl Strategy<Value = (YearMonth, End)> {
        let point =
            (1990_i32..2027, proptest::option::of(1_u8..=12)).prop_map(|(year, month)| YearMonth { year, month });
        (point.clone(), prop_oneof![3 => point.prop_map(End::At), 1 => Just(End::Present)])
    }

    proptest! {
        #[test]
        fn order_and_repetition_do_not_matter(mut periods in proptest::collection::vec(period(), 1..12)) {
            let forward = months(periods.clone(), today());
            periods.reverse();
            let again: Vec<_> = periods.iter().chain(&periods).copied().collect();
            prop_assert_eq!(forward, months(again, today()));
        }

        #[test]
        fn never_more_than_from_the_first_start_to_the_last_end(periods in proptest::collection::vec(period(), 1..12)) {
            let ranges: Vec<_> = periods.iter().filter_map(|(start, end)| range(*start, *end, today())).collect();
            if let Some(sum) = months(periods, today()) {
                let first = ranges.iter().map(|range| range.0).min().unwrap();
                let last = ranges.iter().map(|range| range.1).max().unwrap();
                prop_assert!(i64::from(sum) <= last - first);
            }
        }

        #[test]
        fn another_period_never_takes_months_away(periods in proptest::collection::vec(period(), 1..12), one in period()) {
            let before = months(periods.clone(), today()).unwrap_or(0);
            let with: Vec<_> = periods.into_iter().chain([one]).collect();
            prop_assert!(months(with, today()).unwrap_or(0) >= before);
        }
    }
}
