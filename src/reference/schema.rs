//! JSON Schema, draft 7, for editors.

use serde_json::{Map, Value as Json, json};

use super::{
    Names,
    condition::condition,
    forms::{described, keys, mapping, refer},
    tiles::step_rules,
};
use crate::definitions::{KINDS, KindDescription, PARTS, SETTINGS};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of every file under `journeys/`: what a document may say depends on its `kind`.
#[must_use]
pub fn definition_schema(names: &Names) -> Json {
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let rules: Vec<Json> = KINDS
        .iter()
        .map(|kind| {
            json!({
                "if": { "properties": { "kind": { "const": kind.name } }, "required": ["kind"] },
                "then": refer(kind.name),
            })
        })
        .collect();
    let about: Vec<String> = KINDS.iter().map(|kind| format!("`{}`: {}.", kind.name, kind.summary)).collect();
    json!({
        "$schema": DRAFT,
        "title": "Tilework definitions",
        "type": "object",
        "properties": { "kind": { "enum": kinds, "description": about.join("\n\n") } },
        "required": ["kind"],
        "allOf": rules,
        "definitions": definitions(&KINDS, names),
    })
}

/// The schema of documents of one kind.
#[must_use]
pub fn kind_schema(kind: &'static KindDescription, names: &Names) -> Json {
    json!({
        "$schema": DRAFT,
        "title": format!("Tilework, kind {}", kind.name),
        "allOf": [refer(kind.name)],
        "definitions": definitions(std::slice::from_ref(kind), names),
    })
}

/// The schema of `tilework.yaml`.
#[must_use]
pub fn settings_schema(names: &Names) -> Json {
    let mut schema = keys(SETTINGS, names);
    schema["$schema"] = json!(DRAFT);
    schema["title"] = json!("Tilework settings");
    schema
}

fn definitions(kinds: &'static [KindDescription], names: &Names) -> Json {
    let mut definitions = Map::new();
    for kind in kinds {
        definitions.insert(kind.name.to_owned(), of_kind(kind, names));
    }
    let step_keys = PARTS.iter().find(|(name, _)| *name == "A step").map_or(&[][..], |(_, keys)| *keys);
    let mut step = keys(step_keys, names);
    step["allOf"] = Json::Array(step_rules(names));
    definitions.insert("condition".to_owned(), condition(names));
    definitions.insert("step".to_owned(), step);
    definitions.insert("steps".to_owned(), json!({ "type": "array", "items": refer("step") }));
    definitions.insert(
        "path".to_owned(),
        json!({
            "description": "A list of steps, or the name of a section",
            "type": ["array", "string"],
            "if": { "type": "array" },
            "then": refer("steps"),
        }),
    );
    Json::Object(definitions)
}

fn of_kind(kind: &'static KindDescription, names: &Names) -> Json {
    let mut schema = mapping(kind.keys(), names);
    schema["properties"]["kind"] = json!({ "const": kind.name });
    if let Some(required) = schema["required"].as_array_mut() {
        required.insert(0, json!("kind"));
    }
    if !kind.any_of.is_empty() {
        schema["anyOf"] = kind.any_of.iter().map(|key| json!({ "required": [key] })).collect();
    }
    described(schema, kind.summary)
}
