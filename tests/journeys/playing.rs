//! Playing time: from event to event, by the same loop.

use super::{EVERYONE, ORDERED, populated, workspace, world};
use crate::support::{
    dump::assert_same,
    workspace::{Program, on_both},
    world::at,
};

fn times(program: Program) -> (String, String) {
    let said: serde_json::Value = serde_json::from_str(&program.done()).unwrap();
    (said["from"].as_str().unwrap().to_owned(), said["until"].as_str().unwrap().to_owned())
}

#[test]
fn rule_29_playing_starts_at_the_last_run_else_at_now_else_at_the_earliest_start() {
    on_both(|database| {
        let prepared = populated(&workspace(database, EVERYONE, ORDERED)).close();
        let json = ["--format", "json"];
        let run = |workspace: &crate::support::workspace::Workspace, arguments: &[&str]| {
            times(workspace.program(&[arguments, &json].concat()))
        };
        let own = |from: &str, until: &str| (from.to_owned(), until.to_owned());

        let first = prepared.copy();
        assert_eq!(
            run(&first, &["run", "--until", "2026-03-02 08:00"]),
            own("2026-03-01T08:00:00Z", "2026-03-02T08:00:00Z")
        );
        assert_eq!(
            run(&first, &["run", "--until", "2026-03-03 08:00", "--now", "2026-03-02 20:00"]),
            own("2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z")
        );

        let second = prepared.copy();
        assert_eq!(
            run(&second, &["run", "--until", "2026-03-03 08:00", "--now", "2026-02-20 20:00"]),
            own("2026-02-20T20:00:00Z", "2026-03-03T08:00:00Z")
        );
    });
}

#[test]
fn rule_30_playing_is_running_at_each_moment_at_which_something_is_due() {
    on_both(|database| {
        let steps = format!(
            "
  - id: invite
    tile: email
    with: {{ email: invite }}
{ORDERED}
  - id: pause
    tile: wait
    with: {{ for: 3 days }}
"
        );
        let mut prepared = world(database, &format!("{EVERYONE}\nend: 2026-04-10 08:00"), &steps);
        prepared.did("cy", "OrderPlaced", "2026-03-05 10:17");
        prepared.did("bob", "OrderPlaced", "2026-03-20 20:00");
        let prepared = prepared.close();

        let mut played = prepared.copy().open();
        let mut moments = Vec::new();
        played.try_play(at("2026-04-12 08:00"), &mut |moment| moments.push(moment)).unwrap();
        let mut ticked = prepared.copy().open();
        for moment in &moments {
            ticked.try_tick(*moment).unwrap();
        }
        assert_same("ticks at the played moments", &played.state(), &ticked.state());
        assert!(played.workspace.mails() == ticked.workspace.mails());
        let expected = [
            "2026-03-01 08:00",
            "2026-03-05 10:17",
            "2026-03-08 10:17",
            "2026-03-20 20:00",
            "2026-03-23 20:00",
            "2026-03-31 08:00",
            "2026-04-03 08:00",
            "2026-04-10 08:00",
            "2026-04-12 08:00",
        ];
        assert_eq!(moments, expected.map(at), "it stops nowhere else");
    });
}

#[test]
fn the_program_runs_a_workspace_as_the_library_does() {
    on_both(|database| {
        let mut prepared = world(database, EVERYONE, ORDERED);
        prepared.did("cy", "OrderPlaced", "2026-03-05 10:17");
        let prepared = prepared.close();
        let mut played = prepared.copy().open();
        played.play("2026-04-12 08:00");
        let program = prepared.copy();
        let said = program.program(&["run", "--until", "2026-04-12 08:00", "--batch-size", "1"]).done();
        assert_eq!(
            said,
            "played from 2026-03-01T08:00:00Z to 2026-04-12T08:00:00Z: 4 contacts entered, 4 finished\n"
        );
        assert_same("the program", &played.state(), &program.tables().state());
    });
}

#[test]
fn another_run_at_work_is_no_failure() {
    let world = world(crate::support::workspace::Database::Sqlite, EVERYONE, ORDERED);
    let program = world.workspace.program(&["run", "--now", "2026-03-01 08:00"]);
    assert_eq!((program.code, program.stdout.as_str()), (0, ""));
    assert!(program.stderr.contains("another run is at work"), "{}", program.stderr);
}
