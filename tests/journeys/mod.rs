//! The rules of journeys, each as stories: given a workspace, when it is run, expect. A test's name
//! starts with the number of the rule that it holds.

mod account_triggers;
mod addresses;
mod blocking;
mod branch;
mod calls;
mod change;
mod consent;
mod custom_tiles;
mod effects;
mod ending;
mod entering;
mod erasure;
mod event_time;
mod goto;
mod handing_over;
mod mail;
mod moments;
mod moved;
mod not_counted;
mod on_their_way;
mod pausing;
mod playing;
mod reentry;
mod rejoining;
mod renamed_fields;
mod repeat;
mod script_workflows;
mod senders;
mod split;
mod states;
mod stopping;
mod values;
mod waits;
mod workflow_failures;
mod workflows;

use tilework::model::time::{DAY, HOUR};

use crate::support::{
    definitions::USUAL,
    dump::assert_same,
    workspace::{Database, Workspace},
    world::{World, at},
};

/// What the stories' journeys refer to, beside the usual.
const DEFINITIONS: &str = r#"
kind: segment
name: buyers
target: contact
where: contact.role == "buyer"
---
kind: segment
name: beside-a-buyer
target: contact
where:
  any_contact: contact.role == "buyer"
---
kind: segment
name: competitors
target: account
where: account.status == "competitor"
---
kind: email
name: notice
purpose: transactional
subject: "Your order"
text: "Dear {{contact.first_name}}"
"#;

/// An account journey named `spring` that starts on 2026-03-01 at 08:00 with everyone.
const EVERYONE: &str = "audience: { include: [everyone] }";

/// The definition of the journey `spring`: more of its keys, and its steps.
fn journey(keys: &str, steps: &str) -> String {
    let start = if keys.contains("start:") { "" } else { "start: 2026-03-01 08:00\n" };
    let target = if keys.contains("target:") { "" } else { "target: account\n" };
    format!(
        "kind: journey\nname: spring\nowner: marketing@vendor.example\n{target}{start}{keys}\nsteps:\n{steps}\n"
    )
}

/// Runs a story on both databases, with batches of one participant and of thousands.
fn whatever_the_batch(story: impl Fn(Database, usize)) {
    for database in Database::BOTH {
        for size in [1, 5_000] {
            story(database, size);
        }
    }
}

/// A workspace with the journey `spring`.
fn workspace(database: Database, keys: &str, steps: &str) -> Workspace {
    Workspace::on(database)
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/definitions.yaml", DEFINITIONS)
        .file("journeys/spring.yaml", &journey(keys, steps))
}

/// Its world, with two accounts, of two contacts and one, and a contact without account.
fn world(database: Database, keys: &str, steps: &str) -> World {
    populated(&workspace(database, keys, steps))
}

fn populated(workspace: &Workspace) -> World {
    let mut world = workspace.open();
    world.accounts(&["acme", "globex"]);
    world.contacts(&[("ada", "acme"), ("bob", "acme"), ("cy", "globex"), ("dan", "")]);
    world
}

/// Plays worlds to a moment in one go, by daily ticks, and in batches of one contact: all come to the same.
/// Gives the first of them.
fn played_alike(prepared: impl Fn() -> World, until: &str) -> World {
    let mut played = prepared();
    played.play(until);
    let expected = played.tables().state_without_ticks();
    let mut ticked = prepared().batches_of(1);
    let (start, end) = (at("2026-03-01 08:00"), at(until));
    for now in (start..end).step_by(usize::try_from(DAY + 3 * HOUR).unwrap()).chain([end]) {
        ticked.try_tick(now).unwrap();
    }
    assert_same("ticked each 27 hours", &expected, &ticked.tables().state_without_ticks());
    played
}

/// A step that waits for an order of anybody of the account, 30 days at most.
const ORDERED: &str = "
  - id: ordered
    tile: trigger
    with:
      based_on: account
      when:
        did: OrderPlaced
      timeout: 30 days
";
