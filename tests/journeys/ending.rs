//! The end of a journey, and of a way through it.

use super::{EVERYONE, ORDERED, world};
use crate::support::{workspace::on_both, world::at};

const END: &str = "end: 2026-03-15 08:00";

#[test]
fn rule_16_the_end_stops_everyone_where_they_stand() {
    on_both(|database| {
        let mut world = world(database, &format!("{EVERYONE}\n{END}"), ORDERED);
        world.did("cy", "OrderPlaced", "2026-03-05 10:00");
        world.did("dan", "OrderPlaced", "2026-03-15 08:00");
        world.did("ada", "OrderPlaced", "2026-03-15 08:01");
        world.play("2026-03-20 08:00");
        world.ways(&[
            ("ada", "ordered! | stopped: journey_ended"),
            ("bob", "ordered! | stopped: journey_ended"),
            ("cy", "ordered.then | finished"),
            ("dan", "ordered.then | finished"),
        ]);
        assert_eq!(world.left("ada", "ordered"), "2026-03-15T08:00:00Z");
        // Nobody enters an ended journey.
        world.contacts(&[("eve", "acme")]);
        world.tick("2026-03-21 08:00");
        world.ways(&[("eve", "never entered")]);
    });
}

#[test]
fn rule_16_what_was_due_before_the_end_is_done_though_the_run_comes_after_it() {
    on_both(|database| {
        let mut world = world(database, &format!("{EVERYONE}\n{END}"), ORDERED);
        world.tick("2026-03-14 08:00");
        world.did("cy", "OrderPlaced", "2026-03-14 20:00");
        world.did("ada", "OrderPlaced", "2026-03-15 09:00");
        world.tick("2026-03-15 20:00");
        world.ways(&[("ada", "ordered! | stopped: journey_ended"), ("cy", "ordered.then | finished")]);
        assert_eq!(world.left("cy", "ordered"), "2026-03-14T20:00:00Z");
    });
}

#[test]
fn rule_14_who_came_into_the_audience_before_the_end_enters_though_the_run_comes_after_it() {
    on_both(|database| {
        for at_end in ["stop", "finish"] {
            let mut world = world(database, &format!("{EVERYONE}\n{END}\nat_end: {at_end}"), ORDERED);
            world.tick("2026-03-14 08:00");
            world.facts_at = Some(at("2026-03-15 07:00"));
            world.contacts(&[("eve", "acme")]);
            world.did("eve", "OrderPlaced", "2026-03-15 07:30");
            world.facts_at = Some(at("2026-03-15 08:00"));
            world.contacts(&[("finn", "acme")]);
            world.facts_at = Some(at("2026-03-15 09:00"));
            world.contacts(&[("gil", "acme")]);
            world.facts_at = None;
            world.tick("2026-03-15 20:00");
            world.tick("2026-03-16 08:00");
            world.ways(&[
                ("eve", "ordered.then | finished"),
                ("finn", "never entered"),
                ("gil", "never entered"),
            ]);
            let entered = "SELECT p.entered_at FROM participant p JOIN contact c ON c.key = p.contact_key WHERE c.id = 'eve'";
            assert_eq!(world.tables().lines(entered), [at("2026-03-15 07:00").to_string()], "{at_end}");
        }
    });
}

#[test]
fn rule_16_with_at_end_finish_those_inside_go_on() {
    on_both(|database| {
        let mut world = world(database, &format!("{EVERYONE}\n{END}\nat_end: finish"), ORDERED);
        world.did("cy", "OrderPlaced", "2026-03-20 10:00");
        world.play("2026-03-21 08:00");
        world.ways(&[("ada", "| at ordered"), ("cy", "ordered.then | finished")]);
        world.contacts(&[("eve", "acme")]);
        world.play("2026-04-05 08:00");
        world.ways(&[("ada", "ordered.else | finished"), ("eve", "never entered")]);
        assert_eq!(world.tables().lines("SELECT COUNT(*) FROM iteration WHERE ended_at IS NULL"), ["0"]);
    });
}

#[test]
fn rule_16_a_message_of_before_the_end_still_leaves() {
    on_both(|database| {
        let steps = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: pause
    tile: wait
    with: { for: 30 days }
";
        let mut world = world(database, &format!("{EVERYONE}\nend: 2026-03-01 08:05"), steps);
        let settings = crate::support::workspace::SETTINGS;
        world.write(
            "tilework.yaml",
            &settings.replace("directory: mail", "directory: mail\n    hold: 10 minutes"),
        );
        world.play("2026-03-02 08:00");
        world.ways(&[("ada", "invite pause! | stopped: journey_ended")]);
        assert_eq!(world.messages()[0], "ada invite delivered");
    });
}

#[test]
fn a_journey_that_was_over_before_it_was_ever_run_does_not_start() {
    on_both(|database| {
        let mut world = world(database, &format!("{EVERYONE}\n{END}"), ORDERED);
        world.tick("2026-03-16 08:00");
        world.ways(&[("ada", "never entered")]);
    });
}

#[test]
fn the_tile_end_leaves_the_journey_and_keeps_its_result() {
    on_both(|database| {
        let steps = format!(
            "{ORDERED}    paths:
      then:
        - id: won
          tile: end
          with: {{ result: won }}
      else: nurture
  - id: thanks
    tile: email
    with: {{ email: invite }}
sections:
  nurture:
    - id: pause
      tile: wait
      with: {{ for: 7 days }}
"
        );
        let mut world = world(database, EVERYONE, &steps);
        world.did("cy", "OrderPlaced", "2026-03-05 10:00");
        world.play("2026-04-20 08:00");
        world.ways(&[
            ("cy", "ordered.then won.won | finished"),
            ("ada", "ordered.else pause thanks | finished"),
        ]);
    });
}
