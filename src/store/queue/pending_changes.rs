//! Whom segments have to look at again: what was in the queue, kept until every segment has seen it.

use std::collections::{BTreeMap, BTreeSet};

use super::focus::change_kind;
use crate::model::Entity;
use crate::store::{Cell, Connection, Fields, Incoming, Store, StoreError};

/// The kinds of rows of the queue that aren't records.
const INTERACTION: i64 = 3;
const ACTIVITY: i64 = 5;
const ACCOUNT_INTERACTION: i64 = 6;

/// More rows of a kind than this part of all contacts, and everybody is looked at instead.
const SHARE: i64 = 20;

/// Fewer rows than this are always noted.
const FEW: i64 = 1_000;

/// How many rows of the queue are of one kind and about the same.
pub(in crate::store) struct Queued {
    kind: i64,
    about: i64,
    rows: i64,
    /// What they stand for.
    pub(in crate::store) incoming: Incoming,
}

/// What the queue holds. `types` are the interaction types with their keys.
pub(in crate::store) fn queued(
    connection: &mut Connection,
    types: &[(String, i64)],
) -> Result<Vec<Queued>, StoreError> {
    let rows = connection
        .query("SELECT kind, about, COUNT(*) FROM change GROUP BY kind, about ORDER BY kind, about", &[])?;
    let queued = rows.iter().map(|row| {
        let (kind, about) = (row.integer(0)?, row.integer(1)?);
        Ok(Queued { kind, about, rows: row.integer(2)?, incoming: Incoming::of(kind, about, types) })
    });
    queued.collect()
}

/// Notes what the queue holds as a batch of its own, as far as a segment is affected by it. Segments affected by
/// very much look at everybody instead.
pub(in crate::store) fn note(
    connection: &mut Connection,
    queued: &[Queued],
    affected: &dyn Fn(&Incoming) -> Vec<String>,
) -> Result<(), StoreError> {
    let mut batch = None;
    // Rows about other interactions are told apart; those about other fields of a record count together.
    let together = |one: &Queued, other: &Queued| {
        one.kind == other.kind && ![INTERACTION, ACCOUNT_INTERACTION].contains(&one.kind)
    };
    for alike in queued.chunk_by(together) {
        let mut of_segment: BTreeMap<String, i64> = BTreeMap::new();
        let with_names: Vec<_> = alike.iter().map(|queued| (queued, affected(&queued.incoming))).collect();
        for (queued, names) in &with_names {
            for name in names {
                *of_segment.entry(name.clone()).or_default() += queued.rows;
            }
        }
        let mut few = BTreeSet::new();
        for (name, rows) in of_segment {
            if is_much(connection, rows)? {
                connection.execute("UPDATE segment SET whole = 1 WHERE name = $1", &[name.into()])?;
            } else {
                few.insert(name);
            }
        }
        let noted = with_names.iter().filter(|(_, names)| names.iter().any(|name| few.contains(name)));
        let about: Vec<String> = noted.map(|(queued, _)| queued.about.to_string()).collect();
        let Some(Queued { kind, .. }) = alike.first().filter(|_| !about.is_empty()) else { continue };
        let batch = match batch {
            Some(batch) => batch,
            None => *batch.insert(next_batch(connection)?),
        };
        connection.execute(
            &format!(
                "INSERT INTO pending_change (batch, kind, about, subject_key)
                 SELECT DISTINCT CAST($1 AS BIGINT), kind, about, subject_key FROM change
                 WHERE kind = $2 AND about IN ({})",
                about.join(", ")
            ),
            &[Cell::Integer(batch), (*kind).into()],
        )?;
    }
    Ok(())
}

/// Whether so many rows are better met by looking at everybody.
pub(in crate::store) fn is_much(connection: &mut Connection, rows: i64) -> Result<bool, StoreError> {
    if rows <= FEW {
        return Ok(false);
    }
    Ok(rows > connection.number("SELECT COALESCE(MAX(key), 0) FROM contact", &[])? / SHARE)
}

/// The number of a new batch, within the transaction that fills it.
pub(in crate::store) fn next_batch(connection: &mut Connection) -> Result<i64, StoreError> {
    let row = connection.query_first(
        "UPDATE setting SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'touched_batch' RETURNING value",
        &[],
    )?;
    number(row.map(|row| row.text(0)).transpose()?)
}

/// A number that is kept as a setting.
pub(in crate::store) fn number(text: Option<String>) -> Result<i64, StoreError> {
    let text = text.unwrap_or_default();
    text.parse().map_err(|_| StoreError::Inconsistent(format!("setting `touched_batch` holds `{text}`")))
}

impl Incoming {
    /// What rows of the queue stand for that are of one kind and about the same.
    fn of(kind: i64, about: i64, types: &[(String, i64)]) -> Incoming {
        let fields = |of: Entity| match kind == change_kind(of) {
            true => Fields::from_bits(about),
            false => Fields::default(),
        };
        let name = |wanted: i64| {
            let name = types.iter().find(|(_, key)| kind == wanted && *key == about);
            name.into_iter().map(|(name, _)| name.clone()).collect()
        };
        Incoming {
            contacts: fields(Entity::Contact),
            accounts: fields(Entity::Account),
            leads: fields(Entity::Lead),
            activities: kind == ACTIVITY,
            interactions: name(INTERACTION),
            account_interactions: name(ACCOUNT_INTERACTION),
        }
    }

    /// Both together.
    pub(in crate::store) fn and(mut self, other: &Incoming) -> Incoming {
        self.contacts = self.contacts | other.contacts;
        self.accounts = self.accounts | other.accounts;
        self.leads = self.leads | other.leads;
        self.activities |= other.activities;
        self.interactions.extend_from_slice(&other.interactions);
        self.account_interactions.extend_from_slice(&other.account_interactions);
        self
    }
}

impl Store {
    /// Forgets what every segment has seen. Segments that aren't in `defined` are evaluated as a whole
    /// if they come back.
    ///
    /// # Errors
    /// When the store fails.
    pub fn forget_touched(&mut self, defined: &[&str]) -> Result<(), StoreError> {
        if self.connection.query_first("SELECT 1 FROM pending_change LIMIT 1", &[])?.is_none() {
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
                "DELETE FROM pending_change WHERE batch <= COALESCE((SELECT MIN(seen) FROM segment WHERE whole = 0), batch)",
                &[],
            )?;
            Ok(())
        })
    }
}
