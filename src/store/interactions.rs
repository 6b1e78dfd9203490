//! Interactions: written once by id, and queued for those who wait for them.

use super::{
    Cell, JsonRows, Store, StoreError,
    columns::{attribute_column, cell, column_type},
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
}

impl Store {
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
            ];
            cells.extend(row.values.iter().map(cell));
            json.push(&cells);
        }
        let source = self.dialect().rows("$1");
        let mut names = String::new();
        let mut values = String::new();
        for (at, attribute) in attributes.iter().enumerate() {
            names = format!("{names}, {}", attribute_column(attribute));
            values = format!("{values}, CAST(r.value ->> {} AS {})", at + 8, column_type(&attribute.kind));
        }
        let unknown = format!(
            "SELECT CAST(r.value ->> 7 AS BIGINT) AS place FROM {source} AS r
             WHERE NOT EXISTS (SELECT 1 FROM contact c WHERE c.id = r.value ->> 3) ORDER BY place"
        );
        let latest = "SELECT COALESCE(MAX(key), 0) FROM interaction";
        let insert = format!(
            "INSERT INTO interaction (id, type_key, at, contact_key, account_key, journey, iteration, step{names})
             SELECT r.value ->> 0, CAST(r.value ->> 1 AS BIGINT), CAST(r.value ->> 2 AS BIGINT), c.key,
                    c.account_key, r.value ->> 4, CAST(r.value ->> 5 AS BIGINT), r.value ->> 6{values}
             FROM {source} AS r JOIN contact c ON c.id = r.value ->> 3
             WHERE 1 = 1
             ON CONFLICT (id) DO NOTHING"
        );
        let queue = format!(
            "INSERT INTO change (kind, subject_key, about, at)
             SELECT 3, i.contact_key, i.type_key, i.at FROM interaction i
             WHERE i.key > $2 AND i.id IN (SELECT r.value ->> 0 FROM {source} AS r)"
        );
        let parameter = json.finish();
        self.connection.write(|connection| {
            let parameter = std::slice::from_ref(&parameter);
            let mut recorded = Recorded::default();
            for row in connection.query(&unknown, parameter)? {
                recorded.without_contact.push(usize::try_from(row.integer(0)?).unwrap_or(usize::MAX));
            }
            let before = connection.number(latest, &[])?;
            recorded.created = connection.execute(&insert, parameter)?;
            if recorded.created > 0 {
                connection.execute(&queue, &[parameter[0].clone(), before.into()])?;
            }
            let possible = (rows.len() - recorded.without_contact.len()) as u64;
            recorded.known = possible.saturating_sub(recorded.created);
            Ok(recorded)
        })
    }
}
