//! A PostgreSQL server of the tests' own: started when first asked for, gone with the process.
//!
//! In: the server programs of this machine. Out: the URL of a fresh database. It knows nothing of
//! Tilework, so that benches can include this file as it is.
//!
//! The server listens on a socket in its own folder under `/tmp`, and nowhere else. A shell watches
//! over it, whose standard input this process holds open: however the process ends, even killed, the
//! pipe closes, and the shell stops the server and removes the folder.

#![allow(clippy::expect_used, reason = "a test stops where its record_context are wrong")]

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use postgres::{Client, NoTls};

const WHAT_TO_INSTALL: &str = "PostgreSQL's server programs (`initdb`, `postgres`) are missing: install \
     the package `postgresql`, or set PG_BIN to the folder that holds them";

/// Makes and runs the server; its arguments are the folder of the programs, the server's folder, and
/// the server's options. A signal that comes before the server listens to signals is lost: hence the loop.
const WATCH: &str = r#"
programs=$1 folder=$2
shift 2
exec 3<&0 </dev/null >>"$folder/log" 2>&1
"$programs/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --no-sync \
    --locale=C --locale-provider=icu --icu-locale=en-US 3<&- &&
{
    "$programs/postgres" "$@" 3<&- &
    server=$!
    ( cat <&3; while kill -INT "$server" 2>/dev/null; do sleep 1; done ) &
    wait "$server"
}
: >"$folder/stopped"
cat <&3
rm -rf -- "$folder"
"#;

/// Creates an empty database and returns its URL, which the crate `postgres` reads.
///
/// Text is ordered there as in American English, as it is in many a production database: what needs
/// another order has to ask for it.
///
/// # Panics
/// When the server programs are missing or the server doesn't start; never skips silently.
pub fn database() -> String {
    new_database("")
}

/// Creates a copy of a database to which nobody is connected and returns its URL.
///
/// # Panics
/// When somebody is still connected to it.
#[allow(dead_code, reason = "benches include this file and copy nothing")]
pub fn copy_of(url: &str) -> String {
    let (_, name) = url.rsplit_once('/').expect("a URL that this module made");
    new_database(&format!(" TEMPLATE {name}"))
}

fn new_database(options: &str) -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(1);

    let server = SERVER.get_or_init(|| Server::start(5432, &[], &[]));
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut client = server.client.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    client.batch_execute(&format!("CREATE DATABASE {name}{options}")).expect("the name is new");
    server.url(&name)
}

/// A running server.
pub struct Server {
    folder: PathBuf,
    port: u16,
    /// Creates the databases, one after the other.
    client: Mutex<Client>,
    /// Holds the pipe whose end stops the server.
    _watch: Child,
}

impl Server {
    /// Starts a server on a port (of its socket), with files in its folder that it alone may read, and further options, in which `{folder}` is
    /// its folder.
    ///
    /// # Panics
    /// When the server programs are missing or the server doesn't start.
    pub fn start(port: u16, files: &[(&str, String)], options: &[&str]) -> Server {
        let programs = find_programs().expect(WHAT_TO_INSTALL);
        // Sockets need a short path, and the server's user a folder that it may enter.
        let folder = tempfile::Builder::new()
            .prefix("tilework-postgres-")
            .tempdir_in("/tmp")
            .expect("/tmp is writable")
            .keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("our own folder");
        let user = server_user(&folder);
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid)).expect("root may give a folder away");
        }
        for (name, content) in files {
            let file = folder.join(name);
            fs::write(&file, content).expect("our own folder");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("our own file");
            if let Some((uid, gid)) = user {
                chown(&file, Some(uid), Some(gid)).expect("root may give a file away");
            }
        }
        let folder_name = folder.to_str().expect("our own path is plain");
        let mut watch = Command::new("/bin/sh");
        watch
            .args(["-c", WATCH, "sh"])
            .args([&programs, &folder])
            .args(["-D", "data", "-k"])
            .arg(&folder)
            .args(["-c", "listen_addresses="])
            .args(["-c", &format!("port={port}")])
            .args(["-c", "max_connections=200"])
            .args(["-c", "fsync=off"])
            .args(["-c", "full_page_writes=off"])
            .args(["-c", "synchronous_commit=off"])
            .args(
                options.iter().flat_map(|option| ["-c".to_owned(), option.replace("{folder}", folder_name)]),
            )
            .current_dir(&folder)
            .env("LC_ALL", "C")
            // An interrupt from the keyboard is for the tests; the watch cleans up after them.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some((uid, gid)) = user {
            watch.uid(uid).gid(gid);
        }
        let watch = watch.spawn().expect("`/bin/sh` can be run");

        let client = connect(&url(&folder, port, "postgres"), &folder);
        Server { folder, port, client: Mutex::new(client), _watch: watch }
    }

    /// Carries out statements as the server's superuser.
    ///
    /// # Panics
    /// When one fails.
    #[allow(dead_code, reason = "benches include this file and need no more than databases")]
    pub fn execute(&self, sql: &str) {
        let mut client = self.client.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        client.batch_execute(sql).expect("a statement of the tests");
    }

    fn url(&self, database: &str) -> String {
        url(&self.folder, self.port, database)
    }
}

fn url(folder: &Path, port: u16, database: &str) -> String {
    let socket = folder.to_str().expect("our own path is plain").replace('/', "%2F");
    format!("postgres://postgres@{socket}:{port}/{database}")
}

/// Waits until the server answers.
#[allow(clippy::disallowed_methods, reason = "another program's start takes real time")]
fn connect(url: &str, folder: &Path) -> Client {
    let start = Instant::now();
    loop {
        let error = match Client::connect(url, NoTls) {
            Ok(client) => return client,
            Err(error) => error,
        };
        if folder.join("stopped").exists() || start.elapsed() > Duration::from_secs(60) {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            panic!("the PostgreSQL server (version 15 or later, with ICU) doesn't answer: {error}\n{log}");
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// The folder with the server programs: `PG_BIN`, else the first on the path, else Debian's newest.
#[allow(clippy::disallowed_methods, reason = "tests find their tools by the environment")]
fn find_programs() -> Option<PathBuf> {
    let given = std::env::var_os("PG_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut packaged: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    packaged.sort_by_key(|folder| std::cmp::Reverse(version_of(folder)));
    given.into_iter().chain(std::env::split_paths(&path)).chain(packaged).find(|folder| {
        let has = |program: &str| folder.join(program).is_file();
        folder.is_absolute() && has("initdb") && has("postgres")
    })
}

/// `15` of `/usr/lib/postgresql/15/bin`.
fn version_of(folder: &Path) -> u32 {
    let version = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    version.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The user and group that the server runs as when we are root, as whom it refuses to run.
fn server_user(own_folder: &Path) -> Option<(u32, u32)> {
    if fs::metadata(own_folder).expect("our own folder").uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("every Unix has /etc/passwd");
    let found = ["postgres", "nobody"].iter().find_map(|name| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map_while(|part| part.parse().ok());
        Some((numbers.next()?, numbers.next()?))
    });
    Some(found.expect("a user `postgres` or `nobody`: PostgreSQL doesn't run as root"))
}
