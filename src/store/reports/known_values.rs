//! Whether values and ids that definitions name are in the store.

use crate::model::{Entity, TextTest};
use crate::store::{Cell, Store, StoreError, tables::columns::field_column};

/// Whether any record has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownValues {
    /// At least one has it.
    Found,
    /// None has, but one has this, which is the same but for capital letters and surrounding space.
    Otherwise(String),
    /// None has it.
    Missing,
    /// No record has any value in this field, so nothing can be told.
    Unknown,
}

impl Store {
    /// Whether any record has this text in a field, as the whole of it or as a part.
    ///
    /// # Errors
    /// When the store fails.
    pub fn known_values(
        &mut self,
        entity: Entity,
        field: &str,
        part: Option<TextTest>,
        text: &str,
    ) -> Result<KnownValues, StoreError> {
        if !self.has_field(entity, field) {
            return Ok(KnownValues::Unknown);
        }
        let (table, column) = (entity.name(), field_column(field));
        let value = [Cell::from(text)];
        let dialect = self.dialect();
        let needle = "CAST($1 AS TEXT)";
        let fits = |text: &str, needle: &str| match part {
            Some(part) => dialect.text_test(part, text, needle),
            None => format!("{text} = {needle}"),
        };
        let exact = format!("SELECT {column} FROM {table} WHERE {} LIMIT 1", fits(&column, needle));
        if self.connection.query_first(&exact, &value)?.is_some() {
            return Ok(KnownValues::Found);
        }
        let fold = |text: &str| match part {
            Some(_) => dialect.lower_case(text),
            None => dialect.fold(text),
        };
        let alike =
            format!("SELECT {column} FROM {table} WHERE {} LIMIT 1", fits(&fold(&column), &fold(needle)));
        if let Some(row) = self.connection.query_first(&alike, &value)? {
            return row.text(0).map(KnownValues::Otherwise);
        }
        let any = format!("SELECT 1 FROM {table} WHERE {column} IS NOT NULL LIMIT 1");
        Ok(match self.connection.query_first(&any, &[])? {
            Some(_) => KnownValues::Missing,
            None => KnownValues::Unknown,
        })
    }

    fn has_field(&self, entity: Entity, field: &str) -> bool {
        self.names.has_column(entity.name(), &field_column(field))
    }
}
