//! The rows that were read and not yet handed on.
//!
//! Rows with the same columns make a batch. An id stands in the window once: of a record the later
//! row stays, of an interaction the first.

use std::collections::HashMap;

use super::batch::{Column, ImportBatch, InteractionRow, RecordRow, SubscriptionRow, SuppressionRow};
use super::record::Record;
use super::row::Row;
use super::schema::{Schema, Slot};
use crate::model::{Entity, Value};

/// Rows on their way, and the rejects among them.
#[derive(Debug, Default)]
pub(super) struct Window {
    groups: Vec<Group>,
    by_columns: HashMap<Vec<Slot>, usize>,
    places: HashMap<String, (usize, usize)>,
    rejects: Vec<(Record, String)>,
    rows: usize,
    repeated: u64,
}

/// Rows that make one batch, with what the file said of each.
#[derive(Debug)]
struct Group {
    slots: Vec<Slot>,
    rows: Rows,
    records: Vec<Record>,
}

#[derive(Debug)]
enum Rows {
    Records(Vec<RecordRow>),
    Interactions(Vec<InteractionRow>),
    Subscriptions(Vec<SubscriptionRow>),
    Suppressions(Vec<SuppressionRow>),
}

/// What a window held.
#[derive(Debug)]
pub(super) struct Taken {
    /// The batches, each with its rows as the file has them.
    pub batches: Vec<(ImportBatch, Vec<Record>)>,
    /// Rows that can't be used, and why.
    pub rejects: Vec<(Record, String)>,
    /// Rows that another row of the window made superfluous.
    pub repeated: u64,
}

impl Window {
    /// Whether so many rows were read that they should be handed on.
    pub fn is_full(&self, batch_size: usize) -> bool {
        self.rows >= batch_size.max(1)
    }

    /// Whether the row can't be added before the window was handed on: a record whose id stands there
    /// with other columns, so that both rows count, one after the other.
    pub fn must_wait(&self, row: &Row) -> bool {
        match (row, self.places.get(row.id())) {
            (Row::Record { slots, .. }, Some((group, _))) => self.groups[*group].slots != *slots,
            _ => false,
        }
    }

    /// Adds a reject.
    pub fn reject(&mut self, record: Record, reason: String) {
        self.rows += 1;
        self.rejects.push((record, reason));
    }

    /// Adds a row.
    pub fn add(&mut self, row: Row, record: Record, schema: &Schema) {
        self.rows += 1;
        match row {
            Row::Record { slots, row } => self.add_record(slots, row, record, schema),
            Row::Interaction { slots, row } => self.add_interaction(&slots, row, record),
            Row::Subscription { id, row } => self.add_word(id, record, Rows::Subscriptions(vec![row])),
            Row::Suppression { id, row } => self.add_word(id, record, Rows::Suppressions(vec![row])),
        }
    }

    /// Adds a row that stands alone; one that says the same as another is superfluous.
    fn add_word(&mut self, id: String, record: Record, rows: Rows) {
        if self.places.contains_key(&id) {
            self.repeated += 1;
            return;
        }
        match self.groups.first_mut() {
            None => self.groups.push(Group { slots: Vec::new(), rows, records: vec![record] }),
            Some(group) => {
                match (&mut group.rows, rows) {
                    (Rows::Subscriptions(all), Rows::Subscriptions(new)) => all.extend(new),
                    (Rows::Suppressions(all), Rows::Suppressions(new)) => all.extend(new),
                    _ => return,
                }
                group.records.push(record);
            }
        }
        self.places.insert(id, (0, 0));
    }

    fn add_record(&mut self, slots: Vec<Slot>, mut row: RecordRow, record: Record, schema: &Schema) {
        if let Some((group, at)) = self.places.get(&row.id).copied() {
            self.repeated += 1;
            let group = &mut self.groups[group];
            if let Rows::Records(rows) = &mut group.rows {
                // What the later row leaves as it is, is what the earlier one brought.
                let former = std::mem::take(&mut rows[at].values);
                for ((slot, value), former) in slots.iter().zip(&mut row.values).zip(former) {
                    if value.is_missing() && !schema.clears(*slot) {
                        *value = former;
                    }
                }
                rows[at] = row;
                group.records[at] = record;
            }
            return;
        }
        let number = match self.by_columns.get(&slots) {
            Some(number) => *number,
            None => {
                self.by_columns.insert(slots.clone(), self.groups.len());
                self.groups.push(Group { slots, rows: Rows::Records(Vec::new()), records: Vec::new() });
                self.groups.len() - 1
            }
        };
        let group = &mut self.groups[number];
        self.places.insert(row.id.clone(), (number, group.records.len()));
        if let Rows::Records(rows) = &mut group.rows {
            rows.push(row);
            group.records.push(record);
        }
    }

    fn add_interaction(&mut self, slots: &[Slot], mut row: InteractionRow, record: Record) {
        if self.places.contains_key(&row.id) {
            self.repeated += 1;
            return;
        }
        if self.groups.is_empty() {
            self.groups.push(Group {
                slots: Vec::new(),
                rows: Rows::Interactions(Vec::new()),
                records: Vec::new(),
            });
        }
        let group = &mut self.groups[0];
        let mut values = vec![Value::Missing; group.slots.len()];
        for (slot, value) in slots.iter().zip(std::mem::take(&mut row.values)) {
            match group.slots.iter().position(|known| known == slot) {
                Some(at) => values[at] = value,
                None => {
                    group.slots.push(*slot);
                    values.push(value);
                }
            }
        }
        row.values = values;
        self.places.insert(row.id.clone(), (0, group.records.len()));
        if let Rows::Interactions(rows) = &mut group.rows {
            rows.push(row);
            group.records.push(record);
        }
    }

    /// Empties the window.
    pub fn take(&mut self, schema: &Schema, entity: Option<Entity>) -> Taken {
        let whole = std::mem::take(self);
        let name = |slot: &Slot| schema.names[*slot].name.clone();
        let batches = whole
            .groups
            .into_iter()
            .filter_map(|group| {
                let batch = match group.rows {
                    Rows::Records(rows) => {
                        let column = |slot: &Slot| Column {
                            name: name(slot),
                            kind: schema.names[*slot].kind.clone(),
                            clears: schema.clears(*slot),
                        };
                        let columns = group.slots.iter().map(column).collect();
                        ImportBatch::Records { entity: entity?, columns, rows }
                    }
                    Rows::Interactions(mut rows) => {
                        // Rows that came before an attribute was first seen don't have it yet.
                        rows.iter_mut().for_each(|row| row.values.resize(group.slots.len(), Value::Missing));
                        ImportBatch::Interactions { attributes: group.slots.iter().map(name).collect(), rows }
                    }
                    Rows::Subscriptions(rows) => ImportBatch::Subscriptions(rows),
                    Rows::Suppressions(rows) => ImportBatch::Suppressions(rows),
                };
                Some((batch, group.records))
            })
            .collect();
        Taken { batches, rejects: whole.rejects, repeated: whole.repeated }
    }
}
