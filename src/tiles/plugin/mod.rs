//! Scripts in steps: custom tiles from the folders of `plugins/`, and workflows that are scripts.
//!
//! In: a definition, the functions of `scripts/`, and later batches like any tile's. Out: a tile
//! that calls the script once for each contact or account, and makes of its answer an outcome and
//! effects. What goes wrong concerns the contact or account that it went wrong for. It doesn't know Rhai.

mod answer;
mod cases;
mod channels;
mod compile;
mod item;
mod parameters;
mod run;
mod set;
mod step;

pub use cases::{CaseResult, run_cases};
pub use compile::{PluginNames, compile, compile_workflow};

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::describe::{Holds, ParameterDescription, TileDescription};
use crate::{
    definitions::{CaseDefinition, ParameterType, PluginTarget},
    model::{Catalog, Did, Field},
    script::{Library, Literal, Program, ScriptValue},
};

/// What a script in a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptKind {
    /// A custom tile: `run(item, params)`, which may wait, stop, and name a path.
    Tile,
    /// A workflow: `run(item)`, which has effects and nothing else.
    Workflow,
}

/// A custom tile, or a workflow that is a script, checked.
pub struct CustomTile {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ScriptKind,
    /// What it does, in a sentence.
    pub summary: String,
    /// More about it.
    pub description: Option<String>,
    /// Whom it works for.
    pub target: PluginTarget,
    /// What stands under `with:`.
    pub parameters: Vec<CustomParameter>,
    /// Its paths.
    pub paths: Vec<String>,
    /// Changes whenever the tile may do something else.
    pub content: String,
    pub(super) contact: Vec<Field>,
    pub(super) account: Vec<Field>,
    pub(super) counts: Vec<(String, Did)>,
    pub(super) turn: Option<String>,
    pub(super) program: Program,
    pub(super) library: Arc<Library>,
    pub(super) catalog: Arc<Catalog>,
    pub(super) channels: Arc<BTreeSet<String>>,
    pub(super) cases: Vec<CaseDefinition>,
}

/// A parameter of a custom tile, checked.
#[derive(Debug, Clone)]
pub struct CustomParameter {
    /// Its key.
    pub name: String,
    /// What it holds.
    pub kind: ParameterType,
    /// Whether it has to be there.
    pub required: bool,
    /// What it is when it isn't there.
    pub default: ScriptValue,
    /// What it is for.
    pub description: Option<String>,
    /// Whether the script writes messages to the channel that it names.
    pub is_channel: bool,
}

impl CustomTile {
    /// Whether the script sets a field of the contact, so that it can't work for accounts; unless it asks
    /// whether there is a contact.
    #[must_use]
    pub fn sets_contact(&self) -> bool {
        let asks = ["\"contact\" in ", "\"contacts\" in "].iter().any(|words| self.content.contains(words));
        let sets = |literal: &Literal| literal.function == "set" && literal.text.starts_with("contact.");
        !asks && self.program.literals().iter().any(sets)
    }

    /// What the script is called with.
    pub(super) fn arguments(&self, item: ScriptValue, parameters: &ScriptValue) -> Vec<ScriptValue> {
        match self.kind {
            ScriptKind::Tile => vec![item, parameters.clone()],
            ScriptKind::Workflow => vec![item],
        }
    }

    /// The tile in words.
    #[must_use]
    pub fn describe(&self) -> TileDescription {
        let parameters = self.parameters.iter().map(|parameter| ParameterDescription {
            name: parameter.name.clone(),
            holds: Holds::Type(parameter.kind.clone()),
            required: parameter.required,
            default: match &parameter.default {
                ScriptValue::Nothing => None,
                ScriptValue::Text(text) => Some(text.clone()),
                value => Some(value.to_json().to_string()),
            },
            description: parameter.description.clone().unwrap_or_default(),
        });
        TileDescription {
            name: self.name.clone(),
            summary: self.summary.clone(),
            description: self.description.clone(),
            folder: Some(format!("plugins/{}", self.name)),
            works_for: Some(self.target.name().to_owned()),
            parameters: parameters.collect(),
            paths: self.paths.clone(),
            example: self.example(),
        }
    }

    /// A step that uses it, with the required parameters.
    fn example(&self) -> String {
        let mut with: Vec<String> = Vec::new();
        if self.target == PluginTarget::Either {
            with.push("for_each: contact".to_owned());
        }
        for parameter in self.parameters.iter().filter(|parameter| parameter.required) {
            let value = match &parameter.kind {
                ParameterType::Text => "\"…\"".to_owned(),
                ParameterType::Integer => "1".to_owned(),
                ParameterType::Number => "0.5".to_owned(),
                ParameterType::Boolean => "true".to_owned(),
                ParameterType::Duration => "7 days".to_owned(),
                ParameterType::Date => "2026-03-01".to_owned(),
                ParameterType::DateTime => "2026-03-01 08:00".to_owned(),
                ParameterType::Choice(choices) => choices.first().cloned().unwrap_or_default(),
                ParameterType::List => "[\"…\"]".to_owned(),
            };
            with.push(format!("{}: {value}", parameter.name));
        }
        let mut example = format!("- id: {}\n  tile: {}\n", self.name.replace('_', "-"), self.name);
        if !with.is_empty() {
            example = format!("{example}  with: {{ {} }}\n", with.join(", "));
        }
        if !self.paths.is_empty() {
            example.push_str("  paths:\n");
            for path in &self.paths {
                example = format!("{example}    {path}: []\n");
            }
        }
        example
    }
}

/// Custom tiles by name.
pub type CustomTiles = BTreeMap<String, Arc<CustomTile>>;
