//! A workspace at work: definitions compiled, store open, time handed in.

use std::path::Path;

use tilework::{
    channels::{Edge, RunLimit},
    compile::{Plan, compile},
    definitions,
    diagnostics::{Problems, render_human},
    engine::Engine,
    runtime::{self, Publishing, Runtime},
    store::{Store, StoreAddress},
};

/// The plan of the workspace in a folder.
pub fn plan(folder: &Path) -> Plan {
    let mut problems = Problems::default();
    let definitions = definitions::load(folder, None, &|_| None, &mut problems).expect("a workspace");
    compile(&definitions, &mut problems)
        .unwrap_or_else(|| panic!("{}", render_human(&problems, &definitions.sources, false)))
}

/// Opens a store as its worker.
pub fn open(address: &StoreAddress) -> Store {
    let mut store = Store::open_for_writing(address).expect("a store");
    assert!(store.start_worker(runtime::real_now()).expect("a worker"), "nobody else works on it");
    store
}

/// Publishes what changed and does everything that is due.
pub fn tick(folder: &Path, plan: &Plan, store: &mut Store, now: i64) {
    let journeys = runtime::publish(store, plan, &Publishing::default(), now).expect("published");
    let engine = Engine {
        plan,
        journeys,
        batch_size: 5_000,
        real_now: &runtime::real_now,
        observe: &|_| {},
        stop: &|| false,
    };
    let limit = RunLimit::of(plan);
    runtime::tick(
        &Runtime { engine, edge: Edge::default(), root: folder, limit, played: None },
        store,
        now,
        true,
    )
    .expect("a tick");
}
