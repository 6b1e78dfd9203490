//! Contacts who enter the same iteration again because they came into the audience anew.

use tilework::{interactions::ImportKind, model::time::rfc3339};

use super::{DEFINITIONS, populated, workspace};
use crate::support::{
    workspace::{Database, on_both},
    world::World,
};

/// A journey of ten days for those whom the audience names.
const STEPS: &str = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: pause
    tile: wait
    with: { for: 10 days }
";

const BUYERS: &str = "audience: { include: [buyers] }\nreentry: on_joining";

/// The workspace with ada and cy as buyers, whom the journey took in on 2026-03-01 at 08:00.
fn world(database: Database, keys: &str) -> World {
    let mut world = populated(&workspace(database, keys, STEPS));
    for contact in ["ada", "cy"] {
        set(&mut world, contact, "role", "buyer", "2026-02-28 12:00");
    }
    world.tick("2026-03-01 08:00");
    world
}

fn set(world: &mut World, contact: &str, field: &str, value: &str, when: &str) {
    world.set_at(ImportKind::Contacts, contact, field, value, when);
}

/// When a contact entered, each time.
fn entries(world: &mut World, contact: &str) -> Vec<String> {
    let rows = world.tables().rows(&format!(
        "SELECT e.entered_at FROM (SELECT contact_key, entered_at FROM participant
            UNION ALL SELECT contact_key, entered_at FROM entry) e
         JOIN contact c ON c.key = e.contact_key WHERE c.id = '{contact}' ORDER BY e.entered_at"
    ));
    rows.iter().map(|row| rfc3339(row[0].parse().unwrap())).collect()
}

const FIRST: &str = "2026-03-01T08:00:00Z";

#[test]
fn rule_8_who_comes_into_the_audience_anew_enters_again() {
    on_both(|database| {
        let mut world = world(database, BUYERS);
        world.tick("2026-03-12 08:00");
        world.ways(&[("ada", "invite pause | finished"), ("cy", "invite pause | finished")]);
        set(&mut world, "ada", "role", "champion", "2026-03-14 09:00");
        world.tick("2026-03-14 10:00");
        set(&mut world, "ada", "role", "buyer", "2026-03-15 09:00");
        world.tick("2026-03-15 10:00");
        assert_eq!(entries(&mut world, "ada"), [FIRST, "2026-03-15T09:00:00Z"], "when the fact came to be");
        world.ways(&[("ada", "invite pause invite | at pause")]);
        world.tick("2026-03-26 08:00");
        world.tick("2026-05-01 08:00");
        world.ways(&[("ada", "invite pause invite pause | finished"), ("cy", "invite pause | finished")]);
        assert_eq!(entries(&mut world, "cy"), [FIRST], "who never left doesn't come anew");
        assert_eq!(entries(&mut world, "ada").len(), 2, "and once is once");
        assert_eq!(world.workspace.mails().len(), 3, "each entry has effects of its own");
    });
}

#[test]
fn rule_8_who_comes_anew_during_the_stay_enters_again_at_its_end_and_not_before() {
    on_both(|database| {
        for every_day in [true, false] {
            let mut world = world(database, BUYERS);
            set(&mut world, "ada", "role", "champion", "2026-03-03 09:00");
            world.tick("2026-03-03 10:00");
            set(&mut world, "ada", "role", "buyer", "2026-03-04 09:00");
            world.tick("2026-03-04 10:00");
            world.ways(&[("ada", "invite | at pause")]);
            if every_day {
                (5..12).for_each(|day| world.tick(&format!("2026-03-{day:02} 07:00")));
            }
            world.tick("2026-03-12 07:00");
            assert_eq!(entries(&mut world, "ada"), [FIRST, "2026-03-11T08:00:00Z"], "{every_day}");
            world.tick("2026-04-12 08:00");
            assert_eq!(entries(&mut world, "ada").len(), 2);
            assert_eq!(entries(&mut world, "cy"), [FIRST]);
        }
    });
}

#[test]
fn rule_8_include_match_and_exclude_are_taken_together() {
    let definitions = format!(
        "{DEFINITIONS}---\nkind: segment\nname: osloers\ntarget: contact\nwhere: contact.city == \"Oslo\"\n"
    );
    on_both(|database| {
        let keys = "audience: { include: [everyone], exclude: [osloers, competitors] }\nreentry: on_joining";
        let workspace = workspace(database, keys, STEPS).file("journeys/definitions.yaml", &definitions);
        let mut world = populated(&workspace);
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-12 08:00");
        // Ada leaves the audience by an excluded segment, cy by one of accounts.
        set(&mut world, "ada", "city", "Oslo", "2026-03-14 09:00");
        world.set_at(ImportKind::Accounts, "globex", "status", "competitor", "2026-03-14 09:00");
        world.tick("2026-03-14 10:00");
        set(&mut world, "ada", "city", "Rome", "2026-03-16 09:00");
        world.set_at(ImportKind::Accounts, "globex", "status", "prospect", "2026-03-17 09:00");
        world.tick("2026-03-17 10:00");
        assert_eq!(entries(&mut world, "ada"), [FIRST, "2026-03-16T09:00:00Z"]);
        assert_eq!(entries(&mut world, "cy"), [FIRST, "2026-03-17T09:00:00Z"]);
        assert_eq!(entries(&mut world, "bob"), [FIRST], "a colleague's city isn't bob's");
    });
}

#[test]
fn rule_8_who_moves_to_an_account_in_the_audience_comes_anew() {
    on_both(|database| {
        let keys = "audience: { include: [competitors] }\nreentry: on_joining";
        let mut world = populated(&workspace(database, keys, STEPS));
        for account in ["acme", "globex"] {
            world.set_at(ImportKind::Accounts, account, "status", "competitor", "2026-02-28 12:00");
        }
        world.set_at(ImportKind::Accounts, "other", "status", "prospect", "2026-02-28 12:00");
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-12 08:00");
        // From one in the audience to another is no joining; by way of one that isn't, it is.
        set(&mut world, "ada", "account_id", "globex", "2026-03-13 09:00");
        set(&mut world, "cy", "account_id", "other", "2026-03-13 09:00");
        world.tick("2026-03-13 10:00");
        set(&mut world, "cy", "account_id", "acme", "2026-03-14 09:00");
        world.tick("2026-03-14 10:00");
        assert_eq!(entries(&mut world, "ada"), [FIRST]);
        assert_eq!(entries(&mut world, "cy"), [FIRST, "2026-03-14T09:00:00Z"]);
    });
}

#[test]
fn rule_50_joining_by_a_publication_does_not_enter_again() {
    on_both(|database| {
        let mut world = world(database, BUYERS);
        world.tick("2026-03-12 08:00");
        let nobody = DEFINITIONS.replace("contact.role == \"buyer\"", "contact.role == \"nobody\"");
        world.write("journeys/definitions.yaml", &nobody);
        world.tick("2026-03-13 08:00");
        assert_eq!(world.tables().lines("SELECT size FROM segment WHERE name = 'buyers'"), ["0"]);
        world.write("journeys/definitions.yaml", DEFINITIONS);
        world.tick("2026-03-14 08:00");
        assert_eq!(world.tables().lines("SELECT size FROM segment WHERE name = 'buyers'"), ["2"]);
        assert_eq!(entries(&mut world, "ada"), [FIRST]);
        // A fact makes the difference afterwards.
        set(&mut world, "ada", "role", "champion", "2026-03-15 09:00");
        world.tick("2026-03-15 10:00");
        set(&mut world, "ada", "role", "buyer", "2026-03-16 09:00");
        world.tick("2026-03-16 10:00");
        assert_eq!(entries(&mut world, "ada"), [FIRST, "2026-03-16T09:00:00Z"]);
        assert_eq!(entries(&mut world, "cy"), [FIRST]);
    });
}

#[test]
fn rule_8_who_is_blocked_when_coming_anew_enters_once_the_block_is_gone() {
    on_both(|database| {
        let mut world = world(database, BUYERS);
        world.tick("2026-03-12 08:00");
        set(&mut world, "ada", "role", "champion", "2026-03-14 09:00");
        set(&mut world, "ada", "status", "inactive", "2026-03-14 09:00");
        world.tick("2026-03-14 10:00");
        set(&mut world, "ada", "role", "buyer", "2026-03-15 09:00");
        world.tick("2026-03-15 10:00");
        assert_eq!(entries(&mut world, "ada"), [FIRST]);
        set(&mut world, "ada", "status", "active", "2026-03-16 09:00");
        world.tick("2026-03-16 10:00");
        assert_eq!(entries(&mut world, "ada"), [FIRST, "2026-03-16T09:00:00Z"]);
    });
}

#[test]
fn rule_8_why_says_that_a_contact_enters_again_on_joining() {
    let mut world = world(Database::Sqlite, BUYERS);
    world.tick("2026-03-12 08:00");
    let told = world.close().program(&["why", "contact", "ada", "--now", "2026-03-12 08:00"]).done();
    assert!(told.contains("enters again when it comes into the audience anew"), "{told}");
}
