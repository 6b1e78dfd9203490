//! Scores of leads by a model of twenty rules, beside hand-written SQL on the same tables, on SQLite and
//! on Postgres: all of them, and those that can have changed after new interactions and five minutes.
//!
//! A lead for each contact, ten interactions for each, ten contacts in an account. Eight rules count
//! interactions, two of them fading by half-lives; the others look at fields. Afterwards both sides have to
//! have the same points for every lead.
//!
//! `cargo bench --bench scoring -- --contacts 20000` runs it smaller.

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
#[path = "support/workspace.rs"]
mod workspace;

use std::{fs, path::Path, time::Instant};

use database::Database;
use tilework::{
    audience,
    store::{Store, StoreAddress},
};
use workspace::plan;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// 2026-03-02T08:10:00Z: five minutes later, no hour has turned.
const NOW: i64 = 1_772_439_000_000;
const LATER: i64 = NOW + 300_000;
const TYPES: i64 = 5;

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--contacts");
    let contacts: i64 = arguments.nth(1).map_or(1_000_000, |count| count.parse().expect("a number"));
    println!("{contacts} leads, {} interactions, 20 rules", contacts * 10);
    println!("{:<10}{:>10}{:>10}{:>8}{:>14}{:>10}", "", "full", "SQL", "ratio", "incremental", "of full");
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(folder.path().join("journeys")).expect("a folder");
    fs::write(folder.path().join("tilework.yaml"), "name: bench\n").expect("a file");
    fs::write(folder.path().join("journeys/bench.yaml"), model()).expect("a file");
    let file = folder.path().join("bench.db");
    run("sqlite", folder.path(), &StoreAddress::Sqlite(file.clone()), contacts, &mut || {
        Database::sqlite(&file)
    });
    let url = postgres_server::database();
    let address = StoreAddress::Postgres(url.clone());
    run("postgres", folder.path(), &address, contacts, &mut || Database::postgres(&url));
}

/// The rules that count interactions: type, days of the window, points, half-life in days.
const COUNTED: [(i64, i64, i64, Option<i64>); 8] = [
    (0, 30, 5, None),
    (1, 60, 3, None),
    (2, 90, -2, None),
    (3, 365, 1, None),
    (4, 14, 8, None),
    (0, 7, 4, None),
    (1, 365, 10, Some(30)),
    (3, 365, 6, Some(90)),
];

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
    for place in 0..12 {
        text.push_str(&format!(
            "  - name: size {place}\n    when: account.employees >= {}\n    points: {}\n",
            place * 80,
            place + 1
        ));
    }
    text
}

/// Numbers from 1 on as a source of rows with a column `n`.
fn numbers(name: &str, from: i64, to: i64) -> String {
    match name {
        "sqlite" => format!(
            "(WITH RECURSIVE s(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM s WHERE n < {to}) SELECT n FROM s) g"
        ),
        _ => format!("(SELECT CAST(g AS BIGINT) AS n FROM generate_series({from}, {to}) g) g"),
    }
}

fn fill(name: &str, by_hand: &mut Database, contacts: i64) {
    let accounts = contacts / 10;
    let key = "(SELECT MIN(key) FROM interaction_type WHERE name LIKE 'Did%')";
    by_hand.transaction(&[
        format!(
            "INSERT INTO account (key, id, employees) SELECT n, 'a' || n, (n * 7919) % 1000 FROM {}",
            numbers(name, 1, accounts)
        ),
        format!(
            "INSERT INTO contact (key, id, account_key) SELECT n, 'c' || n, 1 + n % {accounts} FROM {}",
            numbers(name, 1, contacts)
        ),
        format!(
            "INSERT INTO lead (key, id, contact_key, stage) SELECT n, 'l' || n, n, 'inquiry' FROM {}",
            numbers(name, 1, contacts)
        ),
        format!(
            "INSERT INTO interaction (key, id, type_key, at, contact_key)
             SELECT n, 'i' || n, {key} + n % {TYPES}, {NOW} - (n * 104729) % 730 * {DAY} - (n % 24) * {HOUR} - 1,
                    1 + (n * 7919) % {contacts} FROM {}",
            numbers(name, 1, contacts * 10)
        ),
    ]);
    by_hand.run("ANALYZE");
}

/// The points of every lead, by hand.
fn hand_written(types: i64) -> String {
    let mut columns = String::new();
    let mut sum = Vec::new();
    for (place, (kind, days, points, half_life)) in COUNTED.iter().enumerate() {
        let matches = format!("i.type_key = {} AND i.at >= {}", types + kind, NOW - days * DAY);
        let age = format!("({} - i.at / {HOUR})", NOW / HOUR);
        let worth = match half_life {
            None => format!("CAST({} AS BIGINT)", points * 1_000_000),
            Some(days) => {
                let hours = days * 24;
                format!(
                    "(CAST({} AS BIGINT) * (SELECT factor FROM half_life WHERE hours = {hours} AND age = {age} % {hours})
                      / (CAST(1000000 AS BIGINT) << CAST({age} / {hours} AS INTEGER)))",
                    points * 1_000_000
                )
            }
        };
        columns = format!(
            "{columns}, CAST(SUM(CASE WHEN {matches} THEN {worth} ELSE 0 END) AS BIGINT) AS s{place}"
        );
        sum.push(format!("COALESCE(b.s{place}, 0)"));
    }
    for place in 0..12 {
        sum.push(format!(
            "CASE WHEN a.employees >= {} THEN {} ELSE 0 END",
            place * 80,
            (place + 1) * 1_000_000
        ));
    }
    format!(
        "CREATE TABLE by_hand AS SELECT l.key AS key, {} AS points FROM lead l JOIN contact c ON c.key = l.contact_key
         LEFT JOIN account a ON a.key = c.account_key
         LEFT JOIN (SELECT i.contact_key AS key{columns} FROM interaction i
                    WHERE i.at <= {NOW} AND i.at >= {} GROUP BY i.contact_key) b ON b.key = c.key",
        sum.join(" + "),
        NOW - 365 * DAY
    )
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn run(
    name: &str,
    folder: &Path,
    address: &StoreAddress,
    contacts: i64,
    connect: &mut dyn FnMut() -> Database,
) {
    let plan = plan(folder);
    Store::migrate(address).expect("tables");
    Store::open_for_writing(address).expect("a store").declare(&plan.catalog).expect("columns");
    let mut by_hand = connect();
    fill(name, &mut by_hand, contacts);
    let mut store = Store::open_for_writing(address).expect("a store");
    let full = timed(|| {
        let scored = audience::refresh_scores(&mut store, &plan, NOW).expect("scores");
        assert_eq!(scored.computed, u64::try_from(contacts).expect("a number"));
    });
    let types = by_hand.number("SELECT MIN(key) FROM interaction_type WHERE name LIKE 'Did%'");
    let statement = hand_written(types);
    let hand = timed(|| {
        by_hand.transaction(&[statement, "CREATE UNIQUE INDEX by_hand_key ON by_hand (key)".to_owned()])
    });
    let differing = by_hand.number(
        "SELECT COUNT(*) FROM score s LEFT JOIN by_hand h ON h.key = s.subject_key WHERE h.points IS DISTINCT FROM s.points",
    );
    assert_eq!(differing, 0, "both sides have the same points on {name}");
    let new = (contacts / 100).clamp(1, 10_000);
    let first = contacts * 10 + 1;
    by_hand.transaction(&[
        format!(
            "INSERT INTO interaction (key, id, type_key, at, contact_key)
             SELECT n, 'i' || n, {types} + n % {TYPES}, {NOW}, 1 + (n * 7919) % {contacts} FROM {}",
            numbers(name, first, first + new - 1)
        ),
        format!(
            "INSERT INTO score_change (kind, subject_key, type_key) SELECT 3, contact_key, type_key FROM interaction WHERE key >= {first}"
        ),
    ]);
    let incremental = timed(|| {
        let scored = audience::refresh_scores(&mut store, &plan, LATER).expect("scores");
        assert!(scored.computed > 0, "new interactions are looked at");
    });
    println!(
        "{name:<10}{full:>9.2}s{hand:>9.2}s{:>8.2}{incremental:>13.3}s{:>9.2}%",
        full / hand,
        100.0 * incremental / full
    );
}
