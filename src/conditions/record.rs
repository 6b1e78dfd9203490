//! Records by the names that lead to them: `contact`, `lead.account`, `account.parent_account.primary_contact`.

use super::{Scope, context::Check};
use crate::{
    diagnostics::{Code, Problem, Span, did_you_mean},
    model::{Catalog, Entity, Field, Operand, Subject},
    script::Name,
};

/// Most steps from a record to others.
const MOST_STEPS: usize = 8;

/// A record that a path of names leads to.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    /// What kind of record it is.
    pub entity: Entity,
    /// The record in scope from which it is reached, or which it is.
    pub subject: Subject,
    /// The reference to it, where it is none of those in scope.
    link: Option<Operand>,
}

impl Reached {
    /// A field of the record.
    pub fn field(&self, field: &Field) -> Operand {
        let (name, kind) = (field.name.clone(), field.kind.clone());
        match &self.link {
            None => Operand::Field { subject: self.subject, name, kind },
            Some(link) => Operand::Followed { link: Box::new(link.clone()), to: self.entity, name, kind },
        }
    }

    /// Whether it is one of the records in scope.
    pub fn is_in_scope(&self) -> bool {
        self.link.is_none()
    }

    /// The record that a relation leads to.
    fn step(&self, name: &str, scope: Scope<'_>, catalog: &Catalog) -> Option<Reached> {
        let (field, entity) = catalog.relation(self.entity, name)?;
        let own_account =
            scope.target == Entity::Lead || (scope.with_lead && scope.target == Entity::Account);
        let subject = match (self.subject, field.name.as_str()) {
            _ if !self.is_in_scope() => None,
            (Subject::Lead, "contact_id") => Some(Subject::Contact),
            (Subject::Lead, "account_id") if own_account => Some(Subject::Account),
            // In a journey `account` is the one that the contact entered with.
            (Subject::Contact, "account_id") if scope.target != Entity::Lead && scope.steps.is_none() => {
                Some(Subject::Account)
            }
            (Subject::Account, "primary_contact_id") => Some(Subject::PrimaryContact),
            _ => None,
        };
        Some(match subject {
            Some(subject) => Reached { entity, subject, link: None },
            None => Reached { entity, subject: self.subject, link: Some(self.field(field)) },
        })
    }
}

/// The record that a path of names leads to, whether it is in scope or not; else the number of the name that leads
/// nowhere.
pub(super) fn reached(words: &[&str], scope: Scope<'_>, catalog: &Catalog) -> Result<Reached, usize> {
    let (entity, subject) = match words.first() {
        Some(&"contact") => (Entity::Contact, Subject::Contact),
        Some(&"account") => (Entity::Account, Subject::Account),
        Some(&"lead") => (Entity::Lead, Subject::Lead),
        _ => return Err(0),
    };
    let mut reached = Reached { entity, subject, link: None };
    for (at, word) in words.iter().enumerate().skip(1) {
        let next = reached.step(word, scope, catalog).filter(|_| at <= MOST_STEPS);
        reached = next.ok_or(at)?;
    }
    Ok(reached)
}

/// Reports a name that leads from a record to no other.
pub(super) fn leads_nowhere<T>(
    names: &[Name],
    at: usize,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<T> {
    let words: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
    let (name, before) = (names.get(at)?, words[..at].join("."));
    let entity = reached(&words[..at], scope, check.catalog).ok()?.entity;
    if at > MOST_STEPS {
        let message = format!("the path takes more than {MOST_STEPS} steps from record to record");
        return check.refuse(Code::UnknownField, name.span, message, "Keep a field of what it leads to.");
    }
    let (message, hint) = no_relation(&before, entity, &name.text, check.catalog);
    check.report(Problem::error(Code::UnknownField, name.span, message).hint(hint));
    None
}

/// The words for a name that leads from a record to no other.
pub(crate) fn no_relation(path: &str, entity: Entity, name: &str, catalog: &Catalog) -> (String, String) {
    let relations: Vec<String> =
        catalog.relations(entity).map(|relation| format!("`{path}.{relation}`")).collect();
    let known = format!("From {} there is {}.", a(entity), relations.join(", "));
    let message = match catalog.field(entity, name) {
        Some(field) => format!("`{path}.{name}` is {}, and leads to no record", field.kind),
        None => format!("`{path}` has no relation `{name}`"),
    };
    let close = did_you_mean(name, catalog.relations(entity)).filter(|hint| hint.starts_with("Did"));
    (message, close.unwrap_or(known))
}

fn a(entity: Entity) -> &'static str {
    match entity {
        Entity::Contact => "a contact",
        Entity::Account => "an account",
        Entity::Lead => "a lead",
    }
}

/// Reports a record that isn't in scope. `names` lead to it, or to the `field` of it.
pub(super) fn in_scope(
    names: &[Name],
    subject: Subject,
    field: Option<&str>,
    span: Span,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<()> {
    let root = names.first()?;
    let written = names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
    let through_lead = root.text == "lead";
    if subject == Subject::Contact && scope.target == Entity::Account && (!through_lead || scope.with_lead) {
        let message = format!("`{written}` is asked in a condition about accounts, which have many contacts");
        let hint = match field {
            Some(_) => format!("Write `any_contact: {written} …` to ask for at least one of them."),
            None => "Write `any_contact:` above it to ask for at least one of them.".to_owned(),
        };
        return check.refuse(Code::ContactInAccount, span, message, &hint);
    }
    if (through_lead || subject == Subject::Lead) && scope.target != Entity::Lead && !scope.with_lead {
        let message = format!("`lead` isn't known in a condition about {}", scope.target.plural());
        let hint = match field {
            Some(_) => format!("Write `any_lead: {written} …` to ask for at least one of them."),
            None => "Write `any_lead:` above it to ask for at least one of them.".to_owned(),
        };
        return check.refuse(Code::UnknownField, root.span, message, &hint);
    }
    Some(())
}
