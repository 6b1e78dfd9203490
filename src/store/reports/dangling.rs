//! Links of records to accounts and contacts that aren't there.

use crate::model::{Catalog, Entity, FieldType};
use crate::store::{Cell, Store, StoreError, records::written::parents, tables::columns::field_column};

/// Records that refer, by one field, to records that aren't in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DanglingLinks {
    /// What refers.
    pub entity: Entity,
    /// By which field.
    pub field: String,
    /// To what.
    pub to: Entity,
    /// How many do.
    pub count: i64,
    /// The id of the one that the store has had for longest.
    pub first: String,
    /// To which id that one refers.
    pub first_refers_to: String,
}

impl Store {
    /// The links that lead nowhere, by entity and field; `of` asks for those of one record alone.
    ///
    /// # Errors
    /// When the store fails.
    pub fn dangling_links(
        &mut self,
        catalog: &Catalog,
        of: Option<(Entity, &str)>,
    ) -> Result<Vec<DanglingLinks>, StoreError> {
        let mut found = Vec::new();
        for entity in Entity::ALL.into_iter().filter(|entity| of.is_none_or(|(of, _)| of == *entity)) {
            for field in catalog.fields(entity) {
                let to = match field.kind {
                    FieldType::Account => Entity::Account,
                    FieldType::Contact => Entity::Contact,
                    _ => continue,
                };
                if self.names.has_column(entity.name(), &field_column(&field.name)) {
                    found.extend(self.dangling(entity, &field.name, to, of.map(|(_, id)| id))?);
                }
            }
        }
        Ok(found)
    }

    fn dangling(
        &mut self,
        entity: Entity,
        field: &str,
        to: Entity,
        of: Option<&str>,
    ) -> Result<Option<DanglingLinks>, StoreError> {
        let (table, column, parent) = (entity.name(), field_column(field), to.name());
        // Where the table has the parent's key, its index finds those without one.
        let nowhere = match parents(entity).contains(&to) && field == format!("{parent}_id") {
            true => format!("r.{parent}_key IS NULL"),
            false => format!("NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = r.{column})"),
        };
        let (only, parameters): (&str, Vec<Cell>) = match of {
            Some(id) => (" AND r.id = $1", vec![id.into()]),
            None => ("", Vec::new()),
        };
        let counted = format!(
            "SELECT COUNT(*), MIN(r.key) FROM {table} r WHERE r.{column} IS NOT NULL AND {nowhere}{only}"
        );
        let Some(row) = self.connection.query_first(&counted, &parameters)? else { return Ok(None) };
        let (count, Some(key)) = (row.integer(0)?, row.optional_integer(1)?) else { return Ok(None) };
        let sql = format!("SELECT id, {column} FROM {table} WHERE key = $1");
        let Some(first) = self.connection.query_first(&sql, &[key.into()])? else { return Ok(None) };
        let (first, first_refers_to) = (first.text(0)?, first.text(1)?);
        Ok(Some(DanglingLinks { entity, field: field.to_owned(), to, count, first, first_refers_to }))
    }
}
