//! `init`: what it writes works at once.

use std::{fs, path::Path, process::Command};

use crate::support::workspace::Workspace;

/// Makes a workspace in a new folder and gives it with what was said.
fn init(folder: &Path) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tilework")).arg("init").arg(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn a_new_workspace_is_without_problems_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("marketing");
    let (code, said) = init(&root);
    assert_eq!(code, 0, "{said}");
    let workspace = Workspace::at(&root, "sqlite:tilework.db");
    let checked = workspace.program(&["check", "--strict"]);
    assert_eq!((checked.code, checked.stdout.as_str()), (0, ""), "{}", checked.stderr);
    assert!(checked.stderr.starts_with("no problems in 1 segment"), "{}", checked.stderr);

    let data = root.join("data/contacts.csv");
    workspace.program(&["import", "contacts", data.to_str().unwrap()]).done();
    workspace.program(&["run", "--now", "2026-03-02 08:00", "--quiet"]).done();
    let sent = workspace.program(&["outbox", "list", "--format", "csv"]).done();
    let sent: Vec<&str> = sent.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(sent, ["welcome/1/greet/1/ada/0", "welcome/1/greet/1/bob/0"]);
    workspace.program(&["run", "--until", "2026-03-20", "--quiet"]).done();
    assert_eq!(workspace.mails().len(), 4, "who didn't click is reminded");
}

#[test]
fn the_readme_of_a_new_workspace_names_commands_that_work() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("marketing");
    init(&root);
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("    tilework ")).collect();
    assert_eq!(commands.len(), 3);
    for command in commands {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tilework"));
        let output = program.current_dir(&root).args(command.split(' ')).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn editors_find_the_schemas_that_files_name() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("marketing");
    init(&root);
    for file in ["tilework.yaml", "journeys/welcome.yaml", "journeys/fields.yaml"] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let schema = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
        assert!(root.join(file).parent().unwrap().join(schema).is_file(), "{file} names {schema}");
    }
    let settings = fs::read_to_string(root.join(".vscode/settings.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
    for schema in settings["yaml.schemas"].as_object().unwrap().keys() {
        assert!(root.join(schema).is_file(), "{schema}");
    }
    assert!(root.join(".yamllint").is_file());
    assert!(fs::read_to_string(root.join(".gitignore")).unwrap().contains("*.db\n"));
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let (code, said) = init(folder.path());
    assert_eq!(code, 2);
    assert!(said.contains("isn't empty") && said.contains("tilework init my-workspace"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
