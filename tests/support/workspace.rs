//! Workspaces of the tests' own: definitions in a temporary folder, and a store.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use tempfile::TempDir;
use tilework::store::StoreAddress;

use super::{
    dump::Tables,
    postgres::{copy_of, database},
    world::World,
};

/// Which database a workspace's store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    pub const BOTH: [Database; 2] = [Database::Sqlite, Database::Postgres];
}

/// Settings of a workspace unless it brings its own.
pub const SETTINGS: &str = r#"name: vendor
timezone: UTC
consent: { unrecorded: marketing }
channels:
  email:
    transport: file
    directory: mail
    from: "Vendor <news@vendor.example>"
"#;

/// A workspace in a temporary folder, which goes when the last clone does. Nothing of it is open.
#[derive(Clone)]
pub struct Workspace {
    root: PathBuf,
    store: String,
    _folder: Option<Arc<TempDir>>,
}

impl Workspace {
    /// An empty workspace with usual settings.
    pub fn on(database: Database) -> Workspace {
        let store = match database {
            Database::Sqlite => "sqlite:tilework.db".to_owned(),
            Database::Postgres => self::database(),
        };
        Workspace::with_store(store).file("tilework.yaml", SETTINGS)
    }

    /// A workspace that is there already, and stays.
    pub fn at(root: &Path, store: &str) -> Workspace {
        Workspace { root: root.to_owned(), store: store.to_owned(), _folder: None }
    }

    fn with_store(store: String) -> Workspace {
        let folder = tempfile::tempdir().unwrap();
        Workspace { root: folder.path().to_owned(), store, _folder: Some(Arc::new(folder)) }
    }

    /// A file with this content, path relative to the workspace.
    pub fn file(self, path: &str, content: &str) -> Workspace {
        self.write(path, content);
        self
    }

    /// Changes a file, or adds one.
    pub fn write(&self, path: &str, content: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Definitions and data of a folder of the repository.
    pub fn definitions_of(self, folder: &Path) -> Workspace {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let place = if name == "tilework.yaml" { name } else { format!("journeys/{name}") };
            self.write(&place, &fs::read_to_string(entry.path()).unwrap());
        }
        self
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The store as it stands in settings.
    pub fn store(&self) -> &str {
        &self.store
    }

    pub fn address(&self) -> StoreAddress {
        StoreAddress::parse(&self.store, self.root()).unwrap()
    }

    /// Another workspace with the same files and a copy of the store, which mustn't be open.
    pub fn copy(&self) -> Workspace {
        let copy = Workspace::with_store(match self.address() {
            StoreAddress::Sqlite(_) => self.store.clone(),
            StoreAddress::Postgres(url, _) => copy_of(&url),
        });
        copy_files(self.root(), copy.root());
        copy
    }

    /// The workspace at work: definitions compiled, store open.
    pub fn open(&self) -> World {
        World::of(self.clone())
    }

    /// What stands in the store, as text.
    pub fn tables(&self) -> Tables {
        Tables::of(&self.address())
    }

    /// Runs the program on the workspace, which mustn't be open when its store is SQLite.
    pub fn program(&self, arguments: &[&str]) -> Program {
        self.program_with(&[], arguments)
    }

    /// As `program`, with these variables set.
    pub fn program_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tilework"));
        command.arg("-C").arg(self.root()).args(arguments).env_remove("RUST_LOG");
        command.env("TILEWORK_STORE", &self.store).env("NO_COLOR", "1").envs(variables.iter().copied());
        Program::of(&command.output().unwrap())
    }

    /// Starts `serve` on the workspace, in a process of its own.
    pub fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    /// As `serve`, with these variables set.
    pub fn serve_with(&self, variables: &[(&str, &str)]) -> Serving {
        let log = self.root().join("serve.log");
        let file = fs::File::create(&log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tilework"));
        command.arg("-C").arg(self.root()).arg("serve").env_remove("RUST_LOG").env_remove("TILEWORK_LOG");
        command.env("TILEWORK_STORE", &self.store).env("NO_COLOR", "1");
        command.envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        Serving { child: command.spawn().unwrap(), log }
    }

    /// The messages that were written, by file name, with their content.
    pub fn mails(&self) -> Vec<(String, String)> {
        self.files("mail")
    }

    /// The files of a folder of the workspace, by name, with their content. What a killed process left unfinished is no
    /// file yet: its name begins with a point.
    pub fn files(&self, folder: &str) -> Vec<(String, String)> {
        let Ok(entries) = fs::read_dir(self.root().join(folder)) else { return Vec::new() };
        let mut files: Vec<(String, String)> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| !name_of(path).starts_with('.'))
            .map(|path| (name_of(&path), String::from_utf8(fs::read(&path).unwrap()).unwrap()))
            .collect();
        files.sort();
        files
    }
}

/// The dates of mails, and the mails without them.
pub fn without_dates(mails: Vec<(String, String)>) -> (Vec<String>, Vec<(String, String)>) {
    let is_date = |line: &&str| line.starts_with("Date: ");
    let dates = mails.iter().filter_map(|(_, mail)| mail.lines().find(is_date).map(str::to_owned)).collect();
    let rest = mails.into_iter().map(|(name, mail)| {
        let lines: Vec<&str> = mail.lines().filter(|line| !is_date(line)).collect();
        (name, lines.join("\n"))
    });
    (dates, rest.collect())
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target: PathBuf = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_files(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// A process that serves; it is killed when nobody looks at it any more.
pub struct Serving {
    child: Child,
    log: PathBuf,
}

impl Serving {
    /// What it logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until something holds, half a minute at most, while it serves.
    #[track_caller]
    #[allow(clippy::disallowed_methods, reason = "another process needs real time")]
    pub fn until(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        for _ in 0..300 {
            if holds(&self.log()) {
                return;
            }
            assert!(self.is_alive(), "it ended before {what}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{what} didn't happen:\n{}", self.log());
    }

    /// Whether it serves still.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the program said.
pub struct Program {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    fn of(output: &Output) -> Program {
        Program {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Standard output of a run that went well.
    pub fn done(self) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }
}

/// Runs a story on both databases.
pub fn on_both(story: impl Fn(Database)) {
    Database::BOTH.into_iter().for_each(story);
}
