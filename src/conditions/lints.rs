//! Conditions that are right, and yet can't be meant: clauses that never hold together, and clauses that
//! always hold.

use super::{context::Check, explain::explain};
use crate::{
    diagnostics::{Code, Problem, Span},
    model::{Comparison, CountTest, Did, Operand, Predicate, Value},
};

/// A clause with the place where it was written.
pub(super) type Placed<'p> = (Span, &'p Predicate);

/// Warns of clauses of a group: those of `all` hold together, one of `any` holds, those of `none` don't hold then.
pub(super) fn warn(all: &[Placed<'_>], any: &[Placed<'_>], none: &[Placed<'_>], check: &mut Check<'_>) {
    for (span, clause) in all.iter().chain(any).chain(none) {
        if always(clause) {
            let message = match clause {
                Predicate::Constant(_) => "this always holds".to_owned(),
                _ => format!("this always holds: {}", explain(clause)),
            };
            let problem = Problem::warning(Code::AlwaysHolds, *span, message);
            check.report(problem.hint("Leave it out, or fix it."));
        }
    }
    for (at, (span, clause)) in any.iter().enumerate() {
        if let Some((other, earlier)) = any[..at].iter().find(|(_, earlier)| one_holds(earlier, clause)) {
            let message = format!("one of these always holds: {}; {}", explain(earlier), explain(clause));
            let problem = Problem::warning(Code::AlwaysHolds, *span, message);
            check.report(problem.hint("Mend one of the two.").related(*other, "the other one"));
        }
    }
    let negated: Vec<(Span, Predicate)> =
        none.iter().map(|(span, clause)| (*span, Predicate::Not(Box::new((*clause).clone())))).collect();
    let mut together: Vec<Placed<'_>> = Vec::new();
    all.iter().for_each(|(span, clause)| flatten(*span, clause, &mut together));
    together.extend(negated.iter().map(|(span, clause)| (*span, clause)));
    for (at, (span, clause)) in together.iter().enumerate() {
        let Some((other, earlier)) = together[..at].iter().find(|(_, earlier)| exclude(earlier, clause))
        else {
            continue;
        };
        let message = format!("these can never hold together: {}; {}", explain(earlier), explain(clause));
        let problem = Problem::warning(Code::NeverHolds, *span, message).hint("Nobody can satisfy both.");
        check.report(match other == span {
            true => problem,
            false => problem.related(*other, "the other one"),
        });
        return;
    }
}

fn flatten<'p>(span: Span, clause: &'p Predicate, into: &mut Vec<Placed<'p>>) {
    match clause {
        Predicate::All(parts) => parts.iter().for_each(|part| flatten(span, part, into)),
        _ => into.push((span, clause)),
    }
}

/// Whether a clause holds for everybody, whatever the data.
fn always(clause: &Predicate) -> bool {
    match clause {
        Predicate::Constant(answer) => *answer,
        Predicate::Compare { left: Operand::Literal(left), operator, right: Operand::Literal(right) } => {
            super::value::compared(left, *operator, right)
        }
        Predicate::IsBlank(Operand::Literal(value)) => is_blank(value),
        Predicate::Did(Did { count, .. }) => *count == CountTest::AtLeast(0),
        Predicate::Related(related) => related.count == CountTest::AtLeast(0),
        Predicate::Any(parts) => {
            parts.iter().any(always)
                || parts
                    .iter()
                    .enumerate()
                    .any(|(at, part)| parts[..at].iter().any(|one| one_holds(one, part)))
        }
        _ => false,
    }
}

/// Whether one of two clauses holds, whatever the data: what the one denies and what the other denies can't both be.
fn one_holds(one: &Predicate, other: &Predicate) -> bool {
    let both_denied = || denied(one).zip(denied(other));
    opposite(one, other) || both_denied().is_some_and(|(one, other)| exclude(&one, &other))
}

/// What a clause denies, where it is a denial.
fn denied(clause: &Predicate) -> Option<Predicate> {
    match clause {
        Predicate::Not(inner) => Some((**inner).clone()),
        Predicate::Compare {
            left,
            operator: Comparison::NotEqual,
            right: right @ Operand::Literal(value),
        } if !value.is_missing() => {
            let operator = Comparison::Equal;
            Some(Predicate::Compare { left: left.clone(), operator, right: right.clone() })
        }
        _ => None,
    }
}

fn opposite(one: &Predicate, other: &Predicate) -> bool {
    let denies =
        |one: &Predicate, other: &Predicate| matches!(one, Predicate::Not(inner) if **inner == *other);
    denies(one, other) || denies(other, one) || unequal(one, other) || unequal(other, one)
}

/// Whether a clause asks for a value, and the other for any else, a missing one included.
fn unequal(one: &Predicate, other: &Predicate) -> bool {
    match (one, other) {
        (
            Predicate::Compare { left, operator: Comparison::Equal, right },
            Predicate::Compare { left: of, operator: Comparison::NotEqual, right: than },
        ) => {
            left == of
                && right == than
                && matches!(right, Operand::Literal(value) if *value != Value::Missing)
        }
        _ => false,
    }
}

/// Whether two clauses about the same record can't both hold.
fn exclude(one: &Predicate, other: &Predicate) -> bool {
    if opposite(one, other) {
        return true;
    }
    match (one, other) {
        (Predicate::Did(one), Predicate::Did(other)) => {
            let alike = Did { count: one.count, ..other.clone() } == *one;
            alike && apart(one.count, other.count)
        }
        _ => match (Demand::of(one), Demand::of(other)) {
            (Some((left, one)), Some((right, other))) => left == right && one.excludes(&other),
            _ => false,
        },
    }
}

/// Whether no number satisfies both counts.
fn apart(one: CountTest, other: CountTest) -> bool {
    let range = |count: CountTest| match count {
        CountTest::AtLeast(least) => Some((least, u64::MAX)),
        CountTest::AtMost(most) => Some((0, most)),
        CountTest::Exactly(count) => Some((count, count)),
        CountTest::AtLeastPercent(_) | CountTest::All => None,
    };
    range(one).zip(range(other)).is_some_and(|(one, other)| one.1 < other.0 || other.1 < one.0)
}

fn is_blank(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.trim().is_empty())
}

/// What a clause demands of a field.
enum Demand<'p> {
    /// To be one of these.
    OneOf(Vec<&'p Value>),
    /// To compare so.
    Compared(Comparison, &'p Value),
    /// To be blank.
    Blank,
}

impl<'p> Demand<'p> {
    fn of(clause: &'p Predicate) -> Option<(&'p Operand, Demand<'p>)> {
        let field = |operand: &'p Operand| {
            matches!(operand, Operand::Field { .. } | Operand::Followed { .. }).then_some(operand)
        };
        match clause {
            Predicate::Compare { left, operator, right } => {
                let (operand, operator, value) = match (left, right) {
                    (operand, Operand::Literal(value)) => (field(operand)?, *operator, value),
                    (Operand::Literal(value), operand) => (field(operand)?, operator.mirrored(), value),
                    _ => return None,
                };
                Some(match operator {
                    Comparison::Equal => (operand, Demand::OneOf(vec![value])),
                    operator => (operand, Demand::Compared(operator, value)),
                })
            }
            Predicate::OneOf { operand, values } => {
                Some((field(operand)?, Demand::OneOf(values.iter().collect())))
            }
            Predicate::IsBlank(operand) => Some((field(operand)?, Demand::Blank)),
            _ => None,
        }
    }

    fn excludes(&self, other: &Demand<'_>) -> bool {
        use super::value::compared;
        match (self, other) {
            (Demand::OneOf(one), Demand::OneOf(other)) => {
                !one.iter().any(|value| other.iter().any(|other| compared(value, Comparison::Equal, other)))
            }
            (Demand::OneOf(values), Demand::Compared(operator, bound))
            | (Demand::Compared(operator, bound), Demand::OneOf(values)) => {
                !values.iter().any(|value| compared(value, *operator, bound))
            }
            (Demand::Compared(one, low), Demand::Compared(other, high)) => {
                nothing_between((*one, *low), (*other, *high))
                    || nothing_between((*other, *high), (*one, *low))
            }
            (Demand::Blank, Demand::OneOf(values)) | (Demand::OneOf(values), Demand::Blank) => {
                !values.iter().any(|value| is_blank(value))
            }
            (Demand::Blank, Demand::Compared(..) | Demand::Blank) | (Demand::Compared(..), Demand::Blank) => {
                false
            }
        }
    }
}

/// Whether a lower bound leaves nothing below an upper one.
fn nothing_between(low: (Comparison, &Value), high: (Comparison, &Value)) -> bool {
    use super::value::compared;
    let (lower, upper) = (
        matches!(low.0, Comparison::Greater | Comparison::GreaterOrEqual),
        matches!(high.0, Comparison::Less | Comparison::LessOrEqual),
    );
    let touching = low.0 == Comparison::GreaterOrEqual && high.0 == Comparison::LessOrEqual;
    let empty = if touching { Comparison::Greater } else { Comparison::GreaterOrEqual };
    lower && upper && compared(low.1, empty, high.1)
}
