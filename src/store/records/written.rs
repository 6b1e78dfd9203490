//! Accounts, contacts and leads: written by import, found by id.

use std::collections::BTreeMap;

use super::{
    addresses::{self, Addresses},
    erased::{self, ErasedAmong},
    refusals,
};
use crate::model::{Entity, Field, Stage, Value};
use crate::store::{
    Cell, Connection, Dialect, Fields, JsonRows, Store, StoreError,
    database::chains::chained,
    queue::focus::change_kind,
    since::{
        field_since::LEADS_LEFT,
        former_accounts::{Moves, give_account},
    },
    tables::columns::{cell, column_type, field_column, value},
};

/// How rows fared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows that weren't there before.
    pub created: u64,
    /// Rows that were there with other values.
    pub updated: u64,
    /// Rows that were there with the same values.
    pub unchanged: u64,
    /// Places of the rows that aren't written, since they would take back a contact's no, each with the reason.
    pub refused: Vec<(usize, String)>,
    /// Rows about contacts that were erased, which aren't written.
    pub erased: u64,
}

/// A record's values by field name, and its id.
pub type Record = BTreeMap<String, Value>;

impl Store {
    /// Writes records by id at a moment: new ones are made, known ones get the given columns and keep the
    /// others. Ids are unique within `rows`; each row has a value for each column. What is new, and which
    /// fields are other than before, is queued for segments in the same transaction, and kept with the moment.
    /// A row that would take back a contact's no without later evidence isn't written (semantics 32).
    /// Rows about contacts that were erased are left out, and so are references to them (semantics 47).
    ///
    /// # Errors
    /// When the store fails; then nothing is written.
    pub fn upsert_records(
        &mut self,
        entity: Entity,
        columns: &[Field],
        rows: &[(String, Vec<Value>)],
        now: i64,
    ) -> Result<Written, StoreError> {
        self.merge_records(entity, columns, rows, &|_| true, now)
    }

    /// As [`Store::upsert_records`], where missing values clear those fields alone that `clears` names; others
    /// of known records are left as they are.
    ///
    /// # Errors
    /// When the store fails; then nothing is written.
    pub fn merge_records(
        &mut self,
        entity: Entity,
        columns: &[Field],
        rows: &[(String, Vec<Value>)],
        clears: &dyn Fn(&str) -> bool,
        now: i64,
    ) -> Result<Written, StoreError> {
        let columns: Vec<&Field> = columns.iter().filter(|field| field.name != "id").collect();
        let addresses = Addresses::of(entity, &columns, rows);
        let statements = Statements::of(self.dialect(), entity, &columns, clears);
        // Two who write a record and its parent at the same time would both not see the other's.
        self.connection.write_alone(|connection| {
            let erased = erased::among(connection, entity, &columns, rows)?;
            let addresses = addresses.as_ref().map(|addresses| addresses.without(&erased.rows));
            let mut refused = match entity {
                Entity::Contact => refusals::refused(connection, &columns, rows, clears)?,
                Entity::Account | Entity::Lead => BTreeMap::new(),
            };
            refused.retain(|place, _| !erased.rows.contains(place));
            let rows_parameter = [written_rows(rows, &erased, &refused, addresses.as_ref())];
            if let Some(addresses) = &addresses {
                addresses.make(connection)?;
            }
            let before = connection.number(&statements.latest, &[])?;
            connection.empty(&["changed_record"])?;
            let updated = connection.execute(&statements.find_changed, &rows_parameter)?;
            if updated > 0 {
                connection.execute(&statements.queue_changed, &[])?;
                connection.execute(&statements.note_changed, &[now.into()])?;
                for queue in &statements.queue_left {
                    connection.execute(queue, &rows_parameter)?;
                }
                for note in &statements.note_left {
                    connection.execute(note, &[rows_parameter[0].clone(), now.into()])?;
                }
                if let Some(moves) = &statements.moves {
                    moves.write(connection, &rows_parameter[0], now)?;
                }
                if let Some(moving) = &statements.moving {
                    addresses::leave(connection, moving, &rows_parameter)?;
                }
            }
            connection.execute(&statements.write, &[rows_parameter[0].clone(), now.into()])?;
            if statements.moving.is_some() && updated > 0 {
                addresses::arrive(connection, "SELECT key FROM changed_record", &[])?;
            }
            let created = connection.execute(&statements.queue_new, &[before.into()])?;
            if created > 0 {
                complete(connection, entity, before, now)?;
            }
            let skipped = erased.rows.len() as u64;
            let unchanged = ((rows.len() - refused.len()) as u64).saturating_sub(skipped + created + updated);
            let refused = refused.into_iter().collect();
            Ok(Written { created, updated, unchanged, refused, erased: skipped })
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

/// The rows that are written, as JSON: each with its address behind, when addresses are written.
fn written_rows(
    rows: &[(String, Vec<Value>)],
    erased: &ErasedAmong,
    refused: &BTreeMap<usize, String>,
    addresses: Option<&Addresses>,
) -> Cell {
    let mut json = JsonRows::default();
    for (place, (id, values)) in rows.iter().enumerate() {
        if erased.rows.contains(&place) || refused.contains_key(&place) {
            continue;
        }
        let mut cells = vec![Cell::from(id.as_str())];
        cells.extend(values.iter().enumerate().map(|(column, value)| {
            if erased.cells.contains(&(place, column)) { Cell::Null } else { cell(value) }
        }));
        cells.extend(addresses.map(|addresses| addresses.cell(place)));
        json.push(&cells);
    }
    json.finish()
}

/// How records are written.
struct Statements {
    /// The latest key that there is.
    latest: String,
    /// Fills `changed_record` with those that are there with other values. Takes the rows.
    find_changed: String,
    /// Queues these, with the fields that are other.
    queue_changed: String,
    /// Keeps since when these fields have their values. Takes the moment.
    note_changed: String,
    /// Queue the parents that they leave, which have changed, too. Take the rows.
    queue_left: Vec<String>,
    /// Keep when a lead left the parents that are left. Take the rows and the moment.
    note_left: Vec<String>,
    /// Contacts that change their account.
    moves: Option<Moves>,
    /// Selects contacts that get another address, with the former and the new one. Takes the rows.
    moving: Option<String>,
    /// Writes those that are new or other. Takes the rows and the moment.
    write: String,
    /// Queues those whose key is after the one given.
    queue_new: String,
}

impl Statements {
    fn of(dialect: Dialect, entity: Entity, fields: &[&Field], clears: &dyn Fn(&str) -> bool) -> Statements {
        let (table, kind, source) = (entity.name(), change_kind(entity), dialect.rows("$1"));
        let known = format!("FROM {source} AS s CROSS JOIN {table} r WHERE r.id = s.value ->> 0");
        let mut columns = vec![("id".to_owned(), "s.value ->> 0".to_owned())];
        let mut sets = Vec::new();
        let (mut differing, mut changed, mut queue_left) = (Vec::new(), Vec::new(), Vec::new());
        let (mut bits, mut names, mut moves) = (vec!["0".to_owned()], Vec::new(), None);
        let (mut note_left, mut moving) = (Vec::new(), None);
        for (at, field) in fields.iter().enumerate() {
            let column = field_column(&field.name);
            let mut value = format!("CAST(s.value ->> {} AS {})", at + 1, column_type(&field.kind));
            let (mut new, mut set) = (value.clone(), format!("excluded.{column}"));
            let clears = clears(&field.name);
            if !clears {
                (new, set) =
                    (format!("COALESCE({value}, r.{column})"), format!("COALESCE({set}, r.{column})"));
            } else if entity == Entity::Lead && field.name == "stage" {
                value = format!("COALESCE({value}, '{}')", Stage::Inquiry.name());
                new = value.clone();
            }
            let bit = Fields::of([&field.name]).bits();
            differing.push(format!("r.{column} IS DISTINCT FROM {set}"));
            changed.push(format!("CASE WHEN r.{column} IS DISTINCT FROM {new} THEN '1' ELSE '0' END"));
            bits.push(format!("CASE WHEN substr(d.changed, {}, 1) = '1' THEN {bit} ELSE 0 END", at + 1));
            names.push(format!("({}, '{}')", at + 1, field.name));
            if let Some(parent) = parents(entity).iter().find(|parent| field.name == id_of(**parent)) {
                let (kind, parent) = (change_kind(*parent), parent.name());
                queue_left.push(format!(
                    "INSERT INTO change (kind, subject_key, about) SELECT DISTINCT {kind}, r.{parent}_key, {} {known}
                        AND r.{parent}_key IS NOT NULL AND r.{column} IS DISTINCT FROM {new}",
                    Fields::LEFT.bits()
                ));
                if entity == Entity::Lead {
                    note_left.push(format!(
                        "INSERT INTO field_since (kind, subject_key, field, since)
                         SELECT DISTINCT {kind}, r.{parent}_key, '{LEADS_LEFT}', CAST($2 AS BIGINT) {known}
                            AND r.{parent}_key IS NOT NULL AND r.{column} IS DISTINCT FROM {value}
                         ON CONFLICT (kind, subject_key, field) DO UPDATE SET since = excluded.since"
                    ));
                }
                if entity == Entity::Contact {
                    moves = Some(Moves::of(&known, &column, &new));
                }
                let key = format!("(SELECT p.key FROM {parent} p WHERE p.id = {value})");
                columns.push((format!("{parent}_key"), key));
                sets.push(match clears {
                    true => format!("{parent}_key = excluded.{parent}_key"),
                    false => format!(
                        "{parent}_key = CASE WHEN excluded.{column} IS NULL THEN r.{parent}_key ELSE excluded.{parent}_key END"
                    ),
                });
            }
            if (entity, field.name.as_str()) == (Entity::Contact, "email") {
                // Behind the values each row has the address as it is compared.
                let folded = format!("s.value ->> {}", fields.len() + 1);
                moving = Some(format!(
                    "SELECT r.key, r.address_key, {folded} AS folded {known}
                        AND r.key IN (SELECT key FROM changed_record) AND r.{column} IS DISTINCT FROM {new}"
                ));
                columns.push(("address_key".to_owned(), addresses::key_of(&folded)));
                sets.push(match clears {
                    true => "address_key = excluded.address_key".to_owned(),
                    false => format!(
                        "address_key = CASE WHEN excluded.{column} IS NULL THEN r.address_key ELSE excluded.address_key END"
                    ),
                });
            }
            sets.push(format!("{column} = {set}"));
            columns.push((column, value));
        }
        let update = match sets.is_empty() {
            true => "NOTHING".to_owned(),
            false => format!("UPDATE SET {} WHERE {}", sets.join(", "), chained(&differing, " OR ")),
        };
        columns.push(("known_since".to_owned(), "CAST($2 AS BIGINT)".to_owned()));
        if entity == Entity::Contact {
            columns.push(("id_generation".to_owned(), erased::GENERATION.to_owned()));
        }
        let (columns, values): (Vec<String>, Vec<String>) = columns.into_iter().unzip();
        if changed.is_empty() {
            changed.push("'0'".to_owned());
            names.push("(0, '')".to_owned());
        }
        Statements {
            latest: format!("SELECT COALESCE(MAX(key), 0) FROM {table}"),
            find_changed: format!(
                "INSERT INTO changed_record (key, changed) SELECT d.key, d.changed
                 FROM (SELECT r.key AS key, {} AS changed {known}) d WHERE d.changed LIKE '%1%'",
                chained(&changed, " || ")
            ),
            queue_changed: format!(
                "INSERT INTO change (kind, subject_key, about) SELECT {kind}, d.key, {} FROM changed_record d",
                chained(&bits, " | ")
            ),
            note_changed: format!(
                "INSERT INTO field_since (kind, subject_key, field, since)
                 SELECT {kind}, d.key, f.column2, CAST($1 AS BIGINT)
                 FROM changed_record d CROSS JOIN (VALUES {}) f
                 WHERE substr(d.changed, CAST(f.column1 AS INTEGER), 1) = '1'
                 ON CONFLICT (kind, subject_key, field) DO UPDATE SET since = excluded.since",
                names.join(", ")
            ),
            queue_left,
            note_left,
            moves,
            moving,
            write: format!(
                "INSERT INTO {table} AS r ({}) SELECT {} FROM {source} AS s WHERE 1 = 1 ON CONFLICT (id) DO {update}",
                columns.join(", "),
                values.join(", ")
            ),
            queue_new: format!(
                "INSERT INTO change (kind, subject_key) SELECT {kind}, r.key FROM {table} r WHERE r.key > $1"
            ),
        }
    }
}

/// Whom a record may belong to. Beside the field with the parent's id, its table has the parent's key.
pub(in crate::store) fn parents(entity: Entity) -> &'static [Entity] {
    match entity {
        Entity::Contact => &[Entity::Account],
        Entity::Account => &[],
        Entity::Lead => &[Entity::Contact, Entity::Account],
    }
}

/// The field that tells a record's parent.
fn id_of(parent: Entity) -> String {
    format!("{}_id", parent.name())
}

/// Completes records that are new, with keys from after `before`: those that came before them and belong to
/// them are linked, and have changed by that.
fn complete(connection: &mut Connection, entity: Entity, before: i64, now: i64) -> Result<(), StoreError> {
    let dated = [Cell::Integer(before), now.into()];
    let before = [Cell::Integer(before)];
    if entity == Entity::Lead {
        let stage =
            format!("UPDATE lead SET stage = '{}' WHERE stage IS NULL AND key > $1", Stage::Inquiry.name());
        connection.execute(&stage, &before)?;
    }
    let (id, parent) = (id_of(entity), entity.name());
    for child in Entity::ALL.into_iter().filter(|child| parents(*child).contains(&entity)) {
        let (kind, table, about) = (change_kind(child), child.name(), Fields::of([&id]).bits());
        let waiting =
            format!("{parent}_key IS NULL AND {id} IN (SELECT p.id FROM {parent} p WHERE p.key > $1)");
        connection.execute(
            &format!(
                "INSERT INTO change (kind, subject_key, about) SELECT {kind}, key, {about} FROM {table} WHERE {waiting}"
            ),
            &before,
        )?;
        connection.execute(
            &format!(
                "INSERT INTO field_since (kind, subject_key, field, since)
                 SELECT {kind}, key, '{id}', CAST($2 AS BIGINT) FROM {table} WHERE {waiting}
                 ON CONFLICT (kind, subject_key, field) DO UPDATE SET since = excluded.since"
            ),
            &dated,
        )?;
        if child == Entity::Contact {
            let joining = format!(
                "SELECT key AS contact_key, (SELECT p.key FROM account p WHERE p.id = contact.account_id) AS account_key
                 FROM contact WHERE {waiting}"
            );
            give_account(connection, &joining, &before)?;
        }
        connection.execute(
            &format!(
                "UPDATE {table} SET {parent}_key = (SELECT p.key FROM {parent} p WHERE p.id = {table}.{id})
                 WHERE {waiting}"
            ),
            &before,
        )?;
    }
    Ok(())
}
