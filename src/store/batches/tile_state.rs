//! What tiles keep between their calls, and fields that they change.

use std::collections::{BTreeMap, BTreeSet};

use super::{batch::range_parameters, claims::Claim, outcomes::BatchOutcome};
use crate::model::{Effect, Entity, Field, TileState, Value};
use crate::store::{
    Cell, Connection, Fields, JsonRows, Store, StoreError,
    queue::focus::change_kind,
    records::addresses,
    since::field_since,
    tables::columns::{cell, column_type, field_column},
};

/// What a tile keeps for one visit of a contact or an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TileStateRow {
    /// The account it is for, or the contact's.
    pub account_key: i64,
    /// The contact it is for; nothing when it is for the account.
    pub contact_key: Option<i64>,
    /// The visit.
    pub visit: i64,
    /// What is kept.
    pub state: TileState,
}

impl Store {
    /// What the tile at a claim's step kept for the claim's accounts and contacts.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tile_states(&mut self, claim: &Claim) -> Result<Vec<TileStateRow>, StoreError> {
        let rows = self.connection.query(
            "SELECT account_key, contact_key, visit, calls, retries, effects, state, until, reason FROM tile_state
             WHERE iteration_key = $1 AND step_key = $2 AND account_key BETWEEN $3 AND $4",
            &range_parameters(claim, 0)[..4],
        )?;
        rows.iter()
            .map(|row| {
                Ok(TileStateRow {
                    account_key: row.integer(0)?,
                    contact_key: Some(row.integer(1)?).filter(|key| *key != 0),
                    visit: row.integer(2)?,
                    state: TileState {
                        calls: row.integer(3)?,
                        retries: row.integer(4)?,
                        effects: row.integer(5)?,
                        state: row.optional_text(6)?,
                        until: row.optional_integer(7)?,
                        reason: row.optional_text(8)?,
                    },
                })
            })
            .collect()
    }
}

/// Writes what tiles keep.
pub(in crate::store) fn write(
    connection: &mut Connection,
    claim: &Claim,
    states: &[TileStateRow],
) -> Result<(), StoreError> {
    if states.is_empty() {
        return Ok(());
    }
    let mut json = JsonRows::default();
    for row in states {
        json.push(&[
            row.account_key.into(),
            row.contact_key.unwrap_or(0).into(),
            row.visit.into(),
            row.state.calls.into(),
            row.state.retries.into(),
            row.state.effects.into(),
            row.state.state.clone().into(),
            row.state.until.into(),
            row.state.reason.clone().into(),
        ]);
    }
    let rows = connection.dialect().rows("$3");
    let number = |place: usize| format!("CAST(value ->> {place} AS BIGINT)");
    connection.execute(
        &format!(
            "INSERT INTO tile_state (iteration_key, step_key, account_key, contact_key, visit, calls, retries,
                effects, state, until, reason)
             SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), {}, {}, {}, {}, {}, {}, value ->> 6, {}, value ->> 8
             FROM {rows} WHERE 1 = 1
             ON CONFLICT (iteration_key, step_key, account_key, contact_key, visit) DO UPDATE SET
                calls = excluded.calls, retries = excluded.retries, effects = excluded.effects,
                state = excluded.state, until = excluded.until, reason = excluded.reason",
            number(0),
            number(1),
            number(2),
            number(3),
            number(4),
            number(5),
            number(7)
        ),
        &[claim.iteration_key.into(), claim.step_key.into(), json.finish()],
    )?;
    Ok(())
}

/// Gives those who wait at a journey's steps for a call that their tile asked for the due time of that
/// call back.
pub(in crate::store) fn restore_waits(
    connection: &mut Connection,
    journey_key: i64,
) -> Result<(), StoreError> {
    let of_position = "FROM tile_state k WHERE k.iteration_key = position.iteration_key
            AND k.step_key = position.step_key AND k.account_key = position.account_key
            AND k.contact_key IN (0, position.contact_key) AND k.visit = position.visit
            AND k.until IS NOT NULL";
    connection.execute(
        &format!(
            "UPDATE position SET due_at = (SELECT MAX(k.until) {of_position})
             WHERE step_key IN (SELECT s.key FROM step s WHERE s.journey_key = $1
                                AND EXISTS (SELECT 1 FROM tile_state w WHERE w.step_key = s.key))
               AND EXISTS (SELECT 1 {of_position})"
        ),
        &[journey_key.into()],
    )?;
    Ok(())
}

/// Sets fields, each by one statement for all its records, and queues the change. Who was stopped in this
/// very commit (`out`) stays as it is. Of several values for one field the last counts.
pub(in crate::store) fn write_changes(
    connection: &mut Connection,
    batch: &BatchOutcome,
    out: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    type Changed<'a> = (&'a Field, BTreeMap<i64, (&'a Value, i64)>);
    let mut by_field: BTreeMap<(Entity, &str), Changed<'_>> = BTreeMap::new();
    for row in batch.effects_of(out) {
        let Effect::Set { entity, field, value } = &row.effect else { continue };
        let key = match entity {
            // A contact without account has none whose fields could be set.
            Entity::Account => Some(row.account_key).filter(|key| *key > 0),
            Entity::Contact | Entity::Lead => row.contact_key,
        };
        if let Some(key) = key {
            let place = by_field.entry((*entity, field.name.as_str()));
            place.or_insert_with(|| (field, BTreeMap::new())).1.insert(key, (value, row.created_at));
        }
    }
    for ((entity, name), (field, values)) in by_field {
        let mut json = JsonRows::default();
        let addresses_of: Vec<(i64, Option<String>)> =
            values.iter().map(|(key, (value, _))| (*key, addresses::folded(Some(value)))).collect();
        for (key, (value, at)) in values {
            json.push(&[Cell::Integer(key), cell(value), at.into()]);
        }
        let (table, column) = (entity.name(), field_column(name));
        let rows = connection.dialect().rows("$1");
        let parameters = [json.finish()];
        // A field changed to the value it has is no change (semantics 61).
        let changed = format!(
            "FROM (SELECT CAST(value ->> 0 AS BIGINT) AS of_key, CAST(value ->> 1 AS {}) AS new_value,
                    CAST(value ->> 2 AS BIGINT) AS since FROM {rows}) s
             CROSS JOIN {table} r WHERE r.key = s.of_key AND r.{column} IS DISTINCT FROM s.new_value",
            column_type(&field.kind)
        );
        field_since::note(
            connection,
            entity,
            name,
            &format!("SELECT s.of_key AS key, s.since {changed}"),
            &parameters,
        )?;
        connection.execute(
            &format!(
                "INSERT INTO change (kind, subject_key, about) SELECT {}, s.of_key, {} {changed}",
                change_kind(entity),
                Fields::of([name]).bits()
            ),
            &parameters,
        )?;
        if (entity, name) == (Entity::Contact, "email") {
            addresses::change(connection, &addresses_of)?;
        }
        connection.execute(
            &format!(
                "UPDATE {table} SET {column} = s.new_value
                 FROM (SELECT CAST(value ->> 0 AS BIGINT) AS of_key, CAST(value ->> 1 AS {}) AS new_value FROM {rows}) s
                 WHERE {table}.key = s.of_key",
                column_type(&field.kind)
            ),
            &parameters,
        )?;
    }
    Ok(())
}
