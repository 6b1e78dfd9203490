//! Moments and days told from the present one, and what a date tells.
//!
//! What would lie beyond the years that dates are written in is their first or last day.

use jiff::{Span, civil};

use super::{Zone, after, before, end_of_day, start_of_day, today};
use crate::model::{Duration, DurationUnit, Period, Reckoning, time::DAY};

/// The first day that a date can be.
const FIRST_DAY: &str = "0000-01-01";
/// The last day that a date can be.
const LAST_DAY: &str = "9999-12-31";

/// The moments whose local date can be told: the years 1 to 9999, a day apart from both ends.
pub const DATED: std::ops::RangeInclusive<i64> = -62_135_510_400_000..=253_402_214_399_999;

/// Clocks changed by then are known; later changes are anybody's guess, and aren't made.
const LAST_CHANGE: i64 = 4_102_444_800_000;

/// Today's date in a zone plus so many days.
#[must_use]
pub fn day_from_today(now: i64, plus: i64, zone: &Zone) -> String {
    written(today(now, plus, zone).ok(), plus)
}

/// The date that is told from today.
#[must_use]
pub fn reckoned_day(reckoning: Reckoning, now: i64, zone: &Zone) -> String {
    let day = || zone.local(now).ok().map(|local| local.date());
    match reckoning {
        Reckoning::Ago(length) => written(day().and_then(|day| moved(day, length, -1)), -1),
        Reckoning::Ahead(length) => written(day().and_then(|day| moved(day, length, 1)), 1),
        Reckoning::StartOf(period, offset) => {
            written(day().and_then(|day| start(day, period, offset)), offset)
        }
        Reckoning::EndOf(period, offset) => {
            let next = day().and_then(|day| start(day, period, offset.saturating_add(1)));
            written(next.and_then(|next| next.yesterday().ok()), offset)
        }
    }
}

/// The moment that is told from now, in UTC milliseconds.
#[must_use]
pub fn reckoned_moment(reckoning: Reckoning, now: i64, zone: &Zone) -> i64 {
    match reckoning {
        Reckoning::Ago(length) => before(now, length, zone).unwrap_or(i64::MIN),
        Reckoning::Ahead(length) => after(now, length, zone).unwrap_or(i64::MAX),
        Reckoning::StartOf(..) => start_of_day(&reckoned_day(reckoning, now, zone), zone).unwrap_or(i64::MIN),
        Reckoning::EndOf(..) => end_of_day(&reckoned_day(reckoning, now, zone), zone).unwrap_or(i64::MAX),
    }
}

/// A day, or the end of all days in the direction in which it would lie.
fn written(day: Option<impl ToString>, direction: i64) -> String {
    let day = day.map(|day| day.to_string()).filter(|day| day.len() == LAST_DAY.len());
    day.unwrap_or_else(|| if direction > 0 { LAST_DAY } else { FIRST_DAY }.to_owned())
}

fn moved(day: civil::Date, length: Duration, direction: i64) -> Option<civil::Date> {
    let amount = length.amount.checked_mul(direction)?;
    let span = match length.unit {
        DurationUnit::Days => Span::new().try_days(amount),
        DurationUnit::Weeks => Span::new().try_weeks(amount),
        DurationUnit::Months => Span::new().try_months(amount),
        DurationUnit::Years => Span::new().try_years(amount),
        DurationUnit::Seconds | DurationUnit::Minutes | DurationUnit::Hours | DurationUnit::BusinessDays => {
            return None;
        }
    };
    day.checked_add(span.ok()?).ok()
}

/// The first day of the period so many after that of a day.
fn start(day: civil::Date, period: Period, offset: i64) -> Option<civil::Date> {
    let month = |month: i8| civil::Date::new(day.year(), month, 1).ok();
    let (first, span) = match period {
        Period::Day => (Some(day), Span::new().try_days(offset)),
        Period::Week => {
            let since_monday = i64::from(day.weekday().to_monday_zero_offset());
            (day.checked_sub(Span::new().days(since_monday)).ok(), Span::new().try_weeks(offset))
        }
        Period::Month => (month(day.month()), Span::new().try_months(offset)),
        Period::Quarter => {
            (month((day.month() - 1) / 3 * 3 + 1), Span::new().try_months(offset.checked_mul(3)?))
        }
        Period::Year => (month(1), Span::new().try_years(offset)),
    };
    first?.checked_add(span.ok()?).ok()
}

/// The local date of a moment, where it can be told.
#[must_use]
pub fn local_date(at: i64, zone: &Zone) -> Option<String> {
    if !DATED.contains(&at) {
        return None;
    }
    let day = (at + zone.offset_at(at.min(LAST_CHANGE))).div_euclid(DAY);
    let date = civil::Date::new(1970, 1, 1).ok()?.checked_add(Span::new().try_days(day).ok()?).ok()?;
    Some(date.to_string())
}

/// How far the clocks of a zone were before UTC at first, and from each moment on at which that changed,
/// in milliseconds: what [`local_date`] reckons with, as a table.
#[must_use]
pub fn clock_changes(zone: &Zone) -> (i64, Vec<(i64, i64)>) {
    let mut last = zone.offset_at(*DATED.start());
    let first = last;
    let mut changes = Vec::new();
    for (at, offset) in zone.changes_after(*DATED.start()) {
        if at > LAST_CHANGE {
            break;
        }
        if offset != last {
            changes.push((at, offset));
            last = offset;
        }
    }
    (first, changes)
}

/// The day of the week of a date, 0 for Monday.
#[must_use]
pub fn weekday(date: &str) -> Option<usize> {
    let day: civil::Date = date.parse().ok()?;
    usize::try_from(day.weekday().to_monday_zero_offset()).ok()
}

/// The month of a date, from 1 to 12.
#[must_use]
pub fn month(date: &str) -> Option<i64> {
    date.parse::<civil::Date>().ok().map(|day| i64::from(day.month()))
}

/// The anniversaries of the 29th of February, and of any other day, that are tried in turn: the year of
/// today, the next year, and the next day from today on that February ends on, for leap days.
#[must_use]
pub fn anniversary_years(today: &str) -> (String, String, String) {
    let year: i64 = today.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
    let leap_day = |year: i64| {
        let leap = i16::try_from(year).is_ok_and(|year| civil::Date::new(year, 2, 29).is_ok());
        format!("{year:04}-02-{}", if leap { 29 } else { 28 })
    };
    let this = leap_day(year);
    let leap = if this.as_str() >= today { this } else { leap_day(year + 1) };
    (format!("{year:04}"), format!("{:04}", year + 1), leap)
}

/// The next date, today included, with the day and month of a date.
#[must_use]
pub fn anniversary(date: &str, today: &str) -> Option<String> {
    let (this, next, leap) = anniversary_years(today);
    let rest = date.get(4..)?;
    if rest == "-02-29" {
        return Some(leap);
    }
    let this = format!("{this}{rest}");
    Some(if this.as_str() >= today { this } else { format!("{next}{rest}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{parse_duration, parse_moment};

    fn berlin() -> Zone {
        Zone::named("Europe/Berlin").unwrap()
    }

    #[test]
    fn periods_are_whole_stretches_of_the_calendar() {
        let zone = berlin();
        let now = parse_moment("2024-02-29 23:30", &zone).unwrap();
        let cases = [
            (Period::Day, 0, "2024-02-29", "2024-02-29"),
            (Period::Day, -1, "2024-02-28", "2024-02-28"),
            (Period::Week, 0, "2024-02-26", "2024-03-03"),
            (Period::Week, -1, "2024-02-19", "2024-02-25"),
            (Period::Month, 0, "2024-02-01", "2024-02-29"),
            (Period::Month, -2, "2023-12-01", "2023-12-31"),
            (Period::Quarter, 0, "2024-01-01", "2024-03-31"),
            (Period::Quarter, -1, "2023-10-01", "2023-12-31"),
            (Period::Year, 0, "2024-01-01", "2024-12-31"),
            (Period::Year, -1, "2023-01-01", "2023-12-31"),
        ];
        for (period, offset, first, last) in cases {
            let start = Reckoning::StartOf(period, offset);
            let end = Reckoning::EndOf(period, offset);
            assert_eq!(reckoned_day(start, now, &zone), first, "{period:?} {offset}");
            assert_eq!(reckoned_day(end, now, &zone), last, "{period:?} {offset}");
            assert_eq!(reckoned_moment(start, now, &zone), start_of_day(first, &zone).unwrap());
            assert_eq!(reckoned_moment(end, now, &zone), end_of_day(last, &zone).unwrap());
        }
    }

    #[test]
    fn lengths_are_counted_on_the_calendar() {
        let zone = berlin();
        let now = parse_moment("2024-03-31 12:00", &zone).unwrap();
        let cases = [
            ("30 days", "2024-03-01", "2024-04-30"),
            ("1 month", "2024-02-29", "2024-04-30"),
            ("1 year", "2023-03-31", "2025-03-31"),
            ("1000 years", "1024-03-31", "3024-03-31"),
        ];
        for (length, ago, ahead) in cases {
            let length = parse_duration(length).unwrap();
            assert_eq!(reckoned_day(Reckoning::Ago(length), now, &zone), ago);
            assert_eq!(reckoned_day(Reckoning::Ahead(length), now, &zone), ahead);
        }
        assert_eq!(day_from_today(now, 8_000_000, &zone), LAST_DAY);
        assert_eq!(day_from_today(now, -8_000_000, &zone), FIRST_DAY);
    }

    #[test]
    fn a_local_date_follows_the_clocks() {
        for name in ["Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "UTC"] {
            let zone = Zone::named(name).unwrap();
            for hours in (0..400_000).step_by(1_777) {
                let at = hours * 3_600_000 + 1_800_000;
                assert_eq!(local_date(at, &zone), today(at, 0, &zone).ok(), "{name} {at}");
            }
        }
        assert_eq!(local_date(i64::MAX, &berlin()), None);
        assert_eq!(local_date(i64::MIN, &berlin()), None);
    }

    #[test]
    fn the_table_of_changes_tells_the_same_dates() {
        for name in ["Europe/London", "America/New_York", "Pacific/Apia"] {
            let zone = Zone::named(name).unwrap();
            let (first, changes) = clock_changes(&zone);
            let mut last = first;
            for (at, offset) in changes {
                assert_eq!((zone.offset_at(at - 1), zone.offset_at(at)), (last, offset), "{name} {at}");
                last = offset;
            }
            assert_eq!(zone.offset_at(LAST_CHANGE), last);
        }
    }

    #[test]
    fn leap_days_are_kept_on_the_last_day_of_february() {
        let cases = [
            ("1990-05-07", "2026-05-07", "2026-05-07"),
            ("1990-05-06", "2026-05-07", "2027-05-06"),
            ("1992-02-29", "2026-02-28", "2026-02-28"),
            ("1992-02-29", "2026-03-01", "2027-02-28"),
            ("1992-02-29", "2027-03-01", "2028-02-29"),
            ("1992-02-29", "2028-02-28", "2028-02-29"),
        ];
        for (date, today, expected) in cases {
            assert_eq!(anniversary(date, today).as_deref(), Some(expected), "{date} {today}");
        }
        assert_eq!(weekday("2026-03-02"), Some(0));
        assert_eq!(month("2026-03-02"), Some(3));
    }
}
