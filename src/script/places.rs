//! Where things stand in the text of an expression: Rhai tells only where they start, in lines and
//! columns of characters; this finds bytes and ends.

/// The text with the byte at which each of its lines starts.
pub(super) struct Places<'a> {
    source: &'a str,
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let starts = source.match_indices('\n').map(|(at, _)| at + 1);
        Places { source, lines: std::iter::once(0).chain(starts).collect() }
    }

    /// The byte at a line and a column, both from 1; the end of the text when there is no such place.
    pub(super) fn byte(&self, line: usize, column: usize) -> usize {
        let Some(start) = line.checked_sub(1).and_then(|line| self.lines.get(line)) else {
            return self.source.len();
        };
        let line = &self.source[*start..];
        let within = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
        start + within
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.source.get(start..end).unwrap_or("")
    }

    pub(super) fn after(&self, at: usize) -> &'a str {
        self.source.get(at..).unwrap_or("")
    }

    pub(super) fn before(&self, at: usize) -> &'a str {
        self.source.get(..at).unwrap_or("")
    }

    /// The end of the word that starts at `at`.
    pub(super) fn word_end(&self, at: usize) -> usize {
        let rest = self.after(at);
        at + rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())
    }

    /// The word, or else the one sign, at `at`; empty at the end.
    pub(super) fn token(&self, at: usize) -> &'a str {
        let end = self.word_end(at);
        if end > at {
            return self.slice(at, end);
        }
        let first = self.after(at).chars().next().map_or(0, char::len_utf8);
        self.slice(at, at + first)
    }

    /// The end of the text in quotes that starts at `at`.
    pub(super) fn quoted_end(&self, at: usize) -> usize {
        let mut characters = self.after(at).char_indices().peekable();
        let Some((_, quote)) = characters.next() else { return at };
        while let Some((index, character)) = characters.next() {
            if character == '\\' {
                characters.next();
            } else if character == quote {
                if characters.peek().is_some_and(|(_, next)| *next == quote) {
                    characters.next();
                } else {
                    return at + index + 1;
                }
            }
        }
        self.source.len()
    }

    /// Start and end of the number whose sign, parenthesis or first digit stands at `at`.
    pub(super) fn number(&self, at: usize) -> (usize, usize) {
        let rest = self.after(at);
        let first = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        let mut end = first;
        let bytes = rest.as_bytes();
        while let Some(byte) = bytes.get(end) {
            let next_is_digit = bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            let after_exponent =
                end > first && matches!(bytes[end - 1], b'e' | b'E') && !rest[first..].starts_with("0x");
            let belongs = byte.is_ascii_alphanumeric()
                || *byte == b'_'
                || (*byte == b'.' && next_is_digit)
                || (matches!(byte, b'+' | b'-') && after_exponent && next_is_digit);
            if !belongs {
                break;
            }
            end += 1;
        }
        (at + first, at + end)
    }

    /// The end of what stands in the brackets that open at or after `at`.
    pub(super) fn bracket_end(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        let mut place = at;
        while let Some(character) = self.after(place).chars().next() {
            match character {
                '"' | '`' | '\'' => {
                    place = self.quoted_end(place);
                    continue;
                }
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return place + 1;
                    }
                }
                _ => {}
            }
            place += character.len_utf8();
        }
        self.source.len()
    }
}

/// Whether a character may stand in a word.
pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_places_count_bytes() {
        let places = Places::new("é == x\n  && \"ü\" == y");
        assert_eq!(places.token(places.byte(1, 6)), "x");
        assert_eq!(places.token(places.byte(2, 3)), "&");
        assert_eq!(places.token(places.byte(2, 13)), "y");
        assert_eq!(places.byte(9, 1), places.source.len());
    }

    #[test]
    fn ends_are_found_behind_quotes_and_brackets() {
        let places = Places::new(r#"f("a)\"", [1]) + "b""c" -1_000.5e-3"#);
        assert_eq!(places.slice(0, places.bracket_end(0)), r#"f("a)\"", [1])"#);
        assert_eq!(places.slice(17, places.quoted_end(17)), r#""b""c""#);
        let (start, end) = places.number(24);
        assert_eq!(places.slice(start, end), "1_000.5e-3");
    }
}
