//! The one place that reads the clock.

use jiff::Timestamp;

/// Real time, UTC milliseconds. Everything else gets its time handed in.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn real_now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Does nothing for so many milliseconds of real time.
#[allow(clippy::disallowed_methods, reason = "the one place that pauses")]
pub fn pause(milliseconds: u64) {
    std::thread::sleep(std::time::Duration::from_millis(milliseconds));
}
