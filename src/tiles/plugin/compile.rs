//! Checking a folder of `plugins/`.

use std::{collections::BTreeSet, sync::Arc};

use super::{CustomParameter, CustomTile, cases, parameters, set};
use crate::{
    calendar::Zone,
    conditions::{self, Scope},
    definitions::{
        ConditionNode, Content, ParameterDefinition, ParameterType, PluginDefinition, PluginTarget, Reader,
    },
    diagnostics::{Code, Problem, Problems, Text, did_you_mean},
    model::{Catalog, Did, Entity, Field, Predicate},
    script::{Library, Program, ScriptValue},
    tiles::tile_named,
};

/// The names that a custom tile may refer to.
pub struct PluginNames<'a> {
    /// Fields, interaction types and segments.
    pub catalog: &'a Arc<Catalog>,
    /// The functions of `scripts/`, and the tables.
    pub library: &'a Arc<Library>,
    /// The workspace's time zone.
    pub zone: &'a Zone,
}

/// Checks a custom tile. All problems are reported; with an error there is no tile.
pub fn compile(
    definition: &PluginDefinition,
    names: &PluginNames<'_>,
    problems: &mut Problems,
) -> Option<CustomTile> {
    let before = problems.count(crate::diagnostics::Severity::Error);
    let name = &definition.name;
    if tile_named(&name.value).is_some() {
        let message = format!("`{}` is a built-in tile", name.value);
        problems.push(
            Problem::error(Code::DuplicateName, name.span, message)
                .hint("Give the custom tile, and its folder, another name."),
        );
    }
    let mut contact = fields(Entity::Contact, &definition.contact_fields, names.catalog, problems);
    let mut account = fields(Entity::Account, &definition.account_fields, names.catalog, problems);
    let counts = counts(definition, names, problems);
    let parameters: Vec<CustomParameter> =
        definition.parameters.iter().map(|parameter| checked(parameter, names.zone, problems)).collect();
    let script = definition.script.as_ref();
    let program = script.and_then(|text| names.library.program(&definition.script_path, text, problems));
    if let (Some(program), Some(text)) = (&program, script) {
        check_program(definition, program, text, names.catalog, problems);
        if program.calls("lead") {
            let missing = |known: &[Field], name: &str| !known.iter().any(|field| field.name == name);
            for name in ["first_name", "last_name", "email"] {
                contact.extend(
                    names.catalog.field(Entity::Contact, name).filter(|_| missing(&contact, name)).cloned(),
                );
            }
            account.extend(
                names.catalog.field(Entity::Account, "name").filter(|_| missing(&account, "name")).cloned(),
            );
        }
    }
    if problems.count(crate::diagnostics::Severity::Error) > before {
        return None;
    }
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
    let script = script.map_or("", |script| script.value.as_str());
    let tile = CustomTile {
        name: name.value.clone(),
        summary: definition.summary.value.clone(),
        description: text(&definition.description),
        target: definition.target.value,
        parameters,
        paths: definition.paths.iter().map(|path| path.value.clone()).collect(),
        content: format!("{}\n{script}\n{}", definition.content, names.library.content()),
        contact,
        account,
        counts,
        program: program?,
        library: Arc::clone(names.library),
        catalog: Arc::clone(names.catalog),
        cases: definition.cases.clone(),
    };
    cases::check(&tile, names.zone, problems);
    Some(tile)
}

fn fields(entity: Entity, wanted: &[Text], catalog: &Catalog, problems: &mut Problems) -> Vec<Field> {
    let mut found: Vec<Field> = Vec::new();
    for name in wanted {
        match catalog.field(entity, &name.value) {
            Some(field) => {
                if !found.contains(field) {
                    found.push(field.clone());
                }
            }
            None => {
                let message = format!("a {entity} has no field `{}`", name.value);
                let known = catalog.fields(entity).iter().map(|field| field.name.as_str());
                problems.push(
                    Problem::error(Code::UnknownField, name.span, message)
                        .hint_if(did_you_mean(&name.value, known)),
                );
            }
        }
    }
    found
}

fn counts(
    definition: &PluginDefinition,
    names: &PluginNames<'_>,
    problems: &mut Problems,
) -> Vec<(String, Did)> {
    let scope = Scope::new(Entity::Contact, names.zone);
    let read = definition.did.iter().filter_map(|(name, node)| {
        let node = ConditionNode::Did(Box::new(node.clone()));
        match conditions::check(&node, &scope, names.catalog, problems)? {
            Predicate::Did(did) => Some((name.value.clone(), did)),
            _ => None,
        }
    });
    read.collect()
}

fn checked(parameter: &ParameterDefinition, zone: &Zone, problems: &mut Problems) -> CustomParameter {
    let default = match &parameter.default {
        None => ScriptValue::Nothing,
        Some(node) if matches!(node.content, Content::Null) => ScriptValue::Nothing,
        Some(node) => {
            let entries = [(parameter.name.clone(), node.clone())];
            let mut reader = Reader::new(&entries, node.span, "parameters", problems);
            parameters::value(&parameter.name.value, &parameter.kind, &mut reader, zone).unwrap_or_default()
        }
    };
    CustomParameter {
        name: parameter.name.value.clone(),
        kind: parameter.kind.clone(),
        required: parameter.required,
        default: match (&parameter.kind, default) {
            (ParameterType::List, ScriptValue::Nothing) => ScriptValue::List(Vec::new()),
            (_, default) => default,
        },
        description: parameter.description.as_ref().map(|text| text.value.clone()),
    }
}

/// What can be said of a script without running it.
fn check_program(
    definition: &PluginDefinition,
    program: &Program,
    text: &Text,
    catalog: &Catalog,
    problems: &mut Problems,
) {
    match program.function("run") {
        None => problems.push(
            Problem::error(Code::ScriptForm, text.span_at(0, 0), "the script has no function `run`")
                .hint("Write `fn run(item, params) { … }`, which answers with `take(\"…\")`."),
        ),
        Some((2, _)) => {}
        Some((count, span)) => problems.push(
            Problem::error(Code::ScriptForm, span, format!("`run` takes 2 parameters, and here are {count}"))
                .hint("Write `fn run(item, params)`."),
        ),
    }
    let paths: Vec<&str> = definition.paths.iter().map(|path| path.value.as_str()).collect();
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for literal in program.literals() {
        match (literal.function.as_str(), literal.argument) {
            ("take", 0) => {
                taken.insert(&literal.text);
                if !paths.contains(&literal.text.as_str()) {
                    let message = format!("`tile.yaml` has no path `{}`", literal.text);
                    let hint = did_you_mean(&literal.text, paths.iter().copied());
                    let hint = hint.unwrap_or_else(|| format!("Write `paths: [{}]` there.", literal.text));
                    problems.push(Problem::error(Code::UnknownPath, literal.span, message).hint(hint));
                }
            }
            ("set", 0) => {
                let of_contact = literal.text.starts_with("contact.");
                let refused = match set::field(&literal.text, catalog) {
                    Err(message) => Some(message),
                    Ok(_) if of_contact && definition.target.value == PluginTarget::Account => {
                        Some(format!("`{}` can't be set here: the tile works for accounts", literal.text))
                    }
                    Ok(_) => None,
                };
                if let Some(message) = refused {
                    problems.push(Problem::error(Code::UnknownField, literal.span, message));
                }
            }
            _ => {}
        }
    }
    let taken_literally = !taken.is_empty();
    for path in definition.paths.iter().filter(|path| taken_literally && !taken.contains(path.value.as_str()))
    {
        // A path may also come from a variable; only where all are written out can one be missing.
        if !text.value.contains(&format!("\"{}\"", path.value)) {
            let message = format!("nobody takes the path `{}`", path.value);
            problems.push(
                Problem::warning(Code::UnknownPath, path.span, message)
                    .hint(format!("Write `take(\"{}\")` in the script, or leave the path out.", path.value)),
            );
        }
    }
}
