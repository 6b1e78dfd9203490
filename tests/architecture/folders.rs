//! The order of the folders, and what each says about itself.

use std::fs;

use super::{File, assert_breaks, assert_none_breaks, line_of, places_of};
use crate::support::{files::repository, rust_text};

/// The folders in the order of the flow: a folder uses only those before it.
const ORDER: [&str; 20] = [
    "model",
    "calendar",
    "diagnostics",
    "definitions",
    "script",
    "conditions",
    "templates",
    "tiles",
    "compile",
    "store",
    "audience",
    "engine",
    "channels",
    "bounces",
    "interactions",
    "runtime",
    "insights",
    "reference",
    "web",
    "cli",
];

/// What the store knows of the others: plain data alone.
const KNOWN_TO_STORE: [&str; 2] = ["model", "calendar"];

/// The first names of a path's continuation: `a` of `a::b`, `a` and `c` of `{a::b, c}`.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|character| character.is_alphanumeric() || *character == '_')
            .collect()
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut names, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

/// The folders that code names by `crate::` or by climbing up to the top, each with its line.
fn folders_used(file: &File, code: &str) -> Vec<(usize, String)> {
    let parts = file.path.split('/').count() - 1;
    let depth = if file.path.ends_with("/mod.rs") { parts - 1 } else { parts };
    let mut used = Vec::new();
    for at in places_of(code, "crate::") {
        used.extend(first_names(&code[at + 7..]).into_iter().map(|name| (line_of(code, at), name)));
    }
    for at in places_of(code, "super::").filter(|at| !code[..*at].ends_with("super::")) {
        let mut rest = &code[at..];
        let mut climbed = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            (rest, climbed) = (after, climbed + 1);
        }
        if climbed >= depth {
            used.extend(first_names(rest).into_iter().map(|name| (line_of(code, at), name)));
        }
    }
    used.retain(|(_, name)| ORDER.contains(&name.as_str()));
    used
}

fn uses_of_later_folders(file: &File) -> Vec<String> {
    let Some(folder) = file.folder() else { return Vec::new() };
    let rank = |name: &str| ORDER.iter().position(|folder| *folder == name);
    let Some(own) = rank(folder) else {
        return vec![file.breach(1, &format!("`{folder}` has no place in the order of folders"))];
    };
    let allowed = |name: &str| match folder {
        "store" => name == folder || KNOWN_TO_STORE.contains(&name),
        _ => rank(name).is_some_and(|rank| rank <= own),
    };
    let code = rust_text::read(&file.text).code;
    let used = folders_used(file, &code).into_iter();
    used.filter(|(_, name)| !allowed(name))
        .map(|(line, name)| file.breach(line, &format!("`{folder}` uses `{name}`")))
        .collect()
}

/// Folders with rooms, in their order: a room uses only those before it.
const ROOMS: [(&str, &[&str]); 4] = [
    ("channels", &["transports", "mail", "bodies", "outbox"]),
    ("cli", &["face", "arguments", "workspaces", "looking", "telling", "working", "setting_up"]),
    ("definitions", &["nodes", "disk", "reading", "tilework_yaml", "documents", "loading"]),
    (
        "store",
        &[
            "database",
            "tables",
            "queue",
            "sql",
            "since",
            "records",
            "segments",
            "scoring",
            "journeys",
            "batches",
            "publishing",
            "outbox",
            "reports",
        ],
    ),
];

fn uses_of_later_rooms(file: &File) -> Vec<String> {
    let Some((folder, rooms)) = ROOMS.iter().find(|(folder, _)| file.folder() == Some(*folder)) else {
        return Vec::new();
    };
    let inside = file.path.strip_prefix(&format!("src/{folder}/"));
    let Some((own, _)) = inside.and_then(|path| path.split_once('/')) else { return Vec::new() };
    let rank = |name: &str| rooms.iter().position(|room| *room == name);
    let Some(own_rank) = rank(own) else {
        return vec![file.breach(1, &format!("`{folder}/{own}` has no place in the order of rooms"))];
    };
    let code = rust_text::read(&file.text).code;
    // What tests need beside it may come from anywhere.
    let code = code.split("mod tests").next().unwrap_or_default();
    let prefix = format!("crate::{folder}::");
    let named = places_of(code, &prefix).flat_map(|at| {
        let names = first_names(&code[at + prefix.len()..]);
        names.into_iter().map(|name| (line_of(code, at), name)).collect::<Vec<_>>()
    });
    // A room is reached by `crate::`, so that each use is seen here.
    let climbed = places_of(code, "super::super::").filter(|_| !file.path.ends_with("/tests.rs"));
    let climbed =
        climbed.map(|at| file.breach(line_of(code, at), "climbs out of its room by `super::super::`"));
    let late = named.filter(|(_, name)| rank(name).is_some_and(|rank| rank > own_rank));
    late.map(|(line, name)| file.breach(line, &format!("`{own}` uses `{name}`"))).chain(climbed).collect()
}

#[test]
fn a_room_uses_only_rooms_before_it() {
    assert_none_breaks(uses_of_later_rooms, &["src"]);
    for (folder, rooms) in ROOMS {
        for room in rooms {
            let files = fs::read_dir(repository().join("src").join(folder).join(room)).unwrap().count();
            assert!(files <= 14, "{folder}/{room} has {files} files");
        }
    }
}

#[test]
fn a_use_of_a_later_room_is_found() {
    let text = "use crate::store::{Cell, queue::focus, outbox::{holds}};";
    let expected = ["src/store/queue/a.rs:1: `queue` uses `outbox`"];
    assert_breaks(uses_of_later_rooms, "src/store/queue/a.rs", text, &expected);
    assert_breaks(uses_of_later_rooms, "src/store/reports/a.rs", text, &[]);
    let inline = "fn f() { crate::store::reports::status::x(); }";
    let expected = ["src/store/sql/a.rs:1: `sql` uses `reports`"];
    assert_breaks(uses_of_later_rooms, "src/store/sql/a.rs", inline, &expected);
    let unknown = ["src/store/attic/a.rs:1: `store/attic` has no place in the order of rooms"];
    assert_breaks(uses_of_later_rooms, "src/store/attic/a.rs", "", &unknown);
}

#[test]
fn a_folder_uses_only_folders_above_it() {
    assert_none_breaks(uses_of_later_folders, &["src"]);
}

#[test]
fn the_use_of_a_later_folder_is_found_however_it_is_written() {
    let check = |path, text, expected: &[&str]| assert_breaks(uses_of_later_folders, path, text, expected);
    check("src/tiles/wait.rs", "use crate::engine::Tick;", &["src/tiles/wait.rs:1: `tiles` uses `engine`"]);
    check(
        "src/model/mod.rs",
        "use crate::{\n    calendar::{Zone, engine},\n    store,\n};",
        &["src/model/mod.rs:1: `model` uses `calendar`", "src/model/mod.rs:1: `model` uses `store`"],
    );
    check(
        "src/store/a.rs",
        "\nuse crate::definitions as d;",
        &["src/store/a.rs:2: `store` uses `definitions`"],
    );
    check(
        "src/store/a/b.rs",
        "super::super::super::compile::x()",
        &["src/store/a/b.rs:1: `store` uses `compile`"],
    );
    check("src/model/mod.rs", "use super::cli;", &["src/model/mod.rs:1: `model` uses `cli`"]);
    check("src/helpers/x.rs", "", &["src/helpers/x.rs:1: `helpers` has no place in the order of folders"]);

    check("src/tiles/wait.rs", "use crate::{model::Value, tiles::Tile}; // crate::engine", &[]);
    check("src/engine/tick.rs", "use super::store; use crate::store::Store; \"crate::cli\"", &[]);
    check("src/store/a.rs", "use crate::{calendar, model, store}; use super::super::model;", &[]);
}

fn introductions_missing(file: &File) -> Vec<String> {
    if !file.path.ends_with("/mod.rs") {
        return Vec::new();
    }
    let introduction: Vec<&str> = file.text.lines().take_while(|line| line.starts_with("//!")).collect();
    let says = |word: &str| introduction.iter().any(|line| line.contains(word));
    let missing = ["In:", "Out:"].into_iter().filter(|word| !says(word));
    missing.map(|word| file.breach(1, &format!("the introduction doesn't say `{word}`"))).collect()
}

#[test]
fn every_folder_says_what_comes_in_and_what_goes_out() {
    let top = repository().join("src");
    for folder in fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        assert!(folder.join("mod.rs").is_file(), "{} has no mod.rs", folder.display());
    }
    assert_none_breaks(introductions_missing, &["src"]);
}

#[test]
fn a_folder_without_introduction_is_found() {
    let all = [
        "src/a/mod.rs:1: the introduction doesn't say `In:`",
        "src/a/mod.rs:1: the introduction doesn't say `Out:`",
    ];
    assert_breaks(introductions_missing, "src/a/mod.rs", "mod b;\n//! In: x. Out: y.", &all);
    assert_breaks(introductions_missing, "src/a/mod.rs", "//! Things.\n//!\n//! In: x.\nmod b;", &all[1..]);
    assert_breaks(introductions_missing, "src/a/mod.rs", "//! Things.\n//!\n//! In: x. Out: y.\nmod b;", &[]);
}
