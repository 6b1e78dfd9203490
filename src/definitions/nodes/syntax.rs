//! What is wrong with a text that isn't YAML, in words for people who don't read parsers.

use serde_saphyr::Error;

use super::traps;
use crate::diagnostics::{Code, FileId, Problem, Span};

/// The problem of a text that isn't YAML.
pub(in crate::definitions) fn problem(file: FileId, text: &str, error: &Error) -> Problem {
    let error = error.without_snippet();
    let at = error.location().map_or(0, |location| byte_at(text, location.line(), location.column()));
    let said = error.to_string();
    // Which limit was reached stands only in the error's own name.
    let name = format!("{error:?}").to_lowercase();
    Mistake { file, text, at, said: said.lines().next().unwrap_or(""), name }.problem()
}

/// A place in a text, and what the parser said of it.
struct Mistake<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    said: &'a str,
    name: String,
}

impl<'a> Mistake<'a> {
    fn problem(&self) -> Problem {
        self.invisible()
            .or_else(|| self.size())
            .or_else(|| self.tab())
            .or_else(|| self.start_of_value())
            .or_else(|| self.quotes())
            .or_else(|| self.colon())
            .or_else(|| self.brackets())
            .or_else(|| self.lines())
            .unwrap_or_else(|| self.other())
    }

    fn has(&self, part: &str) -> bool {
        self.said.contains(part)
    }

    fn at(
        &self,
        start: usize,
        end: usize,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Option<Problem> {
        let span = Span::new(self.file, start, end);
        Some(Problem::error(Code::YamlSyntax, span, message).hint(hint))
    }

    /// The place itself: one character, unless a line ends there.
    fn here(&self) -> (usize, usize) {
        let first = self.text[self.at..].chars().next().filter(|c| !matches!(c, '\n' | '\r'));
        (self.at, self.at + first.map_or(0, char::len_utf8))
    }

    /// Where the line of a place starts, and its text.
    fn line(&self, at: usize) -> (usize, &'a str) {
        let start = self.text[..at].rfind('\n').map_or(0, |at| at + 1);
        (start, self.text[start..].lines().next().unwrap_or(""))
    }

    /// The last line with anything on it above a place that starts a line.
    fn line_above(&self, start: usize) -> Option<(usize, &'a str)> {
        let end = self.text[..start].trim_end().len();
        (end > 0).then(|| self.line(end))
    }

    /// Where the value on the line starts, and the value: what stands behind the key and `- `.
    fn value(&self) -> (usize, &'a str) {
        let (start, line) = self.line(self.at);
        let mut from = line.len() - line.trim_start().len();
        while line[from..].starts_with("- ") {
            from += line[from..].len() - line[from + 1..].trim_start().len();
        }
        let is_key = |key: &str| key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if let Some((key, value)) = line[from..].split_once(": ")
            && is_key(key)
        {
            from += line[from..].len() - value.trim_start().len();
        }
        (start + from, line[from..].trim_end())
    }

    fn invisible(&self) -> Option<Problem> {
        let is_odd = |c: char| (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || c == '\u{feff}';
        let (at, odd) = self.text.char_indices().find(|(_, c)| is_odd(*c))?;
        let message = format!("a character that can't be seen (U+{:04X}) stands here", u32::from(odd));
        self.at(at, at + odd.len_utf8(), message, "Delete it; if the file is no text at all, take it away.")
    }

    fn size(&self) -> Option<Problem> {
        if !(self.has("budget") || self.has("limit") || self.has("too large")) {
            return None;
        }
        let (message, hint) = if ["alias", "anchor", "replay"].iter().any(|word| self.name.contains(word)) {
            ("aliases such as `*name` repeat too much of this file", "Write the values out.")
        } else if ["depth", "nesting", "recursion"].iter().any(|word| self.name.contains(word)) {
            ("lists and mappings lie too deep in each other", "Make segments of parts of the condition.")
        } else {
            ("the file is too large", "Split it up: definitions may stand in any number of files.")
        };
        let (start, end) = self.here();
        self.at(start, end, message, hint)
    }

    fn tab(&self) -> Option<Problem> {
        let tab_in = |line: &str| line[..line.len() - line.trim_start().len()].find('\t');
        let (own, line) = self.line(self.at);
        // A text that goes on behind a tab is found wrong where it starts.
        let below = || {
            let mut start = own;
            self.text[own..].split_inclusive('\n').find_map(|line| {
                let at = start;
                start += line.len();
                tab_in(line.trim_end()).map(|_| self.line(at))
            })
        };
        let (start, line) = match tab_in(line) {
            Some(_) => (own, line),
            None if self.has("tab") => below()?,
            None => return None,
        };
        let indentation = &line[..line.len() - line.trim_start().len()];
        let tab = tab_in(line)?;
        let message = "a tab stands in the indentation, where YAML takes only spaces";
        let end = start + tab + indentation[tab..].bytes().take_while(|byte| *byte == b'\t').count();
        self.at(start + tab, end, message, "Replace tabs by spaces; editors can do so for the whole file.")
    }

    /// A value whose first sign means something in YAML.
    fn start_of_value(&self) -> Option<Problem> {
        let (start, value) = self.value();
        let word = value.split_whitespace().next().unwrap_or("");
        let end = start + word.len();
        let quoted = "Put the whole text in double quotes.";
        if value.starts_with("{{") {
            return self.at(start, end, "`{{` starts a mapping in YAML", quoted);
        }
        if value.starts_with('!') && (self.has("tag") || self.has("trailing") || self.has("did not find")) {
            return Some(traps::tag(Span::new(self.file, start, start + value.len()), value));
        }
        if self.has("recursive") {
            let (start, end) = self.here();
            return self.at(
                start,
                end,
                "a reference stands inside of what it refers to",
                "Write the values out.",
            );
        }
        if self.has("alias") || self.has("anchor") {
            let word = self.text[self.at..].split_whitespace().next().unwrap_or("");
            let word = word.split([',', ']', '}']).next().unwrap_or(word);
            let message = format!("YAML takes `{word}` for a reference to another part of the file");
            return self.at(
                self.at,
                self.at + word.len(),
                message,
                "Put a text that starts with `*` or `&` in quotes; a reference finds what `&` names in the same document only.",
            );
        }
        if self.has("unexpected character") || self.has("plain scalar cannot start") {
            let (start, end) = self.here();
            let message = format!("a text without quotes can't start with `{}`", &self.text[start..end]);
            return self.at(start, end, message, quoted);
        }
        if self.has("block scalar") && value.starts_with(['|', '>']) {
            let message =
                format!("`{}` starts a block of text, which stands on the lines below it", &value[..1]);
            return self.at(
                start,
                start + 1,
                message,
                "Start the text on the next line, or put it in quotes.",
            );
        }
        None
    }

    fn quotes(&self) -> Option<Problem> {
        if self.has("trailing content after") {
            let (start, value) = self.value();
            let hint = match value.contains('\'') || !value.starts_with('"') {
                true => "Put the whole value in quotes of the other kind.".to_owned(),
                false => format!("Put the whole value in single quotes: `'{value}'`."),
            };
            let end = start + value.len();
            let message = "the text goes on after its closing quotation mark";
            return self.at(self.at.min(end), end, message, hint);
        }
        if !(self.has("quoted scalar") || self.has("unclosed quote")) {
            return None;
        }
        if ["escape", "hexadecimal", "surrogate"].iter().any(|word| self.has(word)) {
            let backslash = self.text[self.at..].find('\\').map_or(self.at, |at| self.at + at);
            let sign = self.text[backslash..].chars().take(2).map(char::len_utf8).sum::<usize>();
            let message = "in double quotes, a backslash starts a special character";
            let hint = "Put the text in single quotes, or write each backslash twice.";
            return self.at(backslash, backslash + sign, message, hint);
        }
        let open = self.open_quote().unwrap_or(self.at);
        self.at(open, open + 1, "this quotation mark isn't closed", "Close it at the end of the text.")
    }

    /// The quotation mark that is open at the place: the last one on the nearest line with an odd number.
    fn open_quote(&self) -> Option<usize> {
        let (mut start, mut line) = self.line(self.at);
        loop {
            for quote in ['"', '\''] {
                if line.matches(quote).count() % 2 == 1 {
                    return line.rfind(quote).map(|at| start + at);
                }
            }
            (start, line) = self.line_above(start)?;
        }
    }

    fn colon(&self) -> Option<Problem> {
        if !(self.has("mapping values are not allowed") || self.has("simple key") || self.has("expected ':'"))
        {
            return None;
        }
        let (start, line) = self.line(self.at);
        let has_colon = |line: &str| line.contains(": ") || line.trim_end().ends_with(':');
        let before = &line[..(self.at - start).min(line.len())];
        if before.contains(": ") {
            let (from, value) = self.value();
            let quote = if value.contains('"') { '\'' } else { '"' };
            let hint = format!("Put the value in quotes: `{quote}{value}{quote}`.");
            let end = self.at + 1;
            return self.at(from.min(end), end, "`: ` stands in a value without quotes", hint);
        }
        let bare = [Some((start, line)), self.line_above(start)].into_iter().flatten();
        if let Some((start, line)) =
            bare.into_iter().find(|(_, line)| !has_colon(line) && !line.trim().is_empty())
        {
            let words = line.trim();
            let hint = match words.split_once(':') {
                Some((key, value)) => format!("Write `{key}: {value}`, with a space behind the colon."),
                None => "Write a colon and a space behind the key.".to_owned(),
            };
            let from = start + line.len() - line.trim_start().len();
            return self.at(from, from + words.len(), "between a key and its value stands `: `", hint);
        }
        let from = start + line.len() - line.trim_start().len();
        let message = "this line is indented differently from the one above";
        self.at(from, self.at, message, "Keys that belong together start in the same column.")
    }

    fn brackets(&self) -> Option<Problem> {
        let (start, end) = self.here();
        if self.has("unclosed") {
            let message = format!("`{}` isn't closed", &self.text[start..end]);
            let closing = if self.text[start..].starts_with('{') { '}' } else { ']' };
            return self.at(start, end, message, format!("Write `{closing}` behind its last item."));
        }
        if self.has("flow") {
            let message = "`,` or a closing bracket was expected here";
            return self.at(
                start,
                end,
                message,
                "Separate items by commas, and put texts with special characters in quotes.",
            );
        }
        None
    }

    fn lines(&self) -> Option<Problem> {
        let (start, end) = self.here();
        if self.has("block sequence entries are not allowed") {
            let message = "a list can't start on the line of its key";
            return self.at(start, end, message, "Start it on the next line, with `- ` before each item.");
        }
        if self.has("did not find expected") || self.has("indentation") {
            let message = "this doesn't fit the lines above";
            let hint = "Is it indented like what it belongs to, does each item of a list start with `- `, and is \
                 every text with special characters in quotes?";
            return self.at(start, end, message, hint);
        }
        None
    }

    /// The parser's own words without the place, which it appends.
    fn other(&self) -> Problem {
        let words = self.said.split(" at line ").next().unwrap_or(self.said).trim_end_matches('.');
        let (start, end) = self.here();
        Problem::error(Code::YamlSyntax, Span::new(self.file, start, end), words.to_lowercase())
    }
}

/// The byte at a line and column, both from 1.
fn byte_at(text: &str, line: u64, column: u64) -> usize {
    let mut start = 0;
    for _ in 1..line {
        match text[start..].find('\n') {
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    let column = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    let rest = &text[start..];
    let within = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
    start + within.min(rest.find('\n').unwrap_or(rest.len()))
}
