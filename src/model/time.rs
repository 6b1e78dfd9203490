//! Moments as whole UTC milliseconds, and how they are written for people and programs.

use jiff::Timestamp;

/// Milliseconds in a second.
pub const SECOND: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Milliseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Milliseconds in a day of 24 hours.
pub const DAY: i64 = 24 * HOUR;

/// What happens later than this after the moment it was due counts from when it is done instead, so that
/// mails keep their distance after an outage (semantics 14).
pub const LAG_LIMIT: i64 = 36 * HOUR;

/// How far the clocks of several machines at one store may lie apart, in milliseconds.
pub const CLOCKS_APART: i64 = 10 * SECOND;

/// The moment from which what comes next counts: the event's own, or now when processing lags too far
/// behind it (semantics 14).
#[must_use]
pub fn moment_of(event: i64, now: i64) -> i64 {
    moment_of_decision(event, event, now)
}

/// The same for what could be decided later than it happened: processing lags behind that moment.
#[must_use]
pub fn moment_of_decision(event: i64, decidable_at: i64, now: i64) -> i64 {
    if decidable_at < now.saturating_sub(LAG_LIMIT) { now } else { event }
}

/// A moment that never comes: the due time of a position that nothing but an event can wake.
pub const NEVER: i64 = i64::MAX;

/// Writes a moment as RFC 3339 in UTC, with milliseconds only where there are any.
#[must_use]
pub fn rfc3339(milliseconds: i64) -> String {
    match Timestamp::from_millisecond(milliseconds) {
        Ok(at) => at.to_string(),
        Err(_) => format!("{milliseconds} ms"),
    }
}
