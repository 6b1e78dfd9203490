//! What stands under a key, as JSON Schema.

use serde_json::{Map, Value as Json, json};

use super::Names;
use crate::{
    definitions::{Form, Key, SETTINGS},
    model::DurationUnit,
};

/// Text; YAML takes some of it for numbers or booleans, and so does the program take them for text.
pub(super) fn text() -> Json {
    json!({ "type": ["string", "number", "boolean"] })
}

/// A schema with a description. A `$ref` allows nothing beside it in draft 7.
pub(super) fn described(schema: Json, description: &str) -> Json {
    let mut schema = match schema.get("$ref") {
        Some(_) => json!({ "allOf": [schema] }),
        None => schema,
    };
    if let Json::Object(object) = &mut schema
        && !description.is_empty()
    {
        object.insert("description".to_owned(), json!(description));
    }
    schema
}

/// A reference to one of the schema's own definitions.
pub(super) fn refer(name: &str) -> Json {
    json!({ "$ref": format!("#/definitions/{name}") })
}

fn duration() -> Json {
    let units: Vec<String> = DurationUnit::WORDS
        .iter()
        .flat_map(|(_, one, several)| [*one, *several])
        .map(|word| word.replace(' ', "\\s+"))
        .collect();
    json!({
        "type": "string",
        "pattern": format!("^\\s*[0-9]{{1,9}}\\s+({})\\s*$|\\$\\{{", units.join("|")),
        "examples": ["7 days", "4 hours", "5 business days"],
    })
}

/// What stands under a key.
pub(super) fn form(form: Form, names: &Names) -> Json {
    match form {
        Form::Text | Form::Template | Form::TimeZone => text(),
        Form::Name => json!({ "type": "string", "pattern": "^[a-z][a-z0-9-]*$" }),
        Form::CamelName => json!({ "type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$" }),
        Form::Number => json!({ "type": "number" }),
        Form::Integer => json!({ "type": "integer" }),
        Form::Points => json!({ "type": ["number", "string"] }),
        Form::Boolean => json!({ "type": "boolean" }),
        Form::Duration => duration(),
        Form::Moment => json!({
            "type": "string",
            "pattern": "^\\s*[0-9]{4}-[0-9]{2}-[0-9]{2}",
            "examples": ["2026-03-01 08:00", "2026-03-01T08:00:00Z"],
        }),
        Form::Said(form, _) => self::form(*form, names),
        Form::Any => json!({}),
        Form::OrWord(form, word) => {
            json!({ "anyOf": [self::form(*form, names), { "const": word }] })
        }
        Form::Choice(words) => json!({ "enum": words }),
        Form::Condition => refer("condition"),
        Form::Reference(to) => match names.defined.get(&to).filter(|known| !known.is_empty()) {
            Some(known) => json!({ "enum": known }),
            None => text(),
        },
        Form::List(item) => json!({ "type": "array", "items": self::form(*item, names) }),
        Form::Map(value) => json!({ "type": "object", "additionalProperties": self::form(*value, names) }),
        Form::Fields(field) => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[a-z][a-z0-9_]{0,50}$" },
            "additionalProperties": keys(field, names),
        }),
        Form::Keys(inner) => keys(inner, names),
        Form::KeysAndNames(inner, others) => {
            let mut schema = keys(inner, names);
            schema["additionalProperties"] = keys(others, names);
            schema
        }
        Form::Body => json!({ "type": "object" }),
        Form::Count(least) => json!({ "type": "integer", "minimum": least }),
        Form::Steps => refer("steps"),
        Form::Parameters => json!({ "type": "object" }),
        Form::Paths => json!({ "type": "object", "additionalProperties": refer("path") }),
        Form::Settings => {
            let layer = SETTINGS.iter().filter(|key| key.name != "environments");
            let mut schema = mapping(layer, names);
            make_optional(&mut schema);
            schema
        }
    }
}

/// A mapping with these keys and no others.
pub(super) fn keys(keys: &'static [Key], names: &Names) -> Json {
    mapping(keys.iter(), names)
}

/// A mapping with these keys and no others.
pub(super) fn mapping(keys: impl Iterator<Item = &'static Key>, names: &Names) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in keys {
        properties.insert(key.name.to_owned(), described(form(key.form, names), key.description));
        if key.required {
            required.push(key.name);
        }
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Lets every key be left out, for settings that are laid over others.
fn make_optional(schema: &mut Json) {
    if let Json::Object(object) = schema {
        if object.get("required").is_some_and(Json::is_array) {
            object.remove("required");
        }
        object.values_mut().for_each(make_optional);
    }
}
