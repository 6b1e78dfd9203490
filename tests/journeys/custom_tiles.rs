//! Custom tiles in journeys: called for contacts and accounts, waiting, remembering, having effects.

use super::{EVERYONE, workspace};
use crate::support::{
    workspace::{Database, Workspace, on_both},
    world::World,
};

const ALERT: &str = "
  - id: alert
    tile: committee_alert
    with: { channel: sales }
    paths:
      alerted:
        - id: call
          tile: activity
          with: { type: phone_call, for_each: account, assign_to: account_owner, subject: \"Call {{account.name}}\" }
";

const ALERT_TILE: &str = "kind: tile
name: committee_alert
summary: Tells a channel when enough of an account's people have engaged
for: account
parameters:
  channel: { type: text, required: true }
  people: { type: integer, default: 2 }
needs:
  account: [name]
  contact: [role]
  did:
    engaged: { did: Visited, within: 30 days }
paths: [alerted, quiet]
";

const ALERT_SCRIPT: &str = r#"fn run(item, params) {
    let engaged = item.contacts.filter(|c| c.did.engaged > 0);
    if engaged.len() >= params.people {
        return take("alerted").message(params.channel, `${item.account.name}: ${engaged.len()} people engaged`);
    }
    if item.calls < 7 { return wait("1 day"); }
    take("quiet")
}
"#;

/// A workspace with the journey `spring` of these steps and one custom tile.
fn with_tile(database: Database, steps: &str, name: &str, tile: &str, script: &str) -> Workspace {
    workspace(database, EVERYONE, steps)
        .file(&format!("plugins/{name}/tile.yaml"), tile)
        .file(&format!("plugins/{name}/tile.rhai"), script)
}

/// A tile named `act` for contacts or accounts, with a path `done`, whose script is `run`'s body.
fn acting(database: Database, target: &str, needs: &str, body: &str) -> World {
    let tile = format!("kind: tile\nname: act\nsummary: Acts\nfor: {target}\nneeds: {needs}\npaths: [done, other]\n");
    let script = format!("fn run(item, params) {{\n{body}\n}}\n");
    let steps = "
  - id: act
    tile: act
    paths:
      other: []
  - id: after
    tile: wait
    with: { for: 1 day }
";
    super::populated(&with_tile(database, steps, "act", &tile, &script))
}

fn outbox(world: &mut World) -> Vec<String> {
    let mut lines = world.tables().lines(
        "SELECT o.channel, COALESCE(c.id, '-'), COALESCE(a.id, '-'), o.ordinal, o.content FROM outbox o
         LEFT JOIN contact c ON c.key = o.contact_key LEFT JOIN account a ON a.key = o.account_key",
    );
    lines.sort();
    lines
}

#[test]
fn an_account_is_called_daily_until_two_of_its_people_engaged() {
    on_both(|database| {
        let mut world =
            super::populated(&with_tile(database, ALERT, "committee_alert", ALERT_TILE, ALERT_SCRIPT));
        world.did("ada", "Visited", "2026-03-02 10:00");
        world.did("bob", "Visited", "2026-03-03 10:00");
        world.play("2026-03-20 08:00");
        world.ways(&[
            ("ada", "alert.alerted call | finished"),
            ("bob", "alert.alerted call | finished"),
            ("cy", "alert.quiet | finished"),
        ]);
        assert_eq!(world.left("ada", "alert"), "2026-03-04T08:00:00Z", "on the third look");
        assert_eq!(world.left("cy", "alert"), "2026-03-08T08:00:00Z", "after seven days");
        assert_eq!(outbox(&mut world), [r#"sales - acme 0 {"text":"ACME: 2 people engaged"}"#]);
        assert_eq!(world.activities(), ["call acme - Call ACME acme-owner@vendor.example"]);
    });
}

#[test]
fn rule_14_late_ticks_come_to_what_timely_ones_come_to() {
    let told = |ticks: &[&str]| {
        let mut world =
            super::populated(&with_tile(Database::Sqlite, ALERT, "committee_alert", ALERT_TILE, ALERT_SCRIPT));
        world.did("ada", "Visited", "2026-03-02 10:00");
        world.did("bob", "Visited", "2026-03-03 10:00");
        ticks.iter().for_each(|at| world.tick(at));
        (world.way("ada"), world.left("ada", "alert"), world.way("cy"), outbox(&mut world))
    };
    let daily = ["2026-03-01 08:00", "2026-03-02 08:00", "2026-03-03 08:00", "2026-03-04 08:00"];
    let late = ["2026-03-01 08:00", "2026-03-02 19:59", "2026-03-04 07:00", "2026-03-04 20:00"];
    assert_eq!(told(&daily), told(&late));
}

#[test]
fn what_a_step_sets_is_seen_by_the_next_and_by_segments() {
    on_both(|database| {
        let body = "if item.contact.role == \"champion\" { return take(\"other\"); }
            take(\"done\").set(\"contact.role\", `champion ${item.contact.first_name}`).set(\"account.employees\", 12)";
        let mut world = acting(database, "contact", "{ contact: [role, first_name] }", body);
        world.tick("2026-03-01 08:00");
        world.ways(&[("ada", "act.done | at after"), ("dan", "act.done | at after")]);
        assert_eq!(
            world.tables().lines("SELECT id, role FROM contact ORDER BY id"),
            ["ada champion ada", "bob champion bob", "cy champion cy", "dan champion dan"]
        );
        assert_eq!(world.tables().lines("SELECT id, employees FROM account ORDER BY id"), ["acme 12", "globex 12"]);
    });
}
