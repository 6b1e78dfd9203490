//! `sum`, `avg`, `min`, `max` of an attribute, and the time of the first or last interaction.

use super::{Scope, compare, context::Check, operand, typed::Typed, window::Window};
use crate::{
    calendar::{parse_date, parse_moment},
    definitions::{CountKey, DidNode, DidWord, Located},
    diagnostics::{Code, Problem, Text, did_you_mean},
    model::{
        Bound, Comparison, Did, Field, FieldType, InteractionType, Measure, MeasureFunction, Operand,
        Predicate, Reckoning, Value,
    },
    script::parse_expression,
};

/// The key of a measure.
pub(super) fn word(function: MeasureFunction) -> &'static str {
    match function {
        MeasureFunction::Sum => "sum",
        MeasureFunction::Average => "avg",
        MeasureFunction::Least => "min",
        MeasureFunction::Greatest => "max",
    }
}

/// Reports what can't stand beside `first_did` and `last_did`.
pub(super) fn takes_no_count(node: &DidNode, scope: Scope<'_>, check: &mut Check<'_>) -> Option<()> {
    let word = node.word.key();
    if scope.steps.is_some() {
        let message = format!("`{word}` can't be waited for");
        let hint = "A trigger looks at what happens while it waits; write `did`.";
        return check.refuse(Code::InvalidValue, node.interaction.span, message, hint);
    }
    let beside = node.count.as_ref().map(|count| count.amount.span);
    let Some(span) = beside.or(node.measure.as_ref().map(|(function, _)| function.span)) else {
        return Some(());
    };
    let message = format!("`{word}` is about one interaction, and has nothing to count");
    check.refuse(Code::InvalidValue, span, message, "Write `did` with the count, as another condition.")
}

/// The window in which the first or last interaction has to be.
pub(super) fn needed_window(node: &DidNode, window: Window, check: &mut Check<'_>) -> Option<Window> {
    if window != (None, None) || node.it_was.is_some() {
        return Some(window);
    }
    let word = node.word.key();
    let message = format!("`{word}` needs `within`, `since`, `until` or `it_was`");
    let hint =
        "Write when it has to have been, such as `within: 30 days`, or `did` to ask whether it ever was.";
    check.refuse(Code::MissingKey, node.interaction.span, message, hint)
}

/// The first, or last, of the interactions happened in the window, and `it_was` holds of it. Of several at that one
/// moment it has to hold of one.
pub(super) fn first_or_last(
    word: DidWord,
    over: Did,
    it_was: Option<Predicate>,
    (since, until): Window,
) -> Predicate {
    let function = match word {
        DidWord::FirstDid => MeasureFunction::Least,
        _ => MeasureFunction::Greatest,
    };
    let at =
        |over| Box::new(Measure { function, attribute: "at".to_owned(), kind: FieldType::DateTime, over });
    let such = it_was.map(|it_was| {
        let such = Predicate::All(vec![(*over.condition).clone(), it_was]);
        Predicate::Compare {
            left: Operand::Measure(at(Did { condition: Box::new(such), ..over.clone() })),
            operator: Comparison::Equal,
            right: Operand::Measure(at(over.clone())),
        }
    });
    let measure = at(over);
    let ends = [(since, Comparison::GreaterOrEqual), (until, Comparison::LessOrEqual)];
    let mut tests: Vec<Predicate> = ends
        .into_iter()
        .filter_map(|(bound, operator)| {
            let right = match bound? {
                Bound::At(at) => Operand::Literal(Value::Time(at)),
                Bound::Ago(length) => Operand::Moment(Reckoning::Ago(length)),
                // Triggers have neither word.
                Bound::Entry => return None,
            };
            Some(Predicate::Compare { left: Operand::Measure(measure.clone()), operator, right })
        })
        .chain(such)
        .collect();
    match tests.len() {
        1 => tests.remove(0),
        _ => Predicate::All(tests),
    }
}

/// The attribute that is measured.
pub(super) fn attribute(
    node: &DidNode,
    function: &Located<MeasureFunction>,
    name: &Text,
    interaction: &InteractionType,
    check: &mut Check<'_>,
) -> Option<Field> {
    let word = word(function.value);
    let Some(field) = interaction.attribute(name.as_str()) else {
        let common = crate::model::common_attributes();
        let known = interaction.attributes.iter().chain(&common).map(|field| field.name.as_str());
        let message = format!("`{}` has no attribute `{}`", interaction.name, name.as_str());
        let problem = Problem::error(Code::UnknownField, name.span, message);
        check.report(problem.hint_if(did_you_mean(name.as_str(), known)));
        return None;
    };
    let is_time = matches!(field.kind, FieldType::Date | FieldType::DateTime);
    let has_order = matches!(function.value, MeasureFunction::Least | MeasureFunction::Greatest);
    if !(field.kind.is_numeric() || is_time && has_order) {
        let message = format!("`{word}` needs numbers, and `{}` is {}", field.name, field.kind);
        let numbers: Vec<&str> = interaction
            .attributes
            .iter()
            .filter(|field| field.kind.is_numeric())
            .map(|field| field.name.as_str())
            .collect();
        let hint = match numbers[..] {
            [] => format!("`{}` has no attribute that holds numbers.", interaction.name),
            [only] => format!("Write `{word}: {only}`."),
            _ => format!("Numbers are in `{}`.", numbers.join("`, `")),
        };
        return check.refuse(Code::IncompatibleTypes, name.span, message, &hint);
    }
    if node.word == DidWord::DidNot {
        let message = format!("`did_not` means never, and leaves nothing for `{word}`");
        return check.refuse(Code::InvalidValue, function.span, message, "Write `did`.");
    }
    if node.count.is_none() {
        let message = format!("`{word}` needs `at_least`, `at_most` or `exactly`");
        let hint = "Write what it is compared with, such as `at_least: 1000`.";
        return check.refuse(Code::MissingKey, function.span, message, hint);
    }
    Some(field)
}

/// The comparison of a measure with what stands under `at_least`, `at_most` or `exactly`.
pub(super) fn compared(
    node: &DidNode,
    function: MeasureFunction,
    field: Field,
    over: Did,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    let count = node.count.as_ref()?;
    let right = amount(&count.amount, &field.kind, scope, check)?;
    let operator = match count.test {
        CountKey::AtLeast => Comparison::GreaterOrEqual,
        CountKey::AtMost => Comparison::LessOrEqual,
        CountKey::Exactly => Comparison::Equal,
    };
    let kind = if field.kind.is_numeric() { FieldType::Number } else { field.kind.clone() };
    let written = format!("{} of {}", word(function), field.name);
    let measure = Measure { function, attribute: field.name, kind: field.kind, over };
    let operand = Operand::Measure(Box::new(measure));
    let left = Typed { operand, kind, span: count.amount.span, written };
    compare::values(&left, operator, &right, scope, check)
}

/// A number, a date or time, or an expression that gives one.
fn amount(text: &Text, kind: &FieldType, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Typed> {
    let written = text.as_str().trim();
    let literal = |value, kind| Some(Typed::literal(value, kind, text.span, written));
    let digits = written.replace('_', "");
    if kind.is_numeric() {
        if let Ok(whole) = digits.parse::<i64>()
            && whole.unsigned_abs() <= 1 << 53
        {
            return literal(Value::Integer(whole), FieldType::Integer);
        }
        if let Ok(number) = digits.parse::<f64>()
            && number.is_finite()
        {
            return literal(Value::Number(number), FieldType::Number);
        }
    } else if let Ok(day) = parse_date(written) {
        return literal(Value::Date(day), FieldType::Date);
    } else if let Ok(at) = parse_moment(written, scope.zone) {
        return literal(Value::Time(at), FieldType::DateTime);
    }
    let parsed = parse_expression(text, check.problems)?;
    operand::operand_as(&parsed, kind, scope, check)
}
