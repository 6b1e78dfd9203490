//! CSV rows with the line each starts on.
//!
//! A quote that is never closed costs its own row: the reader goes back and goes on with the next
//! line. Otherwise cells are taken apart as the `csv` crate does it, which a test holds.

use std::io::{self, BufRead};

use csv::ByteRecord;

use super::lines::{LONGEST, Line, Lines, without_break};
use super::record::{Broken, Record};

/// Where in a cell the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Plain,
    Quoted,
    /// After a quote in a quoted cell: the next byte tells whether the quotes end here.
    Quote,
}

/// What a byte does to the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Keep,
    Drop,
    EndCell,
}

fn advance(place: Place, byte: u8, delimiter: u8) -> (Place, Action) {
    match (place, byte) {
        (Place::Start, b'"') => (Place::Quoted, Action::Drop),
        (Place::Quoted, b'"') => (Place::Quote, Action::Drop),
        (Place::Quoted, _) => (Place::Quoted, Action::Keep),
        (Place::Quote, b'"') => (Place::Quoted, Action::Keep),
        (_, byte) if byte == delimiter => (Place::Start, Action::EndCell),
        _ => (Place::Plain, Action::Keep),
    }
}

/// The delimiter that a header line is written with: the most frequent one outside quotes.
pub(super) fn delimiter_of(header: &[u8]) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in header {
        if *byte == b'"' {
            quoted = !quoted;
        } else if !quoted && let Some(found) = counts.iter_mut().find(|(delimiter, _)| delimiter == byte) {
            found.1 += 1;
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.iter().find(|(_, count)| *count == most).map_or(b',', |(delimiter, _)| *delimiter)
}

/// Reads the next row; nothing at the end of the file. Blank lines are passed over. A row that can't
/// be taken apart comes with the reason, its line as one cell.
pub(super) fn read_row<R: BufRead>(
    lines: &mut Lines<R>,
    delimiter: u8,
) -> io::Result<Option<(Record, Option<Broken>)>> {
    let first = loop {
        match lines.next()? {
            None => return Ok(None),
            Some(line) if without_break(&line.bytes).is_empty() => {}
            Some(line) => break line,
        }
    };
    if first.cut {
        return Ok(Some(broken(first, "the row is longer than 1 MB".to_owned())));
    }
    let mut open = ends_in_quotes(Place::Start, &first.bytes, delimiter);
    if !open {
        return Ok(Some((split(first.number, &first.bytes, delimiter), None)));
    }
    let mut more: Vec<Line> = Vec::new();
    let mut length = first.bytes.len();
    while open {
        let next = lines.next()?;
        let ends_here = next.is_none();
        if let Some(line) = next {
            length += line.bytes.len();
            open = ends_in_quotes(Place::Quoted, &line.bytes, delimiter);
            more.push(line);
        }
        if (ends_here && open) || length > LONGEST || more.last().is_some_and(|line| line.cut) {
            lines.give_back(more);
            return Ok(Some(broken(first, "a quotation mark is opened and never closed".to_owned())));
        }
    }
    let mut whole = first.bytes;
    for line in &more {
        whole.extend_from_slice(&line.bytes);
    }
    Ok(Some((split(first.number, &whole, delimiter), None)))
}

fn broken(line: Line, reason: Broken) -> (Record, Option<Broken>) {
    let cells = ByteRecord::from(vec![without_break(&line.bytes)]);
    (Record { line: line.number, cells }, Some(reason))
}

/// Whether a quoted cell is still open after these bytes.
fn ends_in_quotes(place: Place, bytes: &[u8], delimiter: u8) -> bool {
    if !bytes.contains(&b'"') {
        return place == Place::Quoted;
    }
    bytes.iter().fold(place, |place, byte| advance(place, *byte, delimiter).0) == Place::Quoted
}

/// Takes a complete row apart.
fn split(line: u64, bytes: &[u8], delimiter: u8) -> Record {
    let bytes = without_break(bytes);
    let mut cells = ByteRecord::with_capacity(bytes.len(), 16);
    if !bytes.contains(&b'"') {
        bytes.split(|byte| *byte == delimiter).for_each(|cell| cells.push_field(cell));
        return Record { line, cells };
    }
    let mut cell = Vec::new();
    let mut place = Place::Start;
    for byte in bytes {
        let (next, action) = advance(place, *byte, delimiter);
        place = next;
        match action {
            Action::Keep => cell.push(*byte),
            Action::Drop => {}
            Action::EndCell => {
                cells.push_field(&cell);
                cell.clear();
            }
        }
    }
    cells.push_field(&cell);
    Record { line, cells }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Row = (u64, Vec<String>, bool);

    fn rows(text: &[u8], delimiter: u8) -> Vec<Row> {
        let mut lines = Lines::new(text);
        let mut rows = Vec::new();
        while let Some((record, broken)) = read_row(&mut lines, delimiter).unwrap() {
            let cells = record.cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
            rows.push((record.line, cells, broken.is_none()));
        }
        rows
    }

    fn row(line: u64, cells: &[&str]) -> Row {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect(), true)
    }

    #[test]
    fn a_row_knows_the_line_it_starts_on() {
        let text = "a,b\r\n\r\n\"one\r\ntwo\",\"say \"\"hi\"\"\"\r\nc,\n";
        let expected = [row(1, &["a", "b"]), row(3, &["one\r\ntwo", "say \"hi\""]), row(5, &["c", ""])];
        assert_eq!(rows(text.as_bytes(), b','), expected);
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_only_its_own_row() {
        let text = "a,b\n\"open,b\nc,d\ne,f\n";
        let mut expected = vec![row(1, &["a", "b"]), row(2, &["\"open,b"]), row(3, &["c", "d"])];
        expected[1].2 = false;
        expected.push(row(4, &["e", "f"]));
        assert_eq!(rows(text.as_bytes(), b','), expected);
    }

    #[test]
    fn the_delimiter_is_found_in_the_header() {
        let cases = [
            ("id,name", b','),
            ("id;name;city", b';'),
            ("id\tname", b'\t'),
            ("id", b','),
            ("\"a;b;c\",name", b','),
            ("id;\"name, first\"", b';'),
        ];
        for (header, delimiter) in cases {
            assert_eq!(delimiter_of(header.as_bytes()), delimiter, "{header}");
        }
    }

    proptest! {
        #[test]
        fn cells_are_taken_apart_as_the_csv_crate_does_it(text in "[ab,\" \n]{0,40}") {
            let ours = rows(text.as_bytes(), b',');
            prop_assume!(ours.iter().all(|(_, _, whole)| *whole));
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .collect();
            let ours: Vec<Vec<String>> = ours.into_iter().map(|(_, cells, _)| cells).collect();
            prop_assert_eq!(ours, theirs);
        }
    }
}
