//! Columns and interaction types that definitions declare.

use super::renames;
use crate::model::{Catalog, Entity, FieldType, InteractionType, built_in_interactions};
use crate::store::{
    Connection, Store, StoreError,
    records::retyping::Retyped,
    tables::columns::{Names, attribute_column, column_type, field_column},
};

impl Store {
    /// Makes the columns and interaction types that a catalog declares and the store doesn't have yet, and
    /// renames those of fields that were renamed.
    ///
    /// # Errors
    /// When a field that holds values changed its type, or the database refuses.
    pub fn declare(&mut self, catalog: &Catalog) -> Result<(), StoreError> {
        let wanted = wanted(&self.names, catalog);
        let built_in = built_in_interactions();
        let types = built_in.iter().chain(catalog.interactions.values());
        let mut types: Vec<String> = types.map(|kind| kind.name.clone()).collect();
        types.retain(|name| !self.names.types.contains_key(name));
        let renamed = catalog
            .renamed
            .iter()
            .filter(|(entity, was, _)| self.names.has_column(entity.name(), &field_column(was)));
        let renamed: Vec<_> = renamed.collect();
        let types_known = &self.names.types;
        let renamed_types: Vec<_> =
            catalog.renamed_interactions.iter().filter(|(was, _)| types_known.contains_key(was)).collect();
        if wanted.is_empty() && types.is_empty() && renamed.is_empty() && renamed_types.is_empty() {
            return Ok(());
        }
        self.connection.write(|connection| {
            let mut names = Names::load(connection)?;
            for (entity, was, name) in &renamed {
                renames::rename_field(connection, &mut names, *entity, was, name)?;
            }
            for (was, name) in &renamed_types {
                renames::rename_interaction_type(connection, was, name)?;
            }
            for (table, name, kind, column) in &wanted {
                add_column(connection, &mut names, table, name, kind, column)?;
            }
            for name in &types {
                connection.execute(
                    "INSERT INTO interaction_type (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
                    &[name.as_str().into()],
                )?;
            }
            Ok(())
        })?;
        self.names = Names::load(&mut self.connection)?;
        Ok(())
    }
}

/// A column that a catalog asks for: its table, what it holds by name and type, its name.
type Wanted = (&'static str, String, FieldType, String);

/// The columns of a catalog that the store doesn't have, or not of this type.
fn wanted(names: &Names, catalog: &Catalog) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for entity in Entity::ALL {
        for field in catalog.fields(entity) {
            if field.name != "id" {
                wanted.push((
                    entity.name(),
                    field.name.clone(),
                    field.kind.clone(),
                    field_column(&field.name),
                ));
            }
        }
    }
    let built_in = built_in_interactions();
    let types: Vec<&InteractionType> = built_in.iter().chain(catalog.interactions.values()).collect();
    for attribute in types.iter().flat_map(|kind| &kind.attributes) {
        let column = attribute_column(attribute);
        wanted.push(("interaction", attribute.name.clone(), attribute.kind.clone(), column));
    }
    wanted.retain(|(table, _, kind, column)| {
        let known = names.column(table, column);
        // An attribute's column goes by the type, too.
        known.is_none_or(|known| known != column_type(kind))
            || (*table != "interaction" && names.declared(table, column) != Some(kind.name()))
    });
    wanted
}

fn add_column(
    connection: &mut Connection,
    names: &mut Names,
    table: &'static str,
    name: &str,
    kind: &FieldType,
    column: &str,
) -> Result<(), StoreError> {
    let wanted = column_type(kind);
    if names.has_column(table, column) {
        let found = names.declared(table, column).unwrap_or_default().to_owned();
        if found == kind.name() || table == "interaction" {
            return Ok(());
        }
        return Retyped { table, name, column, wanted: kind, found: &found }.convert(connection, names);
    }
    connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} {wanted}"))?;
    connection.execute(
        "INSERT INTO field (entity, name, kind, column_name, declared) VALUES ($1, $2, $3, $4, $5)",
        &[table.into(), name.into(), wanted.into(), column.into(), kind.name().into()],
    )?;
    names.set_column(table, column, wanted, kind.name());
    Ok(())
}
