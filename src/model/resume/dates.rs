//! Dates and ranges of dates as resumes write them, in English, German and French.
//!
//! One expression finds every date; a second step joins two dates with nothing but a dash or a "to" between them.
//! What could be read in two ways and is not a range ("12" in "2010-12" against "12 months") is left alone.

use std::sync::LazyLock;

use chrono::{Datelike as _, NaiveDate};
use regex::{Captures, Regex};

use super::page::Bytes;
use crate::model::profile::{End, YearMonth};

/// A period as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub start: Option<YearMonth>,
    pub end: Option<End>,
    /// Two dates joined, or one with "since": a single date is a weaker sign of a position.
    pub range: bool,
    pub bytes: Bytes,
}

/// First letters of a month's name in English, German and French.
const MONTHS: [(&str, u8); 25] = [
    ("jan", 1),
    ("jän", 1),
    ("feb", 2),
    ("fev", 2),
    ("fév", 2),
    ("mar", 3),
    ("mär", 3),
    ("mrz", 3),
    ("apr", 4),
    ("avr", 4),
    ("may", 5),
    ("mai", 5),
    ("jun", 6),
    ("juin", 6),
    ("jul", 7),
    ("juil", 7),
    ("aug", 8),
    ("aou", 8),
    ("aoû", 8),
    ("sep", 9),
    ("oct", 10),
    ("okt", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
];

/// A month's name, whole or cut as people cut it.
const MONTH_NAME: &str = "(?:jan(?:uary|uar|vier|v)?|jänner|feb(?:ruary|ruar|r)?|f[ée]v(?:rier|r)?|mar(?:ch|s)?|mär(?:z)?|mrz|\
    apr(?:il)?|avr(?:il)?|may|mai|june?|juni|juin|july?|juli|juil(?:let)?|aug(?:ust)?|ao[ûu]t|sept?(?:ember|embre)?|\
    o[ck]t(?:ober|obre)?|nov(?:ember|embre)?|de[cz](?:ember)?|d[ée]c(?:embre)?)";

/// The shapes of one date or of a word for today, from the most to the least specific. `%m` is a month's name, `%y` a
/// year, `%b` a boundary of ASCII words, which keeps the search on the fast path in texts with other letters.
const SHAPES: [&str; 15] = [
    r"(?P<iso>%b%y-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?%b)",
    r"(?P<dmy>%b[0-9][0-9]?[./][0-9][0-9]?[./]%y%b)",
    r"(?P<named>%b(?:[0-9][0-9]?(?:st|nd|rd|th)?\.?\s+)?%m\.?(?:\s+[0-9][0-9]?(?:st|nd|rd|th)?,)?[\s,./'’-]*(?:of\s)?%y%b)",
    r"(?P<clipped>%b%m\.?\s?['’][0-9][0-9]%b)",
    r"(?P<yname>%b%y[\s,/-]+%m%b)",
    r"(?P<numeric>%b(?:0?[1-9]|1[0-2])(?:[.-]|\s?/\s?)%y%b)",
    r"(?P<years>%b%y\s?[-–—/]\s?[0-9][0-9]%b)",
    r"(?P<ynum>%b%y(?:\.|\s?/\s?)(?:0?[1-9]|1[0-2])%b)",
    r"(?P<short>%b(?:0[1-9]|1[0-2])/[0-9][0-9]%b)",
    r"(?P<cut>%b%m\.?\s[0-9][0-9]%b)",
    r"(?P<season>%b(?:spring|summer|autumn|fall|winter|frühjahr|sommer|herbst|été|printemps|automne|hiver)\s+%y%b)",
    r"(?P<year>%b%y%b)",
    r"(?P<month>%b%m%b\.?)",
    r"(?P<now>%b(?:present|current(?:ly)?|now|today|to\sdate|till\sdate|ongoing|heute|jetzt|aktuell|dato|laufend)%b)",
    r"(?P<today>%b(?:derzeit|présent|aujourd['’]hui|ce\sjour|actuel(?:lement)?|actualidad|oggi)%b)",
];

/// One date, or a word for today.
static POINT: LazyLock<Regex> = LazyLock::new(|| {
    let shapes = SHAPES.join("|");
    let pattern = shapes.replace("%m", MONTH_NAME).replace("%y", "(?:19|20)[0-9][0-9]").replace("%b", r"(?-u:\b)");
    Regex::new(&format!("(?i){pattern}")).expect("the pattern is constant and valid")
});

/// What may stand between the two dates of a range.
static JOIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s,]*(?:[-–—−‐‑~→]+|\b(?:to|till?|until|through|thru|bis|à|au|a)\b)(?:\s+(?:zum|zu|the))?\s*$")
        .expect("the pattern is constant and valid")
});

/// A word before a single date that makes it a start.
static SINCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:seit|since|from|depuis|as of|starting|ab)\s*:?\s*$")
        .expect("the pattern is constant and valid")
});

/// What after a single date makes it a start.
static ONWARDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(?:onwards?\b|ff\.|\+|[-–—]\s*(?:$|\n|\)|\]))").expect("the pattern is constant and valid")
});

/// A word before a single date that makes it an end.
static UNTIL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)(?:\bbis|\buntil|\btill)\s*$").expect("the pattern is constant and valid"));

/// A date found, before joining.
#[derive(Clone, Copy)]
enum Point {
    At(YearMonth),
    Years(i32, i32),
    MonthOnly(u8),
    Short(u8, i32),
    Now,
}

/// Every period of `text`, in order, without overlaps.
pub(super) fn periods(text: &str, today: NaiveDate) -> Vec<Period> {
    let points = points(text, today);
    let mut out = Vec::new();
    let mut at = 0;
    while at < points.len() {
        let (point, bytes) = points[at];
        let next = points
            .get(at + 1)
            .filter(|(_, other)| other.start - bytes.end <= 24 && JOIN.is_match(&text[bytes.end..other.start]));
        if let Some(&(to, other)) = next
            && let Some((start, end)) = joined(point, to)
        {
            let bytes = Bytes { start: bytes.start, end: other.end };
            out.push(Period { start: Some(start), end: Some(end), range: true, bytes });
            at += 2;
            continue;
        }
        out.extend(single(text, point, bytes));
        at += 1;
    }
    out
}

/// Two dates as one period, when they are in order and neither is a lone word.
fn joined(from: Point, to: Point) -> Option<(YearMonth, End)> {
    let (start, end) = match (from, to) {
        (Point::At(start), Point::Now) => (start, End::Present),
        (Point::At(start), Point::At(end)) => (start, End::At(end)),
        (Point::Short(month, year), Point::Now) => (YearMonth { year, month: Some(month) }, End::Present),
        (Point::Short(m, y), Point::Short(month, year)) => {
            (YearMonth { year: y, month: Some(m) }, End::At(YearMonth { year, month: Some(month) }))
        }
        (Point::MonthOnly(month), Point::At(end)) => {
            let year = if end.month.is_some_and(|last| month > last) { end.year - 1 } else { end.year };
            (YearMonth { year, month: Some(month) }, End::At(end))
        }
        _ => return None,
    };
    match end {
        End::At(end) if (end.year, end.month.unwrap_or(12)) < (start.year, start.month.unwrap_or(1)) => None,
        _ => Some((start, end)),
    }
}

fn single(text: &str, point: Point, bytes: Bytes) -> Option<Period> {
    let (start, end, range) = match point {
        Point::Years(from, to) => {
            (Some(YearMonth { year: from, month: None }), Some(End::At(YearMonth { year: to, month: None })), true)
        }
        Point::At(at) => {
            let before = &text[floor(text, bytes.start.saturating_sub(14))..bytes.start];
            let after = &text[bytes.end..floor(text, (bytes.end + 12).min(text.len()))];
            if SINCE.is_match(before) || ONWARDS.is_match(after) {
                (Some(at), Some(End::Present), true)
            } else if UNTIL.is_match(before) {
                (None, Some(End::At(at)), false)
            } else {
                (Some(at), Some(End::At(at)), false)
            }
        }
        Point::MonthOnly(_) | Point::Short(..) | Point::Now => return None,
    };
    Some(Period { start, end, range, bytes })
}

/// The nearest character boundary at or before `byte`.
fn floor(text: &str, mut byte: usize) -> usize {
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

fn points(text: &str, today: NaiveDate) -> Vec<(Point, Bytes)> {
    // One date that can only be day first ("25/03/2019") decides for all of the text.
    let day_first = POINT.captures_iter(text).filter_map(|found| found.name("dmy")).any(|date| {
        date.as_str().split(['/', '.']).next().and_then(|first| first.parse::<u8>().ok()).is_some_and(|day| day > 12)
    });
    POINT
        .captures_iter(text)
        .filter_map(|found| {
            let whole = found.get(0)?;
            let point = point(&found, day_first, today)?;
            Some((point, Bytes { start: whole.start(), end: whole.end() }))
        })
        .collect()
}

fn point(found: &Captures<'_>, day_first: bool, today: NaiveDate) -> Option<Point> {
    let get = |name| found.name(name).map(|part| part.as_str());
    let at = |year: i32, month: Option<u8>| {
        (1900..=today.year() + 10).contains(&year).then_some(Point::At(YearMonth { year, month }))
    };
    if let Some(date) = get("iso") {
        return at(date[..4].parse().ok()?, date[5..7].parse().ok());
    }
    if let Some(date) = get("dmy") {
        let numbers: Vec<i32> = date.split(['.', '/']).filter_map(|part| part.parse().ok()).collect();
        let [first, second, year] = numbers[..] else { return None };
        let month = if day_first || date.contains('.') || first > 12 { second } else { first };
        return at(year, u8::try_from(month).ok().filter(|month| (1..=12).contains(month)));
    }
    if let Some(date) = get("named").or_else(|| get("clipped")).or_else(|| get("yname")) {
        let numbers = numbers(date);
        let year = numbers.iter().copied().find(|number| *number >= 1900);
        let year = year.or_else(|| numbers.last().map(|short| century(*short, today)))?;
        return at(year, month(date));
    }
    if let Some(date) = get("numeric").or_else(|| get("ynum")) {
        let numbers = numbers(date);
        let year = numbers.iter().copied().find(|number| *number >= 1900)?;
        return at(year, numbers.iter().find(|number| **number <= 12).and_then(|month| u8::try_from(*month).ok()));
    }
    if let Some(date) = get("years") {
        return years(date);
    }
    if let Some(date) = get("short") {
        return Some(Point::Short(date[..2].parse().ok()?, century(date[3..].parse().ok()?, today)));
    }
    if let Some(date) = get("cut") {
        // "Sep 15" may be a day: it counts only in a range with another such date, or with today.
        let short = *numbers(date).first()?;
        return Some(Point::Short(month(date)?, century(short, today)));
    }
    if let Some(date) = get("season").or_else(|| get("year")) {
        return at(numbers(date).into_iter().find(|number| *number >= 1900)?, None);
    }
    if let Some(name) = get("month") {
        return month(name).map(Point::MonthOnly);
    }
    get("now").or_else(|| get("today")).map(|_| Point::Now)
}

/// "2016-19" is two years; "2010-12" may be December: then it is a month unless the dash is typeset as a range.
fn years(date: &str) -> Option<Point> {
    let [from, short] = numbers(date)[..] else { return None };
    let to = from - from % 100 + short;
    let typeset = date.contains(['–', '—']);
    if to >= from && to - from < 60 && (short > 12 || typeset) {
        return Some(Point::Years(from, to));
    }
    let month = u8::try_from(short).ok().filter(|month| (1..=12).contains(month))?;
    Some(Point::At(YearMonth { year: from, month: Some(month) }))
}

fn numbers(text: &str) -> Vec<i32> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// A two-digit year: the latest such year that is not beyond next year.
fn century(short: i32, today: NaiveDate) -> i32 {
    if 2000 + short <= today.year() + 1 { 2000 + short } else { 1900 + short }
}

fn month(text: &str) -> Option<u8> {
    let lower = text.to_lowercase();
    let word = lower.split(|c: char| !c.is_alphabetic()).find(|word| word.chars().count() >= 3)?;
    MONTHS.iter().find(|(prefix, _)| word.starts_with(prefix)).map(|(_, number)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let today = NaiveDate::from_ymd_opt(2026, 6, 15).unwrap();
        let show = |at: YearMonth| at.month.map_or(format!("{}", at.year), |month| format!("{}-{month:02}", at.year));
        periods(text, today)
            .into_iter()
            .map(|period| {
                let end = match period.end {
                    Some(End::Present) => "now".to_owned(),
                    Some(End::At(at)) => show(at),
                    None => String::new(),
                };
                (period.start.map(show).unwrap_or_default(), end)
            })
            .collect()
    }

    fn one(text: &str) -> (String, String) {
        let mut all = read(text);
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        all.remove(0)
    }

    #[test]
    fn ranges_are_read_in_the_ways_people_write_them() {
        for (text, start, end) in [
            ("03/2019 – heute", "2019-03", "now"),
            ("Sept. 2020 – present", "2020-09", "now"),
            ("2016-2019", "2016", "2019"),
            ("Jan 2015 to March 2018", "2015-01", "2018-03"),
            ("seit 2020", "2020", "now"),
            ("2019 – Present (2 yrs)", "2019", "now"),
            ("2013-12-01–2014-12-01", "2013-12", "2014-12"),
            ("01.03.2019 - 31.12.2020", "2019-03", "2020-12"),
            ("nov2014-dec2014", "2014-11", "2014-12"),
            ("Jan, 2019 - Present", "2019-01", "now"),
            ("März 2018 bis Juli 2020", "2018-03", "2020-07"),
            ("September 2017 onwards", "2017-09", "now"),
            ("Oct '12 - Nov '14", "2012-10", "2014-11"),
            ("07/15 - 03/18", "2015-07", "2018-03"),
            ("Sep 15 - NOW", "2015-09", "now"),
            ("March–June 2019", "2019-03", "2019-06"),
            ("2016–19", "2016", "2019"),
            ("Juillet 2006", "2006-07", "2006-07"),
            ("2011 / 11", "2011-11", "2011-11"),
            ("12/01/2013 - 25/02/2014", "2013-01", "2014-02"),
        ] {
            assert_eq!(one(text), (start.to_owned(), end.to_owned()), "{text}");
        }
    }

    #[test]
    fn phone_numbers_money_and_versions_are_no_dates() {
        for text in ["+49 176 2019 5550", "$2,019,000", "room 12/34", "may be", "Windows 2K"] {
            assert!(read(text).iter().all(|(start, _)| start == "2019"), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn a_range_that_ends_before_it_starts_is_two_dates() {
        assert_eq!(read("2019 - 2016").len(), 2);
    }
}
