//! The clock of the database's server, by which a wrong clock of this machine is noticed.

use crate::store::{Dialect, Store, StoreError};

impl Store {
    /// What the server's clock shows, UTC milliseconds; nothing on SQLite, which has none of its own. It decides
    /// nothing in the domain.
    ///
    /// # Errors
    /// When the store fails.
    pub fn database_clock(&mut self) -> Result<Option<i64>, StoreError> {
        match self.dialect() {
            Dialect::Sqlite => Ok(None),
            Dialect::Postgres => {
                let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
                self.connection.number(sql, &[]).map(Some)
            }
        }
    }
}
