//! Conditions that nothing can satisfy.

use crate::model::{Comparison, CountTest, Did, Operand, Predicate, Value};

/// Whether nothing can satisfy a predicate, as far as its parts show: clauses that exclude each other,
/// such as two different values of one field. No proof that something can.
#[must_use]
pub fn never_holds(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Constant(holds) => !holds,
        Predicate::Any(parts) => parts.iter().all(never_holds),
        Predicate::OneOf { values, .. } => values.is_empty(),
        Predicate::Did(did) => impossible(did),
        Predicate::All(_) => {
            let mut parts = Vec::new();
            flatten(predicate, &mut parts);
            parts.iter().any(|part| !matches!(part, Predicate::All(_)) && never_holds(part))
                || parts
                    .iter()
                    .enumerate()
                    .any(|(at, one)| parts[at + 1..].iter().any(|other| exclude(one, other)))
        }
        _ => false,
    }
}

fn flatten<'p>(predicate: &'p Predicate, parts: &mut Vec<&'p Predicate>) {
    match predicate {
        Predicate::All(inner) => inner.iter().for_each(|part| flatten(part, parts)),
        other => parts.push(other),
    }
}

/// A `did` that counts something of which there can't be any.
fn impossible(did: &Did) -> bool {
    let some = match did.count {
        CountTest::AtLeast(count) | CountTest::Exactly(count) => count > 0,
        _ => false,
    };
    some && never_holds(&did.condition)
}

fn exclude(one: &Predicate, other: &Predicate) -> bool {
    if let (Predicate::Did(one), Predicate::Did(other)) = (one, other) {
        return counts_exclude(one, other);
    }
    match (one, other) {
        (Predicate::Not(inner), other) | (other, Predicate::Not(inner)) if **inner == *other => return true,
        (Predicate::IsBlank(field), other) | (other, Predicate::IsBlank(field)) => {
            return values_of(other).is_some_and(|(of, _)| of == field);
        }
        _ => {}
    }
    if let (Some((field, values)), Some((of, others))) = (values_of(one), values_of(other)) {
        return field == of && !values.iter().any(|value| others.iter().any(|other| same(value, other)));
    }
    match (range_of(one), range_of(other)) {
        (Some((field, low, high)), Some((of, other_low, other_high))) if field == of => {
            let (low, high) = (highest(low, other_low), lowest(high, other_high));
            low.0 > high.0 || (low.0 == high.0 && !(low.1 && high.1))
        }
        _ => false,
    }
}

/// The same interactions in the same window, in numbers that exclude each other.
fn counts_exclude(one: &Did, other: &Did) -> bool {
    let bounds = |count: CountTest| match count {
        CountTest::AtLeast(count) => (count, u64::MAX),
        CountTest::AtMost(count) => (0, count),
        CountTest::Exactly(count) => (count, count),
        CountTest::AtLeastPercent(_) | CountTest::All => (0, u64::MAX),
    };
    let (first, second) = (bounds(one.count), bounds(other.count));
    let alike = Did { count: other.count, ..one.clone() } == *other;
    alike && first.0.max(second.0) > first.1.min(second.1)
}

/// The only values with which the predicate holds.
fn values_of(predicate: &Predicate) -> Option<(&Operand, Vec<&Value>)> {
    match predicate {
        Predicate::Compare { left, operator: Comparison::Equal, right } => match (left, right) {
            (field @ Operand::Field { .. }, Operand::Literal(value))
            | (Operand::Literal(value), field @ Operand::Field { .. }) => Some((field, vec![value])),
            _ => None,
        },
        Predicate::OneOf { operand: field @ Operand::Field { .. }, values } => {
            Some((field, values.iter().collect()))
        }
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "literals lie within ±2^53")]
    match value {
        Value::Integer(number) | Value::Time(number) => Some(*number as f64),
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

fn same(one: &Value, other: &Value) -> bool {
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// An end of a range, and whether it belongs to it.
type End = (f64, bool);

const NO_LOW: End = (f64::NEG_INFINITY, false);
const NO_HIGH: End = (f64::INFINITY, false);

fn range_of(predicate: &Predicate) -> Option<(&Operand, End, End)> {
    let Predicate::Compare { left, operator, right } = predicate else { return None };
    let (field, operator, value) = match (left, right) {
        (field @ Operand::Field { .. }, Operand::Literal(value)) => (field, *operator, value),
        (Operand::Literal(value), field @ Operand::Field { .. }) => (field, operator.mirrored(), value),
        _ => return None,
    };
    let number = number(value)?;
    Some(match operator {
        Comparison::Equal => (field, (number, true), (number, true)),
        Comparison::Less => (field, NO_LOW, (number, false)),
        Comparison::LessOrEqual => (field, NO_LOW, (number, true)),
        Comparison::Greater => (field, (number, false), NO_HIGH),
        Comparison::GreaterOrEqual => (field, (number, true), NO_HIGH),
        Comparison::NotEqual => return None,
    })
}

fn highest(one: End, other: End) -> End {
    if one.0 > other.0 || (one.0 == other.0 && !one.1) { one } else { other }
}

fn lowest(one: End, other: End) -> End {
    if one.0 < other.0 || (one.0 == other.0 && !one.1) { one } else { other }
}
