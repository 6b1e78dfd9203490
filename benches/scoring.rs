//! Scores of leads by a model of twenty rules, beside SQL written by hand, on SQLite and on Postgres.
//!
//! 1,000,000 contacts with a lead each in 100,000 accounts, and 10,000,000 interactions. Eight rules count
//! interactions, two of them with half-lives, the others look at fields, one by a script. Measured are
//! - the first run, in which every score is computed, beside SQL that writes the same rows (scores, grades,
//!   leads that became sales-ready, what tells of them) into a copy of the store;
//! - a run after 10,000 new interactions and five minutes, beside SQL that changes only the scores that these
//!   can concern, and takes from what is there what fields give;
//! - a run in which nothing happens but that the hour turns, by which points with half-lives fade.
//!
//! After each, the scores have to be those that the SQL comes to.
//!
//! `cargo bench --bench scoring -- --contacts 20000` runs it smaller, `--only sqlite` on one database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    dead_code,
    missing_docs,
    reason = "a benchmark measures real time, prints, and stops where something is wrong"
)]

#[path = "support/database.rs"]
mod database;
#[path = "../tests/support/postgres.rs"]
mod postgres_server;
#[path = "support/process.rs"]
mod process;
#[path = "support/scoring_yardstick.rs"]
mod scoring_yardstick;
#[path = "support/workspace.rs"]
mod workspace;

use std::{fs, path::Path};

use database::Database;
use process::{forget_peak, on_each_database, option, peak_memory, timed};
use scoring_yardstick::{all_by_hand, changed_by_hand, scores, scores_by_hand};
use tilework::{
    compile::Plan,
    store::{NewInteraction, Store, StoreAddress},
};
use workspace::{open, plan, tick};

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;
/// 2026-03-02T08:10:00Z: five minutes later, no hour has turned.
pub const NOW: i64 = 1_772_439_000_000;
const LATER: i64 = NOW + 300_000;
const NEXT_HOUR: i64 = NOW + 3_000_000;
pub const TYPES: i64 = 5;

/// The rules that count interactions: type, days of the window, points, half-life in days.
pub const COUNTED: [(i64, i64, i64, Option<i64>); 8] = [
    (0, 30, 5, None),
    (1, 60, 3, None),
    (2, 90, -2, None),
    (3, 365, 1, None),
    (4, 14, 8, None),
    (0, 7, 4, None),
    (1, 365, 10, Some(30)),
    (3, 365, 6, Some(90)),
];

/// The other rules: condition, the same in SQL, points. One of them calls the function in `SCRIPT`.
pub const OTHERS: [(&str, &str, i64); 12] = [
    ("account.employees >= 100", "a.employees >= 100", 2),
    ("account.employees >= 500", "a.employees >= 500", 5),
    ("account.employees >= 900", "a.employees >= 900", 7),
    ("account.industry == \"Finance\"", "a.industry = 'Finance'", 10),
    ("account.industry in [\"Energy\", \"Retail\"]", "a.industry IN ('Energy', 'Retail')", 3),
    ("is_blank(account.website)", "(a.website IS NULL OR trim(a.website) = '')", -1),
    ("contact.role == \"buyer\"", "c.role = 'buyer'", 12),
    ("contact.role == \"user\"", "c.role = 'user'", 4),
    ("contact.country in [\"NO\", \"IT\", \"DE\"]", "c.country IN ('NO', 'IT', 'DE')", 2),
    ("contact.do_not_email", "c.do_not_email = 1", -20),
    ("heads_something(contact)", "substr(c.job_title, 1, 4) = 'Head'", 9),
    ("lead.source == \"fair\"", "l.source = 'fair'", 6),
];

/// The functions of `scripts/` that rules call.
const SCRIPT: &str = "fn heads_something(contact) {
    type_of(contact.job_title) == \"string\" && contact.job_title.starts_with(\"Head\")
}
";

/// From which score on a grade is given; below the last one it is Cold.
pub const GRADES: [(&str, i64); 2] = [("Hot", 40), ("Warm", 20)];
pub const READY: i64 = 50;

fn main() {
    let contacts: i64 =
        option("--contacts").map_or(1_000_000, |count| count.parse().expect("--contacts takes a number"));
    let mut folder = tempfile::tempdir().expect("a temporary folder");
    folder.disable_cleanup(option("--keep").is_some());
    write_definitions(folder.path());
    match option("--only").as_deref() {
        Some("sqlite") => {
            measure(folder.path(), &StoreAddress::Sqlite(folder.path().join("engine.db")), contacts);
        }
        Some("postgres") => {
            measure(
                folder.path(),
                &StoreAddress::Postgres(postgres_server::database(), folder.path().to_owned()),
                contacts,
            );
        }
        Some(other) => panic!("--only takes sqlite or postgres, not {other}"),
        None => {
            on_each_database();
        }
    }
}

fn write_definitions(folder: &Path) {
    fs::create_dir_all(folder.join("journeys")).expect("a folder");
    fs::write(folder.join("tilework.yaml"), "name: bench\ntimezone: UTC\n").expect("settings");
    fs::create_dir_all(folder.join("scripts")).expect("a folder");
    fs::write(folder.join("scripts/bench.rhai"), SCRIPT).expect("a script");
    fs::write(folder.join("journeys/bench.yaml"), model()).expect("definitions");
}

fn model() -> String {
    let mut text: String =
        (0..TYPES).map(|kind| format!("kind: interaction\nname: Did{kind}\n---\n")).collect();
    text.push_str("kind: scoring_model\nname: bench\ntarget: contact_leads\nrules:\n");
    for (place, (kind, days, points, half_life)) in COUNTED.iter().enumerate() {
        text.push_str(&format!(
            "  - name: counted {place}\n    when: {{ did: Did{kind}, within: {days} days }}\n    points: {points}\n    per: each\n"
        ));
        if let Some(days) = half_life {
            text.push_str(&format!("    half_life: {days} days\n"));
        }
    }
    for (place, (condition, _, points)) in OTHERS.iter().enumerate() {
        text.push_str(&format!("  - name: other {place}\n    when: '{condition}'\n    points: {points}\n"));
    }
    text.push_str("grades:\n");
    for (name, from) in GRADES {
        text.push_str(&format!("  - {{ name: {name}, from: {from} }}\n"));
    }
    text.push_str(&format!("  - {{ name: Cold }}\nsales_ready: {READY}\n"));
    text
}

/// Rows of numbers from 1 to n, on both databases.
fn series(database: &Database, n: i64) -> String {
    match database {
        Database::Sqlite(_) => format!(
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {n}) SELECT n FROM s"
        ),
        Database::Postgres(_) => format!("SELECT n FROM generate_series(1, {n}) AS s(n)"),
    }
}

/// A number that looks random, the same on both databases: below `modulus`.
fn chance(factor: i64, modulus: i64) -> String {
    format!("(((CAST(n AS BIGINT) * {factor} + 12345) % 1000003) % {modulus})")
}

fn fill(database: &mut Database, contacts: i64) {
    let accounts = (contacts / 10).max(1);
    let (employees, industry) = (chance(7919, 1000), chance(104_729, 5));
    let rows = series(database, accounts);
    database.run(&format!(
        "INSERT INTO account (id, name, industry, employees, website)
         SELECT 'a' || n, 'Account ' || n, CASE {industry} WHEN 0 THEN 'Finance' WHEN 1 THEN 'Energy' ELSE 'Media' END,
                {employees}, CASE n % 3 WHEN 0 THEN 'https://a' || n || '.example' END FROM ({rows}) s"
    ));
    let (country, role, title) = (chance(104_729, 10), chance(15_485_863, 8), chance(32_452_843, 10));
    let rows = series(database, contacts);
    database.run(&format!(
        "INSERT INTO contact (id, first_name, last_name, email, account_id, account_key, country, role, job_title, do_not_email)
         SELECT 'c' || n, 'First' || n, 'Last' || n, 'c' || n || '@people.example', 'a' || (n % {accounts} + 1), n % {accounts} + 1,
                CASE {country} WHEN 0 THEN 'NO' WHEN 1 THEN 'IT' ELSE 'US' END,
                CASE {role} WHEN 0 THEN 'buyer' WHEN 1 THEN 'user' END,
                CASE {title} WHEN 0 THEN 'Head of Purchasing' ELSE 'Engineer' END, CASE {title} WHEN 5 THEN 1 ELSE 0 END
         FROM ({rows}) s"
    ));
    let source = chance(49_979_687, 4);
    let rows = series(database, contacts);
    database.run(&format!(
        "INSERT INTO lead (id, contact_id, contact_key, stage, source)
         SELECT 'l' || n, 'c' || n, n, 'inquiry', CASE {source} WHEN 0 THEN 'fair' ELSE 'web' END FROM ({rows}) s"
    ));
    let (kind, age) = (chance(15_485_863, TYPES), chance(104_729, 365 * 24 * 60));
    let (first, rows) = (first_type(), series(database, contacts * 10));
    let who = format!("(CAST(n AS BIGINT) * 7919 % {contacts} + 1)");
    // Made anew at once, sorted, indexes take a tenth of the time.
    database.run(
        "DROP INDEX interaction_contact; DROP INDEX interaction_type_at; DROP INDEX interaction_account",
    );
    database.run(&format!(
        "INSERT INTO interaction (id, type_key, at, contact_key, account_key)
         SELECT 'i' || (1000000000 + n), {first} + {kind}, {NOW} - CAST(2 * {age} + n % 2 AS BIGINT) * 60000 - 1, {who}, {who} % {accounts} + 1
         FROM ({rows}) s"
    ));
    database.run(
        "CREATE INDEX interaction_contact ON interaction (contact_key, type_key, at);
         CREATE INDEX interaction_type_at ON interaction (type_key, at, contact_key, account_key);
         CREATE INDEX interaction_account ON interaction (account_key, type_key, at)",
    );
}

/// The key of the first type that rules count.
pub fn first_type() -> &'static str {
    "(SELECT MIN(key) FROM interaction_type WHERE name LIKE 'Did%')"
}

/// A store with everybody in it and no scores, and a copy of it for the yardstick.
fn stores(folder: &Path, plan: &Plan, address: &StoreAddress, contacts: i64) -> (Store, StoreAddress) {
    Store::migrate(address).expect("tables");
    let mut store = open(address);
    store.declare(&plan.catalog).expect("columns");
    fill(&mut Database::of(address), contacts);
    store.analyze().expect("statistics");
    store.checkpoint().expect("one file");
    match address {
        StoreAddress::Sqlite(path) => {
            let copy = folder.join("yardstick.db");
            fs::copy(path, &copy).expect("a copy of the store");
            (store, StoreAddress::Sqlite(copy))
        }
        StoreAddress::Postgres(url, folder) => {
            drop(store);
            // What a server does by and by anyway: indexes alone answer what they hold.
            Database::of(address).run("VACUUM");
            let copy = format!("{url}_yardstick");
            Database::create_on_postgres(&copy, Some(url));
            (open(address), StoreAddress::Postgres(copy, folder.clone()))
        }
    }
}

/// Stops where the engine's scores aren't those that SQL by hand comes to at a moment.
fn compare(address: &StoreAddress, now: i64) {
    let mut database = Database::of(address);
    let engine = scores(&mut database);
    scores_by_hand(&mut database, now);
    assert!(engine == scores(&mut database), "the scores are the same");
}

fn measure(folder: &Path, address: &StoreAddress, contacts: i64) {
    let plan = plan(folder);
    let (mut store, copy) = stores(folder, &plan, address, contacts);
    forget_peak();
    let full = timed(|| tick(folder, &plan, &mut store, NOW));
    let without_change = timed(|| tick(folder, &plan, &mut store, NOW));
    change(&mut store, contacts);
    let changed = timed(|| tick(folder, &plan, &mut store, LATER));
    let memory = peak_memory();
    let mut yardstick = Database::of(&copy);
    let by_hand = timed(|| all_by_hand(&mut yardstick, NOW));
    let ready = scoring_yardstick::ready(&mut yardstick);
    yardstick.run("DELETE FROM change");
    change(&mut open(&copy), contacts);
    let changed_hand = timed(|| changed_by_hand(&mut yardstick, NOW, LATER));
    let leads = scores(&mut yardstick);
    assert!(leads == scores(&mut Database::of(address)), "both sides come to the same after changes");
    drop(yardstick);
    let name = if matches!(address, StoreAddress::Sqlite(_)) { "SQLite" } else { "Postgres" };
    println!(
        "{name}: {} leads by 20 rules over {} interactions, {ready} of them sales-ready",
        leads.len(),
        contacts * 10
    );
    println!("  all scores              {full:>9.3} s, by hand {by_hand:.3} s, ratio {:.2}", full / by_hand);
    let share = |seconds: f64| 100.0 * seconds / full;
    println!("  without change          {without_change:>9.3} s");
    println!(
        "  new interactions, 5 min {changed:>9.3} s, {:.2} % of all scores, by hand {changed_hand:.3} s, ratio {:.2}",
        share(changed),
        changed / changed_hand
    );
    compare(address, LATER);
    // The comparison left other rows behind: the engine computes all of them anew.
    store.keep_models(&[], &[]).expect("no models");
    tick(folder, &plan, &mut store, LATER);
    let turned = timed(|| tick(folder, &plan, &mut store, NEXT_HOUR));
    println!("  the hour turns          {turned:>9.3} s, {:.2} % of all scores", share(turned));
    compare(address, NEXT_HOUR);
    println!("  peak memory {memory} MB");
}

/// One new interaction for each hundredth contact.
fn change(store: &mut Store, contacts: i64) {
    let rows: Vec<NewInteraction> = (0..contacts / 100)
        .map(|at| NewInteraction {
            id: format!("new{at}"),
            kind: format!("Did{}", at % TYPES),
            at: NOW - at,
            contact_id: format!("c{}", at * 7919 % contacts + 1),
            account_id: None,
            journey: None,
            iteration: None,
            step: None,
            values: Vec::new(),
        })
        .collect();
    for rows in rows.chunks(5_000) {
        store.insert_interactions(&[], rows).expect("interactions");
    }
}
