//! Triggers look at when something happened, not at when it was heard of.

use tilework::interactions::ImportKind;

use super::{EVERYONE, ORDERED, populated, workspace, world};
use crate::support::{
    workspace::{Database, SETTINGS, on_both},
    world::World,
};

const BY_CONTACT: &str = "
  - id: ordered
    tile: trigger
    with:
      based_on: contact
      when:
        did: OrderPlaced
      timeout: 30 days
";

/// Both kinds of trigger: what holds for one contact holds for its account.
const KINDS: [&str; 2] = [BY_CONTACT, ORDERED];

#[test]
fn rule_11_what_is_heard_of_later_counts_from_when_it_happened() {
    on_both(|database| {
        for steps in KINDS {
            let mut world = world(database, EVERYONE, steps);
            world.tick("2026-03-01 08:00");
            world.did("cy", "OrderPlaced", "2026-03-05 10:17");
            world.tick("2026-03-06 08:00");
            world.ways(&[("cy", "ordered.then | finished"), ("ada", "| at ordered")]);
            assert_eq!(world.left("cy", "ordered"), "2026-03-05T10:17:00Z");
        }
    });
}

#[test]
fn rule_11_the_window_includes_both_its_ends() {
    let cases = [
        ("2026-03-01T07:59:59.999Z", "else"),
        ("2026-03-01T08:00:00Z", "then"),
        ("2026-03-31T08:00:00Z", "then"),
        ("2026-03-31T08:00:00.001Z", "else"),
    ];
    for (when, path) in cases {
        on_both(|database| {
            for steps in KINDS {
                for played in [true, false] {
                    let mut world = world(database, EVERYONE, steps);
                    world.did("cy", "OrderPlaced", when);
                    match played {
                        true => world.play("2026-04-01 08:00"),
                        false => {
                            world.tick("2026-03-01 08:00");
                            world.tick("2026-04-01 08:00");
                        }
                    }
                    world.ways(&[("cy", &format!("ordered.{path} | finished"))]);
                }
            }
        });
    }
}

#[test]
fn rule_11_an_order_of_before_the_arrival_does_not_count() {
    on_both(|database| {
        let steps = format!(
            "
  - id: pause
    tile: wait
    with: {{ for: 2 days }}
{BY_CONTACT}"
        );
        let mut world = world(database, EVERYONE, &steps);
        world.did("cy", "OrderPlaced", "2026-03-02 08:00");
        world.did("dan", "OrderPlaced", "2026-03-03 08:00");
        world.play("2026-04-03 08:00");
        world.ways(&[("cy", "pause ordered.else | finished"), ("dan", "pause ordered.then | finished")]);
    });
}

#[test]
fn rule_11_since_entry_counts_what_happened_between_the_entry_and_the_arrival() {
    let condition = |based_on: &str, condition: &str| {
        format!(
            "
  - id: pause
    tile: wait
    with: {{ for: 2 days }}
  - id: ordered
    tile: trigger
    with:
      based_on: {based_on}
      when: {condition}
      timeout: 5 days
"
        )
    };
    let conditions = [
        "{ did: OrderPlaced, since: entry }",
        // A condition that can come and go, and one with a count, look back alike.
        "{ all: [{ did: OrderPlaced, since: entry }, { none: [{ did: OrderPlaced, since: entry, at_least: 2 }] }] }",
        "{ did: OrderPlaced, since: entry, exactly: 1 }",
        "{ all: [{ did: OrderPlaced, since: entry }, 'contact.first_name != \"nobody\"'] }",
    ];
    on_both(|database| {
        for when in conditions {
            for based_on in ["contact", "account"] {
                for played in [true, false] {
                    let mut world = world(database, EVERYONE, &condition(based_on, when));
                    world.did("cy", "OrderPlaced", "2026-03-01T07:59:59.999Z");
                    world.did("dan", "OrderPlaced", "2026-03-01T08:00:00Z");
                    world.did("ada", "OrderPlaced", "2026-03-05T10:00:00Z");
                    match played {
                        true => world.play("2026-04-01 08:00"),
                        false => {
                            world.tick("2026-03-01 08:00");
                            world.tick("2026-03-02 09:00");
                            world.tick("2026-03-03 10:00");
                            world.tick("2026-04-01 08:00");
                        }
                    }
                    world.ways(&[
                        ("ada", "pause ordered.then | finished"),
                        ("cy", "pause ordered.else | finished"),
                        ("dan", "pause ordered.then | finished"),
                    ]);
                    // What was there before takes effect with the arrival.
                    assert_eq!(world.left("dan", "ordered"), "2026-03-03T08:00:00Z", "{when} {based_on}");
                }
            }
        }
    });
}

/// Clicks count from the mail that brought them, even before the trigger is reached.
const CLICKED: &str = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: reminder
    tile: email
    with: { email: invite }
  - id: pause
    tile: wait
    with: { for: 2 days }
  - id: clicked
    tile: trigger
    with:
      based_on: contact
      when:
        did: EmailClicked
        step: invite
      timeout: 5 days
";

fn clicked(world: &mut World, contact: &str, when: &str, journey: &str, iteration: &str, step: &str) {
    world.import(
        ImportKind::Interactions,
        &format!(
            "id,type,at,contact_id,journey,iteration,step\n{contact}/{when}/{journey}/{step},EmailClicked,{when},{contact},{journey},{iteration},{step}\n"
        ),
    );
}

#[test]
fn rule_11_an_interaction_of_a_step_counts_from_when_the_step_handled_the_contact() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, CLICKED);
        world.contacts(&[("eve", "globex"), ("fay", "globex")]);
        clicked(&mut world, "ada", "2026-03-01T09:00:00Z", "spring", "1", "invite");
        clicked(&mut world, "bob", "2026-03-01T09:00:00Z", "spring", "1", "reminder");
        clicked(&mut world, "cy", "2026-03-01T07:00:00Z", "spring", "1", "invite");
        clicked(&mut world, "dan", "2026-03-01T09:00:00Z", "autumn", "1", "invite");
        clicked(&mut world, "eve", "2026-03-04T09:00:00Z", "spring", "2", "invite");
        clicked(&mut world, "fay", "2026-03-04T09:00:00Z", "spring", "", "invite");
        world.play("2026-04-01 08:00");
        let way = |path: &str| format!("invite reminder pause clicked.{path} | finished");
        world.ways(&[
            ("ada", &way("then")),
            ("bob", &way("else")),
            ("cy", &way("else")),
            ("dan", &way("else")),
            ("eve", &way("else")),
            ("fay", &way("then")),
        ]);
        assert_eq!(world.left("ada", "clicked"), "2026-03-03T08:00:00Z", "not before it arrived");
        assert_eq!(world.left("fay", "clicked"), "2026-03-04T09:00:00Z");
        assert_eq!(world.left("bob", "clicked"), "2026-03-08T08:00:00Z");
    });
}

#[test]
fn rule_11_grace_lets_else_wait_for_late_news_of_what_happened_in_time() {
    let graceful = |steps: &str| steps.replace("timeout: 30 days", "timeout: 30 days\n      grace: 2 hours");
    on_both(|database| {
        for steps in KINDS {
            let mut world = world(database, EVERYONE, &graceful(steps));
            world.tick("2026-03-01 08:00");
            world.tick("2026-03-31 08:00");
            world.ways(&[("cy", "| at ordered"), ("dan", "| at ordered")]);
            world.did("cy", "OrderPlaced", "2026-03-31 07:30");
            world.did("dan", "OrderPlaced", "2026-03-31 08:30");
            world.tick("2026-03-31 09:00");
            world.ways(&[("cy", "ordered.then | finished"), ("dan", "| at ordered")]);
            world.tick("2026-03-31 10:00");
            world.ways(&[("dan", "ordered.else | finished"), ("ada", "ordered.else | finished")]);
            assert_eq!(world.left("cy", "ordered"), "2026-03-31T07:30:00Z");
            assert_eq!(world.left("dan", "ordered"), "2026-03-31T08:00:00Z", "it counts from the deadline");
        }
    });
}

#[test]
fn rule_14_a_run_is_as_late_as_the_time_since_the_grace_was_over() {
    let graceful = |steps: &str| steps.replace("timeout: 30 days", "timeout: 30 days\n      grace: 2 hours");
    on_both(|database| {
        for steps in KINDS {
            // The deadline is 2026-03-31 08:00. Within 36 hours after the grace it counts, later the run does.
            for (run, left) in
                [("2026-04-01 21:30", "2026-03-31T08:00:00Z"), ("2026-04-01 22:30", "2026-04-01T22:30:00Z")]
            {
                let mut world = world(database, EVERYONE, &graceful(steps));
                world.tick("2026-03-01 08:00");
                world.tick(run);
                world.ways(&[("ada", "ordered.else | finished")]);
                assert_eq!(world.left("ada", "ordered"), left, "a run at {run}");
            }
        }
    });
}

#[test]
fn rule_11_a_decision_is_not_reopened_by_late_news() {
    on_both(|database| {
        for steps in KINDS {
            let steps = format!(
                "{steps}
  - id: pause
    tile: wait
    with: {{ for: 30 days }}
"
            );
            let mut world = world(database, EVERYONE, &steps);
            world.tick("2026-03-01 08:00");
            world.tick("2026-03-31 08:00");
            world.did("cy", "OrderPlaced", "2026-03-15 10:00");
            world.tick("2026-04-01 08:00");
            world.ways(&[("cy", "ordered.else | at pause")]);
        }
    });
}

#[test]
fn rule_5_what_is_dated_later_is_not_seen_until_then() {
    on_both(|database| {
        for steps in KINDS {
            let mut world = world(database, EVERYONE, steps);
            world.did("cy", "OrderPlaced", "2026-03-10 10:00");
            world.tick("2026-03-01 08:00");
            world.tick("2026-03-10 09:59");
            world.ways(&[("cy", "| at ordered")]);
            world.tick("2026-03-10 10:00");
            world.ways(&[("cy", "ordered.then | finished")]);
        }
    });
}

#[test]
fn rule_5_a_segment_takes_in_what_happens_when_it_happens() {
    on_both(|database| {
        let fresh = "kind: segment\nname: fresh\ntarget: contact\nwhere:\n  did: Visited\n  within: 7 days\n";
        let workspace = workspace(database, "audience: { include: [fresh] }", BY_CONTACT);
        let mut world = populated(&workspace.file("journeys/fresh.yaml", fresh));
        world.did("cy", "Visited", "2026-03-10 10:02");
        world.play("2026-03-31 08:00");
        world.ways(&[("cy", "| at ordered"), ("ada", "never entered")]);
        let changes = world.tables().rows(
            "SELECT c.at, c.joined FROM membership_change c JOIN segment s ON s.key = c.segment_key
             WHERE s.name = 'fresh' ORDER BY c.at",
        );
        let changes: Vec<(String, &str)> = changes
            .iter()
            .map(|row| (tilework::model::time::rfc3339(row[0].parse().unwrap()), row[1].as_str()))
            .collect();
        // Segments are refreshed every five minutes, and know what made the difference.
        let expected =
            [("2026-03-10T10:02:00Z".to_owned(), "1"), ("2026-03-17T10:02:00.001Z".to_owned(), "0")];
        assert_eq!(changes, expected);
    });
}

/// A trigger of contacts with another condition, in the form in which it stands in YAML.
fn when(condition: &str) -> String {
    let indented: String = condition.lines().map(|line| format!("        {line}\n")).collect();
    BY_CONTACT.replace("        did: OrderPlaced\n", &indented)
}

type Run<'a> = &'a dyn Fn(&mut World);

#[test]
fn rule_11_conditions_may_be_put_together() {
    // What each of three contacts does on which day of March, and when each goes `then`.
    let (ada, bob, cy) = (
        &[("OrderPlaced", "03"), ("Visited", "05")][..],
        &[("Visited", "04")][..],
        &[("OrderPlaced", "02"), ("OrderPlaced", "20"), ("OrderPlaced", "25")][..],
    );
    let cases = [
        ("all:\n  - did: OrderPlaced\n  - did: Visited", [Some("05"), None, None]),
        ("any:\n  - did: OrderPlaced\n  - did: Visited", [Some("03"), Some("04"), Some("02")]),
        ("did: OrderPlaced\nat_least: 2 times", [None, None, Some("20")]),
        ("did: OrderPlaced\nat_least: 2 times\nwithin: 7 days", [None, None, Some("25")]),
        ("did: OrderPlaced\nsince: 2026-03-10", [None, None, Some("20")]),
        ("did: OrderPlaced\nuntil: 2026-03-02", [None, None, Some("02")]),
        ("all:\n  - did: Visited\n  - did_not: OrderPlaced", [None, Some("04"), None]),
        ("all:\n  - did: OrderPlaced\n  - did_not: Visited", [Some("03"), None, Some("02")]),
        (
            "all:\n  - did: OrderPlaced\n    within: 1 day\n  - did: Visited\n    within: 1 day",
            [None, None, None],
        ),
        (
            "all:\n  - did: OrderPlaced\n    within: 2 days\n  - did: Visited\n    within: 2 days",
            [Some("05"), None, None],
        ),
        ("did: OrderPlaced\nexactly: 2 times", [None, None, Some("20")]),
        (
            "any:\n  - all:\n      - did: OrderPlaced\n      - did: Visited\n  - did: OrderPlaced\n    at_least: 3 times",
            [Some("05"), None, Some("25")],
        ),
    ];
    for (condition, expected) in cases {
        let tick = |world: &mut World, days: &[u32]| {
            days.iter().for_each(|day| world.tick(&format!("2026-03-{day:02} 12:00")));
            world.tick("2026-04-01 08:00");
        };
        let runs: [(&str, Run<'_>); 3] = [
            ("played", &|world| world.play("2026-04-01 08:00")),
            ("run every day", &|world| tick(world, &(1..=31).collect::<Vec<u32>>())),
            ("run every six days", &|world| tick(world, &[1, 7, 13, 19, 25, 31])),
        ];
        for (at, (how, run)) in runs.into_iter().enumerate() {
            let database = if at == 0 { Database::Postgres } else { Database::Sqlite };
            let mut world = world(database, EVERYONE, &when(condition));
            for (contact, deeds) in [("ada", ada), ("bob", bob), ("cy", cy)] {
                for (kind, day) in deeds {
                    world.did(contact, kind, &format!("2026-03-{day} 10:00"));
                }
            }
            run(&mut world);
            for (contact, day) in ["ada", "bob", "cy"].into_iter().zip(expected) {
                let path = if day.is_some() { "then" } else { "else" };
                let way = format!("ordered.{path} | finished");
                assert_eq!(world.way(contact), way, "{contact}, {how}: {condition}");
                // Further apart than 36 hours, what comes next counts from the run.
                if let (Some(day), true) = (day, how != "run every six days") {
                    let left = format!("2026-03-{day}T10:00:00Z");
                    assert_eq!(world.left(contact, "ordered"), left, "{contact}, {how}: {condition}");
                }
            }
        }
    }
}

#[test]
fn rule_14_the_deadline_for_what_a_mail_caused_counts_from_when_it_left() {
    let steps = |based_on: &str| {
        format!(
            "
  - id: invite
    tile: email
    with: {{ email: notice }}
  - id: clicked
    tile: trigger
    with:
      based_on: {based_on}
      when: {{ did: EmailClicked, step: invite }}
      timeout: 2 hours
"
        )
    };
    on_both(|database| {
        for based_on in ["contact", "account"] {
            let settings = SETTINGS.replace("directory: mail", "directory: mail\n    hold: 3 hours");
            let workspace = workspace(database, EVERYONE, &steps(based_on)).file("tilework.yaml", &settings);
            let mut world = super::populated(&workspace);
            world.play("2026-03-01 12:00");
            world.ways(&[("ada", "invite | at clicked")]);
            world.import(
                ImportKind::Interactions,
                "id,type,at,contact_id,email,journey,iteration,step\nc1,EmailClicked,2026-03-01T12:30:00Z,cy,notice,spring,1,invite\n",
            );
            world.play("2026-03-02 08:00");
            world
                .ways(&[("ada", "invite clicked.else | finished"), ("cy", "invite clicked.then | finished")]);
            // The mail left at 11:00.
            assert_eq!(world.left("ada", "clicked"), "2026-03-01T13:00:00Z");
            assert_eq!(world.left("cy", "clicked"), "2026-03-01T12:30:00Z");
        }
    });
}
