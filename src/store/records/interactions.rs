//! Interactions: written once by id, and queued for those who wait for them.

use std::collections::BTreeSet;

use super::{erased::erased_ids, preferences::Said};
use crate::model::{Field, Value};
use crate::store::{
    Cell, Connection, JsonRows, Store, StoreError,
    database::chains::chained,
    queue::versions::compute_everything_again,
    since::former_accounts::account_at,
    tables::columns::{attribute_column, cell, column_type},
};

/// An interaction as it comes in.
#[derive(Debug, Clone, PartialEq)]
pub struct NewInteraction {
    /// Its own key.
    pub id: String,
    /// The name of its type.
    pub kind: String,
    /// When it happened, UTC milliseconds.
    pub at: i64,
    /// With whom.
    pub contact_id: String,
    /// The account in whose history it stands; where nothing is said, the one that the contact belonged to when
    /// it happened, as far as moves are known.
    pub account_id: Option<String>,
    /// The journey that caused it.
    pub journey: Option<String>,
    /// The journey's iteration.
    pub iteration: Option<i64>,
    /// The step that caused it.
    pub step: Option<String>,
    /// A value for each of the attributes given beside it.
    pub values: Vec<Value>,
}

/// How interactions fared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Those that weren't there before.
    pub created: u64,
    /// Those that were there before with the same content.
    pub known: u64,
    /// Those that replaced one with other content.
    pub replaced: u64,
    /// Places of those that are there with other content, and the columns in which it differs; they aren't written.
    pub changed: Vec<(usize, Vec<String>)>,
    /// Places in the list of those whose contact isn't known; they aren't written.
    pub without_contact: Vec<usize>,
    /// Places of those that name an account which isn't known; they aren't written either.
    pub without_account: Vec<usize>,
    /// How many have a contact that was erased; they aren't written either.
    pub erased: u64,
}

impl Store {
    /// Those of these ids that no interaction has.
    ///
    /// # Errors
    /// When the store fails.
    pub fn unknown_interactions(&mut self, ids: &[&str]) -> Result<Vec<String>, StoreError> {
        let mut json = JsonRows::default();
        ids.iter().for_each(|id| json.push(&[(*id).into()]));
        let sql = format!(
            "SELECT r.value ->> 0 FROM {} AS r
             WHERE NOT EXISTS (SELECT 1 FROM interaction i WHERE i.id = r.value ->> 0)",
            self.dialect().rows("$1")
        );
        self.connection.query(&sql, &[json.finish()])?.iter().map(|row| row.text(0)).collect()
    }

    /// Writes interactions, each id once, and queues them. Ids are unique within `rows`. One that is there with
    /// other content isn't written (semantics 45); what a row leaves empty isn't compared.
    ///
    /// # Errors
    /// When the store fails; then nothing is written.
    pub fn insert_interactions(
        &mut self,
        attributes: &[Field],
        rows: &[NewInteraction],
    ) -> Result<Recorded, StoreError> {
        self.write_interactions(attributes, rows, false)
    }

    /// As [`Store::insert_interactions`], but one that is there with other content is replaced, and everything
    /// that may have counted it is computed again. What it said against mail stays (semantics 32).
    ///
    /// # Errors
    /// When the store fails; then nothing is written.
    pub fn replace_interactions(
        &mut self,
        attributes: &[Field],
        rows: &[NewInteraction],
    ) -> Result<Recorded, StoreError> {
        self.write_interactions(attributes, rows, true)
    }

    fn write_interactions(
        &mut self,
        attributes: &[Field],
        rows: &[NewInteraction],
        replace: bool,
    ) -> Result<Recorded, StoreError> {
        let mut json = JsonRows::default();
        for (at, row) in rows.iter().enumerate() {
            let mut cells = vec![
                Cell::from(row.id.as_str()),
                Cell::Integer(self.names.type_key(&row.kind)),
                Cell::Integer(row.at),
                Cell::from(row.contact_id.as_str()),
                Cell::from(row.journey.clone()),
                Cell::from(row.iteration),
                Cell::from(row.step.clone()),
                Cell::Integer(i64::try_from(at).unwrap_or(i64::MAX)),
                Cell::from(row.account_id.clone()),
            ];
            cells.extend(row.values.iter().map(cell));
            json.push(&cells);
        }
        let source = self.dialect().rows("$1");
        let mut names = String::new();
        let mut values = String::new();
        for (at, attribute) in attributes.iter().enumerate() {
            names = format!("{names}, {}", attribute_column(attribute));
            values = format!("{values}, CAST(r.value ->> {} AS {})", at + 9, column_type(&attribute.kind));
        }
        let unknown = format!(
            "SELECT p.place, p.contact_key FROM (
                SELECT CAST(r.value ->> 7 AS BIGINT) AS place, c.key AS contact_key, a.key AS account_key,
                    r.value ->> 8 AS account_id
                FROM {source} AS r LEFT JOIN contact c ON c.id = r.value ->> 3
                LEFT JOIN account a ON a.id = r.value ->> 8) p
             WHERE p.contact_key IS NULL OR (p.account_id IS NOT NULL AND p.account_key IS NULL) ORDER BY p.place"
        );
        let insert = format!(
            "INSERT INTO interaction (id, type_key, at, contact_key, account_key, journey, iteration, step{names})
             SELECT r.value ->> 0, CAST(r.value ->> 1 AS BIGINT), CAST(r.value ->> 2 AS BIGINT), c.key,
                    CASE WHEN r.value ->> 8 IS NULL THEN {} ELSE a.key END,
                    r.value ->> 4, CAST(r.value ->> 5 AS BIGINT), r.value ->> 6{values}
             FROM {source} AS r JOIN contact c ON c.id = r.value ->> 3 LEFT JOIN account a ON a.id = r.value ->> 8
             WHERE r.value ->> 8 IS NULL OR a.key IS NOT NULL
             ON CONFLICT (id) DO NOTHING",
            account_at("c", "CAST(r.value ->> 2 AS BIGINT)")
        );
        let comparison = Comparison::of(&source, attributes);
        let parameter = json.finish();
        let said = Said::by(attributes, rows);
        self.connection.write(|connection| {
            let parameter = std::slice::from_ref(&parameter);
            let mut recorded = Recorded::default();
            let mut unusable = BTreeSet::new();
            for row in connection.query(&unknown, parameter)? {
                let place = usize::try_from(row.integer(0)?).unwrap_or(usize::MAX);
                unusable.insert(place);
                match row.optional_integer(1)? {
                    None => recorded.without_contact.push(place),
                    Some(_) => recorded.without_account.push(place),
                }
            }
            let contact = |place: &usize| rows.get(*place).map(|row| row.contact_id.as_str());
            let erased = match recorded.without_contact.is_empty() {
                true => BTreeSet::new(),
                false => erased_ids(connection, recorded.without_contact.iter().filter_map(contact))?,
            };
            let without = recorded.without_contact.len();
            recorded.without_contact.retain(|place| contact(place).is_none_or(|id| !erased.contains(id)));
            recorded.erased = (without - recorded.without_contact.len()) as u64;
            let mut changed = comparison.changed(connection, parameter)?;
            changed.retain(|(place, _)| !unusable.contains(place));
            if replace && !changed.is_empty() {
                let ids = changed.iter().filter_map(|(place, _)| rows.get(*place)).map(|row| row.id.as_str());
                remove(connection, ids)?;
                recorded.replaced = changed.len() as u64;
            } else {
                recorded.changed = changed;
            }
            let before = latest(connection)?;
            recorded.created = connection.execute(&insert, parameter)?.saturating_sub(recorded.replaced);
            if recorded.created + recorded.replaced > 0 {
                queue(connection, before)?;
                if let Some(said) = &said {
                    said.take_down(connection, before)?;
                }
            }
            let others = unusable.len() + recorded.changed.len();
            let written = recorded.created + recorded.replaced;
            recorded.known = (rows.len().saturating_sub(others) as u64).saturating_sub(written);
            Ok(recorded)
        })
    }
}

/// How rows are compared with the interactions that have their ids.
struct Comparison {
    sql: String,
    columns: Vec<String>,
}

impl Comparison {
    fn of(source: &str, attributes: &[Field]) -> Comparison {
        let said = |place: usize, column: &str| {
            format!("r.value ->> {place} IS NOT NULL AND {column} IS DISTINCT FROM r.value ->> {place}")
        };
        let former_journey = "EXISTS (SELECT 1 FROM former_name f JOIN journey j ON j.key = f.key
            WHERE f.of_key = 0 AND f.name = r.value ->> 4 AND j.name = i.journey)";
        let mut compared = vec![
            ("type".to_owned(), "i.type_key <> CAST(r.value ->> 1 AS BIGINT)".to_owned()),
            ("at".to_owned(), "i.at <> CAST(r.value ->> 2 AS BIGINT)".to_owned()),
            ("contact_id".to_owned(), "c.id IS DISTINCT FROM r.value ->> 3".to_owned()),
            ("account_id".to_owned(), said(8, "(SELECT a.id FROM account a WHERE a.key = i.account_key)")),
            ("journey".to_owned(), format!("{} AND NOT {former_journey}", said(4, "i.journey"))),
            (
                "iteration".to_owned(),
                "r.value ->> 5 IS NOT NULL AND i.iteration IS DISTINCT FROM CAST(r.value ->> 5 AS BIGINT)"
                    .to_owned(),
            ),
            ("step".to_owned(), said(6, "i.step")),
        ];
        compared.extend(attributes.iter().enumerate().map(|(at, attribute)| {
            let value = format!("r.value ->> {}", at + 9);
            let kind = column_type(&attribute.kind);
            let column = attribute_column(attribute);
            let differs =
                format!("{value} IS NOT NULL AND i.{column} IS DISTINCT FROM CAST({value} AS {kind})");
            (attribute.name.clone(), differs)
        }));
        let (columns, differs): (Vec<String>, Vec<String>) = compared.into_iter().unzip();
        let flags: Vec<String> =
            differs.iter().map(|differs| format!("CASE WHEN {differs} THEN '1' ELSE '0' END")).collect();
        let sql = format!(
            "SELECT d.place, d.flags FROM (SELECT CAST(r.value ->> 7 AS BIGINT) AS place, {} AS flags
                FROM {source} AS r CROSS JOIN interaction i CROSS JOIN contact c
                WHERE i.id = r.value ->> 0 AND c.key = i.contact_key) d
             WHERE d.flags LIKE '%1%' ORDER BY d.place",
            chained(&flags, " || ")
        );
        Comparison { sql, columns }
    }

    /// The places of rows with other content, and the names of the columns in which it differs.
    fn changed(
        &self,
        connection: &mut Connection,
        rows: &[Cell],
    ) -> Result<Vec<(usize, Vec<String>)>, StoreError> {
        let found = connection.query(&self.sql, rows)?;
        let named = |flags: String| {
            let differing = flags.chars().zip(&self.columns).filter(|(flag, _)| *flag == '1');
            differing.map(|(_, name)| name.clone()).collect()
        };
        found
            .iter()
            .map(|row| Ok((usize::try_from(row.integer(0)?).unwrap_or(usize::MAX), named(row.text(1)?))))
            .collect()
    }
}

/// Removes interactions, and what they said for mail; a no stays.
fn remove<'a>(connection: &mut Connection, ids: impl Iterator<Item = &'a str>) -> Result<(), StoreError> {
    let mut json = JsonRows::default();
    ids.for_each(|id| json.push(&[id.into()]));
    let these = format!("SELECT value ->> 0 FROM {}", connection.dialect().rows("$1"));
    let parameter = [json.finish()];
    connection.execute(
        &format!(
            "DELETE FROM preference WHERE subscribed = 1 AND EXISTS (
                SELECT 1 FROM interaction i WHERE i.id IN ({these}) AND i.contact_key = preference.contact_key
                    AND i.at = preference.at AND COALESCE(i.topic_text, '') = preference.topic)"
        ),
        &parameter,
    )?;
    connection.execute(&format!("DELETE FROM interaction WHERE id IN ({these})"), &parameter)?;
    compute_everything_again(connection)
}

/// The latest key of an interaction.
pub(in crate::store) fn latest(connection: &mut Connection) -> Result<i64, StoreError> {
    connection.number("SELECT COALESCE(MAX(key), 0) FROM interaction", &[])
}

/// Queues the interactions that were written after the one with this key: for those who did them, and for the
/// accounts in whose history they stand.
pub(in crate::store) fn queue(connection: &mut Connection, after: i64) -> Result<(), StoreError> {
    for sql in [
        "INSERT INTO change (kind, subject_key, about, at)
         SELECT 3, i.contact_key, i.type_key, i.at FROM interaction i WHERE i.key > $1",
        "INSERT INTO change (kind, subject_key, about, at)
         SELECT 6, i.account_key, i.type_key, MIN(i.at) FROM interaction i
         WHERE i.key > $1 AND i.account_key IS NOT NULL GROUP BY i.account_key, i.type_key",
    ] {
        connection.execute(sql, &[after.into()])?;
    }
    Ok(())
}
