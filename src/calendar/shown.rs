//! Moments in text, as a zone's clocks show them.

use std::{borrow::Cow, sync::LazyLock};

use jiff::Timestamp;
use regex::{Captures, Regex};

use super::Zone;

/// Moments in UTC as [`crate::model::time::rfc3339`] writes them; nothing where the pattern were wrong, which a test
/// would show.
static MOMENTS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\b").ok());

/// A text in which moments in UTC are written as the zone's clocks show them, with the offset (semantics 64). In a zone
/// that is UTC itself nothing changes.
#[must_use]
pub fn in_local_time<'t>(text: &'t str, zone: &Zone) -> Cow<'t, str> {
    match &*MOMENTS {
        Some(moments) if zone.name() != "UTC" => {
            moments.replace_all(text, |found: &Captures<'_>| shown(&found[0], zone))
        }
        _ => Cow::Borrowed(text),
    }
}

fn shown(moment: &str, zone: &Zone) -> String {
    let local = moment.parse::<Timestamp>().ok().and_then(|at| zone.local(at.as_millisecond()).ok());
    local.map_or_else(|| moment.to_owned(), |at| format!("{}{}", at.datetime(), at.strftime("%:z")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_with_the_offset_of_their_day() {
        let cases = [
            ("due 2026-03-28T08:00:00Z.", "due 2026-03-28T09:00:00+01:00."),
            (
                "2026-03-29T08:00:00Z,2026-07-01T22:30:00.25Z",
                "2026-03-29T10:00:00+02:00,2026-07-02T00:30:00.25+02:00",
            ),
            ("2026-03-28T08:00:00+02:00 and 2026-03-28", "2026-03-28T08:00:00+02:00 and 2026-03-28"),
            ("2026-13-28T08:00:00Z", "2026-13-28T08:00:00Z"),
        ];
        let zone = Zone::named("Europe/Amsterdam").unwrap();
        for (text, expected) in cases {
            assert_eq!(in_local_time(text, &zone), expected);
        }
        assert_eq!(in_local_time("2026-03-28T08:00:00Z", &Zone::utc()), "2026-03-28T08:00:00Z");
    }
}
