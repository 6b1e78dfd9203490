//! What is published runs from the store, whatever lies in the folder (semantics 48).

use crate::support::{
    definitions::USUAL,
    workspace::{Database, SETTINGS, Workspace, on_both},
};

const WELCOME: &str = "kind: email
name: hello
purpose: transactional
subject: Hi {{contact.first_name}}
html_file: hello.html
---
kind: journey
name: welcome
target: contact
start: 2026-03-01 08:00
audience: { include: [chosen] }
steps:
  - { id: first, tile: email, with: { email: hello } }
  - { id: pause, tile: wait, with: { for: 10 days } }
  - { id: second, tile: email, with: { email: hello } }
";

const CHOSEN: &str = r#"kind: segment
name: chosen
target: contact
members_from: chosen.csv
---
kind: segment
name: tall
target: contact
where:
  any:
    - tall(contact)
    - lookup("names", contact.first_name, "height") == "190"
description: Those whom the script or the table picks
"#;

const MISTAKE: &str = "kind: email\nname: half-done\nsubjct: x\n";

/// A workspace with a template, a script, a table and a list of members, which ran once.
fn published(database: Database) -> Workspace {
    let workspace = Workspace::on(database)
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/welcome.yaml", WELCOME)
        .file("journeys/chosen.yaml", CHOSEN)
        .file("journeys/hello.html", "<p>Hello {{contact.first_name}}</p>")
        .file("journeys/chosen.csv", "id\nada\nbob\n")
        .file("scripts/tall.rhai", "fn tall(contact) { contact.first_name == \"Ada\" }\n")
        .file("tables/names.csv", "name,height\nBob,190\n")
        .file(
            "c.csv",
            "id,first_name,email\nada,Ada,ada@x.example\nbob,Bob,bob@x.example\ncy,Cy,cy@x.example\n",
        );
    tilework::store::Store::migrate(&workspace.address()).unwrap();
    let file = workspace.root().join("c.csv").display().to_string();
    workspace.program(&["import", "contacts", &file, "--now", "2026-02-28 08:00"]).done();
    workspace.program(&["run", "--now", "2026-03-01 08:00"]).done();
    workspace
}

/// Leaves nothing of the folder as it was.
fn wreck(workspace: &Workspace) {
    workspace.write("journeys/half-done.yaml", MISTAKE);
    workspace.write("journeys/hello.html", "<p>Not what was published</p>");
    workspace.write("journeys/chosen.csv", "id\ncy\n");
    workspace.write("scripts/tall.rhai", "fn tall(contact) { nonsense }\n");
    std::fs::remove_file(workspace.root().join("tables/names.csv")).unwrap();
}

#[test]
fn rule_48_any_snapshot_runs_from_the_store_alone() {
    on_both(|database| {
        let workspace = published(database);
        wreck(&workspace);
        let ran = workspace.program(&["run", "--now", "2026-03-11 08:00"]);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stdout.contains("2 mails delivered"), "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("unknown key `subjct`"), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("the definitions published at 2026-03-01T08:00:00Z stay in use"),
            "{}",
            ran.stderr
        );
        let mails = workspace.mails();
        assert_eq!(mails.len(), 4, "to those who were chosen, twice");
        assert!(mails.iter().all(|(_, mail)| mail.contains("<p>Hello ")), "with the published text");
        let status = workspace.program(&["status"]);
        assert_eq!(status.code, 1);
        assert!(status.stdout.contains("the definitions in the folder have"), "{}", status.stdout);
        let members = workspace.program(&["segment", "show", "tall"]);
        assert_eq!(members.code, 0, "{}{}", members.stdout, members.stderr);
        assert!(members.stdout.contains('2'), "{}", members.stdout);
    });
}

#[test]
fn rule_48_commands_that_look_stop_or_save_work_whatever_lies_in_the_folder() {
    let workspace = published(Database::Sqlite);
    workspace.write("journeys/half-done.yaml", MISTAKE);
    let commands: [&[&str]; 11] = [
        &["pause", "welcome"],
        &["resume", "welcome"],
        &["pause", "--all"],
        &["resume", "--all"],
        &["why", "contact", "ada"],
        &["lead", "list"],
        &["contact", "list"],
        &["outbox", "list"],
        &["outbox", "drop", "--journey", "welcome", "--yes"],
        &["journey", "show", "welcome"],
        &["contact", "erase", "bob", "--yes"],
    ];
    for command in commands {
        let done = workspace.program(command);
        assert_eq!(done.code, 0, "{command:?}: {}{}", done.stdout, done.stderr);
        let about: Vec<&str> = done.stderr.lines().filter(|line| line.contains("tilework check")).collect();
        assert_eq!(about.len(), 1, "{command:?}: {}", done.stderr);
        assert!(!done.stderr.contains("subjct"), "{command:?}: {}", done.stderr);
    }
    assert_eq!(workspace.program(&["check"]).code, 3);
}

#[test]
fn a_change_that_is_refused_leaves_what_is_published_at_work() {
    on_both(|database| {
        let workspace = published(database);
        workspace.write("journeys/welcome.yaml", &WELCOME.replace("id: pause", "id: rest"));
        let ran = workspace.program(&["run", "--now", "2026-03-11 08:00"]);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains("2 stand on step `pause`"), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("hint: ") && ran.stderr.contains("removed: { pause: exit }"),
            "{}",
            ran.stderr
        );
        assert!(ran.stdout.contains("2 mails delivered"), "{}", ran.stdout);
        let status = workspace.program(&["status", "--format", "json"]);
        assert!(status.stdout.contains("\"unpublished\"") && status.code == 1, "{}", status.stdout);
        workspace.write("journeys/welcome.yaml", WELCOME);
        workspace.program(&["run", "--now", "2026-03-11 09:00"]).done();
        assert!(!workspace.program(&["status"]).stdout.contains("stand on step"));
    });
}

#[test]
fn what_was_never_published_is_refused_with_its_mistakes_and_makes_no_store() {
    let workspace = Workspace::on(Database::Sqlite).file("journeys/half-done.yaml", MISTAKE);
    for command in [["run", "-q"], ["pause", "--all"], ["status", "-q"]] {
        let refused = workspace.program(&command);
        assert_eq!(refused.code, 3, "{command:?}");
        assert!(refused.stderr.contains("subjct"), "{command:?}: {}", refused.stderr);
    }
    assert!(!workspace.root().join("tilework.db").exists());
}

#[test]
fn commands_that_need_facts_alone_work_before_the_first_publication() {
    let workspace = Workspace::on(Database::Sqlite)
        .file("journeys/half-done.yaml", MISTAKE)
        .file("c.csv", "id,first_name\nada,Ada\n");
    let file = workspace.root().join("c.csv").display().to_string();
    workspace.program(&["import", "contacts", &file]).done();
    for command in
        [&["pause", "--all"][..], &["why", "contact", "ada"], &["contact", "list"], &["lead", "list"]]
    {
        let done = workspace.program(command);
        assert_eq!(done.code, 0, "{command:?}: {}{}", done.stdout, done.stderr);
        assert!(done.stderr.contains("nothing is published yet"), "{command:?}: {}", done.stderr);
    }
}

#[test]
fn an_import_is_not_refused_because_of_a_mistake_in_a_journey() {
    on_both(|database| {
        let workspace = Workspace::on(database)
            .file("journeys/fields.yaml", "kind: fields\nof: contact\nfields: { region: { type: text } }\n")
            .file("journeys/half-done.yaml", MISTAKE)
            .file("journeys/broken.yaml", "kind: [\n")
            .file("c.csv", "id,region\nada,emea\n");
        tilework::store::Store::migrate(&workspace.address()).unwrap();
        let file = workspace.root().join("c.csv").display().to_string();
        let imported = workspace.program(&["import", "contacts", &file]);
        assert_eq!(imported.code, 0, "{}", imported.stderr);
        assert!(imported.stdout.contains("1 created"), "{}", imported.stdout);
        assert!(imported.stderr.contains("tilework check"), "{}", imported.stderr);
    });
}

#[test]
fn a_secret_that_is_not_there_is_a_warning_until_somebody_means_to_run() {
    let settings = format!(
        "{SETTINGS}  sales: {{ transport: http, url: \"https://crm.example/${{CRM_PATH}}\" }}\nenvironments: {{ live: {{}} }}\n"
    );
    let workspace =
        Workspace::on(Database::Sqlite).file("tilework.yaml", &settings).file("journeys/usual.yaml", USUAL);
    let checked = workspace.program(&["check"]);
    assert_eq!(checked.code, 0, "{}", checked.stdout);
    assert!(checked.stdout.contains("warning") && checked.stdout.contains("CRM_PATH"), "{}", checked.stdout);
    assert_eq!(workspace.program(&["check", "--strict"]).code, 1);
    let other = workspace.program(&["segment", "list"]);
    assert!(!other.stderr.contains("warning"), "other commands don't repeat it: {}", other.stderr);
    assert_eq!(workspace.program(&["check", "--env", "live"]).code, 3);
    assert_eq!(workspace.program(&["run", "--now", "2026-03-01 08:00"]).code, 3);
}

#[test]
fn rule_48_any_byte_makes_a_publication_and_only_meaning_a_version() {
    on_both(|database| {
        let workspace = published(database);
        let counted = |sql: &str| workspace.tables().rows(sql)[0][0].clone();
        let publications = || counted("SELECT COUNT(*) FROM snapshot");
        let versions = || counted("SELECT COUNT(*) FROM publication");
        let before = (publications(), versions());
        workspace.program(&["run", "--now", "2026-03-02 08:00"]).done();
        assert_eq!((publications(), versions()), before, "nothing changed");
        let usual = format!("{USUAL}\n# A remark\n");
        workspace.write("journeys/usual.yaml", &usual);
        workspace.program(&["run", "--now", "2026-03-03 08:00"]).done();
        assert_eq!((publications(), versions()), ("2".to_owned(), before.1), "a remark");
        // Each content is there once, to the byte; no secret is.
        let contents = counted("SELECT COUNT(*) FROM file_content");
        let named = counted("SELECT COUNT(*) FROM snapshot_file WHERE snapshot_key = 2");
        assert_eq!(contents.parse::<i64>().unwrap(), named.parse::<i64>().unwrap() + 1);
        let mut store = tilework::store::Store::open(&workspace.address()).unwrap();
        let files = store.snapshot_files(2).unwrap();
        assert_eq!(files["journeys/usual.yaml"], usual);
        let mut paths: Vec<&str> = files.keys().map(String::as_str).collect();
        paths.sort_unstable();
        let expected = [
            "journeys/chosen.csv",
            "journeys/chosen.yaml",
            "journeys/hello.html",
            "journeys/usual.yaml",
            "journeys/welcome.yaml",
            "scripts/tall.rhai",
            "tables/names.csv",
            "tilework.yaml",
        ];
        assert_eq!(paths, expected);
    });
}

#[test]
fn rule_48_where_things_run_is_read_from_the_folder_and_what_they_mean_from_the_snapshot() {
    let workspace = published(Database::Sqlite);
    // Mails go elsewhere and to fewer; they mean what was published.
    let settings = SETTINGS
        .replace("directory: mail", "directory: post\n    only_to: [\"ada@*\"]")
        .replace("Vendor <news@vendor.example>", "Somebody <else@vendor.example>");
    workspace.write("tilework.yaml", &settings);
    workspace.write("journeys/half-done.yaml", MISTAKE);
    let ran = workspace.program(&["run", "--now", "2026-03-11 08:00"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let posted = workspace.files("post");
    assert_eq!(posted.len(), 1, "{}", ran.stdout);
    assert!(posted[0].1.contains("news@vendor.example"), "{}", posted[0].1);
    assert!(posted[0].1.contains("ada@x.example"), "{}", posted[0].1);
}

#[test]
fn a_run_that_is_quiet_prints_nothing_when_all_is_well() {
    let workspace = published(Database::Sqlite);
    let quiet = workspace.program(&["run", "--quiet", "--now", "2026-03-11 08:00"]);
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "", ""));
    assert_eq!(workspace.mails().len(), 4);
    workspace.write("journeys/half-done.yaml", MISTAKE);
    let loud = workspace.program(&["run", "--quiet", "--now", "2026-03-12 08:00"]);
    assert!(loud.code == 3 && loud.stderr.contains("subjct"), "{}", loud.stderr);
}

#[test]
fn several_runs_at_once_report_each_person_once() {
    on_both(|database| {
        let workspace = published(database);
        let mut first = workspace.open();
        let before = first.store.totals().unwrap();
        let mut second = tilework::store::Store::open_for_writing(&workspace.address()).unwrap();
        first.tick("2026-03-11 08:00");
        let told = first.store.report_totals(&before).unwrap();
        assert_eq!((told.finished, told.delivered), (2, 2));
        let again = second.report_totals(&before).unwrap();
        assert_eq!((again.finished, again.delivered), (0, 0), "the first run has told of them");
    });
}

#[test]
fn a_publication_keeps_the_revision_that_git_has_checked_out() {
    let workspace = published(Database::Sqlite);
    let git = |arguments: &[&str]| {
        let settings = ["-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "commit.gpgsign=false"];
        let mut command = std::process::Command::new("git");
        let ran = command.arg("-C").arg(workspace.root()).args(settings).args(arguments).output().unwrap();
        assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "journeys"]);
    git(&["commit", "--quiet", "--message", "x"]);
    // Where a branch points to stands in another file after this.
    git(&["pack-refs", "--all"]);
    workspace.write("journeys/more.yaml", "kind: segment\nname: more\ntarget: contact\nwhere: true\n");
    workspace.program(&["run", "--now", "2026-03-02 08:00"]).done();
    let kept = workspace.tables().rows("SELECT revision FROM snapshot ORDER BY key DESC LIMIT 1");
    assert_eq!(kept[0][0], git(&["rev-parse", "HEAD"]));
}

#[test]
fn the_demo_is_a_run_that_status_knows() {
    let workspace = Workspace::on(Database::Sqlite);
    let folder = workspace.root().join("demo");
    workspace.program(&["demo", &folder.display().to_string()]).done();
    let demo = Workspace::at(&folder, "sqlite:tilework.db");
    let status = demo.program(&["status", "--now", "2026-02-16 00:00"]);
    assert!(status.stdout.contains("play at "), "{}", status.stdout);
}

#[test]
fn a_reader_of_logs_that_goes_away_is_no_failure() {
    use std::process::{Command, Stdio};
    let runs = || {
        let another = "kind: email\nname: another\npurpose: transactional\nsubject: Hi\ntext: Hi\n";
        let workspace = published(Database::Sqlite).file("journeys/another.yaml", another);
        let mut command = Command::new(env!("CARGO_BIN_EXE_tilework"));
        command.arg("-C").arg(workspace.root()).args(["run", "--now", "2026-03-11 08:00"]);
        command.env("TILEWORK_STORE", workspace.store()).env_remove("TILEWORK_LOG");
        (workspace, command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
    };
    let (_heard, child) = runs();
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("published"), "a run has something to log");

    let (workspace, mut child) = runs();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(workspace.mails().len(), 4);
}

#[test]
fn rule_47_the_erased_leave_kept_snapshots_which_run_without_them() {
    on_both(|database| {
        let workspace = published(database);
        workspace.program(&["contact", "erase", "bob", "--yes"]).done();
        let contents = workspace.tables().rows("SELECT content, redacted FROM file_content");
        assert!(contents.iter().all(|row| !row[0].contains("bob")), "{contents:?}");
        assert_eq!(contents.iter().filter(|row| row[1] == "1").count(), 1, "the list of members is marked");
        wreck(&workspace);
        let ran = workspace.program(&["run", "--now", "2026-03-11 08:00"]);
        assert!(ran.code == 3 && ran.stdout.contains("1 mail delivered"), "{}{}", ran.stdout, ran.stderr);
    });
}
