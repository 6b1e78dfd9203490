//! NDJSON rows: one JSON object a line.

use std::io::{self, BufRead};

use csv::ByteRecord;
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
                Ok(Value::Object(object)) => Ok(object),
                Ok(_) => Err("a JSON object was expected".to_owned()),
                Err(error) => Err(format!("the line is not a JSON object: {error}")),
            }
        };
        let record = Record { line: line.number, cells: ByteRecord::from(vec![bytes]) };
        return Ok(Some((record, object)));
    }
    Ok(None)
}
