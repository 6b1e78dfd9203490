//! What the definitions of segments name and the store doesn't have.

use crate::{
    compile::{Members, Plan},
    definitions::{Definitions, SegmentDefinition, SegmentMembers},
    diagnostics::{Code, Problem, Problems, Span},
    model::{Comparison, Entity, FieldType, Operand, Part, Predicate, Subject, Value},
    store::{Presence, Store, StoreError},
};

/// More unknown members of one segment than these are only counted.
const SHOWN: usize = 3;

/// Warns of text values that no record has, and of members that don't exist.
///
/// # Errors
/// When the store fails.
pub fn warn_of_what_is_not_there(
    definitions: &Definitions,
    plan: &Plan,
    store: &mut Store,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    for definition in &definitions.segments {
        let Some(segment) = plan.segment(&definition.header.name.value) else { continue };
        match (&definition.members, &segment.members) {
            (SegmentMembers::Where(_), Members::Where(condition)) => {
                let written = definitions.written(&definition.header);
                let mut values = Vec::new();
                Part::Predicate(&condition.predicate).each(&mut |part| values.extend(values_of(part)));
                for (entity, field, text) in values {
                    let presence = store.presence(entity, &field, &text)?;
                    let span = place(definition, written, &text);
                    problems_of_value(entity, &field, &text, &presence, span, problems);
                }
            }
            (_, Members::Static(ids)) if store.count_records(segment.target)? > 0 => {
                let unknown = store.unknown_ids(segment.target, ids)?;
                for id in unknown.iter().take(SHOWN) {
                    let message = format!("there is no {} with the id `{id}`", segment.target.name());
                    let span = match &definition.members {
                        SegmentMembers::Static(ids) => {
                            ids.iter().find(|listed| listed.value == *id).map(|listed| listed.span)
                        }
                        _ => None,
                    };
                    let span = span.unwrap_or(definition.header.name.span);
                    let more = unknown.len().saturating_sub(SHOWN);
                    let mut problem = Problem::warning(Code::MemberNotFound, span, message);
                    if more > 0 {
                        problem = problem.hint(format!("{more} more ids of this segment are unknown."));
                    }
                    problems.push(problem);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn problems_of_value(
    entity: Entity,
    field: &str,
    text: &str,
    presence: &Presence,
    span: Span,
    problems: &mut Problems,
) {
    let name = entity.name();
    match presence {
        Presence::Found | Presence::Unknown => {}
        Presence::Otherwise(other) => {
            let message = format!("no {name} has \"{text}\" in `{field}`, but one has \"{other}\"");
            let problem = Problem::warning(Code::ValueNotFound, span, message);
            problems.push(problem.hint(format!(
                "Write \"{other}\", or `same({name}.{field}, \"{text}\")` to ignore case and surrounding space."
            )));
        }
        Presence::Missing => {
            let message = format!("no {name} has \"{text}\" in `{field}`");
            problems.push(Problem::warning(Code::ValueNotFound, span, message));
        }
    }
}

/// The texts that fields of records are compared with for equality.
fn values_of(part: Part<'_>) -> Vec<(Entity, String, String)> {
    let field = |operand: &Operand| match operand {
        Operand::Field { subject, name, kind: FieldType::Text } => {
            let entity = match subject {
                Subject::Contact | Subject::PrimaryContact => Entity::Contact,
                Subject::Account => Entity::Account,
                Subject::Lead => Entity::Lead,
                Subject::Interaction | Subject::Activity => return None,
            };
            Some((entity, name.clone()))
        }
        _ => None,
    };
    let text = |value: &Value| match value {
        Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    };
    match part {
        Part::Predicate(Predicate::Compare {
            left,
            operator: Comparison::Equal | Comparison::NotEqual,
            right: Operand::Literal(value),
        }) => {
            let found = field(left).zip(text(value)).map(|((entity, name), text)| (entity, name, text));
            found.into_iter().collect()
        }
        Part::Predicate(Predicate::OneOf { operand, values }) => {
            let Some((entity, name)) = field(operand) else { return Vec::new() };
            values.iter().filter_map(text).map(|text| (entity, name.clone(), text)).collect()
        }
        _ => Vec::new(),
    }
}

/// Where a text stands in a definition; where it doesn't, the definition's name.
fn place(definition: &SegmentDefinition, written: &str, text: &str) -> Span {
    let header = &definition.header;
    match written.find(&format!("\"{text}\"")).map(|at| at + 1) {
        Some(at) => {
            let start = header.span.start + at;
            Span::new(header.span.file, start, start + text.len())
        }
        None => header.name.span,
    }
}
