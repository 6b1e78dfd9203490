//! Values in cells.

use serde_json::{Value as Json, json};

use crate::model::{
    Catalog, Entity, Field, Value,
    time::{NEVER, rfc3339},
};

/// A moment, or nothing.
pub(super) fn moment(at: Option<i64>) -> Json {
    at.filter(|at| *at != NEVER).map_or(Json::Null, |at| json!(rfc3339(at)))
}

/// Text, or nothing.
pub(super) fn optional(text: Option<String>) -> Json {
    text.map_or(Json::Null, Json::String)
}

/// A field's value.
pub(super) fn field_value(value: &Value) -> Json {
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
pub(super) fn further_fields<'c>(
    catalog: &'c Catalog,
    entity: Entity,
    columns: &[(&str, &str)],
) -> Vec<&'c Field> {
    let fields = catalog.fields(entity).iter();
    fields.filter(|field| columns.iter().all(|(key, _)| *key != field.name)).collect()
}
