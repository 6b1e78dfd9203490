//! A test file that no `mod` names is never compiled, and nobody notices.

use std::{fs, path::Path};

use crate::support::files::{files_under, repository};

/// Files under a folder of tests that nothing declares, in the order of their paths.
fn forgotten(tests: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in files_under(tests, "rs") {
        let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let folder = file.parent().unwrap_or(tests);
        let (module, parent) = match name {
            "main" if folder == tests => continue,
            "mod" => (folder.file_name().and_then(|name| name.to_str()).unwrap_or_default(), folder.parent()),
            _ => (name, Some(folder)),
        };
        let parent = parent.unwrap_or(tests);
        let root = parent.join(if parent == tests { "main.rs" } else { "mod.rs" });
        let declarations = fs::read_to_string(root).unwrap_or_default();
        let declared = |line: &str| {
            let line = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) == Some(module)
        };
        if !declarations.lines().any(declared) {
            found.push(file.strip_prefix(tests).unwrap_or(&file).display().to_string());
        }
    }
    found
}

#[test]
fn no_file_under_tests_is_forgotten() {
    assert_eq!(forgotten(&repository().join("tests")), Vec::<String>::new());
}

#[test]
fn a_forgotten_file_is_found_at_the_top_and_in_folders() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("main.rs", "mod named;\nmod folder;\n// mod lost;\n");
    write("named.rs", "");
    write("lost.rs", "");
    write("folder/mod.rs", "pub mod inner;\n");
    write("folder/inner.rs", "");
    write("folder/stray.rs", "");
    write("other/mod.rs", "");
    assert_eq!(forgotten(folder.path()), ["folder/stray.rs", "lost.rs", "other/mod.rs"]);
}
