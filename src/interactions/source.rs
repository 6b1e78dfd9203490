//! The rows of a file, whatever its format, as typed rows or reasons.

use std::io::BufRead;

use serde_json::{Map, Value as Json};

use super::cells::Cell;
use super::error::InputError;
use super::lines::Lines;
use super::record::{Read, Record};
use super::request::{ImportFormat, ImportRequest};
use super::row::{Row, make_row};
use super::schema::{Schema, Slot, unknown_key};
use super::{csv_reader, ndjson_reader};

/// How the rows of a file are read.
pub(super) enum Source {
    Csv { delimiter: u8, columns: Vec<String>, slots: Vec<Option<Slot>> },
    NdJson { columns: Vec<String> },
}

impl Source {
    /// Reads what comes before the rows.
    pub fn open<R: BufRead>(
        format: ImportFormat,
        schema: &Schema,
        lines: &mut Lines<R>,
    ) -> Result<Source, InputError> {
        if format == ImportFormat::NdJson {
            return Ok(Source::NdJson { columns: vec!["record".to_owned()] });
        }
        let first = lines.next().map_err(InputError::Read)?.ok_or(InputError::Empty)?;
        let delimiter = csv_reader::delimiter_of(&first.bytes);
        lines.give_back(vec![first]);
        let header = csv_reader::read_row(lines, delimiter).map_err(InputError::Read)?;
        let (header, broken) = header.ok_or(InputError::Empty)?;
        if let Some(reason) = broken {
            return Err(InputError::Header { reason });
        }
        let columns: Vec<String> = header
            .cells
            .iter()
            .map(|cell| std::str::from_utf8(cell).map(|name| name.trim().to_owned()))
            .collect::<Result<_, _>>()
            .map_err(|_| InputError::Encoding)?;
        let slots = schema.header(&columns)?;
        Ok(Source::Csv { delimiter, columns, slots })
    }

    /// The names of the file's columns, as rejects show them.
    pub fn columns(&self) -> &[String] {
        match self {
            Source::Csv { columns, .. } | Source::NdJson { columns } => columns,
        }
    }

    /// The next row as the file has it, with the typed row or the reason why there is none.
    pub fn next<R: BufRead>(
        &self,
        lines: &mut Lines<R>,
        schema: &Schema,
        request: &ImportRequest<'_>,
    ) -> Result<Option<Read<Row>>, InputError> {
        match self {
            Source::Csv { delimiter, columns, slots } => {
                let next = csv_reader::read_row(lines, *delimiter).map_err(InputError::Read)?;
                let Some((record, broken)) = next else { return Ok(None) };
                let row = match broken {
                    Some(reason) => Err(reason),
                    None => csv_row(&record, columns, slots, schema, request),
                };
                Ok(Some((record, row)))
            }
            Source::NdJson { .. } => {
                let next = ndjson_reader::read_row(lines).map_err(InputError::Read)?;
                let Some((record, object)) = next else { return Ok(None) };
                if object.is_err() && record.line == 1 && record.cells.as_slice().starts_with(b"[") {
                    return Err(InputError::JsonArray);
                }
                let row = object.and_then(|object| json_row(&record, &object, schema, request));
                Ok(Some((record, row)))
            }
        }
    }
}

fn csv_row(
    record: &Record,
    columns: &[String],
    slots: &[Option<Slot>],
    schema: &Schema,
    request: &ImportRequest<'_>,
) -> Result<Row, String> {
    if record.cells.len() != slots.len() {
        let cells = if record.cells.len() == 1 { "cell" } else { "cells" };
        return Err(format!(
            "the row has {} {cells} where the header has {}",
            record.cells.len(),
            slots.len()
        ));
    }
    let mut row = Vec::with_capacity(slots.len());
    for ((slot, column), cell) in slots.iter().zip(columns).zip(&record.cells) {
        if let Some(slot) = slot {
            let text = std::str::from_utf8(cell).map_err(|_| format!("`{column}`: the text is not UTF-8"))?;
            row.push((*slot, Cell::Text(text)));
        }
    }
    make_row(schema, record.line, &row, request.notation())
}

fn json_row(
    record: &Record,
    object: &Map<String, Json>,
    schema: &Schema,
    request: &ImportRequest<'_>,
) -> Result<Row, String> {
    let mut row: Vec<(Slot, Cell<'_>)> = Vec::with_capacity(object.len());
    for (key, value) in object {
        match schema.column(key) {
            None => return Err(unknown_key(schema, request.kind, key)),
            Some(None) => {}
            Some(Some(slot)) if row.iter().any(|(taken, _)| *taken == slot) => {
                return Err(format!("`{}` stands there twice, under two names", schema.names[slot].name));
            }
            Some(Some(slot)) => row.push((slot, Cell::Json(value))),
        }
    }
    // Objects with the same keys in another order belong to the same batch.
    row.sort_by_key(|(slot, _)| *slot);
    make_row(schema, record.line, &row, request.notation())
}
