//! When a contact may enter an iteration again (semantics 8).

use crate::{
    calendar::{Zone, before, elapsed},
    model::{Duration, time::DAY},
};

/// When somebody may enter again whose participation ended at a moment.
pub(super) fn due(ended_at: i64, length: Duration, zone: &Zone) -> Option<i64> {
    elapsed(ended_at, length, zone).ok()
}

/// The latest moment such that whoever ended then may enter again at `now`.
pub(super) fn ended_until(now: i64, length: Duration, zone: &Zone) -> i64 {
    let may = |ended_at: i64| due(ended_at, length, zone).is_some_and(|due| due <= now);
    let Ok(about) = before(now, length, zone) else { return i64::MIN };
    // A month back and forth again isn't always the same day: the exact moment lies between these two.
    let (mut early, mut late) = (about.saturating_sub(7 * DAY), now);
    if !may(early) {
        return early;
    }
    while late - early > 1 {
        let middle = early + (late - early) / 2;
        match may(middle) {
            true => early = middle,
            false => late = middle,
        }
    }
    early
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calendar::{parse_duration, parse_moment},
        model::time::rfc3339,
    };

    #[test]
    fn rule_8_whoever_ended_long_enough_ago_may_enter_again() {
        let zone = Zone::named("Europe/London").unwrap();
        let cases = [
            ("2026-06-01 08:00", "90 days", "2026-03-03T07:00:00Z"),
            ("2026-02-28 12:00", "1 month", "2026-01-28T12:00:00Z"),
            ("2026-03-01 08:00", "1 month", "2026-02-01T08:00:00Z"),
            ("2026-04-30 23:59", "1 month", "2026-03-30T22:59:00Z"),
        ];
        for (now, length, expected) in cases {
            let (now, length) = (parse_moment(now, &zone).unwrap(), parse_duration(length).unwrap());
            let ended = ended_until(now, length, &zone);
            assert_eq!(rfc3339(ended), expected, "{length}");
            assert!(due(ended, length, &zone).unwrap() <= now);
            assert!(due(ended + 1, length, &zone).unwrap() > now, "a moment later is too late");
        }
    }
}
