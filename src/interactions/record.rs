//! A record of a file before anybody has understood it.

use csv::ByteRecord;

/// The cells of a CSV row, or the line of an NDJSON row, with the line number where it starts; what is
/// kept of a row so that it can be written to the rejects.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Record {
    /// The line of the file on which it starts, from 1.
    pub line: u64,
    /// The cells as they stand in the file; of NDJSON, the whole line as one cell.
    pub cells: ByteRecord,
}

/// Why a record can't be taken apart: the reason in words.
pub(super) type Broken = String;

/// A record with what was made of it.
pub(super) type Read<T> = (Record, Result<T, Broken>);
