//! The files of a workspace into sources.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use crate::definitions::Folder;
use crate::definitions::nodes::names;
use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Span, Text};
use crate::model::nfc;

/// The files of a workspace, each read once.
pub(in crate::definitions) struct Files<'a> {
    folder: &'a Folder,
    sources: Sources,
    read: HashMap<String, Option<FileId>>,
}

impl<'a> Files<'a> {
    /// The files under a folder; nothing is read yet.
    pub(in crate::definitions) fn new(folder: &'a Folder) -> Files<'a> {
        Files { folder, sources: Sources::default(), read: HashMap::new() }
    }

    /// The sources read so far.
    pub(in crate::definitions) fn into_sources(self) -> Sources {
        self.sources
    }

    /// Adds a text that isn't a file.
    pub(in crate::definitions) fn add(&mut self, name: &str, text: &str) -> FileId {
        self.sources.add(name, nfc(text))
    }

    /// The path of a file that was read, relative to the workspace.
    pub(in crate::definitions) fn path(&self, file: FileId) -> String {
        self.sources.file(file).path.clone()
    }

    /// Whether there is a file with this path, relative to the workspace.
    pub(in crate::definitions) fn is_file(&self, path: &str) -> bool {
        self.folder.is_file(path)
    }

    /// Reads a file, or remembers it; what can't be read is reported.
    pub(in crate::definitions) fn read(
        &mut self,
        path: &str,
        problems: &mut Problems,
    ) -> Option<(FileId, String)> {
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
        let bytes = match self.folder.read(path) {
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
            // No database keeps it as text; YAML says where it stands by itself.
            Ok(text) if text.contains('\0') && !(path.ends_with(".yaml") || path.ends_with(".yml")) => {
                let at = text.find('\0').unwrap_or(0);
                let id = self.sources.add(path, text);
                let message = "the file holds a NUL character, so it isn't UTF-8 text".to_owned();
                self.unreadable(Span::new(id, at, at + 1), message, problems);
                None
            }
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
    pub(in crate::definitions) fn referred(
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
    pub(in crate::definitions) fn folders(&self, folder: &str) -> Vec<String> {
        self.entries(folder, true)
    }

    /// The names of the files in a folder that end so, sorted. Names that start with `.` or `_` are left
    /// out.
    pub(in crate::definitions) fn files_ending(&self, folder: &str, end: &str) -> Vec<String> {
        let mut found = self.entries(folder, false);
        found.retain(|name| name.ends_with(end));
        found
    }

    fn entries(&self, folder: &str, folders: bool) -> Vec<String> {
        let entries = self.folder.entries(folder).unwrap_or_default();
        entries.into_iter().filter(|(_, is_folder)| *is_folder == folders).map(|(name, _)| name).collect()
    }

    /// The paths of all `*.yaml` and `*.yml` files under a folder, relative to the workspace and
    /// sorted. Names that start with `.` or `_` are left out. A folder that can't be listed is reported.
    pub(in crate::definitions) fn yaml_files(
        &mut self,
        folder: &str,
        problems: &mut Problems,
    ) -> Vec<String> {
        let mut found = BTreeSet::new();
        let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            // A link may lead back to a folder above it.
            if !seen.insert(self.folder.identity(&folder)) {
                continue;
            }
            let entries = match self.folder.entries(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    let id = self.sources.add(&*folder, "");
                    let message = format!("the folder can't be read: {}", in_words(&error));
                    self.unreadable(Span::new(id, 0, 0), message, problems);
                    continue;
                }
            };
            for (name, is_folder) in entries {
                let path = format!("{folder}/{name}");
                if is_folder {
                    open.push(path);
                } else if name.ends_with(".yaml") || name.ends_with(".yml") {
                    found.insert(path);
                }
            }
        }
        found.into_iter().collect()
    }
}

/// An error of the system without its number.
pub(in crate::definitions) fn in_words(error: &std::io::Error) -> String {
    let words = error.to_string();
    words.split(" (os error").next().unwrap_or(&words).to_lowercase()
}

/// A path relative to a folder of the workspace, without `.` and `..`; nothing when it leads out.
pub(in crate::definitions) fn join(folder: &str, path: &str) -> Option<String> {
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
