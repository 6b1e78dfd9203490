//! Checking a folder of `plugins/`, or the script of a workflow.

use std::{collections::BTreeSet, sync::Arc};

use super::{CustomParameter, CustomTile, ScriptKind, cases, channels, parameters, set};
use crate::{
    calendar::Zone,
    conditions::{self, Scope},
    definitions::{
        ConditionNode, Content, DidNode, NeedsDefinition, ParameterDefinition, ParameterType,
        PluginDefinition, PluginTarget, Reader, WorkflowScript,
    },
    diagnostics::{Code, Problem, Problems, Severity, Text, did_you_mean},
    model::{Catalog, Did, Entity, Field, Predicate},
    script::{Library, Program, ScriptValue},
    tiles::tile_named,
};

/// The names that a script may refer to.
pub struct PluginNames<'a> {
    /// Fields, interaction types and segments.
    pub catalog: &'a Arc<Catalog>,
    /// The functions of `scripts/`, and the tables.
    pub library: &'a Arc<Library>,
    /// The channels for messages.
    pub channels: &'a Arc<BTreeSet<String>>,
    /// The workspace's time zone.
    pub zone: &'a Zone,
}

/// Checks a custom tile. All problems are reported; with an error there is no tile.
pub fn compile(
    definition: &PluginDefinition,
    names: &PluginNames<'_>,
    problems: &mut Problems,
) -> Option<CustomTile> {
    let before = problems.count(Severity::Error);
    let name = &definition.name;
    if tile_named(&name.value).is_some() {
        let message = format!("`{}` is a built-in tile", name.value);
        problems.push(
            Problem::error(Code::DuplicateName, name.span, message)
                .hint("Give the custom tile, and its folder, another name."),
        );
    }
    let mut given = Given::read(&definition.needs, names, problems);
    let script = definition.script.as_ref();
    let program = script.and_then(|text| names.library.program(&definition.script_path, text, problems));
    let mut channels = BTreeSet::new();
    if let (Some(program), Some(text)) = (&program, script) {
        check_function(program, text, &["item", "params"], problems);
        check_effects(program, names, definition.target.value, problems);
        check_paths(definition, program, text, problems);
        given.add_what_leads_take(program, names.catalog);
        channels = handed_on_as_channels(program);
    }
    let read = |parameter| checked(parameter, &channels, names, problems);
    let parameters: Vec<CustomParameter> = definition.parameters.iter().map(read).collect();
    if problems.count(Severity::Error) > before {
        return None;
    }
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
    let script = script.map_or("", |script| script.value.as_str());
    let tile = CustomTile {
        name: name.value.clone(),
        kind: ScriptKind::Tile,
        summary: definition.summary.value.clone(),
        description: text(&definition.description),
        target: definition.target.value,
        parameters,
        paths: definition.paths.iter().map(|path| path.value.clone()).collect(),
        content: format!("{}\n{script}\n{}", definition.content, names.library.content()),
        contact: given.contact,
        account: given.account,
        counts: given.counts,
        turn: given.turn,
        program: program?,
        library: Arc::clone(names.library),
        catalog: Arc::clone(names.catalog),
        channels: Arc::clone(names.channels),
        cases: definition.cases.clone(),
    };
    cases::check(&tile, names.zone, problems);
    Some(tile)
}

/// Checks the script of a workflow: a tile without paths that answers at once. All problems are reported;
/// with an error there is none.
pub fn compile_workflow(
    name: &str,
    definition: &WorkflowScript,
    names: &PluginNames<'_>,
    problems: &mut Problems,
) -> Option<CustomTile> {
    let before = problems.count(Severity::Error);
    let mut given = Given::read(&definition.needs, names, problems);
    let program = names.library.program(&definition.path, &definition.text, problems);
    if let Some(program) = &program {
        check_function(program, &definition.text, &["item"], problems);
        check_effects(program, names, PluginTarget::Either, problems);
        for word in ["wait", "stop", "retry", "remember"] {
            if let Some(span) = program.calls(word) {
                problems.push(
                    Problem::error(Code::ScriptForm, span, format!("a workflow can't `{word}`")).hint(
                        "Nobody waits for a workflow, and it has no path: answer with `take()` and effects.",
                    ),
                );
            }
        }
        if let Some(path) = program.literals().iter().find(|text| text.function == "take") {
            problems.push(
                Problem::error(Code::UnknownPath, path.span, "a workflow has no paths")
                    .hint("Write `take()`, with effects behind it."),
            );
        }
        given.add_what_leads_take(program, names.catalog);
    }
    if problems.count(Severity::Error) > before {
        return None;
    }
    Some(CustomTile {
        name: name.to_owned(),
        kind: ScriptKind::Workflow,
        summary: String::new(),
        description: None,
        target: PluginTarget::Either,
        parameters: Vec::new(),
        paths: Vec::new(),
        content: format!("{}\n{}", definition.text.value, names.library.content()),
        contact: given.contact,
        account: given.account,
        counts: given.counts,
        turn: given.turn,
        program: program?,
        library: Arc::clone(names.library),
        catalog: Arc::clone(names.catalog),
        channels: Arc::clone(names.channels),
        cases: Vec::new(),
    })
}

/// What a script is given, looked up.
struct Given {
    contact: Vec<Field>,
    account: Vec<Field>,
    counts: Vec<(String, Did)>,
    turn: Option<String>,
}

impl Given {
    fn read(needs: &NeedsDefinition, names: &PluginNames<'_>, problems: &mut Problems) -> Given {
        Given {
            contact: fields(Entity::Contact, &needs.contact, names.catalog, problems),
            account: fields(Entity::Account, &needs.account, names.catalog, problems),
            counts: counts(&needs.did, names, problems),
            turn: needs.turn.as_ref().and_then(|turn| turns(turn, names.catalog, problems)),
        }
    }

    /// Asks for what a lead takes from the contact and the account, when the script makes leads.
    fn add_what_leads_take(&mut self, program: &Program, catalog: &Catalog) {
        if program.calls("lead").is_none() {
            return;
        }
        let taken =
            [("first_name", Entity::Contact), ("last_name", Entity::Contact), ("email", Entity::Contact)];
        for (name, entity) in taken.into_iter().chain([("name", Entity::Account)]) {
            let fields = if entity == Entity::Account { &mut self.account } else { &mut self.contact };
            if !fields.iter().any(|field| field.name == name) {
                fields.extend(catalog.field(entity, name).cloned());
            }
        }
    }
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

/// The account's field by which turns are counted.
fn turns(written: &Text, catalog: &Catalog, problems: &mut Problems) -> Option<String> {
    let name = written.value.strip_prefix("account.");
    match name.and_then(|name| catalog.field(Entity::Account, name)) {
        Some(field) => Some(field.name.clone()),
        None => {
            let message = match name {
                Some(name) => format!("an account has no field `{name}`"),
                None => format!("`{}` is no field of an account", written.value),
            };
            let known = catalog.fields(Entity::Account).iter().map(|field| field.name.as_str());
            let hint = did_you_mean(name.unwrap_or(&written.value), known);
            let hint = hint.unwrap_or_else(|| "Write a field such as `account.country`.".to_owned());
            problems.push(Problem::error(Code::UnknownField, written.span, message).hint(hint));
            None
        }
    }
}

fn counts(did: &[(Text, DidNode)], names: &PluginNames<'_>, problems: &mut Problems) -> Vec<(String, Did)> {
    let scope = Scope::new(Entity::Contact, names.zone);
    let read = did.iter().filter_map(|(name, node)| {
        let node = ConditionNode::Did(Box::new(node.clone()));
        match conditions::check(&node, &scope, names.catalog, problems)? {
            Predicate::Did(did) => Some((name.value.clone(), did)),
            _ => None,
        }
    });
    read.collect()
}

fn checked(
    parameter: &ParameterDefinition,
    channels: &BTreeSet<String>,
    names: &PluginNames<'_>,
    problems: &mut Problems,
) -> CustomParameter {
    let is_channel = channels.contains(&parameter.name.value);
    let default = match &parameter.default {
        None => ScriptValue::Nothing,
        Some(node) if matches!(node.content, Content::Null) => ScriptValue::Nothing,
        Some(node) => {
            let entries = [(parameter.name.clone(), node.clone())];
            let mut reader = Reader::new(&entries, node.span, "parameters", problems);
            let read = parameters::value(&parameter.name.value, &parameter.kind, &mut reader, names.zone);
            if let (true, Some(ScriptValue::Text(name))) = (is_channel, &read) {
                channels::check(name, node.span, names.channels, problems);
            }
            read.unwrap_or_default()
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
        is_channel,
    }
}

/// The parameters that `run` hands on as the name of a channel, as in `.message(params.channel, …)`.
fn handed_on_as_channels(program: &Program) -> BTreeSet<String> {
    let Some(([_, params], _)) = program.function("run") else { return BTreeSet::new() };
    let names = program.handed_on().iter().filter(|one| {
        (one.function.as_str(), one.argument, one.within.as_str(), &one.variable)
            == ("message", 0, "run", params)
    });
    names.map(|one| one.property.clone()).collect()
}

/// Checks that the script has the function that is called.
fn check_function(program: &Program, text: &Text, parameters: &[&str], problems: &mut Problems) {
    let expected = format!("fn run({})", parameters.join(", "));
    let (span, message) = match program.function("run") {
        None => (text.span_at(0, 0), "the script has no function `run`".to_owned()),
        Some((found, _)) if found.len() == parameters.len() => return,
        Some((found, span)) => {
            let plural = if parameters.len() == 1 { "" } else { "s" };
            let count = parameters.len();
            (span, format!("`run` takes {count} parameter{plural}, and here are {}", found.len()))
        }
    };
    let hint = format!("Write `{expected} {{ … }}`, which answers with `take()` or the like.");
    problems.push(Problem::error(Code::ScriptForm, span, message).hint(hint));
}

/// Checks the fields and channels that effects write out.
fn check_effects(program: &Program, names: &PluginNames<'_>, target: PluginTarget, problems: &mut Problems) {
    for literal in program.literals() {
        match (literal.function.as_str(), literal.argument) {
            ("message", 0) => channels::check(&literal.text, literal.span, names.channels, problems),
            ("set", 0) => {
                let of_contact = literal.text.starts_with("contact.");
                let refused = match set::field(&literal.text, names.catalog) {
                    Err(message) => Some(message),
                    Ok(_) if of_contact && target == PluginTarget::Account => {
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
}

/// Checks the paths that the script writes out against those of `tile.yaml`.
fn check_paths(definition: &PluginDefinition, program: &Program, text: &Text, problems: &mut Problems) {
    let paths: Vec<&str> = definition.paths.iter().map(|path| path.value.as_str()).collect();
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for literal in program.literals().iter().filter(|text| text.function == "take" && text.argument == 0) {
        taken.insert(&literal.text);
        if !paths.contains(&literal.text.as_str()) {
            let message = format!("`tile.yaml` has no path `{}`", literal.text);
            let hint = did_you_mean(&literal.text, paths.iter().copied());
            let hint = hint.unwrap_or_else(|| format!("Write `paths: [{}]` there.", literal.text));
            problems.push(Problem::error(Code::UnknownPath, literal.span, message).hint(hint));
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
