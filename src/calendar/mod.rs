//! Lengths of time, time zones, moments, windows and cron lines.
//!
//! In: text that people wrote, moments in UTC milliseconds, IANA zone names. Out: moments. It doesn't
//! know what time it is.

mod duration;
mod elapsed;
mod format;
mod moment;
mod reckoning;
mod schedule;
mod shown;
mod week;
mod window;
mod zone;

pub use duration::{after, after_by_calendar, before, parse_duration};
pub use elapsed::elapsed;
pub use format::{format_date, format_moment};
pub use moment::{end_of_day, parse_date, parse_moment, start_of_day, today};
pub use reckoning::{
    DATED, anniversary, anniversary_years, clock_changes, day_from_today, local_date, month, reckoned_day,
    reckoned_moment, weekday,
};
pub use schedule::Schedule;
pub use shown::in_local_time;
pub use week::{LocalTime, Weekdays};
pub use window::{Hours, Window, next_local_time};
pub use zone::{Holidays, Zone};

/// Why a text isn't a length of time, a moment, a zone or a cron line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not a length of time.
    #[error("`{0}` is not a length of time")]
    Duration(String),
    /// A length of time that no calendar holds.
    #[error("`{0}` is longer than a thousand years")]
    TooLong(String),
    /// Not a date.
    #[error("`{0}` is not a date")]
    Date(String),
    /// Not a moment.
    #[error("`{0}` is not a date and time")]
    Moment(String),
    /// Not a time zone.
    #[error("`{0}` is not a time zone")]
    Zone(String),
    /// Not a time of day.
    #[error("`{0}` is not a time of day")]
    TimeOfDay(String),
    /// Not a day of the week.
    #[error("`{0}` is not a day of the week")]
    Weekday(String),
    /// Not a cron line.
    #[error("`{text}` is not a cron line: {reason}")]
    Schedule {
        /// What was written.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not a way to write dates.
    #[error("`{0}` is not a date format")]
    Format(String),
    /// A moment beyond the years that the calendar knows.
    #[error("the moment lies outside the years -9999 to 9999")]
    OutOfRange,
}
