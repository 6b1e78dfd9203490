//! Lengths of time as people write them.

use std::fmt;

/// A length of time, such as `30 days` or `5 business days`; what it comes to is the calendar's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Duration {
    /// How many units; never negative.
    pub amount: i64,
    /// Of what.
    pub unit: DurationUnit,
}

/// The units in which lengths are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DurationUnit {
    /// Of 1,000 milliseconds.
    Seconds,
    /// Of 60 seconds.
    Minutes,
    /// Of 60 minutes.
    Hours,
    /// Of 24 hours.
    Days,
    /// Of 7 days.
    Weeks,
    /// Calendar months.
    Months,
    /// Calendar years.
    Years,
    /// Days that are neither a weekend nor a holiday of the workspace.
    BusinessDays,
}

impl DurationUnit {
    /// All units with their words for one and for several.
    pub const WORDS: [(DurationUnit, &'static str, &'static str); 8] = [
        (DurationUnit::Seconds, "second", "seconds"),
        (DurationUnit::Minutes, "minute", "minutes"),
        (DurationUnit::Hours, "hour", "hours"),
        (DurationUnit::Days, "day", "days"),
        (DurationUnit::Weeks, "week", "weeks"),
        (DurationUnit::Months, "month", "months"),
        (DurationUnit::Years, "year", "years"),
        (DurationUnit::BusinessDays, "business day", "business days"),
    ];
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, one, several) in DurationUnit::WORDS {
            if unit == self.unit {
                return write!(f, "{} {}", self.amount, if self.amount == 1 { one } else { several });
            }
        }
        Ok(())
    }
}
