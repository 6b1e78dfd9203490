//! The names that definitions may use.

use crate::{
    definitions::{Definitions, FieldDefinition},
    diagnostics::{Code, Problem, Problems},
    model::{Catalog, Field, InteractionType},
};

/// Names of columns that the store keeps for itself.
const RESERVED: [&str; 4] = ["key", "account_key", "contact_key", "created_at"];

/// Gathers standard and declared fields, interaction types and segments.
pub(super) fn compile(definitions: &Definitions, problems: &mut Problems) -> Catalog {
    let mut catalog = Catalog::standard();
    for of in &definitions.fields {
        for definition in &of.fields {
            let name = &definition.name;
            if RESERVED.contains(&name.value.as_str()) {
                problems.push(
                    Problem::error(
                        Code::InvalidName,
                        name.span,
                        format!("the field name `{}` is reserved", name.value),
                    )
                    .hint("Choose another name."),
                );
            } else if catalog.field(of.of.value, &name.value).is_none() {
                catalog.declare(of.of.value, field(definition));
            }
        }
    }
    for definition in &definitions.interactions {
        let name = definition.header.name.value.clone();
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
    catalog
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
