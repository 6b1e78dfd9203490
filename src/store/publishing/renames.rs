//! Names that change: definitions keep what belongs to them (semantics 27).

use crate::model::{Entity, SUBSCRIPTIONS};
use crate::store::{
    Cell, Connection, Store, StoreError, TypeChange,
    queue::versions::compute_everything_again,
    since::field_since,
    tables::columns::{Names, field_column},
};

impl Store {
    /// Gives a definition of a kind that was renamed its new name, so that it keeps its people, scores or
    /// subscribers, and so does all that was recorded under the former one. Does nothing when there is one under
    /// the new name already; a topic takes over what was said about the former one.
    ///
    /// # Errors
    /// When the store fails; then nothing is renamed.
    pub fn rename(&mut self, kind: &str, was: &str, name: &str) -> Result<(), StoreError> {
        let both = [Cell::Text(was.to_owned()), Cell::Text(name.to_owned())];
        self.connection.write(|connection| match kind {
            "journey" => rename_journey(connection, &both),
            "segment" => rename_row(connection, kind, &both).map(drop),
            "scoring_model" => rename_recorded(connection, kind, "LeadSalesReady", "model_text", &both),
            "levels" => rename_recorded(connection, kind, "LevelChanged", "levels_text", &both),
            "workflow" => rename_workflow(connection, was, name),
            "topic" => rename_topic(connection, &both),
            _ => rename_email(connection, was, name),
        })?;
        self.names = Names::load(&mut self.connection)?;
        Ok(())
    }

    /// The present name of the journey that had a name before.
    ///
    /// # Errors
    /// When the store fails.
    pub fn journey_formerly(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let row = self.connection.query_first(
            "SELECT j.name FROM former_name f JOIN journey j ON j.key = f.key WHERE f.of_key = 0 AND f.name = $1",
            &[name.into()],
        )?;
        row.map(|row| row.text(0)).transpose()
    }

    /// The ids that steps of a journey had before, each with the present one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn former_steps(&mut self, journey_key: i64) -> Result<Vec<(String, String)>, StoreError> {
        let rows = self.connection.query(
            "SELECT f.name, s.id FROM former_name f JOIN step s ON s.key = f.key WHERE f.of_key = $1",
            &[journey_key.into()],
        )?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }
}

/// Gives a field's column its new name, so that the field keeps its values (semantics 27). Where there is a
/// column of the new name already, it takes over what it hasn't got itself.
pub(in crate::store) fn rename_field(
    connection: &mut Connection,
    names: &mut Names,
    entity: Entity,
    was: &str,
    name: &str,
) -> Result<(), StoreError> {
    let (table, old, new) = (entity.name(), field_column(was), field_column(name));
    let Some(kind) = names.column(table, &old).filter(|_| old != new).map(str::to_owned) else {
        return Ok(());
    };
    let of_old = [Cell::from(table), Cell::from(old.as_str())];
    match names.column(table, &new) {
        None => {
            connection.execute_batch(&format!("ALTER TABLE {table} RENAME COLUMN {old} TO {new}"))?;
            connection.execute(
                "UPDATE field SET name = $3, column_name = $4 WHERE entity = $1 AND column_name = $2",
                &[of_old[0].clone(), of_old[1].clone(), name.into(), new.as_str().into()],
            )?;
        }
        Some(present) if present == kind => {
            connection.execute(&format!("UPDATE {table} SET {new} = {old} WHERE {new} IS NULL"), &[])?;
            connection.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {old}"))?;
            connection.execute("DELETE FROM field WHERE entity = $1 AND column_name = $2", &of_old)?;
        }
        Some(present) => {
            let wanted = names.declared(table, &new).unwrap_or(present).to_owned();
            let found = names.declared(table, &old).unwrap_or(&kind).to_owned();
            let values =
                format!("SELECT id, CAST({old} AS TEXT) FROM {table} WHERE {old} IS NOT NULL ORDER BY key");
            let rows = connection.query(&values, &[])?;
            let Some(first) = rows.first() else {
                connection.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {old}"))?;
                connection.execute("DELETE FROM field WHERE entity = $1 AND column_name = $2", &of_old)?;
                *names = Names::load(connection)?;
                return Ok(());
            };
            let change = TypeChange {
                entity: table,
                field: name.to_owned(),
                found,
                wanted,
                count: rows.len() as u64,
                id: first.text(0)?,
                value: first.text(1)?,
            };
            return Err(StoreError::FieldType(Box::new(change)));
        }
    }
    field_since::rename(connection, entity, was, name)?;
    // What the queue holds goes by names, and values that were taken over aren't in it.
    compute_everything_again(connection)?;
    *names = Names::load(connection)?;
    Ok(())
}

fn rename_journey(connection: &mut Connection, both: &[Cell; 2]) -> Result<(), StoreError> {
    let renamed = connection.query_first(
        "UPDATE journey SET name = $2 WHERE name = $1
         AND NOT EXISTS (SELECT 1 FROM journey o WHERE o.name = $2) RETURNING key",
        both,
    )?;
    let Some(row) = renamed else { return Ok(()) };
    note_former(connection, 0, both, row.integer(0)?)?;
    connection.execute("UPDATE interaction SET journey = $2 WHERE journey = $1", both)?;
    Ok(())
}

/// Renames the row of a kind; whether there was one, and none under the new name.
fn rename_row(connection: &mut Connection, table: &str, both: &[Cell; 2]) -> Result<bool, StoreError> {
    let sql = format!(
        "UPDATE {table} SET name = $2 WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM {table} o WHERE o.name = $2)"
    );
    Ok(connection.execute(&sql, both)? > 0)
}

/// Renames the row of a kind, and what interactions of a built-in type tell of it.
fn rename_recorded(
    connection: &mut Connection,
    table: &str,
    interaction: &str,
    column: &str,
    both: &[Cell; 2],
) -> Result<(), StoreError> {
    if rename_row(connection, table, both)? {
        connection.execute(
            &format!(
                "UPDATE interaction SET {column} = $2 WHERE {column} = $1
                 AND type_key = (SELECT t.key FROM interaction_type t WHERE t.name = '{interaction}')"
            ),
            both,
        )?;
    }
    Ok(())
}

/// An e-mail goes by its name in what was recorded, and in messages.
fn rename_email(connection: &mut Connection, was: &str, name: &str) -> Result<(), StoreError> {
    if is_first_renaming(connection, "email", was, name)? {
        let both = [Cell::from(was), Cell::from(name)];
        connection.execute("UPDATE interaction SET email_text = $2 WHERE email_text = $1", &both)?;
        rename_in_messages(connection, "email", "email", was, name)?;
    }
    Ok(())
}

/// A workflow goes by its name in messages alone, whose channel bears it.
fn rename_workflow(connection: &mut Connection, was: &str, name: &str) -> Result<(), StoreError> {
    if is_first_renaming(connection, "workflow", was, name)? {
        let channels = [Cell::Text(format!("workflow:{was}")), Cell::Text(format!("workflow:{name}"))];
        rename_in_messages(connection, "workflow", &format!("workflow:{was}"), was, name)?;
        connection.execute("UPDATE outbox SET channel = $2 WHERE channel = $1", &channels)?;
    }
    Ok(())
}

/// Whether something was published under the former name, and nothing under the new one.
fn is_first_renaming(
    connection: &mut Connection,
    kind: &str,
    was: &str,
    name: &str,
) -> Result<bool, StoreError> {
    let first = connection.query_first(
        "SELECT 1 FROM publication WHERE kind = $1 AND name = $2
         AND NOT EXISTS (SELECT 1 FROM publication o WHERE o.kind = $1 AND o.name = $3) LIMIT 1",
        &[kind.into(), was.into(), name.into()],
    )?;
    Ok(first.is_some())
}

/// Puts a new name into the content of a channel's messages, which is JSON as the program wrote it.
fn rename_in_messages(
    connection: &mut Connection,
    key: &str,
    channel: &str,
    was: &str,
    name: &str,
) -> Result<(), StoreError> {
    let member = |name: &str| Cell::Text(format!("\"{key}\":{}", serde_json::json!(name)));
    connection.execute(
        "UPDATE outbox SET content = replace(content, $2, $3) WHERE channel = $1",
        &[channel.into(), member(was), member(name)],
    )?;
    Ok(())
}

/// A topic goes by its name in what was said about it.
fn rename_topic(connection: &mut Connection, both: &[Cell; 2]) -> Result<(), StoreError> {
    let known =
        connection.query_first("SELECT 1 FROM preference WHERE topic = $1 LIMIT 1", &[both[0].clone()])?;
    if known.is_none() {
        return Ok(());
    }
    let [yes, no] = SUBSCRIPTIONS;
    connection.execute(
        &format!(
            "UPDATE interaction SET topic_text = $2 WHERE topic_text = $1
             AND type_key IN (SELECT t.key FROM interaction_type t WHERE t.name IN ('{yes}', '{no}'))"
        ),
        both,
    )?;
    connection.execute(
        "INSERT INTO preference (address_key, contact_key, topic, at, subscribed, reason)
         SELECT address_key, contact_key, CAST($2 AS TEXT), at, subscribed, reason FROM preference WHERE topic = $1
         ON CONFLICT DO NOTHING",
        both,
    )?;
    connection.execute("DELETE FROM preference WHERE topic = $1", &[both[0].clone()])?;
    compute_everything_again(connection)
}

/// Gives an interaction type its new name, so that it keeps what was done. Where there is one under the new name
/// already, that takes over what the former one has.
pub(in crate::store) fn rename_interaction_type(
    connection: &mut Connection,
    was: &str,
    name: &str,
) -> Result<(), StoreError> {
    let both = [Cell::from(was), Cell::from(name)];
    if rename_row(connection, "interaction_type", &both)? {
        return Ok(());
    }
    let key = |name: &str| format!("(SELECT t.key FROM interaction_type t WHERE t.name = {name})");
    let (old, new) = (key("$1"), key("$2"));
    connection.execute(&format!("UPDATE interaction SET type_key = {new} WHERE type_key = {old}"), &both)?;
    // Who waits is woken by what is in the queue; everything else is computed again anyway.
    let queued = format!("UPDATE change SET about = {new} WHERE kind IN (3, 6) AND about = {old}");
    connection.execute(&queued, &both)?;
    connection.execute("DELETE FROM interaction_type WHERE name = $1", &[was.into()])?;
    compute_everything_again(connection)
}

/// Renames a step of a journey, and what it caused. Does nothing when there is a step of the new id.
pub(in crate::store) fn rename_step(
    connection: &mut Connection,
    journey: (&str, i64),
    was: &str,
    id: &str,
) -> Result<(), StoreError> {
    let both = [Cell::Text(was.to_owned()), Cell::Text(id.to_owned())];
    let renamed = connection.query_first(
        "UPDATE step SET id = $2 WHERE journey_key = $3 AND id = $1
         AND NOT EXISTS (SELECT 1 FROM step o WHERE o.journey_key = $3 AND o.id = $2) RETURNING key",
        &[both[0].clone(), both[1].clone(), journey.1.into()],
    )?;
    let Some(row) = renamed else { return Ok(()) };
    note_former(connection, journey.1, &both, row.integer(0)?)?;
    connection.execute(
        "UPDATE interaction SET step = $2 WHERE journey = $3 AND step = $1",
        &[both[0].clone(), both[1].clone(), journey.0.into()],
    )?;
    Ok(())
}

fn note_former(connection: &mut Connection, of: i64, both: &[Cell; 2], key: i64) -> Result<(), StoreError> {
    connection
        .execute("DELETE FROM former_name WHERE of_key = $1 AND name = $2", &[of.into(), both[1].clone()])?;
    connection.execute(
        "INSERT INTO former_name (of_key, name, key) VALUES ($1, $2, $3) ON CONFLICT (of_key, name) DO NOTHING",
        &[of.into(), both[0].clone(), key.into()],
    )?;
    Ok(())
}
