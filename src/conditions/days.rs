//! `days_since` and `days_until`: a number of days compared with a constant, turned into a comparison
//! of the value itself with a moment or date counted from now.
//!
//! Of a moment, `days_since(x)` is the number of whole times of 24 hours between `x` and now, rounded
//! down; `days_until(x)` likewise from now to `x`. Of a date, both are the difference of calendar days
//! to today in the condition's time zone.

use super::{context::Check, typed::Days};
use crate::{
    diagnostics::Code,
    model::{Comparison, FieldType, Operand, Predicate, Value, time::DAY},
};

/// More days than the calendar's years hold.
pub(super) const MOST_DAYS: i64 = 8_000_000;

/// `days operator number`.
pub(super) fn compare(
    days: &Days,
    operator: Comparison,
    number: &Operand,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    #[expect(clippy::cast_precision_loss, reason = "literals lie within the whole numbers of a double")]
    let number = match number {
        Operand::Literal(Value::Integer(number)) => *number as f64,
        Operand::Literal(Value::Number(number)) => *number,
        _ => {
            return check.refuse(
                Code::ExpressionForm,
                days.span,
                "a number of days can only be compared with a number",
                "Write `days_since(contact.created_on) < 30`.",
            );
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "small")]
    if number.abs() > MOST_DAYS as f64 {
        let message = format!("{number} days are more than the calendar has");
        return check.refuse(Code::InvalidValue, days.span, message, "");
    }
    Some(predicate(days, operator, number))
}

fn predicate(days: &Days, operator: Comparison, number: f64) -> Predicate {
    #[expect(clippy::cast_possible_truncation, reason = "within MOST_DAYS")]
    let (below, above) = (number.floor() as i64, number.ceil() as i64);
    match operator {
        Comparison::Equal if below != above => Predicate::Constant(false),
        Comparison::NotEqual if below != above => Predicate::Constant(true),
        Comparison::Equal => Predicate::All(vec![at_least(days, below), less(days, below + 1)]),
        Comparison::NotEqual => {
            Predicate::Not(Box::new(Predicate::All(vec![at_least(days, below), less(days, below + 1)])))
        }
        Comparison::Less => less(days, above),
        Comparison::LessOrEqual => less(days, below + 1),
        Comparison::Greater => at_least(days, below + 1),
        Comparison::GreaterOrEqual => at_least(days, above),
    }
}

/// At least so many days, a whole number.
fn at_least(days: &Days, count: i64) -> Predicate {
    let operator = if days.since { Comparison::LessOrEqual } else { Comparison::GreaterOrEqual };
    against_now(days, operator, count)
}

/// Fewer than so many days, a whole number.
fn less(days: &Days, count: i64) -> Predicate {
    let operator = if days.since { Comparison::Greater } else { Comparison::Less };
    against_now(days, operator, count)
}

fn against_now(days: &Days, operator: Comparison, count: i64) -> Predicate {
    let away = if days.since { -count } else { count };
    let right = match days.of.kind {
        FieldType::Date => Operand::Today { plus: away },
        _ => Operand::Now { plus: away * DAY },
    };
    Predicate::Compare { left: days.of.operand.clone(), operator, right }
}
