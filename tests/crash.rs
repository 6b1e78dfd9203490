//! A process that dies, at whatever moment, changes nothing in the end.
//!
//! The test runs its own program again as a child, which plays a workspace and dies on the way; then
//! the workspace is played to the end, and the outcome is held against that of a run that nothing
//! disturbed.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    path::Path,
    process::{Child, Command, Stdio},
    rc::Rc,
    time::Duration,
};

use tilework::engine::Phase;

use crate::support::{
    definitions::USUAL,
    dump::assert_same,
    http::{OK, Server},
    workspace::{Database, SETTINGS, Workspace, on_both},
    world::at,
};

const END: &str = "2026-04-05 08:00";

const DEFINITIONS: &str = r#"
kind: segment
name: visitors
target: contact
where:
  did: Visited
  within: 7 days
---
kind: journey
name: spring
target: account
owner: marketing@vendor.example
start: 2026-03-01 08:00
end: 2026-04-01 08:00
audience: { include: [everyone] }
suppress: [visitors]
steps:
  - id: invite
    tile: email
    with: { email: invite }
  - id: ordered
    tile: trigger
    with:
      based_on: account
      when:
        did: OrderPlaced
      quorum: 50%
      timeout: 20 days
    paths:
      then:
        - id: lead
          tile: create_lead
          with: { for_each: account, topic: "{{account.name}}" }
        - id: call
          tile: activity
          with: { type: phone_call, for_each: contact, subject: "{{contact.first_name}}" }
        - id: tell
          tile: launch_workflow
          with: { for_each: account, workflow: tell-crm }
        - id: meet
          tile: meet
  - id: pause
    tile: wait
    with: { for: 1 day }
  - id: thanks
    tile: email
    with: { email: invite }
  - id: again
    tile: trigger
    with:
      based_on: contact
      when:
        did: OrderPlaced
"#;

const TELL: &str = r#"fn run(item) {
    take().activity(#{ subject: `Tell of ${item.contacts.len()}` }).lead(#{ topic: item.account.name })
        .message("sales", item.account.name).set("account.status", `told at ${item.now}`)
}
"#;

const MEET_TILE: &str = "kind: tile\nname: meet\nsummary: Meets\nfor: contact\nneeds: { contact: [role] }\n";
const MEET: &str = r#"fn run(item, params) {
    if item.calls < 2 {
        return wait("6 hours").message("sales", `call ${item.calls}`).remember(#{ calls: item.calls });
    }
    take().set("contact.role", `${item.contact.role ?? "met"} ${item.state.calls}`)
}
"#;

/// A workspace with its data, not yet run.
fn prepared(database: Database) -> Workspace {
    let settings = SETTINGS.replace("directory: mail", "directory: mail\n    hold: 10 minutes");
    let settings = format!("{settings}  sales: {{ transport: file }}\n");
    let workspace = Workspace::on(database)
        .file("tilework.yaml", &settings)
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/definitions.yaml", DEFINITIONS)
        .file(
            "journeys/workflow.yaml",
            "kind: workflow\nname: tell-crm\nscript: tell-crm.rhai\nneeds: { account: [name] }\n",
        )
        .file("journeys/tell-crm.rhai", TELL)
        .file("plugins/meet/tile.yaml", MEET_TILE)
        .file("plugins/meet/tile.rhai", MEET);
    let mut world = workspace.open();
    world.accounts(&["acme", "globex", "initech"]);
    world.contacts(&[
        ("ada", "acme"),
        ("bob", "acme"),
        ("cy", "acme"),
        ("dan", "globex"),
        ("eve", "globex"),
        ("fay", "initech"),
        ("gus", ""),
    ]);
    world.set("bob", "do_not_email", "true");
    for (contact, kind, when) in [
        ("ada", "OrderPlaced", "2026-03-03 10:17"),
        ("cy", "OrderPlaced", "2026-03-09 12:00"),
        ("dan", "OrderPlaced", "2026-03-21 08:00"),
        ("gus", "OrderPlaced", "2026-03-05 09:00"),
        ("gus", "Visited", "2026-03-06 00:00"),
        ("fay", "OrderPlaced", "2026-03-30 09:00"),
    ] {
        world.did(contact, kind, when);
    }
    world.close()
}

/// The final state, and the messages written.
type Outcome = (String, Vec<(String, String)>);

fn outcome(workspace: &Workspace) -> Outcome {
    (workspace.tables().state_without_attempts(), workspace.mails())
}

/// What an undisturbed run comes to, and how often it goes through each phase.
fn undisturbed(prepared: &Workspace) -> (Outcome, BTreeMap<String, usize>) {
    let counts: Rc<RefCell<BTreeMap<String, usize>>> = Rc::default();
    let told = Rc::clone(&counts);
    let observe = move |phase: Phase| *told.borrow_mut().entry(format!("{phase:?}")).or_default() += 1;
    let mut world = prepared.copy().open().batches_of(2).observed(observe);
    world.play(END);
    world.ways(&[
        ("ada", "invite ordered.then lead call tell meet pause thanks again! | stopped: journey_ended"),
        ("fay", "invite ordered.else pause thanks again.then | finished"),
        ("gus", "invite ordered.then lead call tell meet pause! | stopped: suppressed"),
    ]);
    let outcome = outcome(&world.close());
    (outcome, Rc::try_unwrap(counts).unwrap_or_default().into_inner())
}

const PLACE: &str = "TILEWORK_TEST_CRASH";

/// The part of the child: plays the workspace that the environment names, and dies where it says.
#[test]
#[allow(clippy::disallowed_methods, reason = "the parent tells the child by the environment")]
fn child() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let parts: Vec<&str> = place.split('\n').collect();
    let [root, store, phase, occurrence] = parts[..] else { panic!("{place}") };
    let (phase, left) = (phase.to_owned(), Cell::new(occurrence.parse::<usize>().unwrap()));
    let observe = move |now: Phase| {
        if format!("{now:?}") == phase {
            left.set(left.get().saturating_sub(1));
            if left.get() == 0 {
                std::process::abort();
            }
        }
    };
    Workspace::at(Path::new(root), store).open().batches_of(2).observed(observe).play(END);
}

fn start_child(workspace: &Workspace, phase: &str, occurrence: usize) -> Child {
    let place =
        format!("{}\n{}\n{phase}\n{occurrence}", workspace.root().to_str().unwrap(), workspace.store());
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env(PLACE, place)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Dies at the first occurrence of each phase, and at one in the middle.
fn dies_at_each_phase(database: Database) {
    let prepared = prepared(database);
    let (expected, counts) = undisturbed(&prepared);
    assert_eq!(counts.len(), 12, "every phase occurs: {counts:?}");
    for (phase, count) in counts {
        for occurrence in [1, count.div_ceil(2) + 1] {
            let what = format!("{database:?}, dead at {phase} {occurrence} of {count}");
            let workspace = prepared.copy();
            let status = start_child(&workspace, &phase, occurrence).wait().unwrap();
            assert!(status.code().is_none(), "{what}: it didn't die, {status}");
            workspace.open().batches_of(2).play(END);
            let (state, mails) = outcome(&workspace);
            assert_same(&what, &expected.0, &state);
            assert!(mails == expected.1, "{what}: other mails");
        }
    }
}

#[test]
fn a_process_that_dies_at_any_phase_changes_nothing_on_sqlite() {
    dies_at_each_phase(Database::Sqlite);
}

#[test]
fn a_process_that_dies_at_any_phase_changes_nothing_on_postgres() {
    dies_at_each_phase(Database::Postgres);
}

/// Dies at each phase of a journey that calls a server: each call is made, none is made again unless nobody
/// could note that it was.
fn dies_around_a_call(database: Database) {
    let prepared = |server: &Server| {
        let definitions = format!(
            "kind: segment\nname: everyone\ntarget: contact\nwhere: true\n---\nkind: workflow\nname: tell-crm\nhttp:\n  \
             url: {}\n---\nkind: journey\nname: spring\ntarget: account\nstart: 2026-03-01 08:00\naudience: {{ include: \
             [everyone] }}\nsteps:\n  - {{ id: tell, tile: launch_workflow, with: {{ for_each: account, workflow: tell-crm }} }}\n  \
             - {{ id: each, tile: launch_workflow, with: {{ for_each: contact, workflow: tell-crm }} }}\n",
            server.url()
        );
        let workspace = Workspace::on(database)
            .file("tilework.yaml", &format!("{SETTINGS}  http: {{ allow: [127.0.0.1] }}\n"))
            .file("journeys/definitions.yaml", &definitions);
        let mut world = workspace.open();
        world.accounts(&["acme"]);
        world.contacts(&[("ada", "acme"), ("bob", "acme")]);
        world.close()
    };
    let server = Server::always(OK);
    let calm = prepared(&server);
    calm.open().play(END);
    let (expected, keys) = (calm.tables().state_without_attempts(), server.keys());
    assert_eq!(keys, ["spring/1/each/1/ada/0", "spring/1/each/1/bob/0", "spring/1/tell/1/acme/0"]);
    for phase in ["Claimed", "Decided", "Committed", "Stepped", "Taken", "HandedOver", "Settled"] {
        let server = Server::always(OK);
        let workspace = prepared(&server);
        let status = start_child(&workspace, phase, 1).wait().unwrap();
        assert!(status.code().is_none(), "{phase}: it didn't die, {status}");
        workspace.open().play(END);
        assert_same(
            &format!("{database:?}, dead at {phase}"),
            &expected,
            &workspace.tables().state_without_attempts(),
        );
        let mut made = server.keys();
        // Several calls are out when the first is handed over; before that there are none.
        let most = if phase == "HandedOver" { 2 } else { 1 };
        assert!(
            made.iter().all(|key| made.iter().filter(|other| *other == key).count() <= most),
            "{phase}: {made:?}"
        );
        made.sort();
        made.dedup();
        assert_eq!(made, keys, "{phase}");
    }
}

#[test]
fn rule_19_a_call_that_nobody_noted_is_made_again_with_the_same_key() {
    on_both(dies_around_a_call);
}

/// Kills the same run again and again, wherever it is.
#[allow(clippy::disallowed_methods, reason = "it is real time after which a process is killed")]
fn killed_again_and_again(database: Database) {
    let prepared = prepared(database);
    let (expected, _) = undisturbed(&prepared);
    let workspace = prepared.copy();
    let (mut killed, mut milliseconds) = (0, 15);
    loop {
        let mut child = start_child(&workspace, "none", 1);
        std::thread::sleep(Duration::from_millis(milliseconds));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
        // Ever longer, so that it gets there on a slow machine, too.
        milliseconds += milliseconds / 4;
    }
    assert!(killed > 2, "it was killed {killed} times");
    workspace.open().batches_of(2).play(END);
    let (state, mails) = outcome(&workspace);
    assert_same(&format!("{database:?}, killed {killed} times"), &expected.0, &state);
    assert!(mails == expected.1);
    assert_eq!(at(END), workspace.open().store.clock().unwrap().unwrap());
}

#[test]
fn a_process_that_is_killed_again_and_again_gets_there_on_sqlite() {
    killed_again_and_again(Database::Sqlite);
}

#[test]
fn a_process_that_is_killed_again_and_again_gets_there_on_postgres() {
    killed_again_and_again(Database::Postgres);
}
