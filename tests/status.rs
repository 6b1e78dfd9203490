//! What an operator at three in the morning, and a monitor, learn from `status`.

use serde_json::{Value, json};

use crate::support::workspace::{SETTINGS, Workspace, on_both};

const DEFINITIONS: &str = r#"
kind: segment
name: everyone
target: contact
where: true
---
kind: email
name: invite
subject: Hello {{contact.first_name}}
text: Hello
---
kind: journey
name: spring
target: contact
start: 2026-03-01 08:00
audience: { include: [everyone] }
steps:
  - id: pause
    tile: wait
    with: { for: 1 day }
  - id: invite
    tile: email
    with: { email: invite }
  - id: long
    tile: wait
    with: { for: 30 days }
"#;

fn prepared(database: crate::support::workspace::Database) -> Workspace {
    let workspace = Workspace::on(database)
        .file("tilework.yaml", &SETTINGS.replace("directory: mail", "directory: mail\n    hold: 2 hours"))
        .file("journeys/definitions.yaml", DEFINITIONS);
    let mut world = workspace.open();
    world.contacts(&[("ada", ""), ("bob", "")]);
    world.close()
}

fn status(workspace: &Workspace, now: &str, exit: i32) -> Value {
    let program = workspace.program(&["status", "--now", now, "--format", "json"]);
    assert_eq!(program.code, exit, "{}\n{}", program.stdout, program.stderr);
    serde_json::from_str(&program.stdout).unwrap()
}

#[test]
fn a_monitor_learns_what_is_late_and_what_is_not() {
    on_both(|database| {
        let workspace = prepared(database);
        workspace.program(&["run", "--now", "2026-03-01 08:00"]).done();
        let fine = status(&workspace, "2026-03-01 09:00", 0);
        assert_eq!((&fine["alarms"], &fine["oldest_due_step"]), (&json!([]), &Value::Null));
        assert_eq!((&fine["last_run"]["kind"], &fine["last_run"]["error"]), (&json!("run"), &Value::Null));
        assert_eq!(fine["last_run"]["moment"], json!("2026-03-01T08:00:00Z"));
        assert_eq!(fine["sizes"]["participants"], json!(2));
        assert!(fine["sizes"]["bytes"].as_i64().unwrap() > 0);

        let half = status(&workspace, "2026-03-02 08:30", 0);
        assert_eq!(half["oldest_due_step"]["late_seconds"], json!(1_800), "due, but not late yet");
        let late = status(&workspace, "2026-03-02 09:30", 1);
        assert_eq!(late["alarms"], json!(["late_step"]));
        assert_eq!(
            late["oldest_due_step"],
            json!({ "journey": "spring", "step": "pause", "due_at": "2026-03-02T08:00:00Z", "late_seconds": 5_400 })
        );
        let patient = workspace.program(&["status", "--now", "2026-03-02 09:30", "--late", "2 hours"]);
        assert_eq!(patient.code, 0, "{}", patient.stdout);

        workspace.program(&["run", "--now", "2026-03-02 09:30"]).done();
        let late = status(&workspace, "2026-03-02 11:30", 1);
        assert_eq!(late["alarms"], json!(["late_message"]));
        assert_eq!(late["oldest_waiting_message"]["step"], json!("invite"));

        workspace.program(&["pause", "spring"]).done();
        let paused = status(&workspace, "2026-03-02 11:30", 0);
        assert_eq!(paused["alarms"], json!([]), "what is paused isn't late");
        assert_eq!(paused["pauses"]["paused"][0]["journey"], json!("spring"));
    });
}

#[test]
fn a_run_that_failed_and_what_failed_for_good_are_alarms() {
    on_both(|database| {
        let workspace = prepared(database);
        workspace.program(&["run", "--now", "2026-03-01 08:00"]).done();
        workspace.write("journeys/definitions.yaml", &DEFINITIONS.replace("id: pause", "id: breather"));
        assert_eq!(workspace.program(&["run", "--now", "2026-03-01 08:30"]).code, 3);
        let refused = status(&workspace, "2026-03-01 08:30", 1);
        assert_eq!(refused["alarms"], json!(["unpublished"]));
        assert!(refused["unpublished"]["reason"].as_str().unwrap().contains("stand on step `pause`"));
        let mut store = tilework::store::Store::open_for_writing(&workspace.address()).unwrap();
        let real_now = tilework::runtime::real_now();
        let key = store.begin_run(tilework::store::RunKind::Run, real_now).unwrap();
        let moment = crate::support::world::at("2026-03-01 08:30");
        store.end_run(key, real_now, moment, &tilework::store::Totals::default(), Some("no room")).unwrap();
        drop(store);
        let failed = status(&workspace, "2026-03-01 08:30", 1);
        assert_eq!(failed["alarms"], json!(["run_failed", "unpublished"]));
        assert_eq!(failed["last_run"]["error"], json!("no room"));

        workspace.write("journeys/definitions.yaml", DEFINITIONS);
        workspace.program(&["run", "--now", "2026-03-02 08:00"]).done();
        // The mail waits, and what it is to show is gone when its time comes.
        workspace.write(
            "journeys/definitions.yaml",
            &DEFINITIONS
                .replace("kind: email\nname: invite", "kind: email\nname: other")
                .replace("email: invite", "email: other"),
        );
        assert_eq!(workspace.program(&["run", "--now", "2026-03-02 10:00"]).code, 5);
        let failed = status(&workspace, "2026-03-02 10:00", 1);
        assert_eq!(failed["alarms"], json!(["new_failures"]));
        assert_eq!(
            failed["failures"],
            json!([{ "journey": "spring", "step": "invite", "what": "messages failed", "count": 2, "latest_at": "2026-03-02T10:00:00Z" }])
        );
        let later = status(&workspace, "2026-03-04 10:00", 0);
        assert_eq!(later["failures"][0]["count"], json!(2), "known, and no news any more");
    });
}

#[test]
fn a_run_that_stopped_at_its_limit_is_an_alarm_until_one_gets_through() {
    on_both(|database| {
        let workspace = prepared(database);
        workspace.write("tilework.yaml", &format!("{SETTINGS}limits: {{ messages_per_run: 1 }}\n"));
        workspace.program(&["run", "--now", "2026-03-01 08:00"]).done();
        assert_eq!(workspace.program(&["run", "--now", "2026-03-02 08:00"]).code, 5);
        let stopped = status(&workspace, "2026-03-02 08:00", 1);
        assert_eq!(stopped["alarms"], json!(["limit_reached"]));
        assert_eq!(stopped["limit_reached"], json!({ "messages_per_run": 1, "at": "2026-03-02T08:00:00Z" }));
        let screen = workspace.program(&["status", "--now", "2026-03-02 08:00"]).stdout;
        let expected = "limit           stopped at 1 messages a run at 2026-03-02T08:00:00Z; the others wait for the next run  !\n";
        assert!(screen.contains(expected), "{screen}");
        workspace.program(&["run", "--now", "2026-03-02 08:10"]).done();
        assert_eq!(status(&workspace, "2026-03-02 08:10", 0)["limit_reached"], Value::Null);
    });
}

#[test]
fn an_operator_reads_one_screen() {
    on_both(|database| {
        let workspace = prepared(database);
        workspace.program(&["run", "--now", "2026-03-01 08:00"]).done();
        workspace.program(&["pause", "--all", "--now", "2026-03-01 09:00"]).done();
        let screen = workspace.program(&["status", "--now", "2026-03-05 08:00"]).done();
        for expected in [
            "last run        run at 20",
            ", all done\n",
            "oldest step     nothing is due\n",
            "oldest message  nothing is due\n",
            "failed          nothing\n",
            "paused          all journeys since 2026-03-01T09:00:00Z\n",
            "segments        1, 0 out of date, all evaluated since 2026-03-01T08:00:00Z\n",
            "holds           0 accounts, 2 contacts, 2 of them in journeys, 0 leads, 0 interactions, 0 messages\n",
        ] {
            assert!(screen.contains(expected), "{expected}\n{screen}");
        }
        assert!(screen.lines().count() < 20);
    });
}
