//! The way of a file: read, typed, handed on in batches, rejects told apart.

use std::io::{self, BufRead};

use super::batch::{BatchOutcome, ImportBatch};
use super::error::{ImportError, InputError};
use super::lines::Lines;
use super::notes::{Notes, Noting};
use super::request::{ImportFormat, ImportRequest};
use super::schema::Schema;
use super::source::Source;
use super::window::Window;
use csv::ByteRecord;

/// What became of a file. `read` is the sum of the other numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportSummary {
    /// Rows in the file.
    pub read: u64,
    /// Rows that weren't there before.
    pub created: u64,
    /// Rows that were there with other values.
    pub updated: u64,
    /// Rows that changed nothing: there already, or the same as an earlier row of the file.
    pub unchanged: u64,
    /// Rows that can't be used.
    pub rejected: u64,
    /// Rows about contacts that were erased, which are skipped.
    pub erased: u64,
    /// What is worth knowing besides.
    pub notes: Notes,
}

/// A row that can't be used.
#[derive(Debug, Clone, Copy)]
pub struct Reject<'a> {
    /// The line of the file on which the row starts; the first line is 1.
    pub line: u64,
    /// Why: the column, the value, what was expected.
    pub reason: &'a str,
    /// The names of the file's columns; of NDJSON, `record` alone.
    pub columns: &'a [String],
    /// The row's cells as they stand in the file, which may be more or fewer than there are columns; of
    /// NDJSON, the whole line.
    pub cells: &'a ByteRecord,
}

/// Reads a file row by row and hands typed rows to `sink` in batches; whatever can't be used goes to
/// `rejects` in the order of the file, and the rest goes on. `progress` hears of rows and bytes read
/// after each batch.
///
/// # Errors
/// When the file can't be read or its header makes no sense, when a reject can't be written, or when
/// the sink fails; batches handed on before that stay with the sink.
pub fn import<R: BufRead, E>(
    mut input: R,
    request: &ImportRequest<'_>,
    sink: &mut dyn FnMut(ImportBatch) -> Result<BatchOutcome, E>,
    rejects: &mut dyn FnMut(&Reject<'_>) -> io::Result<()>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ImportSummary, ImportError<E>> {
    let format = match request.format {
        Some(format) => format,
        None => ImportFormat::of_content(input.fill_buf().map_err(InputError::Read)?),
    };
    let schema = Schema::new(request, format)?;
    let mut lines = Lines::new(input);
    let source = Source::open(format, &schema, &mut lines)?;
    let mut desk =
        Desk { schema: &schema, request, source: &source, sink, rejects, summary: ImportSummary::default() };
    let mut noting = Noting::new(&schema);
    let mut window = Window::default();
    while let Some((record, row)) = source.next(&mut lines, &schema, request)? {
        desk.summary.read += 1;
        match row {
            Ok(row) => {
                noting.note(&row);
                if window.must_wait(&row, request.replace) {
                    desk.hand_on(&mut window)?;
                }
                window.add(row, record, &schema);
            }
            Err(reason) => window.reject(record, reason),
        }
        if window.is_full(request.batch_size) {
            desk.hand_on(&mut window)?;
            progress(desk.summary.read, lines.bytes());
        }
    }
    desk.hand_on(&mut window)?;
    progress(desk.summary.read, lines.bytes());
    Ok(ImportSummary { notes: noting.notes, ..desk.summary })
}

/// Where windows are handed on and counted.
struct Desk<'a, 'b, E> {
    schema: &'a Schema,
    request: &'a ImportRequest<'b>,
    source: &'a Source,
    sink: &'a mut dyn FnMut(ImportBatch) -> Result<BatchOutcome, E>,
    rejects: &'a mut dyn FnMut(&Reject<'_>) -> io::Result<()>,
    summary: ImportSummary,
}

impl<E> Desk<'_, '_, E> {
    fn hand_on(&mut self, window: &mut Window) -> Result<(), ImportError<E>> {
        let taken = window.take(self.schema, self.request);
        let mut rejects = taken.rejects;
        self.summary.unchanged += taken.repeated;
        self.summary.updated += taken.updated;
        for (batch, mut records) in taken.batches {
            let outcome = (self.sink)(batch).map_err(ImportError::Sink)?;
            self.summary.created += outcome.created;
            self.summary.updated += outcome.updated;
            self.summary.unchanged += outcome.unchanged;
            self.summary.erased += outcome.erased;
            for (at, reason) in outcome.rejected {
                let record = records.get_mut(at).map(std::mem::take).unwrap_or_default();
                rejects.push((record, reason));
            }
        }
        rejects.sort_by_key(|(record, _)| record.line);
        self.summary.rejected += rejects.len() as u64;
        for (record, reason) in &rejects {
            let reject =
                Reject { line: record.line, reason, columns: self.source.columns(), cells: &record.cells };
            (self.rejects)(&reject).map_err(InputError::Rejects)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
