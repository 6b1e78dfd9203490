//! The names that a workspace has.

use std::collections::BTreeMap;

use crate::{
    definitions::{Definitions, Referred},
    model::{Entity, Field, FieldType, InteractionType, built_in_interactions, standard_fields},
    tiles::{TILES, TileDescription},
};

/// The names that a workspace has, with what each of them takes.
#[derive(Debug, Clone)]
pub struct Names {
    /// Fields by whose they are, standard ones first.
    pub fields: BTreeMap<Entity, Vec<Field>>,
    /// Types of interactions, built-in ones first.
    pub interactions: Vec<InteractionType>,
    /// Tiles, built-in ones first.
    pub tiles: Vec<TileDescription>,
    /// The names that something of its kind may be referred to by.
    pub defined: BTreeMap<Referred, Vec<String>>,
}

impl Names {
    /// The names of every workspace.
    #[must_use]
    pub fn standard() -> Names {
        Names::of(&Definitions::default())
    }

    /// The names of a workspace. It doesn't matter whether its definitions have mistakes.
    #[must_use]
    pub fn of(definitions: &Definitions) -> Names {
        let mut fields: BTreeMap<Entity, Vec<Field>> =
            Entity::ALL.into_iter().map(|entity| (entity, standard_fields(entity))).collect();
        let declared = |name: &str, kind: &FieldType, description: Option<String>| Field {
            name: name.to_owned(),
            kind: kind.clone(),
            aliases: Vec::new(),
            description: description.unwrap_or_default(),
            declared: true,
        };
        for of in &definitions.fields {
            fields.entry(of.of.value).or_default().extend(of.fields.iter().map(|field| {
                let description = field.description.as_ref().map(|text| text.value.clone());
                declared(&field.name.value, &field.kind, description)
            }));
        }
        let mut interactions = built_in_interactions();
        interactions.extend(definitions.interactions.iter().map(|definition| {
            InteractionType {
                name: definition.header.name.value.clone(),
                attributes: definition
                    .attributes
                    .iter()
                    .map(|field| {
                        let description = field.description.as_ref().map(|text| text.value.clone());
                        declared(&field.name.value, &field.kind, description)
                    })
                    .collect(),
                declared: true,
            }
        }));
        let custom = definitions.plugins.iter().map(TileDescription::from);
        let tiles: Vec<TileDescription> =
            TILES.into_iter().map(|kind| kind.spec().describe()).chain(custom).collect();
        let sorted = |names: Vec<&str>| {
            let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            names.sort();
            names.dedup();
            names
        };
        let Definitions { segments, emails, topics, workflows, scoring_models, .. } = definitions;
        let defined = BTreeMap::from([
            (Referred::Segment, sorted(segments.iter().map(|one| one.header.name.value.as_str()).collect())),
            (Referred::Email, sorted(emails.iter().map(|one| one.header.name.value.as_str()).collect())),
            (
                Referred::Workflow,
                sorted(workflows.iter().map(|one| one.header.name.value.as_str()).collect()),
            ),
            (Referred::Topic, sorted(topics.iter().map(|one| one.header.name.value.as_str()).collect())),
            (Referred::Interaction, sorted(interactions.iter().map(|kind| kind.name.as_str()).collect())),
            (
                Referred::Model,
                sorted(scoring_models.iter().map(|one| one.header.name.value.as_str()).collect()),
            ),
            (Referred::Tile, tiles.iter().map(|tile| tile.name.clone()).collect()),
        ]);
        Names { fields, interactions, tiles, defined }
    }

    /// The fields that an expression may name: `contact.email, …`.
    pub(super) fn dotted(&self, entity: Entity) -> String {
        let fields = self.fields.get(&entity).into_iter().flatten();
        fields.map(|field| format!("{entity}.{}", field.name)).collect::<Vec<_>>().join(", ")
    }
}
