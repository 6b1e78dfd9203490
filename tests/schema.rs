//! The schema for editors: it takes what `check` takes, and refuses what a schema can refuse.

use std::{fs, path::Path};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value as Json, json};
use tilework::{
    definitions::{self, Content, Definitions, KINDS, Node, parse_yaml},
    diagnostics::{Code, FileId, Problems},
    reference::{Names, definition_schema, kind_schema, settings_schema},
    tiles::TILES,
};

use crate::support::{
    files::{files_under, repository},
    workspace::{Database, Workspace},
};

/// A schema at work.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn of(schema: &Json) -> Schema {
        const PLACE: &str = "https://tilework.example/schema.json";
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource(PLACE, schema.clone()).unwrap();
        let index = compiler.compile(PLACE, &mut schemas);
        let index = index.unwrap_or_else(|error| panic!("no JSON Schema: {error:#}"));
        Schema { schemas, index }
    }

    /// What is wrong with a value; nothing when it fits.
    fn refuses(&self, value: &Json) -> Option<String> {
        self.schemas.validate(value, self.index).err().map(|error| format!("{error:#}"))
    }
}

/// What a schema finds wrong with a value; nothing when it fits.
fn refused(schema: &Json, value: &Json) -> Option<String> {
    Schema::of(schema).refuses(value)
}

fn json_of(node: &Node) -> Json {
    match &node.content {
        Content::Null => Json::Null,
        Content::Boolean(value) => json!(value),
        Content::Integer(value) => json!(value),
        Content::Number(value) => json!(value),
        Content::Text(text) => json!(text.value),
        Content::List(items) => items.iter().map(json_of).collect(),
        Content::Mapping(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.value.clone(), json_of(value))).collect())
        }
    }
}

/// The documents of a file; none when it isn't YAML.
fn documents(text: &str) -> Vec<Json> {
    let mut problems = Problems::default();
    let nodes = parse_yaml(FileId(0), text, &mut problems);
    if problems.has_errors() { Vec::new() } else { nodes.iter().map(json_of).collect() }
}

fn load(folder: &Path) -> Definitions {
    definitions::load(folder, None, &|_| None, &mut Problems::default()).unwrap()
}

/// The documents under `journeys/` of a workspace with what the schema of their workspace finds wrong.
fn checked(folder: &Path) -> Vec<(String, Option<String>)> {
    let names = Names::of(&load(folder));
    let schema = Schema::of(&definition_schema(&names));
    let mut found = Vec::new();
    for extension in ["yaml", "yml"] {
        for path in files_under(&folder.join("journeys"), extension) {
            for document in documents(&fs::read_to_string(&path).unwrap()) {
                let wrong = schema.refuses(&document);
                found.push((format!("{}: {document}", path.display()), wrong));
            }
        }
    }
    let settings = fs::read_to_string(folder.join("tilework.yaml")).unwrap();
    for document in documents(&settings) {
        found.push(("tilework.yaml".to_owned(), refused(&settings_schema(&names), &document)));
    }
    found
}

fn assert_fits(folder: &Path) {
    let found = checked(folder);
    assert!(found.len() > 1, "{} has no definitions", folder.display());
    for (document, wrong) in found {
        assert_eq!(wrong, None, "{document}");
    }
}

fn laid(files: &[(&str, &str)]) -> Workspace {
    files.iter().fold(Workspace::on(Database::Sqlite), |workspace, (path, text)| workspace.file(path, text))
}

#[test]
fn every_sample_fits_the_schema() {
    assert_fits(&repository());
    assert_fits(&repository().join("init"));
    assert_fits(&repository().join("tests/diagnostics/common"));
    let saas = repository().join("tests/saas_sales");
    assert_fits(Workspace::on(Database::Sqlite).definitions_of(&saas).root());
}

#[test]
fn what_readme_and_guide_show_fits_the_schema() {
    let pages =
        ["README.md", "docs/guide/getting-started.md", "docs/guide/segments.md", "docs/guide/scoring.md"];
    let shown: String =
        pages.iter().map(|page| fs::read_to_string(repository().join(page)).unwrap()).collect();
    let blocks = shown.split("```yaml\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    let mut all = String::new();
    for block in blocks.filter(|block| block.contains("kind: ")) {
        all.push_str(block);
        all.push_str("\n---\n");
    }
    assert!(all.contains("kind: journey"));
    assert_fits(laid(&[("journeys/readme.yaml", all.trim_end_matches("---\n"))]).root());
}

#[test]
fn examples_of_kinds_and_tiles_are_read_and_fit_the_schema() {
    let names = Names::standard();
    for kind in &KINDS {
        let workspace = laid(&[("journeys/x.yaml", kind.example)]);
        let mut problems = Problems::default();
        definitions::load(workspace.root(), None, &|_| None, &mut problems).unwrap();
        assert!(problems.is_empty(), "{}: {problems:?}", kind.name);
        for document in documents(kind.example) {
            assert_eq!(document["kind"], kind.name);
            assert_eq!(refused(&kind_schema(kind, &names), &document), None);
            assert_eq!(refused(&definition_schema(&names), &document), None);
        }
    }
    for tile in TILES {
        let steps = documents(tile.spec().example).remove(0);
        let journey = json!({
            "kind": "journey", "name": "x", "target": "account", "start": "2026-03-01 08:00",
            "audience": { "include": ["all"] }, "steps": steps,
        });
        let mut schema = definition_schema(&names);
        // What the examples refer to is nobody's.
        schema["definitions"]["condition"] = json!({});
        assert_eq!(refused(&schema, &journey), None, "{}", tile.spec().name);
    }
}

/// Fixtures of `check` that no schema can refuse, each with the reason.
const BEYOND_A_SCHEMA: [(&str, &str); 44] = [
    ("invalid-duration-calendar", "whether months will do depends on the place"),
    ("invalid-duration-grace", "likewise"),
    ("invalid-duration-half-life", "whether months will do depends on the place"),
    ("invalid-duration-hold", "likewise"),
    ("invalid-duration-hours-of-a-date", "which lengths will do depends on the field"),
    ("invalid-duration-last", "a length inside an expression"),
    ("invalid-duration-period", "likewise"),
    ("invalid-duration-reentry-short", "how long it has to be depends on the place"),
    ("invalid-duration-reentry", "whether business days will do depends on the place"),
    ("invalid-duration-repeat", "how long it has to be depends on the place"),
    ("invalid-duration-timeout", "how long it may be depends on the place"),
    ("invalid-name-attribute", "a word of the language"),
    ("invalid-name-case-else", "paths that parameters name may be any text to it"),
    ("invalid-name-case", "likewise"),
    ("invalid-name-reserved-by-expressions", "a word of expressions"),
    ("invalid-name-reserved-by-the-store", "a word of the store"),
    ("invalid-name-share-else", "paths that parameters name may be any text to it"),
    ("invalid-name-tile-folder", "it stands in a folder of its own"),
    ("missing-key-at-most", "which way a step goes is told by all steps"),
    ("missing-key-first-did", "one key needs another"),
    ("missing-key-host", "whether there has to be one depends on the transport"),
    ("missing-key-if-late", "one key needs another"),
    ("missing-key-no-steps", "lists of steps may be empty elsewhere"),
    ("missing-key-points-at-most", "likewise"),
    ("missing-key-split", "one of two parameters is enough"),
    ("missing-key-sum", "likewise"),
    ("missing-key-wait", "one of three parameters is enough"),
    ("missing-key-window", "a window is a mapping of any kind to it"),
    ("unknown-email-did", "an attribute under `did`"),
    ("unknown-key-shares-and-counts", "two parameters that don't go together"),
    ("unknown-key-smtp", "likewise"),
    ("unknown-key-step-outside-a-trigger", "conditions are the same everywhere"),
    ("unknown-key-wait", "two parameters that don't go together"),
    ("unknown-key-weekdays", "a parameter that doesn't go with another"),
    ("unknown-key-window", "a window is a mapping of any kind to it"),
    ("unknown-path-branch", "the paths are those that a parameter names"),
    ("unknown-path-case", "cases of tiles aren't definitions"),
    ("unknown-path-script", "neither are scripts"),
    ("unknown-path-workflow", "neither are scripts"),
    ("unknown-topic-none-defined", "without any topic there is no list of them"),
    ("unknown-topic-subscribed", "without any topic there is no list of them"),
    ("wrong-type-number-as-text", "JSON doesn't tell `1.50` from `1.5`"),
    ("wrong-type-points-currency", "points may be calculated"),
    ("wrong-type-points-of-thousands", "points may be calculated"),
];

#[test]
fn what_a_schema_can_catch_it_catches() {
    const CODES: [Code; 12] = [
        Code::UnknownKey,
        Code::MissingKey,
        Code::WrongType,
        Code::UnknownKind,
        Code::UnknownSegment,
        Code::UnknownEmail,
        Code::UnknownTopic,
        Code::UnknownInteraction,
        Code::UnknownTile,
        Code::UnknownPath,
        Code::InvalidDuration,
        Code::InvalidName,
    ];
    let mut passed = Vec::new();
    let mut seen = 0;
    for (name, folder) in crate::diagnostics::fixtures() {
        if !CODES.contains(&crate::diagnostics::code_of(&name)) {
            continue;
        }
        seen += 1;
        if checked(folder.path()).iter().all(|(_, wrong)| wrong.is_none()) {
            passed.push(name);
        }
    }
    assert!(seen > 60, "{seen}");
    let known: Vec<&str> = BEYOND_A_SCHEMA.iter().map(|(name, _)| *name).collect();
    assert_eq!(passed, known, "the schema takes what `check` refuses");
}

#[test]
fn what_only_draws_a_warning_fits_the_schema() {
    let mut seen = 0;
    for (name, folder) in crate::diagnostics::fixtures() {
        let mut problems = Problems::default();
        let definitions = definitions::load(folder.path(), None, &|_| None, &mut problems).unwrap();
        tilework::compile::compile(&definitions, &mut problems);
        if problems.has_errors() {
            continue;
        }
        seen += 1;
        for (document, wrong) in checked(folder.path()) {
            assert_eq!(wrong, None, "{name}: {document}");
        }
    }
    assert!(seen > 0);
}

#[test]
fn a_key_that_nobody_knows_is_refused_by_check_and_by_the_schema() {
    let names = Names::standard();
    for kind in &KINDS {
        let text = format!("{}\nzyx: 1\n", kind.example.trim_end());
        let mut problems = Problems::default();
        let workspace = laid(&[("journeys/x.yaml", &text)]);
        definitions::load(workspace.root(), None, &|_| None, &mut problems).unwrap();
        assert_eq!(problems.sorted().iter().map(|one| one.code).collect::<Vec<_>>(), [Code::UnknownKey]);
        let document = documents(&text).remove(0);
        assert!(refused(&definition_schema(&names), &document).is_some(), "{}", kind.name);
    }
}

/// A tile asks for the parameters that it describes, and for no others: who writes one that isn't there
/// is told those that are.
#[test]
fn tiles_take_the_parameters_that_they_describe() {
    for tile in TILES {
        let spec = tile.spec();
        let journey = format!(
            "kind: segment\nname: all\ntarget: contact\nwhere: true\n---\nkind: journey\nname: x\ntarget: account\nstart: \
             2026-03-01\naudience: {{ include: [all] }}\nsteps:\n  - id: x\n    tile: {}\n    with: {{ zyxwvutsrq: 1 }}\n",
            spec.name
        );
        let workspace = laid(&[("journeys/x.yaml", &journey)]);
        let mut problems = Problems::default();
        let definitions = load(workspace.root());
        tilework::compile::compile(&definitions, &mut problems);
        let unknown = problems.sorted().into_iter().find(|one| one.code == Code::UnknownKey).unwrap();
        let hint = unknown.hint.clone().unwrap_or_default();
        let mut told: Vec<&str> = hint.split('`').skip(1).step_by(2).collect();
        let mut described: Vec<&str> = spec.parameters.iter().map(|one| one.name).collect();
        told.sort_unstable();
        described.sort_unstable();
        assert_eq!(told, described, "`{}` reads other parameters than it describes: {hint}", spec.name);
    }
}

#[test]
fn the_schema_knows_the_names_of_the_workspace() {
    let workspace = laid(&[(
        "journeys/x.yaml",
        "kind: fields\nof: account\nfields: { tier: { type: text } }\n---\nkind: interaction\nname: OrderPlaced\nattributes: { \
         amount: { type: number } }\n---\nkind: segment\nname: vip\ntarget: contact\nwhere: true\n",
    )]);
    let printed: Json = serde_json::from_str(&workspace.program(&["schema"]).done()).unwrap();
    let schema = Schema::of(&printed);
    let segment =
        |condition: Json| json!({ "kind": "segment", "name": "a", "target": "contact", "where": condition });
    for (condition, fits) in [
        (json!({ "segment": "vip" }), true),
        (json!({ "segment": "vipp" }), false),
        (json!({ "did": "OrderPlaced", "amount": 5 }), true),
        (json!({ "did": "OrderPlaced", "amuont": 5 }), false),
        (json!({ "did": "OrderPlace" }), false),
        (json!({ "did": "OrderPlaced", "within": "30 days", "at_least": 2 }), true),
        (json!({ "did": "OrderPlaced", "within": "30 dayz" }), false),
        (
            json!({ "all": ["contact.is_child", { "any_contact": true, "at_least": "50%" }], "none": [false] }),
            true,
        ),
        (json!({ "all": "contact.is_child" }), false),
        (json!({ "any_contact": true, "all_contacts": true }), false),
        (json!(null), false),
        (json!({}), false),
    ] {
        assert_eq!(schema.refuses(&segment(condition.clone())).is_none(), fits, "{condition}");
    }
    let about = printed["definitions"]["condition"]["description"].as_str().unwrap();
    assert!(about.contains("account.tier"), "{about}");
}

#[test]
fn schemas_are_written_where_editors_look() {
    let workspace = laid(&[("journeys/x.yaml", "kind: topic\nname: news\n")]);
    let said = workspace.program(&["schema", "--write"]).done();
    assert_eq!(said, "written: .tilework/schema.json, .tilework/settings.json\n");
    let written = fs::read_to_string(workspace.root().join(".tilework/schema.json")).unwrap();
    assert_eq!(written, workspace.program(&["schema"]).done());
    let of_one = workspace.program(&["schema", "topic"]).done();
    assert_eq!(
        refused(&serde_json::from_str(&of_one).unwrap(), &json!({ "kind": "topic", "name": "a" })),
        None
    );
    let wrong = workspace.program(&["schema", "topics"]);
    assert_eq!((wrong.code, wrong.stderr.contains("Did you mean `topic`?")), (2, true), "{}", wrong.stderr);
}
