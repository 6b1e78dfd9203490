//! What rewritten comparisons answer, against their definitions.

use super::{berlin, evaluate::holds, predicate};
use crate::{
    calendar::{end_of_day, parse_moment, start_of_day, today},
    conditions::value::compared,
    model::{Comparison, Entity, Value, time::DAY},
};

const OPERATORS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
];
const NUMBERS: [&str; 8] = ["0", "1", "2", "30", "-1", "1.5", "-0.5", "2.0"];

/// Compares two things that have an order, as semantics 1 says for present values.
fn ordered(left: f64, operator: Comparison, right: f64) -> bool {
    compared(&Value::Number(left), operator, &Value::Number(right))
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "days of tests are few")]
fn days_of_a_moment_are_whole_times_of_24_hours() {
    let zone = berlin();
    let now = parse_moment("2026-03-29 12:00", &zone).unwrap();
    let mut moments: Vec<i64> = Vec::new();
    for days in -3..=33 {
        moments.extend([-1, 0, 1, DAY / 2].map(|more| now - days * DAY + more));
    }
    for (function, direction) in [("days_since", 1), ("days_until", -1)] {
        for operator in OPERATORS {
            for number in NUMBERS {
                let source = format!("{function}(contact.created_on) {} {number}", operator.sign());
                let mirrored =
                    format!("{number} {} {function}(contact.created_on)", operator.mirrored().sign());
                let condition = predicate(Entity::Contact, &source);
                assert_eq!(predicate(Entity::Contact, &mirrored), condition, "{mirrored}");
                let number: f64 = number.parse().unwrap();
                for at in &moments {
                    let days = ((now - at) * direction).div_euclid(DAY) as f64;
                    let answer = holds(&condition, &Value::Time(*at), now, &zone);
                    assert_eq!(answer, ordered(days, operator, number), "{source} at {}", now - at);
                }
                let missing = holds(&condition, &Value::Missing, now, &zone);
                assert_eq!(missing, operator == Comparison::NotEqual, "{source} of a missing value");
            }
        }
    }
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "days of tests are few")]
fn days_of_a_date_are_days_of_the_calendar_in_the_zone() {
    let zone = berlin();
    for now in ["2026-03-29 00:30", "2026-03-29 23:59:59", "2026-10-25 02:30"] {
        let now = parse_moment(now, &zone).unwrap();
        for (function, direction) in [("days_since", 1), ("days_until", -1)] {
            for operator in OPERATORS {
                for number in NUMBERS {
                    let source = format!("{function}(contact.renewal) {} {number}", operator.sign());
                    let condition = predicate(Entity::Contact, &source);
                    let number: f64 = number.parse().unwrap();
                    for ago in -4..=32 {
                        let day = Value::Date(today(now, -ago, &zone).unwrap());
                        let days = (ago * direction) as f64;
                        let answer = holds(&condition, &day, now, &zone);
                        assert_eq!(answer, ordered(days, operator, number), "{source}, {day}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_date_beside_a_moment_means_that_local_day() {
    let zone = berlin();
    for day in ["2026-03-29", "2026-10-25", "2026-01-01"] {
        let (start, end) = (start_of_day(day, &zone).unwrap(), end_of_day(day, &zone).unwrap());
        let day_of = |at: i64| {
            if at < start {
                -1.0
            } else if at > end {
                1.0
            } else {
                0.0
            }
        };
        for operator in OPERATORS {
            let source = format!("contact.created_on {} date(\"{day}\")", operator.sign());
            let mirrored = format!("date(\"{day}\") {} contact.created_on", operator.mirrored().sign());
            let condition = predicate(Entity::Contact, &source);
            assert_eq!(predicate(Entity::Contact, &mirrored), condition);
            for at in [start - DAY, start - 1, start, start + 1, end - 1, end, end + 1, end + DAY] {
                let answer = holds(&condition, &Value::Time(at), 0, &zone);
                assert_eq!(answer, ordered(day_of(at), operator, 0.0), "{source} at {}", at - start);
            }
            let missing = holds(&condition, &Value::Missing, 0, &zone);
            assert_eq!(missing, operator == Comparison::NotEqual, "{source}");
        }
    }
}

#[test]
fn ranges_hold_their_start_and_only_closed_ones_their_end() {
    let zone = berlin();
    let cases = [
        ("account.employees in 100..=1000", [false, true, true, true, false]),
        ("account.employees in 100..1000", [false, true, true, false, false]),
        ("account.employees !in 100..=1000", [true, false, false, false, true]),
    ];
    for (source, expected) in cases {
        let condition = predicate(Entity::Account, source);
        let answers = [99, 100, 999, 1000, 1001].map(|n| holds(&condition, &Value::Integer(n), 0, &zone));
        assert_eq!(answers, expected, "{source}");
        assert_eq!(holds(&condition, &Value::Missing, 0, &zone), source.contains("!in"), "{source}");
    }
}

#[test]
fn a_range_of_dates_holds_whole_days() {
    let zone = berlin();
    let condition =
        predicate(Entity::Contact, "contact.created_on in date(\"2026-03-01\")..=date(\"2026-03-31\")");
    let answer = |at| holds(&condition, &Value::Time(parse_moment(at, &zone).unwrap()), 0, &zone);
    assert!(!answer("2026-02-28 23:59:59.999"));
    assert!(answer("2026-03-01 00:00"));
    assert!(answer("2026-03-31 23:59:59.999"));
    assert!(!answer("2026-04-01 00:00"));
}
