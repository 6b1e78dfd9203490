//! `check` and `explain` as they are called: what stands on which output, and how they end.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

use super::workspace;

/// Three mistakes in two files, with places that sort by number, not by text.
const MISTAKES: [(&str, &[u8]); 2] = [
    (
        "journeys/a.yaml",
        b"kind: segment\nname: one\ntarget: contact\nwhere: contact.citty == \"Chicago\"\n\n\n\n---\n\
          kind: segment\nname: two\ntarget: contcat\nwhere: true\n",
    ),
    ("journeys/sub/b.yaml", b"kind: segment\nname: three\ntarget: contact\nwhere: { segment: noone }\n"),
];
const WARNING: (&str, &[u8]) =
    ("journeys/w.yaml", b"kind: segment\nname: rich\ntarget: account\nwhere: account.revenue > 100.000\n");

fn tilework(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tilework"));
    command.arg("-C").arg(folder).args(arguments).env_remove("NO_COLOR").env_remove("TILEWORK_STORE");
    command.output().unwrap()
}

/// Exit code, standard output and standard error of `check`.
fn check(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let output = tilework(folder.path(), &[&["check"], arguments].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn people_get_all_problems_of_all_files_at_once_in_their_order() {
    let folder = workspace(&MISTAKES);
    let (exit, out, err) = check(&folder, &[]);
    let places: Vec<&str> = out.lines().filter_map(|line| line.trim().strip_prefix("--> ")).collect();
    assert_eq!(places, ["journeys/a.yaml:4:16", "journeys/a.yaml:11:9", "journeys/sub/b.yaml:4:19"]);
    assert!(out.ends_with("\n3 errors\nFor more about an error, run `tilework explain unknown-field`.\n"));
    assert!(!out.contains('\u{1b}'), "colours are for terminals");
    assert_eq!((exit, err.as_str()), (3, ""));
}

#[test]
fn programs_get_an_array_of_objects_with_exactly_seven_keys() {
    let folder = workspace(&MISTAKES);
    let (exit, out, err) = check(&folder, &["--format", "json"]);
    let problems: Vec<Value> = serde_json::from_str(&out).unwrap();
    let keys: Vec<&str> = problems[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["code", "column", "file", "hint", "line", "message", "severity"]);
    assert_eq!(
        problems[0],
        serde_json::json!({
            "code": "unknown-field", "severity": "error", "message": "contact has no field `citty`",
            "file": "journeys/a.yaml", "line": 4, "column": 16, "hint": "Did you mean `city`?",
        })
    );
    let places: Vec<String> =
        problems.iter().map(|problem| format!("{} {}", problem["file"], problem["line"])).collect();
    assert_eq!(places, ["\"journeys/a.yaml\" 4", "\"journeys/a.yaml\" 11", "\"journeys/sub/b.yaml\" 4"]);
    assert_eq!((exit, err.as_str()), (3, ""));

    let (exit, out, _) = check(&workspace(&[]), &["--format", "json"]);
    assert_eq!((exit, out.as_str()), (0, "[]\n"));
}

#[test]
fn github_gets_an_annotation_a_line_and_nothing_else() {
    let (exit, out, err) = check(&workspace(&MISTAKES), &["--format", "github"]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[0],
        "::error file=journeys/a.yaml,line=4,col=16,title=unknown-field::contact has no field `citty`%0ADid you \
         mean `city`?"
    );
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.starts_with("::error file=journeys/")), "{out}");
    assert_eq!((exit, err.as_str()), (3, ""));

    let (exit, out, err) = check(&workspace(&[WARNING]), &["--format", "github"]);
    assert!(out.starts_with("::warning file=journeys/w.yaml,line=4,col=26,"), "{out}");
    assert_eq!((exit, err.as_str()), (0, ""));

    let (exit, out, err) = check(&workspace(&[]), &["--format", "github"]);
    assert_eq!((exit, out.as_str(), err.as_str()), (0, "", ""));
}

#[test]
fn warnings_fail_only_when_asked_to() {
    let folder = workspace(&[WARNING]);
    for (arguments, expected) in [(&[][..], 0), (&["--strict"], 1), (&["--strict", "--format", "json"], 1)] {
        let (exit, out, err) = check(&folder, arguments);
        assert_eq!((exit, err.as_str()), (expected, ""), "{arguments:?}");
        assert!(out.contains("ambiguous-number"), "{out}");
    }
    let (_, out, _) = check(&folder, &[]);
    assert!(out.ends_with("\n1 warning\n"), "a warning has no word on `explain`: {out}");
    let both = workspace(&[WARNING, MISTAKES[1]]);
    assert_eq!(check(&both, &["--strict"]).0, 3, "errors weigh more");
    assert_eq!(check(&workspace(&[]), &["--strict"]).0, 0);
}

#[test]
fn no_problems_are_a_remark_and_not_a_report() {
    let folder = workspace(&[]);
    let (exit, out, err) = check(&folder, &[]);
    assert_eq!((exit, out.as_str()), (0, ""));
    assert_eq!(err, "no problems in 2 segments, 2 e-mails, 0 journeys\n");
    let (exit, out, err) = check(&folder, &["--quiet"]);
    assert_eq!((exit, out.as_str(), err.as_str()), (0, "", ""));
}

#[test]
fn an_empty_workspace_has_no_problems_and_a_folder_without_settings_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["text", "json", "github"] {
        let (exit, out, err) = check(&folder, &["--format", format]);
        assert_eq!((exit, out.as_str()), (3, ""), "{format}");
        assert!(err.starts_with("error: no `tilework.yaml` in `"), "{err}");
        assert!(err.contains("\nhint: Name the folder with `-C DIR`"), "{err}");
    }
    std::fs::write(folder.path().join("tilework.yaml"), "").unwrap();
    let (exit, out, err) = check(&folder, &[]);
    assert_eq!((exit, out.as_str()), (0, ""));
    assert_eq!(err, "no problems in 0 segments, 0 e-mails, 0 journeys\n");

    let absent = tilework(&folder.path().join("absent"), &["check"]);
    assert_eq!(absent.status.code(), Some(3));
    assert!(absent.stdout.is_empty() && !absent.stderr.is_empty());
}

#[test]
fn the_repository_s_own_workspace_has_no_problems() {
    let output = tilework(&crate::support::files::repository(), &["check", "--strict"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn an_environment_that_is_not_there_is_named() {
    let folder =
        workspace(&[("tilework.yaml", b"name: vendor\nenvironments: { staging: { timezone: Etc/UTC } }\n")]);
    assert_eq!(check(&folder, &["--env", "staging"]).0, 0);
    let (exit, out, _) = check(&folder, &["--env", "stagign"]);
    assert_eq!(exit, 3);
    assert!(
        out.contains("there is no environment `stagign`") && out.contains("Did you mean `staging`?"),
        "{out}"
    );
}

#[test]
fn explain_shows_a_page_or_says_which_code_was_meant() {
    let nowhere = Path::new("/nonexistent");
    let page = tilework(nowhere, &["explain", "unknown-segment"]);
    let text = String::from_utf8(page.stdout).unwrap();
    assert!(text.starts_with("# unknown-segment\n\n") && text.ends_with("[finance-emea]\n"), "{text}");
    assert_eq!((page.status.code(), page.stderr.len()), (Some(0), 0), "a workspace isn't needed");

    let slip = tilework(nowhere, &["explain", "unknown-segmnet"]);
    let text = String::from_utf8(slip.stderr).unwrap();
    assert_eq!(text, "error: there is no code `unknown-segmnet`\nhint: Did you mean `unknown-segment`?\n");
    assert_eq!((slip.status.code(), slip.stdout.len()), (Some(2), 0));
}

#[test]
fn a_secret_reaches_neither_output() {
    let folder = workspace(&[("tilework.yaml", b"name: vendor\nstore: postgres://me:hunter2@host/db\n")]);
    for format in ["text", "json", "github"] {
        let (exit, out, err) = check(&folder, &["--format", format]);
        assert_eq!(exit, 3);
        assert!(out.contains("secret-in-file") && !format!("{out}{err}").contains("hunter2"), "{out}{err}");
    }
}
