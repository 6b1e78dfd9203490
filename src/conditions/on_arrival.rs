//! Conditions that hold for whoever did nothing, whatever else is known of the contact.

use super::value::{calculated, compared};
use crate::model::{
    Comparison, CountTest, Measure, MeasureFunction, Operand, Predicate, Records, Related, Value,
};

/// Whether a contact's condition certainly holds when neither the contact nor anybody of its account ever
/// did anything: whatever fields, segments, subscriptions and the clock say.
#[must_use]
pub fn holds_on_arrival(predicate: &Predicate) -> bool {
    answer(predicate) == Some(true)
}

/// The answer of whoever did nothing, where that decides it.
fn answer(predicate: &Predicate) -> Option<bool> {
    match predicate {
        Predicate::Constant(answer) => Some(*answer),
        Predicate::All(parts) => joined(parts, false),
        Predicate::Any(parts) => joined(parts, true),
        Predicate::Not(inner) => answer(inner).map(|answer| !answer),
        Predicate::Did(did) => of_none(did.count),
        Predicate::Related(related) => of_records(related),
        Predicate::Compare { left, operator, right } => match (value(left), value(right)) {
            (Some(left), Some(right)) => Some(compared(&left, *operator, &right)),
            // A comparison with a missing value is false, but for `!=`.
            (Some(Value::Missing), _) | (_, Some(Value::Missing)) if *operator != Comparison::NotEqual => {
                Some(false)
            }
            _ => None,
        },
        Predicate::IsTrue(_)
        | Predicate::OneOf { .. }
        | Predicate::TextTest { .. }
        | Predicate::Matches { .. }
        | Predicate::Same { .. }
        | Predicate::IsBlank(_)
        | Predicate::HasChoices { .. }
        | Predicate::InSegment { .. }
        | Predicate::Subscribed { .. } => None,
    }
}

/// The answer of several clauses of which one with this answer decides.
fn joined(parts: &[Predicate], decides: bool) -> Option<bool> {
    let answers: Vec<Option<bool>> = parts.iter().map(answer).collect();
    match answers.contains(&Some(decides)) {
        true => Some(decides),
        false => answers.iter().all(Option::is_some).then_some(!decides),
    }
}

/// Whether no interactions, or no records, satisfy a count; nothing where that depends on how many records
/// there are.
fn of_none(count: CountTest) -> Option<bool> {
    match count {
        CountTest::AtLeast(least) => Some(least == 0),
        CountTest::AtMost(_) | CountTest::Exactly(0) => Some(true),
        CountTest::Exactly(_) | CountTest::AtLeastPercent(_) => Some(false),
        CountTest::All => None,
    }
}

fn of_records(related: &Related) -> Option<bool> {
    match (answer(&related.condition), related.count) {
        (Some(false), count) => of_none(count),
        (Some(true), CountTest::All) => Some(true),
        // An account has at least the contact that is asked.
        (Some(true), CountTest::AtLeast(0 | 1) | CountTest::AtLeastPercent(_)) => {
            (related.records == Records::Contacts).then_some(true)
        }
        _ => None,
    }
}

/// The value of an operand where it is the same for all who did nothing.
fn value(operand: &Operand) -> Option<Value> {
    match operand {
        Operand::Literal(value) => Some(value.clone()),
        Operand::Measure(measure) => Some(of_no_values(measure)),
        Operand::Arithmetic { left, operator, right } => match (value(left), value(right)) {
            (Some(left), Some(right)) => Some(calculated(&left, *operator, &right)),
            (Some(Value::Missing), _) | (_, Some(Value::Missing)) => Some(Value::Missing),
            _ => None,
        },
        _ => None,
    }
}

fn of_no_values(measure: &Measure) -> Value {
    match measure.function {
        MeasureFunction::Sum => Value::Integer(0),
        MeasureFunction::Average | MeasureFunction::Least | MeasureFunction::Greatest => Value::Missing,
    }
}
