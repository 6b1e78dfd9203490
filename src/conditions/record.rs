//! Records by the names that lead to them: `contact`, `lead.account`, `account.primary_contact`.

use super::{Scope, check::Check};
use crate::{
    diagnostics::{Code, Span},
    model::{Entity, Subject},
    script::Name,
};

/// The names of the relation from a contact to its account.
pub(super) const ACCOUNT_RELATIONS: [&str; 2] = ["account", "contact_account_parentcustomerid"];

/// The record that a path of names leads to, whether it is in scope or not.
pub(super) fn record(words: &[&str]) -> Option<(Entity, Subject)> {
    Some(match words {
        ["account", "primary_contact"] | ["lead", "account", "primary_contact"] => {
            (Entity::Contact, Subject::PrimaryContact)
        }
        ["contact", relation, "primary_contact"] if ACCOUNT_RELATIONS.contains(relation) => {
            (Entity::Contact, Subject::PrimaryContact)
        }
        ["contact"] | ["lead", "contact"] => (Entity::Contact, Subject::Contact),
        ["account"] | ["lead", "account"] => (Entity::Account, Subject::Account),
        ["contact", relation] if ACCOUNT_RELATIONS.contains(relation) => (Entity::Account, Subject::Account),
        ["lead"] => (Entity::Lead, Subject::Lead),
        _ => return None,
    })
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
    let steps = names.len() - usize::from(field.is_some());
    if scope.target == Entity::Lead && root.text == "contact" && steps > 1 {
        let hint = match field {
            Some(field) => format!("Write `account.{field}` for the lead's account."),
            None => "Write `account` for the lead's account.".to_owned(),
        };
        return check.refuse(
            Code::UnknownField,
            span,
            "a lead's contact has no account of its own here",
            &hint,
        );
    }
    Some(())
}
