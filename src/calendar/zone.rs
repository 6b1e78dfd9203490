//! Time zones by their IANA names, and the two hours a year that need a rule.

use jiff::{
    Timestamp, Zoned,
    civil::DateTime,
    tz::{Disambiguation, TimeZone},
};

use super::CalendarError;

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    zone: TimeZone,
    name: String,
}

impl Zone {
    /// The zone with this IANA name, such as `Europe/London`; `UTC` is one.
    ///
    /// # Errors
    /// When there is no such zone.
    pub fn named(name: &str) -> Result<Zone, CalendarError> {
        let zone = TimeZone::get(name).map_err(|_| CalendarError::Zone(name.to_owned()))?;
        let name = zone.iana_name().unwrap_or(name).to_owned();
        Ok(Zone { zone, name })
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
        Zone { zone: TimeZone::UTC, name: "UTC".to_owned() }
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
        let in_gap = matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { .. });
        let zoned =
            ambiguous.disambiguate(Disambiguation::Compatible).map_err(|_| CalendarError::OutOfRange)?;
        if in_gap {
            let before = zoned.timestamp() - jiff::SignedDuration::from_hours(3);
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
        self.zone.following(timestamp).map(|change| {
            (change.timestamp().as_millisecond(), i64::from(change.offset().seconds()) * 1_000)
        })
    }

    /// What calendars and clocks in this zone show at a moment.
    pub(super) fn local(&self, at: i64) -> Result<Zoned, CalendarError> {
        let timestamp = Timestamp::from_millisecond(at).map_err(|_| CalendarError::OutOfRange)?;
        Ok(timestamp.to_zoned(self.zone.clone()))
    }
}
