//! The names that definitions may use.

use crate::{
    definitions::{Definitions, FieldDefinition, Header},
    diagnostics::{Code, Problem, Problems},
    model::{Catalog, Field, InteractionType},
};

/// Names of columns that the store or a database keeps for itself, beside all that end in `_key`.
const RESERVED: [&str; 14] = [
    "key",
    "known_since",
    "created_at",
    "visit",
    "ordinal",
    "id_generation",
    "rowid",
    "oid",
    "ctid",
    "tableoid",
    "xmin",
    "xmax",
    "cmin",
    "cmax",
];

/// Gathers standard and declared fields, interaction types and segments.
pub(super) fn compile(definitions: &Definitions, problems: &mut Problems) -> Catalog {
    let mut catalog = Catalog::standard();
    for of in &definitions.fields {
        for definition in &of.fields {
            let name = &definition.name;
            let is_standard = catalog.field(of.of.value, &name.value).is_some_and(|field| !field.declared);
            if !is_standard && is_reserved(&name.value) {
                let message = format!("`{}` is not a valid name: the store keeps it for itself", name.value);
                problems.push(
                    Problem::error(Code::InvalidName, name.span, message)
                        .hint(format!("Write `{}_value`, for instance.", name.value)),
                );
            } else if catalog.field(of.of.value, &name.value).is_none() {
                catalog.declare(of.of.value, field(definition));
                if let Some(was) = &definition.was {
                    catalog.renamed.push((of.of.value, was.value.clone(), name.value.clone()));
                }
            }
        }
    }
    for definition in &definitions.interactions {
        let name = definition.header.name.value.clone();
        if let Some(was) = &definition.header.was {
            catalog.renamed_interactions.push((was.value.clone(), name.clone()));
        }
        let attributes = definition.attributes.iter().map(field).collect();
        catalog.interactions.entry(name.clone()).or_insert(InteractionType {
            name,
            attributes,
            declared: true,
        });
    }
    for definition in &definitions.segments {
        catalog.segments.insert(definition.header.name.value.clone(), definition.target.value);
    }
    super::scoring::declare(definitions, &mut catalog);
    catalog.emails = definitions.emails.iter().flat_map(|email| names(&email.header)).collect();
    catalog.texts.extend(definitions.settings.texts.iter().map(|(name, _)| name.value.clone()));
    catalog.topics.extend(definitions.topics.iter().map(|topic| topic.header.name.value.clone()));
    catalog.renamed_topics.extend(definitions.topics.iter().filter_map(|topic| {
        Some((topic.header.was.as_ref()?.value.clone(), topic.header.name.value.clone()))
    }));
    catalog
}

/// The present and the former name.
fn names(header: &Header) -> impl Iterator<Item = String> {
    std::iter::once(&header.name).chain(&header.was).map(|name| name.value.clone())
}

fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || name.ends_with("_key")
}

fn field(definition: &FieldDefinition) -> Field {
    Field {
        name: definition.name.value.clone(),
        kind: definition.kind.clone(),
        aliases: Vec::new(),
        description: definition.description.as_ref().map(|text| text.value.clone()).unwrap_or_default(),
        declared: true,
    }
}
