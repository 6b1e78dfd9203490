//! Comparisons with a literal that means more than its text: the empty text, `true` and `false`, and the choice
//! that a missing value counts as.

use super::{context::Check, typed::Typed};
use crate::{
    diagnostics::{Code, Problem},
    model::{Comparison, FieldType, Operand, Predicate, Value, counts_as, record_id},
};

/// `x == ""` asks whether a value is missing or blank, `x != ""` the opposite.
pub(super) fn with_blank(left: &Typed, operator: Comparison, right: &Typed) -> Option<Predicate> {
    let asked = if is_blank(right) {
        left
    } else if is_blank(left) {
        right
    } else {
        return None;
    };
    let blank = Predicate::IsBlank(asked.operand.clone());
    match operator {
        Comparison::Equal => Some(blank),
        Comparison::NotEqual => Some(Predicate::Not(Box::new(blank))),
        _ => None,
    }
}

/// Whether a value is a text literal of white space alone.
pub(super) fn is_blank(value: &Typed) -> bool {
    value.literal_text().is_some_and(|text| text.trim().is_empty())
}

/// `==` or `!=` between booleans, of which a missing one is false.
pub(super) fn truths(left: &Typed, operator: Comparison, right: &Typed) -> Predicate {
    let literal = |side: &Typed| match side.operand {
        Operand::Literal(Value::Boolean(value)) => Some(value),
        _ => None,
    };
    let equal = operator == Comparison::Equal;
    let not = |predicate| Predicate::Not(Box::new(predicate));
    let is = |side: &Typed| Predicate::IsTrue(side.operand.clone());
    match (literal(left), literal(right)) {
        (Some(left), Some(right)) => Predicate::Constant((left == right) == equal),
        (None, Some(value)) if value == equal => is(left),
        (None, Some(_)) => not(is(left)),
        (Some(value), None) if value == equal => is(right),
        (Some(_), None) => not(is(right)),
        (None, None) => {
            let neither = not(Predicate::Any(vec![is(left), is(right)]));
            let alike = Predicate::Any(vec![Predicate::All(vec![is(left), is(right)]), neither]);
            if equal { alike } else { not(alike) }
        }
    }
}

/// `==` or `!=` between texts. A missing value equals the choice that it counts as.
pub(super) fn texts(left: &Typed, operator: Comparison, right: &Typed, check: &mut Check<'_>) -> Predicate {
    let (field, literal) = if left.literal_text().is_some() { (right, left) } else { (left, right) };
    warn_of_padding(field, literal, check);
    let (a, b) = (as_kept(right, &left.operand), as_kept(left, &right.operand));
    let plain = |operator| Predicate::Compare { left: a.clone(), operator, right: b.clone() };
    if literal.literal_text().is_none() || default_of(&field.operand) != literal.literal_text() {
        return plain(operator);
    }
    let counted = Predicate::Any(vec![plain(Comparison::Equal), Predicate::IsBlank(field.operand.clone())]);
    if operator == Comparison::Equal { counted } else { Predicate::Not(Box::new(counted)) }
}

/// A literal as it is kept where it is compared with an id: exports write a GUID with braces or without, in either
/// case.
pub(super) fn as_kept(asked: &Typed, literal: &Operand) -> Operand {
    let is_id = match &asked.operand {
        Operand::Field { name, kind, .. } | Operand::Followed { name, kind, .. } => {
            name == "id" || matches!(kind, FieldType::Account | FieldType::Contact)
        }
        _ => false,
    };
    match literal {
        Operand::Literal(Value::Text(text)) if is_id => {
            Operand::Literal(Value::Text(record_id(text).into_owned()))
        }
        other => other.clone(),
    }
}

/// The choice that a missing value of a field counts as.
pub(super) fn default_of(operand: &Operand) -> Option<&'static str> {
    let (entity, name) = match operand {
        Operand::Field { subject, name, .. } => (subject.entity()?, name),
        Operand::Followed { to, name, .. } => (*to, name),
        _ => return None,
    };
    counts_as(entity, name)
}

/// Warns of a text with space around it, which is compared as it is.
fn warn_of_padding(field: &Typed, literal: &Typed, check: &mut Check<'_>) {
    let Some(text) = literal.literal_text() else { return };
    let trimmed = text.trim();
    if trimmed == text || !matches!(field.operand, Operand::Field { .. } | Operand::Followed { .. }) {
        return;
    }
    let message = format!("`\"{text}\"` starts or ends with white space, and `==` compares it, too");
    let hint = format!(
        "Write `\"{trimmed}\"`, or `same({}, \"{trimmed}\")`, which ignores case and surrounding space.",
        field.written
    );
    check.report(Problem::warning(Code::SurroundingSpace, literal.span, message).hint(hint));
}
