//! Names that were given up, and what is said to be gone.

use crate::{
    definitions::{Definitions, Header, StepDefinition},
    diagnostics::{Code, Problem, Problems, Text},
    model::{Catalog, Entity, built_in_interactions, standard_fields},
};

/// Checks that nothing bears a name that something else had before, and that what `removed:` says is gone
/// is.
pub(super) fn check(definitions: &Definitions, catalog: &Catalog, problems: &mut Problems) {
    let headers: [Vec<&Header>; 8] = [
        definitions.journeys.iter().map(|journey| &journey.header).collect(),
        definitions.segments.iter().map(|segment| &segment.header).collect(),
        definitions.emails.iter().map(|email| &email.header).collect(),
        definitions.interactions.iter().map(|interaction| &interaction.header).collect(),
        definitions.topics.iter().map(|topic| &topic.header).collect(),
        definitions.scoring_models.iter().map(|model| &model.header).collect(),
        definitions.levels.iter().map(|levels| &levels.header).collect(),
        definitions.workflows.iter().map(|workflow| &workflow.header).collect(),
    ];
    for headers in headers {
        let names: Vec<_> = headers.iter().map(|header| (&header.name, header.was.as_ref())).collect();
        taken(&names, BORNE, problems);
        claimed_twice(&names, problems);
    }
    for definition in &definitions.interactions {
        let Some(was) = &definition.header.was else { continue };
        if built_in_interactions().iter().any(|built_in| built_in.name == was.value) {
            let message = format!("`{}` is a built-in interaction type", was.value);
            problems.push(
                Problem::error(Code::DuplicateName, was.span, message)
                    .hint("Built-in types keep their names; take `was:` out."),
            );
        }
    }
    for journey in &definitions.journeys {
        let steps = super::flow::all_steps(journey);
        let names: Vec<_> =
            steps.iter().map(|step: &&StepDefinition| (&step.id, step.was.as_ref())).collect();
        taken(&names, BORNE, problems);
    }
    fields(definitions, problems);
    for name in &definitions.settings.removed.journeys {
        let there = definitions.journeys.iter().find(|journey| journey.header.name.value == name.value);
        if let Some(journey) = there {
            problems.push(
                Problem::error(
                    Code::InvalidValue,
                    name.span,
                    format!("the journey `{}` isn't removed", name.value),
                )
                .related(journey.header.name.span, "it is defined here")
                .hint("Take it out of `removed:`, or delete its definition."),
            );
        }
    }
    for (entity, name) in &definitions.settings.removed.fields {
        if catalog.field(entity.value, &name.value).is_some() {
            let message = format!("the field `{}.{}` isn't removed", entity.value.name(), name.value);
            problems.push(
                Problem::error(Code::InvalidValue, name.span, message)
                    .hint("Take it out of `removed:`, or delete its declaration."),
            );
        }
    }
}

/// Fields keep their values under a new name; a name that stands for something else can't be a former one.
fn fields(definitions: &Definitions, problems: &mut Problems) {
    for entity in Entity::ALL {
        let of = definitions.fields.iter().filter(|fields| fields.of.value == entity);
        let names: Vec<_> =
            of.flat_map(|of| &of.fields).map(|field| (&field.name, field.was.as_ref())).collect();
        for (name, was) in &names {
            let Some(was) = was else { continue };
            if standard_fields(entity).iter().any(|field| field.answers_to(&was.value)) {
                let message = format!("`{}` is a standard field of {}", was.value, entity.plural());
                problems.push(
                    Problem::error(Code::DuplicateName, was.span, message)
                        .hint("Standard fields keep their names; take `was:` out."),
                );
            } else if names.iter().any(|(other, earlier)| {
                other.span != name.span && earlier.is_some_and(|earlier| earlier.value == was.value)
            }) {
                let message = format!("two fields say that they were `{}`", was.value);
                problems.push(
                    Problem::error(Code::DuplicateName, was.span, message)
                        .hint("Only one can have its values; take `was:` out of the other."),
                );
                break;
            }
        }
        let hint = "Choose another name, or publish the rename first and take `was:` out.";
        taken(&names, hint, problems);
    }
}

/// Reports definitions of a kind that say that they had the same name.
fn claimed_twice(names: &[(&Text, Option<&Text>)], problems: &mut Problems) {
    for (at, (_, was)) in names.iter().enumerate() {
        let Some(was) = was else { continue };
        let earlier =
            names[..at].iter().find_map(|(_, earlier)| earlier.filter(|text| text.value == was.value));
        if let Some(earlier) = earlier {
            let message = format!("two definitions say that they were `{}`", was.value);
            problems.push(
                Problem::error(Code::DuplicateName, was.span, message)
                    .related(earlier.span, "the other one")
                    .hint("Only one can have what belongs to it; take `was:` out of the other."),
            );
        }
    }
}

/// Why a name isn't given to another, in what goes by names.
const BORNE: &str = "Choose another name: what the former one did and sent bears this one.";

fn taken(names: &[(&Text, Option<&Text>)], hint: &str, problems: &mut Problems) {
    for (owner, was) in names {
        let Some(was) = was else { continue };
        let other = names.iter().find(|(name, _)| name.value == was.value && name.span != owner.span);
        if let Some((name, _)) = other {
            let message = format!("`{}` was the name of `{}`", was.value, owner.value);
            problems.push(
                Problem::error(Code::DuplicateName, name.span, message)
                    .related(was.span, "it says so here")
                    .hint(hint),
            );
        }
    }
}
