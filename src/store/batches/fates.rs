//! What becomes of the participants of a batch, as a table of the connection's own.
//!
//! A batch's rows come in as one JSON array. They are unfolded once, into a temporary table with a key,
//! so that every statement that follows finds positions by their key, whatever the planner believes
//! about the length of an array.

use crate::store::{Cell, Connection, JsonRows, StoreError};

/// It goes to another step.
pub(in crate::store) const GO: i64 = 1;
/// It finishes the journey.
pub(in crate::store) const FINISH: i64 = 2;
/// It stops where it stands.
pub(in crate::store) const STOP: i64 = 3;
/// It stays and waits.
pub(in crate::store) const WAIT: i64 = 4;

/// One participant's fate.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct FateRow {
    pub(in crate::store) kind: i64,
    pub(in crate::store) account_key: i64,
    pub(in crate::store) contact_key: i64,
    pub(in crate::store) moment: i64,
    pub(in crate::store) path: Option<String>,
    pub(in crate::store) reason: Option<String>,
    pub(in crate::store) next_step: Option<i64>,
    pub(in crate::store) look_at: Option<i64>,
}

/// Puts fates into the table in place of the former ones.
pub(in crate::store) fn note(connection: &mut Connection, rows: &[FateRow]) -> Result<(), StoreError> {
    let mut json = JsonRows::default();
    for row in rows {
        json.push(&[
            row.kind.into(),
            row.account_key.into(),
            row.contact_key.into(),
            row.moment.into(),
            row.path.clone().into(),
            row.reason.clone().into(),
            row.next_step.into(),
            row.look_at.into(),
        ]);
    }
    let source = connection.dialect().rows("$1");
    connection.execute("DELETE FROM fate", &[])?;
    connection.execute(
        &format!(
            "INSERT INTO fate (kind, account_key, contact_key, moment, path, reason, next_step, look_at)
             SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT),
                CAST(value ->> 3 AS BIGINT), value ->> 4, value ->> 5, CAST(value ->> 6 AS BIGINT),
                CAST(value ->> 7 AS BIGINT)
             FROM {source}"
        ),
        &[json.finish()],
    )?;
    connection.analyze("fate", rows.len())
}

/// Writes the history of those whose fate is of a kind: what they leave, or are stopped at.
pub(in crate::store) fn write_history(
    connection: &mut Connection,
    iteration_key: i64,
    kinds: &str,
    stopped: i64,
) -> Result<(), StoreError> {
    connection.execute(
        &format!(
            "INSERT INTO history (iteration_key, account_key, contact_key, step_key, visit, arrived_at, left_at,
                stopped, path, reason)
             SELECT p.iteration_key, p.account_key, p.contact_key, p.step_key, p.visit, p.arrived_at,
                CASE WHEN f.moment > p.arrived_at THEN f.moment ELSE p.arrived_at END, {stopped}, f.path, f.reason
             FROM fate f CROSS JOIN position p
             WHERE p.iteration_key = $1 AND p.account_key = f.account_key AND p.contact_key = f.contact_key
               AND p.lane = 0 AND f.kind IN ({kinds})"
        ),
        &[Cell::Integer(iteration_key)],
    )?;
    Ok(())
}

/// Ends the participation of those whose fate is of a kind, and takes them off their positions.
pub(in crate::store) fn end_participation(
    connection: &mut Connection,
    iteration_key: i64,
    kind: i64,
) -> Result<(), StoreError> {
    let (state, reason) = if kind == FINISH { (2, "CAST(NULL AS TEXT)") } else { (3, "f.reason") };
    connection.execute(
        &format!(
            "UPDATE participant SET (state, ended_at, reason) = (
                SELECT {state}, f.moment, {reason} FROM fate f
                WHERE f.account_key = participant.account_key AND f.contact_key = participant.contact_key)
             WHERE (iteration_key, contact_key) IN (
                SELECT CAST($1 AS BIGINT), contact_key FROM fate WHERE kind = {kind}) AND state = 1"
        ),
        &[Cell::Integer(iteration_key)],
    )?;
    connection.execute(
        &format!(
            "DELETE FROM position WHERE (iteration_key, account_key, contact_key, lane) IN (
                SELECT CAST($1 AS BIGINT), account_key, contact_key, 0 FROM fate WHERE kind = {kind})"
        ),
        &[Cell::Integer(iteration_key)],
    )?;
    Ok(())
}
