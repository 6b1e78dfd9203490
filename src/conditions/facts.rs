//! Facts as plain data, for conditions that are answered in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::model::{Answers, Entity, Value};

/// A record's values by field name, its id among them.
pub type RecordFact = BTreeMap<String, Value>;

/// What happened with a contact.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionFact {
    /// The name of its type.
    pub kind: String,
    /// When, in UTC milliseconds.
    pub at: i64,
    /// With whom.
    pub contact_id: String,
    /// The account in whose history it stands.
    pub account_id: Option<String>,
    /// Its attributes by name: those of its type, and of the common ones `id`, `journey`, `iteration` and `step`.
    pub values: BTreeMap<String, Value>,
}

/// Everything that conditions may ask about.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Contacts by id.
    pub contacts: BTreeMap<String, RecordFact>,
    /// Accounts by id.
    pub accounts: BTreeMap<String, RecordFact>,
    /// Leads by id.
    pub leads: BTreeMap<String, RecordFact>,
    /// Activities; beside their own fields they have `contact_id` and `account_id`.
    pub activities: Vec<RecordFact>,
    /// Interactions in any order.
    pub interactions: Vec<InteractionFact>,
    /// The ids of the members of each segment, by the segment's name.
    pub members: BTreeMap<String, BTreeSet<String>>,
    /// Since when fields have their present values, UTC milliseconds, by entity, the record's id and the field's name;
    /// since when the store has the record stands under an empty name, and counts for fields that never changed.
    pub changes: BTreeMap<(Entity, String, String), i64>,
    /// Who answers calls of functions; without anybody they have no answer.
    pub answers: Option<Arc<dyn Answers>>,
}

impl Facts {
    /// Records of an entity, by id.
    #[must_use]
    pub fn records(&self, entity: Entity) -> &BTreeMap<String, RecordFact> {
        match entity {
            Entity::Contact => &self.contacts,
            Entity::Account => &self.accounts,
            Entity::Lead => &self.leads,
        }
    }

    /// Adds a record.
    pub fn add(&mut self, entity: Entity, id: &str, mut record: RecordFact) {
        record.insert("id".to_owned(), Value::Text(id.to_owned()));
        let records = match entity {
            Entity::Contact => &mut self.contacts,
            Entity::Account => &mut self.accounts,
            Entity::Lead => &mut self.leads,
        };
        records.insert(id.to_owned(), record);
    }

    /// Since when a field of a record has its present value.
    pub(super) fn since(&self, entity: Entity, id: &str, field: &str) -> Option<i64> {
        let of = |field: &str| self.changes.get(&(entity, id.to_owned(), field.to_owned())).copied();
        of(field).or_else(|| of(""))
    }

    /// The record that a reference leads to, if there is one.
    pub(super) fn parent(&self, record: Option<&RecordFact>, field: &str, of: Entity) -> Option<&RecordFact> {
        self.records(of).get(text_of(record?, field)?)
    }
}

/// The text in a field.
pub(super) fn text_of<'r>(record: &'r RecordFact, field: &str) -> Option<&'r str> {
    match record.get(field) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// A record's id.
pub(super) fn id_of(record: &RecordFact) -> &str {
    text_of(record, "id").unwrap_or("")
}
