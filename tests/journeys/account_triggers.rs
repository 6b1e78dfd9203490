//! Triggers that decide for an account as one.

use super::{EVERYONE, ORDERED, workspace};
use crate::support::{
    workspace::{Database, on_both},
    world::World,
};

/// A trigger of the account with more parameters.
fn trigger(parameters: &str) -> String {
    ORDERED.replace("      timeout:", &format!("{parameters}\n      timeout:"))
}

/// Four contacts of one account.
fn four(database: Database, keys: &str, steps: &str) -> World {
    let mut world = workspace(database, keys, steps).open();
    world.accounts(&["acme", "globex"]);
    world.contacts(&[("ada", "acme"), ("bob", "acme"), ("cy", "acme"), ("dan", "acme")]);
    world
}

#[test]
fn rule_10_a_quorum_is_a_number_a_share_or_all() {
    // Who orders, one a day, and who it takes for the account to go `then`.
    let cases: [(&str, &[&str], Option<&str>); 9] = [
        ("", &["ada"], Some("2026-03-02")),
        ("      quorum: 1 contact", &["ada"], Some("2026-03-02")),
        ("      quorum: 2 contacts", &["ada"], None),
        ("      quorum: 2 contacts", &["ada", "bob", "cy"], Some("2026-03-03")),
        ("      quorum: 2 contacts", &["ada", "ada", "bob"], Some("2026-03-04")),
        ("      quorum: 50%", &["ada", "bob", "cy"], Some("2026-03-03")),
        ("      quorum: 51%", &["ada", "bob", "cy"], Some("2026-03-04")),
        ("      quorum: all", &["ada", "bob", "cy"], None),
        ("      quorum: all", &["ada", "bob", "cy", "dan"], Some("2026-03-05")),
    ];
    for (at, (quorum, orders, decided)) in cases.into_iter().enumerate() {
        let database = Database::BOTH[at % 2];
        let mut world = four(database, EVERYONE, &trigger(quorum));
        for (day, contact) in orders.iter().enumerate() {
            world.did(contact, "OrderPlaced", &format!("2026-03-0{} 10:00", day + 2));
        }
        world.play("2026-04-01 00:00");
        let expected = match decided {
            Some(day) => format!("then {day}T10:00:00Z"),
            None => "else 2026-03-31T08:00:00Z".to_owned(),
        };
        for contact in ["ada", "bob", "cy", "dan"] {
            let left = world.left(contact, "ordered");
            let way = world.way(contact);
            let path = way.split([' ', '.']).nth(1).unwrap().to_owned();
            assert_eq!(format!("{path} {left}"), expected, "`{quorum}` {orders:?} {contact}");
        }
    }
}

#[test]
fn rule_10_the_account_counts_its_participants_or_all_its_contacts() {
    for (counts, path) in
        [("", "else"), ("      counts: participants", "else"), ("      counts: all_contacts", "then")]
    {
        on_both(|database| {
            let mut world = four(database, "audience: { include: [buyers] }", &trigger(counts));
            world.set("ada", "role", "buyer");
            world.set("bob", "role", "buyer");
            world.tick("2026-03-01 08:00");
            world.did("dan", "OrderPlaced", "2026-03-10 10:00");
            world.play("2026-04-01 00:00");
            let way = format!("ordered.{path} | finished");
            world.ways(&[("ada", &way), ("bob", &way), ("dan", "never entered")]);
        });
    }
}

#[test]
fn rule_10_a_share_of_all_contacts_is_a_share_of_those_the_account_has_now() {
    on_both(|database| {
        let steps = trigger("      counts: all_contacts\n      quorum: all");
        let mut world = four(database, "audience: { include: [buyers] }", &steps);
        world.set("ada", "role", "buyer");
        world.tick("2026-03-01 08:00");
        for contact in ["ada", "bob", "cy"] {
            world.did(contact, "OrderPlaced", "2026-03-10 10:00");
        }
        world.tick("2026-03-10 10:00");
        world.ways(&[("ada", "| at ordered")]);
        world.contacts(&[("dan", "globex")]);
        world.tick("2026-03-11 10:00");
        world.ways(&[("ada", "ordered.then | finished")]);
    });
}

#[test]
fn rule_10_a_colleague_who_moved_to_another_account_counts_there() {
    on_both(|database| {
        let steps = trigger("      counts: all_contacts");
        let mut world = four(database, EVERYONE, &steps);
        world.contacts(&[("eve", "globex")]);
        world.tick("2026-03-01 08:00");
        world.contacts(&[("dan", "globex")]);
        world.tick("2026-03-02 08:00");
        world.did("dan", "OrderPlaced", "2026-03-10 10:00");
        world.tick("2026-03-10 12:00");
        // dan entered for acme, and stands for it; but globex asks all contacts that it has now.
        world.ways(&[("eve", "ordered.then | finished"), ("ada", "| at ordered"), ("dan", "| at ordered")]);
    });
}

#[test]
fn rule_10_who_was_stopped_counts_no_more() {
    on_both(|database| {
        let mut world = four(database, EVERYONE, &trigger("      quorum: all"));
        world.tick("2026-03-01 08:00");
        for contact in ["ada", "bob", "cy"] {
            world.did(contact, "OrderPlaced", "2026-03-10 10:00");
        }
        world.tick("2026-03-10 10:00");
        world.ways(&[("ada", "| at ordered")]);
        world.set("dan", "status", "inactive");
        world.tick("2026-03-10 12:00");
        world.ways(&[
            ("ada", "ordered.then | finished"),
            ("cy", "ordered.then | finished"),
            ("dan", "ordered! | stopped: inactive"),
        ]);

        // What somebody did before it was stopped doesn't count either.
        let mut world = four(database, EVERYONE, &trigger("      quorum: 2 contacts"));
        world.tick("2026-03-01 08:00");
        world.did("dan", "OrderPlaced", "2026-03-09 10:00");
        world.tick("2026-03-09 12:00");
        world.set("dan", "status", "inactive");
        world.did("ada", "OrderPlaced", "2026-03-10 10:00");
        world.tick("2026-03-10 12:00");
        world.ways(&[("ada", "| at ordered")]);
    });
}

#[test]
fn rule_10_the_clock_starts_with_the_first_arrival_and_who_comes_later_follows() {
    on_both(|database| {
        let mut world = four(database, "audience: { include: [buyers] }", ORDERED);
        world.set("ada", "role", "buyer");
        world.tick("2026-03-01 08:00");
        world.set("bob", "role", "buyer");
        world.tick("2026-03-21 08:00");
        world.ways(&[("ada", "| at ordered"), ("bob", "| at ordered")]);
        world.play("2026-03-31 08:00");
        world.ways(&[("ada", "ordered.else | finished"), ("bob", "ordered.else | finished")]);

        world.set("cy", "role", "buyer");
        world.did("cy", "OrderPlaced", "2026-04-10 07:00");
        world.tick("2026-04-10 08:00");
        world.ways(&[("cy", "ordered.else | finished")]);
        assert_eq!(world.left("cy", "ordered"), "2026-04-10T08:00:00Z", "not before it came");
        let decisions = world.tables().rows("SELECT opened_at, decided_at, path FROM decision");
        let moments: Vec<i64> = decisions[0][..2].iter().map(|at| at.parse().unwrap()).collect();
        assert_eq!(
            moments,
            [crate::support::world::at("2026-03-01 08:00"), crate::support::world::at("2026-03-31 08:00")]
        );
        assert_eq!(decisions.len(), 1);
    });
}

#[test]
fn rule_10_a_newcomer_may_decide_and_changes_how_many_a_share_is() {
    on_both(|database| {
        let steps = trigger("      quorum: 50%");
        let mut world = four(database, "audience: { include: [buyers] }", &steps);
        for contact in ["ada", "bob", "cy"] {
            world.set(contact, "role", "buyer");
        }
        world.tick("2026-03-01 08:00");
        world.did("ada", "OrderPlaced", "2026-03-10 10:00");
        world.tick("2026-03-10 12:00");
        world.ways(&[("ada", "| at ordered")]);
        // dan ordered after the account's clock had started, and before it came itself: that isn't what
        // happened at the step.
        world.did("dan", "OrderPlaced", "2026-03-11 10:00");
        world.set("dan", "role", "buyer");
        world.tick("2026-03-12 08:00");
        world.ways(&[("ada", "| at ordered"), ("dan", "| at ordered")]);
        world.did("dan", "OrderPlaced", "2026-03-13 10:00");
        world.tick("2026-03-13 12:00");
        world.ways(&[("ada", "ordered.then | finished"), ("dan", "ordered.then | finished")]);
    });
}

/// Those who visited within five days wait for twenty more before they come to the account's trigger.
const APART: &str = "
  - id: visited
    tile: trigger
    with:
      based_on: contact
      when:
        did: Visited
      timeout: 5 days
    paths:
      then:
        - id: pause
          tile: wait
          with: { for: 20 days }
";

#[test]
fn rule_10_participants_count_wherever_they_stand() {
    on_both(|database| {
        let mut world = four(database, EVERYONE, &format!("{APART}{ORDERED}"));
        world.tick("2026-03-01 08:00");
        world.did("ada", "Visited", "2026-03-02 10:00");
        world.play("2026-03-07 00:00");
        world.ways(&[("ada", "visited.then | at pause"), ("bob", "visited.else | at ordered")]);
        world.did("ada", "OrderPlaced", "2026-03-10 10:00");
        world.play("2026-03-10 12:00");
        world.ways(&[
            ("ada", "visited.then | at pause"),
            ("bob", "visited.else ordered.then | finished"),
            ("cy", "visited.else ordered.then | finished"),
        ]);
        assert_eq!(world.left("bob", "ordered"), "2026-03-10T10:00:00Z");
        world.play("2026-03-23 00:00");
        world.ways(&[("ada", "visited.then pause ordered.then | finished")]);
        assert_eq!(world.left("ada", "ordered"), "2026-03-22T10:00:00Z");
    });
}

#[test]
fn rule_11_what_counted_before_its_contact_arrived_counts_afterwards_however_late_the_run() {
    let steps = format!("{APART}{}", trigger("      quorum: 2 contacts"));
    let runs: [&[&str]; 3] = [
        &["2026-03-22 09:00", "2026-03-22 16:00", "2026-03-25 12:00"],
        &["2026-03-21 12:00", "2026-03-22 16:00", "2026-03-25 12:00"],
        &["2026-03-21 12:00", "2026-03-22 16:00", "2026-03-24 09:00", "2026-03-25 12:00"],
    ];
    on_both(|database| {
        for run in runs {
            let mut world = four(database, EVERYONE, &steps);
            world.did("ada", "Visited", "2026-03-02 10:00");
            // A day before ada comes to the trigger, at which the others have waited for two weeks.
            world.did("ada", "OrderPlaced", "2026-03-21 20:00");
            world.did("bob", "OrderPlaced", "2026-03-25 10:00");
            world.play("2026-03-21 11:00");
            run.iter().for_each(|now| world.tick(now));
            world.ways(&[
                ("ada", "visited.then pause ordered.then | finished"),
                ("bob", "visited.else ordered.then | finished"),
            ]);
            assert_eq!(world.left("ada", "ordered"), "2026-03-25T10:00:00Z");
        }
    });
}

#[test]
fn rule_10_the_decision_does_not_depend_on_the_size_of_batches() {
    let mut states = Vec::new();
    for size in [1, 2, 5_000] {
        let mut world = four(Database::Sqlite, EVERYONE, &trigger("      quorum: 50%")).batches_of(size);
        world.contacts(&[("eve", "globex"), ("fay", "globex"), ("gus", "")]);
        for (contact, day) in [("ada", "05"), ("cy", "06"), ("fay", "07")] {
            world.did(contact, "OrderPlaced", &format!("2026-03-{day} 10:00"));
        }
        world.play("2026-04-01 00:00");
        states.push(world.state());
    }
    assert_eq!(states[0], states[1]);
    assert_eq!(states[0], states[2]);
}
