//! Values that conditions compare: names, literals and calculations, with their types.

use super::{
    Scope,
    calls::{self, OpenCall},
    context::{Check, not_a_value},
    functions,
    record::{Reached, in_scope, leads_nowhere, reached},
    typed::{Days, Typed},
};
use crate::{
    diagnostics::{Code, Problem, Span, did_you_mean},
    model::{Arithmetic, Catalog, Entity, Field, FieldType, Operand, Subject, Value, activity_fields},
    script::{Expression, ExpressionKind, Name, Operator},
};

/// A value to compare, or the number of days between a value and now, which is compared in its own way, or
/// a call whose type is told by what it is compared with.
#[derive(Debug, Clone)]
pub(super) enum Term {
    Value(Typed),
    Days(Days),
    Call(OpenCall),
}

impl Term {
    /// The same beside a value of this type, which tells the type of a call.
    pub fn beside(self, kind: &FieldType, check: &mut Check<'_>) -> Option<Term> {
        match self {
            Term::Call(call) => call.giving(kind, check).map(Term::Value),
            other => Some(other),
        }
    }
}

/// A term, days and calls included.
pub(super) fn term(expression: &Expression, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Term> {
    if let ExpressionKind::Call { name, arguments } = &expression.kind {
        if matches!(name.text.as_str(), "days_since" | "days_until") {
            return functions::days(name, arguments, expression.span, scope, check).map(Term::Days);
        }
        if calls::is_call(&name.text, check) {
            return calls::open(name, arguments, expression.span, scope, check).map(Term::Call);
        }
    }
    operand(expression, scope, check).map(Term::Value)
}

/// A value where one of this type is wanted, which tells the type of a call.
pub(super) fn operand_as(
    expression: &Expression,
    kind: &FieldType,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Typed> {
    match &expression.kind {
        ExpressionKind::Call { name, arguments } if calls::is_call(&name.text, check) => {
            calls::open(name, arguments, expression.span, scope, check)?.giving(kind, check)
        }
        _ => operand(expression, scope, check),
    }
}

/// A value.
pub(super) fn operand(expression: &Expression, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Typed> {
    let span = expression.span;
    match &expression.kind {
        ExpressionKind::Boolean(value) => {
            Some(Typed::literal(Value::Boolean(*value), FieldType::Boolean, span, value.to_string()))
        }
        ExpressionKind::Integer(value) => {
            Some(Typed::literal(Value::Integer(*value), FieldType::Integer, span, value.to_string()))
        }
        ExpressionKind::Number(value) => {
            Some(Typed::literal(Value::Number(*value), FieldType::Number, span, value.to_string()))
        }
        ExpressionKind::Text(value) => {
            Some(Typed::literal(Value::Text(value.clone()), FieldType::Text, span, format!("\"{value}\"")))
        }
        ExpressionKind::Path(names) => path(names, span, scope, check),
        ExpressionKind::Negate(inner) => {
            let zero = Typed::literal(Value::Integer(0), FieldType::Integer, span, "0");
            let inner = operand_as(inner, &FieldType::Number, scope, check)?;
            calculate(zero, Arithmetic::Subtract, inner, span, check)
        }
        ExpressionKind::Binary { left, operator, right } => {
            let arithmetic = match operator {
                Operator::Add => Arithmetic::Add,
                Operator::Subtract => Arithmetic::Subtract,
                Operator::Multiply => Arithmetic::Multiply,
                Operator::Divide => Arithmetic::Divide,
                _ => return not_a_value(span, check),
            };
            let left = operand_as(left, &FieldType::Number, scope, check);
            let right = operand_as(right, &FieldType::Number, scope, check);
            calculate(left?, arithmetic, right?, span, check)
        }
        ExpressionKind::Call { name, arguments } if calls::is_call(&name.text, check) => {
            calls::open(name, arguments, span, scope, check)?.untold(check)
        }
        ExpressionKind::Call { name, arguments } => functions::value(name, arguments, span, scope, check),
        ExpressionKind::List(_) | ExpressionKind::Range { .. } => check.refuse(
            Code::ExpressionForm,
            span,
            "a list or range stands behind `in` only",
            "Write `contact.job_title in [\"Purchaser\", \"Buyer\"]` or `account.employees in 100..=1000`.",
        ),
        ExpressionKind::Not(_)
        | ExpressionKind::All(_)
        | ExpressionKind::Any(_)
        | ExpressionKind::In { .. } => not_a_value(span, check),
    }
}

fn calculate(
    left: Typed,
    operator: Arithmetic,
    right: Typed,
    span: Span,
    check: &mut Check<'_>,
) -> Option<Typed> {
    let sign = match operator {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
    };
    let written = format!("{} {sign} {}", left.written, right.written);
    if let (Operand::Today { plus }, Operand::Literal(Value::Integer(days))) = (&left.operand, &right.operand)
        && matches!(operator, Arithmetic::Add | Arithmetic::Subtract)
        && days.abs() <= super::days::MOST_DAYS
    {
        let plus = if operator == Arithmetic::Add { plus + days } else { plus - days };
        return Some(Typed { operand: Operand::Today { plus }, kind: FieldType::Date, span, written });
    }
    let wrong = [&left, &right].into_iter().find(|side| !side.kind.is_numeric());
    if let Some(wrong) = wrong {
        let hint = match wrong.kind {
            FieldType::Date | FieldType::DateTime => {
                "Write `days_since(…) < 30` or `days_until(…) < 30` to ask for a distance in days."
            }
            _ => "Only numbers can be calculated with.",
        };
        let message = format!("`{sign}` needs numbers, and `{}` is {}", wrong.written, wrong.kind);
        return check.refuse(Code::IncompatibleTypes, wrong.span, message, hint);
    }
    let operand =
        Operand::Arithmetic { left: Box::new(left.operand), operator, right: Box::new(right.operand) };
    Some(Typed { operand, kind: FieldType::Number, span, written })
}

fn path(names: &[Name], span: Span, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Typed> {
    let words: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
    let [_, .., last] = names else { return bare(names, scope, check) };
    if scope.activity {
        return activity(names, span, check);
    }
    match words[..words.len() - 1] {
        ["interaction"] => return attribute(last, span, scope, check),
        [ref before @ .., group @ ("score" | "grade" | "levels")] if !before.is_empty() => {
            return match reached(before, scope, check.catalog) {
                Ok(record) => measure(&record, before, group, last, span, scope, check),
                Err(at) => unknown_relation(names, at, scope, check),
            };
        }
        _ => {}
    }
    let record = match reached(&words[..words.len() - 1], scope, check.catalog) {
        Ok(record) => record,
        Err(at) => return unknown_relation(names, at, scope, check),
    };
    let (entity, subject) = (record.entity, record.subject);
    in_scope(names, subject, Some(&last.text), span, scope, check)?;
    let scored = record.is_in_scope() && subject != Subject::PrimaryContact;
    let found = check.catalog.field(entity, &last.text).cloned();
    let found = found.or_else(|| match last.text.as_str() {
        "level" if scored => check.catalog.primary_levels(entity).cloned(),
        group @ ("score" | "grade") if scored => match of_group(group, entity, check.catalog).as_slice() {
            [only] => Some((*only).clone()),
            _ => None,
        },
        _ => None,
    });
    match found {
        Some(field) => {
            let kind = field.kind.clone();
            Some(Typed { operand: record.field(&field), kind, span, written: words.join(".") })
        }
        None if !scored && ["score", "grade", "level"].contains(&last.text.as_str()) => {
            not_scored(&words[..words.len() - 1].join("."), last.span, check)
        }
        None if ["score", "grade"].contains(&last.text.as_str()) => {
            let known = of_group(&last.text, entity, check.catalog);
            let (message, hint) = match known.as_slice() {
                [] => (
                    format!("no scoring model gives {} a {}", entity.plural(), last.text),
                    format!("It comes from a `kind: scoring_model` that scores {}.", entity.plural()),
                ),
                several => {
                    let names: Vec<String> =
                        several.iter().map(|field| format!("`{entity}.{}`", field.name)).collect();
                    let count = several.len();
                    (
                        format!("{count} scoring models give {} a {}", entity.plural(), last.text),
                        format!("Write which: {}.", names.join(", ")),
                    )
                }
            };
            check.refuse(Code::UnknownField, last.span, message, &hint)
        }
        None => unknown_field(last, entity, check),
    }
}

/// The scores or grades of an entity, those of models that give no grades apart.
fn of_group<'c>(group: &str, entity: Entity, catalog: &'c Catalog) -> Vec<&'c Field> {
    let given = |field: &&Field| {
        let graded = !matches!(&field.kind, FieldType::Choice(choices) if choices.is_empty());
        field.name.split_once('.').is_some_and(|(its, _)| its == group) && graded
    };
    catalog.measures(entity).filter(given).collect()
}

/// A score, a grade or levels of a record: `lead.score.engagement`.
fn measure(
    record: &Reached,
    before: &[&str],
    group: &str,
    name: &Name,
    span: Span,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Typed> {
    let written = format!("{}.{group}.{}", before.join("."), name.text);
    let (entity, subject) = (record.entity, record.subject);
    if !record.is_in_scope() || subject == Subject::PrimaryContact {
        return not_scored(&before.join("."), span, check);
    }
    if entity == Entity::Contact && scope.target == Entity::Account {
        let message = format!("`{written}` is asked in a condition about accounts, which have many contacts");
        let hint = format!("Write `any_contact: {written} …` to ask for at least one of them.");
        return check.refuse(Code::ContactInAccount, span, message, &hint);
    }
    let through_lead = before.first() == Some(&"lead");
    if (entity == Entity::Lead || through_lead) && scope.target != Entity::Lead {
        let message = format!("`{written}` isn't known in a condition about {}", scope.target.plural());
        return check.refuse(Code::UnknownField, span, message, "Leads are asked in conditions about leads.");
    }
    let wanted = format!("{group}.{}", name.text);
    if let Some(field) = check.catalog.measure(entity, &wanted).cloned() {
        return Some(named(&field, subject, span, written));
    }
    let known = of_group(group, entity, check.catalog);
    let known = known.iter().filter_map(|field| field.name.split_once('.')).map(|(_, name)| name);
    let hint = did_you_mean(&name.text, known).unwrap_or_else(|| match group {
        "levels" => {
            format!("Levels come from `kind: levels` with `of: {entity}`; hyphens are written as `_`.")
        }
        _ => format!(
            "It comes from a `kind: scoring_model` that scores {}; hyphens are written as `_`.",
            entity.plural()
        ),
    });
    let message = format!("{entity} has no {group} `{}`", name.text);
    check.report(Problem::error(Code::UnknownField, name.span, message).hint(hint));
    None
}

fn not_scored<T>(path: &str, span: Span, check: &mut Check<'_>) -> Option<T> {
    let message = format!("scores, grades and levels of `{path}` aren't known here");
    let hint = "They are known of the contact, account or lead that the condition is about, and of its own account and contact.";
    check.refuse(Code::UnknownField, span, message, hint)
}

fn named(field: &Field, subject: Subject, span: Span, written: String) -> Typed {
    let operand = Operand::Field { subject, name: field.name.clone(), kind: field.kind.clone() };
    Typed { operand, kind: field.kind.clone(), span, written }
}

fn attribute(name: &Name, span: Span, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Typed> {
    let Some(interaction) = scope.interaction else {
        return check.refuse(
            Code::UnknownField,
            span,
            "`interaction` is known only in the `where` of a `did`",
            "Write `did: EmailClicked` with `where: interaction.link == \"…\"` below it.",
        );
    };
    if let Some(field) = interaction.attribute(&name.text) {
        let written = format!("interaction.{}", name.text);
        return Some(named(&field, Subject::Interaction, span, written));
    }
    let common = crate::model::common_attributes();
    let known = interaction.attributes.iter().chain(&common).map(|field| field.name.as_str());
    let message = format!("`{}` has no attribute `{}`", interaction.name, name.text);
    let problem = Problem::error(Code::UnknownField, name.span, message);
    let problem = problem.hint_if(did_you_mean(&name.text, known));
    check.report(problem);
    None
}

/// A field of the activity in scope, where nothing else is.
fn activity(names: &[Name], span: Span, check: &mut Check<'_>) -> Option<Typed> {
    let [root, name] = names else { return not_of_activity(names.first()?, check) };
    if root.text != "activity" {
        return not_of_activity(root, check);
    }
    let fields = activity_fields();
    if let Some(field) = fields.iter().find(|field| field.name == name.text) {
        return Some(named(field, Subject::Activity, span, format!("activity.{}", name.text)));
    }
    let message = format!("an activity has no field `{}`", name.text);
    let hint = did_you_mean(&name.text, fields.iter().map(|field| field.name.as_str()));
    check.report(Problem::error(Code::UnknownField, name.span, message).hint_if(hint));
    None
}

fn not_of_activity<T>(root: &Name, check: &mut Check<'_>) -> Option<T> {
    check.refuse(
        Code::UnknownField,
        root.span,
        format!("`{}` is not known in a condition about activities", root.text),
        "Name one of the activity's fields, such as `activity.type`; write the rest beside it, under `all`.",
    )
}

fn unknown_field<T>(name: &Name, entity: Entity, check: &mut Check<'_>) -> Option<T> {
    let fields = check.catalog.fields(entity);
    let hint = did_you_mean(&name.text, fields.iter().map(|field| field.name.as_str())).or_else(|| {
        let aliases = fields.iter().flat_map(|field| field.aliases.iter().map(String::as_str));
        did_you_mean(&name.text, aliases)
    });
    let other = Entity::ALL
        .into_iter()
        .find(|other| *other != entity && check.catalog.field(*other, &name.text).is_some());
    let hint = hint.or_else(|| other.map(|other| format!("There is `{other}.{}`.", name.text)));
    let hint = hint.or_else(|| {
        Some(format!("Declare it with `kind: fields`, `of: {entity}`, or look for its name there."))
    });
    let message = format!("{entity} has no field `{}`", name.text);
    check.report(Problem::error(Code::UnknownField, name.span, message).hint_if(hint));
    None
}

/// Reports a path of which the name with this number leads nowhere.
fn unknown_relation<T>(names: &[Name], at: usize, scope: Scope<'_>, check: &mut Check<'_>) -> Option<T> {
    let words: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
    let root = &names[0];
    match words[..] {
        ["activity", ..] => check.refuse(
            Code::UnknownField,
            root.span,
            "`activity` is known only in a question about activities",
            "Write `any_activity:` with the condition about each of them.",
        ),
        ["contact" | "account" | "lead", _, ..] => leads_nowhere(names, at, scope, check),
        ["interaction", ..] => check.refuse(
            Code::UnknownField,
            names[1].span,
            "attributes of interactions have no parts",
            "Write `interaction.` and the attribute's name.",
        ),
        _ => unknown_root(root, check),
    }
}

fn unknown_root<T>(root: &Name, check: &mut Check<'_>) -> Option<T> {
    let problem = Problem::error(Code::UnknownField, root.span, format!("`{}` is not known here", root.text));
    let problem =
        problem.hint_if(did_you_mean(&root.text, ["contact", "account", "lead", "interaction", "activity"]));
    check.report(problem);
    None
}

/// One name alone: a record, or a field without its record.
fn bare<T>(names: &[Name], scope: Scope<'_>, check: &mut Check<'_>) -> Option<T> {
    let name = names.first()?;
    let word = name.text.as_str();
    if matches!(word, "contact" | "account" | "lead" | "interaction" | "activity") {
        let message = format!("`{word}` is a record, and a value is needed");
        let hint = format!("Name one of its fields, such as `{word}.id`.");
        return check.refuse(Code::UnknownField, name.span, message, &hint);
    }
    if matches!(word.to_lowercase().as_str(), "none" | "undefined" | "missing") {
        let message = format!("`{word}` is not known here");
        return check.refuse(
            Code::UnknownField,
            name.span,
            message,
            "Write `is_blank(…)` to ask for a missing value.",
        );
    }
    let inside = scope.interaction.and_then(|interaction| interaction.attribute(word)).map(|_| "interaction");
    let owners = [scope.target, Entity::Contact, Entity::Account];
    let owner = owners.into_iter().find(|entity| check.catalog.field(*entity, word).is_some());
    let owner = inside.or(owner.map(Entity::name));
    let hint = owner.map(|owner| format!("Write `{owner}.{word}`."));
    match hint {
        Some(hint) => {
            check.refuse(Code::UnknownField, name.span, format!("`{word}` is not known here"), &hint)
        }
        None if word.chars().next().is_some_and(char::is_uppercase) => check.refuse(
            Code::UnknownField,
            name.span,
            format!("`{word}` is not known here"),
            &format!("Write `\"{word}\"` if it is text."),
        ),
        None => unknown_root(name, check),
    }
}
