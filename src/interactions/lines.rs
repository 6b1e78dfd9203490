//! Lines of a stream with their numbers, none of them longer than there is room for.

use std::collections::VecDeque;
use std::io::{self, BufRead};

/// How long a record may be, in bytes.
pub(super) const LONGEST: usize = 1 << 20;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes with the line break; at most [`LONGEST`] of them.
    pub bytes: Vec<u8>,
    /// Whether it was longer than that; the rest is passed over.
    pub cut: bool,
}

/// Reads line by line; lines can be given back.
pub(super) struct Lines<R> {
    input: R,
    number: u64,
    bytes: u64,
    given_back: VecDeque<Line>,
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R) -> Self {
        Lines { input, number: 0, bytes: 0, given_back: VecDeque::new() }
    }

    /// How many bytes were read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line; nothing at the end of the file. A byte order mark before the first is passed over.
    pub fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.given_back.pop_front() {
            return Ok(Some(line));
        }
        let mut line = Line { number: self.number + 1, bytes: Vec::new(), cut: false };
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                break;
            }
            let end = chunk.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let taken = end.unwrap_or(chunk.len());
            let room = LONGEST - line.bytes.len();
            line.bytes.extend_from_slice(&chunk[..taken.min(room)]);
            line.cut |= taken > room;
            self.input.consume(taken);
            self.bytes += taken as u64;
            if end.is_some() {
                break;
            }
        }
        if line.bytes.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        if self.number == 1 && line.bytes.starts_with("\u{feff}".as_bytes()) {
            line.bytes.drain(..3);
        }
        Ok(Some(line))
    }

    /// Gives lines back, so that they are read again.
    pub fn give_back(&mut self, lines: Vec<Line>) {
        for line in lines.into_iter().rev() {
            self.given_back.push_front(line);
        }
    }
}

/// The bytes without the line break at their end.
pub(super) fn without_break(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_can_be_given_back() {
        let mut lines = Lines::new("\u{feff}a\r\n\nb".as_bytes());
        let all: Vec<Line> = std::iter::from_fn(|| lines.next().unwrap()).collect();
        let seen: Vec<(u64, &[u8])> =
            all.iter().map(|line| (line.number, without_break(&line.bytes))).collect();
        assert_eq!(seen, [(1, &b"a"[..]), (2, b""), (3, b"b")]);
        assert_eq!(lines.bytes(), 8);
        lines.give_back(all.clone());
        let again: Vec<Line> = std::iter::from_fn(|| lines.next().unwrap()).collect();
        assert_eq!(again, all);
    }

    #[test]
    fn a_line_without_end_takes_no_more_room_than_there_is() {
        let endless = vec![b'x'; LONGEST + 10];
        let mut file = endless.clone();
        file.extend_from_slice(b"\nnext");
        let mut lines = Lines::new(&file[..]);
        let first = lines.next().unwrap().unwrap();
        assert_eq!((first.bytes.len(), first.cut), (LONGEST, true));
        let second = lines.next().unwrap().unwrap();
        assert_eq!((second.number, &second.bytes[..], second.cut), (2, &b"next"[..], false));
    }
}
