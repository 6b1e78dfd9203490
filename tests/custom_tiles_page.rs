//! What `docs/guide/custom-tiles.md` shows is what the program does, from top to bottom.

use std::{fs, path::Path, process::Command};

use crate::{
    readme::{blocks, commands},
    support::files::repository,
};

/// What a command prints; some of the page's fail, to show how that looks.
fn printed(command: &str, workspace: &Path) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tilework"));
    for name in ["TILEWORK_STORE", "TILEWORK_LOG", "NO_COLOR", "COLUMNS"] {
        program.env_remove(name);
    }
    let output = program.current_dir(workspace).args(command.split(' ')).output().unwrap();
    let (out, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    if out.is_empty() { said } else { out }
}

#[test]
fn whoever_follows_the_page_comes_to_a_tested_tile() {
    let page = fs::read_to_string(repository().join("docs/guide/custom-tiles.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut failed = 0;
    for block in blocks(&page) {
        match block.language {
            "console" => {
                for (command, shown) in commands(&block.text) {
                    let printed = printed(&command, folder.path());
                    assert_eq!(
                        printed.trim_end(),
                        shown.trim_end(),
                        "`tilework {command}` prints:\n{printed}"
                    );
                    failed += usize::from(printed.contains("FAILED"));
                }
            }
            _ => {
                let file = block.file().unwrap_or("tilework.yaml");
                let path = folder.path().join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &block.text).unwrap();
            }
        }
    }
    assert_eq!(failed, 1, "the page shows how a failing case looks");
}

#[test]
fn the_sample_tiles_pass_their_cases() {
    let printed = printed("tile test", &repository());
    assert!(!printed.contains("FAILED") && printed.matches("passed").count() == 3, "{printed}");
}
