//! Playing time: from event to event, by the same loop.

use tilework::{
    model::time::{DAY, rfc3339},
    runtime::real_now,
};

use super::{
    EVERYONE, ORDERED, populated,
    workflows::{FOR_EACH_ACCOUNT, telling},
    workspace, world,
};
use crate::support::{
    dump::assert_same,
    http::{OK, Server},
    workspace::{Database, Program, Workspace, on_both},
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

/// A journey that began long ago: a mail, a day, a call.
fn begun_long_ago(database: Database, server: &Server) -> Workspace {
    let steps = format!(
        "  - {{ id: invite, tile: email, with: {{ email: invite }} }}
  - {{ id: pause, tile: wait, with: {{ for: 1 day }} }}
{FOR_EACH_ACCOUNT}"
    );
    let keys = format!("start: 2020-01-01 08:00\n{EVERYONE}");
    let workspace = telling(database, server, "", &keys, &steps);
    populated(&workspace).close()
}

#[test]
fn rule_29_playing_calls_nobody_and_writes_what_it_would_send_into_files() {
    on_both(|database| {
        let server = Server::always(OK);
        let workspace = telling(database, &server, "", EVERYONE, FOR_EACH_ACCOUNT);
        populated(&workspace).close();
        let played = workspace.program(&["run", "--until", "2026-03-02 08:00"]).done();
        assert!(played.contains("2 messages delivered"), "{played}");
        assert!(played.contains("no calls were made; what they would send stands in "), "{played}");
        assert!(server.received().is_empty());
        let calls = workspace.files("played");
        let keys: Vec<String> = calls
            .iter()
            .map(|(_, call)| serde_json::from_str::<serde_json::Value>(call).unwrap())
            .map(|call| format!("{} {} {}", call["method"], call["key"], call["body"]["account_id"]))
            .collect();
        assert_eq!(
            keys,
            [
                "\"POST\" \"spring/1/tell/1/acme/0\" \"acme\"",
                "\"POST\" \"spring/1/tell/1/globex/0\" \"globex\""
            ]
        );
    });
}

#[test]
fn rule_29_a_store_with_real_runs_is_played_on_a_copy_alone() {
    on_both(|database| {
        let server = Server::always(OK);
        let workspace = begun_long_ago(database, &server);
        workspace.program(&["run"]).done();
        assert_eq!(workspace.mails().len(), 4);
        let before = workspace.tables().state();
        let later = rfc3339(real_now() + 3 * DAY);
        for flag in ["--until", "--now"] {
            let refused = workspace.program(&["run", flag, &later]);
            assert_eq!(refused.code, 2, "{}", refused.stderr);
            let what = format!("`{flag}` would take {}", workspace.store().split(':').next().unwrap());
            assert!(refused.stderr.contains(&what), "{}", refused.stderr);
            let hint = format!("run {flag} {later} --play\n");
            assert!(refused.stderr.contains(&hint), "{}", refused.stderr);
        }
        let played = workspace.program(&["run", "--until", &later, "--play"]);
        match database {
            Database::Sqlite => {
                let played = played.done();
                assert!(played.contains("tilework.db.played-1; what would have left stands in"), "{played}");
                assert_eq!(workspace.files("tilework.db.played-1.files/played").len(), 2);
                let copy = Workspace::at(workspace.root(), "sqlite:tilework.db.played-1");
                assert_eq!(copy.tables().lines("SELECT COUNT(*) FROM participant WHERE state = 2"), ["4"]);
                let once = workspace.program(&["run", "--now", &later, "--play"]).done();
                assert!(once.contains("tilework.db.played-2;"), "{once}");
                let onward = rfc3339(real_now() + 4 * DAY);
                copy.program(&["run", "--until", &onward]).done();
            }
            Database::Postgres => {
                assert_eq!(played.code, 2);
                let hint =
                    format!("_played' tilework -C {} run --until {later}\n", workspace.root().display());
                assert!(
                    played.stderr.contains("\n  pg_dump ") && played.stderr.contains(&hint),
                    "{}",
                    played.stderr
                );
            }
        }
        assert_same("the store itself", &before, &workspace.tables().state());
        assert_eq!(workspace.mails().len(), 4);
        assert!(server.received().is_empty());

        // Who copies the store itself may play there.
        let copy = workspace.copy();
        copy.program(&["run", "--until", &later]).done();
        assert_eq!(copy.files("played").len(), 2);
        workspace.program(&["run"]).done();
    });
}

#[test]
fn rule_29_play_needs_a_time_and_changes_nothing_where_no_run_was_real() {
    on_both(|database| {
        let prepared = populated(&workspace(database, EVERYONE, ORDERED)).close();
        let refused = prepared.program(&["run", "--play"]);
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains("`--play` without a time"), "{}", refused.stderr);
        prepared.program(&["run", "--now", "2026-03-01 08:00"]).done();
        let played = prepared.program(&["run", "--until", "2026-03-02 08:00", "--play"]).done();
        assert!(!played.contains("copy"), "{played}");
    });
}

#[test]
fn another_run_at_work_is_no_failure() {
    let world = world(crate::support::workspace::Database::Sqlite, EVERYONE, ORDERED);
    let program = world.workspace.program(&["run", "--now", "2026-03-01 08:00"]);
    assert_eq!((program.code, program.stdout.as_str()), (0, ""));
    assert!(program.stderr.contains("another run is at work"), "{}", program.stderr);
}
