//! A plain evaluator of predicates about one contact, by the rules of semantics 1, to test rewriting.

use crate::{
    calendar::{Zone, today},
    model::{Comparison, Operand, Predicate, Value},
};

/// Whether a predicate holds for the value of the one field it names.
pub(in crate::conditions) fn holds(predicate: &Predicate, field: &Value, now: i64, zone: &Zone) -> bool {
    let value = |operand: &Operand| match operand {
        Operand::Field { .. } => field.clone(),
        Operand::Literal(value) => value.clone(),
        Operand::Now { plus } => Value::Time(now + plus),
        Operand::Today { plus } => Value::Date(today(now, *plus, zone).unwrap()),
        Operand::Arithmetic { .. } => panic!("no calculation was expected"),
    };
    match predicate {
        Predicate::Constant(answer) => *answer,
        Predicate::All(parts) => parts.iter().all(|part| holds(part, field, now, zone)),
        Predicate::Any(parts) => parts.iter().any(|part| holds(part, field, now, zone)),
        Predicate::Not(inner) => !holds(inner, field, now, zone),
        Predicate::Compare { left, operator, right } => compared(&value(left), *operator, &value(right)),
        other => panic!("{other:?} was not expected"),
    }
}

/// Semantics 1.
pub(in crate::conditions) fn compared(left: &Value, operator: Comparison, right: &Value) -> bool {
    if left.is_missing() || right.is_missing() {
        return operator == Comparison::NotEqual && left.is_missing() != right.is_missing();
    }
    let order = match (left, right) {
        (Value::Time(left), Value::Time(right)) => left.partial_cmp(right),
        (Value::Date(left), Value::Date(right)) => left.partial_cmp(right),
        _ => number(left).partial_cmp(&number(right)),
    };
    let order = order.unwrap();
    match operator {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of tests are small")]
fn number(value: &Value) -> f64 {
    match value {
        Value::Integer(number) => *number as f64,
        Value::Number(number) => *number,
        other => panic!("{other:?} is no number"),
    }
}
