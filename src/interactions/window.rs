//! The rows that were read and not yet handed on.
//!
//! Rows with the same columns make a batch. An id is in the window once: of a record the later row stays, of an
//! interaction the first; a later one with other content is rejected, or waits for the next window if it replaces.

use std::collections::HashMap;

use super::batch::{Column, ImportBatch, InteractionRow, RecordRow, SubscriptionRow, SuppressionRow};
use super::record::Record;
use super::request::ImportRequest;
use super::row::Row;
use super::schema::{Schema, Slot};
use crate::model::Value;

/// Rows on their way, and the rejects among them.
#[derive(Debug, Default)]
pub(super) struct Window {
    groups: Vec<Group>,
    by_columns: HashMap<Vec<Slot>, usize>,
    places: HashMap<String, (usize, usize)>,
    rejects: Vec<(Record, String)>,
    rows: usize,
    repeated: u64,
    updated: u64,
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
    /// Rows that say the same as another row of the window.
    pub repeated: u64,
    /// Rows with other values for a record of the window.
    pub updated: u64,
}

impl Window {
    /// Whether so many rows were read that they should be handed on.
    pub fn is_full(&self, batch_size: usize) -> bool {
        self.rows >= batch_size.max(1)
    }

    /// Whether the row can't be added before the window was handed on: a record whose id stands there
    /// with other columns, so that both rows count, one after the other; or an interaction that replaces one.
    pub fn must_wait(&self, row: &Row, replace: bool) -> bool {
        match (row, self.places.get(row.id())) {
            (Row::Record { slots, .. }, Some((group, _))) => self.groups[*group].slots != *slots,
            (Row::Interaction { .. }, Some(_)) => replace,
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
            Row::Interaction { slots, row } => self.add_interaction(&slots, row, record, schema),
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
            let group = &mut self.groups[group];
            if let Rows::Records(rows) = &mut group.rows {
                // What the later row leaves as it is, is what the earlier one brought.
                let former = std::mem::take(&mut rows[at].values);
                for ((slot, value), former) in slots.iter().zip(&mut row.values).zip(&former) {
                    if value.is_missing() && !schema.clears(*slot) {
                        *value = former.clone();
                    }
                }
                *(if row.values == former { &mut self.repeated } else { &mut self.updated }) += 1;
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

    fn add_interaction(&mut self, slots: &[Slot], mut row: InteractionRow, record: Record, schema: &Schema) {
        if let Some((group, at)) = self.places.get(&row.id).copied() {
            let group = &self.groups[group];
            let differing = match &group.rows {
                Rows::Interactions(rows) => differing(&rows[at], &group.slots, &row, slots, schema),
                _ => Vec::new(),
            };
            if differing.is_empty() {
                self.repeated += 1;
            } else {
                let reason = changed(&differing, &format!("in row {}", group.records[at].line));
                self.rejects.push((record, reason));
            }
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
    pub fn take(&mut self, schema: &Schema, request: &ImportRequest<'_>) -> Taken {
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
                        ImportBatch::Records { entity: request.kind.entity()?, columns, rows }
                    }
                    Rows::Interactions(mut rows) => {
                        // Rows that came before an attribute was first seen don't have it yet.
                        rows.iter_mut().for_each(|row| row.values.resize(group.slots.len(), Value::Missing));
                        let attributes = group.slots.iter().map(name).collect();
                        ImportBatch::Interactions { attributes, rows, replace: request.replace }
                    }
                    Rows::Subscriptions(rows) => ImportBatch::Subscriptions(rows),
                    Rows::Suppressions(rows) => ImportBatch::Suppressions(rows),
                };
                Some((batch, group.records))
            })
            .collect();
        Taken { batches, rejects: whole.rejects, repeated: whole.repeated, updated: whole.updated }
    }
}

/// Why a row is rejected whose id belongs to an interaction with other content. `differing` names the columns.
pub(super) fn changed(differing: &[String], whereabouts: &str) -> String {
    let columns: Vec<String> = differing.iter().map(|name| format!("`{name}`")).collect();
    format!(
        "`id`: the interaction is {whereabouts} already with other content ({}); `--replace` replaces it",
        columns.join(", ")
    )
}

/// The columns in which a row says something else than an earlier row. What it leaves empty isn't compared.
fn differing(
    former: &InteractionRow,
    former_slots: &[Slot],
    row: &InteractionRow,
    slots: &[Slot],
    schema: &Schema,
) -> Vec<String> {
    let said = |new: &Option<String>, former: &Option<String>| new.is_some() && new != former;
    let common = [
        ("type", row.interaction != former.interaction),
        ("at", row.at != former.at),
        ("contact_id", row.contact_id != former.contact_id),
        ("account_id", said(&row.account_id, &former.account_id)),
        ("journey", said(&row.journey, &former.journey)),
        ("iteration", row.iteration.is_some() && row.iteration != former.iteration),
        ("step", said(&row.step, &former.step)),
    ];
    let common = common.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned());
    let attributes = slots.iter().zip(&row.values).filter(|(slot, value)| {
        let place = former_slots.iter().position(|known| known == *slot);
        !value.is_missing() && place.and_then(|place| former.values.get(place)) != Some(value)
    });
    common.chain(attributes.map(|(slot, _)| schema.names[*slot].name.clone())).collect()
}
