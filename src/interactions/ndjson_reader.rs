//! NDJSON rows: one JSON object a line.

use std::io::{self, BufRead};

use csv::ByteRecord;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::lines::{Lines, without_break};
use super::record::{Read, Record};

/// Reads the next row; nothing at the end of the file. Blank lines are passed over. The object is
/// there unless the line isn't one; then the reason is.
pub(super) fn read_row<R: BufRead>(lines: &mut Lines<R>) -> io::Result<Option<Read<Map<String, Value>>>> {
    while let Some(line) = lines.next()? {
        let bytes = without_break(&line.bytes).trim_ascii();
        if bytes.is_empty() {
            continue;
        }
        let object = if line.cut {
            Err("the row is longer than 1 MB".to_owned())
        } else {
            match serde_json::from_slice(bytes) {
                Ok(Object(object)) => Ok(object),
                Err(error) => Err(format!("the line is not a JSON object: {error}")),
            }
        };
        let record = Record { line: line.number, cells: ByteRecord::from(vec![bytes]) };
        return Ok(Some((record, object)));
    }
    Ok(None)
}

/// A JSON object in which each key stands once: of two values nobody could tell which is meant.
struct Object(Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Object, A::Error> {
                let mut object = Map::new();
                while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                    if object.contains_key(&key) {
                        return Err(A::Error::custom(format!("the key `{key}` stands there twice")));
                    }
                    object.insert(key, value);
                }
                Ok(Object(object))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
