//! Interactions: written once by id, and queued for those who wait for them.

use std::collections::BTreeSet;

use super::{
    Cell, Connection, JsonRows, Store, StoreError,
    columns::{attribute_column, cell, column_type},
    erased::erased_ids,
    former_accounts::account_at,
    preferences::Said,
};
use crate::model::{Field, Value};

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
    /// Those whose id was seen before; they change nothing.
    pub known: u64,
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

    /// Writes interactions, each id once, and queues them. Ids are unique within `rows`.
    ///
    /// # Errors
    /// When the store fails; then nothing is written.
    pub fn insert_interactions(
        &mut self,
        attributes: &[Field],
        rows: &[NewInteraction],
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
        let parameter = json.finish();
        let said = Said::by(attributes, rows);
        self.connection.write(|connection| {
            let parameter = std::slice::from_ref(&parameter);
            let mut recorded = Recorded::default();
            for row in connection.query(&unknown, parameter)? {
                let place = usize::try_from(row.integer(0)?).unwrap_or(usize::MAX);
                match row.optional_integer(1)? {
                    None => recorded.without_contact.push(place),
                    Some(_) => recorded.without_account.push(place),
                }
            }
            let refused = recorded.without_contact.len() + recorded.without_account.len();
            let contact = |place: &usize| rows.get(*place).map(|row| row.contact_id.as_str());
            let erased = match recorded.without_contact.is_empty() {
                true => BTreeSet::new(),
                false => erased_ids(connection, recorded.without_contact.iter().filter_map(contact))?,
            };
            let without = recorded.without_contact.len();
            recorded.without_contact.retain(|place| contact(place).is_none_or(|id| !erased.contains(id)));
            recorded.erased = (without - recorded.without_contact.len()) as u64;
            let before = latest(connection)?;
            recorded.created = connection.execute(&insert, parameter)?;
            if recorded.created > 0 {
                queue(connection, before)?;
                if let Some(said) = &said {
                    said.take_down(connection, before)?;
                }
            }
            recorded.known = (rows.len().saturating_sub(refused) as u64).saturating_sub(recorded.created);
            Ok(recorded)
        })
    }
}

/// The latest key of an interaction.
pub(super) fn latest(connection: &mut Connection) -> Result<i64, StoreError> {
    connection.number("SELECT COALESCE(MAX(key), 0) FROM interaction", &[])
}

/// Queues the interactions that were written after the one with this key: for those who did them, and for the
/// accounts in whose history they stand.
pub(super) fn queue(connection: &mut Connection, after: i64) -> Result<(), StoreError> {
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
