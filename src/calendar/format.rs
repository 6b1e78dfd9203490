//! Writing dates and moments for people.

use jiff::{civil, fmt::strtime};

use super::{CalendarError, Zone};

/// Writes a moment as a zone's calendars and clocks show it, by a format such as `%d %B %Y, %H:%M`.
///
/// # Errors
/// When it isn't a format, or the moment lies outside the years that the calendar knows.
pub fn format_moment(at: i64, format: &str, zone: &Zone) -> Result<String, CalendarError> {
    let local = zone.local(at)?;
    strtime::format(format, &local).map_err(|_| CalendarError::Format(format.to_owned()))
}

/// Writes a date `YYYY-MM-DD` by a format such as `%d %B %Y`; hours and minutes are those of midnight.
///
/// # Errors
/// When it isn't a format, or there is no such day.
pub fn format_date(date: &str, format: &str) -> Result<String, CalendarError> {
    let day = date.parse::<civil::Date>().map_err(|_| CalendarError::Date(date.to_owned()))?;
    strtime::format(format, day.at(0, 0, 0, 0)).map_err(|_| CalendarError::Format(format.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_moments_are_written_as_asked() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(format_moment(0, "%d %B %Y, %H:%M %Z", &berlin).unwrap(), "01 January 1970, 01:00 CET");
        assert_eq!(format_date("2026-03-29", "%A %-d.%-m.%Y %H:%M").unwrap(), "Sunday 29.3.2026 00:00");
        assert_eq!(format_moment(0, "%!", &berlin), Err(CalendarError::Format("%!".to_owned())));
        assert_eq!(format_date("2026-02-30", "%d"), Err(CalendarError::Date("2026-02-30".to_owned())));
    }
}
