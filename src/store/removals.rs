//! What hangs on definitions that are gone or renamed: values of fields, names in what was recorded.

use super::{
    Cell, Connection, Store, StoreError,
    columns::{Names, field_column},
    field_since,
    segments::compute_everything_again,
};
use crate::model::{Catalog, Entity};

/// A field that the store keeps and no definition declares any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndeclaredField {
    /// Whose field.
    pub entity: Entity,
    /// Its name.
    pub name: String,
    /// How many records have a value in it.
    pub values: i64,
    column: String,
}

impl Store {
    /// The fields that were declared once and aren't any more.
    ///
    /// # Errors
    /// When the store fails.
    pub fn undeclared_fields(&mut self, catalog: &Catalog) -> Result<Vec<UndeclaredField>, StoreError> {
        let rows = self.connection.query(
            "SELECT entity, name, column_name FROM field WHERE entity <> 'interaction' ORDER BY entity, name",
            &[],
        )?;
        let mut undeclared = Vec::new();
        for row in &rows {
            let (of, name, column) = (row.text(0)?, row.text(1)?, row.text(2)?);
            let Some(entity) = Entity::ALL.into_iter().find(|entity| entity.name() == of) else { continue };
            let renamed = |(of, was, _): &(Entity, String, String)| *of == entity && *was == name;
            if catalog.fields(entity).iter().any(|field| field.name == name)
                || catalog.renamed.iter().any(renamed)
            {
                continue;
            }
            let sql = format!("SELECT COUNT({column}) FROM {of}");
            let values = self.connection.number(&sql, &[])?;
            undeclared.push(UndeclaredField { entity, name, values, column });
        }
        Ok(undeclared)
    }

    /// Drops a field with all its values.
    ///
    /// # Errors
    /// When the store fails; then it is what it was.
    pub fn drop_field(&mut self, field: &UndeclaredField) -> Result<(), StoreError> {
        let table = field.entity.name();
        self.connection.write(|connection| {
            connection.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {}", field.column))?;
            connection.execute(
                "DELETE FROM field WHERE entity = $1 AND column_name = $2",
                &[table.into(), field.column.as_str().into()],
            )?;
            field_since::forget_field(connection, field.entity, &field.name)
        })?;
        self.names = Names::load(&mut self.connection)?;
        Ok(())
    }

    /// Gives a journey, segment or e-mail that was renamed its new name, so that it keeps its people, and
    /// so does all that was recorded under the former one (semantics 27). Does nothing when there is one
    /// under the new name already.
    ///
    /// # Errors
    /// When the store fails; then nothing is renamed.
    pub fn rename(&mut self, kind: &str, was: &str, name: &str) -> Result<(), StoreError> {
        let both = [Cell::Text(was.to_owned()), Cell::Text(name.to_owned())];
        self.connection.write(|connection| match kind {
            "journey" => rename_journey(connection, &both),
            "segment" | "scoring_model" | "levels" => connection
                .execute(
                    &format!(
                        "UPDATE {kind} SET name = $2 WHERE name = $1
                         AND NOT EXISTS (SELECT 1 FROM {kind} o WHERE o.name = $2)"
                    ),
                    &both,
                )
                .map(drop),
            _ => rename_email(connection, &both),
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
pub(super) fn rename_field(
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
            return Err(StoreError::FieldType {
                entity: table,
                field: name.to_owned(),
                found: kind,
                wanted: present.to_owned(),
            });
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

/// An e-mail goes by its name in what was recorded alone.
fn rename_email(connection: &mut Connection, both: &[Cell; 2]) -> Result<(), StoreError> {
    let first = connection.query_first(
        "SELECT 1 FROM publication WHERE kind = 'email' AND name = $1
         AND NOT EXISTS (SELECT 1 FROM publication o WHERE o.kind = 'email' AND o.name = $2) LIMIT 1",
        both,
    )?;
    if first.is_some() {
        connection.execute("UPDATE interaction SET email_text = $2 WHERE email_text = $1", both)?;
    }
    Ok(())
}

/// Renames a step of a journey, and what it caused. Does nothing when there is a step of the new id.
pub(super) fn rename_step(
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
