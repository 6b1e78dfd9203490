//! A whole workspace: its settings and every definition under `journeys/`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{plugin, scripts};
use crate::definitions::disk::files::Files;
use crate::definitions::nodes::scalars::wrong_type;
use crate::definitions::tilework_yaml::variables::Variables;
use crate::definitions::{
    Content, Definitions, Folder, Header, Node, Reader,
    documents::{email, fields, interaction, journey, scoring_model, segment, topic, workflow},
    nodes::yaml,
    reading::kinds::{KINDS, kind_named},
    tilework_yaml::settings,
};
use crate::diagnostics::{Code, Problem, Problems, Span, Text, did_you_mean};

const LATER_KINDS: [&str; 1] = ["test"];

/// Why a folder can't be read as a workspace.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionsError {
    /// The folder isn't a workspace, or isn't there.
    #[error("no `tilework.yaml` in `{}`", .0.display())]
    NoWorkspace(PathBuf),
}

/// What definitions are read with, beside their files.
pub struct Reading<'a> {
    /// The workspace's folder, from which the paths of `${file:PATH}` count.
    pub root: &'a Path,
    /// The environment that is laid over the settings.
    pub environment: Option<&'a str>,
    /// Gives the values of `${NAME}`.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Whether a value that is missing is an error; else it is a warning, and the text stays as it is written.
    pub variables_required: bool,
    /// One more text of definitions with the name to show for it. Its segments stand in for those of the same
    /// name.
    pub more: Option<(&'a str, &'a str)>,
    /// Whether only that is read which imports need: settings, fields, interaction types and topics. Files that
    /// make no sense are passed over.
    pub facts_alone: bool,
    /// The folder that says where things run, when the definitions are those of a snapshot (semantics 48).
    pub place: Option<&'a Folder>,
}

/// Reads the settings and all definitions of a workspace's folder, as [`load_from`] does.
///
/// # Errors
/// When there is no `tilework.yaml` in the folder.
pub fn load(
    root: &Path,
    environment: Option<&str>,
    variable: &dyn Fn(&str) -> Option<String>,
    problems: &mut Problems,
) -> Result<Definitions, DefinitionsError> {
    let reading = Reading {
        root,
        environment,
        variable,
        variables_required: true,
        more: None,
        facts_alone: false,
        place: None,
    };
    load_from(&Folder::on_disk(root), &reading, problems)
}

/// Reads settings and all definitions. Whatever is wrong with them is reported, all of it; a file that isn't
/// YAML hides no other. What has a name is kept even when a part of it is wrong, with something harmless in the
/// part's place, so that others may refer to it: where `problems` has errors, the definitions are for looking
/// at, not for running.
///
/// # Errors
/// When there is no `tilework.yaml`.
pub fn load_from(
    folder: &Folder,
    reading: &Reading<'_>,
    problems: &mut Problems,
) -> Result<Definitions, DefinitionsError> {
    let root = reading.root;
    let mut files = Files::new(folder);
    if !files.is_file("tilework.yaml") {
        return Err(DefinitionsError::NoWorkspace(root.to_owned()));
    }
    let secrets = RefCell::default();
    let variables = Variables {
        root,
        folder: reading.place.unwrap_or(folder),
        required: reading.variables_required,
        lookup: reading.variable,
        secrets: &secrets,
    };
    let mut definitions = Definitions { root: root.to_owned(), ..Definitions::default() };
    let place = reading.place.and_then(|place| place_of(place, &mut files));
    if let Some((file, text)) = files.read("tilework.yaml", problems) {
        let documents = yaml::parse(file, &text, problems);
        definitions.settings =
            settings::read(&documents, reading.environment, place.as_ref(), variables, problems);
    }
    if reading.facts_alone {
        let mut passed_over = Problems::default();
        for path in files.yaml_files("journeys", &mut passed_over) {
            let Some((file, text)) = files.read(&path, &mut passed_over) else { continue };
            for document in yaml::parse(file, &text, &mut passed_over).iter().filter(|one| is_of_facts(one)) {
                read_document(document, &path, variables, &mut files, &mut definitions, problems);
            }
        }
        report_duplicates(&definitions, problems);
        definitions.sources = files.into_sources();
        return Ok(definitions);
    }
    for path in files.yaml_files("journeys", problems) {
        let Some((file, text)) = files.read(&path, problems) else { continue };
        for document in yaml::parse(file, &text, problems) {
            read_document(&document, &path, variables, &mut files, &mut definitions, problems);
        }
    }
    if let Some((name, text)) = reading.more {
        let file = files.add(name, text);
        let present = definitions.segments.len();
        for document in yaml::parse(file, text, problems) {
            let path = format!("journeys/{name}");
            read_document(&document, &path, variables, &mut files, &mut definitions, problems);
        }
        let new = definitions.segments.split_off(present);
        let is_new = |name: &str| new.iter().any(|segment| segment.header.name.value == name);
        definitions.segments.retain(|segment| !is_new(&segment.header.name.value));
        definitions.segments.extend(new);
    }
    definitions.plugins = plugin::read_all(&mut files, problems);
    definitions.scripts = scripts::read_scripts(&mut files, problems);
    definitions.tables = scripts::read_tables(&mut files, problems);
    definitions.templates = scripts::read_templates(&mut files, problems);
    report_duplicates(&definitions, problems);
    definitions.sources = files.into_sources();
    definitions.secrets = secrets.into_inner();
    Ok(definitions)
}

/// Whether imports need a definition.
fn is_of_facts(document: &Node) -> bool {
    let Content::Mapping(entries) = &document.content else { return false };
    let kind = entries.iter().find(|(key, _)| key.value == "kind").map(|(_, kind)| &kind.content);
    matches!(kind, Some(Content::Text(kind)) if ["fields", "interaction", "topic"].contains(&kind.value.as_str()))
}

/// The settings of the folder in which published definitions run; nothing when it has none that make sense.
fn place_of(place: &Folder, files: &mut Files<'_>) -> Option<Node> {
    let text = String::from_utf8(place.read("tilework.yaml").ok()?).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut problems = Problems::default();
    let documents = yaml::parse(files.add("tilework.yaml", text), text, &mut problems);
    documents.into_iter().next().filter(|_| !problems.has_errors())
}

fn read_document(
    document: &Node,
    path: &str,
    variables: Variables<'_>,
    files: &mut Files<'_>,
    definitions: &mut Definitions,
    problems: &mut Problems,
) {
    let kinds = KINDS.map(|kind| format!("`{}`", kind.name)).join(", ");
    let Content::Mapping(entries) = &document.content else {
        let problem = wrong_type(document, "a definition with a `kind`");
        problems.push(problem.hint(format!(
            "A definition starts with `kind: …`; there is: {kinds}. Several in one file are separated by lines of `---`."
        )));
        return;
    };
    let Some((_, kind)) = entries.iter().find(|(key, _)| key.value == "kind") else {
        lose_name(entries, problems);
        let problem = Problem::error(Code::MissingKey, document.span, "the definition needs `kind`");
        problems.push(problem.hint(format!("There is: {kinds}.")));
        return;
    };
    let Content::Text(kind) = &kind.content else {
        problems.push(wrong_type(kind, "text for `kind`"));
        return;
    };
    let mut reader = Reader::new(entries, document.span, &kind.value, problems);
    reader.skip("kind");
    if let Some(known) = kind_named(&kind.value) {
        reader = reader.described(known.keys);
    }
    match kind.value.as_str() {
        "fields" => definitions.fields.extend(fields::read(reader)),
        "interaction" => definitions.interactions.extend(interaction::read(reader)),
        "segment" => definitions.segments.extend(segment::read(reader, path, files)),
        "journey" => definitions.journeys.extend(journey::read(reader)),
        "topic" => definitions.topics.extend(topic::read(reader)),
        "email" => definitions.emails.extend(email::read(reader, path, files)),
        "scoring_model" => definitions.scoring_models.extend(scoring_model::read(reader)),
        "levels" => definitions.levels.extend(scoring_model::read_levels(reader)),
        "workflow" => definitions.workflows.extend(workflow::read(reader, path, files, variables)),
        other => {
            lose_name(entries, problems);
            problems.push(if LATER_KINDS.contains(&other) {
                let message = format!("the kind `{other}` is not available in this version");
                Problem::error(Code::NotAvailable, kind.span, message)
            } else if other == "tile" {
                Problem::error(Code::UnknownKind, kind.span, "a custom tile has a folder of its own")
                    .hint("Write it into `plugins/<name>/tile.yaml`; `tilework tile new NAME` makes one that works.")
            } else {
                let message = format!("there is no kind `{other}`");
                Problem::error(Code::UnknownKind, kind.span, message)
                    .hint_if(did_you_mean(other, KINDS.map(|kind| kind.name)))
            });
        }
    }
}

/// Notes the name of a definition that isn't read any further.
fn lose_name(entries: &[(Text, Node)], problems: &mut Problems) {
    let name = entries.iter().find(|(key, _)| key.value == "name").map(|(_, node)| &node.content);
    if let Some(Content::Text(name)) = name {
        problems.lose(&*name.value);
    }
}

fn report_duplicates(definitions: &Definitions, problems: &mut Problems) {
    let headers = |kind: &str, headers: Vec<&Header>, problems: &mut Problems| {
        let mut seen = HashMap::new();
        for header in headers {
            report_second(kind, &header.name, &mut seen, problems);
        }
    };
    let Definitions {
        interactions,
        segments,
        journeys,
        emails,
        topics,
        workflows,
        scoring_models,
        levels,
        ..
    } = definitions;
    headers(
        "type of interaction",
        interactions.iter().map(|definition| &definition.header).collect(),
        problems,
    );
    headers("segment", segments.iter().map(|definition| &definition.header).collect(), problems);
    headers("journey", journeys.iter().map(|definition| &definition.header).collect(), problems);
    headers("scoring model", scoring_models.iter().map(|definition| &definition.header).collect(), problems);
    headers("set of levels", levels.iter().map(|definition| &definition.header).collect(), problems);
    headers("e-mail", emails.iter().map(|definition| &definition.header).collect(), problems);
    headers("workflow", workflows.iter().map(|definition| &definition.header).collect(), problems);
    headers("topic", topics.iter().map(|definition| &definition.header).collect(), problems);
    let mut seen = HashMap::new();
    for definition in &definitions.fields {
        fields::report_standard(definition, problems);
        for field in &definition.fields {
            let name = (definition.of.value, field.name.value.as_str());
            if let Some(first) = seen.insert(name, field.name.span) {
                seen.insert(name, first);
                let message = format!("the {} field `{}` is declared already", name.0, name.1);
                let problem = Problem::error(Code::DuplicateName, field.name.span, message);
                problems.push(problem.related(first, "first defined here").hint("Keep one of them."));
            }
        }
    }
}

fn report_second<'a>(kind: &str, name: &'a Text, seen: &mut HashMap<&'a str, Span>, problems: &mut Problems) {
    if let Some(first) = seen.get(name.value.as_str()) {
        let message = format!("the {kind} `{}` is defined already", name.value);
        let problem =
            Problem::error(Code::DuplicateName, name.span, message).related(*first, "first defined here");
        problems.push(problem.hint("Give one of them another name."));
    } else {
        seen.insert(&name.value, name.span);
    }
}

#[cfg(test)]
mod tests;
