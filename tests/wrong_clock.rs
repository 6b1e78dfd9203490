//! A clock that is wrong: what is refused, what `status` says, and the way back.

use tilework::{
    model::time::{DAY, MINUTE, rfc3339},
    runtime::{FAR, real_now},
    store::Store,
};

use crate::support::{
    definitions::USUAL,
    workspace::{Database, SETTINGS, Workspace, on_both},
};

/// A mail, a week, a mail.
const WELCOME: &str = "kind: email
name: hello
subject: Hello
text: Hello
---
kind: email
name: again
subject: Again
text: Again
---
kind: journey
name: welcome
target: contact
start: 2020-01-01 08:00
audience: { include: [everyone] }
steps:
  - { id: hello, tile: email, with: { email: hello } }
  - { id: week, tile: wait, with: { for: 7 days } }
  - { id: again, tile: email, with: { email: again } }
  - { id: month, tile: wait, with: { for: 30 days } }
  - { id: more, tile: email, with: { email: hello } }
";

fn workspace(database: Database) -> Workspace {
    let workspace = Workspace::on(database)
        .file("tilework.yaml", SETTINGS)
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/welcome.yaml", WELCOME)
        .file("c.csv", "id,first_name,email\nada,Ada,ada@x.example\nbob,Bob,bob@x.example\n");
    Store::migrate(&workspace.address()).unwrap();
    let file = workspace.root().join("c.csv").display().to_string();
    workspace.program(&["import", "contacts", &file]).done();
    workspace
}

/// As if the store had been run at this moment in real time.
fn ran_at(workspace: &Workspace, moment: i64) {
    workspace.program(&["run", "--now", &rfc3339(moment), "--clock-is-right"]).done();
    Store::open_for_writing(&workspace.address()).unwrap().note_real_run(moment).unwrap();
}

#[test]
fn after_two_months_a_run_asks_whether_the_clock_is_right_where_no_server_tells() {
    on_both(|database| {
        let workspace = workspace(database);
        let long_ago = real_now() - 60 * DAY;
        ran_at(&workspace, long_ago);
        let run = workspace.program(&["run"]);
        if database == Database::Postgres {
            assert_eq!(run.code, 0, "the server's clock says the same: {}", run.stderr);
            return;
        }
        assert_eq!(run.code, 2, "{}", run.stderr);
        let expected = format!("the last run was at {}, 60 days before; nothing was done", rfc3339(long_ago));
        assert!(run.stderr.contains(&expected), "{}", run.stderr);
        assert!(run.stderr.contains("type once: tilework run --clock-is-right\n"), "{}", run.stderr);
        assert_eq!(workspace.mails().len(), 2);

        let mut serving = workspace.serve();
        serving.until("a doubt", |log| log.contains("60 days before; nothing was done"));
        assert!(serving.is_alive(), "a clock may be set at any moment");
        drop(serving);
        assert_eq!(workspace.mails().len(), 2);

        workspace.program(&["run", "--clock-is-right"]).done();
        assert_eq!(workspace.mails().len(), 4);
        workspace.program(&["run"]).done();
    });
}

#[test]
fn who_runs_once_a_month_is_asked_nothing() {
    let workspace = workspace(Database::Sqlite);
    ran_at(&workspace, real_now() - FAR + DAY);
    workspace.program(&["run"]).done();
}

#[test]
fn a_moment_far_in_the_future_is_refused_unless_it_is_played_or_meant() {
    on_both(|database| {
        let workspace = workspace(database);
        let refused = workspace.program(&["run", "--now", "2099-01-01"]);
        assert_eq!(refused.code, 2);
        let expected = "`--now` is more than a month in the future; nothing was done";
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
        assert!(refused.stderr.contains("run --now 2099-01-01 --play\n"), "{}", refused.stderr);
        assert_eq!(workspace.mails().len(), 0);
        let copy = workspace.copy();
        copy.program(&["run", "--now", "2099-01-01", "--play"]).done();
        workspace.program(&["run", "--now", "2099-01-01", "--clock-is-right"]).done();
    });
}

#[test]
fn a_store_in_the_future_is_an_alarm_and_comes_back_without_sending_anything_again() {
    on_both(|database| {
        let workspace = workspace(database);
        workspace.program(&["run"]).done();
        assert_eq!(workspace.mails().len(), 2);
        assert_eq!(workspace.program(&["status"]).code, 0);
        workspace.copy().program(&["set-back"]).done();
        // A wrong clock, and everything that waited is due.
        Store::open_for_writing(&workspace.address()).unwrap().advance_clock(real_now(), 0).unwrap();
        let future = copy_run_in_the_future(&workspace);
        assert_eq!(future.mails().len(), 4, "the week is over");

        let status = future.program(&["status"]);
        assert_eq!(status.code, 1);
        let expected = "the store was run at 2099-01-01T00:00:00Z, which is still to come";
        assert!(status.stdout.contains(expected), "{}", status.stdout);
        let json = future.program(&["status", "--format", "json"]).stdout;
        assert!(json.contains("\"store_in_future\""), "{json}");
        let refused = future.program(&["run"]);
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains("`tilework set-back`"), "{}", refused.stderr);

        let back = future.program(&["set-back"]).done();
        assert!(back.starts_with("the store's time is set back from 2099-01-01T00:00:00Z to "), "{back}");
        assert_eq!(future.program(&["status"]).code, 0);
        future.program(&["run"]).done();
        assert_eq!(future.mails().len(), 4, "nothing is sent again");
        // Who waits does so for the month that is left, from now on.
        let later = |days: i64| rfc3339(real_now() + days * DAY + MINUTE);
        let copy = future.copy();
        copy.program(&["run", "--until", &later(29)]).done();
        assert_eq!(copy.mails().len(), 4);
        copy.program(&["run", "--until", &later(30)]).done();
        assert_eq!(copy.mails().len(), 6);
    });
}

/// A copy of the workspace, which has no real runs of its own, run in 2099.
fn copy_run_in_the_future(workspace: &Workspace) -> Workspace {
    let copy = workspace.copy();
    copy.program(&["run", "--now", "2099-01-01", "--clock-is-right"]).done();
    copy
}
