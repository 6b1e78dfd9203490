//! What values are compared, tested and calculated to, by semantics 1 and 3.

use crate::{
    calendar::{self, Zone},
    model::{
        Arithmetic, Comparison, DatePart, ExactSum, LARGEST, MeasureFunction, SMALLEST, TextTest, Value,
        WEEKDAYS,
    },
};
use std::cmp::Ordering;

/// Whether a comparison holds: never with a missing value, but for `!=` with exactly one missing side.
pub(super) fn compared(left: &Value, operator: Comparison, right: &Value) -> bool {
    if left.is_missing() || right.is_missing() {
        return operator == Comparison::NotEqual && left.is_missing() != right.is_missing();
    }
    let Some(order) = order(left, right) else { return false };
    match operator {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

/// The order of two present values of comparable types.
fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) | (Value::Date(left), Value::Date(right)) => {
            Some(left.cmp(right))
        }
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

/// A number as the databases calculate with it.
fn number(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "integers lie within the whole numbers of a double")]
        Value::Integer(number) => Some(*number as f64),
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

/// The result of a calculation; missing where it can't be made.
pub(super) fn calculated(left: &Value, operator: Arithmetic, right: &Value) -> Value {
    let side =
        |value| number(value).filter(|number| *number == 0.0 || (SMALLEST..=LARGEST).contains(&number.abs()));
    let Some((left, right)) = side(left).zip(side(right)) else { return Value::Missing };
    match operator {
        Arithmetic::Add => Value::Number(left + right),
        Arithmetic::Subtract => Value::Number(left - right),
        Arithmetic::Multiply => Value::Number(left * right),
        Arithmetic::Divide if right == 0.0 => Value::Missing,
        Arithmetic::Divide => Value::Number(left / right),
    }
}

/// Whether a text has another in it, at its start or at its end.
pub(super) fn text_test(text: &str, test: TextTest, needle: &str) -> bool {
    match test {
        TextTest::Contains => text.contains(needle),
        TextTest::StartsWith => text.starts_with(needle),
        TextTest::EndsWith => text.ends_with(needle),
    }
}

/// What a date, or the local date of a moment, tells.
pub(super) fn part_of_date(part: DatePart, of: &Value, today: &str, zone: &Zone) -> Value {
    let date = match of {
        Value::Date(date) => Some(date.clone()),
        Value::Time(at) => calendar::local_date(*at, zone),
        _ => None,
    };
    let Some(date) = date else { return Value::Missing };
    let told = match part {
        DatePart::Weekday => calendar::weekday(&date)
            .and_then(|day| WEEKDAYS.get(day))
            .map(|day| Value::Text((*day).to_owned())),
        DatePart::Month => calendar::month(&date).map(Value::Integer),
        DatePart::Anniversary => calendar::anniversary(&date, today).map(Value::Date),
    };
    told.unwrap_or_default()
}

/// What is made of many values; missing ones are passed over.
pub(super) fn measured(function: MeasureFunction, values: impl Iterator<Item = Value>) -> Value {
    let present: Vec<Value> = values.filter(|value| !value.is_missing()).collect();
    let sum = || {
        let mut sum = ExactSum::default();
        present.iter().filter_map(number).for_each(|number| sum.add(number));
        sum.total()
    };
    let extreme = |wanted: Ordering| {
        let first = present.first().cloned().unwrap_or_default();
        present.iter().fold(first, |best, value| match order(value, &best) {
            Some(order) if order == wanted => value.clone(),
            _ => best,
        })
    };
    match function {
        MeasureFunction::Sum => Value::Number(sum()),
        MeasureFunction::Average if present.is_empty() => Value::Missing,
        #[expect(clippy::cast_precision_loss, reason = "interactions of one account: far below 2^53")]
        MeasureFunction::Average => Value::Number(sum() / present.len() as f64),
        MeasureFunction::Least => extreme(Ordering::Less),
        MeasureFunction::Greatest => extreme(Ordering::Greater),
    }
}
