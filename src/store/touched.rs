//! Whom segments have to look at again: what was in the queue, kept until every segment has seen it.

use super::{Cell, Connection, Incoming, Row, Store, StoreError};

/// More rows of a kind than this part of all contacts, and everybody is looked at instead.
const SHARE: i64 = 20;

/// Fewer rows than this are always noted.
const FEW: i64 = 1_000;

/// Notes what the queue holds as a batch of its own, each kind only where a segment is affected by it.
/// Segments affected by very much look at everybody instead. A row of `queued` has a kind, a type's key or 0,
/// and how many rows of the queue are such.
pub(super) fn note(
    connection: &mut Connection,
    queued: &[Row],
    types: &[(String, i64)],
    affected: &dyn Fn(&Incoming) -> Vec<String>,
) -> Result<(), StoreError> {
    let mut batch = None;
    for row in queued {
        let (kind, type_key, rows) = (row.integer(0)?, row.integer(1)?, row.integer(2)?);
        let names = affected(&Incoming::of(kind, type_key, types));
        if names.is_empty() {
            continue;
        }
        if is_much(connection, rows)? {
            for name in names {
                connection.execute("UPDATE segment SET whole = 1 WHERE name = $1", &[name.into()])?;
            }
            continue;
        }
        let batch = match batch {
            Some(batch) => batch,
            None => *batch.insert(next_batch(connection)?),
        };
        connection.execute(
            "INSERT INTO touched (batch, kind, type_key, subject_key)
             SELECT DISTINCT CAST($1 AS BIGINT), kind, COALESCE(type_key, 0), subject_key FROM change
             WHERE kind = $2 AND COALESCE(type_key, 0) = $3",
            &[Cell::Integer(batch), kind.into(), type_key.into()],
        )?;
    }
    Ok(())
}

/// Whether so many rows are better met by looking at everybody.
pub(super) fn is_much(connection: &mut Connection, rows: i64) -> Result<bool, StoreError> {
    if rows <= FEW {
        return Ok(false);
    }
    Ok(rows > connection.number("SELECT COALESCE(MAX(key), 0) FROM contact", &[])? / SHARE)
}

/// The number of a new batch, within the transaction that fills it.
pub(super) fn next_batch(connection: &mut Connection) -> Result<i64, StoreError> {
    let row = connection.query_first(
        "UPDATE setting SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'touched_batch' RETURNING value",
        &[],
    )?;
    number(row.map(|row| row.text(0)).transpose()?)
}

/// A number that is kept as a setting.
pub(super) fn number(text: Option<String>) -> Result<i64, StoreError> {
    let text = text.unwrap_or_default();
    text.parse().map_err(|_| StoreError::Inconsistent(format!("setting `touched_batch` holds `{text}`")))
}

impl Incoming {
    /// What a kind of row of the queue stands for.
    fn of(kind: i64, type_key: i64, types: &[(String, i64)]) -> Incoming {
        let name = types.iter().find(|(_, key)| kind == 3 && *key == type_key);
        Incoming {
            contacts: kind == 1,
            accounts: kind == 2,
            leads: kind == 4,
            activities: kind == 5,
            interactions: name.into_iter().map(|(name, _)| name.clone()).collect(),
        }
    }
}

impl Store {
    /// Forgets what every segment has seen. Segments that aren't in `defined` are evaluated as a whole
    /// if they come back.
    ///
    /// # Errors
    /// When the store fails.
    pub fn forget_touched(&mut self, defined: &[&str]) -> Result<(), StoreError> {
        if self.connection.query_first("SELECT 1 FROM touched LIMIT 1", &[])?.is_none() {
            return Ok(());
        }
        let states = self.segment_states()?;
        let gone: Vec<&str> =
            states.iter().map(|state| state.name.as_str()).filter(|name| !defined.contains(name)).collect();
        self.connection.write(|connection| {
            for name in &gone {
                connection.execute("UPDATE segment SET whole = 1 WHERE name = $1", &[(*name).into()])?;
            }
            // Nothing that was noted so far affects a segment that isn't stale.
            connection.execute(
                "UPDATE segment SET seen = (SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'touched_batch')
                 WHERE stale = 0 AND whole = 0",
                &[],
            )?;
            connection.execute(
                "DELETE FROM touched WHERE batch <= COALESCE((SELECT MIN(seen) FROM segment WHERE whole = 0), batch)",
                &[],
            )?;
            Ok(())
        })
    }
}
