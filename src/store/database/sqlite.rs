//! The embedded database.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
};

use rusqlite::{
    OpenFlags, ToSql,
    functions::FunctionFlags,
    types::{ToSqlOutput, Value as SqliteValue, ValueRef},
};

use super::sqlite_functions as functions;
use crate::model::folded;
use crate::store::{Cell, Row, StoreError};

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Cell::Null => ToSqlOutput::Owned(SqliteValue::Null),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Integer(number) => ToSqlOutput::Owned(SqliteValue::Integer(*number)),
            Cell::Real(number) => ToSqlOutput::Owned(SqliteValue::Real(*number)),
        })
    }
}

/// A connection to a SQLite file.
pub(in crate::store) struct Sqlite {
    connection: rusqlite::Connection,
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

/// What tells a file from another at the same place; nothing when there is none, or the system doesn't tell.
fn identity(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(path).ok().map(|what| (what.dev(), what.ino()))
    }
    #[cfg(not(unix))]
    {
        std::fs::metadata(path).ok().map(|_| (0, 0))
    }
}

impl Sqlite {
    /// Opens the file; makes it when `create` says so.
    pub(in crate::store) fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        let unreachable =
            |reason: String| StoreError::Unreachable { url: format!("sqlite:{}", path.display()), reason };
        if !create && !path.exists() {
            return Err(unreachable("there is no such file".to_owned()));
        }
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection = rusqlite::Connection::open_with_flags(path, flags)
            .map_err(|error| unreachable(error.to_string()))?;
        connection.set_prepared_statement_cache_capacity(256);
        connection
            .busy_timeout(std::time::Duration::from_secs(60))
            .and_then(|()| {
                connection.execute_batch(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                     PRAGMA temp_store = FILE; PRAGMA cache_size = -65536; PRAGMA trusted_schema = OFF;",
                )
            })
            .and_then(|()| {
                register(&connection, "tilework_fold", folded)?;
                register(&connection, "tilework_lower", str::to_lowercase)?;
                register(&connection, "tilework_trim", |text| text.trim().to_owned())?;
                functions::register(&connection)
            })
            .map_err(|error| match translate(&error, "") {
                damaged @ StoreError::Damaged(_) => damaged,
                _ => unreachable(error.to_string()),
            })?;
        Ok(Sqlite { connection, path: path.to_owned(), identity: identity(path) })
    }

    /// Whether the file at its path is the one that is open.
    pub(in crate::store) fn is_in_place(&self) -> bool {
        identity(&self.path) == self.identity
    }

    pub(in crate::store) fn path(&self) -> &Path {
        &self.path
    }

    pub(in crate::store) fn execute(&mut self, sql: &str, parameters: &[Cell]) -> Result<u64, StoreError> {
        let sql = adapted(sql);
        let run = || -> rusqlite::Result<usize> {
            let mut statement = self.connection.prepare_cached(&sql)?;
            statement.execute(rusqlite::params_from_iter(parameters))
        };
        run().map(|rows| rows as u64).map_err(|error| translate(&error, &sql))
    }

    pub(in crate::store) fn execute_batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(|error| translate(&error, sql))
    }

    pub(in crate::store) fn query_each(
        &mut self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let sql = adapted(sql);
        let failed = |error: rusqlite::Error| translate(&error, &sql);
        let mut statement = self.connection.prepare_cached(&sql).map_err(failed)?;
        let columns = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(parameters)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let mut cells = Vec::with_capacity(columns);
            for column in 0..columns {
                cells.push(match row.get_ref(column).map_err(failed)? {
                    ValueRef::Null => Cell::Null,
                    ValueRef::Integer(number) => Cell::Integer(number),
                    ValueRef::Real(number) => Cell::Real(number),
                    ValueRef::Text(bytes) => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
                    ValueRef::Blob(_) => {
                        return Err(StoreError::Inconsistent(format!("column {column} holds a blob")));
                    }
                });
            }
            each(Row(cells))?;
        }
        Ok(())
    }
}

/// Registers a function of one text that is the same on every call.
fn register(
    connection: &rusqlite::Connection,
    name: &str,
    function: impl Fn(&str) -> String + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe + 'static,
) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(name, 1, flags, move |context| {
        let text = context.get::<Option<String>>(0)?;
        Ok(text.map(|text| function(&text)))
    })
}

/// A statement in SQLite's words. `$1` is a name to it and would be numbered by first use; `?1` is the number
/// itself. And a statement that fails is undone with its whole transaction, which ours are anyway: else a copy
/// of each page that it changes would be kept, to undo it alone.
fn adapted(sql: &str) -> String {
    let sql = sql.trim_start().replace('$', "?");
    for verb in ["INSERT ", "UPDATE "] {
        if let Some(rest) = sql.strip_prefix(verb) {
            return format!("{verb}OR ROLLBACK {rest}");
        }
    }
    sql
}

fn translate(error: &rusqlite::Error, sql: &str) -> StoreError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full(error.to_string()),
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
            StoreError::Conflict(error.to_string())
        }
        Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
            StoreError::Damaged(error.to_string())
        }
        _ => StoreError::statement(error, sql),
    }
}

/// Takes the right to be the one worker on a SQLite file; the system frees it when the process ends.
/// Nothing comes back while another holds it.
pub(in crate::store) fn lock(path: &Path) -> Result<Option<File>, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let failed = |error: std::io::Error| StoreError::Unreachable {
        url: format!("sqlite:{}", path.display()),
        reason: format!("its lock file can't be used: {error}"),
    };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}
