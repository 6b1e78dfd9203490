//! What the answer of a predicate depends on.

use std::collections::BTreeSet;

use crate::model::{Bound, Operand, Predicate, ScriptArgument, Subject};

/// What the answer of a predicate depends on: when none of it changes, neither does the answer.
///
/// Fields are those that the predicate names. Which account a contact belongs to counts as one of the
/// contact's fields wherever the predicate goes from an account to its contacts; a predicate about a
/// contact that names its account's fields changes, too, when the contact moves to another account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interests {
    /// Interaction types by name.
    pub interactions: BTreeSet<String>,
    /// Whether fields of contacts matter.
    pub contact_fields: bool,
    /// Whether fields of accounts matter.
    pub account_fields: bool,
    /// Segments by name.
    pub segments: BTreeSet<String>,
    /// Scores, grades and levels, as in `score.engagement`, `levels.account_tier`.
    pub scores: BTreeSet<String>,
    /// Whether it compares with the present moment or day, so that the answer can change at any time.
    pub clock: bool,
    /// Whether interactions fall out of windows that move, so that the answer can change when one does.
    pub windows: bool,
}

/// What the answer of a predicate depends on.
#[must_use]
pub fn interests(predicate: &Predicate) -> Interests {
    let mut found = Interests::default();
    visit(predicate, &mut found);
    found
}

fn visit(predicate: &Predicate, found: &mut Interests) {
    match predicate {
        Predicate::Constant(_) => {}
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
        Predicate::InSegment { segment, .. } => {
            found.segments.insert(segment.clone());
        }
        Predicate::Did(did) => {
            found.interactions.insert(did.interaction.clone());
            found.contact_fields |= did.of == Subject::Account;
            let moves = |bound: &Option<Bound>| matches!(bound, Some(Bound::Ago(_)));
            found.windows |= moves(&did.since) || moves(&did.until);
            visit(&did.condition, found);
        }
        Predicate::Script(call) => {
            for argument in &call.arguments {
                if let ScriptArgument::Record(subject, _) | ScriptArgument::Field(subject, _) = argument {
                    found.contact_fields |= *subject == Subject::Contact;
                    found.account_fields |= *subject == Subject::Account;
                }
            }
        }
        Predicate::Contacts { condition, .. } => {
            found.contact_fields = true;
            visit(condition, found);
        }
    }
}

fn operand(value: &Operand, found: &mut Interests) {
    match value {
        Operand::Field { subject, name, .. } if name.contains('.') => {
            found.scores.insert(name.clone());
            found.contact_fields |= *subject == Subject::Contact;
            found.account_fields |= *subject == Subject::Account;
        }
        Operand::Field { subject: Subject::Contact, .. } => found.contact_fields = true,
        Operand::Field { subject: Subject::Account, .. } => found.account_fields = true,
        Operand::Field { .. } | Operand::Literal(_) => {}
        Operand::Now { .. } | Operand::Today { .. } => found.clock = true,
        Operand::Arithmetic { left, right, .. } => {
            operand(left, found);
            operand(right, found);
        }
    }
}
