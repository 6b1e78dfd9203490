//! Custom tiles in journeys: called for contacts and accounts, waiting, remembering, having effects.

use std::{cell::RefCell, rc::Rc};

use tilework::engine::Phase;

use super::{EVERYONE, workspace};
use crate::support::{
    workspace::{Database, SETTINGS, Workspace, on_both},
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
        .file("tilework.yaml", &format!("{SETTINGS}  sales: {{ transport: file }}\n"))
        .file(&format!("plugins/{name}/tile.yaml"), tile)
        .file(&format!("plugins/{name}/tile.rhai"), script)
}

/// A tile named `act` for contacts or accounts, with a path `done`, whose script is `run`'s body.
fn acting(database: Database, target: &str, needs: &str, body: &str) -> World {
    let tile = format!(
        "kind: tile\nname: act\nsummary: Acts\nfor: {target}\nneeds: {needs}\npaths: [done, other]\n"
    );
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
        assert_eq!(outbox(&mut world), [r#"sales - acme 0 "ACME: 2 people engaged""#]);
        assert_eq!(world.activities(), ["call acme - Call ACME acme-owner@vendor.example"]);
    });
}

#[test]
fn rule_14_late_ticks_come_to_what_timely_ones_come_to() {
    let told = |ticks: &[&str]| {
        let mut world = super::populated(&with_tile(
            Database::Sqlite,
            ALERT,
            "committee_alert",
            ALERT_TILE,
            ALERT_SCRIPT,
        ));
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
        let segments = "kind: segment\nname: champions\ntarget: contact\nwhere: starts_with(contact.role, \"champion\")\n\
                        ---\nkind: segment\nname: teams\ntarget: account\nwhere: account.employees >= 12\n";
        world.write("journeys/segments.yaml", segments);
        world.tick("2026-03-01 08:00");
        world.ways(&[("ada", "act.done | at after"), ("dan", "act.done | at after")]);
        assert_eq!(
            world.tables().lines("SELECT id, role FROM contact ORDER BY id"),
            ["ada champion ada", "bob champion bob", "cy champion cy", "dan champion dan"]
        );
        assert_eq!(
            world.tables().lines("SELECT id, employees FROM account ORDER BY id"),
            ["acme 12", "globex 12"]
        );
        world.tick("2026-03-01 09:00");
        let sizes = "SELECT name, size FROM segment WHERE name IN ('champions', 'teams') ORDER BY name";
        assert_eq!(world.tables().lines(sizes), ["champions 4", "teams 2"]);
    });
}

#[test]
fn rule_20_a_script_that_fails_stops_its_own_participant_and_a_fix_lets_it_try_again() {
    on_both(|database| {
        let broken = "if item.calls == 0 { return wait(\"1 day\").activity(#{ subject: \"first\" }); }
            if item.contact.first_name == \"bob\" { loop { } }
            if item.contact.first_name == \"cy\" { throw \"no budget\"; }
            take(\"done\").activity(#{ subject: \"second\" })";
        let mut world = acting(database, "contact", "{ contact: [first_name] }", broken);
        world.play("2026-03-02 08:00");
        world.ways(&[
            ("ada", "act.done | at after"),
            (
                "bob",
                "act! | stopped: failed: plugins/act/tile.rhai:1:4: the script takes more than 100000 operations; does a loop never end?",
            ),
            ("cy", "act! | stopped: failed: plugins/act/tile.rhai:4:50: no budget"),
            ("dan", "act.done | at after"),
        ]);
        assert_eq!(world.store.failed_at("spring", "act").unwrap(), 2);
        let fixed = broken.replace("loop { }", "").replace("throw \"no budget\";", "");
        world.write("plugins/act/tile.rhai", &format!("fn run(item, params) {{\n{fixed}\n}}\n"));
        let now = crate::support::world::at("2026-03-02 09:00");
        assert_eq!(world.store.retry_failed("spring", "act", now).unwrap(), 2);
        assert_eq!(world.store.failed_at("spring", "act").unwrap(), 0);
        world.tick("2026-03-02 09:00");
        world.ways(&[("bob", "act.done | at after"), ("cy", "act.done | at after")]);
        let subjects =
            world.tables().lines("SELECT subject, COUNT(*) FROM activity GROUP BY subject ORDER BY subject");
        assert_eq!(subjects, ["first 4", "second 4"], "what was done before the failure isn't done again");
        assert!(
            world.tables().lines("SELECT hash FROM publication WHERE kind = 'journey'").len() >= 2,
            "the fix was published"
        );
    });
}

#[test]
fn rule_20_a_step_whose_scripts_take_long_takes_turns_with_other_journeys() {
    on_both(|database| {
        let after = "
kind: journey
name: winter
owner: marketing@vendor.example
target: contact
start: 2026-03-01 08:00
audience: { include: [everyone] }
steps:
  - { id: greet, tile: email, with: { email: notice } }
";
        let steps = "
  - id: act
    tile: act
";
        let tile = "kind: tile\nname: act\nsummary: Acts\nfor: contact\n";
        let script = "fn run(item, params) { loop { } }";
        let workspace = with_tile(database, steps, "act", tile, script).file("journeys/winter.yaml", after);
        let mut world = super::populated(&workspace).batches_of(1);
        // Each batch that a tile decides takes eleven seconds.
        let (passing, phases) = (Rc::clone(&world.passing), Rc::new(RefCell::new(Vec::new())));
        let seen = Rc::clone(&phases);
        world = world.observed(move |phase| {
            if phase == Phase::Decided {
                passing.set(passing.get() + 11_000);
            }
            seen.borrow_mut().push(phase);
        });
        world.tick("2026-03-01 08:00");
        let phases = phases.borrow();
        let first = phases.iter().position(|phase| *phase == Phase::HandedOver).unwrap();
        let batches = |of: &[Phase]| of.iter().filter(|phase| **phase == Phase::Decided).count();
        // One batch of the looping step, an account, and three of the other journey.
        assert_eq!(batches(&phases[..first]), 4, "mails leave before the scripts are through");
        assert_eq!(batches(&phases[first..]), 2);
        assert_eq!(world.messages().iter().filter(|line| line.ends_with("delivered")).count(), 4);
        assert_eq!(world.store.failed_at("spring", "act").unwrap(), 4);
    });
}

#[test]
fn rule_13_turns_go_by_the_order_of_arrival_then_of_ids_and_by_the_value_of_a_field() {
    let tile = "kind: tile\nname: act\nsummary: Acts\nfor: account\nneeds: { account: [country], turn: account.country }\n";
    let script = "fn run(item, params) {
    let people = [\"ann\", \"ben\"];
    if item.calls == 0 { return wait(\"1 day\"); }
    take().set(\"account.owner\", people[item.turn % 2]).note(`${item.account.country} ${item.turn}`)
}";
    let steps = "
  - id: visited
    tile: trigger
    with:
      based_on: account
      when:
        did: Visited
      timeout: 3 days
  - id: act
    tile: act
";
    super::whatever_the_batch(|database, size| {
        let mut world = with_tile(database, steps, "act", tile, script).open().batches_of(size);
        let countries =
            [("a1", "UK"), ("a2", "UK"), ("a3", "UK"), ("a4", "France"), ("a5", ""), ("a6", "UK")];
        let rows: Vec<String> = countries.iter().map(|(id, country)| format!("{id},{country}\n")).collect();
        world.import(tilework::interactions::ImportKind::Accounts, &format!("id,country\n{}", rows.concat()));
        world.contacts(&[
            ("c1", "a1"),
            ("c2", "a2"),
            ("c3", "a3"),
            ("c4", "a4"),
            ("c5", "a5"),
            ("d2", "a2"),
            ("e", ""),
        ]);
        world.tick("2026-03-01 08:00");
        world.did("c3", "Visited", "2026-03-02 09:00");
        world.tick("2026-03-03 08:00");
        world.play("2026-03-08 08:00");
        // Who comes later has a later turn; it is in another tick.
        world.contacts(&[("c6", "a6")]);
        world.play("2026-03-20 08:00");
        let turns = ["c3", "c1", "c2", "d2", "c6", "c4", "c5"]
            .map(|contact| world.because(contact, "act").rsplit("; ").next().unwrap().to_owned());
        assert_eq!(turns, ["UK 0", "UK 1", "UK 2", "UK 2", "UK 3", "France 0", " 0"], "{database:?} {size}");
        let owners = world.tables().lines("SELECT id, owner FROM account ORDER BY id");
        assert_eq!(owners, ["a1 ben", "a2 ann", "a3 ann", "a4 ann", "a5 ann", "a6 ben"]);
    });
}

#[test]
fn every_wrong_answer_stops_with_failed_script_line_and_column() {
    let cases = [
        (
            "42",
            "plugins/act/tile.rhai:1:4: `run` gave a whole number, expected an action such as `take(\"done\")`",
        ),
        (
            "let p = \"dnoe\"; take(p)",
            "plugins/act/tile.rhai:2:17: the tile has no path `dnoe`; there is: `done`, `other`",
        ),
        (
            "let f = \"contact.id\"; take(\"done\").set(f, \"x\")",
            "2:36: `contact.id` can't be set by a tile: only an import changes it",
        ),
        (
            "let f = \"contact.rolle\"; take(\"done\").set(f, \"x\")",
            "2:39: a contact has no field `rolle`; did you mean `role`",
        ),
        (
            "take(\"done\").set(\"contact.do_not_email\", \"yes\")",
            "2:14: `contact.do_not_email` can't be set to `yes`: expected a value of type `boolean`",
        ),
        ("take(\"done\").set(\"contact.status\", \"gone\")", "expected one of `active`, `inactive`"),
        (
            "take(\"done\").activity(#{ subjct: \"x\" })",
            "2:14: `activity` has no `subjct`. Did you mean `subject`?",
        ),
        (
            "take(\"done\").activity(#{ subject: \"x\", due: \"soon\" })",
            "`due` of `activity`: `soon` is not a length of time",
        ),
        ("take(\"done\").lead(#{ })", "a `lead` needs a `topic`"),
        (
            "let to = \"saels\"; take(\"done\").message(to, \"x\")",
            "2:32: there is no channel `saels` for messages in `tilework.yaml`",
        ),
        ("item.contact.role", "there is no `role` here; fields have to stand under `needs`"),
        ("retry(\"1 hour\", \"no answer\")", "gave up after 20 tries: no answer"),
    ];
    for (body, expected) in cases {
        let mut world = acting(Database::Sqlite, "contact", "{ contact: [first_name] }", body);
        world.play("2026-03-03 08:00");
        let way = world.way("ada");
        assert!(way.starts_with("act! | stopped: failed: ") && way.contains(expected), "{body}\n{way}");
    }
}

#[test]
fn a_script_remembers_between_calls_and_each_call_has_effects_of_its_own() {
    on_both(|database| {
        let body = "let count = (item.state.get(\"count\") ?? 0) + 1;
            if count < 4 { return wait(\"1 day\").remember(#{ count: count }).message(\"sales\", `call ${count}`).note(`seen ${count} times`); }
            take(\"done\").message(\"sales\", `last of ${item.calls}`)";
        let mut world = acting(database, "contact", "{ contact: [first_name] }", body);
        world.play("2026-03-02 12:00");
        let kept = "SELECT k.calls, k.effects, k.state, k.reason FROM tile_state k JOIN contact c ON c.key = k.contact_key WHERE c.id = 'ada'";
        assert_eq!(world.tables().lines(kept), ["2 2 {\"count\":2} seen 2 times"]);
        world.play("2026-03-10 08:00");
        let sent: Vec<String> =
            outbox(&mut world).into_iter().filter(|line| line.starts_with("sales ada")).collect();
        assert_eq!(
            sent,
            [
                r#"sales ada acme 0 "call 1""#,
                r#"sales ada acme 1 "call 2""#,
                r#"sales ada acme 2 "call 3""#,
                r#"sales ada acme 3 "last of 3""#,
            ]
        );
        assert_eq!(world.left("ada", "act"), "2026-03-04T08:00:00Z");
    });
}

#[test]
fn rule_7_an_account_that_does_not_exist_gets_nothing_and_its_contact_travels_on() {
    on_both(|database| {
        let body = "take(\"done\").activity(#{ subject: `For ${item.account.id ?? \"nobody\"}` }).set(\"account.status\", \"met\")";
        let mut world = acting(database, "account", "{ account: [name] }", body);
        world.tick("2026-03-01 08:00");
        world.ways(&[
            ("ada", "act.done | at after"),
            ("bob", "act.done | at after"),
            ("dan", "act.done | at after"),
        ]);
        assert_eq!(world.activities().len(), 2, "once for each account");
        assert_eq!(
            world.tables().lines("SELECT id, status FROM account ORDER BY id"),
            ["acme met", "globex met"]
        );
    });
}

#[test]
fn rule_10_who_arrives_after_the_decision_of_its_account_follows_it() {
    on_both(|database| {
        let steps = "
  - id: visited
    tile: trigger
    with:
      based_on: contact
      when:
        did: Visited
      timeout: 10 days
  - id: act
    tile: act
    paths:
      other: []
";
        let tile = "kind: tile\nname: act\nsummary: Acts\nfor: account\npaths: [done, other]\n";
        let script = "fn run(item, params) {\n    if item.contacts.len() == 2 { take(\"other\").message(\"sales\", \"once\") } else { take(\"done\") }\n}\n";
        let mut world = super::populated(&with_tile(database, steps, "act", tile, script));
        world.did("ada", "Visited", "2026-03-03 10:00");
        world.play("2026-03-20 08:00");
        world.ways(&[
            ("ada", "visited.then act.other | finished"),
            ("bob", "visited.else act.other | finished"),
            ("cy", "visited.else act.done | finished"),
        ]);
        assert_eq!(outbox(&mut world), [r#"sales - acme 0 "once""#]);
    });
}

#[test]
fn functions_of_scripts_decide_who_is_in_a_segment() {
    on_both(|database| {
        let segments = "
kind: segment
name: deciders
target: contact
where:
  all:
    - is_decision_maker(contact)
    - not(is_from(account, \"globex\"))
---
kind: segment
name: with-deciders
target: account
where:
  any_contact: is_decision_maker(contact)
---
kind: segment
name: without-deciders
target: account
where:
  no_contact: is_decision_maker(contact)
";
        let scripts = "fn is_decision_maker(contact) {
    if contact.first_name == \"dan\" { throw \"no\"; }
    contact.role == \"decision_maker\" || is_executive(contact.job_title ?? \"\")
}
fn is_executive(title) { title.contains(\"Chief\") }
fn is_from(account, id) { account.id == id }
";
        let mut world = super::populated(
            &workspace(database, EVERYONE, "  - { id: pause, tile: wait, with: { for: 90 days } }")
                .file("journeys/deciders.yaml", segments)
                .file("scripts/people.rhai", scripts),
        );
        let members = |world: &mut World, segment: &str| {
            world.tables().lines(&format!(
                "SELECT COALESCE(c.id, a.id) FROM membership m JOIN segment s ON s.key = m.segment_key
                 LEFT JOIN contact c ON c.key = m.subject_key AND s.target = 'contact'
                 LEFT JOIN account a ON a.key = m.subject_key AND s.target = 'account'
                 WHERE s.name = '{segment}' ORDER BY 1"
            ))
        };
        world.set("ada", "role", "decision_maker");
        world.set("cy", "job_title", "Chief of all");
        world.tick("2026-03-01 08:00");
        assert_eq!(members(&mut world, "deciders"), ["ada"]);
        assert_eq!(members(&mut world, "with-deciders"), ["acme", "globex"]);
        assert!(members(&mut world, "without-deciders").is_empty());
        world.set("ada", "role", "user");
        world.set("bob", "job_title", "Chief Buyer");
        world.tick("2026-03-02 08:00");
        assert_eq!(members(&mut world, "deciders"), ["bob"], "a changed field is seen");
        world.write("scripts/people.rhai", &scripts.replace("\"Chief\"", "\"Head\""));
        world.tick("2026-03-03 08:00");
        assert!(members(&mut world, "deciders").is_empty(), "a changed script is seen");
        assert_eq!(members(&mut world, "without-deciders"), ["acme", "globex"]);
    });
}
