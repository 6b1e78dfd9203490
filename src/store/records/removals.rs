//! Fields that no definition declares any more, and their values.

use crate::model::{Catalog, Entity};
use crate::store::{Store, StoreError, since::field_since, tables::columns::Names};

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
}
