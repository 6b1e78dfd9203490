//! The iterations of journeys: how they start, who may enter them again, and how they end.

use crate::store::{Cell, Connection, Store, StoreError};

/// One repetition of a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IterationRow {
    /// Its key.
    pub key: i64,
    /// Its number, from 1.
    pub number: i64,
    /// When it starts.
    pub starts_at: i64,
    /// When its audience was let in first.
    pub enrolled_at: Option<i64>,
    /// The audience version at which it was let in last.
    pub audience_version: Option<i64>,
    /// When it looked last for who may enter.
    pub looked_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
}

impl Store {
    /// The iterations of a journey, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn iterations(&mut self, journey_key: i64) -> Result<Vec<IterationRow>, StoreError> {
        let rows = self.connection.query(
            "SELECT key, number, starts_at, enrolled_at, ended_at, audience_version, looked_at FROM iteration
             WHERE journey_key = $1 ORDER BY number",
            &[journey_key.into()],
        )?;
        rows.iter()
            .map(|row| {
                Ok(IterationRow {
                    key: row.integer(0)?,
                    number: row.integer(1)?,
                    starts_at: row.integer(2)?,
                    enrolled_at: row.optional_integer(3)?,
                    ended_at: row.optional_integer(4)?,
                    audience_version: row.optional_integer(5)?,
                    looked_at: row.optional_integer(6)?,
                })
            })
            .collect()
    }

    /// Starts an iteration of a journey; does nothing when there is one with this number.
    ///
    /// # Errors
    /// When the store fails.
    pub fn start_iteration(
        &mut self,
        journey_key: i64,
        number: i64,
        starts_at: i64,
    ) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO iteration (journey_key, number, starts_at) VALUES ($1, $2, $3)
             ON CONFLICT (journey_key, number) DO NOTHING",
            &[journey_key.into(), number.into(), starts_at.into()],
        )?;
        Ok(())
    }

    /// Takes note that an iteration looked for who may enter, at a version of the audience.
    ///
    /// # Errors
    /// When the store fails.
    pub fn audience_seen(&mut self, iteration_key: i64, version: i64, now: i64) -> Result<(), StoreError> {
        self.connection.execute(
            "UPDATE iteration SET audience_version = $2, looked_at = $3 WHERE key = $1",
            &[iteration_key.into(), version.into(), now.into()],
        )?;
        Ok(())
    }

    /// The earliest moment after `after` at which a participant of an iteration finished or was stopped.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_end_of_participation(
        &mut self,
        iteration_key: i64,
        after: i64,
    ) -> Result<Option<i64>, StoreError> {
        let row = self.connection.query_first(
            "SELECT MIN(ended_at) FROM participant WHERE iteration_key = $1 AND ended_at IS NOT NULL AND ended_at > $2",
            &[iteration_key.into(), after.into()],
        )?;
        row.map_or(Ok(None), |row| row.optional_integer(0))
    }

    /// Ends an iteration, once nothing in it is due any more up to that moment and no other worker is at
    /// work on it; tells whether it ended. With `stop_for` everybody left in it stops where they stand, for
    /// that reason. `real_now` is real time (semantics 28).
    ///
    /// # Errors
    /// When the store fails; then it goes on.
    pub fn end_iteration(
        &mut self,
        iteration_key: i64,
        moment: i64,
        stop_for: Option<&str>,
        real_now: i64,
    ) -> Result<bool, StoreError> {
        // Whoever claims writes the row, too: a claim is seen here, or made after the end.
        let lock = format!("SELECT key FROM iteration WHERE key = $1{}", self.dialect().for_update());
        self.connection.write(|connection| {
            connection.query(&lock, &[iteration_key.into()])?;
            let left = connection.query_first(
                "SELECT 1 FROM position WHERE iteration_key = $1 AND due_at <= $2
                 UNION ALL SELECT 1 FROM claim WHERE iteration_key = $1 AND deadline >= $3 LIMIT 1",
                &[iteration_key.into(), moment.into(), real_now.into()],
            )?;
            if left.is_some() {
                return Ok(false);
            }
            end(connection, iteration_key, moment, stop_for)?;
            Ok(true)
        })
    }

    /// Ends all iterations of a journey that is removed, and stops everybody in them, whatever is due.
    /// Claims of others are taken away, so that their commits do nothing. Tells how many were stopped.
    ///
    /// # Errors
    /// When the store fails; then nothing is changed.
    pub fn end_removed_journey(&mut self, name: &str, now: i64) -> Result<i64, StoreError> {
        let lock = self.dialect().for_update();
        self.connection.write(|connection| {
            let open = connection.query(
                &format!(
                    "SELECT t.key FROM iteration t WHERE t.ended_at IS NULL
                     AND t.journey_key = (SELECT key FROM journey WHERE name = $1) ORDER BY t.key{lock}"
                ),
                &[name.into()],
            )?;
            let mut stopped = 0;
            for row in open {
                let key = row.integer(0)?;
                connection.execute("DELETE FROM claim WHERE iteration_key = $1", &[key.into()])?;
                stopped += connection.number(
                    "SELECT COUNT(*) FROM participant WHERE iteration_key = $1 AND state = 1",
                    &[key.into()],
                )?;
                end(connection, key, now, Some("removed"))?;
            }
            Ok(stopped)
        })
    }

    /// Whether anybody stands in an iteration.
    ///
    /// # Errors
    /// When the store fails.
    pub fn anybody_in(&mut self, iteration_key: i64) -> Result<bool, StoreError> {
        let row = self.connection.query_first(
            "SELECT 1 FROM position WHERE iteration_key = $1 LIMIT 1",
            &[iteration_key.into()],
        )?;
        Ok(row.is_some())
    }
}

fn end(
    connection: &mut Connection,
    iteration_key: i64,
    moment: i64,
    stop_for: Option<&str>,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE iteration SET ended_at = $2 WHERE key = $1 AND ended_at IS NULL",
        &[iteration_key.into(), moment.into()],
    )?;
    if let Some(reason) = stop_for {
        let parameters = [Cell::Integer(iteration_key), Cell::Integer(moment), Cell::Text(reason.to_owned())];
        connection.execute(
            "INSERT INTO history (iteration_key, account_key, contact_key, step_key, visit, arrived_at, left_at, stopped, reason)
             SELECT iteration_key, account_key, contact_key, step_key, visit, arrived_at,
                    CASE WHEN arrived_at > $2 THEN arrived_at ELSE $2 END, 1, CAST($3 AS TEXT)
             FROM position WHERE iteration_key = $1",
            &parameters,
        )?;
        connection.execute(
            "UPDATE participant SET state = 3, ended_at = $2, reason = $3
             WHERE iteration_key = $1 AND state = 1",
            &parameters,
        )?;
        connection.execute("DELETE FROM position WHERE iteration_key = $1", &parameters[..1])?;
    }
    Ok(())
}

/// The query for how often whom a row stands for left a step before, whatever account it had entered with.
pub(in crate::store) fn former_visits(table: &str, step: &str) -> String {
    format!(
        "SELECT COUNT(*) FROM (
            SELECT {table}.account_key AS account_key UNION
            SELECT e.account_key FROM entry e
            WHERE e.iteration_key = {table}.iteration_key AND e.contact_key = {table}.contact_key) u
         JOIN history v ON v.iteration_key = {table}.iteration_key AND v.account_key = u.account_key
            AND v.contact_key = {table}.contact_key AND v.step_key = {step}"
    )
}
