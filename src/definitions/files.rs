//! The files of a workspace into sources.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::names;
use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Span, Text};
use crate::model::nfc;

/// In bytes; what people write is a thousand times smaller.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// The files of a workspace, each read once.
pub(super) struct Files<'a> {
    root: &'a Path,
    sources: Sources,
    read: HashMap<String, Option<FileId>>,
}

impl<'a> Files<'a> {
    /// The files under a folder; nothing is read yet.
    pub(super) fn new(root: &'a Path) -> Files<'a> {
        Files { root, sources: Sources::default(), read: HashMap::new() }
    }

    /// The sources read so far.
    pub(super) fn into_sources(self) -> Sources {
        self.sources
    }

    /// Adds a text that isn't a file.
    pub(super) fn add(&mut self, name: &str, text: &str) -> FileId {
        self.sources.add(name, nfc(text))
    }

    /// The path of a file that was read, relative to the workspace.
    pub(super) fn path(&self, file: FileId) -> String {
        self.sources.file(file).path.clone()
    }

    /// Whether there is a file with this path, relative to the workspace.
    pub(super) fn is_file(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    /// Reads a file, or remembers it; what can't be read is reported.
    pub(super) fn read(&mut self, path: &str, problems: &mut Problems) -> Option<(FileId, String)> {
        let id = match self.read.get(path) {
            Some(id) => *id,
            None => {
                let id = self.read_first(path, problems);
                self.read.insert(path.to_owned(), id);
                id
            }
        }?;
        Some((id, self.sources.file(id).text.clone()))
    }

    fn read_first(&mut self, path: &str, problems: &mut Problems) -> Option<FileId> {
        let bytes = match read_file(&self.root.join(path)) {
            Ok(bytes) => bytes,
            Err(error) => {
                let id = self.sources.add(path, "");
                self.unreadable(
                    Span::new(id, 0, 0),
                    format!("the file can't be read: {}", in_words(&error)),
                    problems,
                );
                return None;
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                Some(self.sources.add(path, nfc(&text)))
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes());
                names::lose_words(&text, problems);
                let id = self.sources.add(path, text);
                let span = Span::new(id, at, at + '\u{fffd}'.len_utf8());
                let message = "the file isn't UTF-8 text".to_owned();
                self.unreadable(span, message, problems);
                None
            }
        }
    }

    /// The file that a definition names; `path` is that of the definition's own file. It is looked for in
    /// that one's folder, then in `journeys`; that it isn't there is reported.
    pub(super) fn referred(
        &mut self,
        name: &Text,
        path: &str,
        problems: &mut Problems,
    ) -> Option<(FileId, String)> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut tried = Vec::new();
        for folder in [folder, "journeys"] {
            let Some(path) = join(folder, &name.value) else {
                let message = format!("`{}` lies outside the workspace", name.value);
                problems.push(Problem::error(Code::InvalidValue, name.span, message));
                return None;
            };
            if self.is_file(&path) {
                return self.read(&path, problems);
            }
            if !tried.contains(&path) {
                tried.push(path);
            }
        }
        let tried = tried.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(" and ");
        let message = format!("there is no file `{}`", name.value);
        let problem = Problem::error(Code::FileNotFound, name.span, message);
        problems.push(problem.hint(format!("It was looked for as {tried}.")));
        None
    }

    fn unreadable(&self, span: Span, message: String, problems: &mut Problems) {
        let hint = message.ends_with("UTF-8 text").then(|| "Save it as UTF-8.".to_owned());
        problems.push(Problem::error(Code::UnreadableFile, span, message).hint_if(hint));
    }

    /// The names of the folders in a folder, sorted. Names that start with `.` or `_` are left out.
    pub(super) fn folders(&self, folder: &str) -> Vec<String> {
        self.entries(folder, |path| path.is_dir())
    }

    /// The names of the files in a folder that end so, sorted. Names that start with `.` or `_` are left
    /// out.
    pub(super) fn files_ending(&self, folder: &str, end: &str) -> Vec<String> {
        let mut found = self.entries(folder, |path| path.is_file());
        found.retain(|name| name.ends_with(end));
        found
    }

    fn entries(&self, folder: &str, wanted: impl Fn(&Path) -> bool) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.root.join(folder)) else { return Vec::new() };
        let names = entries.flatten().filter(|entry| wanted(&entry.path()));
        let mut names: Vec<String> = names.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.retain(|name| !name.starts_with(['.', '_']));
        names.sort();
        names
    }

    /// The paths of all `*.yaml` and `*.yml` files under a folder, relative to the workspace and
    /// sorted. Names that start with `.` or `_` are left out. A folder that can't be listed is reported.
    pub(super) fn yaml_files(&mut self, folder: &str, problems: &mut Problems) -> Vec<String> {
        let mut found = BTreeSet::new();
        let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            let path = self.root.join(&folder);
            // A link may lead back to a folder above it.
            if !seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
                continue;
            }
            let entries = match std::fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    let id = self.sources.add(&*folder, "");
                    let message = format!("the folder can't be read: {}", in_words(&error));
                    self.unreadable(Span::new(id, 0, 0), message, problems);
                    continue;
                }
            };
            for entry in entries.flatten() {
                let Ok(name) = entry.file_name().into_string() else { continue };
                if name.starts_with(['.', '_']) {
                    continue;
                }
                let path = format!("{folder}/{name}");
                let what = std::fs::metadata(entry.path());
                if what.as_ref().is_ok_and(std::fs::Metadata::is_dir) {
                    open.push(path);
                } else if name.ends_with(".yaml") || name.ends_with(".yml") {
                    found.insert(path);
                }
            }
        }
        found.into_iter().collect()
    }
}

/// The content of a file. What isn't a file, such as a pipe, might never end.
fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let what = std::fs::metadata(path)?;
    if !what.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    if what.len() > LARGEST_FILE {
        return Err(std::io::Error::other("it is larger than 64 MB"));
    }
    std::fs::read(path)
}

/// An error of the system without its number.
pub(super) fn in_words(error: &std::io::Error) -> String {
    let words = error.to_string();
    words.split(" (os error").next().unwrap_or(&words).to_lowercase()
}

/// A path relative to a folder of the workspace, without `.` and `..`; nothing when it leads out.
pub(super) fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\\') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_the_workspace() {
        assert_eq!(join("journeys/a", "x.html").as_deref(), Some("journeys/a/x.html"));
        assert_eq!(join("journeys/a", "../b/./x.html").as_deref(), Some("journeys/b/x.html"));
        assert_eq!(join("journeys", "../../x"), None);
        assert_eq!(join("journeys", "/etc/passwd"), None);
    }
}
