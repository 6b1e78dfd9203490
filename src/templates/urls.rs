//! Values in the query of a web address, which are encoded for it.

use std::fmt::Write as _;

/// Where in a text the next value will stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// What stands since the last white space, quotation mark or bracket.
    word: String,
}

/// Longest address that is kept in mind.
const LONGEST: usize = 4_000;

impl Place {
    /// Goes on behind a piece of text.
    pub fn pass(&mut self, text: &str) {
        let ends =
            |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '<' | '>' | '(' | ')');
        match text.rfind(ends) {
            Some(at) => {
                let length = text[at..].chars().next().map_or(1, char::len_utf8);
                self.word = text[at + length..].to_owned();
            }
            None if self.word.len() < LONGEST => self.word.push_str(text),
            None => {}
        }
    }

    /// Whether a value here is part of the query of an address.
    pub fn is_in_query(&self) -> bool {
        let is_address = self.word.contains("://") || self.word.starts_with("mailto:");
        is_address && self.word.contains('?')
    }
}

/// A text as it has to stand in a query: everything but letters, digits and `-._~` by its bytes.
pub(super) fn encoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                written.push(char::from(byte))
            }
            _ => {
                let _ = write!(written, "%{byte:02X}");
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_behind_the_question_mark_of_an_address_is_in_its_query() {
        let cases = [
            (vec!["<a href=\"https://v.example/?e="], true),
            (vec!["<a href=\"https://v.example/", "?e="], true),
            (vec!["<a href=\"https://v.example/?e=x\">Really? "], false),
            (vec!["<a href=\"https://v.example/"], false),
            (vec!["Are you there? "], false),
            (vec!["see https://v.example/?a=1&b="], true),
            (vec!["mailto:x@y.example?subject="], true),
        ];
        for (texts, expected) in cases {
            let mut place = Place::default();
            texts.iter().for_each(|text| place.pass(text));
            assert_eq!(place.is_in_query(), expected, "{texts:?}");
        }
        assert_eq!(encoded("ann+news@müller.example & Co"), "ann%2Bnews%40m%C3%BCller.example%20%26%20Co");
    }
}
