//! The fields that decide a predicate, for whoever tells why it held.

use crate::model::{Entity, Operand, Part, Predicate, Subject};

/// The most values that a call is told to depend on.
const MOST_INPUTS: usize = 6;

/// The fields of the contact or account in scope that a predicate compares, each once, in the order in
/// which they stand. What a `did` or a condition about related records asks of others isn't among them.
#[must_use]
pub fn mentions(predicate: &Predicate) -> Vec<(Entity, String)> {
    let mut found = Vec::new();
    visit(Part::Predicate(predicate), &mut found);
    found
}

fn visit(part: Part<'_>, found: &mut Vec<(Entity, String)>) {
    match part {
        Part::Predicate(Predicate::Did(_) | Predicate::Related(_)) | Part::Operand(Operand::Measure(_)) => {}
        // A function that may read whole records says nothing by all of their fields.
        Part::Operand(Operand::Call(call)) if call.inputs().len() > MOST_INPUTS => {}
        Part::Operand(Operand::Field { subject, name, .. } | Operand::Since { subject, name }) => {
            let entity = match subject {
                Subject::Contact => Entity::Contact,
                Subject::Account => Entity::Account,
                Subject::Lead | Subject::Interaction | Subject::Activity | Subject::PrimaryContact => return,
            };
            if !found.iter().any(|(of, known)| *of == entity && known == name) {
                found.push((entity, name.clone()));
            }
        }
        other => other.below().into_iter().for_each(|part| visit(part, found)),
    }
}
