//! Looking only at those whom a change can concern comes to the same as looking at everybody.

use std::{collections::BTreeMap, ops::Range};

use proptest::{prelude::*, sample::select};
use tilework::{
    compile::{Members, SegmentPlan},
    interactions::ImportKind,
    model::time::{DAY, HOUR, rfc3339},
    store::{Member, Membership},
};

use crate::{
    segments::definitions::{
        ACCOUNT_CELLS, CONTACT_CELLS, Cell, DEFINITIONS, JOURNEY, LEAD_CELLS, SCRIPT, TABLE,
    },
    support::{
        evaluated::evaluate,
        property::{self, Outcome},
        workspace::{Database, Workspace},
        world::{World, at},
    },
};

/// Two days before clocks go forward in London and at the end of a month.
pub const START: &str = "2026-03-27 08:00";

#[derive(Debug, Clone)]
enum Change {
    Record { kind: ImportKind, id: String, column: &'static str, value: String },
    Link { lead: u8, contact: &'static str, account: &'static str },
    Interaction { contact: u8, account: &'static str, kind: &'static str, offset: i64, amount: u8 },
    Word { contact: u8, kind: &'static str, offset: i64 },
    Erase { contact: u8 },
    Time { milliseconds: i64 },
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let offset = prop_oneof![
        (-40 * DAY..3 * DAY),
        (-40..3_i64).prop_map(|days| days * DAY),
        Just(-30 * DAY),
        Just(0),
        Just(HOUR)
    ];
    let record = |kind: ImportKind, letter: &'static str, ids: Range<u8>, cells: &'static [Cell]| {
        (ids, select(cells)).prop_map(move |(id, (column, value))| Change::Record {
            kind,
            id: format!("{letter}{id}"),
            column,
            value: value.to_owned(),
        })
    };
    let seen = (0..12_u8, -3 * DAY..3 * DAY).prop_map(|(id, offset)| Change::Record {
        kind: ImportKind::Contacts,
        id: format!("c{id}"),
        column: "seen",
        value: rfc3339(at(START) + offset),
    });
    let milliseconds = prop_oneof![
        1 => Just(0_i64), 1 => Just(1_i64), 3 => 1..4 * DAY, 2 => (1..50_i64).prop_map(|hours| hours * HOUR)
    ];
    let interaction = (
        0..12_u8,
        select(&["", "", "", "a1", "a3", "a4"][..]),
        select(&["OrderPlaced", "Visited"][..]),
        offset,
        5..15_u8,
    );
    let change = prop_oneof![
        6 => record(ImportKind::Contacts, "c", 0..12, &CONTACT_CELLS),
        1 => seen,
        3 => record(ImportKind::Accounts, "a", 1..5, &ACCOUNT_CELLS),
        3 => record(ImportKind::Leads, "l", 1..5, &LEAD_CELLS),
        1 => (1..5_u8, select(&["", "c0", "c1", "c9"][..]), select(&["", "a1", "a3"][..]))
            .prop_map(|(lead, contact, account)| Change::Link { lead, contact, account }),
        1 => (0..6_u8, select(&["Subscribed", "Unsubscribed"][..]), -2 * DAY..DAY)
            .prop_map(|(contact, kind, offset)| Change::Word { contact, kind, offset }),
        6 => interaction.prop_map(|(contact, account, kind, offset, amount)| Change::Interaction {
            contact, account, kind, offset, amount
        }),
        1 => (0..6_u8).prop_map(|contact| Change::Erase { contact }),
        5 => milliseconds.prop_map(|milliseconds| Change::Time { milliseconds }),
    ];
    proptest::collection::vec(change, 10..40)
}

/// Has the store hear of a change.
fn happen(world: &mut World, place: usize, now: i64, change: &Change) {
    world.facts_at = Some(now);
    match change {
        Change::Record { kind, id, column, value } => {
            world.import(*kind, &format!("id,{column}\n{id},{value}\n"));
        }
        Change::Link { lead, contact, account } => {
            // Refused where there is no such lead or parent, which changes nothing.
            world.link(&format!("l{lead}"), contact, account, now).ok();
        }
        Change::Interaction { contact, account, kind, offset, amount } => {
            let row = format!(
                "id,type,at,contact_id,account_id,amount\ni{place},{kind},{},c{contact},{account},{}\n",
                rfc3339(now + offset),
                if *kind == "OrderPlaced" { amount.to_string() } else { String::new() }
            );
            world.try_import(ImportKind::Interactions, row.as_bytes());
        }
        Change::Word { contact, kind, offset } => {
            let when = rfc3339(now + offset);
            let row =
                format!("id,type,at,contact_id,topic\nw{place},{kind},{when},c{contact},product-news\n");
            world.try_import(ImportKind::Interactions, row.as_bytes());
        }
        Change::Erase { contact } => {
            world.store.forget_contact(&format!("c{contact}"), "key", now).unwrap();
        }
        Change::Time { .. } => {}
    }
}

/// Some people of accounts of whom one comes later.
fn populated(empty: &Workspace) -> World {
    let mut world = empty.copy().open();
    world.facts_at = Some(at(START));
    world.contacts(&[("c0", "a1"), ("c1", "a1"), ("c2", "a2"), ("c3", ""), ("c4", ""), ("c5", "a4")]);
    world.accounts(&["a1", "a2", "a3"]);
    world
}

fn members(world: &mut World, name: &str, target: tilework::model::Entity) -> Vec<String> {
    let mut ids = Vec::new();
    let mut each = |member: Member| {
        ids.push(member.id);
        Ok(())
    };
    world.store.segment_members(name, target, &mut each).unwrap();
    ids
}

/// Evaluates each segment's condition over everybody, and compares.
pub fn equals_the_full_one(world: &mut World, now: i64, happened: &str) -> Outcome {
    let segments = world.plan.segments.clone();
    for segment in &segments {
        let everybody = match (&segment.members, segment.active) {
            (_, false) => Membership::Static(Vec::new()),
            (Members::Where(condition), _) => Membership::Where(condition.clone()),
            (Members::Static(ids), _) => Membership::Static(ids.clone()),
        };
        let full = format!("all of {}", segment.name);
        world.store.declare_segment(&full, segment.target, "", true, 0).unwrap();
        let library = world.plan.library.clone();
        evaluate(&mut world.store, &full, &everybody, segment.target, now, &*library).unwrap();
        let expected = members(world, &full, segment.target);
        let found = members(world, &segment.name, segment.target);
        prop_assert_eq!(found, expected, "{} at {}, after {}", segment.name, rfc3339(now), happened);
        let states = world.store.segment_states().unwrap();
        let state = states.iter().find(|state| state.name == segment.name).unwrap();
        let count = members(world, &segment.name, segment.target).len();
        prop_assert_eq!(state.count, i64::try_from(count).unwrap(), "the size of {}", segment.name);
    }
    Ok(())
}

fn workspace(database: Database, definitions: &str) -> Workspace {
    let empty = Workspace::on(database)
        .file("journeys/all.yaml", definitions)
        .file("scripts/rank.rhai", SCRIPT)
        .file("tables/cities.csv", TABLE);
    empty.open().close();
    empty
}

fn come_to_the_same(database: Database, cases: u32) {
    let empty = workspace(database, &format!("{DEFINITIONS}---{JOURNEY}"));
    let looked_at_some = std::cell::Cell::new(0);
    property::holds(cases, &changes(), |changes| {
        let mut world = populated(&empty);
        let mut now = at(START);
        world.try_tick(now).unwrap();
        for (place, change) in changes.iter().enumerate() {
            happen(&mut world, place, now, change);
            if let Change::Time { milliseconds } = change {
                now += milliseconds;
                world.try_tick(now).unwrap();
                equals_the_full_one(&mut world, now, &format!("{:?}", &changes[..=place]))?;
            }
        }
        now += DAY;
        world.try_tick(now).unwrap();
        let states = world.store.segment_states().unwrap();
        let some = states.iter().filter(|state| state.looked_at.is_some()).count();
        looked_at_some.set(looked_at_some.get() + some);
        equals_the_full_one(&mut world, now, "all")
    });
    assert!(looked_at_some.get() > 0, "at times not everybody was looked at");
}

/// Members by segment.
fn all_members(world: &mut World) -> BTreeMap<String, Vec<String>> {
    let segments = world.plan.segments.clone();
    let of = |segment: &SegmentPlan| (segment.name.clone(), members(world, &segment.name, segment.target));
    segments.iter().map(of).collect()
}

/// A store that was run after each change, and one that was run at the end alone, come to the same.
fn come_to_what_a_new_store_comes_to(database: Database, cases: u32) {
    let empty = workspace(database, DEFINITIONS);
    property::holds(cases, &changes(), |changes| {
        let (mut often, mut once) = (populated(&empty), populated(&empty));
        let mut now = at(START);
        often.try_tick(now).unwrap();
        for (place, change) in changes.iter().enumerate() {
            happen(&mut often, place, now, change);
            happen(&mut once, place, now, change);
            if let Change::Time { milliseconds } = change {
                now += milliseconds;
            }
            often.try_tick(now).unwrap();
        }
        once.try_tick(now).unwrap();
        prop_assert_eq!(all_members(&mut often), all_members(&mut once));
        Ok(())
    });
}

#[test]
fn the_incremental_refresh_equals_the_full_one_after_any_changes_on_sqlite() {
    come_to_the_same(Database::Sqlite, 16);
}

#[test]
fn the_incremental_refresh_equals_the_full_one_after_any_changes_on_postgres() {
    come_to_the_same(Database::Postgres, 4);
}

#[test]
fn the_incremental_refresh_equals_a_store_made_anew_with_the_same_facts_on_sqlite() {
    come_to_what_a_new_store_comes_to(Database::Sqlite, 8);
}

#[test]
fn the_incremental_refresh_equals_a_store_made_anew_with_the_same_facts_on_postgres() {
    come_to_what_a_new_store_comes_to(Database::Postgres, 2);
}
