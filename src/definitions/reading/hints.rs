//! What to write instead of a length of time, a moment or a time zone that can't be read.

use crate::calendar::{CalendarError, Zone, parse_date, parse_duration};
use crate::diagnostics::suggest;
use crate::model::DurationUnit;

/// How to fix something that isn't a length of time: a full sentence.
#[must_use]
pub fn duration_hint(written: &str) -> String {
    if let Err(CalendarError::TooLong(_)) = parse_duration(written) {
        return "Write a shorter time, such as `1 year`.".to_owned();
    }
    let written = written.trim();
    let digits = written.find(|c: char| !c.is_ascii_digit()).unwrap_or(written.len());
    let (amount, unit) = (&written[..digits], written[digits..].trim().to_lowercase());
    let example = |unit: &str| format!("{amount} {unit}");
    if parse_duration(&example("days")).is_ok() {
        if unit.is_empty() {
            return format!("Write a unit behind the number, such as `{}`.", example("days"));
        }
        let words = || DurationUnit::WORDS.into_iter().flat_map(|(_, one, several)| [one, several]);
        let begun: Vec<&str> = DurationUnit::WORDS
            .into_iter()
            .map(|(_, _, word)| word)
            .filter(|w| w.starts_with(&unit))
            .collect();
        let meant = match (words().find(|word| *word == unit), begun.as_slice()) {
            (Some(word), _) => Some(word),
            (None, [word]) => Some(*word),
            (None, _) => suggest(&unit, words()).into_iter().next(),
        };
        if let Some(meant) = meant.filter(|_| unit.starts_with(char::is_alphabetic)) {
            let several = DurationUnit::WORDS.into_iter().find(|(_, one, _)| amount != "1" && *one == meant);
            return format!("Write `{}`.", example(several.map_or(meant, |(_, _, several)| several)));
        }
    }
    "Write a whole number and a unit: `90 seconds`, `10 minutes`, `4 hours`, `30 days`, `2 weeks`, `3 months`, \
     `1 year` or `5 business days`."
        .to_owned()
}

/// How to fix something that isn't a moment: a full sentence.
#[must_use]
pub fn moment_hint(written: &str) -> String {
    let day = written.trim().get(..10).unwrap_or("");
    let is_day = day.chars().enumerate().all(|(at, c)| match at {
        4 | 7 => c == '-',
        _ => c.is_ascii_digit(),
    });
    match (is_day && !day.is_empty(), parse_date(day)) {
        (true, Err(_)) => format!("The calendar has no day `{day}`."),
        (true, Ok(_)) => format!("Write hours and minutes behind the day, such as `{day} 08:00`."),
        (false, _) => "Write year, month and day, and then the time, such as `2026-03-01 08:00`.".to_owned(),
    }
}

/// How to fix something that isn't a time zone: a full sentence.
#[must_use]
pub fn timezone_hint(written: &str) -> String {
    let names = Zone::names();
    let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let wanted = written.trim().replace(' ', "_");
    let meant = names.iter().find(|name| name.contains('/') && city(name) == wanted.to_lowercase());
    let meant = meant.map(String::as_str);
    match meant.or_else(|| suggest(&wanted, names.iter().map(String::as_str)).into_iter().next()) {
        Some(name) => format!("Did you mean `{name}`?"),
        None => "Write the name of a zone as in `Europe/London` or `America/New_York`, or `UTC`.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_that_was_probably_meant_is_named() {
        for (written, hint) in [
            ("7days", "Write `7 days`."),
            ("7 Days", "Write `7 days`."),
            ("1 dya", "Write `1 day`."),
            ("3 dayz", "Write `3 days`."),
            ("4h", "Write `4 hours`."),
            ("10 min", "Write `10 minutes`."),
            ("9000 years", "Write a shorter time, such as `1 year`."),
            ("7", "Write a unit behind the number, such as `7 days`."),
        ] {
            assert_eq!(duration_hint(written), hint, "{written}");
        }
        for written in ["", "3 fortnights", "5m", "a month", "1.5 days", "9999999999 days", "-3 days", "½"] {
            assert!(duration_hint(written).starts_with("Write a whole number and a unit: "), "{written}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_moment_is_told() {
        for (written, hint) in [
            ("2026-02-30 08:00", "The calendar has no day `2026-02-30`."),
            ("2026-03-01 8 o'clock", "Write hours and minutes behind the day, such as `2026-03-01 08:00`."),
            ("1.3.2026", "Write year, month and day, and then the time, such as `2026-03-01 08:00`."),
            ("", "Write year, month and day, and then the time, such as `2026-03-01 08:00`."),
            ("éééééééééé", "Write year, month and day, and then the time, such as `2026-03-01 08:00`."),
        ] {
            assert_eq!(moment_hint(written), hint, "{written}");
        }
    }

    #[test]
    fn a_zone_is_found_by_its_city_and_by_a_slip() {
        for (written, name) in [
            ("London", "Europe/London"),
            ("new york", "America/New_York"),
            ("Europe/Lodnon", "Europe/London"),
            ("europe-london", "Europe/London"),
        ] {
            assert_eq!(timezone_hint(written), format!("Did you mean `{name}`?"), "{written}");
        }
        assert!(timezone_hint("headquarters").starts_with("Write the name of a zone"));
    }
}
