//! What people ask about segments: numbers, previews, reasons.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::Value;
use tilework::interactions::ImportKind;

use crate::support::{
    workspace::{Workspace, on_both},
    world::at,
};

const DEFINITIONS: &str = r#"
kind: interaction
name: OrderPlaced
attributes:
  amount: { type: number }
---
kind: segment
name: buyers
label: Who buys
target: contact
where: contact.role == "buyer"
---
kind: segment
name: warm
target: contact
where:
  all:
    - segment: buyers
    - account.industry == "Finance"
    - did: OrderPlaced
      where: interaction.amount >= 10
      within: 30 days
      at_least: 2 times
---
kind: segment
name: accounts-of-buyers
target: account
where:
  any_contact: contact.role == "buyer"
  at_least: 2 contacts
---
kind: segment
name: resting
target: contact
active: false
where: true
---
kind: journey
name: spring
target: contact
start: 2026-06-01 08:00
audience: { include: [warm], exclude: [buyers] }
steps:
  - id: bought
    tile: trigger
    with:
      when: { segment: accounts-of-buyers }
      timeout: 3 days
"#;

/// A workspace that was run on the first and the second of March.
fn story(workspace: &Workspace) {
    let mut world = workspace.open();
    world.accounts(&["acme", "globex"]);
    world.import(ImportKind::Accounts, "id,industry\nacme,Finance\nglobex,Energy\n");
    world.contacts(&[("ada", "acme"), ("bob", "acme"), ("cem", "globex"), ("dan", "")]);
    for id in ["ada", "bob"] {
        world.set(id, "role", "buyer");
    }
    world.import(
        ImportKind::Interactions,
        "id,type,contact_id,at,amount\n1,OrderPlaced,ada,2026-02-20T10:00:00Z,20\n2,OrderPlaced,ada,2026-02-21T10:00:00Z,30\n\
         3,OrderPlaced,bob,2026-02-21T10:00:00Z,30\n",
    );
    world.tick("2026-03-01 08:00");
    world.set("cem", "role", "buyer");
    world.set("bob", "role", "user");
    world.try_tick(at("2026-03-02 08:00")).unwrap();
}

/// How long something took differs from run to run.
fn without_times(text: &str) -> String {
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    let mut out = String::new();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).map_or("", |next| next.trim());
        match word.trim().parse::<u64>() {
            Ok(_) if next.starts_with("ms") => out.push_str("… "),
            _ => out.push_str(word),
        }
    }
    out
}

#[test]
fn a_marketer_understands_a_segment() {
    on_both(|database| {
        let workspace = Workspace::on(database).file("journeys/all.yaml", DEFINITIONS);
        story(&workspace);
        for (name, line) in [
            ("segment_show_warm", "segment show warm"),
            ("segment_show_resting", "segment show resting"),
            ("segment_preview", "segment preview warm"),
            ("segment_used_by", "segment used-by accounts-of-buyers"),
            ("why_segment", "why segment warm bob"),
            ("why_segment_of_account", "why segment accounts-of-buyers acme"),
            ("segment_members_page", "segment members buyers --limit 1 --after ada --format csv"),
            ("segment_pick", "segment pick somebody --where contact.role==\"user\""),
        ] {
            let arguments: Vec<&str> = line.split(' ').collect();
            insta::assert_snapshot!(name, without_times(&workspace.program(&arguments).done()));
        }
        let described = workspace.program(&["segment", "describe", "warm"]).done();
        assert!(described.contains("the contact did OrderPlaced"), "{described}");
        assert!(described.contains("SELECT c.key AS key FROM contact c"), "{described}");
        assert!(!described.contains('$'), "no parameter is left out: {described}");
        assert!(described.contains("nothing is left to scripts"), "{described}");
        workspace.write("journeys/all.yaml", &DEFINITIONS.replace("amount >= 10", "amount >= 20"));
        let shown = workspace.program(&["segment", "show", "warm"]).done();
        assert!(shown.contains("next at the next run, since the definition changed"), "{shown}");
    });
}

#[test]
fn a_definition_is_previewed_before_it_is_kept() {
    on_both(|database| {
        let workspace = Workspace::on(database).file("journeys/all.yaml", DEFINITIONS);
        story(&workspace);
        let before = workspace.tables().state();
        let definition =
            "kind: segment\nname: buyers\ntarget: contact\nwhere: contact.id in [\"ada\", \"dan\"]\n";
        let mut child = Command::new(env!("CARGO_BIN_EXE_tilework"))
            .args(["-C", workspace.root().to_str().unwrap(), "segment", "preview", "-", "--format", "json"])
            .env("TILEWORK_STORE", workspace.store())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(definition.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let preview: Value = serde_json::from_slice(&output.stdout).unwrap();
        let number = |key: &str| preview[key].as_i64().unwrap();
        assert_eq!((number("count"), number("joining"), number("leaving")), (2, 1, 1), "{preview}");
        assert_eq!(preview["sample"][0]["account_name"], "ACME");
        assert_eq!(workspace.tables().state(), before, "nothing was written");
    });
}

#[test]
fn picked_ids_are_kept_in_a_file_for_a_static_segment() {
    on_both(|database| {
        let workspace = Workspace::on(database).file("journeys/all.yaml", DEFINITIONS);
        story(&workspace);
        let pick = ["segment", "pick", "vip", "dan", "ada", "--write", "journeys/vip.csv"];
        workspace.program(&pick).done();
        let written = std::fs::read_to_string(workspace.root().join("journeys/vip.csv")).unwrap();
        assert_eq!(written, "ada\ndan\n");
        workspace
            .write("journeys/vip.yaml", "kind: segment\nname: vip\ntarget: contact\nmembers_from: vip.csv\n");
        let preview = workspace.program(&["segment", "preview", "vip", "--format", "csv"]).done();
        assert_eq!(preview, "id,name,account_id,account_name\nada,ada,acme,ACME\ndan,dan,,\n");
        let wrong = [
            (vec!["segment", "pick", "vip", "zoe"], "there is no contact with the id `zoe`"),
            (vec!["segment", "pick", "vip", "ada", "--write", "../vip.csv"], "lies outside the workspace"),
            (vec!["segment", "pick", "vip"], "required arguments were not provided"),
        ];
        for (arguments, message) in wrong {
            let program = workspace.program(&arguments);
            assert_eq!(program.code, 2);
            assert!(program.stderr.contains(message), "{}", program.stderr);
        }
    });
}
