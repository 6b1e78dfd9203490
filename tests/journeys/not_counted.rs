//! `why` tells what a contact did before a trigger began to count.

use super::{EVERYONE, world};
use crate::support::workspace::{Database, on_both};

fn steps(with: &str) -> String {
    format!(
        "
  - id: pause
    tile: wait
    with: {{ for: 2 days }}
  - id: ordered
    tile: trigger
    with: {{ {with}, timeout: 5 days }}
"
    )
}

/// The lines of `why` that tell what doesn't count.
fn told(database: Database, with: &str, until: &str, whom: [&str; 2]) -> Vec<String> {
    let mut world = world(database, EVERYONE, &steps(with));
    world.did("cy", "OrderPlaced", "2026-02-01 12:00");
    world.did("cy", "OrderPlaced", "2026-03-02 12:00");
    world.did("cy", "Visited", "2026-02-02 12:00");
    world.did("ada", "OrderPlaced", "2026-03-04 12:00");
    world.play(until);
    let program = world.close().program(&["why", whom[0], whom[1], "--now", until]).done();
    program.lines().filter(|line| line.contains("doesn't count")).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn rule_11_why_says_what_was_there_before_the_trigger_began_to_count() {
    const BEFORE: &str = "OrderPlaced at 2026-03-02T12:00:00Z was before the arrival and doesn't count here";
    const FIRST: &str =
        "OrderPlaced at 2026-03-02T12:00:00Z was before the account's first arrival and doesn't count here";
    const ENTRY: &str = "Visited at 2026-02-02T12:00:00Z was before the entry and doesn't count here";
    let by_contact = "based_on: contact, when: { did: OrderPlaced }";
    let by_account = "based_on: account, when: { did: OrderPlaced }";
    let since_entry = "based_on: account, when: { did: Visited, since: entry }";
    let (waiting, over) = ("2026-03-05 08:00", "2026-03-20 08:00");
    on_both(|database| {
        let contact = |with, until| told(database, with, until, ["contact", "cy"]);
        for until in [waiting, over] {
            assert_eq!(contact(by_contact, until), [BEFORE], "{until}");
            assert_eq!(contact(by_account, until), [FIRST], "{until}");
            assert_eq!(contact(since_entry, until), [ENTRY], "{until}");
            let account = told(database, by_account, until, ["account", "globex"]);
            assert_eq!(account, [format!("cy: {FIRST}")], "{until}");
        }
    });
}

#[test]
fn rule_11_why_is_silent_where_an_earlier_interaction_makes_no_difference() {
    let silent = [
        // Who went `then` did it in time.
        ("based_on: contact, when: { did: OrderPlaced }", "ada"),
        // What mustn't happen, and what only other orders would be.
        (
            "based_on: contact, when: { all: [{ did: Visited, since: entry, at_least: 9 }, { did_not: OrderPlaced }] }",
            "ada",
        ),
        ("based_on: contact, when: { did: OrderPlaced, where: 'interaction.product == \"tea\"' }", "cy"),
        ("based_on: contact, when: { any_contact: { did: Visited }, at_least: 2 contacts }", "cy"),
    ];
    for (with, whom) in silent {
        let told = told(Database::Sqlite, with, "2026-03-20 08:00", ["contact", whom]);
        assert!(told.is_empty(), "{with}: {told:?}");
    }
}
