//! What the answer of a predicate depends on.

use std::collections::BTreeSet;

use crate::model::{Bound, DatePart, Entity, Operand, Part, Predicate, Records, SUBSCRIPTIONS, Subject};

/// What the answer of a predicate depends on: when none of it changes, neither does the answer.
///
/// Fields are those that the predicate names, and those that tell which records belong together wherever it
/// goes from a record to others; among these, `id` stands for which records there are. Only that the record
/// itself belongs to another contact or account goes without saying.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dependencies {
    /// Interaction types that contacts are asked for, by name.
    pub interactions: BTreeSet<String>,
    /// Interaction types that the history of an account is asked for.
    pub account_interactions: BTreeSet<String>,
    /// Fields of contacts.
    pub contact_fields: BTreeSet<String>,
    /// Fields of accounts.
    pub account_fields: BTreeSet<String>,
    /// Whether what one contact is or does can concern its account, or others of its account.
    pub across: bool,
    /// Whether a contact can concern accounts whose primary contact it is.
    pub primary_contacts: bool,
    /// References that lead from records to others whose fields matter: whose, the field, and to what.
    pub followed: BTreeSet<(Entity, String, Entity)>,
    /// Fields of leads.
    pub lead_fields: BTreeSet<String>,
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

impl Dependencies {
    /// All interaction types, whoever is asked for them.
    pub fn all_interactions(&self) -> impl Iterator<Item = &String> {
        self.interactions.union(&self.account_interactions)
    }

    /// Whether it can matter that a record doesn't belong to another any more.
    #[must_use]
    pub fn belongings(&self) -> bool {
        self.across || self.activities || !self.lead_fields.is_empty()
    }

    /// The fields of a kind of record.
    #[must_use]
    pub fn fields(&self, of: Entity) -> &BTreeSet<String> {
        match of {
            Entity::Contact => &self.contact_fields,
            Entity::Account => &self.account_fields,
            Entity::Lead => &self.lead_fields,
        }
    }
}

/// What the answer of a predicate depends on.
#[must_use]
pub fn dependencies(predicate: &Predicate) -> Dependencies {
    let mut found = Dependencies::default();
    Part::Predicate(predicate).each(&mut |part| visit(part, &mut found));
    found
}

fn visit(part: Part<'_>, found: &mut Dependencies) {
    if let Some(did) = part.did() {
        let of = match did.of {
            Subject::Account => &mut found.account_interactions,
            _ => &mut found.interactions,
        };
        of.insert(did.interaction.clone());
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
            if related.of == Subject::Account {
                belonging(&mut found.contact_fields, &["account_id"]);
                found.across = true;
            }
            match related.records {
                Records::Contacts => {}
                Records::Leads => belonging(&mut found.lead_fields, &["contact_id", "account_id"]),
                Records::Activities => found.activities = true,
            }
        }
        Part::Operand(Operand::Field { subject, name, .. } | Operand::Since { subject, name }) => {
            let fields = match subject {
                Subject::Contact => &mut found.contact_fields,
                Subject::Account => &mut found.account_fields,
                Subject::Lead => &mut found.lead_fields,
                Subject::PrimaryContact => {
                    belonging(&mut found.account_fields, &["primary_contact_id"]);
                    belonging(&mut found.contact_fields, &[]);
                    found.primary_contacts = true;
                    &mut found.contact_fields
                }
                Subject::Interaction | Subject::Activity => return,
            };
            fields.insert(name.clone());
        }
        Part::Operand(Operand::Followed { link, to, name, .. }) => {
            let fields = match to {
                Entity::Contact => &mut found.contact_fields,
                Entity::Account => &mut found.account_fields,
                Entity::Lead => &mut found.lead_fields,
            };
            belonging(fields, &[name]);
            let reference = match &**link {
                Operand::Field { subject, name, .. } => subject.entity().map(|of| (of, name)),
                Operand::Followed { to, name, .. } => Some((*to, name)),
                _ => None,
            };
            found.followed.extend(reference.map(|(of, name)| (of, name.clone(), *to)));
        }
        Part::Operand(Operand::Now { .. } | Operand::Today { .. } | Operand::Moment(_) | Operand::Day(_)) => {
            found.clock = true;
        }
        Part::Operand(Operand::OfDate { part: DatePart::Anniversary, .. }) => found.clock = true,
        _ => {}
    }
}

/// Which records there are, and to whom they belong by these fields.
fn belonging(fields: &mut BTreeSet<String>, links: &[&str]) {
    fields.extend(["id"].iter().chain(links).map(|name| (*name).to_owned()));
}
