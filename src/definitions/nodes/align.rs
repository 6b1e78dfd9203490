//! Where each byte of an unescaped, unfolded scalar stands in the source.

use crate::diagnostics::{Span, Text};

/// How the source writes a scalar. Plain and block scalars differ from their value in white space only.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Double,
    Single,
    Bare,
}

/// The text of a scalar whose value is known; `span` is what the parser says of its place. The
/// source is walked along with the value, and a style counts only when every character is found.
pub(in crate::definitions) fn text(source: &str, value: String, span: Span) -> Text {
    let written = &source[span.start..span.end];
    let trimmed = Span::new(span.file, span.start, span.start + written.trim_end().len());
    if written == value {
        return Text::verbatim(value, span);
    }
    let style = match written.as_bytes().first() {
        Some(b'"') => Style::Double,
        Some(b'\'') => Style::Single,
        _ => Style::Bare,
    };
    for style in [style, Style::Bare] {
        if let Some(offsets) = (Walk { source, at: span.start, end: span.end, style }).offsets(&value) {
            return Text::mapped(value, trimmed, offsets);
        }
    }
    Text::verbatim(value, trimmed)
}

struct Walk<'a> {
    source: &'a str,
    at: usize,
    end: usize,
    style: Style,
}

impl Walk<'_> {
    fn offsets(mut self, value: &str) -> Option<Vec<u32>> {
        if self.style != Style::Bare {
            self.at += 1;
            self.end -= usize::from(self.end > self.at);
        }
        let mut offsets = Vec::with_capacity(value.len() + 1);
        for wanted in value.chars() {
            let place = if wanted.is_whitespace() { self.white(wanted) } else { self.black(wanted)? };
            let place = u32::try_from(place).ok()?;
            offsets.extend(std::iter::repeat_n(place, wanted.len_utf8()));
            if wanted.len_utf8() > 1 && self.source[place as usize..].starts_with(wanted) {
                let first = offsets.len() - wanted.len_utf8();
                for (offset, byte) in offsets[first..].iter_mut().zip(0..) {
                    *offset += byte;
                }
            }
        }
        offsets.push(u32::try_from(self.at).ok()?);
        Some(offsets)
    }

    /// White space that stands there is passed; what folding made stays where the line ends.
    fn white(&mut self, wanted: char) -> usize {
        let place = self.at;
        if let Some((found, length)) = self.next()
            && found == wanted
        {
            self.at += length;
        }
        place
    }

    fn black(&mut self, wanted: char) -> Option<usize> {
        loop {
            let (found, length) = self.next()?;
            let place = self.at;
            if found == wanted {
                self.at += length;
                return Some(place);
            }
            if !found.is_whitespace() {
                return None;
            }
            self.at += length;
        }
    }

    /// The next character of the value as the source writes it, and how many bytes that takes.
    fn next(&self) -> Option<(char, usize)> {
        let rest = self.source.get(self.at..self.end)?;
        let first = rest.chars().next()?;
        match self.style {
            Style::Single if rest.starts_with("''") => Some(('\'', 2)),
            Style::Double if first == '\\' => escape(rest),
            _ if rest.starts_with("\r\n") => Some(('\n', 2)),
            _ => Some((first, first.len_utf8())),
        }
    }
}

/// What an escape of a double-quoted scalar means; a continued line counts as white space.
fn escape(rest: &str) -> Option<(char, usize)> {
    let kind = rest[1..].chars().next()?;
    let digits = |count: usize| {
        let code = u32::from_str_radix(rest.get(2..2 + count)?, 16).ok()?;
        Some((char::from_u32(code)?, 2 + count))
    };
    let meaning = match kind {
        'x' => return digits(2),
        'u' => return surrogate_pair(rest).or_else(|| digits(4)),
        'U' => return digits(8),
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        '\r' | '\n' => '\n',
        other => other,
    };
    Some((meaning, 1 + kind.len_utf8()))
}

fn surrogate_pair(rest: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(rest.get(at..at + 4)?, 16).ok();
    let pair = [unit(2)?, unit(8).filter(|_| rest.get(6..8) == Some("\\u"))?];
    let decoded = char::decode_utf16(pair).next()?.ok()?;
    (decoded.len_utf16() == 2).then_some((decoded, 12))
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use crate::definitions::Content;
    use crate::diagnostics::{Problems, Sources};

    /// The source text at each place where `needle` stands in the value of the file's only key.
    fn found(source: &str, needle: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let mut problems = Problems::default();
        let file = sources.add("x.yaml", source);
        let nodes = yaml::parse(file, source, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        let Content::Mapping(entries) = &nodes[0].content else { panic!("a mapping") };
        let Content::Text(text) = &entries[0].1.content else { panic!("text") };
        text.value
            .match_indices(needle)
            .map(|(at, _)| {
                let span = text.span_at(at, at + needle.len());
                let place = sources.position(span);
                format!("{}:{} {}", place.line, place.column, sources.slice(span))
            })
            .collect()
    }

    #[test]
    fn a_word_is_found_again_in_every_style() {
        let cases = [
            ("plain", "k: one word", "1:8 word"),
            ("after text that isn't ASCII", "ключ: ünï word", "1:11 word"),
            ("plain over lines", "k: one\n  two\n  word x", "3:3 word"),
            ("plain over lines with CRLF", "k: one\r\n  two\r\n\r\n  word x\r\n", "4:3 word"),
            ("single quotes", "k: 'it''s a ''word'''", "1:15 word"),
            ("double quotes", "k: \"a \\\"word\\\"\"", "1:9 word"),
            ("escapes", "k: \"\\u00e4\\n\\t\\x41\\U0001F600 word\"", "1:30 word"),
            ("surrogates", "k: \"\\uD83D\\uDE00 word\"", "1:18 word"),
            ("continued lines", "k: \"one \\\n   two\n\n  word\"", "4:3 word"),
            ("literal block", "k: |\n    hello\n      word\n\n    end\n", "3:7 word"),
            ("literal block with CRLF", "k: |\r\n  hello\r\n\r\n  a word\r\n", "4:5 word"),
            ("literal block that starts with a quote", "k: |-\n  \"a\"\n  word\n", "3:3 word"),
            ("folded block", "k: >-\n  one\n  two\n\n  three word\n", "5:9 word"),
            ("block that starts with an empty line", "k: |\n\n  word\n", "3:3 word"),
        ];
        for (name, source, expected) in cases {
            assert_eq!(found(source, "word"), [expected], "{name}");
        }
    }

    #[test]
    fn letters_of_several_bytes_are_told_apart() {
        assert_eq!(found("k: 'a''äöü'", "ö"), ["1:9 ö"]);
    }

    #[test]
    fn the_span_of_a_text_holds_its_quotes_and_no_trailing_space() {
        for (source, expected) in [
            ("k: 'a b'\n", "'a b'"),
            ("k: \"a\" # c\n", "\"a\""),
            ("k: |\n  a\n\n", "a"),
            ("k: a  # c\n", "a"),
        ] {
            let mut sources = Sources::default();
            let file = sources.add("x.yaml", source);
            let nodes = yaml::parse(file, source, &mut Problems::default());
            let Content::Mapping(entries) = &nodes[0].content else { panic!("a mapping") };
            assert_eq!(sources.slice(entries[0].1.span), expected);
        }
    }
}
