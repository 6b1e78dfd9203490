//! The next local time, and the next moment inside a window of a week.

use jiff::civil::Date;

use super::{CalendarError, LocalTime, Weekdays, Zone, week::following};

/// How many days are looked through for one that fits: more than the holidays of a lifetime.
const FAR: i64 = 10_000;

/// Certain days, or hours of them. It includes its beginning and not its end (semantics 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The days on which it begins.
    pub weekdays: Weekdays,
    /// The hours; the whole of each day when there are none.
    pub hours: Option<Hours>,
}

/// Hours of a day. Hours that end before they begin go on past midnight and belong to the day on which they
/// begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// When they begin.
    pub from: LocalTime,
    /// When they end; this moment doesn't belong to them.
    pub to: LocalTime,
}

impl Window {
    /// The first moment inside the window that isn't before `at`. A window of days without hours keeps the
    /// time of day of `at`.
    ///
    /// # Errors
    /// When it lies outside the years that the calendar knows, or no day is left for it.
    pub fn at_or_after(&self, at: i64, zone: &Zone) -> Result<i64, CalendarError> {
        self.at_or_after_due(at, at, zone)
    }

    /// The first moment inside the window that isn't before `at`, for something that was due at `due_at`. A
    /// window of days without hours keeps the time of day of `due_at` on a later day.
    ///
    /// # Errors
    /// When it lies outside the years that the calendar knows, or no day is left for it.
    pub fn at_or_after_due(&self, at: i64, due_at: i64, zone: &Zone) -> Result<i64, CalendarError> {
        let Some(Hours { from, to }) = self.hours else {
            if self.weekdays.has(zone.local(at)?.date(), zone) {
                return Ok(at);
            }
            let time = zone.local(due_at)?.time();
            return first_day(at, self.weekdays, zone, |day| {
                Ok(Some(zone.moment(day.to_datetime(time))?).filter(|moment| *moment >= at))
            });
        };
        let past_midnight = i64::from(to < from);
        first_day(at, self.weekdays, zone, |day| {
            let (start, end) = (from.on(day, zone)?, to.on(following(day, past_midnight)?, zone)?);
            // Hours that lie in the gap of a clock change are none.
            Ok((start < end && at < end).then_some(start.max(at)))
        })
    }
}

/// The first moment after `at` at which clocks of a zone show a time, on one of the days. `at` itself doesn't count, so
/// that who arrives just then waits for the next one.
///
/// # Errors
/// When it lies outside the years that the calendar knows, or no day is left for it.
pub fn next_local_time(
    at: i64,
    time: LocalTime,
    weekdays: Weekdays,
    zone: &Zone,
) -> Result<i64, CalendarError> {
    first_day(at, weekdays, zone, |day| Ok(Some(time.on(day, zone)?).filter(|moment| *moment > at)))
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
