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
