//! Tiles as schema and page know them, whether built in or made by somebody.

use serde_json::{Map, Value as Json, json};

use super::{
    Names,
    forms::{self, described, text},
};
use crate::{
    definitions::{Form, ParameterType, PluginDefinition, PluginTarget, Referred},
    tiles::TileSpec,
};

/// What schema and page tell of a tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileEntry {
    /// The name under `tile:`.
    pub name: String,
    /// What it does, in a sentence without a full stop.
    pub summary: String,
    /// What stands under `with:`.
    pub parameters: Vec<ParameterEntry>,
    /// The paths that every step of this tile has.
    pub paths: Vec<String>,
    /// Steps that use it, in YAML.
    pub example: String,
}

/// A parameter of a tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterEntry {
    /// Its key.
    pub name: String,
    /// What it holds, in words: `duration`, `text`, `contact or account`.
    pub kind: String,
    /// The values that it may have, when they are listed.
    pub choices: Vec<String>,
    /// Whether it has to be there.
    pub required: bool,
    /// What it is for.
    pub description: String,
}

impl From<&TileSpec> for TileEntry {
    fn from(spec: &TileSpec) -> TileEntry {
        TileEntry {
            name: spec.name.to_owned(),
            summary: spec.summary.to_owned(),
            parameters: spec
                .parameters
                .iter()
                .map(|parameter| ParameterEntry {
                    name: parameter.name.to_owned(),
                    kind: parameter.kind.to_owned(),
                    choices: Vec::new(),
                    required: parameter.required,
                    description: parameter.description.to_owned(),
                })
                .collect(),
            paths: spec.paths.iter().map(|path| (*path).to_owned()).collect(),
            example: spec.example.to_owned(),
        }
    }
}

impl From<&PluginDefinition> for TileEntry {
    fn from(definition: &PluginDefinition) -> TileEntry {
        let for_each = (definition.target.value == PluginTarget::Either).then(|| ParameterEntry {
            name: "for_each".to_owned(),
            kind: "contact or account".to_owned(),
            choices: Vec::new(),
            required: false,
            description: "Whether it works for each contact, or once for the account".to_owned(),
        });
        let own = definition.parameters.iter().map(|parameter| ParameterEntry {
            name: parameter.name.value.clone(),
            kind: parameter.kind.name().to_owned(),
            choices: match &parameter.kind {
                ParameterType::Choice(choices) => choices.clone(),
                _ => Vec::new(),
            },
            required: parameter.required,
            description: parameter.description.as_ref().map(|text| text.value.clone()).unwrap_or_default(),
        });
        TileEntry {
            name: definition.name.value.clone(),
            summary: definition.summary.value.clone(),
            parameters: for_each.into_iter().chain(own).collect(),
            paths: definition.paths.iter().map(|path| path.value.clone()).collect(),
            example: String::new(),
        }
    }
}

impl TileEntry {
    /// Whether steps name paths of their own, as a branch names its cases.
    #[must_use]
    pub fn names_paths(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.kind.starts_with("names,"))
    }
}

/// The words of a parameter that holds one of several: `send or skip`.
pub(super) fn words(kind: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = kind.split(", ").flat_map(|part| part.split(" or ")).collect();
    let is_word =
        |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (words.len() > 1 && words.iter().all(is_word)).then_some(words)
}

/// What a parameter holds; anything when its kind is in words that aren't known here, so that an editor
/// never refuses what `check` takes.
fn parameter(parameter: &ParameterEntry, names: &Names) -> Json {
    let plain = |form: Form| forms::form(form, names);
    if !parameter.choices.is_empty() {
        return match parameter.kind.as_str() {
            "choices" => json!({ "type": "array", "items": { "enum": parameter.choices } }),
            _ => json!({ "enum": parameter.choices }),
        };
    }
    match parameter.kind.as_str() {
        "text" | "template" | "date and time" | "date" | "datetime" => text(),
        "duration" => plain(Form::Duration),
        "boolean" => plain(Form::Boolean),
        "integer" => json!({ "type": "integer" }),
        "number" => json!({ "type": "number" }),
        "name of an e-mail" => plain(Form::Reference(Referred::Email)),
        "name of a workflow" => plain(Form::Reference(Referred::Workflow)),
        "name of a segment" => plain(Form::Reference(Referred::Segment)),
        "names, each with a condition" => plain(Form::Map(&Form::Condition)),
        kind if kind.starts_with("names,") => json!({ "type": "object" }),
        kind if kind.starts_with("condition") => plain(Form::Condition),
        kind => match words(kind) {
            Some(words) => json!({ "enum": words }),
            None => json!({}),
        },
    }
}

/// The parameters of a tile.
fn parameters(tile: &TileEntry, names: &Names) -> Json {
    let mut properties = Map::new();
    for one in &tile.parameters {
        let about = format!("{} ({})", one.description, one.kind);
        properties.insert(one.name.clone(), described(parameter(one, names), &about));
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
    let rule = |tile: &TileEntry| {
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
