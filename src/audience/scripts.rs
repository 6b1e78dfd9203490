//! Answers of functions of `scripts/` for a segment that is about to be evaluated.

use std::collections::HashMap;

use crate::{
    compile::Plan,
    model::{Condition, Entity, Field, Predicate, ScriptArgument, ScriptCall, Subject, Value},
    script::{Library, ScriptValue},
    store::{Store, StoreError},
};

/// Finds the answers of all calls in a condition, for those about whom they matter: to whom the rest of
/// the condition applies. A call that fails has no answer, and so doesn't hold.
///
/// # Errors
/// When the store fails.
pub fn answer(store: &mut Store, plan: &Plan, condition: &Condition, now: i64) -> Result<(), StoreError> {
    let mut calls = Vec::new();
    collect(&condition.predicate, false, &mut calls);
    for (call, within_contacts) in calls {
        let entity = if call.about == Subject::Account { Entity::Account } else { Entity::Contact };
        let relaxed = Condition { predicate: relaxed(&condition.predicate, true), ..condition.clone() };
        let only = Some(&relaxed).filter(|_| entity == condition.target && !within_contacts);
        let contact = fields(call, Subject::Contact);
        let account = fields(call, Subject::Account);
        let mut answers: HashMap<String, bool> = HashMap::new();
        let (mut keys, mut failures) = (Vec::new(), Vec::new());
        store.script_subjects(entity, only, [&contact, &account], now, &mut |key, own, of_account| {
            let arguments: Vec<ScriptValue> = call
                .arguments
                .iter()
                .map(|argument| value(argument, (&contact, &own), (&account, &of_account)))
                .collect();
            let known = format!("{:?}", arguments);
            let holds =
                *answers.entry(known).or_insert_with(|| ask(&plan.library, call, &arguments, &mut failures));
            if holds {
                keys.push(key);
            }
        })?;
        if let Some(first) = failures.first() {
            tracing::warn!(
                function = call.function,
                failures = failures.len(),
                "a function of a condition failed and doesn't hold there: {first}"
            );
        }
        store.keep_script_answers(&call.key(), &keys)?;
    }
    Ok(())
}

fn ask(library: &Library, call: &ScriptCall, arguments: &[ScriptValue], failures: &mut Vec<String>) -> bool {
    match library.call_function(&call.function, arguments) {
        Ok(ScriptValue::Boolean(holds)) => holds,
        Ok(ScriptValue::Nothing) => false,
        Ok(other) => {
            failures.push(format!("`{}` gave {}, expected true or false", call.function, other.described()));
            false
        }
        Err(error) => {
            failures.push(error.to_string());
            false
        }
    }
}

/// All calls, each with whether it is asked of related records, such as an account's contacts.
fn collect<'p>(predicate: &'p Predicate, within_contacts: bool, calls: &mut Vec<(&'p ScriptCall, bool)>) {
    match predicate {
        Predicate::Script(call) => {
            let other = calls.iter().position(|(known, _)| *known == call);
            match other {
                // Asked in both ways, it is needed about everybody.
                Some(at) => calls[at].1 |= within_contacts,
                None => calls.push((call, within_contacts)),
            }
        }
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| collect(part, within_contacts, calls));
        }
        Predicate::Not(inner) => collect(inner, within_contacts, calls),
        Predicate::Related(related) => collect(&related.condition, true, calls),
        _ => {}
    }
}

/// What holds at least of everybody to whom the predicate may apply, whatever scripts answer.
fn relaxed(predicate: &Predicate, holds: bool) -> Predicate {
    let mut calls = Vec::new();
    match predicate {
        Predicate::Script(_) => Predicate::Constant(holds),
        Predicate::All(parts) => Predicate::All(parts.iter().map(|part| relaxed(part, holds)).collect()),
        Predicate::Any(parts) => Predicate::Any(parts.iter().map(|part| relaxed(part, holds)).collect()),
        Predicate::Not(inner) => Predicate::Not(Box::new(relaxed(inner, !holds))),
        Predicate::Related(related) => {
            collect(&related.condition, true, &mut calls);
            if calls.is_empty() { predicate.clone() } else { Predicate::Constant(holds) }
        }
        other => other.clone(),
    }
}

/// The fields that a call needs of a subject.
fn fields(call: &ScriptCall, of: Subject) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let mut add = |field: &Field| {
        if !fields.iter().any(|known| known.name == field.name) {
            fields.push(field.clone());
        }
    };
    for argument in &call.arguments {
        match argument {
            ScriptArgument::Record(subject, read) if *subject == of => read.iter().for_each(&mut add),
            ScriptArgument::Field(subject, field) if *subject == of => add(field),
            _ => {}
        }
    }
    fields
}

type Named<'a> = (&'a [Field], &'a [Value]);

fn value(
    argument: &ScriptArgument,
    contact: (&Vec<Field>, &Vec<Value>),
    account: (&Vec<Field>, &Vec<Value>),
) -> ScriptValue {
    let of = |subject: &Subject| -> Named<'_> {
        if *subject == Subject::Account { (account.0, account.1) } else { (contact.0, contact.1) }
    };
    let find = |subject: &Subject, wanted: &Field| {
        let (fields, values) = of(subject);
        let place = fields.iter().position(|field| field.name == wanted.name);
        place.and_then(|place| values.get(place)).map_or(ScriptValue::Nothing, ScriptValue::from)
    };
    match argument {
        ScriptArgument::Literal(value) => ScriptValue::from(value),
        ScriptArgument::Field(subject, field) => find(subject, field),
        // A script may call a field by any of its names.
        ScriptArgument::Record(subject, read) => ScriptValue::map(read.iter().flat_map(|field| {
            let value = find(subject, field);
            let names = std::iter::once(&field.name).chain(&field.aliases);
            names.map(move |name| (name.clone(), value.clone())).collect::<Vec<_>>()
        })),
    }
}
