//! What is worth knowing of a file whose rows can be used: ids that occur several times, unknown time zones.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::row::Row;
use super::schema::{Schema, Slot};
use crate::calendar::Zone;
use crate::model::Value;

/// How many examples are kept of each, and how many rows of an example.
const EXAMPLES: usize = 3;
const ROWS: usize = 10;

/// A value, with the lines of the first rows in which it occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The value.
    pub value: String,
    /// The lines of the file, at most ten.
    pub rows: Vec<u64>,
}

/// What is worth knowing of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    /// How many ids of records occur in several rows.
    pub repeated_ids: u64,
    /// The first of them.
    pub first_repeated_ids: Vec<Example>,
    /// How many contacts have a time zone that no zone database knows.
    pub unknown_zones: u64,
    /// The first of these zones.
    pub first_unknown_zones: Vec<Example>,
}

/// Where notes are made while rows go by. Of each id a hash is kept, with the line where it came first.
pub(super) struct Noting {
    pub notes: Notes,
    lines: HashMap<u64, Line>,
    zone_slot: Option<Slot>,
    zones: HashMap<String, bool>,
}

#[derive(Clone, Copy)]
struct Line {
    first: u64,
    repeated: bool,
}

impl Noting {
    pub fn new(schema: &Schema) -> Noting {
        let zone_slot = schema.slot_of("timezone");
        Noting { notes: Notes::default(), lines: HashMap::new(), zone_slot, zones: HashMap::new() }
    }

    /// Looks at a row that can be used. Rows that aren't records have no notes.
    pub fn note(&mut self, row: &Row) {
        let Row::Record { slots, row } = row else { return };
        self.note_id(&row.id, row.line);
        let zones = slots.iter().zip(&row.values).filter(|(slot, _)| Some(**slot) == self.zone_slot);
        if let Some((_, Value::Text(zone))) = zones.into_iter().next() {
            self.note_zone(zone, row.line);
        }
    }

    fn note_id(&mut self, id: &str, line: u64) {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let Some(known) = self.lines.get_mut(&hasher.finish()) else {
            self.lines.insert(hasher.finish(), Line { first: line, repeated: false });
            return;
        };
        if !known.repeated {
            known.repeated = true;
            self.notes.repeated_ids += 1;
            example(&mut self.notes.first_repeated_ids, id, known.first);
        }
        example(&mut self.notes.first_repeated_ids, id, line);
    }

    fn note_zone(&mut self, zone: &str, line: u64) {
        if !self.zones.contains_key(zone) {
            self.zones.insert(zone.to_owned(), Zone::named(zone.trim()).is_ok());
        }
        if self.zones.get(zone) == Some(&false) {
            self.notes.unknown_zones += 1;
            example(&mut self.notes.first_unknown_zones, zone, line);
        }
    }
}

fn example(examples: &mut Vec<Example>, value: &str, line: u64) {
    let known = examples.iter().position(|example| example.value == value);
    match known {
        Some(place) if examples[place].rows.len() < ROWS => examples[place].rows.push(line),
        None if examples.len() < EXAMPLES => {
            examples.push(Example { value: value.to_owned(), rows: vec![line] });
        }
        _ => {}
    }
}
