//! Every mistake that `check` reports: a fixture each, and beside it what people see.
//!
//! `<code>[-variant].yaml` stands as `journeys/x.yaml` in a workspace with the files of `common`;
//! a folder `<code>[-variant]` holds files that are laid over those of `common`.

mod command;
mod explain;
mod names;
mod nasty;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tilework::{
    compile, definitions,
    diagnostics::{Code, Problems, Sources, render_human},
};

use crate::support::files::repository;

/// Codes that `check` can't come to, each with the reason.
const NOT_BY_CHECK: [(Code, &str); 5] = [
    (Code::StepRemoved, "it compares with what was published, which stands in the store"),
    (Code::UnusedSegment, "only the command looks for it: see tests/segments/doubts.rs"),
    (Code::ValueNotFound, "it needs a store: see tests/segments/doubts.rs"),
    (Code::MemberNotFound, "it needs a store: see tests/segments/doubts.rs"),
    (Code::NobodySubscribed, "it needs a store: see tests/journeys/addresses.rs"),
];

fn here() -> PathBuf {
    repository().join("tests/diagnostics")
}

/// A workspace of these files, over those that all fixtures refer to.
fn workspace(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    lay(&here().join("common"), folder.path());
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn lay(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if path.is_dir() {
            lay(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// What `check` finds in a folder.
fn check(folder: &Path) -> (Problems, Sources) {
    let mut problems = Problems::default();
    let definitions = definitions::load(folder, None, &|_| None, &mut problems).unwrap();
    compile::compile(&definitions, &mut problems);
    (problems, definitions.sources)
}

/// The names of all fixtures, each with its workspace.
pub fn fixtures() -> Vec<(String, TempDir)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(here()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let fixture = |path: PathBuf| {
        let name = path.file_stem()?.to_str()?.to_owned();
        if path.is_dir() && name != "common" {
            let folder = workspace(&[]);
            lay(&path, folder.path());
            return Some((name, folder));
        }
        let text = path.extension().is_some_and(|extension| extension == "yaml").then(|| fs::read(&path));
        text.map(|text| (name, workspace(&[("journeys/x.yaml", &text.unwrap())])))
    };
    paths.into_iter().filter_map(fixture).collect()
}

/// The code that a fixture's name starts with.
pub fn code_of(fixture: &str) -> Code {
    let starts = |name: &str| fixture == name || fixture.starts_with(&format!("{name}-"));
    let named = Code::ALL.into_iter().filter(|(_, name)| starts(name));
    named.max_by_key(|(_, name)| name.len()).unwrap_or_else(|| panic!("{fixture} names no code")).0
}

#[test]
fn each_mistake_is_reported_once_in_words_that_help() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(here());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut wrong = Vec::new();
    for (name, folder) in fixtures() {
        let (problems, sources) = check(folder.path());
        let codes: Vec<Code> = problems.sorted().iter().map(|problem| problem.code).collect();
        if codes != [code_of(&name)] {
            wrong.push(format!("{name} draws {codes:?}"));
        }
        settings.bind(|| insta::assert_snapshot!(name.as_str(), render_human(&problems, &sources, false)));
    }
    assert!(wrong.is_empty(), "one mistake is one problem:\n{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_fixture() {
    let shown: BTreeSet<Code> = fixtures().iter().map(|(name, _)| code_of(name)).collect();
    for (code, name) in Code::ALL {
        let reason = NOT_BY_CHECK.iter().find(|(other, _)| *other == code);
        assert!(shown.contains(&code) != reason.is_some(), "{name}: {reason:?}");
    }
}

#[test]
fn every_snapshot_has_a_fixture() {
    let fixtures: BTreeSet<String> = fixtures().into_iter().map(|(name, _)| name).collect();
    for entry in fs::read_dir(here()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_snapshot = path.extension().is_some_and(|extension| extension == "snap");
        assert!(!is_snapshot || fixtures.contains(name), "nothing makes {}", path.display());
    }
}

#[test]
fn what_all_fixtures_refer_to_has_no_problems() {
    let (problems, sources) = check(workspace(&[]).path());
    assert_eq!(render_human(&problems, &sources, false), "");
}
