//! A workspace in a temporary folder, for the tests of this folder.

use std::path::Path;

use super::{Definitions, load};
use crate::diagnostics::Problems;

/// Writes files under a folder.
pub(super) fn write(root: &Path, files: &[(&str, &[u8])]) {
    for (path, content) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

/// Loads a workspace of these files with the variable `SECRET` set.
pub(super) fn load_files(files: &[(&str, &str)], environment: Option<&str>) -> (Definitions, Problems) {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    write(folder.path(), &files);
    let mut problems = Problems::default();
    let variable = |name: &str| match name {
        "SECRET" => Some("s3cret".to_owned()),
        "ADDRESS" => Some("https://me:hush@crm.vendor.example/x".to_owned()),
        "NAMED" => Some("http://me@crm.vendor.example/x".to_owned()),
        _ => None,
    };
    let definitions = load(folder.path(), environment, &variable, &mut problems).unwrap();
    (definitions, problems)
}

/// The problems as `code line:column message | hint`, with the file when it isn't `journeys/x.yaml`.
pub(super) fn listed(definitions: &Definitions, problems: &Problems) -> Vec<String> {
    let sources = &definitions.sources;
    problems
        .sorted()
        .into_iter()
        .map(|problem| {
            let at = sources.position(problem.span);
            let file = &sources.file(problem.span.file).path;
            let file = if file == "journeys/x.yaml" { String::new() } else { format!("{file}:") };
            let hint = problem.hint.as_ref().map_or(String::new(), |hint| format!(" | {hint}"));
            format!("{} {file}{}:{} {}{hint}", problem.code, at.line, at.column, problem.message)
        })
        .collect()
}

/// The problems of one file of definitions.
pub(super) fn problems_of(text: &str) -> Vec<String> {
    let (definitions, problems) = load_files(&[("tilework.yaml", ""), ("journeys/x.yaml", text)], None);
    listed(&definitions, &problems)
}

/// Checks a table of files of definitions and the problems that each must have, no more and no less.
pub(super) fn check(table: &[(&str, &[&str])]) {
    for (text, expected) in table {
        assert_eq!(problems_of(text), *expected, "\n{text}");
    }
}
