//! What several tiles share: lengths in milliseconds, templates over the fields they ask for, and making
//! something for each contact or account.

use std::collections::{BTreeMap, BTreeSet};

use super::{Batch, CompileContext, EffectSubject, Outcomes, Participant, Unit};
use crate::model::{Effect, Outcome};
use crate::{
    definitions::check_name,
    diagnostics::{Code, Problem, Problems, Span, Text},
    model::{
        Catalog, Duration, DurationUnit, Entity, Field, Language, Value,
        time::{self, moment_of},
    },
    templates::{Root, Template, TemplateFormat, TemplateScope, Values},
};

/// The path of whoever is on no other.
pub(super) const ELSE: &str = "else";

/// Checks the name of a path that a parameter defines: it is written under `paths:` and shown behind the
/// step's id, so it follows the rules for names.
pub(super) fn path_name(name: &Text, what: &str, problems: &mut Problems) {
    if name.value == ELSE {
        problems.push(
            Problem::error(Code::InvalidName, name.span, format!("a {what} can't be called `else`"))
                .hint("Everybody who is on no other path goes `else` anyway; leave it out, or give it another name."),
        );
        return;
    }
    check_name(name, problems);
}

/// A length in milliseconds, when it doesn't depend on the calendar.
pub(super) fn fixed_milliseconds(length: Duration) -> Option<i64> {
    let unit = match length.unit {
        DurationUnit::Seconds => time::SECOND,
        DurationUnit::Minutes => time::MINUTE,
        DurationUnit::Hours => time::HOUR,
        DurationUnit::Days => time::DAY,
        DurationUnit::Weeks => 7 * time::DAY,
        DurationUnit::Months | DurationUnit::Years | DurationUnit::BusinessDays => return None,
    };
    length.amount.checked_mul(unit)
}

/// A length in milliseconds; one that depends on the calendar is a problem.
pub(super) fn milliseconds(length: Duration, span: Span, problems: &mut Problems) -> Option<i64> {
    let found = fixed_milliseconds(length);
    if found.is_none() {
        problems.push(
            Problem::error(Code::InvalidDuration, span, format!("`{length}` has no fixed length"))
                .hint("Write it in minutes, hours, days or weeks."),
        );
    }
    found
}

/// The fields that a tile asks for, and where each stands among the values it gets.
#[derive(Debug, Clone, Default)]
pub(super) struct Asks {
    pub(super) contact: Vec<Field>,
    pub(super) account: Vec<Field>,
}

impl Asks {
    /// Asks for fields by name; unknown names were reported by whoever found them.
    pub(super) fn add<'n>(
        &mut self,
        entity: Entity,
        names: impl IntoIterator<Item = &'n str>,
        catalog: &Catalog,
    ) {
        let wanted: BTreeSet<&str> = names.into_iter().collect();
        let fields = match entity {
            Entity::Account => &mut self.account,
            Entity::Contact | Entity::Lead => &mut self.contact,
        };
        for name in wanted {
            if !fields.iter().any(|field| field.name == name) {
                fields.extend(catalog.readable(entity, name));
            }
        }
    }

    /// Asks for what a template shows.
    pub(super) fn add_template(&mut self, template: &Template, catalog: &Catalog) {
        let needs = template.needs();
        self.add(Entity::Contact, needs.contact.iter().map(String::as_str), catalog);
        self.add(Entity::Account, needs.account.iter().map(String::as_str), catalog);
    }

    /// A participant's values by field name.
    pub(super) fn values(
        &self,
        participant: &Participant,
    ) -> (BTreeMap<String, Value>, BTreeMap<String, Value>) {
        let named = |fields: &[Field], values: &[Value]| {
            fields.iter().map(|field| field.name.clone()).zip(values.iter().cloned()).collect()
        };
        (named(&self.contact, &participant.contact), named(&self.account, &participant.account))
    }
}

/// Compiles a template of one line of plain text, for a contact or for an account.
pub(super) fn template(text: &Text, for_account: bool, context: &mut CompileContext<'_>) -> Option<Template> {
    const FOR_ACCOUNT: [Root; 3] = [Root::Account, Root::Journey, Root::Settings];
    let roots: &[Root] = if for_account { &FOR_ACCOUNT } else { &Root::ALL };
    let scope = TemplateScope {
        format: TemplateFormat::Text,
        roots,
        catalog: context.catalog,
        zone: context.zone,
        partials: None,
    };
    Template::compile(text, &scope, context.problems)
}

/// A participant's values as templates take them.
pub(super) struct Shown<'a> {
    contact: BTreeMap<String, Value>,
    account: BTreeMap<String, Value>,
    batch: &'a Batch,
}

impl<'a> Shown<'a> {
    pub(super) fn new(asks: &Asks, participant: &Participant, batch: &'a Batch) -> Self {
        let (contact, account) = asks.values(participant);
        Shown { contact, account, batch }
    }

    /// Renders a template. What goes wrong concerns this participant alone.
    pub(super) fn render(&self, template: &Template) -> Result<String, String> {
        let (journey, settings) = (&self.batch.journey, &self.batch.settings);
        template
            .render(&Values {
                contact: &self.contact,
                account: &self.account,
                journey,
                settings,
                links: &BTreeMap::new(),
                message: None,
                language: Language::English,
            })
            .map(|text| text.trim().to_owned())
            .map_err(|error| format!("failed: {error}"))
    }

    /// The text of a contact's field.
    pub(super) fn of_contact(&self, field: &str) -> Option<String> {
        text(self.contact.get(field))
    }

    /// The text of an account's field.
    pub(super) fn of_account(&self, field: &str) -> Option<String> {
        text(self.account.get(field))
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.filter(|value| !value.is_missing()).map(Value::to_string)
}

/// Makes an effect for each contact, or once for each account, and lets everybody go on from their
/// arrival. An account tile passes over contacts without account (semantics 7); what goes wrong with one
/// subject stops that one (semantics 20).
pub(super) fn for_each(
    unit: Unit,
    batch: &Batch,
    out: &mut Outcomes,
    make: &dyn Fn(&Participant, i64) -> Result<Effect, String>,
) {
    let go = |participant: &Participant| moment_of(participant.arrived_at, batch.now);
    match unit {
        Unit::Contact => {
            for (place, participant) in batch.participants.iter().enumerate() {
                let moment = go(participant);
                match make(participant, moment) {
                    Ok(effect) => {
                        out.effect(EffectSubject::Participant(place), moment, effect);
                        out.participant(place, Outcome::Go { path: None, moment });
                    }
                    Err(reason) => out.noted(place, Outcome::Stop, Some(reason)),
                }
            }
        }
        Unit::Account => {
            for (place, account) in batch.accounts.iter().enumerate() {
                let members = &batch.participants[account.members.clone()];
                let first = members.iter().min_by_key(|member| (member.arrived_at, &member.contact_id));
                let made = match (first, &account.account_id) {
                    (Some(first), Some(_)) => make(first, go(first)).map(|effect| Some((go(first), effect))),
                    _ => Ok(None),
                };
                let note = match &made {
                    Ok(Some((moment, effect))) => {
                        out.effect(EffectSubject::Account(place), *moment, effect.clone());
                        None
                    }
                    Ok(None) => Some("no_account".to_owned()),
                    Err(reason) => Some(reason.clone()),
                };
                for (member, participant) in account.members.clone().zip(members) {
                    let outcome = match &made {
                        Ok(_) => Outcome::Go { path: None, moment: go(participant) },
                        Err(_) => Outcome::Stop,
                    };
                    out.noted(member, outcome, note.clone());
                }
            }
        }
    }
}
