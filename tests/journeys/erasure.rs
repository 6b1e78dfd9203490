//! Erasing a contact: it stops at once, nothing tells of it any more, and the numbers stay.

use tilework::store::{Erased, StoreAddress};

use super::{EVERYONE, workspace};
use crate::support::{
    files::repository,
    workspace::{Database, SETTINGS, on_both},
    world::{World, at},
};

const STEPS: &str = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: task
    tile: activity
    with: { type: task, for_each: contact, assign_to: journey_owner, subject: 'Write to {{contact.first_name}}' }
  - id: lead
    tile: create_lead
    with: { for_each: contact, topic: '{{contact.first_name}} looked' }
  - id: ordered
    tile: trigger
    with:
      based_on: account
      when: { did: OrderPlaced }
      timeout: 30 days
  - id: reminder
    tile: email
    with: { email: invite }
  - id: long
    tile: wait
    with: { for: 60 days }
";

/// Zelda and Bob of acme, of whom Zelda ordered, and Cy of globex; mails are held for two days, so that the
/// reminders of the first two haven't left.
fn on_the_way(database: Database) -> World {
    let settings = SETTINGS.replace("directory: mail", "directory: mail\n    hold: 2 days");
    let mut world = workspace(database, EVERYONE, STEPS).file("tilework.yaml", &settings).open();
    world.accounts(&["acme", "globex"]);
    world.contacts(&[("zelda-9", "acme"), ("bob", "acme"), ("cy", "globex")]);
    world.set("zelda-9", "first_name", "Zelda");
    world.set("zelda-9", "email", "zelda@acme.example");
    world.tick("2026-03-01 08:00");
    world.did("zelda-9", "OrderPlaced", "2026-03-04 10:00");
    world.tick("2026-03-04 12:00");
    world
}

/// How many came to each step of the journey, how many entered, are in it, finished and were stopped.
fn numbers(world: &mut World) -> Vec<String> {
    let mut numbers = world.tables().lines(
        "SELECT s.id, COUNT(*) FROM history h JOIN step s ON s.key = h.step_key GROUP BY s.id ORDER BY s.id",
    );
    numbers.extend(
        world.tables().lines("SELECT state, COUNT(*) FROM participant GROUP BY state ORDER BY state"),
    );
    numbers
}

/// All that stands in the store, row by row.
fn everything(world: &mut World) -> Vec<String> {
    let folder = repository().join("src/store/migrations");
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for table in text.split("CREATE TABLE ").skip(1) {
            let table = table.split([' ', '(']).next().unwrap();
            let rows = world.tables().rows(&format!("SELECT * FROM {table}"));
            lines.extend(rows.into_iter().map(|row| format!("{table}: {}", row.join(", "))));
        }
    }
    lines
}

fn telling_of_zelda(world: &mut World) -> Vec<String> {
    everything(world).into_iter().filter(|line| line.to_lowercase().contains("zelda")).collect()
}

#[test]
fn rule_9_an_erased_contact_stops_at_once_and_nothing_tells_of_it() {
    on_both(|database| {
        let mut world = on_the_way(database);
        assert!(telling_of_zelda(&mut world).len() > 5, "there is something to erase");
        assert_eq!(world.because("bob", "ordered"), "satisfied by zelda-9 at 2026-03-04T10:00:00Z");
        let erased = world.store.erase_contact("zelda-9", "a key", at("2026-03-04 13:00")).unwrap().unwrap();
        let expected = Erased { stopped: 1, interactions: 2, leads: 1, activities: 1, messages: 1 };
        assert_eq!(erased, expected, "the order, the mail that left; the reminder hadn't");
        assert_eq!(telling_of_zelda(&mut world), [""; 0]);
        if let StoreAddress::Sqlite(path) = world.workspace.address() {
            let bytes = std::fs::read(path).unwrap();
            let found = bytes.windows(5).any(|five| five.eq_ignore_ascii_case(b"zelda"));
            assert!(!found, "nor does anything in the file");
        }
        assert_eq!(world.store.erase_contact("zelda-9", "a key", at("2026-03-04 13:00")).unwrap(), None);
    });
}

#[test]
fn rule_9_what_an_erased_contact_counted_for_stays_and_others_go_on() {
    on_both(|database| {
        let mut world = on_the_way(database);
        let mut before = numbers(&mut world);
        world.store.erase_contact("zelda-9", "a key", at("2026-03-04 13:00")).unwrap();
        let stopped = world.tables().lines("SELECT state, reason, ended_at FROM participant WHERE state = 3");
        assert_eq!(stopped, [format!("3 erased {}", at("2026-03-04 13:00"))]);
        let now = numbers(&mut world);
        before.retain(|line| !line.starts_with("1 ") && !line.starts_with("3 "));
        assert!(before.iter().all(|line| now.contains(line)), "{before:?} in {now:?}");
        world.play("2026-06-30 08:00");
        world.ways(&[
            ("bob", "invite task lead ordered.then reminder long | finished"),
            ("cy", "invite task lead ordered.else reminder long | finished"),
        ]);
        assert_eq!(world.because("bob", "ordered"), "satisfied by contacts of whom one was erased since");
        assert_eq!(telling_of_zelda(&mut world), [""; 0], "nothing brings it back");
        assert_eq!(world.tables().lines("SELECT size FROM segment WHERE name = 'everyone'"), ["2"]);
    });
}

#[test]
fn who_is_erased_may_come_in_again_and_is_somebody_new() {
    on_both(|database| {
        let mut world = on_the_way(database);
        world.store.erase_contact("zelda-9", "a key", at("2026-03-04 13:00")).unwrap();
        world.contacts(&[("zelda-9", "acme")]);
        world.tick("2026-03-05 08:00");
        let participants = world.tables().lines("SELECT COUNT(*) FROM participant");
        assert_eq!(participants, ["4"], "of whom one is nobody any more");
    });
}
