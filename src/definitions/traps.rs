//! What YAML turns into something else than its writer meant, and words for syntax errors.

use serde_saphyr::Error;

use crate::diagnostics::{Code, FileId, Problem, Span, Text};

/// Where a tag starts that belongs to the value at `at`, on the same line; YAML's own tags, such as
/// `!!str`, are none.
pub(super) fn tag_before(text: &str, at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        let before = text[..end].trim_end_matches([' ', '\t']);
        let word_start = before.rfind([' ', '\t', '\n', '[', '{', ',']).map_or(0, |at| at + 1);
        let word = &before[word_start..];
        if word.starts_with('!') {
            return (!word.starts_with("!!")).then_some(word_start);
        }
        // An anchor may stand between; `&&` reads as one.
        if !word.starts_with('&') {
            return None;
        }
        end = word_start;
    }
}

/// The problem of an expression that YAML takes for a tag; `written` starts with `!`.
pub(super) fn tag(span: Span, written: &str) -> Problem {
    let tag = written.split_whitespace().next().unwrap_or(written);
    Problem::error(Code::YamlTrap, span, format!("YAML takes `{tag}` for a tag"))
        .hint(format!("Write `{}`.", without_exclamation_mark(written)))
}

/// `!a.b && c` as `not(a.b) && c`.
fn without_exclamation_mark(written: &str) -> String {
    let rest = written[1..].trim_start();
    let name_end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
    let mut end = name_end;
    if rest[name_end..].starts_with('(') {
        let mut depth = 0usize;
        for (at, c) in rest.char_indices().skip_while(|(at, _)| *at < name_end) {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            end = at + c.len_utf8();
            if depth == 0 {
                break;
            }
        }
    }
    let operand = &rest[..end];
    let bare = operand.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(operand);
    format!("not({bare}){}", &rest[end..])
}

/// The whole of a plain scalar that YAML cuts at ` #` inside quotes: those left open before the sign
/// are closed after it. A comment after a complete expression is none.
pub(super) fn cut_off(text: &str, value: &str, span: Span) -> Option<Text> {
    let is_open = |part: &str| part.matches('"').count() % 2 == 1;
    let is_plain = text.get(span.start..span.end) == Some(value) && !value.starts_with(['"', '\'']);
    if !is_plain || !is_open(value) {
        return None;
    }
    let rest = text[span.end..].lines().next().unwrap_or("");
    if !rest.trim_start().starts_with('#') || !is_open(rest) {
        return None;
    }
    let whole = Span::new(span.file, span.start, span.end + rest.trim_end().len());
    Some(Text::verbatim(&text[whole.start..whole.end], whole))
}

/// The problem of an expression that YAML cuts at a comment.
pub(super) fn comment(span: Span) -> Problem {
    let message = "YAML cuts this expression off at ` #`, where a comment starts";
    Problem::error(Code::YamlTrap, span, message).hint("Put the whole expression in single quotes.")
}

/// The problem of a template without quotes.
pub(super) fn braces(span: Span) -> Problem {
    Problem::error(Code::YamlTrap, span, "`{{` starts a mapping in YAML")
        .hint("Put the whole text in double quotes.")
}

/// The problem of a text that isn't YAML.
pub(super) fn syntax_problem(file: FileId, text: &str, error: &Error) -> Problem {
    let error = error.without_snippet();
    let at = error.location().map_or(0, |location| byte_at(text, location.line(), location.column()));
    let length = text[at..].chars().next().filter(|c| *c != '\n' && *c != '\r').map_or(0, char::len_utf8);
    let message = message_of(error);
    let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    let hint = hint_for(&message, line, &text[at..]);
    Problem::error(Code::YamlSyntax, Span::new(file, at, at + length), message).hint_if(hint)
}

/// The parser's words without the place, which it appends.
fn message_of(error: &Error) -> String {
    let message = error.to_string();
    if message.contains("budget") || message.contains("limit") {
        return "the file has too many levels or aliases".to_owned();
    }
    let message = message.lines().next().unwrap_or("");
    let message = message.split(" at line ").next().unwrap_or(message);
    message.trim_end_matches('.').replace("`@'", "`@`").replace("`%'", "`%`").replace("``'", "a back-quote")
}

fn hint_for(message: &str, line: &str, rest: &str) -> Option<String> {
    let has = |part: &str| message.contains(part);
    let value = line.split_once(": ").map_or(line.trim_start(), |(_, value)| value).trim_start_matches("- ");
    let hint = if value.starts_with("{{") {
        "A text that starts with `{{` has to stand in double quotes."
    } else if has("trailing content after") {
        "Put the whole value in single quotes."
    } else if has("mapping values are not allowed") {
        "Is the indentation right? A value with `: ` in it has to stand in single quotes."
    } else if has("unexpected character") || has("anchor") || has("block scalar") {
        "A text that starts with a special character has to stand in quotes."
    } else if has("quoted scalar") && has("escape") {
        "Put the text in single quotes, or write each backslash twice."
    } else if has("quoted scalar") {
        "A quote that was opened isn't closed, or the text goes on without indentation."
    } else if has("unclosed") {
        "The bracket isn't closed before the list or mapping around it goes on."
    } else if rest.starts_with('\t') {
        "YAML is indented with spaces, not with tabs."
    } else if has("did not find expected") {
        "The line isn't indented like those that it belongs to."
    } else {
        return None;
    };
    Some(hint.to_owned())
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
