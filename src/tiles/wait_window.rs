//! The window of a wait, with the clocks that count.

use crate::{
    calendar::{Window, Zone},
    model::Value,
};

/// The window of a wait, with the clocks that count.
#[derive(Debug, Clone)]
pub struct WaitWindow {
    /// The days or hours.
    pub window: Window,
    /// The journey's time zone.
    pub zone: Zone,
    /// Whether the contact's time zone counts instead, where it has one.
    pub by_contact: bool,
}

impl WaitWindow {
    /// The zone that counts for a contact with this `timezone`.
    #[must_use]
    pub fn zone_for(&self, timezone: Option<&Value>) -> Zone {
        if self.by_contact { zone_of(timezone, &self.zone).0 } else { self.zone.clone() }
    }
}

/// The zone of a contact, with the journey's holidays, and what to say where the journey's zone counts instead.
pub(super) fn zone_of(timezone: Option<&Value>, journeys: &Zone) -> (Zone, Option<String>) {
    let fallback = |why: String| {
        let note = format!("{why}, so the time zone of the journey counts, {}", journeys.name());
        (journeys.clone(), Some(note))
    };
    match timezone {
        Some(Value::Text(name)) if !name.trim().is_empty() => match Zone::named(name.trim()) {
            Ok(zone) => (zone.with_holidays(journeys.holidays()), None),
            Err(_) => fallback(format!("the contact's time zone `{}` is unknown", name.trim())),
        },
        _ => fallback("the contact has no time zone".to_owned()),
    }
}
