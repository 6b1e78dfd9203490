//! Reading dates and moments.

use jiff::{Span, Timestamp, civil};

use super::{CalendarError, Zone};

/// Reads a moment: RFC 3339 with an offset, or `2026-03-01 08:00` (also with `T`, seconds, or a date
/// alone, which means its start) in the given zone.
///
/// # Errors
/// When it is nothing of the kind.
pub fn parse_moment(text: &str, zone: &Zone) -> Result<i64, CalendarError> {
    let text = text.trim();
    if text.len() >= 10
        && (text.ends_with(['Z', 'z']) || text.get(10..).is_some_and(|rest| rest.contains(['+', '-'])))
    {
        return text
            .parse::<Timestamp>()
            .map(Timestamp::as_millisecond)
            .map_err(|_| CalendarError::Moment(text.to_owned()));
    }
    if text.len() == 10 {
        return start_of_day(text, zone).map_err(|_| CalendarError::Moment(text.to_owned()));
    }
    let local = text.parse::<civil::DateTime>().map_err(|_| CalendarError::Moment(text.to_owned()))?;
    zone.moment(local)
}

/// Reads a date and writes it as `YYYY-MM-DD`.
///
/// # Errors
/// When there is no such day.
pub fn parse_date(text: &str) -> Result<String, CalendarError> {
    let text = text.trim();
    let wrong = || CalendarError::Date(text.to_owned());
    if text.len() != 10 {
        return Err(wrong());
    }
    text.parse::<civil::Date>().map(|date| date.to_string()).map_err(|_| wrong())
}

/// The first moment of a date in a zone.
///
/// # Errors
/// When there is no such day.
pub fn start_of_day(date: &str, zone: &Zone) -> Result<i64, CalendarError> {
    let day = date.parse::<civil::Date>().map_err(|_| CalendarError::Date(date.to_owned()))?;
    zone.moment(day.at(0, 0, 0, 0))
}

/// The last millisecond of a date in a zone.
///
/// # Errors
/// When there is no such day.
pub fn end_of_day(date: &str, zone: &Zone) -> Result<i64, CalendarError> {
    let day = date.parse::<civil::Date>().map_err(|_| CalendarError::Date(date.to_owned()))?;
    let next = day.checked_add(Span::new().days(1)).map_err(|_| CalendarError::OutOfRange)?;
    Ok(zone.moment(next.at(0, 0, 0, 0))? - 1)
}

/// The date, as `YYYY-MM-DD`, so many days after that of a moment in a zone.
///
/// # Errors
/// When the date lies outside the years that the calendar knows.
pub fn today(at: i64, plus_days: i64, zone: &Zone) -> Result<String, CalendarError> {
    let date = zone.local(at)?.date();
    let span = Span::new().try_days(plus_days).map_err(|_| CalendarError::OutOfRange)?;
    Ok(date.checked_add(span).map_err(|_| CalendarError::OutOfRange)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::rfc3339;

    #[test]
    fn moments_are_read_in_their_zone() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let cases = [
            ("2026-03-01 08:00", "2026-03-01T07:00:00Z"),
            ("2026-03-01T08:00:30", "2026-03-01T07:00:30Z"),
            ("2026-07-01", "2026-06-30T22:00:00Z"),
            ("2026-03-01T08:00:00Z", "2026-03-01T08:00:00Z"),
            ("2026-03-01T08:00:00+05:30", "2026-03-01T02:30:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(rfc3339(parse_moment(text, &berlin).unwrap()), expected, "{text}");
        }
        for text in [
            "",
            "soon",
            "2026-02-30",
            "2026-02-30 08:00",
            "25:00",
            "2026-03-01 25:00",
            "é026-03-01",
            "aääääääz",
        ] {
            assert!(parse_moment(text, &berlin).is_err(), "{text}");
        }
    }

    #[test]
    fn rule_15_gaps_and_overlaps_have_one_moment() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let at = |text| rfc3339(parse_moment(text, &berlin).unwrap());
        assert_eq!(at("2026-03-29 02:30"), "2026-03-29T01:00:00Z", "the first valid moment after the gap");
        assert_eq!(at("2026-10-25 02:30"), "2026-10-25T00:30:00Z", "the first of the two");
    }

    #[test]
    fn a_day_has_a_first_and_a_last_millisecond() {
        let london = Zone::named("Europe/London").unwrap();
        assert_eq!(rfc3339(start_of_day("2026-03-29", &london).unwrap()), "2026-03-29T00:00:00Z");
        assert_eq!(rfc3339(end_of_day("2026-03-29", &london).unwrap()), "2026-03-29T22:59:59.999Z");
        assert_eq!(today(0, -1, &london).unwrap(), "1969-12-31");
    }
}
