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

use std::{fs, path::Path, process::Command, time::Instant};

use support::{
    database::Database,
    engine, tables,
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
            // Each in a process of its own, so that its peak of memory is its own.
            for database in ["sqlite", "postgres"] {
                let program = std::env::current_exe().expect("this program");
                let status = Command::new(program)
                    .args(["--contacts", &contacts.to_string(), "--only", database])
                    .status()
                    .expect("this program runs");
                assert!(status.success(), "{database} went wrong");
            }
        }
    }
}

/// The value of an option of the command line.
fn option(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

fn sqlite(folder: &Path, world: &World) {
    let address = |name: &str| StoreAddress::Sqlite(folder.join(name));
    engine::prepare(folder, &address("engine.db"), world);
    fs::copy(folder.join("engine.db"), folder.join("yardstick.db")).expect("a copy of the store");
    forget_peak();
    let engine_seconds = timed(|| engine::play(folder, &address("engine.db")));
    let memory = peak_memory();
    let mut by_hand = Database::sqlite(&folder.join("yardstick.db"));
    let ids = engine::record_ids(&mut by_hand);
    let seconds = timed(|| yardstick::play(&mut by_hand, &ids));
    let steps = tables::compare(&mut Database::sqlite(&folder.join("engine.db")), &mut by_hand);
    report("SQLite", steps, engine_seconds, seconds, memory);
}

fn postgres(folder: &Path, world: &World) {
    let url = postgres_server::database();
    engine::prepare(folder, &StoreAddress::Postgres(url.clone()), world);
    let copy = format!("{url}_yardstick");
    Database::create_on_postgres(&copy, Some(&url));
    forget_peak();
    let engine_seconds = timed(|| engine::play(folder, &StoreAddress::Postgres(url.clone())));
    let memory = peak_memory();
    let mut by_hand = Database::postgres(&copy);
    let ids = engine::record_ids(&mut by_hand);
    let seconds = timed(|| yardstick::play(&mut by_hand, &ids));
    let steps = tables::compare(&mut Database::postgres(&url), &mut by_hand);
    report("Postgres", steps, engine_seconds, seconds, memory);
}

/// Forgets the peak so far, so that each side's own is measured.
fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("Linux keeps a peak that can be reset");
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
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

/// The most memory this process ever held, in MB; of a database server's own nothing is known here.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1_024
}
