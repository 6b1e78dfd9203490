//! Which stores have real runs, and copies of them to play on (semantics 29).

use std::path::PathBuf;

use crate::store::{Connection, Store, StoreError, database::hash_key};

impl Store {
    /// Notes that this store is run at the machine's own time. `at` is real time.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_real_run(&mut self, at: i64) -> Result<(), StoreError> {
        let name = self.mark()?;
        self.connection.execute(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            &[name.as_str().into(), at.to_string().as_str().into()],
        )?;
        Ok(())
    }

    /// Whether this store was run at the machine's own time. A copy of one wasn't.
    ///
    /// # Errors
    /// When the store fails.
    pub fn has_real_runs(&mut self) -> Result<bool, StoreError> {
        let name = self.mark()?;
        let found =
            self.connection.query_first("SELECT 1 FROM setting WHERE name = $1", &[name.as_str().into()])?;
        Ok(found.is_some())
    }

    /// Copies a SQLite file to a new one beside it, and tells which; nothing on PostgreSQL, which copies databases
    /// by programs of its own.
    ///
    /// # Errors
    /// When the copy can't be written.
    pub fn copy_to_play(&mut self) -> Result<Option<PathBuf>, StoreError> {
        let Connection::Sqlite(sqlite) = &self.connection else { return Ok(None) };
        let sqlite_path = &sqlite.path().to_owned();
        let named = |number: u64| {
            let mut name = sqlite.path().as_os_str().to_owned();
            name.push(format!(".played-{number}"));
            PathBuf::from(name)
        };
        let Some(path) = (1..).map(named).find(|path| !path.exists()) else { return Ok(None) };
        let text = path.to_string_lossy().into_owned();
        self.connection.execute("VACUUM INTO $1", &[text.into()])?;
        let (from, to) = (hash_key::beside(sqlite_path), hash_key::beside(&path));
        if from.exists() {
            std::fs::copy(&from, &to).map_err(|error| StoreError::HashKey {
                path: to.display().to_string(),
                reason: format!("it can't be written: {error}"),
            })?;
        }
        Ok(Some(path))
    }

    /// The setting that says that this very file or database has real runs. A copy has the setting, too, but
    /// under another path or number.
    fn mark(&mut self) -> Result<String, StoreError> {
        let place = match &self.connection {
            Connection::Sqlite(sqlite) => {
                let path = sqlite.path();
                path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string()
            }
            Connection::Postgres(_) => {
                let sql = "SELECT CAST(oid AS TEXT) FROM pg_database WHERE datname = current_database()";
                self.connection.query_first(sql, &[])?.map_or(Ok(String::new()), |row| row.text(0))?
            }
        };
        Ok(format!("real runs of {place}"))
    }
}
