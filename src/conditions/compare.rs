//! Comparisons: which types go together, and what a date means beside a moment.

use super::{Scope, context::Check, days, literals, operand::Term, typed::Typed};
use crate::{
    calendar::{CalendarError, end_of_day, start_of_day},
    diagnostics::{Code, Problem, Span, did_you_mean},
    model::{Comparison, FieldType, Operand, Period, Predicate, Reckoning, Value, both_ways, foreign_number},
};

/// `left operator right` between terms of any kind.
pub(super) fn terms(
    left: &Term,
    operator: Comparison,
    right: &Term,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    match (left, right) {
        (Term::Value(left), Term::Value(right)) => values(left, operator, right, scope, check),
        (Term::Call(call), Term::Value(right)) => {
            values(&call.giving(&right.kind, check)?, operator, right, scope, check)
        }
        (Term::Value(left), Term::Call(call)) => {
            values(left, operator, &call.giving(&left.kind, check)?, scope, check)
        }
        (Term::Call(left), Term::Call(right)) => left.beside_another(right, check),
        (Term::Days(days), Term::Call(_)) | (Term::Call(_), Term::Days(days)) => check.refuse(
            Code::ExpressionForm,
            days.span,
            "a number of days can only be compared with a number",
            "Write `days_since(contact.created_on) < 30`, or count the days in the script.",
        ),
        (Term::Days(days), Term::Value(number)) => days::compare(days, operator, &number.operand, check),
        (Term::Value(number), Term::Days(days)) => {
            days::compare(days, operator.mirrored(), &number.operand, check)
        }
        (Term::Days(days), Term::Days(other)) => {
            // Longer since means earlier.
            let sign = if days.since { operator.mirrored() } else { operator }.sign();
            let hint = match days.since == other.since {
                true => format!(
                    "Compare the dates themselves: `{} {sign} {}`.",
                    days.of.written, other.of.written
                ),
                false => "Compare each of them with a number.".to_owned(),
            };
            let message = "a number of days can only be compared with a number";
            check.refuse(Code::ExpressionForm, days.span, message, &hint)
        }
    }
}

/// `left operator right` between values.
pub(super) fn values(
    left: &Typed,
    operator: Comparison,
    right: &Typed,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    use FieldType::{Account, Boolean, Choices, Contact, Date, DateTime, Text};
    let equality = matches!(operator, Comparison::Equal | Comparison::NotEqual);
    if let Some(predicate) = literals::with_blank(left, operator, right) {
        return Some(predicate);
    }
    match (&left.kind, &right.kind) {
        (Choices(_), _) | (_, Choices(_)) => {
            let span = left.span;
            let message = format!("{} and {} can't be compared", left.described(), right.described());
            let (field, other) = if matches!(left.kind, Choices(_)) { (left, right) } else { (right, left) };
            let wanted = other.literal_text().unwrap_or("…");
            let hint = format!(
                "Write `contains_any({0}, [\"{wanted}\"])` or `contains_all({0}, [\"{wanted}\"])`.",
                field.written
            );
            check.refuse(Code::IncompatibleTypes, span, message, &hint)
        }
        (Account, Contact) | (Contact, Account) => incompatible(left, right, check),
        (a, b) if a.is_numeric() && b.is_numeric() => Some(plain(left, operator, right)),
        (a, b) if a.is_textual() && b.is_textual() => {
            if !equality {
                return no_order(left, operator, check);
            }
            known_choices(left, right, check)?;
            Some(literals::texts(left, operator, right, check))
        }
        (Boolean, Boolean) if !equality => no_order(left, operator, check),
        (Boolean, Boolean) => Some(literals::truths(left, operator, right)),
        (Date, Date) | (DateTime, DateTime) => Some(plain(left, operator, right)),
        (DateTime, Date) => moment_and_date(left, operator, right, scope, check),
        (Date, DateTime) => moment_and_date(right, operator.mirrored(), left, scope, check),
        (Date | DateTime, Text) => quoted_date(left, right, check),
        (Text, Date | DateTime) => quoted_date(right, left, check),
        _ => incompatible(left, right, check),
    }
}

fn plain(left: &Typed, operator: Comparison, right: &Typed) -> Predicate {
    Predicate::Compare { left: left.operand.clone(), operator, right: right.operand.clone() }
}

fn no_order<T>(left: &Typed, operator: Comparison, check: &mut Check<'_>) -> Option<T> {
    let message = format!("{} has no order that `{}` could ask for", left.described(), operator.sign());
    let hint = match left.kind {
        FieldType::Choice(_) => {
            "List the choices that you mean, as in `x in [\"marketing\", \"profiling\"]`."
        }
        _ => "Write `==`, `!=` or `in`.",
    };
    check.refuse(Code::IncompatibleTypes, left.span, message, hint)
}

/// Reports two types that don't go together, at the right side.
pub(super) fn incompatible<T>(left: &Typed, right: &Typed, check: &mut Check<'_>) -> Option<T> {
    let message = format!("{} and {} can't be compared", left.described(), right.described());
    check.refuse(Code::IncompatibleTypes, right.span, message, &incompatible_hint(left, right))
}

fn incompatible_hint(left: &Typed, right: &Typed) -> String {
    let (field, literal) = match (&left.operand, &right.operand) {
        (_, Operand::Literal(_)) => (left, right),
        (Operand::Literal(_), _) => (right, left),
        _ => return "Compare values of the same type.".to_owned(),
    };
    match (&field.kind, &literal.operand) {
        (kind, Operand::Literal(Value::Text(text))) if kind.is_numeric() => {
            let number = text.replace(['_', ' '], "");
            if let Some(hint) = both_ways(&number).or_else(|| foreign_number(text).map(|(_, _, hint)| hint)) {
                hint.replacen("Write", "Without quotes, write", 1)
            } else if number.parse::<f64>().is_ok_and(f64::is_finite) {
                format!("Write `{number}` without quotes.")
            } else {
                format!("`{}` holds numbers.", field.written)
            }
        }
        (FieldType::Boolean, _) => {
            format!("Write `{0}` alone, or `not({0})`.", field.written)
        }
        (kind, Operand::Literal(Value::Integer(_) | Value::Number(_) | Value::Boolean(_)))
            if kind.is_textual() =>
        {
            format!("Write `\"{}\"` in quotes.", literal.written)
        }
        (FieldType::Date | FieldType::DateTime, _) => {
            "Write `date(\"2026-01-31\")`, or ask for a distance with `days_since(…)`.".to_owned()
        }
        _ => "Compare values of the same type.".to_owned(),
    }
}

fn quoted_date<T>(moment: &Typed, text: &Typed, check: &mut Check<'_>) -> Option<T> {
    let message = format!("{} and {} can't be compared", moment.described(), text.described());
    let hint = match text.literal_text() {
        Some(written) if written.len() > 10 => format!("Write `time(\"{written}\")`."),
        Some(written) => format!("Write `date(\"{written}\")`."),
        None => "Compare it with `date(\"…\")` or `time(\"…\")`.".to_owned(),
    };
    check.refuse(Code::IncompatibleTypes, text.span, message, &hint)
}

/// A date beside a moment means that local day.
fn moment_and_date(
    moment: &Typed,
    operator: Comparison,
    date: &Typed,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    let ends = match &date.operand {
        Operand::Literal(Value::Date(day)) => ends_of(day, scope),
        Operand::Today { plus } => Ok((
            Operand::Moment(Reckoning::StartOf(Period::Day, *plus)),
            Operand::Moment(Reckoning::EndOf(Period::Day, *plus)),
        )),
        _ => {
            let message = format!("{} and {} can't be compared", moment.described(), date.described());
            let hint = "Compare dates with dates, and moments with moments, or with `today()`.";
            return check.refuse(Code::IncompatibleTypes, date.span, message, hint);
        }
    };
    match ends {
        Ok((start, end)) => Some(on_day(moment, operator, start, end)),
        Err(error) => check.refuse(Code::InvalidTime, date.span, error.to_string(), ""),
    }
}

fn ends_of(day: &str, scope: Scope<'_>) -> Result<(Operand, Operand), CalendarError> {
    let moment = |at| Operand::Literal(Value::Time(at));
    Ok((moment(start_of_day(day, scope.zone)?), moment(end_of_day(day, scope.zone)?)))
}

fn on_day(moment: &Typed, operator: Comparison, start: Operand, end: Operand) -> Predicate {
    let against = |operator, right| Predicate::Compare { left: moment.operand.clone(), operator, right };
    match operator {
        Comparison::Less | Comparison::GreaterOrEqual => against(operator, start),
        Comparison::LessOrEqual | Comparison::Greater => against(operator, end),
        Comparison::Equal | Comparison::NotEqual => {
            let within = Predicate::All(vec![
                against(Comparison::GreaterOrEqual, start),
                against(Comparison::LessOrEqual, end),
            ]);
            if operator == Comparison::Equal { within } else { Predicate::Not(Box::new(within)) }
        }
    }
}

/// Text beside a choice must be one of its choices.
pub(super) fn known_choices(left: &Typed, right: &Typed, check: &mut Check<'_>) -> Option<()> {
    let (field, literal) = match (left.literal_text(), right.literal_text()) {
        (None, Some(_)) => (left, right),
        (Some(_), None) => (right, left),
        _ => return Some(()),
    };
    match (&field.kind, literal.literal_text()) {
        (FieldType::Choice(choices), Some(text)) => {
            known_choice(&field.written, choices, text, literal.span, check)
        }
        _ => Some(()),
    }
}

/// Reports text that isn't among the choices of a field.
pub(super) fn known_choice(
    field: &str,
    choices: &[String],
    text: &str,
    span: Span,
    check: &mut Check<'_>,
) -> Option<()> {
    if choices.iter().any(|choice| choice == text) {
        return Some(());
    }
    let message = format!("`{text}` is not among the choices of `{field}`");
    let hint = did_you_mean(text, choices.iter().map(String::as_str));
    check.report(Problem::error(Code::InvalidValue, span, message).hint_if(hint));
    None
}
