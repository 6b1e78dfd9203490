//! Functions of `scripts/` in conditions.

use super::{
    Scope,
    check::{self, Check},
    operand::operand,
};
use crate::{
    diagnostics::Code,
    diagnostics::Span,
    model::{Entity, Field, FunctionShape, Operand, Predicate, ScriptArgument, ScriptCall, Subject},
    script::{Expression, ExpressionKind, Name},
};

/// A call of a function of `scripts/`, which holds when the function gives `true`.
pub(super) fn condition(
    name: &Name,
    arguments: &[Expression],
    span: Span,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    let shape = check.catalog.functions.get(&name.text)?.clone();
    check::refuse_inside(&name.text, name.span, scope, check)?;
    if !scope.scripts || scope.target == Entity::Lead {
        let message = format!("`{}`, a function of `scripts/`, can be asked in segments only", name.text);
        let hint = format!(
            "Write a segment with `where: {}({})`, and `segment: …` with its name here.",
            name.text,
            shape.parameters.join(", ")
        );
        return check.refuse(Code::ExpressionForm, span, message, &hint);
    }
    if arguments.len() != shape.parameters.len() {
        let plural = if shape.parameters.len() == 1 { "" } else { "s" };
        let message = format!(
            "`{}` takes {} argument{plural}, and here are {}",
            name.text,
            shape.parameters.len(),
            arguments.len()
        );
        let hint = format!("Write `{}({})`.", name.text, shape.parameters.join(", "));
        return check.refuse(Code::UnknownFunction, span, message, &hint);
    }
    let read: Vec<Option<ScriptArgument>> = arguments
        .iter()
        .enumerate()
        .map(|(at, argument)| self::argument(at, argument, &shape, scope, check))
        .collect();
    let arguments = read.into_iter().collect::<Option<Vec<_>>>()?;
    let of = |argument: &ScriptArgument| match argument {
        ScriptArgument::Record(subject, _) | ScriptArgument::Field(subject, _) => Some(*subject),
        ScriptArgument::Literal(_) => None,
    };
    let about = match arguments.iter().filter_map(of).find(|subject| *subject == Subject::Contact) {
        Some(contact) => contact,
        None => arguments.iter().find_map(of).unwrap_or_else(|| scope.subject()),
    };
    Some(Predicate::Script(ScriptCall {
        function: name.text.clone(),
        arguments,
        about,
        version: shape.version,
    }))
}

fn argument(
    at: usize,
    expression: &Expression,
    shape: &FunctionShape,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<ScriptArgument> {
    if let ExpressionKind::Path(names) = &expression.kind
        && let [name] = names.as_slice()
        && let Some(entity) =
            [Entity::Contact, Entity::Account].into_iter().find(|entity| entity.name() == name.text)
    {
        let subject = match (entity, scope.target) {
            (Entity::Contact, Entity::Account) => {
                return check.refuse(
                    Code::ContactInAccount,
                    expression.span,
                    "`contact` is asked in a condition about accounts, which have many contacts",
                    "Write `any_contact:` above it to ask for at least one of them.",
                );
            }
            (Entity::Contact, _) => Subject::Contact,
            _ => Subject::Account,
        };
        let read = shape.reads.get(at).cloned().flatten();
        let known = check.catalog.fields(entity).iter();
        let fields: Vec<Field> = known
            .filter(|field| read.as_ref().is_none_or(|read| read.iter().any(|name| field.answers_to(name))))
            .cloned()
            .collect();
        return Some(ScriptArgument::Record(subject, fields));
    }
    let value = operand(expression, scope, check)?;
    match value.operand {
        Operand::Literal(value) => Some(ScriptArgument::Literal(value)),
        Operand::Field { subject: subject @ (Subject::Contact | Subject::Account), name, .. } => {
            let entity = if subject == Subject::Contact { Entity::Contact } else { Entity::Account };
            check.catalog.field(entity, &name).cloned().map(|field| ScriptArgument::Field(subject, field))
        }
        _ => check.refuse(
            Code::ExpressionForm,
            expression.span,
            "a function of `scripts/` takes a record, a field or a value",
            "Write `contact`, `account`, a field such as `contact.role`, or a text or number.",
        ),
    }
}
