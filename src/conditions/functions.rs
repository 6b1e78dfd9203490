//! The functions of conditions.

use super::{
    Scope,
    context::Check,
    expression, lists, literals,
    operand::{operand, operand_as},
    periods,
    texts::{self, textual},
    typed::{Days, Typed},
};
use crate::{
    calendar::{parse_date, parse_moment},
    diagnostics::{Code, Problem, Span, did_you_mean},
    model::{Comparison, DatePart, FieldType, Operand, Predicate, Value, WEEKDAYS},
    script::{Expression, ExpressionKind, Name},
};

/// Functions that are true or false, with how they are written.
const CONDITIONS: [(&str, usize, &str); 18] = [
    ("contains", 2, "contains(contact.job_title, \"Buyer\")"),
    ("starts_with", 2, "starts_with(contact.email, \"info@\")"),
    ("ends_with", 2, "ends_with(contact.email, \".example\")"),
    ("contains_ignoring_case", 2, "contains_ignoring_case(contact.job_title, \"buyer\")"),
    ("starts_with_ignoring_case", 2, "starts_with_ignoring_case(account.name, \"acme\")"),
    ("ends_with_ignoring_case", 2, "ends_with_ignoring_case(account.name, \"gmbh\")"),
    ("matches", 2, "matches(contact.postal_code, \"^[0-9]{5}$\")"),
    ("same", 2, "same(contact.country, \"uk\")"),
    ("is_blank", 1, "is_blank(contact.email)"),
    ("not", 1, "not(contact.do_not_email)"),
    ("contains_any", 2, "contains_any(contact.interests, [\"a\", \"b\"])"),
    ("contains_all", 2, "contains_all(contact.interests, [\"a\", \"b\"])"),
    ("in_last", 2, "in_last(contact.created_on, \"30 days\")"),
    ("in_next", 2, "in_next(anniversary(contact.birthdate), \"7 days\")"),
    ("in_this", 2, "in_this(contact.created_on, \"quarter\")"),
    ("in_previous", 2, "in_previous(contact.created_on, \"month\")"),
    ("in_following", 2, "in_following(anniversary(contact.birthdate), \"week\")"),
    ("unchanged_for", 2, "unchanged_for(account.status, \"30 days\")"),
];

/// The function that looks a cell of a table up.
pub(super) const LOOKUP: &str = "lookup";

/// Functions that give a value.
const VALUES: [(&str, usize, &str); 10] = [
    ("date", 1, "date(\"2026-01-31\")"),
    ("time", 1, "time(\"2026-01-31 08:00\")"),
    ("today", 0, "today()"),
    ("now", 0, "now()"),
    ("days_since", 1, "days_since(contact.created_on)"),
    ("days_until", 1, "days_until(contact.birthdate)"),
    ("anniversary", 1, "anniversary(contact.birthdate)"),
    ("weekday", 1, "weekday(contact.created_on)"),
    ("month", 1, "month(contact.birthdate)"),
    (LOOKUP, 3, "lookup(\"territories\", account.country, \"team\")"),
];

/// All functions by name, each with how it is written.
#[must_use]
pub fn functions() -> Vec<(&'static str, &'static str)> {
    CONDITIONS.iter().chain(&VALUES).map(|(name, _, example)| (*name, *example)).collect()
}

/// Whether the function is true or false.
pub(super) fn is_condition(name: &str) -> bool {
    CONDITIONS.iter().any(|(known, _, _)| *known == name)
}

/// A call of a function that is true or false.
pub(super) fn condition(
    name: &Name,
    arguments: &[Expression],
    span: Span,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    expect_count(name, arguments, span, check)?;
    match (name.text.as_str(), arguments) {
        ("not", [inner]) => {
            expression::predicate(inner, scope, check).map(|inner| Predicate::Not(Box::new(inner)))
        }
        ("is_blank", [inner]) => {
            let value = match &inner.kind {
                // Whatever stands in a cell, it is there as text.
                ExpressionKind::Call { name, .. } if name.text == LOOKUP => {
                    operand_as(inner, &FieldType::Text, scope, check)
                }
                _ => operand(inner, scope, check),
            };
            value.map(|value| Predicate::IsBlank(value.operand))
        }
        ("same", [left, right]) => {
            let left = operand_as(left, &FieldType::Text, scope, check);
            let right = operand_as(right, &FieldType::Text, scope, check);
            let left = textual(left?, name, check);
            let right = textual(right?, name, check);
            let (left, right) = (left?, right?);
            let blank = literals::with_blank(&left, Comparison::Equal, &right);
            Some(blank.unwrap_or(Predicate::Same { left: left.operand, right: right.operand }))
        }
        (
            "contains"
            | "starts_with"
            | "ends_with"
            | "contains_ignoring_case"
            | "starts_with_ignoring_case"
            | "ends_with_ignoring_case",
            [field, needle],
        ) => texts::test(name, field, needle, scope, check),
        ("matches", [field, pattern]) => texts::matches(name, field, pattern, scope, check),
        ("unchanged_for", [field, length]) => {
            let field = operand(field, scope, check);
            let text = literal_length(name, length, check);
            periods::unchanged(&field?, text?, length.span, check)
        }
        ("in_last" | "in_next" | "in_this" | "in_previous" | "in_following", [of, length]) => {
            let of = operand_as(of, &FieldType::Date, scope, check);
            let text = literal_length(name, length, check);
            periods::within(&name.text, of?, text?, length.span, check)
        }
        (_, [field, wanted]) => {
            let field = operand(field, scope, check)?;
            let FieldType::Choices(known) = &field.kind else {
                let message = format!(
                    "`{}` asks fields of several choices, and {} is none",
                    name.text,
                    field.described()
                );
                let hint = format!("Write `{} in [\"a\", \"b\"]`.", field.written);
                return check.refuse(Code::IncompatibleTypes, field.span, message, &hint);
            };
            let choices = lists::choices(&field, known, wanted, check)?;
            let all = name.text == "contains_all";
            Some(Predicate::HasChoices { operand: field.operand.clone(), choices, all })
        }
        _ => None,
    }
}

/// A length of time or a period as an argument.
fn literal_length<'e>(name: &Name, argument: &'e Expression, check: &mut Check<'_>) -> Option<&'e str> {
    if let ExpressionKind::Text(text) = &argument.kind {
        return Some(text);
    }
    let message = format!("`{}` takes a length or period in double quotes", name.text);
    let example = CONDITIONS.iter().find(|(known, _, _)| *known == name.text);
    let hint = format!("Write `{}`.", example.map_or("", |(_, _, example)| example));
    check.refuse(Code::IncompatibleTypes, argument.span, message, &hint)
}

/// A call of a function that gives a value.
pub(super) fn value(
    name: &Name,
    arguments: &[Expression],
    span: Span,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Typed> {
    expect_count(name, arguments, span, check)?;
    let typed = |operand, kind, written: String| Some(Typed { operand, kind, span, written });
    match (name.text.as_str(), arguments) {
        ("today", _) => typed(Operand::Today { plus: 0 }, FieldType::Date, "today()".to_owned()),
        ("now", _) => typed(Operand::Now { plus: 0 }, FieldType::DateTime, "now()".to_owned()),
        ("date", [argument]) => {
            let text = literal_text(name, argument, check)?;
            match parse_date(text) {
                Ok(day) => {
                    let written = format!("date(\"{day}\")");
                    typed(Operand::Literal(Value::Date(day)), FieldType::Date, written)
                }
                Err(error) => check.refuse(
                    Code::InvalidTime,
                    argument.span,
                    error.to_string(),
                    "Write year, month and day, as in `date(\"2026-01-31\")`.",
                ),
            }
        }
        ("time", [argument]) => {
            let text = literal_text(name, argument, check)?;
            match parse_moment(text, scope.zone) {
                Ok(at) => {
                    let written = format!("time(\"{text}\")");
                    typed(Operand::Literal(Value::Time(at)), FieldType::DateTime, written)
                }
                Err(error) => check.refuse(
                    Code::InvalidTime,
                    argument.span,
                    error.to_string(),
                    "Write `time(\"2026-01-31 08:00\")`, or RFC 3339.",
                ),
            }
        }
        ("anniversary" | "weekday" | "month", [argument]) => {
            let of = dated(name, argument, scope, check)?;
            let (part, kind) = match name.text.as_str() {
                "anniversary" => (DatePart::Anniversary, FieldType::Date),
                "weekday" => (DatePart::Weekday, FieldType::Choice(WEEKDAYS.map(str::to_owned).to_vec())),
                _ => (DatePart::Month, FieldType::Integer),
            };
            let written = format!("{}({})", name.text, of.written);
            typed(Operand::OfDate { part, of: Box::new(of.operand) }, kind, written)
        }
        ("days_since" | "days_until", _) => check.refuse(
            Code::ExpressionForm,
            span,
            "a number of days can only be compared with a number",
            "Write `days_since(contact.created_on) < 30`.",
        ),
        _ => check.refuse(
            Code::ExpressionForm,
            span,
            format!("`{}` is a condition, and a value is needed", name.text),
            "Combine conditions with `&&`, `||` and `not(…)`.",
        ),
    }
}

/// `days_since(x)` or `days_until(x)`.
pub(super) fn days(
    name: &Name,
    arguments: &[Expression],
    span: Span,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Days> {
    expect_count(name, arguments, span, check)?;
    let of = dated(name, arguments.first()?, scope, check)?;
    Some(Days { of, since: name.text == "days_since", span })
}

/// An argument that has to be a date or moment.
fn dated(name: &Name, argument: &Expression, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Typed> {
    let of = operand_as(argument, &FieldType::Date, scope, check)?;
    if !matches!(of.kind, FieldType::Date | FieldType::DateTime) {
        let message =
            format!("`{}` needs a date or datetime, and `{}` is {}", name.text, of.written, of.kind);
        let hint = "Name a field that holds one, such as `contact.created_on`.";
        return check.refuse(Code::IncompatibleTypes, of.span, message, hint);
    }
    Some(of)
}

fn literal_text<'e>(name: &Name, argument: &'e Expression, check: &mut Check<'_>) -> Option<&'e str> {
    match &argument.kind {
        ExpressionKind::Text(text) => Some(text),
        _ => check.refuse(
            Code::IncompatibleTypes,
            argument.span,
            format!("`{}` takes text in double quotes", name.text),
            "Write `date(\"2026-01-31\")` or `time(\"2026-01-31 08:00\")`; a field needs no function.",
        ),
    }
}

/// Reports a function that doesn't exist, or a wrong number of arguments.
pub(super) fn expect_count(
    name: &Name,
    arguments: &[Expression],
    span: Span,
    check: &mut Check<'_>,
) -> Option<()> {
    let word = name.text.as_str();
    let known = CONDITIONS.iter().chain(&VALUES);
    let Some((_, count, example)) = known.clone().find(|(known, _, _)| *known == word) else {
        let problem =
            Problem::error(Code::UnknownFunction, name.span, format!("there is no function `{word}`"));
        let scripts = check.catalog.functions.keys().map(String::as_str);
        let hint = did_you_mean(word, known.map(|(known, _, _)| *known).chain(scripts));
        check.report(problem.hint_if(hint));
        return None;
    };
    if arguments.len() == *count {
        return Some(());
    }
    let message = wrong_count(word, *count, arguments.len());
    check.refuse(Code::UnknownFunction, span, message, &format!("Write `{example}`."))
}

/// The words for a wrong number of arguments.
pub(super) fn wrong_count(function: &str, count: usize, given: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    let here = match given {
        0 => "here is none".to_owned(),
        1 => "here is 1".to_owned(),
        several => format!("here are {several}"),
    };
    format!("`{function}` takes {count} argument{plural}, and {here}")
}
