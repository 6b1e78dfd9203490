//! Questions about text: what it contains, starts and ends with, and patterns.

use super::{Scope, context::Check, lists, operand::operand_as, typed::Typed};
use crate::{
    diagnostics::{Code, Problem, Span},
    model::{FieldType, Operand, Pattern, PatternError, Predicate, TextTest},
    script::{Expression, ExpressionKind, Name},
};

/// `contains`, `starts_with`, `ends_with`, exact or ignoring case.
pub(super) fn test(
    name: &Name,
    field: &Expression,
    needle: &Expression,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    let exact = name.text.strip_suffix("_ignoring_case");
    let test = match exact.unwrap_or(&name.text) {
        "contains" => TextTest::Contains,
        "starts_with" => TextTest::StartsWith,
        _ => TextTest::EndsWith,
    };
    let field = operand_as(field, &FieldType::Text, scope, check);
    if let (Some(field), TextTest::Contains) = (&field, test)
        && let FieldType::Choices(known) = &field.kind
    {
        let choices = lists::choices(field, known, needle, check)?;
        return Some(Predicate::HasChoices { operand: field.operand.clone(), choices, all: false });
    }
    let needle = operand_as(needle, &FieldType::Text, scope, check);
    let field = textual(field?, name, check);
    let needle = textual(needle?, name, check);
    let (field, needle) = (field?, needle?);
    if needle.literal_text() == Some("") {
        let written = &field.written;
        let message = format!("this holds for everybody with a `{written}`: the empty text is in every text");
        let problem = Problem::warning(Code::AlwaysHolds, needle.span, message);
        check.report(problem.hint(format!("Write `{written} != \"\"` to ask for a value.")));
    }
    let side = |side: Typed| match exact {
        Some(_) => Operand::LowerCase(Box::new(side.operand)),
        None => side.operand,
    };
    Some(Predicate::TextTest { operand: side(field), test, needle: side(needle) })
}

/// `matches(field, "pattern")`.
pub(super) fn matches(
    name: &Name,
    field: &Expression,
    pattern: &Expression,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    let field = operand_as(field, &FieldType::Text, scope, check);
    let ExpressionKind::Text(text) = &pattern.kind else {
        let message = "`matches` takes a pattern in double quotes";
        let hint = "Write `matches(contact.postal_code, \"^[0-9]{5}$\")`.";
        return check.refuse(Code::IncompatibleTypes, pattern.span, message, hint);
    };
    let field = textual(field?, name, check);
    match Pattern::parse(text) {
        Ok(pattern) => Some(Predicate::Matches { operand: field?.operand, pattern }),
        Err(error) => {
            let hint = match &error {
                PatternError::Syntax { .. } => {
                    "Patterns are written as in the crate `regex`: `[0-9]{5}`, `^Dr`, `(?i)gmbh$`; a backslash is written twice."
                }
                PatternError::TooLong | PatternError::TooLarge => {
                    "Write a shorter pattern, or several conditions."
                }
                PatternError::NotKnown(_) => "Write `^`, `$`, `\\\\b` or `\\\\B`.",
            };
            check.refuse(Code::InvalidValue, place(text, &error, pattern.span), error.to_string(), hint)
        }
    }
}

/// The place in a pattern at which it is wrong. Where the text was written with escapes that can't be told.
fn place(text: &str, error: &PatternError, span: Span) -> Span {
    match error {
        PatternError::Syntax { at, .. } if span.end - span.start == text.len() + 2 => {
            let length = text[(*at).min(text.len())..].chars().next().map_or(1, char::len_utf8);
            let start = span.start + 1 + at;
            Span::new(span.file, start, start + length)
        }
        _ => span,
    }
}

/// Reports what isn't text.
pub(super) fn textual(value: Typed, function: &Name, check: &mut Check<'_>) -> Option<Typed> {
    if value.kind.is_textual() {
        return Some(value);
    }
    let message = format!("`{}` looks at text, and `{}` is {}", function.text, value.written, value.kind);
    let hint = match value.operand {
        Operand::Literal(_) => "Write text in double quotes.",
        _ => "",
    };
    check.refuse(Code::IncompatibleTypes, value.span, message, hint)
}
