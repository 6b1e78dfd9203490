//! Trying again what failed.

use crate::store::{Cell, Store, StoreError, queue::interventions::note_intervention};

/// Those who failed at a step of an iteration that goes on: journey `$1`, step `$2`. What they were stopped
/// by in former entries is over.
const FAILED: &str = "
    FROM journey j JOIN step s ON s.journey_key = j.key AND s.id = $2
    JOIN iteration t ON t.journey_key = j.key AND t.ended_at IS NULL
    JOIN history h ON h.iteration_key = t.key AND h.step_key = s.key AND h.stopped = 1
    JOIN participant p ON p.iteration_key = h.iteration_key AND p.contact_key = h.contact_key
    WHERE j.name = $1 AND p.state = 3 AND p.reason LIKE 'failed%' AND h.left_at >= p.ended_at";

impl Store {
    /// How many failed at a step and stand nowhere.
    ///
    /// # Errors
    /// When the store fails.
    pub fn failed_at(&mut self, journey: &str, step: &str) -> Result<u64, StoreError> {
        let parameters: [Cell; 2] = [journey.into(), step.into()];
        let count = self.connection.number(&format!("SELECT COUNT(*) {FAILED}"), &parameters)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Puts those who failed at a step back onto it, on the same visit and due at `now`, so that effects
    /// they had there have the same keys. Tells how many.
    ///
    /// # Errors
    /// When the store fails; then nobody is moved.
    pub fn retry_failed(&mut self, journey: &str, step: &str, now: i64) -> Result<u64, StoreError> {
        let names: [Cell; 2] = [journey.into(), step.into()];
        let with_now = [names[0].clone(), names[1].clone(), now.into()];
        let standing = |columns: &str| {
            format!(
                "SELECT {columns} FROM journey j
             JOIN step s ON s.journey_key = j.key AND s.id = $2
             JOIN position o ON o.step_key = s.key WHERE j.name = $1"
            )
        };
        self.connection.write(|connection| {
            note_intervention(connection)?;
            let count = connection.execute(
                &format!(
                    "INSERT INTO position (iteration_key, account_key, contact_key, lane, step_key, visit, arrived_at,
                        due_at, looked_at)
                     SELECT h.iteration_key, h.account_key, h.contact_key, 0, h.step_key, h.visit, h.arrived_at,
                        CAST($3 AS BIGINT), CAST(NULL AS BIGINT) {FAILED}"
                ),
                &with_now,
            )?;
            connection.execute(
                &format!(
                    "DELETE FROM history WHERE stopped = 1
                       AND step_key IN (SELECT s.key FROM journey j JOIN step s ON s.journey_key = j.key
                                        WHERE j.name = $1 AND s.id = $2)
                       AND (iteration_key, contact_key, visit) IN ({})",
                    standing("o.iteration_key, o.contact_key, o.visit")
                ),
                &names,
            )?;
            connection.execute(
                &format!(
                    "UPDATE participant SET state = 1, ended_at = NULL, reason = NULL
                     WHERE state = 3 AND (iteration_key, contact_key) IN ({})",
                    standing("o.iteration_key, o.contact_key")
                ),
                &names,
            )?;
            Ok(count)
        })
    }
}
