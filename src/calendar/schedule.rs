//! Cron lines.

use croner::{Cron, parser::CronParser};

use super::{CalendarError, Zone};
use crate::model::time::SECOND;

/// A cron line of five fields: minute, hour, day of month, month, day of week (Monday is 1).
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
}

impl Schedule {
    /// Reads a cron line.
    ///
    /// # Errors
    /// When it isn't one.
    pub fn parse(text: &str) -> Result<Schedule, CalendarError> {
        let cron = CronParser::new()
            .parse(text)
            .map_err(|error| CalendarError::Schedule { text: text.to_owned(), reason: error.to_string() })?;
        Ok(Schedule { cron })
    }

    /// The first moment of the schedule that isn't before `at`; nothing when it never comes.
    #[must_use]
    pub fn at_or_after(&self, at: i64, zone: &Zone) -> Option<i64> {
        // Cron lines know whole seconds: a moment within one is after it.
        let whole = at.checked_add(SECOND - 1)?;
        let local = zone.local(whole - whole.rem_euclid(SECOND)).ok()?;
        let next = self.cron.find_next_occurrence(&local, true).ok()?;
        Some(next.timestamp().as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calendar::parse_moment, model::time::rfc3339};

    #[test]
    fn the_next_moment_of_a_schedule_may_be_now() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let schedule = Schedule::parse("*/5 * * * *").unwrap();
        let next = |text| {
            let at = parse_moment(text, &zone).unwrap();
            rfc3339(schedule.at_or_after(at, &zone).unwrap())
        };
        assert_eq!(next("2026-01-01 08:00"), "2026-01-01T07:00:00Z");
        assert_eq!(next("2026-01-01 08:00:01"), "2026-01-01T07:05:00Z");
        assert_eq!(next("2026-01-01 08:00:00.001"), "2026-01-01T07:05:00Z");
        assert!(Schedule::parse("every five minutes").is_err());
    }

    #[test]
    fn monday_is_the_first_day_of_the_week() {
        let zone = Zone::utc();
        let schedule = Schedule::parse("0 9 * * 1").unwrap();
        let at = parse_moment("2026-01-01", &zone).unwrap();
        assert_eq!(rfc3339(schedule.at_or_after(at, &zone).unwrap()), "2026-01-05T09:00:00Z");
    }
}
