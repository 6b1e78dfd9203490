//! `cases.yaml`: a custom tile's own tests.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::{
    CustomTile,
    answer::{Answer, AnswerKind, StepContext},
    parameters,
};
use crate::{
    calendar::{Zone, parse_moment},
    definitions::{CaseDefinition, Content, Node, PluginTarget, Reader},
    diagnostics::{Code, Problem, Problems, Text, did_you_mean},
    model::{Effect, Field, time::rfc3339},
    script::ScriptValue,
};

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The tile.
    pub tile: String,
    /// What the case shows.
    pub case: String,
    /// What was different; nothing when the case passed. Each is a line of its own.
    pub differences: Vec<String>,
}

/// A case that is ready to be run.
struct Ready {
    item: ScriptValue,
    parameters: ScriptValue,
    moment: i64,
    expect: Json,
}

/// What a case may expect.
const EXPECTED: [&str; 8] = ["path", "wait", "stop", "retry", "fails", "effects", "state", "note"];
/// The keys of effects.
const EFFECTS: [&str; 5] = ["message", "body", "activity", "lead", "set"];
/// When a case plays, unless it says so.
const NOW: &str = "2026-01-01T09:00:00Z";

/// Runs all cases of a tile.
#[must_use]
pub fn run_cases(tile: &CustomTile) -> Vec<CaseResult> {
    let zone = Zone::utc();
    let run = |case: &CaseDefinition| {
        let differences = match ready(tile, case, &zone, &mut Problems::default()) {
            Some(ready) => run(tile, &ready, &zone),
            None => vec!["the case can't be read; `tilework check` says why".to_owned()],
        };
        CaseResult { tile: tile.name.clone(), case: case.name.value.clone(), differences }
    };
    tile.cases.iter().map(run).collect()
}

/// Reports what is wrong with the cases themselves.
pub(super) fn check(tile: &CustomTile, zone: &Zone, problems: &mut Problems) {
    for case in &tile.cases {
        let _ = ready(tile, case, zone, problems);
    }
}

fn run(tile: &CustomTile, ready: &Ready, zone: &Zone) -> Vec<String> {
    let text = |record: Option<&ScriptValue>| match record {
        Some(ScriptValue::Map(fields)) => fields
            .iter()
            .filter_map(|(name, value)| match value {
                ScriptValue::Text(text) => Some((name.clone(), text.clone())),
                _ => None,
            })
            .collect(),
        _ => BTreeMap::new(),
    };
    let ScriptValue::Map(item) = &ready.item else { return Vec::new() };
    let around = StepContext {
        zone,
        owner: None,
        source: "journey/step".to_owned(),
        moment: ready.moment,
        for_account: item.contains_key("contacts"),
        skips: false,
        // A case shows what the script does, wherever it is used.
        channels: None,
        contact: text(item.get("contact")),
        account: text(item.get("account")),
    };
    let arguments = tile.arguments(ready.item.clone(), &ready.parameters);
    let answer = tile
        .library
        .call(&tile.program, "run", &arguments)
        .and_then(|returned| tile.answer(returned, &around));
    let found = match answer {
        Ok(answer) => shown(&answer),
        Err(error) => json!({ "fails": error.to_string() }),
    };
    let mut differences = Vec::new();
    compare("", &ready.expect, &found, &mut differences);
    // Which way it went says more than that the expected one is missing.
    let way =
        ["path", "wait", "stop", "retry", "fails"].into_iter().find_map(|way| Some((way, found.get(way)?)));
    if let (false, Some((way, value))) = (differences.is_empty(), way)
        && !differences.iter().any(|line| line.starts_with(&format!("{way}:")))
    {
        differences.push(format!("the script answered {way}: {}", written(value)));
    }
    differences
}

/// An answer as a case would expect it.
fn shown(answer: &Answer) -> Json {
    let mut shown = Map::new();
    let (key, value) = match &answer.kind {
        AnswerKind::Take(path) => ("path", json!(path)),
        AnswerKind::Wait(length) => ("wait", json!(length.to_string())),
        AnswerKind::Stop(reason) => ("stop", json!(reason)),
        AnswerKind::Retry(length, _) => ("retry", json!(length.to_string())),
    };
    shown.insert(key.to_owned(), value);
    shown.insert("effects".to_owned(), answer.effects.iter().map(effect).collect());
    if let Some(state) = answer.state.as_deref().and_then(|state| serde_json::from_str(state).ok()) {
        shown.insert("state".to_owned(), state);
    }
    if let Some(note) = &answer.note {
        shown.insert("note".to_owned(), json!(note));
    }
    Json::Object(shown)
}

fn effect(effect: &Effect) -> Json {
    match effect {
        Effect::Message { channel, content } => {
            let body: Json = serde_json::from_str(content).unwrap_or_default();
            json!({ "message": channel, "body": body })
        }
        Effect::Activity { kind, subject, description, owner, due_at } => json!({ "activity": {
            "type": kind, "subject": subject, "description": description, "owner": owner,
            "due": due_at.map(rfc3339),
        }}),
        Effect::Lead { fields } => {
            let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
            json!({ "lead": fields.collect::<Map<_, _>>() })
        }
        Effect::Set { entity, field, value } => {
            let mut set = Map::new();
            set.insert(format!("{entity}.{}", field.name), ScriptValue::from(value).to_json());
            json!({ "set": set })
        }
    }
}

/// What is expected has to be there; what isn't mentioned may be anything.
fn compare(place: &str, expected: &Json, found: &Json, differences: &mut Vec<String>) {
    let inside = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    match (expected, found) {
        (Json::Object(expected), Json::Object(found)) => {
            for (key, expected) in expected {
                match found.get(key) {
                    Some(found) => compare(&inside(key), expected, found, differences),
                    None => differences.push(format!(
                        "{}: expected {}, found nothing",
                        inside(key),
                        written(expected)
                    )),
                }
            }
        }
        (Json::Array(expected), Json::Array(found)) => {
            if expected.len() != found.len() {
                let list = |items: &[Json]| items.iter().map(written).collect::<Vec<_>>().join(", ");
                differences.push(format!(
                    "{place}: expected {} of them, found {}: [{}]",
                    expected.len(),
                    found.len(),
                    list(found)
                ));
            }
            for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
                compare(&format!("{place}[{}]", at + 1), expected, found, differences);
            }
        }
        (Json::String(expected), Json::String(found))
            if place == "fails" && found.contains(expected.as_str()) => {}
        (Json::Number(a), Json::Number(b)) if a.as_f64() == b.as_f64() => {}
        (expected, found) if expected == found => {}
        (expected, found) => {
            differences.push(format!("{place}: expected {}, found {}", written(expected), written(found)));
        }
    }
}

fn written(json: &Json) -> String {
    match json {
        Json::String(text) => format!("`{text}`"),
        Json::Null => "nothing".to_owned(),
        other => other.to_string(),
    }
}

fn ready(tile: &CustomTile, case: &CaseDefinition, zone: &Zone, problems: &mut Problems) -> Option<Ready> {
    let mut reader = Reader::new(&case.with, case.span, "with", problems);
    let parameters = parameters::read(&tile.parameters, &mut reader, zone, None);
    if tile.target == PluginTarget::Either {
        reader.skip("for_each");
    }
    reader.finish();
    let (item, moment) = item(tile, case, zone, problems)?;
    let expect = expect(tile, case, problems)?;
    Some(Ready { item, parameters: parameters?, moment, expect })
}

/// The item with everything that a real one has.
fn item(
    tile: &CustomTile,
    case: &CaseDefinition,
    zone: &Zone,
    problems: &mut Problems,
) -> Option<(ScriptValue, i64)> {
    let empty = Vec::new();
    let entries = match case.item.as_ref() {
        None => &empty,
        Some(Node { content: Content::Mapping(entries), .. }) => entries,
        Some(node) => {
            problems.push(
                Problem::error(
                    Code::WrongType,
                    node.span,
                    format!("expected a mapping for `item`, found {}", node.found()),
                )
                .hint("Write `item: { contact: { … } }`."),
            );
            return None;
        }
    };
    let of_account = match tile.target {
        PluginTarget::Account => true,
        PluginTarget::Contact => false,
        PluginTarget::Either => entries.iter().any(|(key, _)| key.value == "contacts"),
    };
    let find = |key: &str| entries.iter().find(|(name, _)| name.value == key).map(|(_, node)| node);
    let mut reader = Reader::new(entries, case.span, "item", problems);
    let now = reader.text("now");
    let number =
        |value: Option<crate::definitions::Located<i64>>, other| value.map_or(other, |value| value.value);
    let visit = number(reader.integer("visit"), 1);
    let calls = number(reader.integer("calls"), 0);
    let turn = number(reader.integer("turn"), 0);
    let iteration = number(reader.integer("iteration"), 1);
    let step = reader.text("step").map_or_else(|| "step".to_owned(), |step| step.value);
    for key in ["account", "state", "journey", if of_account { "contacts" } else { "contact" }] {
        reader.skip(key);
    }
    if of_account {
        reader.list("contacts");
    }
    reader.finish();
    let state = find("state").map_or_else(|| ScriptValue::Map(BTreeMap::new()), value);
    let journey = find("journey").map(value);
    let moment = match parse_moment(now.as_ref().map_or(NOW, |now| now.as_str()), zone) {
        Ok(moment) => moment,
        Err(error) => {
            let span = now.map_or(case.span, |now| now.span);
            problems.push(
                Problem::error(Code::InvalidTime, span, error.to_string())
                    .hint(format!("Write it as in `{NOW}`.")),
            );
            return None;
        }
    };
    let mut whole = BTreeMap::from([
        ("now".to_owned(), ScriptValue::Text(rfc3339(moment))),
        ("visit".to_owned(), ScriptValue::Integer(visit)),
        ("calls".to_owned(), ScriptValue::Integer(calls)),
        ("turn".to_owned(), ScriptValue::Integer(turn)),
        ("iteration".to_owned(), ScriptValue::Integer(iteration)),
        ("state".to_owned(), state),
        ("step".to_owned(), ScriptValue::Text(step)),
    ]);
    let about = ["name", "label", "owner"].map(|key| (key, ScriptValue::Nothing));
    let mut about = BTreeMap::from(about.map(|(key, value)| (key.to_owned(), value)));
    about.insert("name".to_owned(), ScriptValue::from("journey"));
    if let Some(ScriptValue::Map(given)) = journey {
        about.extend(given);
    }
    whole.insert("journey".to_owned(), ScriptValue::Map(about));
    let account = find("account").map_or(&[][..], entries_of);
    whole.insert("account".to_owned(), record("account", account, &tile.account, None, problems));
    let counts: Vec<&str> = tile.counts.iter().map(|(name, _)| name.as_str()).collect();
    if of_account {
        let nodes = match find("contacts").map(|node| &node.content) {
            Some(Content::List(nodes)) => nodes.as_slice(),
            _ => &[],
        };
        let mut all = Vec::new();
        for node in nodes {
            all.push(record("contact", entries_of(node), &tile.contact, Some(&counts), problems));
        }
        whole.insert("contacts".to_owned(), ScriptValue::List(all));
    } else {
        let entries = find("contact").map_or(&[][..], entries_of);
        whole
            .insert("contact".to_owned(), record("contact", entries, &tile.contact, Some(&counts), problems));
    }
    Some((ScriptValue::Map(whole), moment))
}

fn entries_of(node: &Node) -> &[(Text, Node)] {
    match &node.content {
        Content::Mapping(entries) => entries,
        _ => &[],
    }
}

/// A record with the fields that the tile needs; those that the case leaves out are missing.
fn record(
    what: &str,
    entries: &[(Text, Node)],
    fields: &[Field],
    counts: Option<&[&str]>,
    problems: &mut Problems,
) -> ScriptValue {
    let mut record = BTreeMap::from([("id".to_owned(), ScriptValue::Nothing)]);
    record.extend(fields.iter().map(|field| (field.name.clone(), ScriptValue::Nothing)));
    let mut did: BTreeMap<String, ScriptValue> =
        counts.unwrap_or_default().iter().map(|name| ((*name).to_owned(), ScriptValue::Integer(0))).collect();
    for (key, node) in entries {
        if key.value == "did" && counts.is_some() {
            for (name, node) in entries_of(node) {
                if did.insert(name.value.clone(), value(node)).is_none() {
                    let message = format!("`tile.yaml` counts no `{}`", name.value);
                    let known = counts.unwrap_or_default().iter().copied();
                    problems.push(
                        Problem::error(Code::UnknownKey, name.span, message)
                            .hint_if(did_you_mean(&name.value, known)),
                    );
                }
            }
            continue;
        }
        let name = fields
            .iter()
            .find(|field| field.answers_to(&key.value))
            .map_or(key.value.as_str(), |field| &field.name);
        if record.insert(name.to_owned(), value(node)).is_none() {
            let message = format!("`{}` isn't among the fields that the tile needs", key.value);
            problems.push(Problem::error(Code::UnknownField, key.span, message).hint(format!(
                "Write `needs: {{ {what}: [{}] }}` in `tile.yaml`, or leave it out.",
                key.value
            )));
        }
    }
    if counts.is_some() {
        record.insert("did".to_owned(), ScriptValue::Map(did));
    }
    ScriptValue::Map(record)
}

fn expect(tile: &CustomTile, case: &CaseDefinition, problems: &mut Problems) -> Option<Json> {
    let Content::Mapping(entries) = &case.expect.content else {
        let message = format!("expected a mapping for `expect`, found {}", case.expect.found());
        problems.push(
            Problem::error(Code::WrongType, case.expect.span, message).hint("Write `expect: { path: … }`."),
        );
        return None;
    };
    let mut reader = Reader::new(entries, case.expect.span, "expect", problems);
    EXPECTED.iter().for_each(|key| reader.skip(key));
    reader.finish();
    for (key, node) in entries {
        match (key.value.as_str(), &node.content) {
            ("path", Content::Text(path)) if !tile.paths.contains(&path.value) => {
                let message = format!("the tile `{}` has no path `{}`", tile.name, path.value);
                let paths = tile.paths.iter().map(String::as_str);
                problems.push(
                    Problem::error(Code::UnknownPath, path.span, message)
                        .hint_if(did_you_mean(&path.value, paths)),
                );
            }
            ("effects", Content::List(effects)) => {
                for (key, _) in effects.iter().flat_map(entries_of) {
                    if !EFFECTS.contains(&key.value.as_str()) {
                        let message = format!("there is no effect `{}`", key.value);
                        problems.push(
                            Problem::error(Code::UnknownKey, key.span, message)
                                .hint_if(did_you_mean(&key.value, EFFECTS)),
                        );
                    }
                }
            }
            _ => {}
        }
    }
    Some(value(&case.expect).to_json())
}

/// A node as a value.
fn value(node: &Node) -> ScriptValue {
    match &node.content {
        Content::Null => ScriptValue::Nothing,
        Content::Boolean(yes) => ScriptValue::Boolean(*yes),
        Content::Integer(number) => ScriptValue::Integer(*number),
        Content::Number(number) => ScriptValue::Number(*number),
        Content::Text(text) => ScriptValue::Text(text.value.clone()),
        Content::List(items) => ScriptValue::List(items.iter().map(value).collect()),
        Content::Mapping(entries) => {
            ScriptValue::map(entries.iter().map(|(key, node)| (key.value.clone(), value(node))))
        }
    }
}
