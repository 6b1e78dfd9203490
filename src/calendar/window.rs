//! The next local time, and the next moment inside a window of a week.

use jiff::civil::Date;

use super::{CalendarError, LocalTime, Weekdays, Zone, week::following};

/// How many days are looked through for one that fits: more than the holidays of a lifetime.
const FAR: i64 = 10_000;

/// Hours of certain days, both ends included (semantics 4). One that ends before it begins goes on past
/// midnight and belongs to the day on which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The days on which it begins.
    pub weekdays: Weekdays,
    /// When it begins.
    pub from: LocalTime,
    /// When it ends.
    pub to: LocalTime,
}

impl Window {
    /// The first moment inside the window that isn't before `at`.
    ///
    /// # Errors
    /// When it lies outside the years that the calendar knows, or no day is left for it.
    pub fn at_or_after(&self, at: i64, zone: &Zone) -> Result<i64, CalendarError> {
        let past_midnight = i64::from(self.to < self.from);
        first_day(at, self.weekdays, zone, |day| {
            let end = self.to.on(following(day, past_midnight)?, zone)?;
            let start = self.from.on(day, zone)?;
            Ok((at <= end).then_some(start.max(at)))
        })
    }
}

/// The first moment at which clocks of a zone show a time, on one of the days, and that isn't before `at`.
///
/// # Errors
/// When it lies outside the years that the calendar knows, or no day is left for it.
pub fn next_local_time(
    at: i64,
    time: LocalTime,
    weekdays: Weekdays,
    zone: &Zone,
) -> Result<i64, CalendarError> {
    first_day(at, weekdays, zone, |day| Ok(Some(time.on(day, zone)?).filter(|moment| *moment >= at)))
}

/// What `found` gives for the first day that it gives anything for, from two days before a moment: a
/// window may have begun the day before, and clocks may have skipped a day.
fn first_day(
    at: i64,
    weekdays: Weekdays,
    zone: &Zone,
    found: impl Fn(Date) -> Result<Option<i64>, CalendarError>,
) -> Result<i64, CalendarError> {
    let mut day = following(zone.local(at)?.date(), -2)?;
    for _ in 0..FAR {
        if weekdays.has(day, zone)
            && let Some(moment) = found(day)?
        {
            return Ok(moment);
        }
        day = following(day, 1)?;
    }
    Err(CalendarError::OutOfRange)
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
