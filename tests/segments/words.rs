//! Words of conditions that people from other systems look for, each over the same few people.

use tilework::interactions::ImportKind;

use crate::support::workspace::{Database, Workspace, on_both};

const FIELDS: &str = "
kind: interaction
name: OrderPlaced
attributes:
  product: { type: text }
---
kind: fields
of: contact
fields:
  seen: { type: datetime }
  renewal: { type: date }
";

const PEOPLE: &str = "id,job_title,postal_code,seen,renewal
ada,Head Buyer,50667,2026-03-31T23:30:00Z,2026-04-01
bob,buyer,D-50667,2026-04-01T22:30:00Z,2026-04-08
cem,BUYERS,,2026-04-05T21:59:59Z,2026-04-30
dan,,1010,,
";

const ORDERS: &str = "id,type,contact_id,at,product
1,OrderPlaced,ada,2026-03-01T08:00:00Z,shoe
2,OrderPlaced,ada,2026-03-02T08:00:00Z,hat
3,OrderPlaced,bob,2026-03-01T08:00:00Z,hat
4,OrderPlaced,bob,2026-03-02T08:00:00Z,shoe
5,OrderPlaced,cem,2026-03-03T08:00:00Z,shoe
6,OrderPlaced,cem,2026-03-03T08:00:00Z,hat
";

/// The segments `s0`, `s1` and so on with these conditions.
fn segments(conditions: &[&str]) -> String {
    let mut text = FIELDS.to_owned();
    for (at, condition) in conditions.iter().enumerate() {
        let condition = condition.replace('\n', "\n  ");
        text.push_str(&format!("---\nkind: segment\nname: s{at}\ntarget: contact\ntimezone: Europe/Berlin\nwhere:\n  {condition}\n"));
    }
    text
}

/// Who is in each of the segments after a run, and whether `why segment` says the same of everybody.
fn check(database: Database, table: &[(&str, &str)], now: &str) {
    let conditions: Vec<&str> = table.iter().map(|(condition, _)| *condition).collect();
    let workspace = Workspace::on(database).file("journeys/all.yaml", &segments(&conditions));
    let mut world = workspace.open();
    world.import(ImportKind::Contacts, PEOPLE);
    world.import(ImportKind::Interactions, ORDERS);
    world.tick(now);
    for (at, (condition, expected)) in table.iter().enumerate() {
        let members = world.tables().lines(&format!(
            "SELECT c.id FROM membership m JOIN segment s ON s.key = m.segment_key
             JOIN contact c ON c.key = m.subject_key WHERE s.name = 's{at}' ORDER BY c.id"
        ));
        assert_eq!(members.join(" "), *expected, "{condition} on {database:?}");
    }
}

#[test]
fn text_is_searched_with_and_without_case_and_by_patterns() {
    on_both(|database| {
        let table = [
            (r#"contains(contact.job_title, "uyer")"#, "ada bob"),
            (r#"contains_ignoring_case(contact.job_title, "uyer")"#, "ada bob cem"),
            (r#"starts_with_ignoring_case(contact.job_title, "Buy")"#, "bob cem"),
            (r#"contact.job_title.ends_with_ignoring_case("BUYER")"#, "ada bob"),
            (r#"matches(contact.postal_code, "^[0-9]{5}$")"#, "ada"),
            (r#"matches(contact.postal_code, "[0-9]{5}")"#, "ada bob"),
            (r#"not(matches(contact.postal_code, "[0-9]{5}"))"#, "cem dan"),
            (r#"matches(contact.job_title, "(?i)\\bbuyer")"#, "ada bob cem"),
            ("did: OrderPlaced\nwhere: matches(interaction.product, \"^s.oe\")\nexactly: 1", "ada bob cem"),
            ("did: OrderPlaced\nwhere: matches(interaction.product, \"^x\")", ""),
        ];
        check(database, &table, "2026-04-01 08:00");
    });
}

#[test]
fn days_ahead_are_days_of_the_calendar() {
    // In Berlin it is the 1st of April, a Wednesday.
    on_both(|database| {
        let table = [
            ("contact.renewal == today()", "ada"),
            ("contact.seen == today()", "ada"),
            ("contact.seen != today()", "bob cem dan"),
            ("contact.seen == today() + 1", "bob"),
            ("contact.renewal == today() + 7", "bob"),
            ("contact.seen <= today()", "ada"),
            ("contact.seen > today()", "bob cem"),
            (r#"in_following(contact.seen, "day")"#, "bob"),
            (r#"in_following(contact.renewal, "week")"#, "bob"),
            (r#"in_following(contact.seen, "week")"#, ""),
            (r#"in_this(contact.seen, "week")"#, "ada bob cem"),
            (r#"in_following(contact.seen, "4 days")"#, "bob cem"),
            (r#"in_following(contact.renewal, "month")"#, ""),
            (r#"in_next(contact.renewal, "30 days")"#, "ada bob cem"),
        ];
        check(database, &table, "2026-04-01 08:00");
    });
}

#[test]
fn the_last_among_some_is_told_from_what_the_last_one_was() {
    on_both(|database| {
        let table = [
            // The last among those of a product.
            ("last_did: OrderPlaced\nwhere: interaction.product == \"shoe\"\nuntil: 2026-03-01", "ada"),
            // What the last was; of two at one moment, one is enough.
            ("last_did: OrderPlaced\nit_was: interaction.product == \"shoe\"", "bob cem"),
            ("last_did: OrderPlaced\nit_was: interaction.product == \"hat\"", "ada cem"),
            ("first_did: OrderPlaced\nit_was: interaction.product == \"hat\"", "bob cem"),
            ("last_did: OrderPlaced\nit_was: interaction.product == \"shoe\"\nsince: 2026-03-03", "cem"),
            (
                "last_did: OrderPlaced\nwhere: interaction.product != \"hat\"\nit_was: interaction.product == \"shoe\"",
                "ada bob cem",
            ),
        ];
        check(database, &table, "2026-04-01 08:00");
    });
}

#[test]
fn a_field_has_been_so_for_as_long_as_the_store_saw_no_change() {
    on_both(|database| {
        let conditions = [
            r#"contact.role == "buyer" && unchanged_for(contact.role, "30 days")"#,
            r#"unchanged_for(contact.department, "30 days")"#,
        ];
        let workspace = Workspace::on(database).file("journeys/all.yaml", &segments(&conditions));
        let mut world = workspace.open();
        let members = |world: &mut crate::support::world::World| {
            ["s0", "s1"].map(|name| {
                let ids = world.tables().lines(&format!(
                    "SELECT c.id FROM membership m JOIN segment s ON s.key = m.segment_key
                     JOIN contact c ON c.key = m.subject_key WHERE s.name = '{name}' ORDER BY c.id"
                ));
                ids.join(" ")
            })
        };
        world.tick("2026-03-01 08:00");
        world.import(ImportKind::Contacts, "id,role\nada,buyer\nbob,user\n");
        world.tick("2026-03-01 08:00");
        assert_eq!(members(&mut world), ["", ""], "nothing is known for so long on {database:?}");
        world.tick("2026-03-20 08:00");
        world.import(ImportKind::Contacts, "id,role\nada,buyer\nbob,buyer\n");
        world.tick("2026-03-31 07:59");
        assert_eq!(members(&mut world), ["", ""], "a minute too early on {database:?}");
        world.tick("2026-03-31 08:00");
        assert_eq!(members(&mut world), ["ada", "ada bob"], "on {database:?}");
        world.tick("2026-04-19 07:59");
        assert_eq!(members(&mut world), ["ada", "ada bob"], "a minute too early on {database:?}");
        world.tick("2026-04-19 08:00");
        assert_eq!(members(&mut world), ["ada bob", "ada bob"], "on {database:?}");
        world.tick("2026-04-20 08:00");
        world.import(ImportKind::Contacts, "id,role\nada,user\n");
        world.tick("2026-04-20 08:00");
        assert_eq!(members(&mut world), ["bob", "ada bob"], "a change counts anew on {database:?}");
        drop(world.close());
        let why = workspace.program(&["why", "segment", "s0", "bob"]).done();
        assert!(why.contains("contact.role hasn't changed for 30 days"), "{why}");
        assert!(!why.contains("no longer"), "{why}");
    });
}
