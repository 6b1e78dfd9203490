//! Stretches of time told from now: `in_last`, `in_next`, `in_this`, `in_previous`, `in_following`; and how long a
//! field hasn't changed.

use super::{context::Check, typed::Typed};
use crate::{
    calendar::parse_duration,
    diagnostics::{Code, Span, did_you_mean},
    model::{Comparison, Duration, DurationUnit, FieldType, Operand, Period, Predicate, Reckoning, Subject},
};

/// `name(of, "text")`: the date or moment lies in the stretch, both ends included.
pub(super) fn within(
    name: &str,
    of: Typed,
    text: &str,
    span: Span,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    if !matches!(of.kind, FieldType::Date | FieldType::DateTime) {
        let message = format!("`{name}` needs a date or datetime, and `{}` is {}", of.written, of.kind);
        let hint = "Name a field that holds one, such as `contact.created_on`.";
        return check.refuse(Code::IncompatibleTypes, of.span, message, hint);
    }
    let whole_days = of.kind == FieldType::Date;
    let reckoned = |reckoning| match whole_days {
        true => Operand::Day(reckoning),
        false => Operand::Moment(reckoning),
    };
    let present = match whole_days {
        true => Operand::Today { plus: 0 },
        false => Operand::Now { plus: 0 },
    };
    let (from, to) = match name {
        "in_this" => {
            let period = this(text, span, check)?;
            (reckoned(Reckoning::StartOf(period, 0)), reckoned(Reckoning::EndOf(period, 0)))
        }
        "in_previous" => {
            let (amount, period) = previous(text, span, check)?;
            (reckoned(Reckoning::StartOf(period, -amount)), reckoned(Reckoning::EndOf(period, -1)))
        }
        "in_following" => {
            let (amount, period) = previous(text, span, check)?;
            (reckoned(Reckoning::StartOf(period, 1)), reckoned(Reckoning::EndOf(period, amount)))
        }
        _ => {
            let length = length(text, whole_days, span, check)?;
            match name {
                "in_next" => (present, reckoned(Reckoning::Ahead(length))),
                _ => (reckoned(Reckoning::Ago(length)), present),
            }
        }
    };
    let compare = |operator, right| Predicate::Compare { left: of.operand.clone(), operator, right };
    Some(Predicate::All(vec![
        compare(Comparison::GreaterOrEqual, from),
        compare(Comparison::LessOrEqual, to),
    ]))
}

/// `unchanged_for(field, "text")`: the field has had its present value for so long.
pub(super) fn unchanged(field: &Typed, text: &str, span: Span, check: &mut Check<'_>) -> Option<Predicate> {
    let since = match &field.operand {
        Operand::Field { subject, name, .. }
            if !name.contains('.') && !matches!(subject, Subject::Interaction | Subject::Activity) =>
        {
            Operand::Since { subject: *subject, name: name.clone() }
        }
        _ => {
            let message = format!("no changes are kept of {}", field.described());
            let hint = "Name a field of a contact, account or lead, such as `account.status`.";
            return check.refuse(Code::IncompatibleTypes, field.span, message, hint);
        }
    };
    let right = Operand::Moment(Reckoning::Ago(length(text, false, span, check)?));
    Some(Predicate::Compare { left: since, operator: Comparison::LessOrEqual, right })
}

/// A length of time, quarters included.
fn length(text: &str, whole_days: bool, span: Span, check: &mut Check<'_>) -> Option<Duration> {
    let found = match counted(text) {
        Some((amount, Period::Quarter)) => {
            Some(Duration { amount: amount.saturating_mul(3), unit: DurationUnit::Months })
        }
        _ => None,
    };
    let length = match found.map_or_else(|| parse_duration(text), Ok) {
        Ok(length) => length,
        Err(error) => {
            let hint = match Period::WORDS.iter().find(|(_, one, _)| *one == text.trim()) {
                Some((_, one, _)) => {
                    format!(
                        "Write `\"1 {one}\"` for a length of time; `in_this`, `in_previous` and `in_following` take \
                         `\"{one}\"` for the calendar's."
                    )
                }
                None => "Write a number and a unit: days, weeks, months, quarters or years.".to_owned(),
            };
            return check.refuse(Code::InvalidDuration, span, error.to_string(), &hint);
        }
    };
    let of_days = matches!(
        length.unit,
        DurationUnit::Days | DurationUnit::Weeks | DurationUnit::Months | DurationUnit::Years
    );
    if whole_days && !of_days {
        let message = format!("a date can't be compared with `{length}`");
        let hint = "Write days, weeks, months, quarters or years.";
        return check.refuse(Code::InvalidDuration, span, message, hint);
    }
    Some(length)
}

fn this(text: &str, span: Span, check: &mut Check<'_>) -> Option<Period> {
    let word = text.trim();
    if let Some((period, _, _)) = Period::WORDS.iter().find(|(_, one, _)| *one == word) {
        return Some(*period);
    }
    let message = format!("`{text}` is not a period of the calendar");
    let hint = match counted(text) {
        Some(_) => "Write one period, such as `\"month\"`; `in_last` takes a number of them.".to_owned(),
        None => period_hint(word),
    };
    check.refuse(Code::InvalidDuration, span, message, &hint)
}

/// `month`, or `2 months`.
fn previous(text: &str, span: Span, check: &mut Check<'_>) -> Option<(i64, Period)> {
    let word = text.trim();
    let one = Period::WORDS.iter().find(|(_, one, _)| *one == word).map(|(period, _, _)| (1, *period));
    if let Some(found) = one.or_else(|| counted(text)) {
        return Some(found);
    }
    let message = format!("`{text}` is not a number of periods of the calendar");
    let unit = word.split_whitespace().last().unwrap_or(word);
    check.refuse(Code::InvalidDuration, span, message, &period_hint(unit))
}

fn period_hint(word: &str) -> String {
    let known = Period::WORDS.iter().flat_map(|(_, one, several)| [*one, *several]);
    did_you_mean(word, known).filter(|hint| hint.starts_with("Did")).unwrap_or_else(|| {
        "Write `\"day\"`, `\"week\"`, `\"month\"`, `\"quarter\"` or `\"year\"`.".to_owned()
    })
}

/// So many periods: at least one, and no more than a thousand years.
fn counted(text: &str) -> Option<(i64, Period)> {
    let (amount, unit) = text.trim().split_once(char::is_whitespace)?;
    let digits = amount.len() <= 6 && !amount.is_empty() && amount.bytes().all(|byte| byte.is_ascii_digit());
    let amount: i64 = digits.then(|| amount.parse().ok())??;
    let unit = unit.trim();
    let (period, _, _) = Period::WORDS.iter().find(|(_, one, several)| unit == *one || unit == *several)?;
    let most = match period {
        Period::Day => 366_000,
        Period::Week => 52_000,
        Period::Month => 12_000,
        Period::Quarter => 4_000,
        Period::Year => 1_000,
    };
    (1..=most).contains(&amount).then_some((amount, *period))
}
