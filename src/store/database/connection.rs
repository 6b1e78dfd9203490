//! One connection to either database, and transactions that are tried again.

use std::path::PathBuf;

use super::{hash_key, moments, postgres::Postgres, sqlite::Sqlite};
use crate::store::{Cell, Dialect, Row, StoreError};

/// How often a transaction is tried that others get in the way of.
const ATTEMPTS: u32 = 100;

/// A connection to either database.
#[allow(clippy::large_enum_variant, reason = "there is one in a store")]
pub(in crate::store) enum Connection {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Connection {
    /// The file with the key by which the erased are known.
    pub(in crate::store) fn key_file(&self) -> PathBuf {
        match self {
            Connection::Sqlite(sqlite) => hash_key::beside(sqlite.path()),
            Connection::Postgres(postgres) => postgres.key_file().to_owned(),
        }
    }

    pub(in crate::store) fn dialect(&self) -> Dialect {
        match self {
            Connection::Sqlite(_) => Dialect::Sqlite,
            Connection::Postgres(_) => Dialect::Postgres,
        }
    }

    /// How many statements were prepared on a connection to a server, and how many are kept; nothing on SQLite, which
    /// keeps 256 by itself.
    pub(in crate::store) fn prepared(&self) -> Option<(u64, usize)> {
        match self {
            Connection::Sqlite(_) => None,
            Connection::Postgres(postgres) => Some(postgres.prepared()),
        }
    }

    /// Runs a statement and tells how many rows it changed.
    pub(in crate::store) fn execute(&mut self, sql: &str, parameters: &[Cell]) -> Result<u64, StoreError> {
        let (sql, parameters) = moments::bound(sql, parameters);
        match self {
            Connection::Sqlite(sqlite) => sqlite.execute(&sql, &parameters),
            Connection::Postgres(postgres) => postgres.execute(&sql, &parameters),
        }
    }

    /// Runs several statements without parameters.
    pub(in crate::store) fn execute_batch(&mut self, sql: &str) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.execute_batch(sql),
            Connection::Postgres(postgres) => postgres.execute_batch(sql),
        }
    }

    /// Makes tables of the connection's own. A replica has none, nor a role that may not make any: what needs them is
    /// refused there, and all else can be read.
    pub(in crate::store) fn make_own_tables(&mut self, sql: &str) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.execute_batch(sql),
            Connection::Postgres(postgres) => postgres.make_own_tables(sql),
        }
    }

    /// Hands each row of a result to `each`, without holding them all.
    pub(in crate::store) fn query_each(
        &mut self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let (sql, parameters) = moments::bound(sql, parameters);
        match self {
            Connection::Sqlite(sqlite) => sqlite.query_each(&sql, &parameters, each),
            Connection::Postgres(postgres) => postgres.query_each(&sql, &parameters, each),
        }
    }

    /// All rows of a result.
    pub(in crate::store) fn query(&mut self, sql: &str, parameters: &[Cell]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        self.query_each(sql, parameters, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row of a result.
    pub(in crate::store) fn query_first(
        &mut self,
        sql: &str,
        parameters: &[Cell],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, parameters)?.into_iter().next())
    }

    /// The whole number that a statement gives; 0 when it gives no row.
    pub(in crate::store) fn number(&mut self, sql: &str, parameters: &[Cell]) -> Result<i64, StoreError> {
        self.query_first(sql, parameters)?.map_or(Ok(0), |row| row.integer(0))
    }

    /// Tells the planner about a table into which so many rows were just written, when they are many.
    pub(in crate::store) fn analyze(&mut self, table: &str, rows: usize) -> Result<(), StoreError> {
        const MANY: usize = 200;
        match self.dialect().analyze(table) {
            Some(sql) if rows >= MANY => self.execute_batch(&sql),
            _ => Ok(()),
        }
    }

    /// Does `work`, whose statements ask about a few records among many: they are looked up by key, whatever
    /// Postgres thinks of the price of that. SQLite does so anyway.
    pub(in crate::store) fn without_hash_joins<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.dialect() == Dialect::Sqlite {
            return work(self);
        }
        self.execute_batch("SET enable_hashjoin = off; SET enable_mergejoin = off")?;
        let outcome = work(self);
        // In a transaction that failed nothing can be set, and its end sets it back by itself.
        let back = self.execute_batch("RESET enable_hashjoin; RESET enable_mergejoin");
        outcome.and_then(|value| back.map(|()| value))
    }

    /// Empties tables of the connection's own.
    pub(in crate::store) fn empty(&mut self, tables: &[&str]) -> Result<(), StoreError> {
        self.execute_batch(&self.dialect().empty(tables))
    }

    /// For statements that look at few records: Postgres takes a row that is read by its key for four times as
    /// dear as one read in turn, as from a disk that has to move, and would rather read whole tables.
    pub(in crate::store) fn cheap_key_reads(&mut self, prefer: bool) -> Result<(), StoreError> {
        match (self.dialect(), prefer) {
            (Dialect::Sqlite, _) => Ok(()),
            (Dialect::Postgres, true) => self.execute_batch("SET random_page_cost = 1.1"),
            (Dialect::Postgres, false) => self.execute_batch("RESET random_page_cost"),
        }
    }

    /// Does `work` in one writing transaction: all of it or nothing. When another transaction gets in
    /// the way it is done again from the start, so `work` must have no other effects.
    pub(in crate::store) fn write<T>(
        &mut self,
        mut work: impl FnMut(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut attempt = 1;
        loop {
            let outcome = self.write_once(&mut work);
            match outcome {
                // The other one is done by now, or the database would still be waiting for it.
                Err(StoreError::Conflict(_)) if attempt < ATTEMPTS => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    /// Like `write`, and no other worker does such work meanwhile: what it reads can't be behind what another
    /// one is about to write. SQLite has one writer anyway.
    pub(in crate::store) fn write_alone<T>(
        &mut self,
        work: impl FnMut(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.dialect() == Dialect::Sqlite {
            return self.write(work);
        }
        // Before the transaction begins, which sees what was there at that moment.
        self.query("SELECT CAST(pg_advisory_lock(7412, 0) AS TEXT)", &[])?;
        let outcome = self.write(work);
        let unlocked = self.query("SELECT CAST(pg_advisory_unlock(7412, 0) AS TEXT)", &[]);
        outcome.and_then(|value| unlocked.map(|_| value))
    }

    fn write_once<T>(
        &mut self,
        work: &mut impl FnMut(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.execute_batch(self.dialect().begin_write())?;
        let outcome = work(self).and_then(|value| self.execute_batch("COMMIT").map(|()| value));
        if outcome.is_err() {
            // The transaction may be gone already; what went wrong first is what is told.
            let _ = self.execute_batch("ROLLBACK");
        }
        outcome
    }
}
