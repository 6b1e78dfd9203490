//! Tiles as schema and page know them, whether built in or made by somebody.

use serde_json::{Map, Value as Json, json};

use super::{
    Names,
    forms::{self, described},
};
use crate::{
    definitions::{Form, ParameterType},
    tiles::{Holds, TileDescription},
};

/// What a parameter holds.
fn holds(holds: &Holds, names: &Names) -> Json {
    let kind = match holds {
        Holds::Form(form) => return forms::form(*form, names),
        Holds::Type(kind) => kind,
    };
    match kind {
        ParameterType::Text | ParameterType::Date | ParameterType::DateTime => forms::form(Form::Text, names),
        ParameterType::Duration => forms::form(Form::Duration, names),
        ParameterType::Boolean => forms::form(Form::Boolean, names),
        ParameterType::Integer => json!({ "type": "integer" }),
        ParameterType::Number => json!({ "type": "number" }),
        ParameterType::Choice(words) => json!({ "enum": words }),
        ParameterType::List => json!({}),
    }
}

/// The parameters of a tile.
fn parameters(tile: &TileDescription, names: &Names) -> Json {
    let mut properties = Map::new();
    for one in &tile.parameters {
        let about = format!("{} ({})", one.description, one.holds.kind());
        properties.insert(one.name.clone(), described(holds(&one.holds, names), &about));
    }
    let required: Vec<&str> =
        tile.parameters.iter().filter(|one| one.required).map(|one| one.name.as_str()).collect();
    json!({
        "type": "object",
        "description": tile.summary,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// What a step says beside its keys, tile by tile.
pub(super) fn step_rules(names: &Names) -> Vec<Json> {
    let rule = |tile: &TileDescription| {
        let mut properties = Map::new();
        properties.insert("with".to_owned(), parameters(tile, names));
        let is_closed = !tile.names_paths();
        if is_closed && tile.paths.is_empty() {
            properties.insert("paths".to_owned(), Json::Bool(false));
        } else if is_closed {
            properties.insert("paths".to_owned(), json!({ "propertyNames": { "enum": tile.paths } }));
        }
        let mut then = json!({ "properties": properties });
        if tile.parameters.iter().any(|parameter| parameter.required) {
            then["required"] = json!(["with"]);
        }
        json!({
            "if": { "properties": { "tile": { "const": tile.name } }, "required": ["tile"] },
            "then": then,
        })
    };
    names.tiles.iter().map(rule).collect()
}
