//! Where the files of a workspace are read from: its folder, or a snapshot of it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// In bytes; what people write is a thousand times smaller.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// The files that definitions are made of, each with its content to the byte, by their paths relative to the
/// workspace. It holds references to secrets and never their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The contents by path.
    pub files: BTreeMap<String, String>,
}

/// Where files are read from.
#[derive(Debug)]
enum Source {
    /// A folder, and where it really is: what lies elsewhere isn't read.
    Disk {
        root: PathBuf,
        real: PathBuf,
    },
    Kept(Snapshot),
}

/// The files of a workspace, with a note of what was read of them.
#[derive(Debug)]
pub struct Folder {
    source: Source,
    seen: RefCell<Seen>,
    read: RefCell<Snapshot>,
}

/// What was looked at in a folder, as it was right before: to find out whether it changed since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    files: BTreeMap<PathBuf, Option<Stamp>>,
    folders: BTreeMap<PathBuf, Option<BTreeSet<(String, bool)>>>,
}

/// What tells a file from its former self.
type Stamp = (u64, Option<SystemTime>);

impl Folder {
    /// A folder on the disk.
    #[must_use]
    pub fn on_disk(root: &Path) -> Folder {
        let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        Folder {
            source: Source::Disk { root: root.to_owned(), real },
            seen: RefCell::default(),
            read: RefCell::default(),
        }
    }

    /// A folder as it was when a snapshot of it was kept.
    #[must_use]
    pub fn of(snapshot: Snapshot) -> Folder {
        Folder { source: Source::Kept(snapshot), seen: RefCell::default(), read: RefCell::default() }
    }

    /// What was looked at so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// The files that were read so far.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.read.borrow().clone()
    }

    /// Whether there is a file with this path.
    pub(in crate::definitions) fn is_file(&self, path: &str) -> bool {
        match &self.source {
            Source::Disk { root, .. } => self.seen.borrow_mut().file(&root.join(path)).is_some(),
            Source::Kept(snapshot) => snapshot.files.contains_key(path),
        }
    }

    /// Notes a file beside the definitions that is read now.
    pub(in crate::definitions) fn note(&self, path: &Path) {
        self.seen.borrow_mut().file(path);
    }

    /// The content of a file.
    ///
    /// # Errors
    /// When it can't be read, is no file, or is larger than 64 MB.
    pub(in crate::definitions) fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match &self.source {
            Source::Disk { root, real } => {
                let place = root.join(path);
                self.seen.borrow_mut().file(&place);
                stays_in(real, &place)?;
                let bytes = read_file(&place)?;
                if let Ok(text) = std::str::from_utf8(&bytes) {
                    self.read.borrow_mut().files.insert(path.to_owned(), text.to_owned());
                }
                Ok(bytes)
            }
            Source::Kept(snapshot) => match snapshot.files.get(path) {
                Some(text) => Ok(text.clone().into_bytes()),
                None => Err(io::ErrorKind::NotFound.into()),
            },
        }
    }

    /// The names in a folder, each with whether it is a folder itself, sorted. Names that start with `.` or `_`
    /// are left out; a folder that isn't there is empty.
    ///
    /// # Errors
    /// When the folder can't be listed.
    pub(in crate::definitions) fn entries(&self, folder: &str) -> io::Result<BTreeSet<(String, bool)>> {
        match &self.source {
            Source::Disk { root, real } => {
                let place = root.join(folder);
                stays_in(real, &place)?;
                let found = listed(&place)?;
                self.seen.borrow_mut().folders.insert(place, found.clone());
                Ok(found.unwrap_or_default())
            }
            Source::Kept(snapshot) => {
                let below =
                    snapshot.files.keys().filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'));
                let first = |path: &str| match path.split_once('/') {
                    Some((name, _)) => (name.to_owned(), true),
                    None => (path.to_owned(), false),
                };
                Ok(below.map(first).filter(|(name, _)| is_shown(name)).collect())
            }
        }
    }

    /// One and the same path for all links to a folder.
    pub(in crate::definitions) fn identity(&self, folder: &str) -> PathBuf {
        match &self.source {
            Source::Disk { root, .. } => {
                let path = root.join(folder);
                path.canonicalize().unwrap_or(path)
            }
            Source::Kept(_) => folder.into(),
        }
    }
}

impl Seen {
    /// Notes a file as it is now, unless it was noted before.
    pub(in crate::definitions) fn file(&mut self, path: &Path) -> Option<Stamp> {
        *self.files.entry(path.to_owned()).or_insert_with(|| stamp(path))
    }

    /// Whether anything that was looked at is another than it was, or gone, or there by now.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.files.iter().any(|(path, was)| stamp(path) != *was)
            || self.folders.iter().any(|(path, was)| listed(path).ok().flatten() != *was)
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let what = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some((what.len(), what.modified().ok()))
}

fn is_shown(name: &str) -> bool {
    !name.starts_with(['.', '_'])
}

fn listed(folder: &Path) -> io::Result<Option<BTreeSet<(String, bool)>>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let named = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok().filter(|name| is_shown(name))?;
        Some((name, entry.path().is_dir()))
    };
    Ok(Some(entries.flatten().filter_map(named).collect()))
}

/// Refuses a path that leads out of the workspace by a link, as paths are refused that do so by `..`.
fn stays_in(real: &Path, place: &Path) -> io::Result<()> {
    match place.canonicalize() {
        Ok(place) if !place.starts_with(real) => {
            Err(io::Error::other("it is a link that leads out of the workspace"))
        }
        // What isn't there is told by reading it.
        _ => Ok(()),
    }
}

/// The content of a file. What isn't a file, such as a pipe, might never end.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let what = std::fs::metadata(path)?;
    if !what.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if what.len() > LARGEST_FILE {
        return Err(io::Error::other("it is larger than 64 MB"));
    }
    std::fs::read(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_stay_inside_the_workspace() {
        use std::os::unix::fs::symlink;
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::create_dir_all(root.path().join("journeys/here")).unwrap();
        std::fs::write(root.path().join("journeys/a.yaml"), "one").unwrap();
        std::fs::write(outside.path().join("secret.yaml"), "two").unwrap();
        symlink(root.path().join("journeys/a.yaml"), root.path().join("journeys/b.yaml")).unwrap();
        symlink(outside.path().join("secret.yaml"), root.path().join("journeys/c.yaml")).unwrap();
        symlink(outside.path(), root.path().join("journeys/there")).unwrap();
        let folder = Folder::on_disk(root.path());
        assert_eq!(folder.read("journeys/b.yaml").unwrap(), b"one");
        assert!(folder.entries("journeys/here").unwrap().is_empty());
        for error in [
            folder.read("journeys/c.yaml").unwrap_err(),
            folder.read("journeys/there/secret.yaml").unwrap_err(),
            folder.entries("journeys/there").unwrap_err(),
        ] {
            assert_eq!(error.to_string(), "it is a link that leads out of the workspace");
        }
    }

    #[test]
    fn a_folder_tells_whether_anything_that_was_read_changed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let write = |path: &str, text: &str| std::fs::write(root.join(path), text).unwrap();
        std::fs::create_dir(root.join("scripts")).unwrap();
        write("a.yaml", "one");
        write("scripts/x.rhai", "fn x() { 1 }");
        let looked = || {
            let folder = Folder::on_disk(root);
            assert!(folder.entries("scripts").unwrap().iter().all(|(_, is_folder)| !is_folder));
            let _ = (folder.is_file("later.html"), folder.read("a.yaml"), folder.entries("tables"));
            for (name, _) in folder.entries("scripts").unwrap() {
                folder.read(&format!("scripts/{name}")).unwrap();
            }
            folder.seen()
        };
        type Change<'a> = (&'a str, &'a dyn Fn());
        let old = SystemTime::UNIX_EPOCH;
        let changes: [Change<'_>; 6] = [
            ("a script", &|| write("scripts/x.rhai", "fn x() { 2000 }")),
            ("a file that wasn't there", &|| write("later.html", "")),
            ("a new file with an old time", &|| {
                write("scripts/y.rhai", "");
                let file = std::fs::File::options().write(true).open(root.join("scripts/y.rhai")).unwrap();
                file.set_modified(old).unwrap();
            }),
            ("a file that is gone", &|| std::fs::remove_file(root.join("scripts/y.rhai")).unwrap()),
            ("a file replaced by an older one", &|| {
                let file = std::fs::File::options().write(true).open(root.join("a.yaml")).unwrap();
                file.set_modified(old).unwrap();
            }),
            ("a folder that wasn't there", &|| std::fs::create_dir(root.join("tables")).unwrap()),
        ];
        for (what, change) in changes {
            let seen = looked();
            assert!(!seen.changed(), "before {what}");
            change();
            assert!(seen.changed(), "{what}");
        }
        let seen = looked();
        write("notes.txt", "nobody reads this");
        assert!(!seen.changed());
    }

    #[test]
    fn a_snapshot_is_read_as_the_folder_was() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("journeys/a")).unwrap();
        for (path, text) in
            [("journeys/a/x.yaml", "\u{feff}x: 1\r\n"), ("journeys/_no.yaml", ""), ("y.csv", "")]
        {
            std::fs::write(root.path().join(path), text).unwrap();
        }
        let folder = Folder::on_disk(root.path());
        let content = folder.read("journeys/a/x.yaml").unwrap();
        let kept = Folder::of(folder.snapshot());
        assert_eq!(kept.read("journeys/a/x.yaml").unwrap(), content);
        assert_eq!(kept.entries("journeys").unwrap(), folder.entries("journeys").unwrap());
        assert!(kept.is_file("journeys/a/x.yaml") && !kept.is_file("y.csv"), "what wasn't read isn't kept");
        assert!(kept.entries("scripts").unwrap().is_empty() && kept.read("y.csv").is_err());
    }
}
