//! Opening a store.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use super::{columns::Names, migrations, own_tables::temporary_tables};
use crate::model::{Catalog, time::rfc3339};
use crate::store::{
    Cell, Connection, Dialect, StoreError,
    database::{hash_key, postgres::Postgres, server_address, sqlite::Sqlite},
};

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreAddress {
    /// A file.
    Sqlite(PathBuf),
    /// A server: `postgres://…`; and the folder for what lies outside its tables.
    Postgres(String, PathBuf),
}

impl std::fmt::Debug for StoreAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreAddress::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            StoreAddress::Postgres(url, _) => f.write_str(&server_address::shown(url)),
        }
    }
}

impl StoreAddress {
    /// Reads `sqlite:PATH`, relative to `root`, or `postgres://…`.
    ///
    /// # Errors
    /// When it is neither, or nobody can tell where its password ends.
    pub fn parse(text: &str, root: &Path) -> Result<StoreAddress, StoreError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(StoreError::Address(server_address::named(text)));
            }
            return Ok(StoreAddress::Sqlite(root.join(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            server_address::check(text)?;
            return Ok(StoreAddress::Postgres(text.to_owned(), root.to_owned()));
        }
        Err(StoreError::Address(server_address::named(text)))
    }

    /// What stands for a password in a text that should be an address; none of it may be shown.
    #[must_use]
    pub fn passwords(text: &str) -> Vec<String> {
        server_address::passwords(text)
    }
}

/// An open store.
pub struct Store {
    pub(in crate::store) connection: Connection,
    pub(in crate::store) names: Names,
    /// How many answers to calls this connection keeps.
    pub(in crate::store) answers_kept: u64,
    worker: Option<Worker>,
}

/// This process as one that works on the store; others see when it is gone.
struct Worker {
    key: i64,
    /// The lock on a SQLite file, held until the process ends.
    _lock: Option<File>,
}

impl Store {
    /// Opens a store to read from it. It never migrates.
    ///
    /// # Errors
    /// When it can't be reached, has no tables yet, or was made by a newer program.
    pub fn open(address: &StoreAddress) -> Result<Store, StoreError> {
        let mut connection = connect(address, false)?;
        require_version(&mut connection)?;
        // What a preview finds out on the way.
        connection.make_own_tables(&temporary_tables(connection.dialect()))?;
        Store::ready(connection)
    }

    /// Opens a store to write to it. A SQLite file is made when it isn't there, and brought up to date
    /// after a copy of it was kept; Postgres has to be up to date already.
    ///
    /// # Errors
    /// When it can't be reached, or the tables aren't of the version needed.
    pub fn open_for_writing(address: &StoreAddress) -> Result<Store, StoreError> {
        let mut connection = connect(address, true)?;
        match connection.dialect() {
            Dialect::Sqlite => {
                migrate_sqlite(&mut connection)?;
            }
            Dialect::Postgres => require_version(&mut connection)?,
        }
        connection.execute_batch(&temporary_tables(connection.dialect()))?;
        Store::ready(connection)
    }

    /// Brings a store's tables up to date. Tells the versions before and after.
    ///
    /// # Errors
    /// When it can't be reached, or was made by a newer program.
    pub fn migrate(address: &StoreAddress) -> Result<(i64, i64), StoreError> {
        let mut connection = connect(address, true)?;
        let found = match connection.dialect() {
            Dialect::Sqlite => migrate_sqlite(&mut connection)?,
            Dialect::Postgres => migrations::migrate(&mut connection)?,
        };
        let mut store = Store::ready(connection)?;
        store.declare(&Catalog::standard())?;
        Ok((found, migrations::NEEDED))
    }

    fn ready(mut connection: Connection) -> Result<Store, StoreError> {
        let names = Names::load(&mut connection)?;
        Ok(Store { connection, names, answers_kept: 0, worker: None })
    }

    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.connection.dialect()
    }

    /// The store as it may be shown: without a password.
    #[must_use]
    pub fn description(&self) -> String {
        match &self.connection {
            Connection::Sqlite(sqlite) => format!("sqlite:{}", sqlite.path().display()),
            Connection::Postgres(postgres) => postgres.url().to_owned(),
        }
    }

    /// Becomes a worker and frees the claims of workers that are gone. On SQLite there is one worker at
    /// a time: false means that another is at work. `started_at` is real time.
    ///
    /// # Errors
    /// When the store fails.
    pub fn start_worker(&mut self, started_at: i64) -> Result<bool, StoreError> {
        let lock = match &self.connection {
            Connection::Sqlite(sqlite) => match crate::store::database::sqlite::lock(sqlite.path())? {
                None => return Ok(false),
                lock => lock,
            },
            Connection::Postgres(_) => None,
        };
        let key = self.connection.write(|connection| {
            let key = connection
                .number("INSERT INTO worker (started_at) VALUES ($1) RETURNING key", &[started_at.into()])?;
            if connection.dialect() == Dialect::Postgres {
                // Held by the connection: the server frees it when the process is gone. It is taken
                // before others can see the worker, who would think it dead.
                connection.query(
                    "SELECT CAST(pg_advisory_lock(7411, CAST($1 AS INTEGER)) AS TEXT)",
                    &[key.into()],
                )?;
            }
            Ok(key)
        })?;
        self.worker = Some(Worker { key, _lock: lock });
        self.free_dead_workers()?;
        Ok(true)
    }

    /// This worker's key.
    pub(in crate::store) fn owner(&self) -> i64 {
        self.worker.as_ref().map_or(0, |worker| worker.key)
    }

    /// Refuses to go on when the file of a SQLite store was deleted or replaced since it was opened: what is done
    /// from then on would be forgotten.
    ///
    /// # Errors
    /// When it isn't the file any more that was opened.
    pub fn refuse_replaced(&self) -> Result<(), StoreError> {
        match &self.connection {
            Connection::Sqlite(sqlite) if !sqlite.is_in_place() => {
                Err(StoreError::Replaced { path: sqlite.path().display().to_string() })
            }
            _ => Ok(()),
        }
    }

    /// Takes the right to play time, which one run at a time has. Another may have it on PostgreSQL: false then.
    /// It ends with the connection.
    ///
    /// # Errors
    /// When the store fails.
    pub fn start_playing(&mut self) -> Result<bool, StoreError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(true);
        }
        let sql = "SELECT CASE WHEN pg_try_advisory_lock(7413, 0) THEN 1 ELSE 0 END";
        Ok(self.connection.number(sql, &[])? == 1)
    }

    /// Whether other workers hold anything at this moment: positions claimed, messages taken. What those
    /// held that are gone is freed before.
    ///
    /// # Errors
    /// When the store fails.
    pub fn others_at_work(&mut self) -> Result<bool, StoreError> {
        let held = "SELECT 1 FROM claim WHERE owner <> $1
                    UNION ALL SELECT 1 FROM outbox WHERE state IN (2, 8) AND owner <> $1 LIMIT 1";
        let own = [Cell::Integer(self.owner())];
        if self.connection.query_first(held, &own)?.is_none() {
            return Ok(false);
        }
        self.free_dead_workers()?;
        Ok(self.connection.query_first(held, &own)?.is_some())
    }

    /// Frees what workers held that are gone.
    ///
    /// # Errors
    /// When the store fails.
    pub fn free_dead_workers(&mut self) -> Result<(), StoreError> {
        let own = self.owner();
        let others =
            self.connection.query("SELECT key FROM worker WHERE key <> $1 ORDER BY key", &[own.into()])?;
        for row in others {
            let key = row.integer(0)?;
            if self.dialect() == Dialect::Postgres {
                let alive = self.connection.query_first(
                    "SELECT CASE WHEN pg_try_advisory_lock(7411, CAST($1 AS INTEGER)) THEN 0 ELSE 1 END",
                    &[key.into()],
                )?;
                if alive.map_or(Ok(1), |row| row.integer(0))? == 1 {
                    continue;
                }
            }
            self.connection.write(|connection| {
                connection.execute("DELETE FROM claim WHERE owner = $1", &[key.into()])?;
                // What was being handed over when the worker died: a file is written again under the
                // same name, a call made again with the same key, so it simply waits again.
                connection.execute(
                    "UPDATE outbox SET state = 1, owner = NULL WHERE state = 2 AND owner = $1",
                    &[key.into()],
                )?;
                // A mail that was on its way may have been taken: it is shown, and never sent again unasked.
                connection.execute(
                    "UPDATE outbox SET state = 6, owner = NULL, reason = 'the run ended while it was on its way',
                        ended_at = (SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'clock')
                     WHERE state = 8 AND owner = $1",
                    &[key.into()],
                )?;
                connection.execute("DELETE FROM worker WHERE key = $1", &[key.into()])?;
                Ok(())
            })?;
            if self.dialect() == Dialect::Postgres {
                self.connection.query(
                    "SELECT CAST(pg_advisory_unlock(7411, CAST($1 AS INTEGER)) AS TEXT)",
                    &[key.into()],
                )?;
            }
        }
        Ok(())
    }

    /// The latest time the store was run at.
    ///
    /// # Errors
    /// When the store fails.
    pub fn clock(&mut self) -> Result<Option<i64>, StoreError> {
        let row = self.connection.query_first("SELECT value FROM setting WHERE name = 'clock'", &[])?;
        let Some(row) = row else { return Ok(None) };
        let text = row.text(0)?;
        text.parse()
            .map(Some)
            .map_err(|_| StoreError::Inconsistent(format!("setting `clock` holds `{text}`")))
    }

    /// Sets the store's clock forward (semantics 28), and tells what it shows: another's time, when that is
    /// at most `lag` milliseconds later.
    ///
    /// # Errors
    /// When the store was run at a later time than that already.
    pub fn advance_clock(&mut self, now: i64, lag: i64) -> Result<i64, StoreError> {
        let latest = self.clock()?;
        match latest {
            Some(latest) if latest > now.saturating_add(lag) => {
                Err(StoreError::ClockBackwards { latest: rfc3339(latest), asked: rfc3339(now) })
            }
            Some(latest) if latest >= now => Ok(latest),
            _ => {
                self.connection.execute(
                    "INSERT INTO setting (name, value) VALUES ('clock', $1)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value
                     WHERE CAST(setting.value AS BIGINT) < CAST(excluded.value AS BIGINT)",
                    &[Cell::Text(now.to_string())],
                )?;
                Ok(now)
            }
        }
    }

    /// Brings everything written so far into the SQLite file itself, so that the file can be copied.
    ///
    /// # Errors
    /// When the store fails.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        match self.dialect() {
            Dialect::Sqlite => self.connection.query("PRAGMA wal_checkpoint(TRUNCATE)", &[]).map(|_| ()),
            Dialect::Postgres => Ok(()),
        }
    }

    /// Tells the database's planner what the tables hold now: after many rows came in.
    ///
    /// # Errors
    /// When the store fails.
    pub fn analyze(&mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("ANALYZE")
    }
}

fn connect(address: &StoreAddress, create: bool) -> Result<Connection, StoreError> {
    match address {
        StoreAddress::Sqlite(path) => Sqlite::open(path, create).map(Connection::Sqlite),
        StoreAddress::Postgres(url, folder) => {
            Postgres::open(url, hash_key::of_database(url, folder)).map(Connection::Postgres)
        }
    }
}

fn require_version(connection: &mut Connection) -> Result<(), StoreError> {
    let found = migrations::version(connection)?;
    let needed = migrations::NEEDED;
    match found.cmp(&needed) {
        std::cmp::Ordering::Less => Err(StoreError::NeedsMigration { found, needed }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::TooNew { found, known: needed }),
    }
}

fn migrate_sqlite(connection: &mut Connection) -> Result<i64, StoreError> {
    let found = migrations::version(connection)?;
    if found > 0
        && found < migrations::NEEDED
        && let Connection::Sqlite(sqlite) = &connection
    {
        let mut copy = sqlite.path().as_os_str().to_owned();
        copy.push(format!(".version-{found}"));
        if !Path::new(&copy).exists() {
            let copy = copy.to_string_lossy().into_owned();
            connection.execute("VACUUM INTO $1", &[copy.into()])?;
        }
    }
    migrations::migrate(connection)
}
