//! What has segments, scores and journeys look again.

use crate::store::{Connection, StoreError};

/// Counts the audience version up, within the transaction of what changed it.
pub(in crate::store) fn bump_audience_version(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE setting SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'audience_version'",
        &[],
    )?;
    Ok(())
}

/// Has all segments look at everybody, and all scores computed, where the queue can't tell whom a change
/// concerns.
pub(in crate::store) fn compute_everything_again(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute("UPDATE segment SET stale = stale + 1, whole = 1", &[])?;
    connection.execute("UPDATE scoring_model SET version = version + 1, scored_at = NULL", &[])?;
    bump_audience_version(connection)
}

/// Copies what came in for scores, within the transaction that empties the queue. Without models nobody
/// would ever take it out.
pub(in crate::store) fn queue_score_changes(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO score_change (kind, subject_key, about)
         SELECT c.kind, c.subject_key, c.about FROM change c
         WHERE EXISTS (SELECT 1 FROM scoring_model)
         GROUP BY c.kind, c.subject_key, c.about",
        &[],
    )?;
    Ok(())
}
