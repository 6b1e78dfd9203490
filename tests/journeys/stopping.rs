//! Who serves stops soon when told to, and loses nothing by it.

use std::{cell::Cell, sync::atomic::AtomicBool};

use tilework::{
    engine::{Engine, Phase},
    runtime::{self, Publishing, Runtime, Serving},
};

use super::{EVERYONE, world};
use crate::support::{
    workspace::{Database, on_both},
    world::{World, at},
};

const LEADS: &str = "
  - id: lead
    tile: create_lead
    with: { for_each: contact, topic: \"{{contact.first_name}}\" }
";

/// A world whose journey has begun.
fn begun(database: Database) -> World {
    world(database, EVERYONE, LEADS).batches_of(1)
}

#[test]
fn serving_stops_before_the_next_batch_and_the_next_run_does_the_rest() {
    on_both(|database| {
        let mut world = begun(database);
        let now = at("2026-03-01 08:00");
        let committed = Cell::new(false);
        let stop = AtomicBool::new(false);
        let journeys = runtime::publish(&mut world.store, &world.plan, &Publishing::default(), now).unwrap();
        let runtime = Runtime {
            engine: Engine {
                plan: &world.plan,
                journeys,
                batch_size: 1,
                real_now: &|| now,
                observe: &|phase| committed.set(committed.get() || phase == Phase::Committed),
                stop: &|| committed.get(),
            },
            edge: tilework::channels::Edge::default(),
            root: world.workspace.root(),
            limit: tilework::channels::RunLimit::default(),
            played: None,
        };
        let serving = Serving {
            stop: &stop,
            sleep: &|_| panic!("it waits"),
            changed: &|| false,
            admitted: &|_, _| Ok(()),
            ticked: &|_, _| Ok(()),
        };
        let changed = runtime::serve(&runtime, &mut world.store, &serving).unwrap();
        assert!(!changed);
        let made = world.leads().len();
        assert!((1..4).contains(&made), "one batch alone, not {made} leads");
        world.tick("2026-03-01 08:00");
        assert_eq!(world.leads().len(), 4);
    });
}
