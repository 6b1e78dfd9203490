//! What several tiles share: lengths in milliseconds, and templates over the fields they ask for.

use std::collections::{BTreeMap, BTreeSet};

use super::{CompileContext, Participant};
use crate::{
    diagnostics::{Code, Problem, Problems, Span, Text},
    model::{Catalog, Duration, DurationUnit, Entity, Field, Value, time},
    templates::{Template, TemplateScope, Values},
};

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
            Problem::error(Code::InvalidDuration, span, format!("`{length}` depends on the calendar"))
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
                fields.extend(catalog.field(entity, name).cloned());
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
    pub(super) fn values(&self, participant: &Participant) -> (BTreeMap<String, Value>, BTreeMap<String, Value>) {
        let named = |fields: &[Field], values: &[Value]| {
            fields.iter().map(|field| field.name.clone()).zip(values.iter().cloned()).collect()
        };
        (named(&self.contact, &participant.contact), named(&self.account, &participant.account))
    }
}

/// Compiles a template of one line of plain text, for a contact or for an account.
pub(super) fn template(text: &Text, for_account: bool, context: &mut CompileContext<'_>) -> Option<Template> {
    let scope = TemplateScope { catalog: context.catalog, zone: context.zone, contact: !for_account };
    Template::compile_text(text, &scope, context.problems)
}

/// Renders a template for a participant. What goes wrong concerns this participant alone.
pub(super) fn render(
    template: &Template,
    contact: &BTreeMap<String, Value>,
    account: &BTreeMap<String, Value>,
    journey: &BTreeMap<String, Value>,
) -> Result<String, String> {
    let settings = BTreeMap::new();
    template
        .render(&Values { contact, account, journey, settings: &settings })
        .map(|text| text.trim().to_owned())
        .map_err(|error| format!("failed: {error}"))
}
