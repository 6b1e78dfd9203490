//! `plugins/<tile>/`: custom tiles as they are written.

use crate::definitions::{
    Content, Located, Node, Reader,
    disk::files::Files,
    nodes::{names, scalars::wrong_type, yaml},
    reading::needs::{self, NeedsDefinition},
};
use crate::diagnostics::{Code, Problem, Problems, Span, Text};

/// A folder of `plugins/`.
#[derive(Debug, Clone)]
pub struct PluginDefinition {
    /// The tile's name, which is the folder's, too.
    pub name: Text,
    /// What it does, in a sentence.
    pub summary: Text,
    /// More about it.
    pub description: Option<Text>,
    /// Whom it works for.
    pub target: Located<PluginTarget>,
    /// What stands under `with:`.
    pub parameters: Vec<ParameterDefinition>,
    /// What the script is given.
    pub needs: NeedsDefinition,
    /// Its paths.
    pub paths: Vec<Text>,
    /// `tile.rhai`; nothing when it couldn't be read, which was reported.
    pub script: Option<Text>,
    /// The path of `tile.rhai`.
    pub script_path: String,
    /// `cases.yaml`.
    pub cases: Vec<CaseDefinition>,
    /// What stands in `tile.yaml`.
    pub content: String,
}

/// Whom a custom tile works for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginTarget {
    /// Each contact.
    Contact,
    /// Each account.
    Account,
    /// Either, as the step says by `for_each`.
    Either,
}

impl PluginTarget {
    /// The word in YAML.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            PluginTarget::Contact => "contact",
            PluginTarget::Account => "account",
            PluginTarget::Either => "either",
        }
    }
}

/// A parameter of a custom tile.
#[derive(Debug, Clone)]
pub struct ParameterDefinition {
    /// Its key under `with:`.
    pub name: Text,
    /// What it holds.
    pub kind: ParameterType,
    /// Whether it has to be there.
    pub required: bool,
    /// What it is when it isn't there.
    pub default: Option<Node>,
    /// What it is for.
    pub description: Option<Text>,
}

/// What a parameter of a custom tile may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterType {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A length of time.
    Duration,
    /// A date.
    Date,
    /// A date and time.
    DateTime,
    /// One of the listed words.
    Choice(Vec<String>),
    /// A list of texts.
    List,
}

impl ParameterType {
    /// The words in YAML; choices need theirs.
    pub const WORDS: [(&'static str, ParameterType); 9] = [
        ("text", ParameterType::Text),
        ("integer", ParameterType::Integer),
        ("number", ParameterType::Number),
        ("boolean", ParameterType::Boolean),
        ("duration", ParameterType::Duration),
        ("date", ParameterType::Date),
        ("datetime", ParameterType::DateTime),
        ("choice", ParameterType::Choice(Vec::new())),
        ("list", ParameterType::List),
    ];

    /// The word in YAML.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let same = |known: &ParameterType| std::mem::discriminant(known) == std::mem::discriminant(self);
        ParameterType::WORDS.iter().find(|(_, known)| same(known)).map_or("", |(word, _)| word)
    }
}

/// A case of `cases.yaml`.
#[derive(Debug, Clone)]
pub struct CaseDefinition {
    /// What it shows.
    pub name: Text,
    /// The step's parameters.
    pub with: Vec<(Text, Node)>,
    /// What the script gets, as far as it matters.
    pub item: Option<Node>,
    /// What the script has to answer.
    pub expect: Node,
    /// Where it starts.
    pub span: Span,
}

/// Reads all folders of `plugins/`.
pub(in crate::definitions) fn read_all(
    files: &mut Files<'_>,
    problems: &mut Problems,
) -> Vec<PluginDefinition> {
    let mut plugins = Vec::new();
    for folder in files.folders("plugins") {
        let path = format!("plugins/{folder}/tile.yaml");
        let found = match files.is_file(&path) {
            true => read(&folder, files, problems),
            false => {
                report_without_tile(&folder, files, problems);
                None
            }
        };
        if found.is_none() {
            problems.lose(folder);
        }
        plugins.extend(found);
    }
    plugins
}

/// A folder with a script and no `tile.yaml` is a tile by halves; any other folder is none of ours.
fn report_without_tile(folder: &str, files: &mut Files<'_>, problems: &mut Problems) {
    let path = format!("plugins/{folder}/tile.rhai");
    if files.is_file(&path)
        && let Some((file, _)) = files.read(&path, problems)
    {
        let message = format!("`plugins/{folder}` has no `tile.yaml`");
        problems.push(
            Problem::error(Code::FileNotFound, Span::new(file, 0, 0), message).hint(format!(
                "Write `plugins/{folder}/tile.yaml`; `tilework tile new` shows how one looks."
            )),
        );
    }
}

fn read(folder: &str, files: &mut Files<'_>, problems: &mut Problems) -> Option<PluginDefinition> {
    let (file, content) = files.read(&format!("plugins/{folder}/tile.yaml"), problems)?;
    let documents = yaml::parse(file, &content, problems);
    let [document] = documents.as_slice() else {
        if !problems.has_errors() || documents.len() > 1 {
            let message = format!("`tile.yaml` holds one definition, and here are {}", documents.len());
            problems.push(
                Problem::error(Code::WrongType, Span::new(file, 0, 0), message)
                    .hint("Start it with `kind: tile`."),
            );
        }
        return None;
    };
    let mut reader = Reader::of(document, "tile", problems)?;
    let kind = reader.required_text("kind");
    if let Some(kind) = &kind
        && kind.value != "tile"
    {
        let message = format!("`tile.yaml` has the kind `{}`, expected `tile`", kind.value);
        reader
            .problems()
            .push(Problem::error(Code::UnknownKind, kind.span, message).hint("Write `kind: tile`."));
    }
    let name = reader.required_text("name").filter(|name| {
        let is_name = names::check_field_name(name, reader.problems());
        if is_name && name.value != folder {
            let message = format!("the tile `{}` stands in the folder `plugins/{folder}`", name.value);
            reader.problems().push(
                Problem::error(Code::InvalidName, name.span, message)
                    .hint(format!("Give both one name: write `name: {folder}`, or rename the folder.")),
            );
        }
        is_name
    });
    let summary = reader.required_text("summary");
    let description = reader.text("description");
    let targets = [PluginTarget::Contact, PluginTarget::Account, PluginTarget::Either];
    let target = reader.required_choice("for", &targets.map(|target| (target.name(), target)));
    let parameters = parameters(&mut reader);
    let needs = reader.node("needs").cloned();
    let paths = reader.list_of_text("paths");
    for (at, path) in paths.iter().enumerate() {
        names::check_field_name(path, reader.problems());
        if let Some(first) = paths[..at].iter().find(|first| first.value == path.value) {
            let message = format!("the path `{}` is there twice", path.value);
            reader.problems().push(
                Problem::error(Code::DuplicateName, path.span, message)
                    .related(first.span, "first written here")
                    .hint("Keep one of them."),
            );
        }
    }
    reader.finish();
    let needs = needs.map(|needs| needs::read(&needs, problems)).unwrap_or_default();
    let script_path = format!("plugins/{folder}/tile.rhai");
    let script = match files.is_file(&script_path) {
        true => files.read(&script_path, problems).map(|(file, text)| Text::file(file, text)),
        false => {
            let message = format!("`{script_path}` is missing");
            problems.push(Problem::error(Code::FileNotFound, document.span, message).hint(
                "Write the script: a function `fn run(item, params)` that answers with `take(\"…\")`.",
            ));
            None
        }
    };
    let cases = read_cases(folder, files, problems);
    let (name, summary, target) = (name?, summary?, target?);
    Some(PluginDefinition {
        name,
        summary,
        description,
        target,
        parameters,
        needs,
        paths,
        script,
        script_path,
        cases,
        content,
    })
}

fn parameters(reader: &mut Reader<'_>) -> Vec<ParameterDefinition> {
    let hint = "Write each parameter by its name, such as `channel: { type: text, required: true }`.";
    let Some(entries) = reader.mapping_or("parameters", hint) else { return Vec::new() };
    let read = |(name, node): &(Text, Node)| {
        let is_name = names::check_field_name(name, reader.problems());
        if name.value == "for_each" {
            reader.problems().push(
                Problem::error(Code::InvalidName, name.span, "`for_each` says whom a tile works for")
                    .hint("Give the parameter another name; `for: either` makes `for_each` known."),
            );
        }
        parameter(name, node, reader.problems()).filter(|_| is_name)
    };
    entries.iter().filter_map(read).collect()
}

fn parameter(name: &Text, node: &Node, problems: &mut Problems) -> Option<ParameterDefinition> {
    if let Content::Text(kind) = &node.content {
        let message = format!("expected a mapping for `{}`, found text", name.value);
        problems.push(
            Problem::error(Code::WrongType, node.span, message)
                .hint(format!("Write `{{ type: {} }}`.", kind.value)),
        );
        return None;
    }
    let mut reader = Reader::of(node, &name.value, problems)?;
    let kind = reader.required_choice("type", &ParameterType::WORDS);
    let has_choices = reader.has("choices");
    let choices: Vec<String> = reader.list_of_text("choices").into_iter().map(|text| text.value).collect();
    let required = reader.boolean("required").is_some_and(|required| required.value);
    let default = reader.entry("default").map(|(key, node)| (key.span, node.clone()));
    let description = reader.text("description");
    if let (Some((span, _)), true) = (&default, required) {
        let message = format!("`{}` is required, so its `default` is never used", name.value);
        reader.problems().push(
            Problem::error(Code::InvalidValue, *span, message)
                .hint("Leave out `required: true`, or the default."),
        );
    }
    let kind = match kind {
        Some(kind) if matches!(kind.value, ParameterType::Choice(_)) => {
            if !has_choices {
                reader.missing("choices", "Write `choices: [first, second]`.".to_owned());
            }
            Some(ParameterType::Choice(choices))
        }
        Some(kind) => {
            if has_choices {
                let message = format!("a parameter of type `{}` has no `choices`", kind.value.name());
                reader.problems().push(
                    Problem::error(Code::InvalidValue, kind.span, message)
                        .hint("Write `type: choice`, or leave out `choices`."),
                );
            }
            Some(kind.value)
        }
        None => None,
    };
    reader.finish();
    Some(ParameterDefinition {
        name: name.clone(),
        kind: kind?,
        required,
        default: default.map(|(_, node)| node),
        description,
    })
}

fn read_cases(folder: &str, files: &mut Files<'_>, problems: &mut Problems) -> Vec<CaseDefinition> {
    let path = format!("plugins/{folder}/cases.yaml");
    if !files.is_file(&path) {
        return Vec::new();
    }
    let Some((file, text)) = files.read(&path, problems) else { return Vec::new() };
    let mut cases = Vec::new();
    for document in yaml::parse(file, &text, problems) {
        let Content::List(items) = &document.content else {
            problems.push(wrong_type(&document, "a list of cases").hint("Start each case with `- name: …`."));
            continue;
        };
        for item in items {
            cases.extend(case(item, problems));
        }
    }
    let mut seen: Vec<&Text> = Vec::new();
    for case in &cases {
        if let Some(first) = seen.iter().find(|first| first.value == case.name.value) {
            let message = format!("there are two cases `{}`", case.name.value);
            problems.push(
                Problem::error(Code::DuplicateName, case.name.span, message)
                    .related(first.span, "first written here")
                    .hint("Give one of them another name."),
            );
        }
        seen.push(&case.name);
    }
    cases
}

fn case(node: &Node, problems: &mut Problems) -> Option<CaseDefinition> {
    let mut reader = Reader::of(node, "case", problems)?;
    let name = reader.required_text("name");
    let with = reader.mapping("with").map(|(entries, _)| entries.to_vec()).unwrap_or_default();
    let item = reader.node("item").cloned();
    let expect = reader.required_node("expect").cloned();
    reader.finish();
    Some(CaseDefinition { name: name?, with, item, expect: expect?, span: node.span })
}
