//! Time zones by their IANA names, the two hours a year that need a rule, and the days on which nobody
//! works.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{
    Timestamp, Zoned,
    civil::{Date, DateTime, Weekday},
    tz::{AmbiguousOffset, Disambiguation, TimeZone},
};

use super::CalendarError;

/// A time zone, with the holidays that are kept in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    zone: TimeZone,
    name: String,
    holidays: Holidays,
}

/// The days, beside weekends, that aren't business days (semantics 4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holidays(Arc<BTreeSet<Date>>);

impl Holidays {
    /// These dates, `YYYY-MM-DD`; what isn't a date is passed over.
    pub fn of<'d>(dates: impl IntoIterator<Item = &'d str>) -> Holidays {
        Holidays(Arc::new(dates.into_iter().filter_map(|date| date.trim().parse().ok()).collect()))
    }

    /// The dates as `YYYY-MM-DD`, in order, with commas between them.
    #[must_use]
    pub fn listed(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

impl Zone {
    /// The zone with this IANA name, such as `Europe/London`; `UTC` is one.
    ///
    /// # Errors
    /// When there is no such zone.
    pub fn named(name: &str) -> Result<Zone, CalendarError> {
        let zone = TimeZone::get(name).map_err(|_| CalendarError::Zone(name.to_owned()))?;
        let name = zone.iana_name().unwrap_or(name).to_owned();
        Ok(Zone { zone, name, holidays: Holidays::default() })
    }

    /// The IANA names of all zones, sorted.
    #[must_use]
    pub fn names() -> Vec<String> {
        let mut names: Vec<String> =
            jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        names
    }

    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Zone {
        Zone { zone: TimeZone::UTC, name: "UTC".to_owned(), holidays: Holidays::default() }
    }

    /// The same zone with holidays.
    #[must_use]
    pub fn with_holidays(self, holidays: &Holidays) -> Zone {
        Zone { holidays: holidays.clone(), ..self }
    }

    /// The holidays that are kept.
    #[must_use]
    pub fn holidays(&self) -> &Holidays {
        &self.holidays
    }

    /// Whether people work on a day.
    pub(super) fn is_business_day(&self, day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.holidays.0.contains(&day)
    }

    /// The IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The moment at which clocks in this zone show `local`. A time in a spring gap is the first valid
    /// moment after the gap; one in an autumn overlap is the first of the two (semantics 15).
    pub(super) fn moment(&self, local: DateTime) -> Result<i64, CalendarError> {
        let ambiguous = self.zone.to_ambiguous_zoned(local);
        let gap = match ambiguous.offset() {
            AmbiguousOffset::Gap { before, after } => i64::from(after.seconds() - before.seconds()),
            _ => 0,
        };
        let zoned =
            ambiguous.disambiguate(Disambiguation::Compatible).map_err(|_| CalendarError::OutOfRange)?;
        if gap > 0 {
            // The clocks were put forward less than the gap's length before the moment found.
            let before = zoned.timestamp() - jiff::SignedDuration::from_secs(gap + 1);
            if let Some(change) = self.zone.following(before).next() {
                return Ok(change.timestamp().as_millisecond());
            }
        }
        Ok(zoned.timestamp().as_millisecond())
    }

    /// How far clocks are before UTC at a moment, in milliseconds.
    pub(super) fn offset_at(&self, at: i64) -> i64 {
        let timestamp = Timestamp::from_millisecond(at).unwrap_or_default();
        i64::from(self.zone.to_offset(timestamp).seconds()) * 1_000
    }

    /// The moments after another at which clocks are changed, each with how far they are before UTC
    /// from then on, in milliseconds.
    pub(super) fn changes_after(&self, at: i64) -> impl Iterator<Item = (i64, i64)> {
        let timestamp = Timestamp::from_millisecond(at).unwrap_or_default();
        self.zone
            .following(timestamp)
            .map(|change| (change.timestamp().as_millisecond(), i64::from(change.offset().seconds()) * 1_000))
    }

    /// What calendars and clocks in this zone show at a moment.
    pub(super) fn local(&self, at: i64) -> Result<Zoned, CalendarError> {
        let timestamp = Timestamp::from_millisecond(at).map_err(|_| CalendarError::OutOfRange)?;
        Ok(timestamp.to_zoned(self.zone.clone()))
    }
}
