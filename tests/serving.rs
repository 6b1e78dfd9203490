//! `serve` as a process: what it takes up, and when it sleeps.

use std::{fs, time::Duration};

use crate::support::{
    definitions::USUAL,
    workspace::{Database, SETTINGS, Workspace, on_both},
};

/// A journey that goes on for years, with everybody standing on one step.
const WELCOME: &str = "kind: journey
name: welcome
target: contact
start: 2020-01-01 08:00
audience: { include: [everyone] }
steps:
  - { id: pause, tile: wait, with: { for: 5000 days } }
";

/// A workspace whose segments are refreshed at once and then once a year, with contacts.
fn workspace(database: Database) -> Workspace {
    let settings = format!("{SETTINGS}serve: {{ refresh: \"0 0 1 1 *\" }}\n");
    let workspace = Workspace::on(database)
        .file("tilework.yaml", &settings)
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/welcome.yaml", WELCOME)
        .file(
            "c.csv",
            "id,first_name,email\nada,Ada,ada@x.example\nbob,Bob,bob@x.example\ncy,Cy,cy@x.example\n",
        );
    tilework::store::Store::migrate(&workspace.address()).unwrap();
    let file = workspace.root().join("c.csv").display().to_string();
    workspace.program(&["import", "contacts", &file]).done();
    workspace
}

fn times(log: &str, words: &str) -> usize {
    log.matches(words).count()
}

#[test]
fn serve_takes_up_every_change() {
    let workspace = workspace(Database::Sqlite).file("scripts/x.rhai", "fn x() { 1 }\n").file(
        "journeys/two.yaml",
        "kind: segment\nname: two\ntarget: contact\nwhere: contact.id == \"bob\"\n",
    );
    let mut serving = workspace.serve();
    serving.until("the first publication", |log| times(log, "published") >= 3);
    let root = workspace.root().to_owned();
    let past = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    type Change<'a> = (&'a str, &'a dyn Fn());
    let changes: [Change<'_>; 5] = [
        ("a script", &|| workspace.write("scripts/x.rhai", "fn x() { 1000 }\n")),
        ("a table", &|| workspace.write("tables/t.csv", "id,n\na,1\n")),
        ("a file that is gone", &|| fs::remove_file(root.join("journeys/two.yaml")).unwrap()),
        ("a file with an old time", &|| {
            let text = "kind: segment\nname: three\ntarget: contact\nwhere: contact.id == \"cy\"\n";
            fs::write(root.join("three"), text).unwrap();
            fs::File::options().write(true).open(root.join("three")).unwrap().set_modified(past).unwrap();
            fs::rename(root.join("three"), root.join("journeys/three.yaml")).unwrap();
        }),
        ("the settings", &|| {
            let settings = fs::read_to_string(root.join("tilework.yaml")).unwrap();
            workspace.write("tilework.yaml", &format!("{settings}holidays: [2026-12-25]\n"));
        }),
    ];
    for (what, change) in changes {
        let before = times(&serving.log(), "taken up");
        change();
        serving.until(what, |log| times(log, "taken up") > before);
    }
    assert!(serving.log().contains("name=\"three\"") || serving.log().contains("three"), "{}", serving.log());
}

#[test]
fn a_change_that_is_refused_or_mistaken_does_not_end_serve() {
    on_both(|database| {
        let workspace = workspace(database);
        let mut serving = workspace.serve();
        serving.until("the first entries", |log| log.contains("contacts entered"));
        // People stand on the step that is gone.
        workspace.write("journeys/welcome.yaml", &WELCOME.replace("id: pause", "id: rest"));
        serving.until("a refusal", |log| {
            log.contains("3 stand on step `pause`") && log.contains("removed: { pause: exit }")
        });
        // A mistake beside it.
        workspace.write("journeys/draft.yaml", "kind: email\nname: draft\nsubjct: x\n");
        serving.until("a mistake", |log| log.contains("subjct"));
        // What is published goes on with those who come.
        workspace.write("d.csv", "id,email\ndan,dan@x.example\n");
        if database == Database::Postgres {
            let file = workspace.root().join("d.csv").display().to_string();
            let imported = workspace.program(&["import", "contacts", &file]);
            assert_eq!(imported.code, 0, "{}", imported.stderr);
        }
        fs::remove_file(workspace.root().join("journeys/draft.yaml")).unwrap();
        workspace.write("journeys/welcome.yaml", WELCOME);
        serving.until("sound definitions", |log| log.contains("sound again"));
        assert!(serving.is_alive());
    });
}

#[test]
fn serve_begins_with_what_is_published_when_the_folder_is_refused() {
    let workspace = workspace(Database::Sqlite);
    workspace.program(&["run"]).done();
    workspace.write("journeys/welcome.yaml", &WELCOME.replace("id: pause", "id: rest"));
    let checked = workspace.program(&["check"]);
    assert!(
        checked.code != 0 && checked.stderr.contains("3 stand on step `pause`"),
        "`check` says beforehand what a run refuses: {}",
        checked.stderr
    );
    let mut serving = workspace.serve();
    serving.until("serving", |log| log.contains("stay in use") && log.contains("serving"));
    sleep(Duration::from_millis(500));
    assert!(serving.is_alive(), "{}", serving.log());
}

#[allow(clippy::disallowed_methods, reason = "another process needs real time")]
fn sleep(length: Duration) {
    std::thread::sleep(length);
}

/// How much a process wrote to disk, in bytes, and the time it worked, in ticks of 10 milliseconds.
#[cfg(target_os = "linux")]
fn work_of(process: u32) -> (u64, u64) {
    let number = |text: &str| text.trim().parse::<u64>().unwrap();
    let io = fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).map(number).unwrap();
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let times: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (written, number(times[11]) + number(times[12]))
}

#[cfg(target_os = "linux")]
#[test]
fn serve_sleeps_while_nothing_can_happen() {
    let workspace = workspace(Database::Sqlite).file(
        "journeys/welcome.yaml",
        "kind: email\nname: hello\nsubject: Hi\ntext: Hi\npurpose: transactional\n---\nkind: journey\nname: welcome\ntarget: contact\n\
         start: 2020-01-01 08:00\naudience: { include: [everyone] }\nsteps:\n  - { id: m, tile: email, with: { email: hello } }\n  \
         - id: sent\n    tile: trigger\n    with: { based_on: contact, when: { did: EmailSent, step: m }, timeout: 3 days }\n",
    );
    let settings = fs::read_to_string(workspace.root().join("tilework.yaml")).unwrap();
    workspace.write("tilework.yaml", &format!("{settings}limits: {{ messages_per_run: 2 }}\n"));
    let mut serving = workspace.serve();
    // One mail waits for the next run, and a contact for that mail.
    serving.until("the limit", |log| log.contains("the limit of messages for a run is reached"));
    sleep(Duration::from_secs(2));
    let before = work_of(serving.id());
    sleep(Duration::from_secs(4));
    let after = work_of(serving.id());
    assert!(serving.is_alive());
    assert_eq!(after.0, before.0, "it wrote while nothing could happen");
    assert!(after.1 - before.1 <= 20, "it worked for {} of 400 ticks", after.1 - before.1);
}

#[test]
fn serve_waits_for_a_database_that_restarts() {
    let workspace = workspace(Database::Postgres);
    let mut serving = workspace.serve();
    serving.until("the first entries", |log| log.contains("contacts entered"));
    let before = times(&serving.log(), "serving");
    workspace.tables().rows(
        "SELECT CAST(pg_terminate_backend(pid) AS TEXT) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    serving.until("serving again", |log| times(log, "serving") > before && log.contains("tried again"));
    workspace.write("d.csv", "id,email\ndan,dan@x.example\n");
    let file = workspace.root().join("d.csv").display().to_string();
    workspace.program(&["import", "contacts", &file]).done();
    // What changed in the folder has segments looked at at once.
    workspace.write("journeys/more.yaml", "kind: segment\nname: more\ntarget: contact\nwhere: true\n");
    serving.until("another entry", |log| times(log, "contacts entered") >= 2);
    assert!(serving.is_alive());
}

#[cfg(unix)]
#[test]
fn serve_hands_nothing_over_when_its_store_was_deleted_and_makes_no_other() {
    let workspace = workspace(Database::Sqlite);
    let mut serving = workspace.serve();
    serving.until("the first entries", |log| log.contains("contacts entered"));
    let (file, aside) = (workspace.root().join("tilework.db"), workspace.root().join("aside.db"));
    fs::rename(&file, &aside).unwrap();
    serving.until("the alarm", |log| log.contains("was deleted or replaced while it was in use"));
    assert!(!file.exists() && serving.is_alive());
    fs::rename(&aside, &file).unwrap();
    serving.until("serving again", |log| log.contains("serving again"));
}

#[test]
fn serve_waits_until_another_run_is_done() {
    let workspace = workspace(Database::Sqlite);
    let world = workspace.open();
    let mut serving = workspace.serve();
    serving.until("waiting", |log| log.contains("another run is at work"));
    drop(world);
    serving.until("the first entries", |log| log.contains("contacts entered"));
}

#[cfg(unix)]
#[test]
fn serve_tells_a_service_manager_that_it_is_ready_and_alive() {
    let workspace = workspace(Database::Sqlite);
    let place = workspace.root().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&place).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut serving = workspace.serve_with(&[("NOTIFY_SOCKET", &place.display().to_string())]);
    let mut told = String::new();
    while !(told.contains("READY=1") && told.contains("WATCHDOG=1")) {
        let mut message = [0; 4096];
        let length = socket.recv(&mut message).unwrap_or_else(|error| panic!("{error}: {told}"));
        told.push_str(std::str::from_utf8(&message[..length]).unwrap());
    }
    assert!(serving.is_alive());
}

#[test]
fn two_runs_do_not_play_time_at_once() {
    let workspace = workspace(Database::Postgres);
    let mut store = tilework::store::Store::open_for_writing(&workspace.address()).unwrap();
    assert!(store.start_playing().unwrap());
    let refused = workspace.program(&["run", "--until", "2026-03-05 08:00"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("time is being played in this store by another run"),
        "{}",
        refused.stderr
    );
    drop(store);
    workspace.program(&["run", "--until", "2026-03-05 08:00"]).done();
}
