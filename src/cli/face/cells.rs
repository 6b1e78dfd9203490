//! Values in cells.

use serde_json::{Value as Json, json};

use crate::{
    model::{
        Catalog, Entity, Field, Value,
        time::{NEVER, rfc3339},
    },
    store::{DanglingLinks, Pauses},
};

/// A moment, or nothing.
pub(in crate::cli) fn moment(at: Option<i64>) -> Json {
    at.filter(|at| *at != NEVER).map_or(Json::Null, |at| json!(rfc3339(at)))
}

/// Text, or nothing.
pub(in crate::cli) fn optional(text: Option<String>) -> Json {
    text.map_or(Json::Null, Json::String)
}

/// A field's value.
pub(in crate::cli) fn field_value(value: &Value) -> Json {
    match value {
        Value::Missing => Json::Null,
        Value::Integer(number) => json!(number),
        Value::Number(number) => json!(number),
        Value::Boolean(yes) => json!(yes),
        Value::Choices(choices) => json!(choices),
        other => json!(other.to_string()),
    }
}

/// The fields of a record that no column of a list has yet, for programs.
pub(in crate::cli) fn further_fields<'c>(
    catalog: &'c Catalog,
    entity: Entity,
    columns: &[(&str, &str)],
) -> Vec<&'c Field> {
    let fields = catalog.fields(entity).iter();
    fields.filter(|field| columns.iter().all(|(key, _)| *key != field.name)).collect()
}

/// Links of records that lead nowhere.
pub(in crate::cli) fn links_json(links: &[DanglingLinks]) -> Json {
    let one = |links: &DanglingLinks| {
        json!({
            "of": links.entity.name(), "field": links.field, "to": links.to.name(), "count": links.count,
            "first": links.first, "first_refers_to": links.first_refers_to,
        })
    };
    links.iter().map(one).collect()
}

/// What is paused, for programs.
pub(in crate::cli) fn pauses_json(pauses: &Pauses) -> serde_json::Value {
    let journeys =
        pauses.journeys.iter().map(|(name, at)| json!({ "journey": name, "paused_at": rfc3339(*at) }));
    json!({ "all_paused_at": moment(pauses.all), "paused": journeys.collect::<Vec<_>>() })
}
