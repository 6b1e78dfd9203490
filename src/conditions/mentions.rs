//! The fields that decide a predicate, for whoever tells why it held.

use crate::model::{Entity, Operand, Predicate, Subject};

/// The fields of the contact or account in scope that a predicate compares, each once, in the order in
/// which they stand. What a `did` or a condition about an account's contacts asks of others isn't among
/// them.
#[must_use]
pub fn mentions(predicate: &Predicate) -> Vec<(Entity, String)> {
    let mut found = Vec::new();
    visit(predicate, &mut found);
    found
}

fn visit(predicate: &Predicate, found: &mut Vec<(Entity, String)>) {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| visit(part, found)),
        Predicate::Not(inner) => visit(inner, found),
        Predicate::Compare { left, right, .. } | Predicate::Same { left, right } => {
            operand(left, found);
            operand(right, found);
        }
        Predicate::TextTest { operand: left, needle, .. } => {
            operand(left, found);
            operand(needle, found);
        }
        Predicate::IsTrue(value)
        | Predicate::IsBlank(value)
        | Predicate::OneOf { operand: value, .. }
        | Predicate::HasChoices { operand: value, .. } => operand(value, found),
        Predicate::Constant(_)
        | Predicate::InSegment { .. }
        | Predicate::Did(_)
        | Predicate::Contacts { .. }
        | Predicate::Script(_) => {}
    }
}

fn operand(value: &Operand, found: &mut Vec<(Entity, String)>) {
    match value {
        Operand::Field { subject, name, .. } => {
            let entity = match subject {
                Subject::Contact => Entity::Contact,
                Subject::Account => Entity::Account,
                Subject::Lead | Subject::Interaction => return,
            };
            if !found.iter().any(|(of, known)| *of == entity && known == name) {
                found.push((entity, name.clone()));
            }
        }
        Operand::Arithmetic { left, right, .. } => {
            operand(left, found);
            operand(right, found);
        }
        Operand::Literal(_) | Operand::Now { .. } | Operand::Today { .. } => {}
    }
}
