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

/// A workspace with its data, not yet run.
fn prepared(database: Database) -> Workspace {
    let settings = SETTINGS.replace("directory: mail", "directory: mail\n    hold: 10 minutes");
    let workspace = Workspace::on(database)
        .file("tilework.yaml", &settings)
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/definitions.yaml", DEFINITIONS);
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
    world.set("dan", "email", "dan at globex");
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
        ("ada", "invite ordered.then lead call pause thanks again! | stopped: journey_ended"),
        ("fay", "invite ordered.else pause thanks again.then | finished"),
        ("gus", "invite ordered.then lead call pause! | stopped: suppressed"),
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

/// Dies when a server has taken a call, and nobody has noted it yet.
fn dies_after_a_call(database: Database) {
    let server = Server::always(OK);
    let workflow = format!(
        "kind: segment\nname: everyone\ntarget: contact\nwhere: true\n---\nkind: workflow\nname: tell-crm\nhttp:\n  \
         url: {}\n---\nkind: journey\nname: spring\ntarget: account\nstart: 2026-03-01 08:00\naudience: {{ include: \
         [everyone] }}\nsteps:\n  - {{ id: tell, tile: launch_workflow, with: {{ for_each: account, workflow: tell-crm }} }}\n",
        server.url()
    );
    let workspace = Workspace::on(database)
        .file("tilework.yaml", &format!("{SETTINGS}  http: {{ allow: [127.0.0.1] }}\n"))
        .file("journeys/definitions.yaml", &workflow);
    let mut world = workspace.open();
    world.accounts(&["acme"]);
    world.contacts(&[("ada", "acme"), ("bob", "acme")]);
    world.close();
    let status = start_child(&workspace, "HandedOver", 1).wait().unwrap();
    assert!(status.code().is_none(), "it didn't die, {status}");
    assert_eq!(server.keys(), ["spring/1/tell/1/acme/0"]);
    let mut world = workspace.open();
    world.play(END);
    assert_eq!(server.keys(), ["spring/1/tell/1/acme/0", "spring/1/tell/1/acme/0"]);
    assert_eq!(world.messages(), ["acme tell delivered"]);
}

#[test]
fn rule_19_a_call_that_nobody_noted_is_made_again_with_the_same_key() {
    on_both(dies_after_a_call);
}

/// Kills the same run again and again, wherever it is.
#[allow(clippy::disallowed_methods, reason = "it is real time after which a process is killed")]
fn killed_again_and_again(database: Database) {
    let prepared = prepared(database);
    let (expected, _) = undisturbed(&prepared);
    let workspace = prepared.copy();
    let mut killed = 0;
    for milliseconds in (15..).step_by(17) {
        let mut child = start_child(&workspace, "none", 1);
        std::thread::sleep(Duration::from_millis(milliseconds));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
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
