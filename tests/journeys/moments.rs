//! From which moment what comes next counts.

use super::{EVERYONE, ORDERED, journey, world};
use crate::support::{
    workspace::{SETTINGS, on_both},
    world::World,
};

/// Ordered, then a week of waiting, a mail, and a day.
fn weeks() -> String {
    format!(
        "{ORDERED}
  - id: pause
    tile: wait
    with: {{ for: 7 days }}
  - id: invite
    tile: email
    with: {{ email: invite }}
  - id: rest
    tile: wait
    with: {{ for: 1 day }}
"
    )
}

#[test]
fn rule_14_a_wait_counts_from_the_event_that_released_the_contact() {
    on_both(|database| {
        let ticks = |world: &mut World, hour: &str| {
            for day in 1..=31 {
                world.tick(&format!("2026-03-{day:02} {hour}"));
            }
        };
        // A mail leaves with the first run after it is due, and is dated then.
        type Run<'a> = &'a dyn Fn(&mut World);
        let runs: [(Run<'_>, &str); 3] = [
            (&|world| world.play("2026-03-31 07:00"), "2026-03-12 10:17:03"),
            (&|world| ticks(world, "09:13"), "2026-03-13 09:13"),
            (&|world| ticks(world, "23:59"), "2026-03-12 23:59"),
        ];
        for (run, handed_over) in runs {
            let mut world = world(database, EVERYONE, &weeks());
            world.did("cy", "OrderPlaced", "2026-03-05 10:17:03");
            run(&mut world);
            for (step, left) in [
                ("ordered", "2026-03-05T10:17:03Z"),
                ("pause", "2026-03-12T10:17:03Z"),
                ("invite", "2026-03-12T10:17:03Z"),
                ("rest", "2026-03-13T10:17:03Z"),
            ] {
                assert_eq!(world.left("cy", step), left, "{step}");
            }
            let sent = world.tables().rows("SELECT at FROM interaction WHERE id LIKE 'EmailSent/%'");
            assert_eq!(sent, [[crate::support::world::at(handed_over).to_string()]]);
        }
    });
}

#[test]
fn rule_14_more_than_36_hours_late_it_counts_from_the_processing() {
    let cases = [
        ("2026-03-10 20:00", "2026-03-09T08:00:00Z"),
        ("2026-03-10 20:00:00.001", "2026-03-10T20:00:00.001Z"),
    ];
    on_both(|database| {
        for (run, left) in cases {
            for by_the_store in [true, false] {
                let steps = match by_the_store {
                    true => "
  - id: pause
    tile: wait
    with: { for: 8 days }
  - id: rest
    tile: wait
    with: { for: 10 days }
"
                    .to_owned(),
                    false => {
                        ORDERED.replace("ordered", "pause").replace("30 days", "8 days")
                            + "
  - id: rest
    tile: wait
    with: { for: 10 days }
"
                    }
                };
                let mut world = world(database, EVERYONE, &steps);
                world.tick("2026-03-01 08:00");
                world.tick(run);
                assert_eq!(world.left("cy", "pause"), left);
                let due = world.tables().rows("SELECT p.due_at - h.left_at FROM position p JOIN history h ON h.contact_key = p.contact_key");
                assert_eq!(due[0][0], "864000000", "mails keep their distance");
            }
        }
    });
}

#[test]
fn rule_14_who_enters_first_does_so_when_the_journey_starts_however_late_the_run() {
    on_both(|database| {
        for (run, entered) in
            [("2026-03-02 20:00", "2026-03-01 08:00"), ("2026-03-02 20:01", "2026-03-02 20:01")]
        {
            let mut world = world(database, EVERYONE, &weeks());
            world.tick("2026-03-01 07:00");
            world.tick(run);
            let found = world.tables().rows("SELECT DISTINCT entered_at FROM participant");
            assert_eq!(found, [[crate::support::world::at(entered).to_string()]]);
        }
    });
}

/// A wait until a moment in London.
fn until(start: &str, moment: &str) -> (String, String) {
    let keys = format!("{EVERYONE}\ntimezone: Europe/London\nstart: {start}");
    let steps = format!(
        "
  - id: pause
    tile: wait
    with: {{ until: {moment} }}
"
    );
    (keys, steps)
}

#[test]
fn rule_15_a_local_time_that_is_skipped_or_comes_twice_means_one_moment() {
    let cases = [
        // Clocks go forward from one to two o'clock, and back from two to one.
        ("2026-03-01 08:00", "2026-03-29 01:30", "2026-03-29T01:00:00Z"),
        ("2026-03-01 08:00", "2026-03-29 02:30", "2026-03-29T01:30:00Z"),
        ("2026-10-01 08:00", "2026-10-25 01:30", "2026-10-25T00:30:00Z"),
        ("2026-10-01 08:00", "2026-10-25 02:30", "2026-10-25T02:30:00Z"),
        // Summer and winter.
        ("2026-06-01 08:00", "2026-07-01 09:00", "2026-07-01T08:00:00Z"),
        ("2026-11-01 08:00", "2026-12-01 09:00", "2026-12-01T09:00:00Z"),
    ];
    for (at, (start, moment, left)) in cases.into_iter().enumerate() {
        let (keys, steps) = until(start, moment);
        let mut world = world(crate::support::workspace::Database::BOTH[at % 2], &keys, &steps);
        world.play("2027-01-01 00:00");
        assert_eq!(world.left("ada", "pause"), left, "{moment}");
    }
}

#[test]
fn rule_15_a_wait_for_a_moment_that_has_passed_ends_at_once() {
    on_both(|database| {
        let (keys, steps) = until("2026-06-01 08:00", "2026-05-01 09:00");
        let mut world = world(database, &keys, &steps);
        world.tick("2026-06-01 06:00");
        world.tick("2026-06-01 08:00");
        assert_eq!(world.left("ada", "pause"), "2026-06-01T07:00:00Z");
        world.ways(&[("ada", "pause | finished")]);
    });
}

#[test]
fn rule_4_waits_of_months_and_business_days_go_by_the_calendar() {
    let cases = [
        ("1 month", "2026-04-01T07:00:00Z"),
        ("3 business days", "2026-03-04T08:00:00Z"),
        ("5 business days", "2026-03-06T08:00:00Z"),
        ("4 weeks", "2026-03-29T08:00:00Z"),
    ];
    on_both(|database| {
        for (length, left) in cases {
            // A Sunday in winter; clocks go forward on 29 March.
            let keys = format!("{EVERYONE}\ntimezone: Europe/London");
            let steps = format!(
                "
  - id: pause
    tile: wait
    with: {{ for: {length} }}
"
            );
            let mut world = world(database, &keys, &steps);
            world.tick("2026-03-01 08:00");
            world.tick("2026-03-01 20:00");
            world.play("2026-04-10 08:00");
            assert_eq!(world.left("ada", "pause"), left, "{length}");
        }
    });
}

#[test]
fn rule_24_the_published_definition_decides_what_comes_next() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, &weeks());
        world.tick("2026-03-01 08:00");
        let changed = format!(
            "{ORDERED}
  - id: lead
    tile: create_lead
    with: {{ for_each: account, topic: new }}
"
        );
        world.write("journeys/spring.yaml", &journey(EVERYONE, &changed));
        world.did("cy", "OrderPlaced", "2026-03-05 10:00");
        world.tick("2026-03-05 12:00");
        world.ways(&[("cy", "ordered.then lead | finished"), ("ada", "| at ordered")]);
    });
}

#[test]
fn rule_14_a_wait_that_a_publication_made_shorter_is_due_from_then_on() {
    let steps = |first: &str, second: &str| {
        format!(
            "  - {{ id: first, tile: email, with: {{ email: invite }} }}
  - {{ id: pause, tile: wait, with: {{ for: {first} }} }}
  - {{ id: second, tile: email, with: {{ email: invite }} }}
  - {{ id: rest, tile: wait, with: {{ for: {second} }} }}
  - {{ id: third, tile: email, with: {{ email: invite }} }}
"
        )
    };
    let cases = [
        // Before, after, when it is published, when the waits end.
        (
            ["20 days", "2 days"],
            ["3 days", "1 day"],
            "2026-03-05 06:30",
            ["03-05T06:30:00Z", "03-06T06:30:00Z"],
        ),
        (
            ["1 month", "2 days"],
            ["3 business days", "1 day"],
            "2026-03-05 06:30",
            ["03-05T06:30:00Z", "03-06T06:30:00Z"],
        ),
        (
            ["20 days", "2 days"],
            ["1 month", "2 days"],
            "2026-03-05 06:30",
            ["04-01T08:00:00Z", "04-03T08:00:00Z"],
        ),
        // What was due before stays due from then on, however late the run.
        (
            ["20 days", "2 days"],
            ["20 days", "1 day"],
            "2026-03-22 06:30",
            ["03-21T08:00:00Z", "03-22T08:00:00Z"],
        ),
        (
            ["20 days", "2 days"],
            ["3 days", "1 day"],
            "2026-03-22 06:30",
            ["03-21T08:00:00Z", "03-22T08:00:00Z"],
        ),
    ];
    on_both(|database| {
        for (before, after, published, ends) in cases {
            let mut world = world(database, EVERYONE, &steps(before[0], before[1]));
            world.tick("2026-03-01 08:00");
            world.write("journeys/spring.yaml", &journey(EVERYONE, &steps(after[0], after[1])));
            world.tick(published);
            world.play("2026-04-10 08:00");
            let found = [world.left("ada", "pause"), world.left("ada", "rest")];
            assert_eq!(found, ends.map(|end| format!("2026-{end}")), "{before:?} to {after:?}");
        }
    });
}

#[test]
fn rule_14_whether_a_mail_was_sent_is_known_however_late_the_run() {
    let steps = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: blocked
    tile: trigger
    with:
      based_on: contact
      when:
        did: EmailBlocked
        step: invite
      timeout: 1 hour
";
    let settings = SETTINGS.replace("directory: mail", "directory: mail\n    hold: 10 minutes");
    on_both(|database| {
        for settings in [SETTINGS, &settings] {
            let runs: [&[&str]; 3] = [
                &["2026-03-01 08:00", "2026-03-01 08:10", "2026-03-01 09:00"],
                &["2026-03-01 08:00", "2026-03-01 20:00"],
                &["2026-03-02 20:00"],
            ];
            for run in runs {
                let mut world = world(database, EVERYONE, steps);
                world.write("tilework.yaml", settings);
                world.set("ada", "email", "");
                run.iter().for_each(|now| world.tick(now));
                // The time of who waits begins when the mail has left.
                world.play("2026-03-03 08:00");
                world.ways(&[
                    ("ada", "invite blocked.then | finished"),
                    ("bob", "invite blocked.else | finished"),
                ]);
            }
        }
    });
}
