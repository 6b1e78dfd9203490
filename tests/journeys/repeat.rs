//! Journeys that repeat, iteration by iteration.

use super::{EVERYONE, ORDERED, journey, played_alike, world};
use crate::support::{
    workspace::{Database, on_both},
    world::World,
};

const PAUSE_AND_INVITE: &str = "
  - id: pause
    tile: wait
    with: { for: 5 days }
  - id: invite
    tile: email
    with: { email: invite }
";

const MONTHLY: &str = "repeat: { every: 30 days, times: 3 }";

fn keys(repeat: &str) -> String {
    format!("{EVERYONE}\n{repeat}")
}

/// A trigger whose time is longer than an iteration.
fn longer() -> String {
    ORDERED.replace("30 days", "45 days")
}

/// Each iteration with its start, and its end where it has one.
fn iterations(world: &mut World) -> Vec<String> {
    let rows = world.tables().rows("SELECT number, starts_at, ended_at FROM iteration ORDER BY number");
    let moment = |text: &str| text.parse().map(tilework::model::time::rfc3339).unwrap_or_default();
    rows.iter()
        .map(|row| format!("{} {} {}", row[0], moment(&row[1]), moment(&row[2])).trim_end().to_owned())
        .collect()
}

#[test]
fn rule_8_a_contact_enters_again_by_each_new_iteration() {
    on_both(|database| {
        let prepared = || world(database, &keys(MONTHLY), PAUSE_AND_INVITE);
        let mut world = played_alike(prepared, "2026-08-01 08:00");
        assert_eq!(
            iterations(&mut world),
            [
                "1 2026-03-01T08:00:00Z 2026-03-31T08:00:00Z",
                "2 2026-03-31T08:00:00Z 2026-04-30T08:00:00Z",
                "3 2026-04-30T08:00:00Z",
            ]
        );
        world.ways(&[("ada", "pause invite pause invite pause invite | finished, finished, finished")]);
        assert_eq!(
            world.left("ada", "pause"),
            "2026-03-06T08:00:00Z 2026-04-05T08:00:00Z 2026-05-05T08:00:00Z"
        );
        assert_eq!(world.workspace.mails().len(), 12, "each iteration has effects of its own");
    });
}

#[test]
fn rule_16_a_new_iteration_stops_those_left_in_the_former() {
    on_both(|database| {
        let prepared = || {
            let mut world = world(database, &keys(MONTHLY), &longer());
            world.did("cy", "OrderPlaced", "2026-03-31 08:00");
            world.did("dan", "OrderPlaced", "2026-04-02 08:00");
            world
        };
        let mut world = played_alike(prepared, "2026-04-10 08:00");
        world.ways(&[
            ("ada", "ordered! | stopped: new_iteration, at ordered"),
            ("cy", "ordered.then ordered.then | finished, finished"),
            ("dan", "ordered! ordered.then | stopped: new_iteration, finished"),
        ]);
        assert_eq!(world.left("ada", "ordered"), "2026-03-31T08:00:00Z");
    });
}

#[test]
fn rule_16_what_was_due_before_the_new_iteration_is_done_though_the_run_comes_after_it() {
    on_both(|database| {
        let mut world = world(database, &keys(MONTHLY), ORDERED);
        world.tick("2026-03-30 08:00");
        world.did("cy", "OrderPlaced", "2026-03-30 20:00");
        world.did("ada", "OrderPlaced", "2026-03-31 09:00");
        world.tick("2026-03-31 20:00");
        world.ways(&[
            ("ada", "ordered! ordered.then | stopped: new_iteration, finished"),
            ("cy", "ordered.then | finished, at ordered"),
        ]);
        assert_eq!(world.left("cy", "ordered"), "2026-03-30T20:00:00Z");
        assert_eq!(world.left("ada", "ordered"), "2026-03-31T08:00:00Z 2026-03-31T09:00:00Z");
    });
}

#[test]
fn rule_4_months_are_counted_from_the_start_of_the_journey_in_its_time_zone() {
    let keys = keys("start: 2026-01-31 08:00\ntimezone: Europe/London\nrepeat: { every: 1 month, times: 4 }");
    let mut world = world(Database::Sqlite, &keys, PAUSE_AND_INVITE);
    world.play("2026-08-01 08:00");
    assert_eq!(
        iterations(&mut world),
        [
            "1 2026-01-31T08:00:00Z 2026-02-28T08:00:00Z",
            "2 2026-02-28T08:00:00Z 2026-03-31T07:00:00Z",
            "3 2026-03-31T07:00:00Z 2026-04-30T07:00:00Z",
            "4 2026-04-30T07:00:00Z",
        ]
    );
}

#[test]
fn rule_4_days_and_weeks_keep_the_hour_when_clocks_change() {
    let cases = [
        (
            "start: 2026-03-16 08:00\nrepeat: { every: 1 week, times: 3 }",
            ["03-16T08:00", "03-23T08:00", "03-30T07:00"],
        ),
        (
            "start: 2026-03-27 08:00\nrepeat: { every: 2 days, times: 3 }",
            ["03-27T08:00", "03-29T07:00", "03-31T07:00"],
        ),
        (
            "start: 2026-03-28 08:00\nrepeat: { every: 24 hours, times: 3 }",
            ["03-28T08:00", "03-29T08:00", "03-30T08:00"],
        ),
    ];
    on_both(|database| {
        for (repeat, starts) in cases {
            let keys = keys(&format!("timezone: Europe/London\n{repeat}"));
            let mut world =
                world(database, &keys, "  - { id: invite, tile: email, with: { email: invite } }");
            world.play("2026-04-10 08:00");
            let found: Vec<String> = iterations(&mut world)
                .iter()
                .map(|line| line.split(' ').nth(1).unwrap().to_owned())
                .collect();
            assert_eq!(found, starts.map(|start| format!("2026-{start}:00Z")), "{repeat}");
        }
    });
}

#[test]
fn rule_14_of_the_iterations_that_an_outage_swallowed_only_the_latest_starts() {
    on_both(|database| {
        let mut world = world(database, &keys("repeat: { every: 7 days }"), PAUSE_AND_INVITE);
        world.tick("2026-03-01 08:00");
        world.tick("2026-04-07 08:00");
        assert_eq!(
            iterations(&mut world),
            ["1 2026-03-01T08:00:00Z 2026-03-08T08:00:00Z", "6 2026-04-05T08:00:00Z"]
        );
        // What the first owed before the second would have come is done; the sixth starts from now.
        world.ways(&[("ada", "pause invite | finished, at pause")]);
        world.play("2026-04-13 08:00");
        assert_eq!(world.left("ada", "pause"), "2026-03-08T08:00:00Z 2026-04-12T08:00:00Z");
    });
}

#[test]
fn rule_14_iterations_missed_by_less_than_36_hours_all_take_place() {
    on_both(|database| {
        let steps = PAUSE_AND_INVITE.replace("5 days", "2 hours");
        let mut world = world(database, &keys("repeat: { every: 12 hours }"), &steps);
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-02 21:00");
        assert_eq!(
            iterations(&mut world),
            [
                "1 2026-03-01T08:00:00Z 2026-03-01T20:00:00Z",
                "2 2026-03-01T20:00:00Z 2026-03-02T08:00:00Z",
                "3 2026-03-02T08:00:00Z 2026-03-02T20:00:00Z",
                "4 2026-03-02T20:00:00Z",
            ]
        );
        world.ways(&[(
            "ada",
            "pause invite pause invite pause invite | finished, finished, finished, at pause",
        )]);
        assert_eq!(
            world.left("ada", "pause"),
            "2026-03-01T10:00:00Z 2026-03-01T22:00:00Z 2026-03-02T10:00:00Z"
        );
    });
}

#[test]
fn a_journey_that_is_published_late_starts_with_its_present_iteration() {
    on_both(|database| {
        let mut world = world(database, &keys(MONTHLY), PAUSE_AND_INVITE);
        world.tick("2026-04-20 08:00");
        assert_eq!(iterations(&mut world), ["2 2026-03-31T08:00:00Z"]);
        world.play("2026-05-10 08:00");
        world.ways(&[("ada", "pause invite pause invite | finished, finished")]);
        assert_eq!(world.left("ada", "pause"), "2026-04-25T08:00:00Z 2026-05-05T08:00:00Z");
    });
}

#[test]
fn no_iteration_starts_once_the_end_has_come() {
    on_both(|database| {
        let keys = keys("end: 2026-04-30 08:00\nrepeat: { every: 30 days }");
        let mut world = world(database, &keys, &longer());
        world.play("2026-07-01 08:00");
        assert_eq!(
            iterations(&mut world),
            ["1 2026-03-01T08:00:00Z 2026-03-31T08:00:00Z", "2 2026-03-31T08:00:00Z 2026-04-30T08:00:00Z"]
        );
        world.ways(&[("ada", "ordered! ordered! | stopped: new_iteration, stopped: journey_ended")]);
    });
}

#[test]
fn who_joins_the_audience_later_enters_the_iteration_that_goes_on() {
    on_both(|database| {
        let mut world = world(database, &keys(MONTHLY), PAUSE_AND_INVITE);
        world.play("2026-04-10 08:00");
        world.facts_at = Some(crate::support::world::at("2026-04-10 14:00"));
        world.contacts(&[("eve", "acme")]);
        world.tick("2026-04-10 20:00");
        world.play("2026-05-06 08:00");
        world.ways(&[("eve", "pause invite pause invite | finished, finished")]);
        assert_eq!(world.left("eve", "pause"), "2026-04-15T14:00:00Z 2026-05-05T08:00:00Z");
    });
}

#[test]
fn rule_24_a_changed_repeat_counts_for_the_iterations_that_are_still_to_come() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, ORDERED);
        world.tick("2026-03-01 08:00");
        world.write("journeys/spring.yaml", &journey(&keys("repeat: { every: 10 days }"), ORDERED));
        world.play("2026-03-12 08:00");
        world.write("journeys/spring.yaml", &journey(&keys("repeat: { every: 20 days, times: 3 }"), ORDERED));
        world.play("2026-06-01 08:00");
        assert_eq!(
            iterations(&mut world),
            [
                "1 2026-03-01T08:00:00Z 2026-03-11T08:00:00Z",
                "2 2026-03-11T08:00:00Z 2026-04-10T08:00:00Z",
                "3 2026-04-10T08:00:00Z",
            ],
            "an iteration that started is never repeated"
        );
    });
}

#[test]
fn rule_18_what_an_iteration_causes_bears_its_number() {
    on_both(|database| {
        let mut world = world(database, &keys(MONTHLY), PAUSE_AND_INVITE);
        world.play("2026-04-10 08:00");
        let caused = world.tables().lines(
            "SELECT i.iteration, i.id FROM interaction i JOIN contact c ON c.key = i.contact_key WHERE c.id = 'ada'
             ORDER BY i.at",
        );
        assert_eq!(caused, ["1 EmailSent/spring/1/invite/1/ada/0", "2 EmailSent/spring/2/invite/1/ada/0"]);
        let shown =
            world.close().program(&["journey", "show", "spring", "--iteration", "2", "--format", "csv"]);
        assert!(shown.done().contains("invite,email,4,0,4,0,"));
    });
}
