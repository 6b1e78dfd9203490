//! Warnings about segments that need more than the definitions: who uses them, and what the store has.

use crate::support::workspace::{Workspace, on_both};

const DEFINITIONS: &str = r#"
kind: segment
name: wanted
target: contact
where:
  all:
    - contact.city in ["Oslo", "rome", "Paris"]
    - contact.role == "buyer"
    - contains(contact.city, "OM") || ends_with(contact.city, "lo") || starts_with(contact.city, "x")
---
kind: segment
name: vip
target: contact
members: [ada, Ada, nobody]
---
kind: segment
name: looked-at
description: For the Monday meeting
target: contact
where: true
---
kind: segment
name: forgotten
target: contact
where: true
---
kind: journey
name: spring
target: contact
start: 2026-03-01 08:00
audience: { include: [wanted], exclude: [vip] }
steps:
  - id: pause
    tile: wait
    with: { for: 1 day }
"#;

#[test]
fn check_warns_of_what_nobody_uses_and_of_what_the_store_does_not_have() {
    on_both(|database| {
        let workspace = Workspace::on(database).file("journeys/all.yaml", DEFINITIONS);
        let alone = workspace.program(&["check"]).done();
        if matches!(database, crate::support::workspace::Database::Sqlite) {
            assert!(alone.contains("nothing refers to the segment `forgotten`"), "{alone}");
            assert!(alone.contains("1 warning"), "without a store nothing more can be told: {alone}");
        }
        let mut world = workspace.open();
        world.import(tilework::interactions::ImportKind::Contacts, "id,city\nada,Oslo\nbob,Rome\n");
        drop(world.close());
        let program = workspace.program(&["check", "--strict"]);
        assert_eq!(program.code, 1);
        insta::assert_snapshot!("doubts", program.stdout);
    });
}
