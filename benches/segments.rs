//! Evaluating segments beside the best SQL for each by hand, on SQLite and on Postgres.
//!
//! 1,000,000 contacts in 100,000 accounts with 10,000,000 interactions, and eight segments: of fields, of
//! the account's fields, two of what contacts did within windows, one combined of others, an account
//! segment with a quantifier, one of what accounts didn't do, and one of text. Measured are the first
//! evaluation, the next one without change, and the one after 1,000 changed contacts and 10,000 new
//! interactions. Both sides write the members, who joined, and the size; the members have to be equal.
//!
//! `cargo bench --bench segments -- --contacts 20000` runs it smaller.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::cast_precision_loss,
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

use std::{fs, path::Path, process::Command, time::Instant};

use database::Database;
use tilework::{
    compile::Plan,
    model::{Entity, Value},
    runtime,
    store::{NewInteraction, Store, StoreAddress},
};
use workspace::{plan, tick};

/// 2026-03-01T08:00:00Z.
const NOW: i64 = 1_772_352_000_000;
const DAY: i64 = 86_400_000;

/// Each segment: its name, what it holds, its condition, and the clause of SQL by hand over `r`, the
/// contact or account. `{now}` is the moment, `{click}`, `{order}` the keys of interaction types, and
/// `{name}` in square brackets the key of a segment.
const SEGMENTS: [(&str, &str, &str, &str); 8] = [
    (
        "oslo-buyers",
        "contact",
        "{ all: ['contact.city == \"Oslo\"', 'contact.role == \"buyer\"'] }",
        "r.city = 'Oslo' AND r.role = 'buyer'",
    ),
    (
        "finance-people",
        "contact",
        "{ all: ['account.industry == \"Finance\"', 'account.employees >= 500'] }",
        "r.account_key IN (SELECT a.key FROM account a WHERE a.industry = 'Finance' AND a.employees >= 500)",
    ),
    (
        "clicked-lately",
        "contact",
        "{ did: EmailClicked, within: 30 days }",
        "r.key IN (SELECT i.contact_key FROM interaction i WHERE i.type_key = {click}
            AND i.at BETWEEN {now} - 2592000000 AND {now})",
    ),
    (
        "ordered-often",
        "contact",
        "{ did: OrderPlaced, where: 'interaction.amount >= 50', within: 90 days, at_least: 2 times }",
        "r.key IN (SELECT i.contact_key FROM interaction i WHERE i.type_key = {order} AND i.amount_number >= 50
            AND i.at BETWEEN {now} - 7776000000 AND {now} GROUP BY i.contact_key HAVING COUNT(*) >= 2)",
    ),
    (
        "to-be-called",
        "contact",
        "{ any: [{ segment: oslo-buyers }, { segment: clicked-lately }], none: [{ segment: ordered-often }] }",
        "r.key IN (SELECT m.subject_key FROM membership m WHERE m.segment_key IN ([oslo-buyers], [clicked-lately]))
            AND r.key NOT IN (SELECT m.subject_key FROM membership m WHERE m.segment_key = [ordered-often])",
    ),
    (
        "accounts-of-buyers",
        "account",
        "{ all: ['account.employees >= 100', { any_contact: 'contact.role == \"buyer\"', at_least: 2 contacts }] }",
        "r.employees >= 100 AND r.key IN (SELECT c.account_key FROM contact c WHERE c.role = 'buyer'
            GROUP BY c.account_key HAVING COUNT(*) >= 2)",
    ),
    (
        "quiet-accounts",
        "account",
        "{ did_not: OrderPlaced, within: 10 days }",
        "r.key NOT IN (SELECT c.account_key FROM interaction i JOIN contact c ON c.key = i.contact_key
            WHERE i.type_key = {order} AND i.at BETWEEN {now} - 864000000 AND {now} AND c.account_key IS NOT NULL)",
    ),
    (
        "purchasing-titles",
        "contact",
        "{ all: ['contains(contact.job_title, \"Purchas\")', 'contact.city in [\"Rome\", \"Oslo\"]'] }",
        "{position} > 0 AND r.city IN ('Rome', 'Oslo')",
    ),
];

fn main() {
    let contacts: i64 =
        option("--contacts").map_or(1_000_000, |count| count.parse().expect("--contacts takes a number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_definitions(folder.path());
    match option("--only").as_deref() {
        Some("sqlite") => {
            let path = folder.path().join("engine.db");
            measure(folder.path(), &StoreAddress::Sqlite(path), contacts);
        }
        Some("postgres") => {
            measure(folder.path(), &StoreAddress::Postgres(postgres_server::database()), contacts);
        }
        Some(other) => panic!("--only takes sqlite or postgres, not {other}"),
        None => {
            println!("{contacts} contacts, {} accounts, {} interactions", contacts / 10, contacts * 10);
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

fn write_definitions(folder: &Path) {
    fs::create_dir_all(folder.join("journeys")).expect("a folder");
    fs::write(folder.join("tilework.yaml"), "name: bench\ntimezone: UTC\n").expect("settings");
    let mut text =
        "kind: interaction\nname: OrderPlaced\nattributes:\n  amount: { type: number }\n".to_owned();
    for (name, target, condition, _) in SEGMENTS {
        text.push_str(&format!("---\nkind: segment\nname: {name}\ntarget: {target}\nwhere: {condition}\n"));
    }
    fs::write(folder.join("journeys/all.yaml"), text).expect("definitions");
}

fn database(address: &StoreAddress) -> Database {
    match address {
        StoreAddress::Sqlite(path) => Database::sqlite(path),
        StoreAddress::Postgres(url) => Database::postgres(url),
    }
}

/// Rows of numbers from 1 to n, on both databases.
fn series(database: &Database, n: i64) -> String {
    match database {
        Database::Sqlite(_) => {
            format!(
                "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {n}) SELECT n FROM s"
            )
        }
        Database::Postgres(_) => format!("SELECT n FROM generate_series(1, {n}) AS s(n)"),
    }
}

/// A number that looks random, the same on both databases: below `modulus`.
fn chance(n: &str, factor: i64, modulus: i64) -> String {
    format!("(((CAST({n} AS BIGINT) * {factor} + 12345) % 1000003) % {modulus})")
}

fn fill(database: &mut Database, contacts: i64) {
    let accounts = (contacts / 10).max(1);
    let rows = series(database, accounts);
    let employees = chance("n", 7919, 1000);
    database.run(&format!(
        "INSERT INTO account (id, name, industry, employees)
         SELECT 'a' || n, 'Account ' || n, CASE n % 5 WHEN 0 THEN 'Finance' WHEN 1 THEN 'Energy' ELSE 'Retail' END, {employees}
         FROM ({rows}) s"
    ));
    let rows = series(database, contacts);
    let (city, role, title) =
        (chance("n", 104_729, 20), chance("n", 15_485_863, 8), chance("n", 32_452_843, 10));
    database.run(&format!(
        "INSERT INTO contact (id, first_name, last_name, email, account_id, account_key, city, role, job_title)
         SELECT 'c' || n, 'First' || n, 'Last' || n, 'c' || n || '@people.example', 'a' || (n % {accounts} + 1), n % {accounts} + 1,
                CASE {city} WHEN 0 THEN 'Oslo' WHEN 1 THEN 'Rome' ELSE 'Bonn' END,
                CASE {role} WHEN 0 THEN 'buyer' WHEN 1 THEN 'user' END,
                CASE {title} WHEN 0 THEN 'Head of Purchasing' ELSE 'Engineer' END
         FROM ({rows}) s"
    ));
    let rows = series(database, contacts * 10);
    let (who, kind, age, amount) = (
        format!("(CAST(n AS BIGINT) * 7919 % {contacts} + 1)"),
        chance("n", 15_485_863, 5),
        chance("n", 104_729, 365 * 24 * 60),
        chance("n", 7919, 100),
    );
    let (order, click, visit) = (kind_of("OrderPlaced"), kind_of("EmailClicked"), kind_of("WebsiteVisited"));
    database.run(&format!(
        "INSERT INTO interaction (id, type_key, at, contact_key, amount_number)
         SELECT 'i' || n, CASE {kind} WHEN 0 THEN {order} WHEN 1 THEN {click} ELSE {visit} END,
                {NOW} - CAST({age} AS BIGINT) * 60000, {who}, {amount} FROM ({rows}) s"
    ));
}

fn kind_of(name: &str) -> String {
    format!("(SELECT key FROM interaction_type WHERE name = '{name}')")
}

/// Evaluates one segment by hand: members, who joined, the size.
fn by_hand(database: &mut Database, name: &str, target: &str, clause: &str, now: i64) -> f64 {
    let mut clause = clause
        .replace("{now}", &now.to_string())
        .replace("{order}", &database.number(&kind_of("OrderPlaced")).to_string())
        .replace("{click}", &database.number(&kind_of("EmailClicked")).to_string());
    clause = match database {
        Database::Sqlite(_) => clause.replace("{position}", "instr(r.job_title, 'Purchas')"),
        Database::Postgres(_) => clause.replace("{position}", "strpos(r.job_title, 'Purchas')"),
    };
    for (other, ..) in SEGMENTS {
        if clause.contains(&format!("[{other}]")) {
            let key = database.number(&format!("SELECT key FROM segment WHERE name = '{other}'"));
            clause = clause.replace(&format!("[{other}]"), &key.to_string());
        }
    }
    let key = database.number(&format!("SELECT key FROM segment WHERE name = '{name}'"));
    let started = Instant::now();
    database.transaction(&[
        format!("INSERT INTO membership (segment_key, subject_key, joined_at) SELECT {key}, r.key, {now} FROM {target} r WHERE {clause}"),
        format!(
            "INSERT INTO membership_change (segment_key, subject_key, at, joined)
             SELECT segment_key, subject_key, joined_at, 1 FROM membership WHERE segment_key = {key}"
        ),
        format!("UPDATE segment SET size = (SELECT COUNT(*) FROM membership WHERE segment_key = {key}) WHERE key = {key}"),
    ]);
    started.elapsed().as_secs_f64()
}

fn members(database: &mut Database) -> Vec<Vec<Option<String>>> {
    database.rows(
        "SELECT g.name, CAST(m.subject_key AS TEXT) FROM membership m JOIN segment g ON g.key = m.segment_key
         ORDER BY g.name, m.subject_key",
        2,
    )
}

/// Evaluates all segments by hand, from nothing; the seconds of each.
fn all_by_hand(database: &mut Database, now: i64) -> Vec<f64> {
    database.run("DELETE FROM membership");
    database.run("DELETE FROM membership_change");
    SEGMENTS.iter().map(|(name, target, _, clause)| by_hand(database, name, target, clause, now)).collect()
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The most memory this process ever held, in MB; of a database server's own nothing is known here.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1_024
}

fn measure(folder: &Path, address: &StoreAddress, contacts: i64) {
    let plan = plan(folder);
    Store::migrate(address).expect("tables");
    let mut store = Store::open_for_writing(address).expect("a store");
    assert!(store.start_worker(runtime::real_now()).expect("a worker"), "nobody else works on it");
    store.declare(&plan.catalog).expect("columns");
    for segment in &plan.segments {
        store.declare_segment(&segment.name, segment.target, &segment.hash, true).expect("a segment");
    }
    fill(&mut database(address), contacts);
    store.analyze().expect("statistics");
    store.checkpoint().expect("one file");
    let copy = match address {
        StoreAddress::Sqlite(path) => {
            let copy = folder.join("yardstick.db");
            fs::copy(path, &copy).expect("a copy of the store");
            StoreAddress::Sqlite(copy)
        }
        StoreAddress::Postgres(url) => {
            drop(store);
            let copy = format!("{url}_yardstick");
            Database::copy_postgres(url, &copy);
            store = Store::open_for_writing(address).expect("a store");
            assert!(store.start_worker(runtime::real_now()).expect("a worker"), "nobody else works on it");
            StoreAddress::Postgres(copy)
        }
    };
    fs::write("/proc/self/clear_refs", "5").expect("Linux keeps a peak that can be reset");
    let first = timed(|| tick(folder, &plan, &mut store, NOW));
    let again = timed(|| tick(folder, &plan, &mut store, NOW));
    let states = store.segment_states().expect("states");
    let memory = peak_memory();
    let mut yardstick = database(&copy);
    let seconds = all_by_hand(&mut yardstick, NOW);
    let name = if matches!(address, StoreAddress::Sqlite(_)) { "SQLite" } else { "Postgres" };
    println!("\n{name:<22}{:>10}{:>12}{:>12}{:>8}", "members", "engine", "SQL", "ratio");
    for ((segment, ..), by_hand) in SEGMENTS.iter().zip(&seconds) {
        let state = states.iter().find(|state| state.name == *segment).expect("it was evaluated");
        let engine = state.milliseconds.unwrap_or(0) as f64 / 1_000.0;
        println!(
            "{segment:<22}{:>10}{engine:>10.3} s{by_hand:>10.3} s{:>8.2}",
            state.count,
            engine / by_hand
        );
    }
    assert!(members(&mut database(address)) == members(&mut yardstick), "the members are the same");
    change(&plan, &mut store, contacts);
    let later = NOW + 60_000;
    let changed = timed(|| tick(folder, &plan, &mut store, later));
    let slowest = store.segment_states().expect("states");
    for state in slowest.iter().filter(|state| state.evaluated_at == Some(later)) {
        let looked_at = state.looked_at.map_or("all".to_owned(), |rows| rows.to_string());
        println!(
            "  after changes {:<22}{looked_at:>8} looked at in {} ms",
            state.name,
            state.milliseconds.unwrap_or(0)
        );
    }
    let memory = memory.max(peak_memory());
    let incremental = members(&mut database(address));
    let mut engine_side = database(address);
    let by_hand: f64 = all_by_hand(&mut engine_side, later).iter().sum();
    assert!(incremental == members(&mut engine_side), "the members are the same after changes");
    println!(
        "first {first:.2} s, without change {again:.3} s, after changes {changed:.3} s ({:.1} % of the first; all by hand again {by_hand:.2} s), peak memory {memory} MB",
        100.0 * changed / first
    );
}

/// One contact of a thousand changes, and one interaction for a hundred contacts comes in.
fn change(plan: &Plan, store: &mut Store, contacts: i64) {
    let role = plan.catalog.field(Entity::Contact, "role").expect("a field").clone();
    let rows: Vec<(String, Vec<Value>)> = (0..contacts / 1_000)
        .map(|at| {
            let role = if at % 2 == 0 { "buyer" } else { "user" };
            (format!("c{}", at * 997 % contacts + 1), vec![Value::Text(role.to_owned())])
        })
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    let rows: Vec<_> = rows.into_iter().filter(|(id, _)| seen.insert(id.clone())).collect();
    store.upsert_records(Entity::Contact, &[role], &rows).expect("contacts");
    let amount = plan.catalog.interactions["OrderPlaced"].attributes[0].clone();
    let rows: Vec<NewInteraction> = (0..contacts / 100)
        .map(|at| NewInteraction {
            id: format!("new{at}"),
            kind: ["OrderPlaced", "EmailClicked", "WebsiteVisited", "WebsiteVisited", "WebsiteVisited"]
                [usize::try_from(at % 5).expect("small")]
            .to_owned(),
            at: NOW - at * 1_000,
            contact_id: format!("c{}", at * 7919 % contacts + 1),
            journey: None,
            iteration: None,
            step: None,
            values: vec![if at % 5 == 0 { Value::Number(80.0) } else { Value::Missing }],
        })
        .collect();
    for rows in rows.chunks(5_000) {
        store.insert_interactions(std::slice::from_ref(&amount), rows).expect("interactions");
    }
}
