//! What holds for any journey.

use std::cell::Cell;

use proptest::test_runner::TestCaseError;
use tilework::model::time::{DAY, MINUTE};

use super::journey::{START, assert_same_but_for_ticks, case, case_again, end, rhythm};
use crate::{
    chains::{assert_chain, assert_effects, chains},
    support::{dump::assert_same, property::holds, workspace::Database, world::at},
};

#[test]
fn everybody_is_somewhere_and_came_there_as_the_journey_leads() {
    let scripted = Cell::new(0);
    holds(12, &case(), |case| {
        let mut world = case.world(Database::Sqlite).batches_of(2);
        for now in [at(START), at(START) + 5 * DAY, end()] {
            world.try_play(now, &mut |_| {}).unwrap();
            let chains = chains(&mut world);
            assert_eq!(chains.len(), case.contacts.len(), "everybody entered");
            for (contact, chain) in &chains {
                assert_chain(&world.plan, contact, chain);
            }
            scripted.set(scripted.get() + assert_effects(&mut world, &chains, &case));
        }
        Ok(())
    });
    assert!(scripted.get() > 50, "{} visits of scripts", scripted.get());
}

#[test]
fn neither_batch_size_nor_database_changes_anything() {
    holds(10, &case_again(&["", "repeat: { every: 8 days }\n", "reentry: after 3 days\n"]), |case| {
        let mut expected = None;
        for (database, size) in [
            (Database::Sqlite, 5_000),
            (Database::Sqlite, 1),
            (Database::Postgres, 3),
            (Database::Postgres, 5_000),
        ] {
            let mut world = case.world(database).batches_of(size);
            world.try_play(end(), &mut |_| {}).unwrap();
            let state = world.state();
            let expected = expected.get_or_insert_with(|| state.clone());
            assert_same(&format!("{database:?}, batches of {size}\n{}", case.journey()), expected, &state);
        }
        Ok(())
    });
}

#[test]
fn rule_14_any_tick_times_give_the_same_end() {
    holds(16, &(case_again(&["", "repeat: { every: 8 days }\n"]), rhythm()), |(case, rhythm)| {
        // Whoever is late by `grace` arrives in the past: who came first, of whom places and accounts
        // depend, is told by who was there, which a rhythm may change.
        let journey = case.journey();
        if journey.contains("grace") && (journey.contains("tile: split") || journey.contains("tile: branch"))
        {
            return Err(TestCaseError::reject("who came first depends on the rhythm"));
        }
        if case.asks_for_scores() {
            return Err(TestCaseError::reject("a score counts from the run that computed it"));
        }
        // Both are published before the journey starts: entries aren't dated before that.
        let published = at(START) - MINUTE;
        let mut played = case.world(Database::Sqlite);
        played.try_tick(published).unwrap();
        played.try_play(end(), &mut |_| {}).unwrap();
        let mut ticked = case.world(Database::Sqlite).batches_of(3);
        ticked.try_tick(published).unwrap();
        let mut now = at(START) + rhythm[0] * MINUTE;
        for minutes in rhythm.iter().cycle() {
            ticked.try_tick(now.min(end())).unwrap();
            if now >= end() {
                break;
            }
            now += minutes * MINUTE;
        }
        assert_same_but_for_ticks(&format!("{journey}\n{case:?}\n{rhythm:?}"), &mut played, &mut ticked);
        Ok(())
    });
}
