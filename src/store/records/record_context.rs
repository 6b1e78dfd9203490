//! A record with everything that a condition about it can look at.

use std::collections::{BTreeMap, BTreeSet};

use super::written::Record;
use crate::model::{Catalog, Entity, Field, Value, activity_fields};
use crate::store::{
    Cell, Connection, JsonRows, Row, Store, StoreError,
    tables::columns::{attribute_column, field_column, value},
};

/// What happened with a contact.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionRecord {
    /// The name of its type.
    pub kind: String,
    /// When, in UTC milliseconds.
    pub at: i64,
    /// With whom, by id.
    pub contact_id: String,
    /// The account in whose history it stands, by id.
    pub account_id: Option<String>,
    /// Its attributes by name, with `id`, `journey`, `iteration` and `step`.
    pub values: Record,
}

/// A record, its account with all contacts, and what they have and did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordContext {
    /// Records by id.
    pub records: BTreeMap<Entity, BTreeMap<String, Record>>,
    /// Since when fields have their present values, UTC milliseconds, by entity, id and field; under an empty field,
    /// since when the store has the record.
    pub changes: BTreeMap<(Entity, String, String), i64>,
    /// Activities; beside their own fields they have `contact_id` and `account_id`.
    pub activities: Vec<Record>,
    /// Interactions of the types that were asked for.
    pub interactions: Vec<InteractionRecord>,
    /// Of each segment that was asked for, the members among the records.
    pub members: BTreeMap<String, BTreeSet<String>>,
}

/// Keys of records.
#[derive(Default)]
struct Keys {
    contacts: BTreeSet<i64>,
    accounts: BTreeSet<i64>,
    leads: BTreeSet<i64>,
}

impl Keys {
    fn of(&self, entity: Entity) -> &BTreeSet<i64> {
        match entity {
            Entity::Contact => &self.contacts,
            Entity::Account => &self.accounts,
            Entity::Lead => &self.leads,
        }
    }
}

impl Store {
    /// A record with its context; nothing when there is none with this id.
    ///
    /// # Errors
    /// When the store fails.
    pub fn record_context(
        &mut self,
        entity: Entity,
        id: &str,
        catalog: &Catalog,
        interactions: &[String],
        segments: &[(String, Entity)],
        followed: &BTreeSet<(Entity, String, Entity)>,
    ) -> Result<Option<RecordContext>, StoreError> {
        let own = format!("SELECT key FROM {} WHERE id = $1", entity.name());
        let Some(row) = self.connection.query_first(&own, &[id.into()])? else { return Ok(None) };
        let mut keys = related_keys(&mut self.connection, entity, row.integer(0)?)?;
        while follow(&mut self.connection, followed, &mut keys)? {}
        let mut found = RecordContext::default();
        for entity in Entity::ALL {
            let fields: Vec<&Field> = catalog.fields(entity).iter().chain(catalog.measures(entity)).collect();
            let mut columns: Vec<String> = catalog
                .fields(entity)
                .iter()
                .map(|field| format!("r.{}", field_column(&field.name)))
                .collect();
            for score in catalog.measures(entity) {
                columns.push(self.names.measure(&score.name, "r.key")?);
            }
            let sql = format!("SELECT {} FROM {} r WHERE r.key IN ({{}})", columns.join(", "), entity.name());
            let records = found.records.entry(entity).or_default();
            for row in self.of_keys(&sql, keys.of(entity))? {
                let record = record(&row, &fields)?;
                if let Some(Value::Text(id)) = record.get("id") {
                    records.insert(id.clone(), record);
                }
            }
            let kind = crate::store::queue::focus::change_kind(entity);
            let table = entity.name();
            for sql in [
                format!("SELECT r.id, '', r.known_since FROM {table} r WHERE r.key IN ({{}})"),
                format!(
                    "SELECT r.id, f.field, f.since FROM field_since f JOIN {table} r ON r.key = f.subject_key
                     WHERE f.kind = {kind} AND f.subject_key IN ({{}})"
                ),
            ] {
                for row in self.of_keys(&sql, keys.of(entity))? {
                    if let Some(since) = row.optional_integer(2)? {
                        found.changes.insert((entity, row.text(0)?, row.text(1)?), since);
                    }
                }
            }
        }
        found.activities = self.activities_of(&keys)?;
        for name in interactions {
            found.interactions.extend(self.interactions_by(&keys, name, catalog)?);
        }
        for (name, holds) in segments {
            let key = self.names.segment_key(name);
            let sql = format!(
                "SELECT r.id FROM membership m JOIN {} r ON r.key = m.subject_key
                 WHERE m.segment_key = {key} AND m.subject_key IN ({{}})",
                holds.name()
            );
            let rows = self.of_keys(&sql, keys.of(*holds))?;
            let ids = rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
            found.members.insert(name.clone(), ids);
        }
        Ok(Some(found))
    }

    /// The rows of a statement that has `{}` in place of some keys.
    fn of_keys(&mut self, sql: &str, keys: &BTreeSet<i64>) -> Result<Vec<Row>, StoreError> {
        of_keys(&mut self.connection, sql, keys)
    }

    fn activities_of(&mut self, keys: &Keys) -> Result<Vec<Record>, StoreError> {
        let sql = |which: &str| {
            format!(
                "SELECT v.key, v.id, v.kind, v.subject, v.description, v.owner, v.due_at, v.created_at, c.id, a.id
                 FROM activity v LEFT JOIN contact c ON c.key = v.contact_key
                 LEFT JOIN account a ON a.key = v.account_key WHERE v.{which}_key IN ({{}})"
            )
        };
        let mut rows = self.of_keys(&sql("contact"), &keys.contacts)?;
        rows.extend(self.of_keys(&sql("account"), &keys.accounts)?);
        let mut seen = BTreeSet::new();
        let mut activities = Vec::new();
        for row in rows {
            if !seen.insert(row.integer(0)?) {
                continue;
            }
            let mut activity = Record::new();
            for (at, field) in activity_fields().iter().enumerate() {
                activity.insert(field.name.clone(), value(row.raw(at + 1)?, &field.kind)?);
            }
            for (at, parent) in [(8, "contact_id"), (9, "account_id")] {
                let id = row.optional_text(at)?;
                activity.insert(parent.to_owned(), id.map_or(Value::Missing, Value::Text));
            }
            activities.push(activity);
        }
        Ok(activities)
    }

    fn interactions_by(
        &mut self,
        keys: &Keys,
        name: &str,
        catalog: &Catalog,
    ) -> Result<Vec<InteractionRecord>, StoreError> {
        let Some(kind) = catalog.interactions.get(name) else { return Ok(Vec::new()) };
        let attributes: Vec<&Field> = kind.attributes.iter().collect();
        let columns: String =
            attributes.iter().map(|field| format!(", i.{}", attribute_column(field))).collect();
        let sql = format!(
            "SELECT i.at, c.id, i.id, i.journey, i.step, i.iteration, i.key, a.id{columns}
             FROM interaction i JOIN contact c ON c.key = i.contact_key
             LEFT JOIN account a ON a.key = i.account_key WHERE i.type_key = {} AND i.",
            self.names.type_key(name)
        );
        // Who left an account did part of what stands in its history.
        let mut rows = self.of_keys(&format!("{sql}contact_key IN ({{}})"), &keys.contacts)?;
        rows.extend(self.of_keys(&format!("{sql}account_key IN ({{}})"), &keys.accounts)?);
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for row in rows {
            if !seen.insert(row.integer(6)?) {
                continue;
            }
            let mut values = Record::new();
            for (at, common) in [(2, "id"), (3, "journey"), (4, "step")] {
                values.insert(common.to_owned(), row.optional_text(at)?.map_or(Value::Missing, Value::Text));
            }
            let iteration = row.optional_integer(5)?.map_or(Value::Missing, Value::Integer);
            values.insert("iteration".to_owned(), iteration);
            for (at, attribute) in attributes.iter().enumerate() {
                values.insert(attribute.name.clone(), value(row.raw(at + 8)?, &attribute.kind)?);
            }
            found.push(InteractionRecord {
                kind: name.to_owned(),
                at: row.integer(0)?,
                contact_id: row.text(1)?,
                account_id: row.optional_text(7)?,
                values,
            });
        }
        Ok(found)
    }
}

fn record(row: &Row, fields: &[&Field]) -> Result<Record, StoreError> {
    let mut record = Record::new();
    for (at, field) in fields.iter().enumerate() {
        record.insert(field.name.clone(), value(row.raw(at)?, &field.kind)?);
    }
    Ok(record)
}

fn of_keys(connection: &mut Connection, sql: &str, keys: &BTreeSet<i64>) -> Result<Vec<Row>, StoreError> {
    let mut json = JsonRows::default();
    keys.iter().for_each(|key| json.push(&[Cell::Integer(*key)]));
    let rows = connection.dialect().rows("$1");
    let those = format!("SELECT CAST(value ->> 0 AS BIGINT) FROM {rows}");
    connection.query(&sql.replace("{}", &those), &[json.finish()])
}

/// Adds the records to which references lead; tells whether there were any that weren't known.
fn follow(
    connection: &mut Connection,
    followed: &BTreeSet<(Entity, String, Entity)>,
    keys: &mut Keys,
) -> Result<bool, StoreError> {
    let mut any = false;
    for (from, field, to) in followed {
        let sql = format!(
            "SELECT o.key FROM {} f JOIN {} o ON o.id = f.{} WHERE f.key IN ({{}})",
            from.name(),
            to.name(),
            field_column(field)
        );
        for row in of_keys(connection, &sql, keys.of(*from))? {
            let known = match to {
                Entity::Contact => &mut keys.contacts,
                Entity::Account => &mut keys.accounts,
                Entity::Lead => &mut keys.leads,
            };
            any |= known.insert(row.integer(0)?);
        }
    }
    Ok(any)
}

/// The keys of all records that a condition about one can look at: its account with all contacts, their
/// leads, the parents of those, and primary contacts.
fn related_keys(connection: &mut Connection, entity: Entity, key: i64) -> Result<Keys, StoreError> {
    let mut keys = Keys::default();
    match entity {
        Entity::Contact => keys.contacts.insert(key),
        Entity::Account => keys.accounts.insert(key),
        Entity::Lead => keys.leads.insert(key),
    };
    let parents = |connection: &mut Connection, keys: &mut Keys| -> Result<(), StoreError> {
        let of_leads = "SELECT contact_key, account_key FROM lead WHERE key IN ({})";
        for row in of_keys(connection, of_leads, &keys.leads)? {
            keys.contacts.extend(row.optional_integer(0)?);
            keys.accounts.extend(row.optional_integer(1)?);
        }
        for row in of_keys(connection, "SELECT account_key FROM contact WHERE key IN ({})", &keys.contacts)? {
            keys.accounts.extend(row.optional_integer(0)?);
        }
        Ok(())
    };
    parents(connection, &mut keys)?;
    let colleagues = "SELECT key FROM contact WHERE account_key IN ({})";
    let primary =
        "SELECT c.key FROM account a JOIN contact c ON c.id = a.primary_contact_id WHERE a.key IN ({})";
    for sql in [colleagues, primary] {
        for row in of_keys(connection, sql, &keys.accounts)? {
            keys.contacts.insert(row.integer(0)?);
        }
    }
    let of_contacts = of_keys(connection, "SELECT key FROM lead WHERE contact_key IN ({})", &keys.contacts)?;
    let of_accounts = of_keys(connection, "SELECT key FROM lead WHERE account_key IN ({})", &keys.accounts)?;
    for row in of_contacts.iter().chain(&of_accounts) {
        keys.leads.insert(row.integer(0)?);
    }
    parents(connection, &mut keys)?;
    Ok(keys)
}
