//! What only one folder may do: SQL, certain crates, printing, the clock.

use super::{File, assert_breaks, assert_none_breaks, line_of, places_of};
use crate::support::{
    files::{files_under, repository},
    rust_text,
};

/// Crates that stay behind one folder.
const HOME_OF_CRATE: [(&str, &str); 13] = [
    ("serde_saphyr", "definitions"),
    ("rhai", "script"),
    ("handlebars", "templates"),
    ("rusqlite", "store"),
    ("postgres", "store"),
    ("tokio_postgres", "store"),
    ("tokio_postgres_rustls", "store"),
    ("lettre", "channels"),
    ("ureq", "channels"),
    ("html2text", "channels"),
    ("clap", "cli"),
    ("comfy_table", "cli"),
    ("indicatif", "cli"),
];

/// Whether a text is SQL or a piece of it.
fn is_sql(text: &str) -> bool {
    const STARTS: [&str; 15] = [
        "insert into ",
        "insert or ",
        "delete from ",
        "create table ",
        "create index ",
        "create unique ",
        "create view ",
        "create temp",
        "alter table ",
        "drop table ",
        "drop index ",
        "drop view ",
        "pragma ",
        "begin immediate",
        "truncate ",
    ];
    const ANYWHERE: [&str; 9] = [
        " on conflict ",
        " group by ",
        " order by ",
        " left join ",
        " inner join ",
        " insert into ",
        " delete from ",
        " union all ",
        " for update ",
    ];
    const CAPITALS: [&str; 6] = [" SELECT ", " FROM ", " WHERE ", " JOIN ", " RETURNING ", " VALUES "];
    let spaced =
        text.replace("\\n", " ").replace('(', " ( ").split_whitespace().collect::<Vec<_>>().join(" ");
    let small = spaced.to_lowercase();
    let (spaced_out, small_out) = (format!(" {spaced} "), format!(" {small} "));
    STARTS.iter().any(|start| small.starts_with(start))
        || small.starts_with("select ") && small.contains(" from ")
        || small.starts_with("update ") && small.contains(" set ")
        || small.starts_with("with ") && small_out.contains(" as ( ")
        || ANYWHERE.iter().any(|part| small_out.contains(part))
        || CAPITALS.iter().any(|part| spaced_out.contains(part))
}

fn sql_outside_store(file: &File) -> Vec<String> {
    if file.folder() == Some("store") {
        return Vec::new();
    }
    let literals = rust_text::read(&file.text).literals.into_iter();
    literals
        .filter(|(_, text)| is_sql(text))
        .map(|(line, _)| file.breach(line, "SQL outside `store`"))
        .collect()
}

#[test]
fn only_the_store_has_sql() {
    assert_none_breaks(sql_outside_store, &["src"]);
    let strays = files_under(&repository().join("src"), "sql");
    assert!(strays.iter().all(|path| path.starts_with(repository().join("src/store"))), "{strays:?}");
}

#[test]
fn sql_is_found_and_plain_english_is_not() {
    let samples = [
        "SELECT id FROM contact",
        "select id\\nfrom contact",
        "UPDATE contact SET name = ?1",
        "insert into note values (1)",
        " AND id IN (SELECT ",
        " order by id",
        "with due as (select 1)",
        "PRAGMA user_version",
    ];
    for sample in samples {
        let text = format!("\nlet x = \"{sample}\";");
        assert_breaks(
            sql_outside_store,
            "src/engine/a.rs",
            &text,
            &["src/engine/a.rs:2: SQL outside `store`"],
        );
        assert_breaks(sql_outside_store, "src/store/a.rs", &text, &[]);
    }
    let english = "let x = [\"select a segment\", \"update from the file\", \"with 3 contacts\", \"created from a lead\"];";
    assert_breaks(sql_outside_store, "src/engine/a.rs", english, &[]);
}

fn sql_that_reads_the_clock_or_chance(file: &File) -> Vec<String> {
    const WORDS: [&str; 11] = [
        "current_timestamp",
        "current_date",
        "current_time",
        "localtimestamp",
        "clock_timestamp",
        "statement_timestamp",
        " now()",
        "(now()",
        "'now'",
        "random()",
        "unixepoch()",
    ];
    // That one asks the server, to notice a wrong clock of the machine.
    if file.folder() != Some("store") || file.path == "src/store/tables/database_clock.rs" {
        return Vec::new();
    }
    let reads = |text: &str| WORDS.iter().any(|word| format!(" {}", text.to_lowercase()).contains(word));
    let literals = rust_text::read(&file.text).literals.into_iter();
    literals
        .filter(|(_, text)| reads(text))
        .map(|(line, _)| file.breach(line, "SQL that reads the clock or chance"))
        .collect()
}

#[test]
fn no_statement_reads_the_clock_or_chance() {
    assert_none_breaks(sql_that_reads_the_clock_or_chance, &["src"]);
}

#[test]
fn a_statement_that_reads_the_clock_is_found() {
    for sample in
        ["at < now()", "now()", "strftime('%s', 'now')", "DEFAULT CURRENT_TIMESTAMP", "ORDER BY RANDOM()"]
    {
        let text = format!("f(\"{sample}\")");
        let expected = ["src/store/a.rs:1: SQL that reads the clock or chance"];
        assert_breaks(sql_that_reads_the_clock_or_chance, "src/store/a.rs", &text, &expected);
    }
    assert_breaks(sql_that_reads_the_clock_or_chance, "src/store/a.rs", "f(\"at < ?now\")", &[]);
}

fn crates_outside_their_folder(file: &File) -> Vec<String> {
    let code = rust_text::read(&file.text).code;
    let strangers = HOME_OF_CRATE.into_iter().filter(|(_, home)| file.folder() != Some(home));
    strangers
        .flat_map(|(name, home)| places_of(&code, name).map(move |at| (at, name, home)))
        .filter(|(at, name, _)| {
            let (before, after) = (code[..*at].trim_end(), &code[at + name.len()..]);
            let in_path = before.ends_with("::") && !before.ends_with(" ::");
            !in_path
                && (after.starts_with("::") || before.ends_with("use") || before.ends_with("extern crate"))
        })
        .map(|(at, name, home)| file.breach(line_of(&code, at), &format!("`{name}` outside `{home}`")))
        .collect()
}

#[test]
fn a_crate_of_one_folder_stays_there() {
    assert_none_breaks(crates_outside_their_folder, &["src"]);
}

#[test]
fn a_crate_outside_its_folder_is_found() {
    let check =
        |path, text, expected: &[&str]| assert_breaks(crates_outside_their_folder, path, text, expected);
    let yaml = ["src/compile/a.rs:2: `serde_saphyr` outside `definitions`"];
    check("src/compile/a.rs", "\nuse serde_saphyr::Spanned;", &yaml);
    check(
        "src/conditions/a.rs",
        "let e = rhai::Engine::new();",
        &["src/conditions/a.rs:1: `rhai` outside `script`"],
    );
    check("src/engine/a.rs", "use postgres as p;", &["src/engine/a.rs:1: `postgres` outside `store`"]);
    check("src/definitions/a.rs", "use serde_saphyr::Spanned;", &[]);
    check("src/engine/a.rs", "// rhai::Engine\nlet postgres = store::postgres::open(\"rhai::\");", &[]);
}

fn printing_outside_the_command_line(file: &File) -> Vec<String> {
    if file.is_in(&["src/cli/", "src/main.rs"]) {
        return Vec::new();
    }
    let code = rust_text::read(&file.text).code;
    let words = ["print!", "println!", "eprint!", "eprintln!", "dbg!", "stdout()", "stderr()"];
    words
        .iter()
        .flat_map(|word| places_of(&code, word).map(move |at| (at, word)))
        .map(|(at, word)| file.breach(line_of(&code, at), &format!("`{word}` outside `cli`")))
        .collect()
}

#[test]
fn only_the_command_line_prints() {
    assert_none_breaks(printing_outside_the_command_line, &["src"]);
}

#[test]
fn printing_elsewhere_is_found() {
    let check = |path, text, expected: &[&str]| {
        assert_breaks(printing_outside_the_command_line, path, text, expected)
    };
    check("src/engine/a.rs", "f();\nprintln!(\"x\");", &["src/engine/a.rs:2: `println!` outside `cli`"]);
    check("src/lib.rs", "dbg!(1);", &["src/lib.rs:1: `dbg!` outside `cli`"]);
    check("src/store/a.rs", "std::io::stderr().write()", &["src/store/a.rs:1: `stderr()` outside `cli`"]);
    check("src/cli/a.rs", "println!(\"x\");", &[]);
    check("src/engine/a.rs", "pretty_println!(\"println!\"); // println!", &[]);
}

fn clocks_elsewhere(file: &File) -> Vec<String> {
    if file.path == "src/runtime/clock.rs" {
        return Vec::new();
    }
    let code = rust_text::read(&file.text).code;
    let words = ["::now()", ".elapsed()", "TimeZone::system", "thread::sleep"];
    words
        .iter()
        .flat_map(|word| code.match_indices(word))
        .map(|(at, word)| file.breach(line_of(&code, at), &format!("`{word}` outside `runtime/clock.rs`")))
        .collect()
}

#[test]
fn only_one_file_reads_the_clock() {
    assert_none_breaks(clocks_elsewhere, &["src"]);
}

#[test]
fn a_clock_elsewhere_is_found() {
    for (text, word) in [
        ("let t = Instant::now();", "::now()"),
        ("use jiff::Zoned as Z; Z::now()", "::now()"),
        ("start.elapsed()", ".elapsed()"),
        ("std::thread::sleep(x)", "thread::sleep"),
    ] {
        let expected = format!("src/cli/a.rs:1: `{word}` outside `runtime/clock.rs`");
        assert_breaks(clocks_elsewhere, "src/cli/a.rs", text, &[&expected]);
        assert_breaks(clocks_elsewhere, "src/runtime/clock.rs", text, &[]);
    }
    assert_breaks(clocks_elsewhere, "src/cli/a.rs", "// Instant::now()\nclock.now()", &[]);
}

fn bans_lifted_elsewhere(file: &File) -> Vec<String> {
    if file.is_in(&["src/cli/", "src/main.rs", "src/runtime/clock.rs"]) {
        return Vec::new();
    }
    let code = rust_text::read(&file.text).code;
    let found = code.match_indices("clippy::disallowed_");
    found.map(|(at, _)| file.breach(line_of(&code, at), "a ban of clippy.toml is lifted")).collect()
}

#[test]
fn the_bans_are_lifted_only_where_architecture_says() {
    assert_none_breaks(bans_lifted_elsewhere, &["src"]);
}

#[test]
fn a_lifted_ban_is_found() {
    let text = "\n#[allow(clippy::disallowed_methods, reason = \"hurry\")]\nfn f() {}";
    assert_breaks(
        bans_lifted_elsewhere,
        "src/engine/a.rs",
        text,
        &["src/engine/a.rs:2: a ban of clippy.toml is lifted"],
    );
    assert_breaks(bans_lifted_elsewhere, "src/runtime/clock.rs", text, &[]);
}
