//! Reading lengths of time and adding them to moments.

use jiff::Span;

use super::{CalendarError, Zone};
use crate::model::{
    Duration, DurationUnit,
    time::{DAY, HOUR, MINUTE, SECOND},
};

/// Reads `30 days`, `1 hour`, `5 business days`.
///
/// # Errors
/// When it is nothing of the kind, or longer than a thousand years.
pub fn parse_duration(text: &str) -> Result<Duration, CalendarError> {
    let wrong = || CalendarError::Duration(text.to_owned());
    let (amount, unit) = text.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
    if amount.is_empty() || amount.len() > 9 || !amount.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let amount = amount.parse().map_err(|_| wrong())?;
    let unit = unit.split_whitespace().collect::<Vec<_>>().join(" ");
    let (unit, _, _) = DurationUnit::WORDS
        .into_iter()
        .find(|(_, one, several)| unit == *one || unit == *several)
        .ok_or_else(wrong)?;
    if amount > most(unit) {
        return Err(CalendarError::TooLong(text.to_owned()));
    }
    Ok(Duration { amount, unit })
}

/// How many of a unit come to a thousand years, roughly.
fn most(unit: DurationUnit) -> i64 {
    const YEARS: i64 = 1_000;
    const DAYS: i64 = YEARS * 366;
    match unit {
        DurationUnit::Seconds => DAYS * (DAY / SECOND),
        DurationUnit::Minutes => DAYS * (DAY / MINUTE),
        DurationUnit::Hours => DAYS * (DAY / HOUR),
        DurationUnit::Days | DurationUnit::BusinessDays => DAYS,
        DurationUnit::Weeks => DAYS / 7,
        DurationUnit::Months => YEARS * 12,
        DurationUnit::Years => YEARS,
    }
}

/// The moment a length of time after another. Days are of 24 hours; months, years and business days
/// are counted on the calendar of the zone and keep the time of day.
///
/// # Errors
/// When the result lies outside the years that the calendar knows.
pub fn after(at: i64, duration: Duration, zone: &Zone) -> Result<i64, CalendarError> {
    shift(at, duration, zone, 1)
}

/// As [`after`], with days and weeks counted on the calendar of the zone, so that they keep the time of day,
/// too.
///
/// # Errors
/// When the result lies outside the years that the calendar knows.
pub fn after_by_calendar(at: i64, duration: Duration, zone: &Zone) -> Result<i64, CalendarError> {
    let days = match duration.unit {
        DurationUnit::Days => Some(duration.amount),
        DurationUnit::Weeks => duration.amount.checked_mul(7),
        _ => return after(at, duration, zone),
    };
    let span = Span::new().try_days(days.ok_or(CalendarError::OutOfRange)?);
    let local = zone.local(at)?.datetime();
    zone.moment(span.and_then(|span| local.checked_add(span)).map_err(|_| CalendarError::OutOfRange)?)
}

/// The moment a length of time before another; the counterpart of [`after`].
///
/// # Errors
/// When the result lies outside the years that the calendar knows.
pub fn before(at: i64, duration: Duration, zone: &Zone) -> Result<i64, CalendarError> {
    shift(at, duration, zone, -1)
}

fn shift(at: i64, duration: Duration, zone: &Zone, direction: i64) -> Result<i64, CalendarError> {
    let amount = duration.amount * direction;
    let fixed = |unit: i64| {
        let moment = at.checked_add(amount.checked_mul(unit)?)?;
        jiff::Timestamp::from_millisecond(moment).ok().map(|_| moment)
    };
    let calendar = |span: Result<Span, jiff::Error>| {
        let local = zone.local(at)?.datetime();
        let moved = span.and_then(|span| local.checked_add(span)).map_err(|_| CalendarError::OutOfRange)?;
        zone.moment(moved)
    };
    match duration.unit {
        DurationUnit::Seconds => fixed(SECOND).ok_or(CalendarError::OutOfRange),
        DurationUnit::Minutes => fixed(MINUTE).ok_or(CalendarError::OutOfRange),
        DurationUnit::Hours => fixed(HOUR).ok_or(CalendarError::OutOfRange),
        DurationUnit::Days => fixed(DAY).ok_or(CalendarError::OutOfRange),
        DurationUnit::Weeks => fixed(7 * DAY).ok_or(CalendarError::OutOfRange),
        DurationUnit::Months => calendar(Span::new().try_months(amount)),
        DurationUnit::Years => calendar(Span::new().try_years(amount)),
        DurationUnit::BusinessDays => calendar(Span::new().try_days(business_days(at, amount, zone)?)),
    }
}

/// How many calendar days so many business days come to, from the local day of a moment.
fn business_days(at: i64, amount: i64, zone: &Zone) -> Result<i64, CalendarError> {
    let mut day = zone.local(at)?.date();
    let step = amount.signum();
    let mut left = amount.abs();
    let mut days = 0;
    while left > 0 {
        day = day.checked_add(Span::new().days(step)).map_err(|_| CalendarError::OutOfRange)?;
        days += step;
        if zone.is_business_day(day) {
            left -= 1;
        }
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calendar::parse_moment, model::time::rfc3339};

    #[test]
    fn lengths_are_read_as_people_write_them() {
        let cases = [
            ("90 seconds", 90, DurationUnit::Seconds),
            ("1 hour", 1, DurationUnit::Hours),
            ("30 days", 30, DurationUnit::Days),
            ("5  business   days", 5, DurationUnit::BusinessDays),
        ];
        for (text, amount, unit) in cases {
            assert_eq!(parse_duration(text), Ok(Duration { amount, unit }), "{text}");
        }
        for text in ["", "30", "days", "-3 days", "3 fortnights", "3days", "1.5 hours", "1 0 days"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rule_4_days_are_of_24_hours_and_months_of_the_calendar() {
        let zone = Zone::named("Europe/London").unwrap();
        let cases = [
            ("2023-03-25 08:00", "1 day", "2023-03-26T08:00:00Z"),
            ("2023-01-31 08:00", "1 month", "2023-02-28T08:00:00Z"),
            ("2024-02-29 08:00", "1 year", "2025-02-28T08:00:00Z"),
            ("2023-03-24 08:00", "1 month", "2023-04-24T07:00:00Z"),
            ("2023-03-24 17:00", "1 business day", "2023-03-27T16:00:00Z"),
            ("2023-12-29 09:00", "2 business days", "2024-01-02T09:00:00Z"),
        ];
        for (start, length, expected) in cases {
            let at = parse_moment(start, &zone).unwrap();
            let length = parse_duration(length).unwrap();
            assert_eq!(rfc3339(after(at, length, &zone).unwrap()), expected, "{start} + {length}");
        }
    }

    #[test]
    fn rule_4_days_and_weeks_by_the_calendar_keep_the_time_of_day() {
        let zone = Zone::named("Europe/London").unwrap();
        // The clocks go forward on 2023-03-26 at 01:00 and back on 2023-10-29 at 02:00.
        let cases = [
            ("2023-03-25 08:00", "1 day", "2023-03-26T07:00:00Z"),
            ("2023-03-24 08:00", "1 week", "2023-03-31T07:00:00Z"),
            ("2023-03-19 01:30", "1 week", "2023-03-26T01:00:00Z"),
            ("2023-10-28 08:00", "2 days", "2023-10-30T08:00:00Z"),
            ("2023-03-25 08:00", "24 hours", "2023-03-26T08:00:00Z"),
            ("2023-01-31 08:00", "1 month", "2023-02-28T08:00:00Z"),
        ];
        for (start, length, expected) in cases {
            let at = parse_moment(start, &zone).unwrap();
            let found = after_by_calendar(at, parse_duration(length).unwrap(), &zone).unwrap();
            assert_eq!(rfc3339(found), expected, "{start} + {length}");
        }
        let far = Duration { amount: i64::MAX, unit: DurationUnit::Weeks };
        assert_eq!(after_by_calendar(0, far, &zone), Err(CalendarError::OutOfRange));
    }

    #[test]
    fn a_moment_too_far_away_is_an_error() {
        let length = Duration { amount: 999_999_999, unit: DurationUnit::Weeks };
        assert_eq!(after(0, length, &Zone::utc()), Err(CalendarError::OutOfRange));
        assert_eq!(before(0, length, &Zone::utc()), Err(CalendarError::OutOfRange));
    }
}
