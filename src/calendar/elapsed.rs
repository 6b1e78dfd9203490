//! When a length of time has passed, without who starts later ever being through earlier.

use jiff::Span;

use super::{CalendarError, Zone, after};
use crate::model::{Duration, DurationUnit};

/// The moment at which a length of time has wholly passed since another. It is that of [`after`], except
/// that a month or year that doesn't have the day is only over when it is: a month after 31 March is the
/// start of 1 May. So whoever starts later is never through earlier.
///
/// # Errors
/// When the result lies outside the years that the calendar knows.
pub fn elapsed(since: i64, length: Duration, zone: &Zone) -> Result<i64, CalendarError> {
    let end = after(since, length, zone)?;
    if !matches!(length.unit, DurationUnit::Months | DurationUnit::Years) {
        return Ok(end);
    }
    let day = zone.local(end)?.date();
    if day.day() == zone.local(since)?.date().day() {
        return Ok(end);
    }
    let next = day.checked_add(Span::new().days(1)).map_err(|_| CalendarError::OutOfRange)?;
    zone.moment(next.at(0, 0, 0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calendar::{parse_duration, parse_moment},
        model::time::{HOUR, rfc3339},
    };

    #[test]
    fn rule_4_a_month_that_lacks_the_day_is_over_at_its_end() {
        let zone = Zone::named("Europe/London").unwrap();
        let cases = [
            ("2026-03-30 10:00", "1 month", "2026-04-30T09:00:00Z"),
            ("2026-03-31 08:00", "1 month", "2026-04-30T23:00:00Z"),
            ("2026-04-01 08:00", "1 month", "2026-05-01T07:00:00Z"),
            ("2024-02-29 08:00", "1 year", "2025-03-01T00:00:00Z"),
            ("2026-03-31 08:00", "90 days", "2026-06-29T07:00:00Z"),
        ];
        for (since, length, expected) in cases {
            let (since, length) = (parse_moment(since, &zone).unwrap(), parse_duration(length).unwrap());
            assert_eq!(rfc3339(elapsed(since, length, &zone).unwrap()), expected, "{length}");
        }
    }

    #[test]
    fn who_starts_later_is_never_through_earlier() {
        let zone = Zone::utc();
        for length in ["1 month", "3 months", "1 year"].map(|text| parse_duration(text).unwrap()) {
            let start = parse_moment("2027-12-25 00:00", &zone).unwrap();
            let ends: Vec<i64> =
                (0..2_000).map(|step| elapsed(start + step * 5 * HOUR, length, &zone).unwrap()).collect();
            assert!(ends.is_sorted(), "{length}");
        }
    }
}
