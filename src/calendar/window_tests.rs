//! Waits, windows and business days around the days that are easily got wrong: against dates worked out
//! by hand, and against a walk that looks at the clock every minute.

use jiff::civil::{Date, DateTime, Weekday};

use super::*;
use crate::{
    calendar::{Holidays, after, parse_duration, parse_moment},
    model::time::{MINUTE, rfc3339},
};

const OFFICE: &str = "mon tue wed thu fri";
const EVERY_DAY: &str = "mon tue wed thu fri sat sun";
const HOLIDAYS: [&str; 3] = ["2025-12-25", "2025-12-26", "2026-01-01"];

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap().with_holidays(&Holidays::of(HOLIDAYS))
}

fn weekdays(names: &str) -> Weekdays {
    Weekdays::named(names.split(' ')).unwrap()
}

fn time(text: &str) -> LocalTime {
    LocalTime::parse(text).unwrap()
}

fn window(days: &str, from: &str, to: &str) -> Window {
    Window { weekdays: weekdays(days), hours: Some(Hours { from: time(from), to: time(to) }) }
}

#[test]
fn rule_15_the_next_time_of_day() {
    // Zone, arrival (in the zone), time, days, the moment.
    let cases = [
        ("Europe/London", "2026-03-02 08:59:59.999", "09:00", EVERY_DAY, "2026-03-02T09:00:00Z"),
        ("Europe/London", "2026-03-02 09:00", "09:00", EVERY_DAY, "2026-03-03T09:00:00Z"),
        ("Europe/London", "2026-03-02 09:00:00.001", "09:00", EVERY_DAY, "2026-03-03T09:00:00Z"),
        ("Europe/London", "2026-03-02 12:00", "09:00", "tue", "2026-03-03T09:00:00Z"),
        ("Europe/London", "2026-03-03 12:00", "09:00", "tue", "2026-03-10T09:00:00Z"),
        ("Europe/London", "2026-03-03 09:00", "09:00", "tue", "2026-03-10T09:00:00Z"),
        ("UTC", "2027-01-01 00:00", "24:00", "thu", "2027-01-08T00:00:00Z"),
        // Spring: the clocks of Berlin go from 02:00 to 03:00 on 2026-03-29.
        ("Europe/Berlin", "2026-03-28 12:00", "02:30", EVERY_DAY, "2026-03-29T01:00:00Z"),
        ("Europe/Berlin", "2026-03-29T00:59:59Z", "02:30", EVERY_DAY, "2026-03-29T01:00:00Z"),
        ("Europe/Berlin", "2026-03-29 03:00", "02:30", EVERY_DAY, "2026-03-30T00:30:00Z"),
        ("Europe/Berlin", "2026-03-29 03:01", "02:30", EVERY_DAY, "2026-03-30T00:30:00Z"),
        ("Europe/Berlin", "2026-03-28 12:00", "09:00", EVERY_DAY, "2026-03-29T07:00:00Z"),
        // Autumn: from 03:00 back to 02:00 on 2026-10-25; the first of the two counts.
        ("Europe/Berlin", "2026-10-24 12:00", "02:30", EVERY_DAY, "2026-10-25T00:30:00Z"),
        ("Europe/Berlin", "2026-10-25T01:00:00Z", "02:30", EVERY_DAY, "2026-10-26T01:30:00Z"),
        // The last day of February, and of the year.
        ("UTC", "2024-02-28 10:00", "09:00", EVERY_DAY, "2024-02-29T09:00:00Z"),
        ("UTC", "2024-02-29 10:00", "09:00", EVERY_DAY, "2024-03-01T09:00:00Z"),
        ("UTC", "2023-02-28 10:00", "09:00", EVERY_DAY, "2023-03-01T09:00:00Z"),
        ("UTC", "2026-12-31 10:00", "09:00", EVERY_DAY, "2027-01-01T09:00:00Z"),
        ("America/New_York", "2026-12-31 23:59", "00:00", EVERY_DAY, "2027-01-01T05:00:00Z"),
        ("UTC", "2026-12-31 10:00", "24:00", "thu", "2027-01-01T00:00:00Z"),
        // Holidays: working days pass over them, other days don't.
        ("UTC", "2025-12-24 10:00", "09:00", OFFICE, "2025-12-29T09:00:00Z"),
        ("UTC", "2025-12-24 10:00", "09:00", "thu", "2026-01-08T09:00:00Z"),
        ("UTC", "2025-12-24 10:00", "09:00", EVERY_DAY, "2025-12-25T09:00:00Z"),
        // A day that never was: Samoa went from the 29th to the 31st.
        ("Pacific/Apia", "2011-12-29 12:00", "09:00", EVERY_DAY, "2011-12-30T10:00:00Z"),
        // No midnight: the clocks of Santiago go from 00:00 to 01:00.
        ("America/Santiago", "2026-09-05 12:00", "00:30", EVERY_DAY, "2026-09-06T04:00:00Z"),
    ];
    for (name, arrival, written, days, expected) in cases {
        let zone = zone(name);
        let at = parse_moment(arrival, &zone).unwrap();
        let found = next_local_time(at, time(written), weekdays(days), &zone).unwrap();
        assert_eq!(rfc3339(found), expected, "{name}: {written} on {days} from {arrival}");
    }
}

#[test]
fn rule_4_the_next_moment_inside_a_window() {
    // Zone, moment (in the zone), days, from, to, the moment inside.
    let cases = [
        ("Europe/London", "2026-03-02 08:59", OFFICE, "09:00", "17:00", "2026-03-02T09:00:00Z"),
        ("Europe/London", "2026-03-02 12:34", OFFICE, "09:00", "17:00", "2026-03-02T12:34:00Z"),
        ("Europe/London", "2026-03-02 16:59:59.999", OFFICE, "09:00", "17:00", "2026-03-02T16:59:59.999Z"),
        ("Europe/London", "2026-03-02 17:00", OFFICE, "09:00", "17:00", "2026-03-03T09:00:00Z"),
        ("Europe/London", "2026-03-06 18:00", OFFICE, "09:00", "17:00", "2026-03-09T09:00:00Z"),
        ("Europe/London", "2026-03-27 18:00", OFFICE, "09:00", "17:00", "2026-03-30T08:00:00Z"),
        ("Europe/London", "2025-12-24 18:00", OFFICE, "09:00", "17:00", "2025-12-29T09:00:00Z"),
        ("Europe/London", "2025-12-31 17:30", OFFICE, "09:00", "17:00", "2026-01-02T09:00:00Z"),
        ("Europe/London", "2025-12-24 18:00", EVERY_DAY, "09:00", "17:00", "2025-12-25T09:00:00Z"),
        // Past midnight: it belongs to the day on which it begins.
        ("UTC", "2026-03-07 01:00", "fri", "22:00", "02:00", "2026-03-07T01:00:00Z"),
        ("UTC", "2026-03-07 02:00", "fri", "22:00", "02:00", "2026-03-13T22:00:00Z"),
        ("UTC", "2026-03-07 02:01", "fri", "22:00", "02:00", "2026-03-13T22:00:00Z"),
        ("UTC", "2026-03-06 01:00", "fri", "22:00", "02:00", "2026-03-06T22:00:00Z"),
        // Whole days.
        ("UTC", "2026-03-07 13:00", "mon", "00:00", "24:00", "2026-03-09T00:00:00Z"),
        ("UTC", "2026-03-10 00:00", "mon", "00:00", "24:00", "2026-03-16T00:00:00Z"),
        ("UTC", "2026-03-06 23:59:59.999", OFFICE, "00:00", "24:00", "2026-03-06T23:59:59.999Z"),
        ("UTC", "2026-03-07 00:00", OFFICE, "00:00", "24:00", "2026-03-09T00:00:00Z"),
        ("UTC", "2026-03-04 00:00", OFFICE, "00:00", "24:00", "2026-03-04T00:00:00Z"),
        // Wholly in the gap: there are no such hours on this day.
        ("Europe/Berlin", "2026-03-29 00:00", EVERY_DAY, "02:15", "02:45", "2026-03-30T00:15:00Z"),
        // Begins in the gap, begins in the overlap, ends in it.
        ("Europe/Berlin", "2026-03-29 01:59", EVERY_DAY, "02:30", "05:00", "2026-03-29T01:00:00Z"),
        ("Europe/Berlin", "2026-10-25 01:30", EVERY_DAY, "02:30", "05:00", "2026-10-25T00:30:00Z"),
        ("Europe/Berlin", "2026-10-25T01:29:00Z", EVERY_DAY, "02:30", "05:00", "2026-10-25T01:29:00Z"),
        ("Europe/Berlin", "2026-10-25T01:29:00Z", EVERY_DAY, "01:00", "02:30", "2026-10-26T00:00:00Z"),
        // The leap day.
        ("UTC", "2024-02-28 18:00", OFFICE, "09:00", "17:00", "2024-02-29T09:00:00Z"),
    ];
    for (name, moment, days, from, to, expected) in cases {
        let zone = zone(name);
        let at = parse_moment(moment, &zone).unwrap();
        let window = window(days, from, to);
        assert_eq!(
            rfc3339(window.at_or_after(at, &zone).unwrap()),
            expected,
            "{name}: {from} to {to} on {days} from {moment}"
        );
    }
}

#[test]
fn rule_4_a_window_of_days_without_hours_keeps_the_time_of_day() {
    // Zone, moment (in the zone), what was due when (in the zone), days, the moment inside.
    let cases = [
        ("UTC", "2026-03-06 23:59", "2026-03-06 23:59", OFFICE, "2026-03-06T23:59:00Z"),
        ("UTC", "2026-03-07 00:00", "2026-03-07 00:00", OFFICE, "2026-03-09T00:00:00Z"),
        ("UTC", "2026-03-07 13:20", "2026-03-07 13:20", OFFICE, "2026-03-09T13:20:00Z"),
        ("UTC", "2026-03-07 02:10", "2026-03-06 10:00", OFFICE, "2026-03-09T10:00:00Z"),
        ("UTC", "2026-03-06 02:10", "2026-03-05 10:00", OFFICE, "2026-03-06T02:10:00Z"),
        ("Europe/London", "2025-12-24 18:00", "2025-12-24 18:00", "thu", "2026-01-08T18:00:00Z"),
        // The clocks go forward on the Sunday between, and the time of day is kept.
        ("Europe/Berlin", "2026-03-28 13:20", "2026-03-28 13:20", "mon", "2026-03-30T11:20:00Z"),
        // The second time that clocks show 02:30 lies on an allowed day.
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z", "sun", "2026-10-25T01:30:00Z"),
    ];
    for (name, moment, due, days, expected) in cases {
        let zone = zone(name);
        let (at, due_at) = (parse_moment(moment, &zone).unwrap(), parse_moment(due, &zone).unwrap());
        let window = Window { weekdays: weekdays(days), hours: None };
        let found = window.at_or_after_due(at, due_at, &zone).unwrap();
        assert_eq!(rfc3339(found), expected, "{name}: {moment} on {days}, due {due}");
        if due_at == at {
            assert_eq!(window.at_or_after(at, &zone), Ok(found), "{name}: {moment} on {days}");
        }
    }
}

#[test]
fn rule_4_business_days_pass_over_weekends_and_holidays() {
    let cases = [
        ("Europe/London", "2025-12-24 16:00", "1 business day", "2025-12-29T16:00:00Z"),
        ("Europe/London", "2025-12-24 16:00", "4 business days", "2026-01-02T16:00:00Z"),
        ("Europe/London", "2026-03-27 16:00", "1 business day", "2026-03-30T15:00:00Z"),
        ("Europe/London", "2025-12-27 10:00", "1 business day", "2025-12-29T10:00:00Z"),
        ("UTC", "2024-02-28 10:00", "2 business days", "2024-03-01T10:00:00Z"),
        ("UTC", "2023-02-28 10:00", "1 business day", "2023-03-01T10:00:00Z"),
        ("UTC", "2025-12-31 10:00", "1 business day", "2026-01-02T10:00:00Z"),
        ("UTC", "2025-12-31 10:00", "0 business days", "2025-12-31T10:00:00Z"),
    ];
    for (name, start, length, expected) in cases {
        let zone = zone(name);
        let at = parse_moment(start, &zone).unwrap();
        let found = after(at, parse_duration(length).unwrap(), &zone).unwrap();
        assert_eq!(rfc3339(found), expected, "{name}: {length} from {start}");
    }
}

/// A calendar that knows nothing but what the clock shows each minute.
struct Walk {
    /// Each minute with what clocks show.
    minutes: Vec<(i64, DateTime)>,
}

impl Walk {
    fn around(at: i64, zone: &Zone, days: i64) -> Walk {
        let start = at - at.rem_euclid(MINUTE) - 3 * 24 * 60 * MINUTE;
        let minutes = (0..(days + 3) * 24 * 60).map(|minute| start + minute * MINUTE);
        Walk { minutes: minutes.map(|at| (at, zone.local(at).unwrap().datetime())).collect() }
    }

    /// The first minute at which clocks show at least this, which is how gaps and overlaps are meant.
    fn shows(&self, local: DateTime) -> i64 {
        self.minutes.iter().find(|(_, shown)| *shown >= local).unwrap().0
    }

    fn days(&self) -> Vec<Date> {
        let mut days: Vec<Date> = self.minutes.iter().map(|(_, shown)| shown.date()).collect();
        days.dedup();
        days.remove(0);
        days.truncate(days.len() - 2);
        days
    }
}

fn allowed(day: Date, names: &str) -> bool {
    let name = match day.weekday() {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    };
    let works = !names.contains("sat") && !names.contains("sun");
    names.contains(name) && !(works && HOLIDAYS.contains(&day.to_string().as_str()))
}

#[test]
fn rule_15_waits_and_windows_agree_with_a_walk_from_minute_to_minute() {
    let starts = [
        ("Europe/Berlin", "2026-03-27 13:17"),
        ("Europe/Berlin", "2026-10-23 22:44"),
        ("America/New_York", "2026-03-07 09:05"),
        ("America/New_York", "2025-12-24 18:30"),
        ("Australia/Lord_Howe", "2026-10-03 11:11"),
        ("America/Santiago", "2026-09-05 07:00"),
        ("Asia/Kolkata", "2024-02-28 23:50"),
        ("Europe/London", "2025-12-30 16:59"),
    ];
    let times = ["00:00", "00:30", "01:59", "02:15", "02:30", "03:00", "09:00", "17:00", "23:59"];
    for (name, start) in starts {
        let zone = zone(name);
        let first = parse_moment(start, &zone).unwrap();
        let walk = Walk::around(first, &zone, 13);
        let days = walk.days();
        for (round, days_named) in [OFFICE, EVERY_DAY, "sat", "mon thu", "fri sun"].into_iter().enumerate() {
            for (place, from) in times.into_iter().enumerate() {
                // Spread over two days, so that arrivals fall before, into and behind the turn.
                let at = first + i64::try_from(round * 9 + place).unwrap() * 64 * MINUTE;
                let on = |day: Date, time: &str| {
                    let (hours, minutes) = time.split_once(':').unwrap();
                    walk.shows(day.at(hours.parse().unwrap(), minutes.parse().unwrap(), 0, 0))
                };
                let daily = days
                    .iter()
                    .filter(|day| allowed(**day, days_named))
                    .map(|day| on(*day, from))
                    .filter(|moment| *moment >= at)
                    .min();
                let told = format!("{name}: {from} on {days_named} from {}", rfc3339(at));
                let found = next_local_time(at, time(from), weekdays(days_named), &zone).unwrap();
                assert_eq!(Some(rfc3339(found)), daily.map(rfc3339), "{told}");

                let to = times[(place + 4) % times.len()];
                let crosses = time(to) < time(from);
                let inside = days
                    .iter()
                    .filter(|day| allowed(**day, days_named))
                    .map(|day| {
                        let last = if crosses { day.tomorrow().unwrap() } else { *day };
                        (on(*day, from), on(last, to))
                    })
                    .filter(|(start, end)| start < end && at < *end)
                    .map(|(start, _)| start.max(at))
                    .min();
                let window = window(days_named, from, to);
                let found = window.at_or_after(at, &zone).unwrap();
                assert_eq!(Some(rfc3339(found)), inside.map(rfc3339), "{told}, to {to}");
            }
        }
    }
}

#[test]
fn rule_4_business_days_agree_with_a_walk_from_day_to_day() {
    let zone = zone("Europe/London");
    for (start, amount) in (0..14).flat_map(|day| (0..12).map(move |amount| (day, amount))) {
        let day = jiff::civil::date(2025, 12, 20).checked_add(jiff::Span::new().days(start)).unwrap();
        let at = parse_moment(&format!("{day} 10:00"), &zone).unwrap();
        let length = parse_duration(&format!("{amount} business days")).unwrap();
        let (mut walked, mut left) = (day, amount);
        while left > 0 {
            walked = walked.tomorrow().unwrap();
            left -= i32::from(allowed(walked, OFFICE));
        }
        let expected = parse_moment(&format!("{walked} 10:00"), &zone).unwrap();
        assert_eq!(rfc3339(after(at, length, &zone).unwrap()), rfc3339(expected), "{amount} from {day}");
    }
}
