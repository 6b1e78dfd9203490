//! A whole workspace: its settings and every definition under `journeys/`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::files::Files;
use super::reader::wrong_type;
use super::variables::Variables;
use super::{
    Content, Definitions, Header, Node, Reader, email, fields, interaction, journey, segment, settings, yaml,
};
use crate::diagnostics::{Code, Problem, Problems, Span, Text, did_you_mean};

const KINDS: [&str; 5] = ["fields", "interaction", "segment", "journey", "email"];
const LATER_KINDS: [&str; 6] = ["workflow", "topic", "scoring_model", "levels", "test", "tile"];

/// Why a folder can't be read as a workspace.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionsError {
    /// The folder isn't a workspace, or isn't there.
    #[error("no `tilework.yaml` in `{}`", .0.display())]
    NoWorkspace(PathBuf),
}

/// Reads the settings and all definitions of a workspace. Whatever is wrong with them is reported, all
/// of it; a file that isn't YAML hides no other. What has a name is kept even when a part of it is
/// wrong, with something harmless in the part's place, so that others may refer to it: where
/// `problems` has errors, the definitions are for looking at, not for running.
///
/// `variable` gives the values of `${NAME}` in the settings; `environment` is laid over them.
///
/// # Errors
/// When there is no `tilework.yaml` in the folder.
pub fn load(
    root: &Path,
    environment: Option<&str>,
    variable: &dyn Fn(&str) -> Option<String>,
    problems: &mut Problems,
) -> Result<Definitions, DefinitionsError> {
    let mut files = Files::new(root);
    if !files.is_file("tilework.yaml") {
        return Err(DefinitionsError::NoWorkspace(root.to_owned()));
    }
    let mut definitions = Definitions { root: root.to_owned(), ..Definitions::default() };
    if let Some((file, text)) = files.read("tilework.yaml", problems) {
        let documents = yaml::parse(file, &text, problems);
        let variables = Variables { root, lookup: variable };
        definitions.settings = settings::read(&documents, environment, variables, problems);
    }
    for path in files.yaml_files("journeys", problems) {
        let Some((file, text)) = files.read(&path, problems) else { continue };
        for document in yaml::parse(file, &text, problems) {
            read_document(&document, &path, &mut files, &mut definitions, problems);
        }
    }
    report_duplicates(&definitions, problems);
    definitions.sources = files.into_sources();
    Ok(definitions)
}

fn read_document(
    document: &Node,
    path: &str,
    files: &mut Files<'_>,
    definitions: &mut Definitions,
    problems: &mut Problems,
) {
    let Content::Mapping(entries) = &document.content else {
        problems.push(wrong_type(document, "a mapping with a `kind`"));
        return;
    };
    let kinds = KINDS.map(|kind| format!("`{kind}`")).join(", ");
    let Some((_, kind)) = entries.iter().find(|(key, _)| key.value == "kind") else {
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
    match kind.value.as_str() {
        "fields" => definitions.fields.extend(fields::read(reader)),
        "interaction" => definitions.interactions.extend(interaction::read(reader)),
        "segment" => definitions.segments.extend(segment::read(reader)),
        "journey" => definitions.journeys.extend(journey::read(reader)),
        "email" => definitions.emails.extend(email::read(reader, path, files)),
        other => {
            let hint = if LATER_KINDS.contains(&other) {
                Some(format!("`{other}` is not available in this version."))
            } else {
                did_you_mean(other, KINDS)
            };
            let message = format!("there is no kind `{other}`");
            problems.push(Problem::error(Code::UnknownKind, kind.span, message).hint_if(hint));
        }
    }
}

fn report_duplicates(definitions: &Definitions, problems: &mut Problems) {
    let headers = |kind: &str, headers: Vec<&Header>, problems: &mut Problems| {
        let mut seen = HashMap::new();
        for header in headers {
            report_second(kind, &header.name, &mut seen, problems);
        }
    };
    let Definitions { interactions, segments, journeys, emails, .. } = definitions;
    headers("interaction type", interactions.iter().map(|definition| &definition.header).collect(), problems);
    headers("segment", segments.iter().map(|definition| &definition.header).collect(), problems);
    headers("journey", journeys.iter().map(|definition| &definition.header).collect(), problems);
    headers("email", emails.iter().map(|definition| &definition.header).collect(), problems);
    let mut seen = HashMap::new();
    for definition in &definitions.fields {
        fields::report_standard(definition, problems);
        for field in &definition.fields {
            let name = (definition.of.value, field.name.value.as_str());
            if let Some(first) = seen.insert(name, field.name.span) {
                seen.insert(name, first);
                let message = format!("the {} field `{}` is declared already", name.0, name.1);
                let problem = Problem::error(Code::DuplicateName, field.name.span, message);
                problems.push(problem.related(first, "first defined here"));
            }
        }
    }
}

fn report_second<'a>(kind: &str, name: &'a Text, seen: &mut HashMap<&'a str, Span>, problems: &mut Problems) {
    if let Some(first) = seen.get(name.value.as_str()) {
        let message = format!("there is a {kind} `{}` already", name.value);
        let problem = Problem::error(Code::DuplicateName, name.span, message);
        problems.push(problem.related(*first, "first defined here"));
    } else {
        seen.insert(&name.value, name.span);
    }
}
