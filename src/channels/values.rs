//! Fields by their names, and their values.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    compile::Plan,
    model::{Entity, Field, Value},
};

/// Fields of contacts and accounts by name, in the order in which they are asked for.
pub(in crate::channels) fn fields(
    plan: &Plan,
    contact: BTreeSet<&str>,
    account: BTreeSet<&str>,
) -> (Vec<Field>, Vec<Field>) {
    let of = |entity, names: BTreeSet<&str>| {
        names.into_iter().filter_map(|name| plan.catalog.readable(entity, name)).collect()
    };
    (of(Entity::Contact, contact), of(Entity::Account, account))
}

/// Values by the names of their fields.
#[must_use]
pub fn named(fields: &[Field], values: &[Value]) -> BTreeMap<String, Value> {
    fields.iter().map(|field| field.name.clone()).zip(values.iter().cloned()).collect()
}

/// `name`, `label` and `owner` of the journey, and the workspace's `name`, for templates.
pub(in crate::channels) fn journey_and_settings(
    plan: &Plan,
    journey: &str,
) -> (BTreeMap<String, Value>, BTreeMap<String, Value>) {
    let known = plan.journey(journey);
    let text = |text: Option<&String>| text.map_or(Value::Missing, |text| Value::Text(text.clone()));
    let journey = BTreeMap::from([
        ("name".to_owned(), Value::Text(journey.to_owned())),
        ("label".to_owned(), text(known.and_then(|journey| journey.label.as_ref()))),
        ("owner".to_owned(), text(known.and_then(|journey| journey.owner.as_ref()))),
    ]);
    let settings = plan.settings.shown();
    (journey, settings)
}
