//! Contact-steps per second of an account journey, beside the same state changes by hand-written,
//! set-based SQL on the same schema and indexes, on SQLite and on Postgres.
//!
//! 100,000 contacts in 10,000 accounts go through six steps: e-mail, wait, account trigger over 200,000
//! interactions, activity and lead for each account, e-mail. Both sides start from a copy of one store
//! in which segments are evaluated and the journey is published, tick at the same moments, and commit
//! each state change in a transaction; afterwards their tables have to be equal, row by row.
//!
//! `cargo bench --bench journey -- --contacts 20000` runs it smaller.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    missing_docs,
    reason = "a benchmark measures real time, prints, and stops where something is wrong"
)]

#[path = "../tests/support/postgres.rs"]
mod postgres_server;

mod support;

use std::{fs, path::Path};

use support::{
    database::Database,
    engine,
    process::{forget_peak, on_each_database, option, peak_memory, timed},
    tables,
    world::{self, World},
    yardstick,
};
use tilework::store::StoreAddress;

fn main() {
    let contacts =
        option("--contacts").map_or(100_000, |count| count.parse().expect("--contacts takes a number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let world = World { contacts, accounts: contacts / 10, interactions: contacts * 2 };
    world::write_definitions(folder.path());
    match option("--only").as_deref() {
        Some("sqlite") => sqlite(folder.path(), &world),
        Some("postgres") => postgres(folder.path(), &world),
        Some(other) => panic!("--only takes sqlite or postgres, not {other}"),
        None => {
            println!(
                "{} contacts in {} accounts, {} interactions, six steps: e-mail, wait, account trigger, activity, lead, e-mail",
                world.contacts, world.accounts, world.interactions
            );
            println!(
                "{:<10}{:>12}{:>14}{:>14}{:>8}{:>12}",
                "", "steps", "engine", "SQL", "ratio", "peak memory"
            );
            on_each_database();
        }
    }
}

fn sqlite(folder: &Path, world: &World) {
    let address = |name: &str| StoreAddress::Sqlite(folder.join(name));
    engine::prepare(folder, &address("engine.db"), world);
    fs::copy(folder.join("engine.db"), folder.join("yardstick.db")).expect("a copy of the store");
    forget_peak();
    let engine_seconds = timed(|| engine::play(folder, &address("engine.db")));
    let memory = peak_memory();
    let mut by_hand = Database::of(&address("yardstick.db"));
    let ids = engine::record_ids(&mut by_hand);
    let seconds = timed(|| yardstick::play(&mut by_hand, &ids));
    let steps = tables::compare(&mut Database::of(&address("engine.db")), &mut by_hand);
    report("SQLite", steps, engine_seconds, seconds, memory);
}

fn postgres(folder: &Path, world: &World) {
    let url = postgres_server::database();
    engine::prepare(folder, &StoreAddress::Postgres(url.clone(), folder.to_owned()), world);
    let copy = format!("{url}_yardstick");
    Database::create_on_postgres(&copy, Some(&url));
    forget_peak();
    let engine_seconds =
        timed(|| engine::play(folder, &StoreAddress::Postgres(url.clone(), folder.to_owned())));
    let memory = peak_memory();
    let mut by_hand = Database::postgres(&copy);
    let ids = engine::record_ids(&mut by_hand);
    let seconds = timed(|| yardstick::play(&mut by_hand, &ids));
    let steps = tables::compare(&mut Database::postgres(&url), &mut by_hand);
    report("Postgres", steps, engine_seconds, seconds, memory);
}

fn report(name: &str, steps: u64, engine: f64, by_hand: f64, memory: u64) {
    let rate = |seconds: f64| format!("{:.0} k/s", steps as f64 / seconds / 1_000.0);
    println!(
        "{name:<10}{steps:>12}{:>14}{:>14}{:>8.2}{:>9} MB   ({engine:.2} s and {by_hand:.2} s)",
        rate(engine),
        rate(by_hand),
        engine / by_hand,
        memory
    );
}
