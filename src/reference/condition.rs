//! Conditions as JSON Schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::{
    Names,
    forms::{described, keys, text},
};
use crate::{
    definitions::{DID, GROUP, Key, MEMBERSHIP, PEOPLE, RelatedNode, SUBSCRIPTION},
    model::{Entity, Field, FieldType, common_attributes},
};

/// A condition: `true`, an expression, or a mapping that is told by its leading key.
pub(super) fn condition(names: &Names) -> Json {
    let expression = format!(
        "`true` (everyone), an expression such as `account.city == \"Chicago\"`, or a mapping with `all`, `any`, \
         `none`, `segment`, `subscribed`, `did`, `did_not`, `first_did`, `last_did`, or `any_`, `all_` and `no_` \
         with `contact`, `lead` or `activity`.\n\nFields: {}, {}.",
        names.dotted(Entity::Contact),
        names.dotted(Entity::Account)
    );
    let has = |key: &str| json!({ "required": [key] });
    let by = |leading: &[&str], then: Json, otherwise: Json| {
        let any: Vec<Json> = leading.iter().map(|key| has(key)).collect();
        json!({ "if": { "anyOf": any }, "then": then, "else": otherwise })
    };
    let related = RelatedNode::KEYS.map(|(key, _, _)| key);
    let group = one_of(GROUP, &[], names);
    let subscription = by(&["subscribed"], keys(SUBSCRIPTION, names), group);
    let membership = by(&["segment"], keys(MEMBERSHIP, names), subscription);
    let mapping = by(&DID_WORDS, did(names), by(&related, one_of(PEOPLE, &related, names), membership));
    json!({
        "description": expression,
        "type": ["boolean", "string", "object"],
        "if": { "type": "object" },
        "then": mapping,
    })
}

/// The keys of which one leads a condition about what was done.
const DID_WORDS: [&str; 4] = ["did", "did_not", "first_did", "last_did"];

/// A mapping with one of the leading keys; with any of its keys when there are none that lead.
fn one_of(table: &'static [Key], leading: &[&str], names: &Names) -> Json {
    let mut schema = keys(table, names);
    match leading {
        [] => schema["minProperties"] = json!(1),
        _ => {
            schema["oneOf"] = leading.iter().map(|key| json!({ "required": [key] })).collect();
        }
    }
    schema
}

/// `did` and its like: attributes of the type may stand beside the keys.
fn did(names: &Names) -> Json {
    let mut schema = one_of(DID, &DID_WORDS, names);
    schema["additionalProperties"] = text();
    let rules: Vec<Json> = names
        .interactions
        .iter()
        .map(|kind| {
            let attributes: Vec<Field> = kind.attributes.iter().cloned().chain(common_attributes()).collect();
            let known: BTreeSet<&str> = DID
                .iter()
                .map(|key| key.name)
                .chain(attributes.iter().map(|attribute| attribute.name.as_str()))
                .collect();
            let properties: Map<String, Json> = attributes
                .iter()
                .filter(|attribute| DID.iter().all(|key| key.name != attribute.name))
                .map(|attribute| (attribute.name.clone(), attribute_schema(attribute)))
                .collect();
            let is = |key: &str| json!({ "properties": { key: { "const": kind.name } }, "required": [key] });
            json!({
                "if": { "anyOf": DID_WORDS.map(is) },
                "then": { "properties": properties, "propertyNames": { "enum": known } },
            })
        })
        .collect();
    schema["allOf"] = Json::Array(rules);
    schema
}

fn attribute_schema(attribute: &Field) -> Json {
    let schema = match &attribute.kind {
        FieldType::Choice(choices) => json!({ "enum": choices }),
        kind if kind.is_numeric() => json!({ "type": ["number", "string"], "pattern": "^[-+0-9._eE]+$" }),
        _ => text(),
    };
    let about = match attribute.description.as_str() {
        "" => format!("It equals this ({}).", attribute.kind),
        description => format!("It equals this ({}): {description}", attribute.kind),
    };
    described(schema, &about)
}
