use super::*;
use crate::{
    calendar::{Holidays, Hours, parse_duration, parse_moment},
    model::{Value, standard_fields, time::rfc3339},
};

fn window(days: &[&str], from: &str, to: &str) -> Option<Window> {
    let weekdays = Weekdays::named(days.iter().copied()).unwrap();
    let (from, to) = (LocalTime::parse(from).unwrap(), LocalTime::parse(to).unwrap());
    Some(Window { weekdays, hours: Some(Hours { from, to }) })
}

const OFFICE: [&str; 5] = ["mon", "tue", "wed", "thu", "fri"];

/// What becomes of one participant, and its note.
fn told(tile: &CalendarWait, participant: Participant, now: i64) -> (String, Option<String>) {
    let batch = Batch { participants: vec![participant], now, ..Batch::default() };
    let mut out = Outcomes::of(&batch);
    tile.run(&batch, &mut out).unwrap();
    let (outcome, note) = out.finish("wait", &batch).unwrap().outcomes.remove(0);
    let told = match outcome {
        Outcome::Go { moment, .. } => format!("go from {}", rfc3339(moment)),
        Outcome::Wait { until } => format!("wait until {}", rfc3339(until)),
        _ => "stop".to_owned(),
    };
    (told, note)
}

#[test]
fn rule_14_a_calendar_wait_ends_at_its_own_moment_however_late_the_tick() {
    let zone = Zone::named("Europe/London").unwrap();
    let parameters = Parameters {
        base: Base::For(parse_duration("1 month").unwrap()),
        window: None,
        clocks: Clocks::Journey,
    };
    let tile = CalendarWait { parameters, zone: zone.clone(), timezone: None };
    let at = |text| parse_moment(text, &zone).unwrap();
    let arrived_at = at("2023-01-31 08:00");
    let cases = [
        ("2023-02-01 00:00", "wait until 2023-02-28T08:00:00Z"),
        ("2023-02-28 08:00", "go from 2023-02-28T08:00:00Z"),
        ("2023-02-28 20:00", "go from 2023-02-28T08:00:00Z"),
        ("2023-03-09 12:00", "go from 2023-03-09T12:00:00Z"),
    ];
    for (now, expected) in cases {
        let participant = Participant { arrived_at, ..Participant::default() };
        assert_eq!(told(&tile, participant, at(now)).0, expected, "at {now}");
    }
}

#[test]
fn rule_14_who_is_let_go_after_an_outage_is_held_until_the_window_once_more() {
    let zone = Zone::utc();
    let parameters = Parameters {
        base: Base::Nothing,
        window: window(&OFFICE, "09:00", "17:00"),
        clocks: Clocks::Journey,
    };
    let tile = CalendarWait { parameters, zone: zone.clone(), timezone: None };
    let at = |text| parse_moment(text, &zone).unwrap();
    // Arrived on a Thursday evening, so due on Friday morning; looked at, when it was held again, until.
    let cases = [
        ("2026-03-06 09:00", None, "go from 2026-03-06T09:00:00Z"),
        ("2026-03-07 03:00", None, "go from 2026-03-06T09:00:00Z"),
        ("2026-03-08 03:00", None, "wait until 2026-03-09T09:00:00Z"),
        ("2026-03-09 09:07", Some("2026-03-09 09:00"), "go from 2026-03-09T09:00:00Z"),
        ("2026-03-12 03:00", Some("2026-03-09 09:00"), "wait until 2026-03-12T09:00:00Z"),
    ];
    for (now, held_until, expected) in cases {
        let participant = Participant {
            arrived_at: at("2026-03-05 20:00"),
            due_at: at(held_until.unwrap_or("2026-03-06 09:00")),
            looked_at: Some(at("2026-03-05 20:00")),
            ..Participant::default()
        };
        assert_eq!(told(&tile, participant, at(now)).0, expected, "at {now}");
    }
}

#[test]
fn the_contacts_clocks_count_where_they_are_known() {
    let journeys = Zone::named("Europe/London").unwrap().with_holidays(&Holidays::of(["2026-03-06"]));
    let parameters = Parameters {
        base: Base::Nothing,
        window: window(&OFFICE, "09:00", "17:00"),
        clocks: Clocks::Contact,
    };
    let timezone = standard_fields(Entity::Contact).into_iter().find(|field| field.name == "timezone");
    let tile = CalendarWait { parameters, zone: journeys.clone(), timezone };
    let at = |text| parse_moment(text, &journeys).unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    // A Friday that is a holiday, so that Monday is the day.
    let cases = [
        (text("America/New_York"), "wait until 2026-03-09T13:00:00Z", None),
        (text("Asia/Tokyo"), "wait until 2026-03-09T00:00:00Z", None),
        (Value::Missing, "wait until 2026-03-09T09:00:00Z", None),
        (text("Mars/Base"), "wait until 2026-03-09T09:00:00Z", None),
    ];
    let arrived_at = at("2026-03-06 10:00");
    for (value, expected, note) in cases {
        let participant = Participant { arrived_at, contact: vec![value.clone()], ..Participant::default() };
        assert_eq!(told(&tile, participant, arrived_at), (expected.to_owned(), note), "{value:?}");
    }
    let notes = [
        (text("Asia/Tokyo"), None),
        (
            Value::Missing,
            Some("the contact has no time zone, so the time zone of the journey counts, Europe/London"),
        ),
        (
            text("Mars/Base"),
            Some(
                "the contact's time zone `Mars/Base` is unknown, so the time zone of the journey counts, Europe/London",
            ),
        ),
    ];
    for (value, note) in notes {
        let participant = Participant { arrived_at, contact: vec![value.clone()], ..Participant::default() };
        let found = told(&tile, participant, at("2026-03-09 10:00"));
        assert_eq!(found.1.as_deref(), note, "{value:?}");
    }
}
