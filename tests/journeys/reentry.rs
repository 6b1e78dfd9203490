//! Contacts who enter the same iteration again.

use super::{EVERYONE, played_alike, populated, workspace, world};
use crate::support::{
    workspace::{Database, on_both},
    world::{World, at},
};

const STEPS: &str = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: pause
    tile: wait
    with: { for: 10 days }
  - id: call
    tile: activity
    with: { type: phone_call, for_each: account, assign_to: account_owner, subject: \"{{account.name}}\" }
";

const AFTER_90_DAYS: &str = "reentry: after 90 days";

fn keys(reentry: &str) -> String {
    format!("{EVERYONE}\n{reentry}")
}

/// The visits of a contact at a step, with when it arrived.
fn arrivals(world: &mut World, contact: &str, step: &str) -> Vec<String> {
    let rows = world.tables().rows(&format!(
        "SELECT h.visit, h.arrived_at FROM history h JOIN contact c ON c.key = h.contact_key
         JOIN step s ON s.key = h.step_key WHERE c.id = '{contact}' AND s.id = '{step}' ORDER BY h.arrived_at"
    ));
    let moment = |text: &str| tilework::model::time::rfc3339(text.parse().unwrap());
    rows.iter().map(|row| format!("{} {}", row[0], moment(&row[1]))).collect()
}

#[test]
fn rule_8_who_finished_enters_again_after_the_time_that_is_written() {
    on_both(|database| {
        let mut world = played_alike(|| world(database, &keys(AFTER_90_DAYS), STEPS), "2026-09-25 08:00");
        assert_eq!(
            arrivals(&mut world, "ada", "invite"),
            ["1 2026-03-01T08:00:00Z", "2 2026-06-09T08:00:00Z", "3 2026-09-17T08:00:00Z"]
        );
        world.ways(&[("ada", "invite pause call invite pause call invite | at pause")]);
        assert_eq!(world.workspace.mails().len(), 12, "each entry has effects of its own");
        assert_eq!(world.activities().len(), 4, "and each account's colleagues share one");
        let entries = world.tables().lines(
            "SELECT e.number, e.state FROM entry e JOIN contact c ON c.key = e.contact_key WHERE c.id = 'ada' ORDER BY e.number",
        );
        assert_eq!(entries, ["1 2", "2 2"], "what was is kept");
    });
}

#[test]
fn rule_8_without_reentry_nobody_enters_an_iteration_again() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, STEPS);
        world.play("2027-03-01 08:00");
        assert_eq!(arrivals(&mut world, "ada", "invite"), ["1 2026-03-01T08:00:00Z"]);
    });
}

#[test]
fn rule_8_who_was_stopped_enters_again_if_it_is_in_the_audience_and_not_blocked_then() {
    on_both(|database| {
        let audience = "audience: { include: [everyone], exclude: [buyers] }";
        let mut world = world(database, &format!("{audience}\n{AFTER_90_DAYS}"), STEPS);
        world.tick("2026-03-01 08:00");
        for contact in ["ada", "bob", "cy"] {
            world.set(contact, "status", "inactive");
        }
        world.tick("2026-03-05 08:00");
        world.set("ada", "status", "active");
        world.set("bob", "status", "active");
        world.set("bob", "role", "buyer");
        world.play("2026-06-03 08:00");
        assert_eq!(
            arrivals(&mut world, "ada", "invite"),
            ["1 2026-03-01T08:00:00Z", "2 2026-06-03T08:00:00Z"]
        );
        world.ways(&[
            ("bob", "invite pause! | stopped: inactive"),
            ("cy", "invite pause! | stopped: inactive"),
        ]);
        // Later it may, and then it enters at once.
        world.set("bob", "role", "user");
        world.tick("2026-06-20 08:00");
        assert_eq!(
            arrivals(&mut world, "bob", "invite"),
            ["1 2026-03-01T08:00:00Z", "2 2026-06-20T08:00:00Z"]
        );
    });
}

#[test]
fn rule_6_the_account_is_frozen_anew_with_each_entry_and_visits_count_on() {
    on_both(|database| {
        let mut world = world(database, &keys(AFTER_90_DAYS), STEPS);
        world.play("2026-04-01 08:00");
        world.contacts(&[("ada", "globex")]);
        world.play("2026-06-30 08:00");
        assert_eq!(
            arrivals(&mut world, "ada", "invite"),
            ["1 2026-03-01T08:00:00Z", "2 2026-06-09T08:00:00Z"]
        );
        let accounts = world.tables().lines(
            "SELECT a.id FROM history h JOIN account a ON a.key = h.account_key JOIN contact c ON c.key = h.contact_key
             JOIN step s ON s.key = h.step_key WHERE c.id = 'ada' AND s.id = 'call' ORDER BY h.left_at",
        );
        assert_eq!(accounts, ["acme", "globex"]);
        assert_eq!(world.workspace.mails().len(), 8);
        let workspace = world.close();
        let story = workspace.program(&["why", "contact", "ada"]).done();
        for expected in [
            "Journey spring: finished\n  2026-03-01T08:00:00Z  entered for account acme\n",
            "Journey spring, entry 2: finished\n  2026-06-09T08:00:00Z  entered for account globex\n",
            "came to invite (email, visit 2)",
            "may enter again from 2026-09-17T08:00:00Z on, if it is in the audience then",
        ] {
            assert!(story.contains(expected), "{expected}\n{story}");
        }
        assert_eq!(story.matches("came to invite").count(), 2, "each entry tells its own visits: {story}");
    });
}

#[test]
fn rule_4_a_reentry_after_months_goes_by_the_calendar() {
    let steps = "
  - id: pause
    tile: wait
    with: { until: 2026-03-31 08:00 }
";
    let mut world = world(Database::Sqlite, &keys("timezone: Europe/London\nreentry: after 1 month"), steps);
    world.play("2026-05-01 12:00");
    assert_eq!(
        arrivals(&mut world, "ada", "pause"),
        ["1 2026-03-01T08:00:00Z", "2 2026-04-30T23:00:00Z"],
        "a month after 31 March is over when April is"
    );
}

#[test]
fn rule_14_who_should_have_entered_again_long_ago_does_so_from_now() {
    on_both(|database| {
        for (now, arrived) in
            [("2026-06-10 08:00", "2026-06-09T08:00:00Z"), ("2026-06-12 08:00", "2026-06-12T08:00:00Z")]
        {
            let mut world = world(database, &keys(AFTER_90_DAYS), STEPS);
            world.play("2026-03-12 08:00");
            world.tick(now);
            assert_eq!(arrivals(&mut world, "ada", "invite")[1], format!("2 {arrived}"), "at {now}");
        }
    });
}

#[test]
fn nobody_enters_a_journey_again_that_has_ended() {
    on_both(|database| {
        let keys = keys("end: 2026-05-01 08:00\nreentry: after 90 days");
        let mut world = world(database, &keys, STEPS);
        world.play("2026-12-01 08:00");
        assert_eq!(arrivals(&mut world, "ada", "invite"), ["1 2026-03-01T08:00:00Z"]);
    });
}

#[test]
fn rule_20_who_failed_in_a_former_entry_is_not_tried_again_for_it() {
    on_both(|database| {
        let tile = "kind: tile\nname: act\nsummary: Acts\nfor: contact\nneeds: { contact: [role] }\n";
        let script = "fn run(item, params) { if item.contact.role == () { throw \"no role\"; } take() }\n";
        let steps = "
  - { id: act, tile: act }
  - { id: then, tile: act }
";
        let mut world = populated(
            &workspace(database, "reentry: after 10 days\naudience: { include: [everyone] }", steps)
                .file("plugins/act/tile.yaml", tile)
                .file("plugins/act/tile.rhai", script),
        );
        world.tick("2026-03-01 08:00");
        assert_eq!(world.store.failed_at("spring", "act").unwrap(), 4);
        // Ada and Bob come again, and fail again.
        world.play("2026-03-12 08:00");
        assert_eq!(world.store.failed_at("spring", "act").unwrap(), 4, "each once, however often");
        world.set("ada", "role", "buyer");
        world.set("bob", "role", "buyer");
        assert_eq!(world.store.retry_failed("spring", "act", at("2026-03-12 09:00")).unwrap(), 4);
        world.tick("2026-03-12 09:00");
        assert_eq!(world.store.failed_at("spring", "act").unwrap(), 2);
        let stops = "SELECT c.id, COUNT(*) FROM history h JOIN contact c ON c.key = h.contact_key
                     WHERE h.stopped = 1 GROUP BY c.id ORDER BY c.id";
        assert_eq!(
            world.tables().lines(stops),
            ["ada 1", "bob 1", "cy 2", "dan 2"],
            "former entries stay as they were"
        );
    });
}
