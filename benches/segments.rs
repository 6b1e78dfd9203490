//! Evaluating segments beside the best SQL for each by hand, on SQLite and on Postgres.
//!
//! 1,000,000 contacts in 100,000 accounts with 10,000,000 interactions, and nine segments: of fields, of
//! the account's fields, two of what contacts did within windows, one combined of others, an account
//! segment with a quantifier, one of what accounts didn't do, one of text, and one that leaves a function
//! of `scripts/` to Rhai, beside which stands the function's rule as SQL. Measured are the first
//! evaluation, the next one without change, and the one after 1,000 changed contacts and 10,000 new
//! interactions. Both sides write the members, who joined, the size, and the history by day, with the same
//! settings of the database, and both tell its planner about the members; these have to be equal.
//!
//! `cargo bench --bench segments -- --contacts 20000` runs it smaller. Filling the databases takes minutes:
//! `--keep FOLDER` keeps the filled SQLite file there and copies it next time, and `--server
//! postgres://…/` does the same with a database on a server that is at hand. What was kept before a change
//! of the tables or of what is filled in has to be removed.

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
#[path = "support/process.rs"]
mod process;
#[path = "support/workspace.rs"]
mod workspace;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    time::Instant,
};

use database::Database;
use process::{forget_peak, on_each_database, option, peak_memory, timed};
use tilework::{
    compile::Plan,
    model::{Entity, Value},
    store::{NewInteraction, Store, StoreAddress},
};
use workspace::{open, plan, tick};

/// 2026-03-01T08:00:00Z.
const NOW: i64 = 1_772_352_000_000;
const DAY: i64 = 86_400_000;

/// How often both sides begin from nothing, in turn, and how often changes come in; the least time counts, as
/// what else a machine does can only add to it.
const ROUNDS: usize = 3;

/// Each segment: its name, what it holds, its condition, and the clause of SQL by hand over `r`, the
/// contact or account. `{now}` is the moment, `{click}`, `{order}` the keys of interaction types, and
/// `{name}` in square brackets the key of a segment.
const SEGMENTS: [(&str, &str, &str, &str); 9] = [
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
        "r.key NOT IN (SELECT i.account_key FROM interaction i
            WHERE i.type_key = {order} AND i.at BETWEEN {now} - 864000000 AND {now} AND i.account_key IS NOT NULL)",
    ),
    (
        "purchasing-titles",
        "contact",
        "{ all: ['contains(contact.job_title, \"Purchas\")', 'contact.city in [\"Rome\", \"Oslo\"]'] }",
        "{position} > 0 AND r.city IN ('Rome', 'Oslo')",
    ),
    (
        SCRIPTED,
        "contact",
        "{ all: ['contact.city == \"Oslo\"', 'is_purchaser(contact)'] }",
        "r.city = 'Oslo' AND {position} > 0",
    ),
];

/// The segment of which a part is left to Rhai; it is shown apart.
const SCRIPTED: &str = "scripted";

const SCRIPT: &str = "fn is_purchaser(contact) { (contact.job_title ?? \"\").contains(\"Purchas\") }\n";

fn main() {
    let contacts: i64 =
        option("--contacts").map_or(1_000_000, |count| count.parse().expect("--contacts takes a number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_definitions(folder.path());
    match option("--only").as_deref() {
        Some("sqlite") => measure(folder.path(), &sqlite_pair(folder.path(), contacts), contacts),
        Some("postgres") => measure(folder.path(), &postgres_pair(folder.path(), contacts), contacts),
        Some(other) => panic!("--only takes sqlite or postgres, not {other}"),
        None => {
            println!("{contacts} contacts, {} accounts, {} interactions", contacts / 10, contacts * 10);
            on_each_database();
        }
    }
}

/// A store for the engine and one for the yardstick.
type Pair = [StoreAddress; 2];

/// Two files that hold the same, in the folder.
fn sqlite_pair(folder: &Path, contacts: i64) -> Pair {
    let kept = option("--keep").map_or(folder.to_owned(), PathBuf::from);
    fs::create_dir_all(&kept).expect("a folder to keep the filled file in");
    let (filled, filling) = (kept.join(format!("{contacts}.db")), kept.join("filling.db"));
    if !filled.exists() {
        fill(folder, &StoreAddress::Sqlite(filling.clone()), contacts);
        fs::rename(&filling, &filled).expect("the filled file under its name");
    }
    ["engine", "yardstick"].map(|name| {
        let copy = folder.join(name).with_extension("db");
        fs::copy(&filled, &copy).expect("a copy of the filled file");
        StoreAddress::Sqlite(copy)
    })
}

/// Two databases that hold the same, on the server that is given or on one of our own.
fn postgres_pair(folder: &Path, contacts: i64) -> Pair {
    let [filled, filling, engine, yardstick] = match option("--server") {
        Some(server) => ["filled", "filling", "engine", "yardstick"]
            .map(|name| format!("{}/tilework_bench_{contacts}_{name}", server.trim_end_matches('/'))),
        None => {
            let url = postgres_server::database();
            ["_filled", "", "_engine", "_yardstick"].map(|name| format!("{url}{name}"))
        }
    };
    if !Database::exists_on_postgres(&filled) {
        Database::create_on_postgres(&filling, None);
        fill(folder, &StoreAddress::Postgres(filling.clone(), folder.to_owned()), contacts);
        Database::create_on_postgres(&filled, Some(&filling));
        Database::drop_from_postgres(&filling);
    }
    [engine, yardstick].map(|copy| {
        Database::create_on_postgres(&copy, Some(&filled));
        StoreAddress::Postgres(copy, folder.to_owned())
    })
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
    fs::create_dir_all(folder.join("scripts")).expect("a folder");
    fs::write(folder.join("scripts/people.rhai"), SCRIPT).expect("a script");
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

/// Makes a store and fills it.
fn fill(folder: &Path, address: &StoreAddress, contacts: i64) {
    Store::migrate(address).expect("tables");
    let mut store = Store::open_for_writing(address).expect("a store");
    store.declare(&plan(folder).catalog).expect("columns");
    fill_tables(&mut Database::of(address), contacts);
    // As a server does by itself in time, and best not while something is measured.
    let keep_up = if matches!(address, StoreAddress::Postgres(..)) { "VACUUM ANALYZE" } else { "ANALYZE" };
    Database::of(address).run(keep_up);
    store.checkpoint().expect("one file");
}

fn fill_tables(database: &mut Database, contacts: i64) {
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
        "INSERT INTO interaction (id, type_key, at, contact_key, account_key, amount_number)
         SELECT 'i' || n, CASE {kind} WHEN 0 THEN {order} WHEN 1 THEN {click} ELSE {visit} END,
                {NOW} - CAST({age} AS BIGINT) * 60000, {who}, {who} % {accounts} + 1, {amount} FROM ({rows}) s"
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
    let count = format!("(SELECT COUNT(*) FROM membership WHERE segment_key = {key})");
    let mut statements = vec![
        format!(
            "INSERT INTO membership (segment_key, subject_key, joined_at) SELECT {key}, r.key, {now} FROM {target} r WHERE {clause}"
        ),
        format!(
            "INSERT INTO membership_change (segment_key, subject_key, at, joined, noted_at)
             SELECT segment_key, subject_key, joined_at, 1, joined_at FROM membership WHERE segment_key = {key}"
        ),
        format!("UPDATE segment SET size = {count} WHERE key = {key}"),
        format!(
            "INSERT INTO segment_evaluation (segment_key, at, size, joined, members_left) SELECT {key}, {now}, {count}, {count}, 0"
        ),
    ];
    if matches!(database, Database::Postgres(_)) {
        statements.push("ANALYZE membership".to_owned());
    }
    database.transaction(&statements);
    started.elapsed().as_secs_f64()
}

/// All members, as one number, so that this process doesn't hold them.
fn members(database: &mut Database) -> u64 {
    let mut hasher = DefaultHasher::new();
    let of_segments =
        "SELECT g.name, CAST(m.subject_key AS TEXT) FROM membership m JOIN segment g ON g.key = m.segment_key
         ORDER BY g.name, m.subject_key";
    database.each_row(of_segments, 2, &mut |row| row.hash(&mut hasher));
    hasher.finish()
}

/// Makes all segments as if they had never been evaluated.
fn forget(database: &mut Database) {
    let tables = ["membership", "membership_change", "segment_evaluation"];
    match database {
        Database::Sqlite(_) => tables.iter().for_each(|table| database.run(&format!("DELETE FROM {table}"))),
        Database::Postgres(_) => database.run(&format!("TRUNCATE {}", tables.join(", "))),
    }
    database.run("UPDATE segment SET size = 0, stale = 1, whole = 1, evaluations = 0, evaluated_at = NULL");
}

/// Keeps the least of several times for each segment.
fn keep_least(least: &mut BTreeMap<String, f64>, times: impl IntoIterator<Item = (String, f64)>) {
    for (name, time) in times {
        let known = least.entry(name).or_insert(time);
        *known = known.min(time);
    }
}

/// Evaluates all segments by hand, from nothing, in the engine's order, so that the same finds what it reads
/// in the caches; the seconds of each.
fn all_by_hand(database: &mut Database, plan: &Plan, now: i64) -> BTreeMap<String, f64> {
    let named =
        |name: &str| SEGMENTS.iter().find(|(segment, ..)| *segment == name).expect("it is one of them");
    let each = plan.segments.iter().map(|segment| {
        let (name, target, _, clause) = named(&segment.name);
        ((*name).to_owned(), by_hand(database, name, target, clause, now))
    });
    each.collect()
}

/// Opens a store, as its worker, in which all segments are known.
fn open_with_segments(address: &StoreAddress, plan: &Plan) -> Store {
    let mut store = open(address);
    for segment in &plan.segments {
        store.declare_segment(&segment.name, segment.target, &segment.hash, true, 0).expect("a segment");
    }
    store
}

fn measure(folder: &Path, [address, copy]: &Pair, contacts: i64) {
    let plan = plan(folder);
    drop(open_with_segments(copy, &plan));
    let mut store = open_with_segments(address, &plan);
    let (mut engine_side, mut yardstick) = (Database::of(address), Database::of(copy));
    let (mut engine, mut seconds) = (BTreeMap::new(), BTreeMap::new());
    let (mut first, mut memory) = (f64::INFINITY, 0);
    for _ in 0..ROUNDS {
        forget(&mut engine_side);
        forget_peak();
        first = first.min(timed(|| tick(folder, &plan, &mut store, NOW)));
        memory = memory.max(peak_memory());
        let states = store.segment_states().expect("states").into_iter();
        keep_least(
            &mut engine,
            states.map(|state| (state.name, state.milliseconds.unwrap_or(0) as f64 / 1_000.0)),
        );
        forget(&mut yardstick);
        keep_least(&mut seconds, all_by_hand(&mut yardstick, &plan, NOW));
    }
    let again = timed(|| tick(folder, &plan, &mut store, NOW));
    let states = store.segment_states().expect("states");
    let name = if matches!(address, StoreAddress::Sqlite(_)) { "SQLite" } else { "Postgres" };
    println!("\n{name:<22}{:>10}{:>12}{:>12}{:>8}", "members", "engine", "SQL", "ratio");
    for (segment, ..) in &SEGMENTS {
        let by_hand = seconds[*segment];
        let state = states.iter().find(|state| state.name == *segment).expect("it was evaluated");
        let engine = engine[*segment];
        let (count, ratio) = (state.count, engine / by_hand);
        if *segment == SCRIPTED {
            println!("  with a function of scripts/, beside its rule as SQL:");
        }
        println!("{segment:<22}{count:>10}{engine:>10.3} s{by_hand:>10.3} s{ratio:>8.2}");
    }
    assert!(members(&mut engine_side) == members(&mut yardstick), "the members are the same");
    let (mut changed, mut later) = (f64::INFINITY, NOW);
    for round in 0..ROUNDS {
        later += 60_000;
        change(&plan, &mut store, contacts, round, later);
        forget_peak();
        changed = changed.min(timed(|| tick(folder, &plan, &mut store, later)));
        memory = memory.max(peak_memory());
    }
    let slowest = store.segment_states().expect("states");
    for state in slowest.iter().filter(|state| state.evaluated_at == Some(later)) {
        let looked_at = state.looked_at.map_or("all".to_owned(), |rows| rows.to_string());
        println!(
            "  after changes {:<22}{looked_at:>8} looked at in {} ms",
            state.name,
            state.milliseconds.unwrap_or(0)
        );
    }
    let incremental = members(&mut engine_side);
    forget(&mut engine_side);
    let by_hand: f64 = all_by_hand(&mut engine_side, &plan, later).values().sum();
    assert!(incremental == members(&mut engine_side), "the members are the same after changes");
    println!(
        "first {first:.2} s, without change {again:.3} s, after changes {changed:.3} s ({:.1} % of the first; all by hand again {by_hand:.2} s), peak memory {memory} MB",
        100.0 * changed / first
    );
}

/// One contact of a thousand changes, and one interaction for a hundred contacts comes in: each round others.
fn change(plan: &Plan, store: &mut Store, contacts: i64, round: usize, now: i64) {
    let others = i64::try_from(round).expect("few rounds") * 331;
    let role = plan.catalog.field(Entity::Contact, "role").expect("a field").clone();
    let rows: Vec<(String, Vec<Value>)> = (0..contacts / 1_000)
        .map(|at| {
            let role = if at % 2 == 0 { "buyer" } else { "user" };
            (format!("c{}", (at * 997 + others) % contacts + 1), vec![Value::Text(role.to_owned())])
        })
        .collect();
    let mut seen = BTreeSet::new();
    let rows: Vec<_> = rows.into_iter().filter(|(id, _)| seen.insert(id.clone())).collect();
    store.upsert_records(Entity::Contact, &[role], &rows, 0).expect("contacts");
    let amount = plan.catalog.interactions["OrderPlaced"].attributes[0].clone();
    let rows: Vec<NewInteraction> = (0..contacts / 100)
        .map(|at| NewInteraction {
            id: format!("new{round}-{at}"),
            kind: ["OrderPlaced", "EmailClicked", "WebsiteVisited", "WebsiteVisited", "WebsiteVisited"]
                [usize::try_from(at % 5).expect("small")]
            .to_owned(),
            at: now - at * 1_000,
            contact_id: format!("c{}", (at * 7919 + others) % contacts + 1),
            account_id: None,
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
