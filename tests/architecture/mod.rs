//! What `ARCHITECTURE.md` promises about the folders of `src`, held by looking at the text.
//!
//! Each rule is a function from a file to its breaches, and is shown a file that breaks it.

mod boundaries;
mod folders;
mod form;

use std::fs;

use crate::support::files::{files_under, repository};

/// A Rust file of the repository.
struct File {
    /// From the repository's top, with `/`.
    path: String,
    text: String,
}

impl File {
    fn new(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    /// The folder of `src` that the file belongs to; none for `lib.rs` and `main.rs`.
    fn folder(&self) -> Option<&str> {
        self.path.strip_prefix("src/")?.split_once('/').map(|(folder, _)| folder)
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path == *place || place.ends_with('/') && self.path.starts_with(place))
    }

    fn breach(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

fn rust_files(folders: &[&str]) -> Vec<File> {
    let top = repository();
    let paths = folders.iter().flat_map(|folder| files_under(&top.join(folder), "rs"));
    paths
        .map(|path| {
            let name = path.strip_prefix(&top).unwrap().to_str().unwrap().replace('\\', "/");
            File { path: name, text: fs::read_to_string(&path).unwrap() }
        })
        .collect()
}

fn assert_none_breaks(rule: fn(&File) -> Vec<String>, folders: &[&str]) {
    let files = rust_files(folders);
    assert!(!files.is_empty());
    let breaches: Vec<String> = files.iter().flat_map(rule).collect();
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

fn assert_breaks(rule: fn(&File) -> Vec<String>, path: &str, text: &str, expected: &[&str]) {
    assert_eq!(rule(&File::new(path, text)), expected, "{path}: {text}");
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Where a word stands in code, not as a part of a longer name.
fn places_of<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let in_name = |character: char| character.is_alphanumeric() || character == '_';
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let after = &code[at + word.len()..];
        !(code[..*at].ends_with(in_name) || word.ends_with(in_name) && after.starts_with(in_name))
    })
}
