//! How those who serve hear of commands that change what may move.

use crate::store::{Connection, Store, StoreError};

/// Notes that a command changed what may move: something was resumed, is tried again, or was dropped.
pub(in crate::store) fn note_intervention(connection: &mut Connection) -> Result<(), StoreError> {
    let sql =
        "UPDATE setting SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'interventions'";
    connection.execute(sql, &[])?;
    Ok(())
}

impl Store {
    /// How often a command changed what may move.
    ///
    /// # Errors
    /// When the store fails.
    pub fn interventions(&mut self) -> Result<i64, StoreError> {
        self.connection.number("SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'interventions'", &[])
    }

    /// The earliest moment of real time after `real_now` at which a waiting message is tried again, those of
    /// paused journeys apart.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_retry(&mut self, real_now: i64) -> Result<Option<i64>, StoreError> {
        let sql = format!(
            "SELECT MIN(retry_at) FROM outbox WHERE state = 1 AND retry_at > $1 AND iteration_key NOT IN ({})",
            super::held::held_iterations()
        );
        let row = self.connection.query_first(&sql, &[real_now.into()])?;
        row.map_or(Ok(None), |row| row.optional_integer(0))
    }
}
