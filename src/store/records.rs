//! Accounts, contacts and leads: written by import, found by id.

use std::collections::BTreeMap;

use super::{
    Cell, Connection, Fields, JsonRows, Store, StoreError,
    columns::{cell, column_type, field_column, value},
    focus::change_kind,
};
use crate::model::{Entity, Field, Value};

/// How rows fared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows that weren't there before.
    pub created: u64,
    /// Rows that were there with other values.
    pub updated: u64,
    /// Rows that were there with the same values.
    pub unchanged: u64,
}

/// A record's values by field name, and its id.
pub type Record = BTreeMap<String, Value>;

impl Store {
    /// Writes records by id: new ones are made, known ones get the given columns and keep the others.
    /// Ids are unique within `rows`; each row has a value for each column. What is new, and which fields are
    /// other than before, is queued for segments in the same transaction.
    ///
    /// # Errors
    /// When the store fails; then nothing is written.
    pub fn upsert_records(
        &mut self,
        entity: Entity,
        columns: &[Field],
        rows: &[(String, Vec<Value>)],
    ) -> Result<Written, StoreError> {
        let columns: Vec<&Field> = columns.iter().filter(|field| field.name != "id").collect();
        let mut json = JsonRows::default();
        for (id, values) in rows {
            let mut cells = vec![Cell::from(id.as_str())];
            cells.extend(values.iter().map(cell));
            json.push(&cells);
        }
        let table = entity.name();
        let source = self.dialect().rows("$1");
        let mut names = String::from("id");
        let mut values = String::from("s.value ->> 0");
        let (mut sets, mut differ, mut bits) = (Vec::new(), Vec::new(), vec!["0".to_owned()]);
        for (at, field) in columns.iter().enumerate() {
            let name = field_column(&field.name);
            let value = format!("CAST(s.value ->> {} AS {})", at + 1, column_type(&field.kind));
            names = format!("{names}, {name}");
            sets.push(format!("{name} = excluded.{name}"));
            differ.push(format!("r.{name} IS DISTINCT FROM excluded.{name}"));
            let bit = Fields::of([&field.name]).bits();
            bits.push(format!("CASE WHEN r.{name} IS DISTINCT FROM {value} THEN {bit} ELSE 0 END"));
            values = format!("{values}, {value}");
        }
        let update = match sets.is_empty() {
            true => "DO NOTHING".to_owned(),
            false => format!("DO UPDATE SET {} WHERE {}", sets.join(", "), differ.join(" OR ")),
        };
        let insert = format!(
            "INSERT INTO {table} AS r ({names}) SELECT {values} FROM {source} AS s WHERE 1 = 1 ON CONFLICT (id) {update}"
        );
        let kind = change_kind(entity);
        let queue_changed = format!(
            "INSERT INTO change (kind, subject_key, about)
             SELECT {kind}, d.key, d.about FROM (
                SELECT r.key AS key, {} AS about FROM {source} AS s CROSS JOIN {table} r WHERE r.id = s.value ->> 0
             ) d WHERE d.about <> 0",
            bits.join(" | ")
        );
        let queue_new = format!(
            "INSERT INTO change (kind, subject_key) SELECT {kind}, r.key FROM {table} r WHERE r.key > $1"
        );
        let latest = format!("SELECT COALESCE(MAX(key), 0) FROM {table}");
        let rows_parameter = [json.finish()];
        self.connection.write(|connection| {
            let before = connection.number(&latest, &[])?;
            let updated = connection.execute(&queue_changed, &rows_parameter)?;
            connection.execute(&insert, &rows_parameter)?;
            link(connection, entity, &source, &rows_parameter)?;
            let created = connection.execute(&queue_new, &[before.into()])?;
            let unchanged = (rows.len() as u64).saturating_sub(created + updated);
            Ok(Written { created, updated, unchanged })
        })
    }

    /// The values of a record by field name; nothing when there is none with this id.
    ///
    /// # Errors
    /// When the store fails.
    pub fn record(
        &mut self,
        entity: Entity,
        id: &str,
        fields: &[Field],
    ) -> Result<Option<Record>, StoreError> {
        let columns: Vec<String> = fields.iter().map(|field| field_column(&field.name)).collect();
        let sql = format!("SELECT {} FROM {} WHERE id = $1", columns.join(", "), entity.name());
        let Some(row) = self.connection.query_first(&sql, &[id.into()])? else { return Ok(None) };
        let mut record = Record::new();
        for (at, field) in fields.iter().enumerate() {
            record.insert(field.name.clone(), value(row.raw(at)?, &field.kind)?);
        }
        Ok(Some(record))
    }

    /// The ids that none of the entity's records has.
    ///
    /// # Errors
    /// When the store fails.
    pub fn unknown_ids(&mut self, entity: Entity, ids: &[String]) -> Result<Vec<String>, StoreError> {
        let mut json = JsonRows::default();
        for id in ids {
            json.push(&[id.as_str().into()]);
        }
        let sql = format!(
            "SELECT value ->> 0 FROM {} WHERE value ->> 0 NOT IN (SELECT id FROM {})",
            self.dialect().rows("$1"),
            entity.name()
        );
        self.connection.query(&sql, &[json.finish()])?.iter().map(|row| row.text(0)).collect()
    }

    /// How many records there are.
    ///
    /// # Errors
    /// When the store fails.
    pub fn count_records(&mut self, entity: Entity) -> Result<u64, StoreError> {
        let count = self.connection.number(&format!("SELECT COUNT(*) FROM {}", entity.name()), &[])?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

/// Keeps the keys of parents in step with their ids, also of parents that come after their children.
fn link(connection: &mut Connection, entity: Entity, source: &str, rows: &[Cell]) -> Result<(), StoreError> {
    let own = format!("id IN (SELECT value ->> 0 FROM {source})");
    let account_of = |table: &str, which: &str| {
        format!(
            "UPDATE {table} SET account_key = (SELECT a.key FROM account a WHERE a.id = {table}.account_id)
             WHERE {which}
               AND account_key IS DISTINCT FROM (SELECT a.key FROM account a WHERE a.id = {table}.account_id)"
        )
    };
    match entity {
        Entity::Contact => {
            // The account that a contact leaves has changed, too.
            connection.execute(
                &format!(
                    "INSERT INTO change (kind, subject_key)
                     SELECT DISTINCT {}, contact.account_key FROM contact
                     WHERE {own} AND account_key IS NOT NULL
                       AND account_key IS DISTINCT FROM (SELECT a.key FROM account a WHERE a.id = contact.account_id)",
                    change_kind(Entity::Account)
                ),
                rows,
            )?;
            connection.execute(&account_of("contact", &own), rows)?;
            connection.execute(
                &format!(
                    "UPDATE lead SET contact_key = (SELECT c.key FROM contact c WHERE c.id = lead.contact_id)
                     WHERE contact_key IS NULL AND contact_id IN (SELECT value ->> 0 FROM {source})"
                ),
                rows,
            )?;
        }
        Entity::Account => {
            let waiting = format!("account_key IS NULL AND account_id IN (SELECT value ->> 0 FROM {source})");
            // The contacts that are linked now have changed for every condition on their account.
            connection.execute(
                &format!(
                    "INSERT INTO change (kind, subject_key)
                     SELECT {}, contact.key FROM contact WHERE {waiting}",
                    change_kind(Entity::Contact)
                ),
                rows,
            )?;
            connection.execute(&account_of("contact", &waiting), rows)?;
            connection.execute(&account_of("lead", &waiting), rows)?;
        }
        Entity::Lead => {
            connection
                .execute(&format!("UPDATE lead SET stage = 'inquiry' WHERE stage IS NULL AND {own}"), rows)?;
            // The parents that a lead leaves have changed, too.
            for parent in [Entity::Contact, Entity::Account] {
                let (kind, parent) = (change_kind(parent), parent.name());
                connection.execute(
                    &format!(
                        "INSERT INTO change (kind, subject_key)
                         SELECT DISTINCT {kind}, lead.{parent}_key FROM lead
                         WHERE {own} AND {parent}_key IS NOT NULL
                           AND {parent}_key IS DISTINCT FROM (SELECT p.key FROM {parent} p WHERE p.id = lead.{parent}_id)"
                    ),
                    rows,
                )?;
            }
            connection.execute(&account_of("lead", &own), rows)?;
            connection.execute(
                &format!(
                    "UPDATE lead SET contact_key = (SELECT c.key FROM contact c WHERE c.id = lead.contact_id)
                     WHERE {own}"
                ),
                rows,
            )?;
        }
    }
    Ok(())
}
