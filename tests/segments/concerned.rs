//! Which segments a change of one field has looked at again: all whose members it can change, and no others.

use tilework::{interactions::ImportKind, model::time::HOUR};

use super::definitions::{ACCOUNT_CELLS, DEFINITIONS, LEAD_CELLS, SCRIPT, TABLE};
use crate::{
    properties::segments::{START, equals_the_full_one},
    support::{
        workspace::{Database, Workspace},
        world::at,
    },
};

#[test]
fn each_field_that_a_segment_depends_on_has_it_evaluated_again() {
    const CONTACT_CELLS: [(&str, &str); 9] = [
        ("role", "buyer"),
        ("role", ""),
        ("account_id", "a1"),
        ("account_id", "a4"),
        ("account_id", ""),
        ("city", "Oslo"),
        ("city", "Rome"),
        ("seen", "2026-03-27T07:00:00Z"),
        ("birthdate", "2026-03-27"),
    ];
    for database in Database::BOTH {
        let workspace = Workspace::on(database)
            .file("journeys/all.yaml", DEFINITIONS)
            .file("scripts/rank.rhai", SCRIPT)
            .file("tables/cities.csv", TABLE);
        let mut world = workspace.open();
        let mut now = at(START);
        world.contacts(&[("c1", "a1"), ("c2", "a2")]);
        world.accounts(&["a1", "a2"]);
        // A lead of c1 is for another account than the contact's own.
        world.import(ImportKind::Accounts, "id,primary_contact_id\na2,c2\n");
        // Some come before those whom they belong to.
        world.import(ImportKind::Leads, "id,contact_id,account_id\nl1,c1,\nl2,c4,a4\nl3,,a3\nl4,c1,a2\n");
        world.try_tick(now).unwrap();
        let cells = [
            (ImportKind::Contacts, "c", &CONTACT_CELLS[..]),
            (ImportKind::Accounts, "a", &ACCOUNT_CELLS[..]),
            (ImportKind::Leads, "l", &LEAD_CELLS[..]),
        ];
        for (kind, letter, cells) in cells {
            for (id, (column, value)) in (1..3).flat_map(|id| cells.iter().map(move |cell| (id, cell))) {
                // No day turns, so that nothing but this field has anything evaluated.
                now += 1_000;
                world.import(kind, &format!("id,{column}\n{letter}{id},{value}\n"));
                world.try_tick(now).unwrap();
                equals_the_full_one(&mut world, now, &format!("{column} of {letter}{id} is {value}"))
                    .unwrap();
            }
        }
    }
}

const FEW_FIELDS: &str = r#"
kind: segment
name: in-oslo
target: contact
where: contact.city == "Oslo"
---
kind: segment
name: buyers-of-finance
target: contact
where:
  all:
    - contact.role == "buyer"
    - account.industry == "Finance"
---
kind: segment
name: quiet-accounts
target: account
where:
  did_not: EmailClicked
---
kind: segment
name: listed
target: contact
members: [c1, c3]
"#;

#[test]
fn segments_are_evaluated_again_only_for_records_whose_fields_they_ask_for() {
    for database in Database::BOTH {
        let mut world = Workspace::on(database).file("journeys/all.yaml", FEW_FIELDS).open();
        world.accounts(&["a1", "a2"]);
        world.contacts(&[("c1", "a1"), ("c2", "a2")]);
        let mut now = at(START);
        world.try_tick(now).unwrap();
        // A contacts file, and the segments that have to be looked at after it.
        let cases: [(&str, &[&str]); 7] = [
            ("id,role,city\nc1,buyer,\nc2,,Rome\n", &["buyers-of-finance", "in-oslo"]),
            ("id,role,city\nc1,buyer,\nc2,,Rome\n", &[]),
            ("id,role,city\nc1,user,\nc2,,Rome\n", &["buyers-of-finance"]),
            ("id,phone\nc1,1\nc2,2\n", &[]),
            ("id,account_id\nc2,a1\n", &["buyers-of-finance", "in-oslo", "listed"]),
            ("id,first_name\nc3,Ada\n", &["buyers-of-finance", "in-oslo", "listed"]),
            ("id,first_name\nc3,Ada\n", &[]),
        ];
        for (file, expected) in cases {
            now += HOUR;
            world.import(ImportKind::Contacts, file);
            world.try_tick(now).unwrap();
            let states = world.store.segment_states().unwrap();
            let evaluated = states.into_iter().filter(|state| state.evaluated_at == Some(now));
            let mut evaluated: Vec<_> = evaluated.map(|state| state.name).collect();
            evaluated.sort();
            assert_eq!(evaluated, expected, "after {file:?}");
        }
    }
}
