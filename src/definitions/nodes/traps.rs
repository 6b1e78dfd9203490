//! What YAML turns into something else than its writer meant.

use crate::diagnostics::{Code, Problem, Span, Text};

/// Where a tag starts that belongs to the value at `at`, on the same line; YAML's own tags, such as
/// `!!str`, are none.
pub(in crate::definitions) fn tag_before(text: &str, at: usize) -> Option<usize> {
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
pub(in crate::definitions) fn tag(span: Span, written: &str) -> Problem {
    let tag = written.split_whitespace().next().unwrap_or(written);
    let problem = Problem::error(Code::YamlTrap, span, format!("YAML takes `{tag}` for a tag"));
    let rest = written.strip_prefix(tag).unwrap_or("").trim_start();
    // A word behind a word is no expression.
    let is_text = tag.len() > 1 && rest.starts_with(char::is_alphanumeric) && !rest.starts_with("in ");
    if is_text {
        return problem.hint("Take it out, or put the whole text in quotes.");
    }
    problem.hint(format!("Write `{}`.", without_exclamation_mark(written)))
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
pub(in crate::definitions) fn cut_off(text: &str, value: &str, span: Span) -> Option<Text> {
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
pub(in crate::definitions) fn comment(span: Span) -> Problem {
    let message = "YAML cuts this expression off at ` #`, where a comment starts";
    Problem::error(Code::YamlTrap, span, message).hint("Put the whole expression in single quotes.")
}

/// The problem of a template without quotes.
pub(in crate::definitions) fn braces(span: Span) -> Problem {
    Problem::error(Code::YamlTrap, span, "`{{` starts a mapping in YAML")
        .hint("Put the whole text in double quotes.")
}
