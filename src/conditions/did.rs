//! `did` and `did_not`: how often a type of interaction happened.

use super::{
    Scope, check,
    context::{self, Check},
    counts, lists, measure, related,
    typed::Typed,
    window::{self, Window},
};
use crate::{
    calendar::{parse_date, parse_moment},
    definitions::{Content, DidNode, DidWord, Node},
    diagnostics::{Code, Problem, Text, did_you_mean},
    model::{
        Comparison, CountTest, Did, Entity, Field, FieldType, InteractionType, Operand, Part, Predicate,
        Subject, Value, foreign_number, record_id,
    },
};

/// The keys of a `did` that aren't attributes, for "did you mean".
const KEYS: [&str; 13] = [
    "where", "it_was", "within", "since", "until", "step", "at_least", "at_most", "exactly", "sum", "avg",
    "min", "max",
];

/// Largest whole number that a double holds exactly.
const MAX_WHOLE: u64 = 1 << 53;

/// The predicate of a `did` and its like.
pub(super) fn predicate(node: &DidNode, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Predicate> {
    context::refuse_inside(node.word.key(), node.interaction.span, scope, check)?;
    let window = window::window(node, scope, check);
    let step = step(node, scope, check);
    let interaction = interaction(node, check);
    let condition = interaction.as_ref().and_then(|kind| condition(node, kind, scope, check));
    if let (Some(kind), Some(condition)) = (&interaction, &condition) {
        known_mail(kind, condition, node, scope, check);
    }
    let of = match scope.target {
        Entity::Account => Subject::Account,
        Entity::Contact | Entity::Lead => Subject::Contact,
    };
    let those = |interaction: &InteractionType, condition: Predicate, (since, until): Window, step| Did {
        of,
        interaction: interaction.name.clone(),
        condition: Box::new(condition),
        since,
        until,
        step,
        count: CountTest::AtLeast(1),
    };
    if matches!(node.word, DidWord::FirstDid | DidWord::LastDid) {
        measure::takes_no_count(node, scope, check)?;
        let it_was = node.it_was.as_ref().zip(interaction.as_ref());
        let it_was = it_was.map(|(it_was, kind)| check::whole(it_was, scope.inside(kind), check));
        let window = measure::needed_window(node, window?, check)?;
        let over = those(&interaction?, condition?, (None, None), None);
        return Some(measure::first_or_last(
            node.word,
            over,
            it_was.map_or(Some(None), |it| it.map(Some))?,
            window,
        ));
    }
    if let Some(it_was) = &node.it_was {
        return check.refuse(
            Code::UnknownKey,
            it_was.span(),
            format!("`it_was` belongs to `first_did` and `last_did`, and this is `{}`", node.word.key()),
            "Write `where`.",
        );
    }
    if let Some((function, attribute)) = &node.measure {
        let interaction = interaction?;
        let measured = measure::attribute(node, function, attribute, &interaction, check);
        let over = those(&interaction, condition?, window?, step?);
        return measure::compared(node, function.value, measured?, over, scope, check);
    }
    let count = count(node, check);
    let over = those(&interaction?, condition?, window?, step?);
    Some(Predicate::Did(Did { count: count?, ..over }))
}

fn interaction(node: &DidNode, check: &mut Check<'_>) -> Option<InteractionType> {
    let name = node.interaction.as_str();
    if let Some(kind) = check.catalog.interactions.get(name) {
        return Some(kind.clone());
    }
    let known = check.catalog.interactions.keys().map(String::as_str);
    let hint = did_you_mean(name, known).unwrap_or_else(|| {
        format!("Declare it with `kind: interaction` and `name: {name}`; names are written in CamelCase.")
    });
    let message = format!("there is no interaction type `{name}`");
    check.refuse(Code::UnknownInteraction, node.interaction.span, message, &hint)
}

fn condition(
    node: &DidNode,
    kind: &InteractionType,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    let inside = scope.inside(kind);
    let asked = node.condition.as_ref().map(|condition| check::whole(condition, inside, check));
    let keys: Vec<_> =
        node.attributes.iter().map(|(name, value)| attribute(name, value, kind, inside, check)).collect();
    let mut together: Vec<Predicate> = keys.into_iter().collect::<Option<_>>()?;
    if let Some(asked) = asked {
        together.insert(0, asked?);
    }
    Some(match together.len() {
        0 => Predicate::Constant(true),
        1 => together.remove(0),
        _ => Predicate::All(together),
    })
}

fn attribute(
    name: &Text,
    value: &Node,
    kind: &InteractionType,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    let Some(field) = kind.attribute(name.as_str()) else {
        let wanted = name.as_str();
        let common = crate::model::common_attributes();
        let attributes = kind.attributes.iter().chain(&common).map(|field| field.name.as_str());
        let message = format!("`{}` has no attribute `{wanted}`", kind.name);
        let problem = Problem::error(Code::UnknownField, name.span, message);
        let hint = did_you_mean(wanted, attributes.chain(KEYS)).unwrap_or_else(|| {
            let own = kind.attributes.iter().map(|field| field.name.as_str());
            let known: Vec<String> = KEYS.into_iter().chain(own).map(|name| format!("`{name}`")).collect();
            format!("There is: {}.", known.join(", "))
        });
        check.report(problem.hint(hint));
        return None;
    };
    let (literal, literal_kind) = scalar(&field, value, scope, check)?;
    let typed = Typed {
        operand: Operand::Field {
            subject: Subject::Interaction,
            name: field.name.clone(),
            kind: field.kind.clone(),
        },
        kind: field.kind.clone(),
        span: name.span,
        written: format!("interaction.{}", field.name),
    };
    lists::equals(&typed, literal, literal_kind, value.span, scope, check)
}

/// The value under an attribute's key, read as the attribute's type.
fn scalar(field: &Field, node: &Node, scope: Scope<'_>, check: &mut Check<'_>) -> Option<(Value, FieldType)> {
    let value = match (&field.kind, &node.content) {
        (FieldType::Account | FieldType::Contact, Content::Text(text)) => {
            Some((Value::Text(record_id(text.as_str()).into_owned()), FieldType::Text))
        }
        (kind, Content::Text(text)) if kind.is_textual() => {
            Some((Value::Text(text.value.clone()), FieldType::Text))
        }
        (FieldType::Integer | FieldType::Number, Content::Integer(number))
            if number.unsigned_abs() <= MAX_WHOLE =>
        {
            Some((Value::Integer(*number), FieldType::Integer))
        }
        (FieldType::Integer | FieldType::Number, Content::Number(number)) => {
            Some((Value::Number(*number), FieldType::Number))
        }
        (FieldType::Integer | FieldType::Number, Content::Text(text)) => {
            let number = text.value.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite());
            number.map(|number| (Value::Number(number), FieldType::Number))
        }
        (FieldType::Boolean, Content::Boolean(value)) => Some((Value::Boolean(*value), FieldType::Boolean)),
        (FieldType::Date, Content::Text(text)) => {
            parse_date(text.as_str()).ok().map(|day| (Value::Date(day), FieldType::Date))
        }
        (FieldType::DateTime, Content::Text(text)) => match parse_date(text.as_str()) {
            Ok(day) => Some((Value::Date(day), FieldType::Date)),
            Err(_) => {
                parse_moment(text.as_str(), scope.zone).ok().map(|at| (Value::Time(at), FieldType::DateTime))
            }
        },
        _ => None,
    };
    if value.is_some() {
        return value;
    }
    let hint = match (&field.kind, &node.content) {
        (_, Content::List(_)) => {
            format!("Write `where: interaction.{} in [\"a\", \"b\"]`.", field.name)
        }
        (kind, Content::Integer(_) | Content::Number(_) | Content::Boolean(_)) if kind.is_textual() => {
            "Write the value in quotes.".to_owned()
        }
        (FieldType::Date | FieldType::DateTime, _) => "Write `2026-01-31`.".to_owned(),
        (kind, Content::Text(text)) if kind.is_numeric() && foreign_number(text.as_str()).is_some() => {
            foreign_number(text.as_str()).map(|(_, _, hint)| hint).unwrap_or_default()
        }
        _ => format!("A key asks for equality; write `where:` with `interaction.{}` for more.", field.name),
    };
    let message =
        format!("the attribute `{}` is of type `{}`, and this is {}", field.name, field.kind, node.found());
    check.refuse(Code::WrongType, node.span, message, &hint)
}

fn step(node: &DidNode, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Option<String>> {
    let Some(text) = &node.step else { return Some(None) };
    let Some(steps) = scope.steps else {
        return check.refuse(
            Code::UnknownKey,
            text.span,
            "`step` is known only in a trigger or a branch of a journey",
            &format!(
                "Write `where: interaction.journey == \"…\" && interaction.step == \"{}\"`.",
                text.as_str()
            ),
        );
    };
    let name = text.as_str();
    let Some(step) = steps.get(name) else {
        let message = format!("the journey has no step `{name}`");
        let hint = did_you_mean(name, steps.keys().map(String::as_str));
        check.report(Problem::error(Code::UnknownStep, text.span, message).hint_if(hint));
        return None;
    };
    let of_mail = node.interaction.as_str().starts_with("Email");
    let (message, hint) = if step.causes_nothing() {
        let message = format!("nothing is caused by `{name}`, which is a `{}`", step.tile);
        (message, "Name the step that sends or launches something, or leave `step` out.")
    } else if of_mail && step.sends_no_mail() {
        let message = format!(
            "no `{}` is caused by `{name}`, which is no e-mail but `{}`",
            node.interaction.value, step.tile
        );
        (message, "Name a step with `tile: email`, or leave `step` out.")
    } else if !step.comes_before {
        let message = format!(
            "the step `{name}` comes later: nobody was there yet, so nothing it causes can have happened"
        );
        (message, "Name a step from which people come here.")
    } else {
        return Some(Some(text.value.clone()));
    };
    check.refuse(Code::NeverHolds, text.span, message, hint)
}

/// Reports a built-in interaction with a mail that isn't defined: nothing to wait for in a journey, and elsewhere
/// something that may have been sent before the mail was taken out.
fn known_mail(
    kind: &InteractionType,
    condition: &Predicate,
    node: &DidNode,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) {
    if kind.declared || kind.attribute("email").is_none() {
        return;
    }
    let mut asked: Vec<String> = Vec::new();
    Part::Predicate(condition).each(&mut |part| {
        let is_email = |operand: &Operand| {
            matches!(operand, Operand::Field { subject: Subject::Interaction, name, .. } if name == "email")
        };
        let text = |value: &Value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        match part {
            Part::Predicate(Predicate::Compare {
                left,
                operator: Comparison::Equal,
                right: Operand::Literal(value),
            }) if is_email(left) => asked.extend(text(value)),
            Part::Predicate(Predicate::OneOf { operand, values }) if is_email(operand) => {
                asked.extend(values.iter().filter_map(text));
            }
            _ => {}
        }
    });
    for name in asked.iter().filter(|name| !check.catalog.emails.contains(*name)) {
        let message = format!("there is no e-mail `{name}`");
        let hint = did_you_mean(name, check.catalog.emails.iter().map(String::as_str));
        let problem = match scope.wait.is_some() {
            true => Problem::error(Code::UnknownEmail, node.interaction.span, message).hint_if(hint),
            false => Problem::warning(Code::UnknownEmail, node.interaction.span, message).hint(
                hint.unwrap_or_else(|| "It counts only what was sent under this name before.".to_owned()),
            ),
        };
        check.report(problem);
    }
}

fn count(node: &DidNode, check: &mut Check<'_>) -> Option<CountTest> {
    match (&node.count, node.word) {
        (None, DidWord::DidNot) => Some(CountTest::Exactly(0)),
        (None, _) => Some(CountTest::AtLeast(1)),
        (Some(count), DidWord::DidNot) => check.refuse(
            Code::InvalidValue,
            count.amount.span,
            "`did_not` has no count: it means never",
            "Write `did` with `at_most`, `at_least` or `exactly`.",
        ),
        (Some(count), _) => {
            let number = counts::whole_number(count.amount.as_str(), ["time", "times"]);
            related::test(count, number, "Write `2 times` or `2`.", check)
        }
    }
}
