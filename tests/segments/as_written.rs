//! Segments within segments, asked as they are written now.

use crate::support::workspace::{Workspace, on_both};

const DEFINITIONS: &str = r#"
kind: segment
name: customers
target: account
where: is_customer(account.status)
---
kind: segment
name: chosen
target: contact
members: [bob, cem]
---
kind: segment
name: of-customers
target: contact
where: { segment: customers }
---
kind: segment
name: wanted
target: contact
where:
  all:
    - any: [{ segment: of-customers }, { segment: chosen }]
    - none: [{ segment: resting }]
---
kind: segment
name: both
target: contact
where: { any: [{ segment: of-customers }, { segment: wanted }] }
---
kind: segment
name: resting
target: contact
active: false
where: true
---
kind: segment
name: with-wanted
target: account
where: { any_contact: { segment: wanted } }
"#;

const SCRIPT: &str = "fn is_customer(status) { status == \"customer\" }\n";

/// The names in a preview's first column.
fn preview(workspace: &Workspace, segment: &str) -> String {
    let told = workspace.program(&["segment", "preview", segment, "--format", "csv"]).done();
    let ids: Vec<&str> = told.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    ids.join(" ")
}

#[test]
fn a_segment_that_refers_to_others_is_previewed_as_all_of_them_are_written() {
    on_both(|database| {
        let workspace = Workspace::on(database)
            .file("journeys/all.yaml", DEFINITIONS)
            .file("scripts/functions.rhai", SCRIPT);
        let mut world = workspace.open();
        world.accounts(&["acme", "globex"]);
        world.import(
            tilework::interactions::ImportKind::Accounts,
            "id,status\nacme,customer\nglobex,prospect\n",
        );
        world.contacts(&[("ada", "acme"), ("bob", "acme"), ("cem", "globex"), ("dan", "")]);
        let expected = [
            ("customers", "acme"),
            ("of-customers", "ada bob"),
            ("wanted", "ada bob cem"),
            ("both", "ada bob cem"),
            ("with-wanted", "acme globex"),
        ];
        for ran in [false, true] {
            for (segment, members) in expected {
                assert_eq!(preview(&workspace, segment), members, "{segment}, ran: {ran}");
            }
            world.tick(if ran { "2026-03-02 08:00" } else { "2026-03-01 08:00" });
        }
        let changed = DEFINITIONS.replace("[bob, cem]", "[dan]");
        workspace.write("journeys/all.yaml", &changed);
        assert_eq!(
            preview(&workspace, "wanted"),
            "ada bob dan",
            "what was changed counts before it is published"
        );
        let why = workspace.program(&["why", "segment", "wanted", "dan"]).done();
        assert!(why.contains("dan is not in wanted yet, but satisfies it"), "{why}");
        assert!(why.contains("✓ the contact is in segment chosen"), "{why}");
        let why = workspace.program(&["why", "segment", "both", "cem"]).done();
        assert!(why.contains("cem is in both, but no longer satisfies it"), "{why}");
        let picked = workspace.program(&["segment", "pick", "x", "--where", "{ segment: wanted }"]).done();
        assert_eq!(picked, "ada\nbob\ndan\n");
    });
}
