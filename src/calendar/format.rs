//! Writing dates and moments for people.

use std::borrow::Cow;

use jiff::{civil, fmt::strtime};

use super::{CalendarError, Zone};
use crate::model::Language;

/// Writes a moment as a zone's calendars and clocks show it, by a format such as `%d %B %Y, %H:%M`.
///
/// # Errors
/// When it isn't a format, or the moment lies outside the years that the calendar knows.
pub fn format_moment(
    at: i64,
    format: &str,
    zone: &Zone,
    language: Language,
) -> Result<String, CalendarError> {
    let local = zone.local(at)?;
    let named = named(format, local.date(), language);
    strtime::format(&*named, &local).map_err(|_| CalendarError::Format(format.to_owned()))
}

/// Writes a date `YYYY-MM-DD` by a format such as `%d %B %Y`; hours and minutes are those of midnight.
///
/// # Errors
/// When it isn't a format, or there is no such day.
pub fn format_date(date: &str, format: &str, language: Language) -> Result<String, CalendarError> {
    let day = date.parse::<civil::Date>().map_err(|_| CalendarError::Date(date.to_owned()))?;
    let named = named(format, day, language);
    strtime::format(&*named, day.at(0, 0, 0, 0)).map_err(|_| CalendarError::Format(format.to_owned()))
}

/// A format with the names of the month and the day filled in, where they aren't those of English.
fn named(format: &str, day: civil::Date, language: Language) -> Cow<'_, str> {
    if language == Language::English {
        return Cow::Borrowed(format);
    }
    let names = language.names();
    let month = usize::from(day.month().unsigned_abs()) - 1;
    let weekday = usize::from(day.weekday().to_monday_zero_offset().unsigned_abs());
    let mut written = String::with_capacity(format.len() + 16);
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        let directive = if letter == '%' { letters.next() } else { None };
        match directive {
            Some('B') => written.push_str(names.months[month]),
            Some('b' | 'h') => written.push_str(names.short_months[month]),
            Some('A') => written.push_str(names.days[weekday]),
            Some('a') => written.push_str(names.short_days[weekday]),
            other => {
                written.push(letter);
                written.extend(other);
            }
        }
    }
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_moments_are_written_as_asked() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(
            format_moment(0, "%d %B %Y, %H:%M %Z", &berlin, Language::English).unwrap(),
            "01 January 1970, 01:00 CET"
        );
        assert_eq!(
            format_date("2026-03-29", "%A %-d.%-m.%Y %H:%M", Language::English).unwrap(),
            "Sunday 29.3.2026 00:00"
        );
        assert_eq!(
            format_moment(0, "%!", &berlin, Language::English),
            Err(CalendarError::Format("%!".to_owned()))
        );
        assert_eq!(
            format_date("2026-02-30", "%d", Language::English),
            Err(CalendarError::Date("2026-02-30".to_owned()))
        );
    }

    #[test]
    fn months_and_days_have_names_in_the_language() {
        let written = |language| format_date("2026-03-29", "%A %-d. %B %Y %b %a %%B", language).unwrap();
        assert_eq!(written(Language::German), "Sonntag 29. März 2026 Mär So %B");
        assert_eq!(written(Language::Dutch), "zondag 29. maart 2026 mrt zo %B");
        assert_eq!(written(Language::English), "Sunday 29. March 2026 Mar Sun %B");
        assert_eq!(Language::of_field("de-AT"), Some(Language::German));
        assert_eq!(Language::of_field(" NL "), Some(Language::Dutch));
        assert_eq!(Language::of_field("fr"), None);
    }
}
