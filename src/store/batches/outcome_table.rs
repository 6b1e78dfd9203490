//! What becomes of the participants of a batch, as a table of the connection's own.
//!
//! A batch's rows come in as one JSON array. They are unfolded once, into a temporary table with a key,
//! so that every statement that follows finds positions by their key, whatever the planner believes
//! about the length of an array.

use crate::store::{Cell, Connection, JsonRows, StoreError};

/// What becomes of a participant, as it stands in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    /// It goes to another step.
    Go = 1,
    /// It finishes the journey.
    Finish = 2,
    /// It stops where it stands.
    Stop = 3,
    /// It stays and waits.
    Wait = 4,
}

impl Kind {
    pub(in crate::store) fn number(self) -> i64 {
        self as i64
    }
}

/// A participant that stops where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Stopped {
    pub(in crate::store) account_key: i64,
    pub(in crate::store) contact_key: i64,
    pub(in crate::store) at: i64,
    pub(in crate::store) reason: String,
}

/// Rows on their way into the table.
#[derive(Default)]
pub(in crate::store) struct Rows {
    json: JsonRows,
    length: usize,
    kinds: [bool; 5],
}

impl Rows {
    /// Adds a participant; `next` is the step it goes to, and when that looks at it first.
    pub(in crate::store) fn push(
        &mut self,
        kind: Kind,
        (account_key, contact_key): (i64, i64),
        moment: i64,
        (path, reason): (Option<&str>, Option<&str>),
        next: Option<(i64, i64)>,
    ) {
        let (next_step, look_at) = next.unzip();
        self.json.push(&[
            kind.number().into(),
            account_key.into(),
            contact_key.into(),
            moment.into(),
            path.map(str::to_owned).into(),
            reason.map(str::to_owned).into(),
            next_step.into(),
            look_at.into(),
        ]);
        self.length += 1;
        self.kinds[kind as usize] = true;
    }

    /// Adds one that stops.
    pub(in crate::store) fn stop(&mut self, stopped: &Stopped) {
        let Stopped { account_key, contact_key, at, reason } = stopped;
        self.push(Kind::Stop, (*account_key, *contact_key), *at, (None, Some(reason)), None);
    }

    /// Whether there is one of this kind.
    pub(in crate::store) fn any(&self, kind: Kind) -> bool {
        self.kinds[kind as usize]
    }

    /// Puts them into the table in place of the former ones.
    pub(in crate::store) fn write(&mut self, connection: &mut Connection) -> Result<(), StoreError> {
        let source = connection.dialect().rows("$1");
        connection.execute("DELETE FROM batch_outcome", &[])?;
        connection.execute(
            &format!(
                "INSERT INTO batch_outcome (kind, account_key, contact_key, moment, path, reason, next_step, look_at)
                 SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT),
                    CAST(value ->> 3 AS BIGINT), value ->> 4, value ->> 5, CAST(value ->> 6 AS BIGINT),
                    CAST(value ->> 7 AS BIGINT)
                 FROM {source}"
            ),
            &[std::mem::take(&mut self.json).finish()],
        )?;
        connection.analyze("batch_outcome", self.length)
    }
}

/// Writes the history of those whose outcome is of a kind: what they leave, or are stopped at.
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
             FROM batch_outcome f CROSS JOIN position p
             WHERE p.iteration_key = $1 AND p.account_key = f.account_key AND p.contact_key = f.contact_key
               AND p.lane = 0 AND f.kind IN ({kinds})"
        ),
        &[Cell::Integer(iteration_key)],
    )?;
    Ok(())
}

/// Ends the participation of those whose outcome is of a kind, and takes them off their positions.
pub(in crate::store) fn end_participation(
    connection: &mut Connection,
    iteration_key: i64,
    kind: Kind,
) -> Result<(), StoreError> {
    let (state, reason) = if kind == Kind::Finish { (2, "CAST(NULL AS TEXT)") } else { (3, "f.reason") };
    let number = kind.number();
    connection.execute(
        &format!(
            "UPDATE participant SET (state, ended_at, reason) = (
                SELECT {state}, f.moment, {reason} FROM batch_outcome f
                WHERE f.account_key = participant.account_key AND f.contact_key = participant.contact_key)
             WHERE (iteration_key, contact_key) IN (
                SELECT CAST($1 AS BIGINT), contact_key FROM batch_outcome WHERE kind = {number}) AND state = 1"
        ),
        &[Cell::Integer(iteration_key)],
    )?;
    connection.execute(
        &format!(
            "DELETE FROM position WHERE (iteration_key, account_key, contact_key, lane) IN (
                SELECT CAST($1 AS BIGINT), account_key, contact_key, 0 FROM batch_outcome WHERE kind = {number})"
        ),
        &[Cell::Integer(iteration_key)],
    )?;
    Ok(())
}
