//! The reference page, and completions.

use std::{fs, process::Command};

use crate::support::files::repository;

fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tilework")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_reference_page_says_what_the_program_says() {
    let page = fs::read_to_string(repository().join("docs/reference.md")).unwrap();
    assert!(
        page == printed(&["reference"]),
        "docs/reference.md is out of date: run `cargo run -- reference > docs/reference.md` to renew it"
    );
}

#[test]
fn the_guide_tells_exit_codes_as_the_program_does() {
    let guide = fs::read_to_string(repository().join("docs/guide/running.md")).unwrap();
    let page = printed(&["reference"]);
    let codes = page.split("### Exit codes").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> =
        codes.lines().filter(|line| line.starts_with("| ") && !line.contains("---")).skip(1).collect();
    assert_eq!(rows.len(), 6);
    for row in rows {
        assert!(guide.contains(row), "{row}");
    }
}

#[test]
fn each_command_has_a_man_page() {
    assert!(printed(&["man"]).contains(".TH tilework 1"));
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    printed(&["man", &pages.display().to_string()]);
    for (page, expected) in
        [("tilework.1", "SUBCOMMANDS"), ("tilework-run.1", "until"), ("tilework-why-contact.1", "contact")]
    {
        let text = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.contains(expected), "{page}: {text}");
    }
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = printed(&["completions", shell]);
        for command in ["check", "import", "journey", "why", "schema"] {
            assert!(script.contains(command), "{shell} doesn't know {command}");
        }
    }
}
