//! `x in […]`, `x in a..=b`, and fields of several choices.

use super::{
    Scope, compare,
    context::Check,
    literals,
    operand::{Term, operand, term},
    typed::Typed,
};
use crate::{
    diagnostics::{Code, Span},
    model::{Comparison, FieldType, Operand, Predicate, Value},
    script::{Expression, ExpressionKind},
};

/// The most values that a list may have.
const MOST_VALUES: usize = 10_000;

/// `value in container`.
pub(super) fn member(
    value: &Expression,
    container: &Expression,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    match &container.kind {
        ExpressionKind::List(items) => {
            let value = term(value, scope, check);
            let items: Vec<_> = items.iter().map(|item| literal(item, scope, check)).collect();
            let items: Option<Vec<Typed>> = items.into_iter().collect();
            let (value, items) = (value?, items?);
            let value = match items.first() {
                Some(first) => value.beside(&first.kind, check)?,
                None => value,
            };
            among(&value, &items, container.span, scope, check)
        }
        ExpressionKind::Range { start, end, inclusive } => {
            let value = term(value, scope, check);
            let start = term(start, scope, check);
            let end = term(end, scope, check);
            let (mut value, start, end) = (value?, start?, end?);
            if let Term::Value(start) = &start {
                value = value.beside(&start.kind, check)?;
            }
            if let Term::Value(value) = &value
                && (value.kind.is_textual() || value.kind == FieldType::Boolean)
            {
                let message = format!("a range holds numbers or dates, and {} is neither", value.described());
                let hint = format!("List what you mean, as in `{} in [\"a\", \"b\"]`.", value.written);
                return check.refuse(Code::IncompatibleTypes, value.span, message, &hint);
            }
            let last = if *inclusive { Comparison::LessOrEqual } else { Comparison::Less };
            let from = compare::terms(&value, Comparison::GreaterOrEqual, &start, scope, check)?;
            let to = compare::terms(&value, last, &end, scope, check)?;
            Some(Predicate::All(vec![from, to]))
        }
        _ => {
            let value = operand(value, scope, check);
            let container = operand(container, scope, check);
            in_value(&value?, &container?, check)
        }
    }
}

fn literal(item: &Expression, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Typed> {
    let value = operand(item, scope, check)?;
    if matches!(value.operand, Operand::Literal(_)) {
        return Some(value);
    }
    check.refuse(
        Code::ExpressionForm,
        value.span,
        format!("a list holds fixed values, and `{}` is none", value.written),
        "Combine comparisons with `||` instead.",
    )
}

fn among(
    value: &Term,
    items: &[Typed],
    span: Span,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    let Some(first) = items.first() else {
        return check.refuse(Code::ExpressionForm, span, "the list is empty, so nothing is in it", "");
    };
    if items.len() > MOST_VALUES {
        let message = format!("the list has {} values, and may have {MOST_VALUES}", items.len());
        let hint = "Put them into a table of `tables/`, a CSV file, and ask `lookup(…)`.";
        return check.refuse(Code::ExpressionForm, span, message, hint);
    }
    let alike = |item: &Typed| item.kind == first.kind || (item.kind.is_numeric() && first.kind.is_numeric());
    if let Some(other) = items.iter().find(|item| !alike(item)) {
        let message = format!("the list mixes {} and {}", first.described(), other.described());
        return check.refuse(
            Code::IncompatibleTypes,
            other.span,
            message,
            "All values of a list have the same type.",
        );
    }
    let mut each = Vec::with_capacity(items.len());
    for item in items {
        let compared = compare::terms(value, Comparison::Equal, &Term::Value(item.clone()), scope, check);
        // All are of one type: where the first doesn't fit, neither do the others.
        if compared.is_none()
            && each.is_empty()
            && !matches!(value, Term::Value(value) if is_choice(&value.kind))
        {
            return None;
        }
        each.push(compared);
    }
    let each: Vec<Predicate> = each.into_iter().collect::<Option<_>>()?;
    let Term::Value(value) = value else { return Some(Predicate::Any(each)) };
    if value.kind == FieldType::DateTime || value.kind == FieldType::Boolean {
        return Some(Predicate::Any(each));
    }
    let default = literals::default_of(&value.operand);
    let counts_if_blank =
        |item: &Typed| literals::is_blank(item) || default.is_some() && item.literal_text() == default;
    let values: Vec<Value> = items
        .iter()
        .filter(|item| !literals::is_blank(item))
        .filter_map(|item| match literals::as_kept(value, &item.operand) {
            Operand::Literal(value) => Some(value),
            _ => None,
        })
        .collect();
    let listed = Predicate::OneOf { operand: value.operand.clone(), values: values.clone() };
    let blank = Predicate::IsBlank(value.operand.clone());
    Some(match (items.iter().any(counts_if_blank), values.is_empty()) {
        (false, _) => listed,
        (true, true) => blank,
        (true, false) => Predicate::Any(vec![listed, blank]),
    })
}

fn is_choice(kind: &FieldType) -> bool {
    matches!(kind, FieldType::Choice(_))
}

/// `"a" in contact.interests`; anything else isn't a list.
fn in_value(value: &Typed, container: &Typed, check: &mut Check<'_>) -> Option<Predicate> {
    if let (FieldType::Choices(known), Some(text)) = (&container.kind, value.literal_text()) {
        compare::known_choice(&container.written, known, text, value.span, check)?;
        let choices = vec![text.to_owned()];
        return Some(Predicate::HasChoices { operand: container.operand.clone(), choices, all: false });
    }
    let hint = if container.kind.is_textual() {
        format!("Write `contains({}, {})` to look for text in text.", container.written, value.written)
    } else {
        "Write a list such as `[\"a\", \"b\"]` or a range such as `1..=5`.".to_owned()
    };
    let message = format!("`in` looks in a list or a range, and {} is neither", container.described());
    check.refuse(Code::IncompatibleTypes, container.span, message, &hint)
}

/// The choices listed as an argument of `contains_any` or `contains_all`.
pub(super) fn choices(
    field: &Typed,
    known: &[String],
    argument: &Expression,
    check: &mut Check<'_>,
) -> Option<Vec<String>> {
    let single = std::slice::from_ref(argument);
    let items = match &argument.kind {
        ExpressionKind::List(items) => items.as_slice(),
        _ => single,
    };
    let texts: Vec<Option<String>> = items
        .iter()
        .map(|item| match &item.kind {
            ExpressionKind::Text(text) => {
                compare::known_choice(&field.written, known, text, item.span, check)?;
                Some(text.clone())
            }
            _ => check.refuse(
                Code::IncompatibleTypes,
                item.span,
                format!("`{}` holds choices, and this is none", field.written),
                "List choices in double quotes, as in `[\"a\", \"b\"]`.",
            ),
        })
        .collect();
    if texts.is_empty() {
        return check.refuse(Code::ExpressionForm, argument.span, "the list is empty", "");
    }
    texts.into_iter().collect()
}

/// One value of a list as a predicate's literal; used for attribute keys.
pub(super) fn equals(
    field: &Typed,
    value: Value,
    kind: FieldType,
    span: Span,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    let written = match &value {
        Value::Text(text) => format!("\"{text}\""),
        other => other.to_string(),
    };
    let literal = Typed::literal(value, kind, span, written);
    compare::values(field, Comparison::Equal, &literal, scope, check)
}
