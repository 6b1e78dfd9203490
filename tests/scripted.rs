//! A custom tile and a workflow that is a script, for journeys of the tests' own making.

use std::collections::BTreeMap;

use crate::support::{
    workspace::{SETTINGS, Workspace},
    world::World,
};

/// It waits twice, remembers, and has four effects in three calls beside two fields that it sets.
const MEET: &str = r#"fn run(item, params) {
    let seen = item.state.get("seen") ?? [];
    seen.push(item.now);
    let who = item.account.id ?? "nobody";
    switch item.calls {
        0 => wait("7 hours").message("sales", `${who} ${item.now} ${item.visit}`).remember(#{ seen: seen }),
        1 => wait("9 hours").activity(#{ subject: `${seen.len()}`, due: "2 days" }).remember(#{ seen: seen }),
        _ => take().message("sales", `${seen}`).lead(#{ topic: item.now })
            .set("account.industry", "met").note(`${seen.len()} calls`)
    }
}
"#;

const TELL: &str = r#"fn run(item) {
    if "contact" in item {
        return take().activity(#{ subject: item.now }).message("sales", item.contact.id)
            .set("contact.department", `${item.contact.department ?? ""}${item.visit}`);
    }
    take().activity(#{ subject: item.now }).message("sales", item.account.id).set("account.industry", "met")
}
"#;

/// How many effects a visit has that is over, of a tile that is a script.
fn effects(tile: &str) -> Option<usize> {
    match tile {
        "meet" => Some(4),
        "launch_workflow" => Some(2),
        _ => None,
    }
}

/// Lays the tile `meet` and the workflow `tell` into a workspace.
pub fn with_scripts(workspace: Workspace) -> Workspace {
    workspace
        .file("tilework.yaml", &format!("{SETTINGS}  sales: {{ transport: file }}\n"))
        .file("plugins/meet/tile.yaml", "kind: tile\nname: meet\nsummary: Meets\nfor: either\n")
        .file("plugins/meet/tile.rhai", MEET)
        .file(
            "journeys/tell.yaml",
            "kind: workflow\nname: tell\nscript: tell.rhai\nneeds: { contact: [department] }\n",
        )
        .file("journeys/tell.rhai", TELL)
}

/// Whether a step's effects are a script's.
pub fn is_scripted(world: &World, step: &str) -> bool {
    world.plan.journeys[0].step(step).is_some_and(|step| effects(&step.tile_name).is_some())
}

/// Every effect of scripts is there once, in the order of its ordinals; all of a visit that is over.
/// `over` has step, subject and visit of those.
pub fn assert_scripted(world: &mut World, over: &[(String, String, String)]) {
    let mut found: BTreeMap<(String, String, String), Vec<usize>> = BTreeMap::new();
    for (table, contact, account) in [
        ("lead", "subject_contact_key", "subject_account_key"),
        ("activity", "subject_contact_key", "subject_account_key"),
        ("outbox", "contact_key", "account_key"),
    ] {
        for row in world.tables().rows(&format!(
            "SELECT s.id, COALESCE(c.id, a.id), e.visit, e.ordinal FROM {table} e JOIN step s ON s.key = e.step_key
             LEFT JOIN contact c ON c.key = e.{contact} LEFT JOIN account a ON a.key = e.{account}"
        )) {
            let key = (row[0].clone(), row[1].clone(), row[2].clone());
            found.entry(key).or_default().push(row[3].parse().unwrap());
        }
    }
    found.retain(|(step, ..), _| is_scripted(world, step));
    for (key, ordinals) in &mut found {
        ordinals.sort_unstable();
        assert_eq!(*ordinals, (0..ordinals.len()).collect::<Vec<_>>(), "{key:?}");
    }
    for key in over {
        let tile = &world.plan.journeys[0].step(&key.0).unwrap().tile_name;
        let made = found.get(key).map_or(0, Vec::len);
        assert_eq!(Some(made), effects(tile), "{key:?}");
    }
}
