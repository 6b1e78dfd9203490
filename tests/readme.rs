//! What README and guide show is what the program does.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use tilework::tiles::{Holds, TILES, TileKind};

use crate::support::files::repository;

fn readme() -> String {
    fs::read_to_string(repository().join("README.md")).unwrap()
}

/// A fenced block: its language, its text, and the line of text before it.
pub(crate) struct Block<'a> {
    pub(crate) language: &'a str,
    pub(crate) text: String,
    before: &'a str,
}

impl Block<'_> {
    /// The file that the line before names: `` `journeys/a.yaml`: ``.
    pub(crate) fn file(&self) -> Option<&str> {
        self.before.trim_end().strip_suffix("`:")?.rsplit('`').next()
    }
}

pub(crate) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    let mut before = "";
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some(Block { language, text: String::new(), before }),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text = format!("{}{line}\n", block.text),
            (None, None) if !line.trim().is_empty() => before = line,
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block isn't closed");
    blocks
}

/// The commands of a console block, each with the output shown below it.
pub(crate) fn commands(text: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ tilework "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => *output = format!("{output}{line}\n"),
            (None, None) => panic!("`{line}` belongs to no command"),
        }
    }
    commands
}

/// When a command comes for somebody who follows the README: its first screen shows the end of the way.
fn turn(command: &str) -> usize {
    let first = command.split(' ').next();
    ["check", "import", "run"].iter().position(|word| first == Some(*word)).unwrap_or(3)
}

/// What a command prints on standard output in a workspace; it has to succeed.
fn output_of(command: &str, workspace: &Path) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tilework"));
    for name in ["TILEWORK_STORE", "TILEWORK_LOG", "NO_COLOR", "COLUMNS"] {
        program.env_remove(name);
    }
    let output = program.current_dir(workspace).args(command.split(' ')).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`tilework {command}`: {said}");
    let printed = String::from_utf8(output.stdout).unwrap();
    // What `check` and others remark stands beside the results; a terminal shows both.
    if printed.is_empty() { said.into_owned() } else { printed }
}

/// The pages whose files make the workspace that the others go on with.
const WORKSPACE: [&str; 2] = ["README.md", "docs/guide/getting-started.md"];

/// Pages that add files and commands of their own to that workspace.
const PAGES: [&str; 9] = [
    "docs/guide/data.md",
    "docs/guide/segments.md",
    "docs/guide/journeys.md",
    "docs/guide/workflows.md",
    "docs/guide/e-mail.md",
    "docs/guide/scoring.md",
    "docs/guide/running.md",
    "docs/guide/trouble.md",
    "docs/guide/postgresql.md",
];

/// Puts the files of a page into a folder, and gives its commands with what they print.
fn laid_out(page: &str, folder: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(repository().join(page)).unwrap();
    let mut steps = Vec::new();
    for block in blocks(&text) {
        match (block.language, block.file()) {
            ("yaml" | "csv", Some(file)) => {
                let path = folder.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &block.text).unwrap();
            }
            ("console", _) => steps.extend(commands(&block.text)),
            (language, _) => {
                panic!("a block of `{language}` after `{}` in {page} can't be tried", block.before)
            }
        }
    }
    steps
}

fn assert_prints(page: &str, command: &str, shown: &str, folder: &Path) {
    let printed = output_of(command, folder);
    assert_eq!(printed.trim_end(), shown.trim_end(), "`tilework {command}` of {page} prints:\n{printed}");
}

#[test]
fn whoever_follows_readme_and_guide_sees_what_they_show() {
    let folder = tempfile::tempdir().unwrap();
    let laid = WORKSPACE.iter().map(|page| laid_out(page, folder.path()));
    let mut steps: Vec<(String, String)> = laid.flatten().collect();
    assert!(steps.iter().any(|(command, _)| command.starts_with("journey show")));
    steps.sort_by_key(|(command, _)| turn(command));
    for (command, shown) in &steps {
        assert_prints("README.md", command, shown, folder.path());
    }
    let imports: Vec<&String> =
        steps.iter().map(|(command, _)| command).filter(|command| command.starts_with("import")).collect();
    let mut tried = 0;
    for page in PAGES {
        let folder = tempfile::tempdir().unwrap();
        for page in WORKSPACE {
            laid_out(page, folder.path());
        }
        let steps = laid_out(page, folder.path());
        if !steps.is_empty() {
            for import in &imports {
                output_of(import, folder.path());
            }
        }
        tried += steps.len();
        for (command, shown) in steps {
            assert_prints(page, &command, &shown, folder.path());
        }
    }
    assert!(tried >= 10, "{tried}");
}

#[test]
fn every_page_of_the_guide_is_tried_and_in_the_table_of_contents() {
    let summary = fs::read_to_string(repository().join("docs/SUMMARY.md")).unwrap();
    let elsewhere = ["docs/guide/custom-tiles.md", "docs/guide/templates.md"];
    for path in crate::support::files::files_under(&repository().join("docs/guide"), "md") {
        let page = path.strip_prefix(repository()).unwrap().to_str().unwrap().to_owned();
        let tried = WORKSPACE.iter().chain(&PAGES).chain(&elsewhere);
        assert!(tried.into_iter().any(|known| **known == page), "nobody tries {page}");
        assert!(summary.contains(&format!("({})", page.trim_start_matches("docs/"))), "{page}");
    }
}

fn row(kind: &dyn TileKind) -> String {
    let spec = kind.spec();
    let parameters: Vec<String> = spec
        .parameters
        .iter()
        .map(|parameter| {
            let required = if parameter.required { ", required" } else { "" };
            format!("`{}`: {}{required}", parameter.name, Holds::Form(parameter.form).words())
        })
        .collect();
    let named = kind.path_parameters().iter().map(|key| format!("`{key}`")).collect::<Vec<_>>();
    let named = (!named.is_empty()).then(|| format!("those of {}", named.join(" or ")));
    let own = spec.paths.iter().map(|path| format!("`{path}`"));
    let paths: Vec<String> = named.into_iter().chain(own).collect();
    let paths = if paths.is_empty() { "–".to_owned() } else { paths.join(", ") };
    format!("| `{}` | {} | {} | {paths} |\n", spec.name, spec.summary, parameters.join("<br>"))
}

#[test]
fn the_table_of_tiles_says_what_the_tiles_say() {
    let rows: String = TILES.into_iter().map(row).collect();
    let table = format!("| tile | does | `with` | paths |\n|---|---|---|---|\n{rows}\n");
    let page = fs::read_to_string(repository().join("docs/guide/journeys.md")).unwrap();
    assert!(page.contains(&table), "the table should be:\n{table}");
}

/// The names in back-quotes at the start of each item of a section's list, up to the colon; an item may
/// have several such parts, separated by `; `.
fn explained(readme: &str) -> BTreeSet<String> {
    let section = readme.split("\n## ").find(|section| section.starts_with("Dependencies\n")).unwrap();
    let mut names = BTreeSet::new();
    for item in section.replace("\n  ", " ").lines().filter_map(|line| line.strip_prefix("- ")) {
        for part in item.split("; ") {
            let Some((named, reason)) = part.split_once(": ") else { continue };
            assert!(reason.len() > 3, "{part}");
            let quoted = named.split(", ").filter_map(|name| name.strip_prefix('`')?.strip_suffix('`'));
            names.extend(quoted.map(str::to_owned));
        }
    }
    names
}

/// The crates that `Cargo.toml` names.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]" || line == "[dev-dependencies]";
        } else if let (true, Some((name, _))) = (inside, line.split_once(" = ")) {
            names.insert(name.to_owned());
        }
    }
    names
}

#[test]
fn every_dependency_has_its_reason_and_no_reason_outlives_its_dependency() {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    assert!(dependencies(&manifest).contains("rusqlite"));
    assert_eq!(explained(&readme()), dependencies(&manifest));
}

/// Links to places in the repository, of a document.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with('#')).collect()
}

/// Paths in back-quotes that begin with a folder of the repository; patterns and places to fill in aside.
fn paths(text: &str) -> Vec<&str> {
    const FOLDERS: [&str; 4] = ["src/", "tests/", "benches/", ".ci/"];
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter(|path| FOLDERS.iter().any(|folder| path.starts_with(folder)))
        .filter(|path| !path.contains(['<', '*', ' ', '{']))
        .collect()
}

#[test]
fn documents_name_files_that_exist() {
    let mut documents: Vec<_> = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        .into_iter()
        .map(|document| repository().join(document))
        .collect();
    documents.extend(crate::support::files::files_under(&repository().join("docs"), "md"));
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        let beside = document.parent().unwrap();
        for place in links(&text) {
            let file = place.split('#').next().unwrap_or_default();
            assert!(beside.join(file).exists(), "{} links to `{place}`", document.display());
        }
        for place in paths(&text) {
            assert!(repository().join(place).exists(), "{} names `{place}`", document.display());
        }
    }
}

/// The tests that a document names: words in back-quotes that read like a test's name.
fn tests_named(text: &str) -> Vec<&str> {
    let word = |text: &str| {
        text.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_' || letter.is_ascii_digit())
    };
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|text| word(text) && text.matches('_').count() >= 4).collect()
}

#[test]
fn tests_that_the_architecture_names_exist() {
    let text = fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let named = tests_named(&text);
    assert!(!named.is_empty());
    let files = ["src", "tests"]
        .iter()
        .flat_map(|folder| crate::support::files::files_under(&repository().join(folder), "rs"));
    let code: String = files.map(|path| fs::read_to_string(path).unwrap()).collect();
    for name in named {
        assert!(code.contains(&format!("fn {name}(")), "there is no test `{name}`");
    }
}
