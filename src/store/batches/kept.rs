//! What tiles keep between their calls, and fields that they change.

use std::collections::{BTreeMap, BTreeSet};

use super::{batch::range_parameters, claims::Claim, outcomes::BatchOutcome};
use crate::model::{Entity, Field, Value};
use crate::store::{
    Cell, Connection, Fields, JsonRows, Store, StoreError,
    queue::focus::change_kind,
    records::addresses,
    since::field_since,
    tables::columns::{cell, column_type, field_column},
};

/// What a tile keeps between its calls for one visit of a contact or an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptRow {
    /// The account it is for, or the contact's.
    pub account_key: i64,
    /// The contact it is for; nothing when it is for the account.
    pub contact_key: Option<i64>,
    /// The visit.
    pub visit: i64,
    /// How often the tile was called.
    pub calls: i64,
    /// How often it asked to be tried again.
    pub retries: i64,
    /// How many effects the calls had.
    pub effects: i64,
    /// What it remembers, as JSON.
    pub state: Option<String>,
    /// When it is called next, if it waits.
    pub until: Option<i64>,
    /// Why it waits, for people.
    pub reason: Option<String>,
}

/// A field that a step sets.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeRow {
    /// The account of the step's subject.
    pub account_key: i64,
    /// The contact that the step works for; nothing when it works for the account.
    pub contact_key: Option<i64>,
    /// Whose field it is.
    pub entity: Entity,
    /// The field.
    pub field: Field,
    /// Its value.
    pub value: Value,
    /// From when it has this value.
    pub at: i64,
}

impl Store {
    /// What the tile at a claim's step kept for the claim's accounts and contacts.
    ///
    /// # Errors
    /// When the store fails.
    pub fn kept(&mut self, claim: &Claim) -> Result<Vec<KeptRow>, StoreError> {
        let rows = self.connection.query(
            "SELECT account_key, contact_key, visit, calls, retries, effects, state, until, reason FROM tile_state
             WHERE iteration_key = $1 AND step_key = $2 AND account_key BETWEEN $3 AND $4",
            &range_parameters(claim, 0)[..4],
        )?;
        rows.iter()
            .map(|row| {
                Ok(KeptRow {
                    account_key: row.integer(0)?,
                    contact_key: Some(row.integer(1)?).filter(|key| *key != 0),
                    visit: row.integer(2)?,
                    calls: row.integer(3)?,
                    retries: row.integer(4)?,
                    effects: row.integer(5)?,
                    state: row.optional_text(6)?,
                    until: row.optional_integer(7)?,
                    reason: row.optional_text(8)?,
                })
            })
            .collect()
    }
}

/// Writes what tiles keep.
pub(in crate::store) fn write(
    connection: &mut Connection,
    claim: &Claim,
    kept: &[KeptRow],
) -> Result<(), StoreError> {
    if kept.is_empty() {
        return Ok(());
    }
    let mut json = JsonRows::default();
    for row in kept {
        json.push(&[
            row.account_key.into(),
            row.contact_key.unwrap_or(0).into(),
            row.visit.into(),
            row.calls.into(),
            row.retries.into(),
            row.effects.into(),
            row.state.clone().into(),
            row.until.into(),
            row.reason.clone().into(),
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
    if batch.changes.is_empty() {
        return Ok(());
    }
    let mut passing: BTreeMap<i64, bool> = BTreeMap::new();
    for row in &batch.outcomes {
        *passing.entry(row.account_key).or_default() |= !out.contains(&row.contact_key);
    }
    type Changed<'a> = (&'a Field, BTreeMap<i64, (&'a Value, i64)>);
    let mut by_field: BTreeMap<(Entity, &str), Changed<'_>> = BTreeMap::new();
    for change in &batch.changes {
        let stands = match change.contact_key {
            Some(contact) => !out.contains(&contact),
            None => passing.get(&change.account_key).copied().unwrap_or(false),
        };
        let key = match change.entity {
            // A contact without account has none whose fields could be set.
            Entity::Account => Some(change.account_key).filter(|key| *key > 0),
            Entity::Contact | Entity::Lead => change.contact_key,
        };
        if let (true, Some(key)) = (stands, key) {
            let place = by_field.entry((change.entity, change.field.name.as_str()));
            place
                .or_insert_with(|| (&change.field, BTreeMap::new()))
                .1
                .insert(key, (&change.value, change.at));
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
