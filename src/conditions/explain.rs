//! Predicates in plain English.

use crate::model::{
    Argument, Arithmetic, Bound, Call, Callee, Comparison, CountTest, DatePart, Did, FieldType, Measure,
    MeasureFunction, Operand, Period, Predicate, Reckoning, Related, Subject, TextTest, Value, time::DAY,
};

/// Says what a predicate asks, for people.
#[must_use]
pub fn explain(predicate: &Predicate) -> String {
    match predicate {
        Predicate::Constant(true) => "always".to_owned(),
        Predicate::Constant(false) => "never".to_owned(),
        Predicate::All(parts) if parts.is_empty() => "always".to_owned(),
        Predicate::Any(parts) if parts.is_empty() => "never".to_owned(),
        Predicate::All(parts) => stretch(parts).unwrap_or_else(|| joined(parts, " and ")),
        Predicate::Any(parts) => joined(parts, " or "),
        Predicate::Not(inner) => negated(inner),
        Predicate::Compare {
            left: Operand::Measure(one),
            operator: Comparison::Equal,
            right: Operand::Measure(of),
        } if one.attribute == "at" && of.attribute == "at" => {
            let it_was = match &*one.over.condition {
                Predicate::All(parts) => parts.get(1),
                _ => None,
            };
            format!("{} was one where {}", measured(of), it_was.map_or_else(String::new, explain))
        }
        Predicate::Compare {
            left: Operand::Since { subject: of, name },
            operator: Comparison::LessOrEqual,
            right: Operand::Moment(Reckoning::Ago(length)),
        } => format!("{}.{name} hasn't changed for {length}", subject(*of)),
        Predicate::Compare { left, operator, right } => {
            format!("{} {} {}", words(left), comparison(*operator, left, right), words(right))
        }
        Predicate::IsTrue(value) => format!("{} is true", words(value)),
        Predicate::OneOf { operand, values } => format!("{} is one of {}", words(operand), listed(values)),
        Predicate::TextTest { operand, test, needle } => {
            let verb = match test {
                TextTest::Contains => "contains",
                TextTest::StartsWith => "starts with",
                TextTest::EndsWith => "ends with",
            };
            match (operand, needle) {
                (Operand::LowerCase(text), Operand::LowerCase(needle)) => {
                    format!("{} {verb} {} whatever its case", words(text), words(needle))
                }
                _ => format!("{} {verb} {}", words(operand), words(needle)),
            }
        }
        Predicate::Matches { operand, pattern } => {
            format!("{} matches \"{}\"", words(operand), pattern.as_str())
        }
        Predicate::Same { left, right } => {
            format!("{} is {} whatever its case", words(left), words(right))
        }
        Predicate::IsBlank(value) => format!("{} is blank", words(value)),
        Predicate::HasChoices { operand, choices, all } => {
            let which = if *all { "all" } else { "any" };
            let quoted: Vec<String> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
            format!("{} has {which} of {}", words(operand), quoted.join(", "))
        }
        Predicate::InSegment { segment, of, .. } => format!("the {} is in segment {segment}", subject(*of)),
        Predicate::Did(did) => interactions(did),
        Predicate::Subscribed { topic } => format!("the contact is subscribed to {topic}"),
        Predicate::Related(related) => related_records(related),
    }
}

fn joined(parts: &[Predicate], between: &str) -> String {
    parts.iter().map(|part| bracketed(part, parts.len() > 1)).collect::<Vec<_>>().join(between)
}

/// In brackets where it is joined of several parts itself.
fn bracketed(predicate: &Predicate, needed: bool) -> String {
    let several = match predicate {
        Predicate::All(parts) => parts.len() > 1 && stretch(parts).is_none(),
        Predicate::Any(parts) => parts.len() > 1,
        _ => false,
    };
    if several && needed { format!("({})", explain(predicate)) } else { explain(predicate) }
}

/// The words for a value between two moments or days that are told from now.
fn stretch(parts: &[Predicate]) -> Option<String> {
    let [
        Predicate::Compare { left, operator: Comparison::GreaterOrEqual, right: from },
        Predicate::Compare { left: same, operator: Comparison::LessOrEqual, right: to },
    ] = parts
    else {
        return None;
    };
    let reckoning = |operand: &Operand| match operand {
        Operand::Moment(reckoning) | Operand::Day(reckoning) => Some(*reckoning),
        _ => None,
    };
    let words = match (reckoning(from), reckoning(to)) {
        (Some(Reckoning::Ago(length)), None) if is_present(to) => format!("is in the last {length}"),
        (None, Some(Reckoning::Ahead(length))) if is_present(from) => format!("is in the next {length}"),
        (Some(Reckoning::StartOf(period, 0)), Some(Reckoning::EndOf(_, 0))) => {
            format!("is in this {}", period.word(1))
        }
        (Some(Reckoning::StartOf(Period::Day, from)), Some(Reckoning::EndOf(_, to)))
            if from == to && from > 1 =>
        {
            format!("is on the day in {from} days")
        }
        (Some(Reckoning::StartOf(period, 1)), Some(Reckoning::EndOf(_, 1))) => {
            format!("is in the {} after this one", period.word(1))
        }
        (Some(Reckoning::StartOf(period, 1)), Some(Reckoning::EndOf(_, after))) if after > 1 => {
            format!("is in the {after} {} after this one", period.word(after))
        }
        (Some(Reckoning::StartOf(Period::Day, from)), Some(Reckoning::EndOf(_, to)))
            if from == to && from < -1 =>
        {
            format!("is on the day {} days ago", from.abs())
        }
        (Some(Reckoning::StartOf(period, -1)), Some(Reckoning::EndOf(_, -1))) => {
            format!("is in the {} before this one", period.word(1))
        }
        (Some(Reckoning::StartOf(period, before)), Some(Reckoning::EndOf(_, -1))) => {
            format!("is in the {} {} before this one", before.abs(), period.word(before.abs()))
        }
        _ => return None,
    };
    (left == same).then(|| format!("{} {words}", self::words(left)))
}

fn is_present(operand: &Operand) -> bool {
    matches!(operand, Operand::Now { plus: 0 } | Operand::Today { plus: 0 })
}

fn negated(inner: &Predicate) -> String {
    match inner {
        Predicate::Not(inner) => explain(inner),
        Predicate::Constant(value) => explain(&Predicate::Constant(!value)),
        Predicate::IsTrue(value) => format!("{} is not true", words(value)),
        Predicate::IsBlank(value) => format!("{} is not blank", words(value)),
        Predicate::OneOf { operand, values } => {
            format!("{} is none of {}", words(operand), listed(values))
        }
        Predicate::InSegment { segment, of, .. } => {
            format!("the {} is not in segment {segment}", subject(*of))
        }
        Predicate::Any(parts) => {
            format!("none of: {}", parts.iter().map(explain).collect::<Vec<_>>().join("; "))
        }
        other => format!("not ({})", explain(other)),
    }
}

fn subject(subject: Subject) -> &'static str {
    match subject {
        Subject::Contact => "contact",
        Subject::Account => "account",
        Subject::Lead => "lead",
        Subject::Interaction => "interaction",
        Subject::Activity => "activity",
        Subject::PrimaryContact => "account.primary_contact",
    }
}

fn is_temporal(operand: &Operand) -> bool {
    match operand {
        Operand::Field { kind, .. } | Operand::Followed { kind, .. } => {
            matches!(kind, FieldType::Date | FieldType::DateTime)
        }
        Operand::Literal(value) => matches!(value, Value::Date(_) | Value::Time(_)),
        Operand::Now { .. }
        | Operand::Today { .. }
        | Operand::Moment(_)
        | Operand::Day(_)
        | Operand::Since { .. } => true,
        Operand::OfDate { part, .. } => *part == DatePart::Anniversary,
        Operand::Measure(measure) => matches!(measure.kind, FieldType::Date | FieldType::DateTime),
        Operand::Call(call) => matches!(call.gives, FieldType::Date | FieldType::DateTime),
        Operand::Arithmetic { .. } | Operand::LowerCase(_) => false,
    }
}

fn comparison(operator: Comparison, left: &Operand, right: &Operand) -> &'static str {
    let temporal = is_temporal(left) || is_temporal(right);
    match (operator, temporal) {
        (Comparison::Equal, _) => "is",
        (Comparison::NotEqual, _) => "is not",
        (Comparison::Less, false) => "is less than",
        (Comparison::LessOrEqual, false) => "is at most",
        (Comparison::Greater, false) => "is more than",
        (Comparison::GreaterOrEqual, false) => "is at least",
        (Comparison::Less, true) => "is before",
        (Comparison::LessOrEqual, true) => "is not after",
        (Comparison::Greater, true) => "is after",
        (Comparison::GreaterOrEqual, true) => "is not before",
    }
}

/// Says what a value is.
pub(super) fn words(operand: &Operand) -> String {
    match operand {
        Operand::Field { subject: of, name, .. } => format!("{}.{name}", subject(*of)),
        Operand::Followed { link, name, .. } => {
            let path = words(link);
            format!("{}.{name}", path.strip_suffix("_id").unwrap_or(&path))
        }
        Operand::Literal(value) => literal(value),
        Operand::LowerCase(text) => format!("{} in lower case", words(text)),
        Operand::Since { subject: of, name } => format!("the last change of {}.{name}", subject(*of)),
        Operand::Now { plus: 0 } => "now".to_owned(),
        Operand::Now { plus } => distance(*plus, "now"),
        Operand::Today { plus: 0 } => "today".to_owned(),
        Operand::Today { plus } => distance(plus.saturating_mul(DAY), "today"),
        Operand::Moment(reckoning) | Operand::Day(reckoning) => reckoned(*reckoning),
        Operand::OfDate { part, of } => {
            let what = match part {
                DatePart::Weekday => "the weekday",
                DatePart::Month => "the month",
                DatePart::Anniversary => "the next anniversary",
            };
            format!("{what} of {}", words(of))
        }
        Operand::Measure(measure) => measured(measure),
        Operand::Call(call) => called(call),
        Operand::Arithmetic { left, operator, right } => {
            let sign = match operator {
                Arithmetic::Add => "+",
                Arithmetic::Subtract => "-",
                Arithmetic::Multiply => "*",
                Arithmetic::Divide => "/",
            };
            let part = |side: &Operand| match side {
                Operand::Arithmetic { .. } => format!("({})", words(side)),
                _ => words(side),
            };
            format!("{} {sign} {}", part(left), part(right))
        }
    }
}

/// A call as it is written.
#[must_use]
pub fn called(call: &Call) -> String {
    let mut arguments: Vec<String> = call
        .arguments
        .iter()
        .map(|argument| match argument {
            Argument::Record { of, fields } => match fields.first().map(|field| &field.input.operand) {
                Some(Operand::Followed { link, .. }) => {
                    let path = words(link);
                    path.strip_suffix("_id").unwrap_or(&path).to_owned()
                }
                _ => subject(*of).to_owned(),
            },
            Argument::Value(input) => words(&input.operand),
        })
        .collect();
    let name = match &call.callee {
        Callee::Script(name) => name,
        Callee::Lookup { table, column } => {
            arguments.insert(0, format!("\"{table}\""));
            arguments.push(format!("\"{column}\""));
            "lookup"
        }
    };
    format!("{name}({})", arguments.join(", "))
}

fn reckoned(reckoning: Reckoning) -> String {
    let period = |period: Period, offset: i64| match offset {
        0 => format!("this {}", period.word(1)),
        before if before < 0 => format!("the {} {} before", period.word(1), before.abs()),
        after => format!("the {} {after} after", period.word(1)),
    };
    match reckoning {
        Reckoning::Ago(length) => format!("{length} ago"),
        Reckoning::Ahead(length) => format!("{length} from now"),
        Reckoning::StartOf(of, offset) => format!("the start of {}", period(of, offset)),
        Reckoning::EndOf(of, offset) => format!("the end of {}", period(of, offset)),
    }
}

fn measured(measure: &Measure) -> String {
    let for_account = measure.over.of == Subject::Account;
    let name = &measure.over.interaction;
    let what = match (measure.function, measure.attribute.as_str()) {
        (MeasureFunction::Least, "at") => {
            let whose = if for_account { "for the account" } else { "of the contact" };
            return format!("the first {name} {whose}{}", limits(&measure.over));
        }
        (MeasureFunction::Greatest, "at") => {
            let whose = if for_account { "for the account" } else { "of the contact" };
            return format!("the last {name} {whose}{}", limits(&measure.over));
        }
        (MeasureFunction::Sum, attribute) => format!("the sum of {attribute}"),
        (MeasureFunction::Average, attribute) => format!("the average {attribute}"),
        (MeasureFunction::Least, attribute) => format!("the least {attribute}"),
        (MeasureFunction::Greatest, attribute) => format!("the greatest {attribute}"),
    };
    let whose = if for_account { "for the account" } else { "by the contact" };
    format!("{what} of {name} {whose}{}", limits(&measure.over))
}

/// So many milliseconds, as days where they are whole, before or after an anchor.
fn distance(milliseconds: i64, anchor: &str) -> String {
    let length = milliseconds.unsigned_abs();
    let day = DAY.unsigned_abs();
    let amount = match (length % day, length / day) {
        (0, 1) => "1 day".to_owned(),
        (0, days) => format!("{days} days"),
        _ => format!("{length} ms"),
    };
    let direction = if milliseconds < 0 { "before" } else { "after" };
    format!("{amount} {direction} {anchor}")
}

fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{text}\""),
        other => other.to_string(),
    }
}

fn listed(values: &[Value]) -> String {
    values.iter().map(literal).collect::<Vec<_>>().join(", ")
}

fn interactions(did: &Did) -> String {
    let name = &did.interaction;
    let mut text = match (did.of, did.count) {
        (Subject::Account, CountTest::Exactly(0)) => format!("nobody did {name} for the account"),
        (Subject::Account, CountTest::AtLeast(1)) => format!("somebody did {name} for the account"),
        (Subject::Account, count) => format!("{name} was done for the account {}", times(count)),
        (who, CountTest::Exactly(0)) => format!("the {} did not do {name}", subject(who)),
        (who, CountTest::AtLeast(1)) => format!("the {} did {name}", subject(who)),
        (who, count) => format!("the {} did {name} {}", subject(who), times(count)),
    };
    text.push_str(&limits(did));
    text
}

/// The words for a window, a step, and what has to hold for an interaction.
fn limits(did: &Did) -> String {
    let mut text = String::new();
    let bound = |bound: &Bound| match bound {
        Bound::At(at) => crate::model::time::rfc3339(*at),
        Bound::Ago(duration) => format!("{duration} ago"),
        Bound::Entry => "the entry".to_owned(),
    };
    match (&did.since, &did.until) {
        (None, None) => {}
        (Some(Bound::Ago(duration)), None) => text.push_str(&format!(" within {duration}")),
        (Some(since), None) => text.push_str(&format!(" since {}", bound(since))),
        (None, Some(until)) => text.push_str(&format!(" until {}", bound(until))),
        (Some(since), Some(until)) => {
            text.push_str(&format!(" from {} until {}", bound(since), bound(until)));
        }
    }
    if let Some(step) = &did.step {
        text.push_str(&format!(" caused by step {step}"));
    }
    if *did.condition != Predicate::Constant(true) {
        text.push_str(&format!(" where {}", bracketed(&did.condition, true)));
    }
    text
}

fn times(count: CountTest) -> String {
    let words = |number: u64| format!("{number} {}", if number == 1 { "time" } else { "times" });
    match count {
        CountTest::AtLeast(number) => format!("at least {}", words(number)),
        CountTest::AtMost(number) => format!("at most {}", words(number)),
        CountTest::Exactly(number) => format!("exactly {}", words(number)),
        CountTest::AtLeastPercent(share) => format!("at least {share}%"),
        CountTest::All => "every time".to_owned(),
    }
}

fn related_records(related: &Related) -> String {
    let [one, several] = super::counts::words(related.records);
    let which = match related.count {
        CountTest::Exactly(0) => format!("no {one}"),
        CountTest::AtLeast(1) => format!("at least one {one}"),
        CountTest::AtLeast(number) => format!("at least {number} {several}"),
        CountTest::AtMost(number) => format!("at most {number} {several}"),
        CountTest::Exactly(number) => format!("exactly {number} {several}"),
        CountTest::AtLeastPercent(share) => format!("at least {share}% of the {several}"),
        CountTest::All => format!("every {one}"),
    };
    format!("{which} of the {}: {}", subject(related.of), bracketed(&related.condition, true))
}
