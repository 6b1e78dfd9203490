//! Whatever comes in between: imports, changed definitions, other times of day, crashes at any phase.
//! The outcome is that of a run that nothing disturbed, in which the same came in at the same moments.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
};

use proptest::{prelude::*, sample::select};
use tilework::{
    interactions::ImportKind,
    model::time::{MINUTE, rfc3339},
};

use super::journey::{Case, START, case, end};
use crate::support::{
    dump::assert_same,
    property::holds,
    workspace::{Database, Workspace},
    world::{World, at},
};

/// What comes in from outside.
#[derive(Debug, Clone)]
enum Event {
    /// A contact did something, so many minutes before it is told.
    Did { contact: usize, order: bool, before: i64 },
    /// A contact's place in the buying committee, or whether it is still there.
    Changed { contact: usize, field: &'static str, value: &'static str },
    /// A contact that wasn't there before.
    Came { account: usize },
    /// The journey with another step at its end.
    Extended,
    /// The journey without that step again; who stands there leaves.
    Shortened,
}

fn event() -> impl Strategy<Value = Event> {
    let change = select(vec![
        ("role", "buyer"),
        ("role", "user"),
        ("status", "inactive"),
        ("status", "active"),
        ("email", "new@people.example"),
    ]);
    prop_oneof![
        4 => (0..8_usize, any::<bool>(), 0..600_i64).prop_map(|(contact, order, before)| Event::Did {
            contact,
            order,
            before
        }),
        2 => (0..8_usize, change).prop_map(|(contact, (field, value))| Event::Changed { contact, field, value }),
        1 => (0..4_usize).prop_map(|account| Event::Came { account }),
        1 => Just(Event::Extended),
        1 => Just(Event::Shortened),
    ]
}

/// Events, with the minutes that pass before each.
fn events() -> impl Strategy<Value = Vec<(i64, Event)>> {
    prop::collection::vec((0..3 * 24 * 60_i64, event()), 1..10)
}

const MORE: &str =
    "{ id: stay, tile: wait, with: { for: 40 hours } }, { id: bye, tile: email, with: { email: invite } }";
const GONE: &str = "removed: { stay: exit, bye: exit }\n";

fn extended(journey: &str) -> String {
    let line = journey.lines().find(|line| line.starts_with("steps: [")).unwrap();
    let inner = line.strip_suffix(']').unwrap();
    let comma = if inner.ends_with('[') { "" } else { ", " };
    journey.replace(line, &format!("{inner}{comma}{MORE}]"))
}

/// Lets an event in.
fn happen(world: &mut World, case: &Case, place: usize, now: i64, event: &Event) {
    let known = case.contacts.len();
    match event {
        Event::Did { contact, order, before } => {
            let kind = if *order { "OrderPlaced" } else { "Visited" };
            let when = rfc3339(now - before * MINUTE);
            let rows = format!("id,type,at,contact_id\nlate{place},{kind},{when},c{}\n", contact % known);
            world.import(ImportKind::Interactions, &rows);
        }
        Event::Changed { contact, field, value } => {
            world.import(ImportKind::Contacts, &format!("id,{field}\nc{},{value}\n", contact % known));
        }
        Event::Came { account } => {
            let account = ["acme", "globex", "initech", ""][*account];
            let rows = format!(
                "id,first_name,account_id,email,role\nnew{place},New,{account},n{place}@people.example,buyer\n"
            );
            world.import(ImportKind::Contacts, &rows);
        }
        Event::Extended => world.write("journeys/spring.yaml", &extended(&case.journey())),
        Event::Shortened => {
            let journey = format!("{}{GONE}", case.journey());
            world.write("journeys/spring.yaml", &journey);
        }
    }
}

/// What a run does apart from what comes in.
#[derive(Debug, Clone, Copy)]
struct Manner {
    database: Database,
    batch_size: usize,
    /// It dies each time after so many phases; never when there are none.
    dies_after: Option<usize>,
}

/// Runs a case with its events, and gives everything it comes to.
fn run(case: &Case, events: &[(i64, Event)], manner: Manner) -> (String, Vec<(String, String)>) {
    let mut world = case.world(manner.database).batches_of(manner.batch_size);
    let mut now = at(START);
    for (place, (minutes, event)) in events.iter().enumerate() {
        world = play(world, now, manner);
        happen(&mut world, case, place, now, event);
        now = (now + minutes * MINUTE).min(end());
    }
    world = play(world, end(), manner);
    let workspace = world.close();
    (workspace.tables().state_without_attempts(), workspace.mails())
}

/// Plays to a moment, and again from where it died as often as it dies.
fn play(mut world: World, until: i64, manner: Manner) -> World {
    for died in 0_usize.. {
        // Later each time, so that it gets there.
        let left = manner.dies_after.map(|phases| Cell::new(phases + died * (phases + 1)));
        let workspace: Workspace = world.workspace.clone();
        world = world.observed(move |_| {
            if let Some(left) = &left {
                left.set(left.get().wrapping_sub(1));
                if left.get() == 0 {
                    panic::panic_any(Died);
                }
            }
        });
        let outcome = panic::catch_unwind(AssertUnwindSafe(move || {
            world.try_play(until, &mut |_| {}).unwrap();
            world
        }));
        match outcome {
            Ok(world) => return world,
            Err(cause) if cause.is::<Died>() => {
                DEATHS.fetch_add(1, Ordering::Relaxed);
                world = workspace.open().batches_of(manner.batch_size);
            }
            Err(cause) => panic::resume_unwind(cause),
        }
    }
    unreachable!("it dies later each time")
}

static DEATHS: AtomicUsize = AtomicUsize::new(0);

/// The death of a run, as opposed to something that went wrong.
struct Died;

/// A death that was asked for isn't reported.
fn quiet_deaths() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Died>() {
                others(info);
            }
        }));
    });
}

#[test]
fn whatever_comes_in_crashes_batches_and_databases_change_nothing() {
    quiet_deaths();
    holds(5, &(case(), events(), 1..14_usize), |(case, events, phases)| {
        let undisturbed = Manner { database: Database::Sqlite, batch_size: 5_000, dies_after: None };
        let expected = run(&case, &events, undisturbed);
        for manner in [
            Manner { batch_size: 1, dies_after: Some(phases), ..undisturbed },
            Manner { database: Database::Postgres, batch_size: 2, dies_after: Some(phases) },
        ] {
            let found = run(&case, &events, manner);
            assert_same(&format!("{manner:?}\n{}\n{events:?}", case.journey()), &expected.0, &found.0);
            assert!(expected.1 == found.1, "{manner:?}: other mails");
        }
        Ok(())
    });
    let deaths = DEATHS.load(Ordering::Relaxed);
    assert!(deaths > 30, "it died {deaths} times");
}
