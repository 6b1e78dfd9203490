//! What the answer of a predicate depends on.

use std::collections::BTreeSet;

use crate::model::{Bound, DatePart, Operand, Part, Predicate, Records, SUBSCRIPTIONS, Subject};

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
    /// Whether what one contact is or does can concern its account, or others of its account.
    pub across: bool,
    /// Whether a contact can concern accounts whose primary contact it is.
    pub primary_contacts: bool,
    /// Whether fields of leads matter, or which leads there are.
    pub lead_fields: bool,
    /// Whether it matters which activities there are.
    pub activities: bool,
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
    Part::Predicate(predicate).each(&mut |part| visit(part, &mut found));
    found
}

fn visit(part: Part<'_>, found: &mut Interests) {
    if let Some(did) = part.did() {
        found.interactions.insert(did.interaction.clone());
        found.contact_fields |= did.of == Subject::Account;
        found.across |= did.of == Subject::Account;
        let moves = |bound: &Option<Bound>| matches!(bound, Some(Bound::Ago(_)));
        found.windows |= moves(&did.since) || moves(&did.until);
    }
    if let Part::Operand(Operand::Field { name, .. }) = part
        && name.contains('.')
    {
        found.scores.insert(name.clone());
    }
    match part {
        Part::Predicate(Predicate::InSegment { segment, .. }) => {
            found.segments.insert(segment.clone());
        }
        Part::Predicate(Predicate::Subscribed { .. }) => {
            found.interactions.extend(SUBSCRIPTIONS.map(str::to_owned));
        }
        Part::Predicate(Predicate::Related(related)) => {
            let whole_account = related.of == Subject::Account;
            found.contact_fields |= related.records == Records::Contacts || whole_account;
            found.across |= whole_account;
            found.lead_fields |= related.records == Records::Leads;
            found.activities |= related.records == Records::Activities;
        }
        Part::Operand(Operand::Field { subject, .. }) => match subject {
            Subject::Contact => found.contact_fields = true,
            Subject::Account => found.account_fields = true,
            Subject::Lead => found.lead_fields = true,
            Subject::PrimaryContact => {
                found.contact_fields = true;
                found.account_fields = true;
                found.primary_contacts = true;
            }
            Subject::Interaction | Subject::Activity => {}
        },
        Part::Operand(Operand::Now { .. } | Operand::Today { .. } | Operand::Moment(_) | Operand::Day(_)) => {
            found.clock = true;
        }
        Part::Operand(Operand::OfDate { part: DatePart::Anniversary, .. }) => found.clock = true,
        _ => {}
    }
}
