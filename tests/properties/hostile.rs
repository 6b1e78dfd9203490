//! Damaged files and strange scripts: each is refused or done, and nothing else happens.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use proptest::{prelude::*, sample::select};
use tilework::{
    compile,
    definitions::{Folder, Reading, Snapshot, load_from},
    diagnostics::{Problems, Severity, render_human},
    interactions::ImportKind,
    model::time::DAY,
};

use crate::support::{
    definitions::USUAL,
    files::{files_under, repository},
    property::holds,
    workspace::{Database, SETTINGS, Workspace},
    world::{World, at, compiled_or_refused},
};

/// What is done to a file, each at a place that is a share of its length.
#[derive(Debug, Clone)]
enum Damage {
    Delete {
        length: usize,
    },
    Double {
        length: usize,
    },
    Insert {
        text: String,
    },
    /// A part of it stands at its end, too.
    Repeat {
        length: usize,
        times: usize,
    },
}

fn damages() -> impl Strategy<Value = Vec<(f64, Damage)>> {
    let strange = select(vec![
        "\u{0}",
        "\t",
        "\r",
        "\u{feff}",
        "\u{202e}",
        "ß",
        "{",
        "}",
        "[",
        "]",
        "{{",
        "}}",
        "{{#if ",
        "{{/if}}",
        "\"",
        "'",
        ":",
        " - ",
        "\n",
        "---\n",
        "&a ",
        "*a",
        "!x ",
        "|\n",
        "<",
        "</a>",
        "&#0;",
        "1e400",
        "-9223372036854775808",
        "100.000",
        "null",
        "~",
        "true",
        "fn ",
        "|x| ",
        "..",
        "=",
        "${",
        "`",
        "/*",
        "//",
        ",",
        ";",
    ]);
    let damage = prop_oneof![
        3 => (1..40_usize).prop_map(|length| Damage::Delete { length }),
        1 => (1..80_usize).prop_map(|length| Damage::Double { length }),
        4 => strange.prop_map(|text| Damage::Insert { text: text.to_owned() }),
        1 => "\\PC{0,12}".prop_map(|text| Damage::Insert { text }),
        1 => (1..30_usize, 1..400_usize).prop_map(|(length, times)| Damage::Repeat { length, times }),
    ];
    prop::collection::vec((0.0..1.0_f64, damage), 1..6)
}

/// The text with all damages done to it.
fn damaged(text: &str, damages: &[(f64, Damage)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (share, damage) in damages {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let from = (characters.len() as f64 * share) as usize;
        let part = |length: usize| characters[from..(from + length).min(characters.len())].to_vec();
        match damage {
            Damage::Delete { length } => drop(characters.drain(from..(from + length).min(characters.len()))),
            Damage::Double { length } => {
                let part = part(*length);
                characters.splice(from..from, part);
            }
            Damage::Insert { text } => drop(characters.splice(from..from, text.chars())),
            Damage::Repeat { length, times } => {
                let part = part(*length).repeat(*times);
                characters.splice(from..from, part);
            }
        }
    }
    characters.into_iter().collect()
}

/// The files of the sample workspace that are definitions, or belong to these.
fn sample() -> BTreeMap<String, String> {
    let root = repository();
    let mut files = BTreeMap::new();
    for (folder, extensions) in [
        ("journeys", &["yaml", "html", "txt"][..]),
        ("plugins", &["yaml", "rhai"]),
        ("scripts", &["rhai"]),
        ("tables", &["csv"]),
    ] {
        for path in extensions.iter().flat_map(|extension| files_under(&root.join(folder), extension)) {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
    let settings = std::fs::read_to_string(root.join("tilework.yaml")).unwrap();
    files.insert("tilework.yaml".to_owned(), settings);
    files
}

#[test]
fn damaged_definitions_are_checked_to_the_end() {
    let sample = sample();
    let names: Vec<String> = sample.keys().cloned().collect();
    assert!(names.len() > 12, "{names:?}");
    let variable = |_: &str| Some("x".to_owned());
    let root = repository();
    holds(60, &(select(names), damages()), |(name, damages)| {
        let mut files = sample.clone();
        let text = damaged(&files[&name], &damages);
        files.insert(name, text);
        let reading = Reading {
            root: &root,
            environment: None,
            variable: &variable,
            variables_required: true,
            more: None,
            facts_alone: false,
            place: None,
        };
        let mut problems = Problems::default();
        let definitions = load_from(&Folder::of(Snapshot { files }), &reading, &mut problems).unwrap();
        let plan = compile::compile(&definitions, &mut problems);
        let errors = problems.count(Severity::Error);
        prop_assert_eq!(plan.is_none(), errors > 0, "what isn't compiled has an error");
        let told = render_human(&problems, &definitions.sources, false);
        prop_assert_eq!(told.is_empty(), problems.is_empty());
        Ok(())
    });
}

#[test]
fn each_row_of_a_damaged_file_is_taken_or_rejected() {
    let few = |name: &str| {
        let text = std::fs::read_to_string(repository().join("data").join(name)).unwrap();
        text.lines().take(30).collect::<Vec<_>>().join("\n")
    };
    let files = [
        (ImportKind::Accounts, "account", few("accounts.csv")),
        (ImportKind::Contacts, "contact", few("contacts.csv")),
        (ImportKind::Interactions, "interaction", few("interactions.csv")),
    ];
    let world = RefCell::new(Workspace::on(Database::Sqlite).file("journeys/usual.yaml", USUAL).open());
    holds(80, &(0..files.len(), damages()), |(which, damages)| {
        let (kind, table, text) = &files[which];
        let mut world = world.borrow_mut();
        let count = |world: &mut World| -> u64 {
            world.tables().lines(&format!("SELECT COUNT(*) FROM {table}"))[0].parse().unwrap()
        };
        let before = count(&mut world);
        match world.import_result(*kind, damaged(text, &damages).as_bytes()) {
            Err(_) => {
                prop_assert_eq!(count(&mut world), before, "what is refused as a whole changes nothing")
            }
            Ok((summary, rejects)) => {
                let taken = summary.created + summary.updated + summary.unchanged;
                prop_assert_eq!(summary.read, taken + summary.rejected + summary.erased);
                prop_assert_eq!(rejects.len() as u64, summary.rejected);
                prop_assert_eq!(count(&mut world), before + summary.created);
            }
        }
        Ok(())
    });
}

/// A line of a script that does something to three variables, much of it forbidden, much of it growing.
fn line() -> impl Strategy<Value = String> {
    let name = || select(vec!["a", "b", "c"]);
    let value = || {
        select(vec![
            "[]",
            "#{}",
            "1",
            "\"x\"",
            "a",
            "b",
            "c",
            "[a, b]",
            "#{k: a, l: b}",
            "[[c]]",
            "item",
            "item.contact",
            "()",
            "`${a}${b}`",
            "true",
            "0..9",
            "a == b",
            "b in [a, c]",
            "9223372036854775807",
            "1.5e308",
            "c.len()",
            "|x| x",
            "a ?? b",
            "\"ß\u{202e}\"",
            "params",
        ])
    };
    let call = select(vec![
        "push(V)",
        "insert(0, V)",
        "pad(5000, V)",
        "index_of(V)",
        "dedup()",
        "map(|x| [x, V])",
        "filter(|x| x == V)",
        "sort()",
        "reverse()",
        "split(\"\")",
        "replace(\"x\", V)",
        "keys()",
        "values()",
        "mixin(V)",
        "contains(V)",
        "truncate(2)",
        "chop(3)",
        "reduce(|s, x| V)",
        "to_string()",
        "sub_string(0, 2)",
        "remove(0)",
        "clear()",
        "pop()",
        "zip(V, |x, y| [x, y])",
        "curry(V)",
        "drain(|x| true)",
        "splice(0, 1, V)",
        "set(\"k\", V)",
        "all(|x| V)",
    ]);
    prop_oneof![
        3 => (name(), value()).prop_map(|(name, value)| format!("{name} = {value};")),
        2 => (name(), select(vec!["+=", "-=", "*="]), value()).prop_map(|(name, sign, value)| format!("{name} {sign} {value};")),
        4 => (name(), call, value()).prop_map(|(name, call, value)| format!("{name}.{};", call.replace('V', value))),
        2 => (name(), value()).prop_map(|(name, value)| format!("{name} = [{name}, {value}];")),
        1 => (name(), name()).prop_map(|(name, other)| format!("{name} = {other}.map(|x| x);")),
    ]
}

/// The body of a script: lines, some of them done many times.
fn script() -> impl Strategy<Value = String> {
    let block = (prop::collection::vec(line(), 1..6), select(vec![1, 1, 7, 300, 100_000])).prop_map(
        |(lines, times)| match times {
            1 => lines.join("\n"),
            times => format!("for i in 0..{times} {{ {} }}", lines.join(" ")),
        },
    );
    let end = select(vec![
        "take()",
        "take().note(`${a}`)",
        "wait(\"1 hour\").remember(#{ a: a })",
        "a",
        "stop(`${b}`)",
    ]);
    (prop::collection::vec(block, 1..5), end).prop_map(|(blocks, end)| {
        format!("let a = []; let b = \"\"; let c = #{{}};\n{}\n{end}", blocks.join("\n"))
    })
}

#[test]
fn whatever_a_script_does_the_run_ends_and_the_others_go_on() {
    const JOURNEYS: &str = "kind: workflow\nname: strange\nscript: strange.rhai\n---\nkind: journey\nname: strange\ntarget: contact
start: 2026-03-01 08:00\naudience: { include: [everyone] }\nsteps:\n  - { id: strange, tile: launch_workflow, with: { workflow: strange } }
---\nkind: journey\nname: plain\ntarget: contact\nstart: 2026-03-01 08:00\naudience: { include: [everyone] }\nsteps:
  - { id: hello, tile: email, with: { email: invite } }\n";
    let accepted = Cell::new(0);
    holds(40, &script(), |script| {
        let workspace = Workspace::on(Database::Sqlite)
            .file("tilework.yaml", SETTINGS)
            .file("journeys/usual.yaml", USUAL)
            .file("journeys/strange.yaml", JOURNEYS)
            .file("journeys/strange.rhai", &format!("fn run(item) {{\n{script}\n}}\n"));
        let Ok(plan) = compiled_or_refused(&workspace) else { return Ok(()) };
        accepted.set(accepted.get() + 1);
        let mut world = World::with(workspace, plan);
        world.contacts(&[("ada", ""), ("bob", "")]);
        for day in 0..2 {
            world.try_tick(at("2026-03-01 08:00") + day * DAY).unwrap();
        }
        let mails =
            world.messages().into_iter().filter(|message| message.contains(" hello delivered")).count();
        prop_assert_eq!(mails, 2, "{}", script);
        Ok(())
    });
    assert!(accepted.get() > 0, "no script was run");
}
