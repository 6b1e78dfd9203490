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

/// A stretch of the calendar, from its first day to its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// A day.
    Day,
    /// From Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// Three months, the first of the year starting in January.
    Quarter,
    /// A calendar year.
    Year,
}

impl Period {
    /// All periods with their words for one and for several.
    pub const WORDS: [(Period, &'static str, &'static str); 5] = [
        (Period::Day, "day", "days"),
        (Period::Week, "week", "weeks"),
        (Period::Month, "month", "months"),
        (Period::Quarter, "quarter", "quarters"),
        (Period::Year, "year", "years"),
    ];

    /// The word for so many.
    #[must_use]
    pub fn word(self, amount: i64) -> &'static str {
        let words = Period::WORDS.iter().find(|(period, _, _)| *period == self);
        words.map_or("", |(_, one, several)| if amount == 1 { one } else { several })
    }
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
