//! Scalars as texts and numbers.

use crate::definitions::{Content, Node};
use crate::{
    diagnostics::{Code, Problem, Problems, Text},
    model::{both_ways, foreign_number},
};

/// The problem of a value of the wrong type.
pub(in crate::definitions) fn wrong_type(node: &Node, expected: &str) -> Problem {
    Problem::error(Code::WrongType, node.span, format!("expected {expected}, found {}", node.found()))
}

/// A scalar as text; `key` is named in the problem that is reported otherwise.
pub(in crate::definitions) fn as_text(node: &Node, key: &str, problems: &mut Problems) -> Option<Text> {
    let written = match &node.content {
        Content::Text(text) => return Some(text.clone()),
        Content::Boolean(value) => value.to_string(),
        Content::Integer(value) => value.to_string(),
        Content::Number(value) => value.to_string(),
        Content::Null | Content::List(_) | Content::Mapping(_) => {
            problems.push(wrong_type(node, &format!("text for `{key}`")));
            return None;
        }
    };
    // The number alone doesn't tell `1.50` from `1.5`; its length in the source does.
    let length = node.span.end - node.span.start;
    if length > 0 && length != written.len() {
        problems.push(wrong_type(node, &format!("text for `{key}`")).hint("Put it in double quotes."));
        return None;
    }
    Some(Text::verbatim(written, node.span))
}

/// Warns of a number such as `100.000`, which is a hundred to YAML and a hundred thousand to many.
pub fn warn_of_ambiguous_number(node: &Node, problems: &mut Problems) {
    let Content::Number(value) = node.content else { return };
    let whole = value.abs().trunc().to_string();
    let length = node.span.end - node.span.start - usize::from(value < 0.0);
    let has_three_decimals = (1..=3).contains(&whole.len()) && whole != "0" && length == whole.len() + 4;
    if has_three_decimals {
        let all = (value.abs() * 1000.0).round();
        let message = format!("the point in this number is a decimal point: it is {value}");
        problems.push(
            Problem::warning(Code::AmbiguousNumber, node.span, message)
                .hint(format!("Write `{all}` when thousands are meant, or fewer decimals.")),
        );
    }
}

/// How to write a number that was written as in another country.
pub(in crate::definitions) fn foreign_hint(node: &Node) -> Option<String> {
    let Content::Text(text) = &node.content else { return None };
    both_ways(text.as_str()).or_else(|| foreign_number(text.as_str()).map(|(_, _, hint)| hint))
}

/// Whether a text stands in the source as it is, without quotes.
pub(in crate::definitions) fn is_bare(text: &Text) -> bool {
    text.span.end - text.span.start == text.value.len()
}

/// The digits of a number like `100_000`.
pub(in crate::definitions) fn without_underscores(text: &Text) -> Option<String> {
    let digits = text.value.replace('_', "");
    digits.bytes().all(|byte| byte.is_ascii_digit() || b".-+".contains(&byte)).then_some(digits)
}
