//! What the definitions of segments name and the store doesn't have.

use crate::{
    compile::{Members, Plan},
    definitions::{Definitions, SegmentDefinition, SegmentMembers},
    diagnostics::{Code, Problem, Problems, Span},
    model::{Comparison, Entity, FieldType, Operand, Part, Predicate, TextTest, Value},
    store::{KnownValues, Store, StoreError},
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
                for asked in values {
                    let known_values =
                        store.known_values(asked.entity, &asked.field, asked.part, &asked.text)?;
                    let span = place(definition, written, &asked.text);
                    problems_of_value(&asked, &known_values, span, problems);
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

/// A text that a field is compared with.
struct Asked {
    entity: Entity,
    field: String,
    text: String,
    /// Which part of the field it has to be; the whole of it when there is none.
    part: Option<TextTest>,
}

fn problems_of_value(asked: &Asked, known_values: &KnownValues, span: Span, problems: &mut Problems) {
    let Asked { entity, field, text, part } = asked;
    let name = entity.name();
    let (has, function) = match part {
        None => (format!("has \"{text}\" in `{field}`"), "same"),
        Some(TextTest::Contains) => {
            (format!("has a `{field}` that contains \"{text}\""), "contains_ignoring_case")
        }
        Some(TextTest::StartsWith) => {
            (format!("has a `{field}` that starts with \"{text}\""), "starts_with_ignoring_case")
        }
        Some(TextTest::EndsWith) => {
            (format!("has a `{field}` that ends with \"{text}\""), "ends_with_ignoring_case")
        }
    };
    match known_values {
        KnownValues::Found | KnownValues::Unknown => {}
        KnownValues::Otherwise(other) => {
            let message = format!("no {name} {has}, but one has \"{other}\"");
            let problem = Problem::warning(Code::ValueNotFound, span, message);
            problems.push(problem.hint(match part {
                None => format!(
                    "Write \"{other}\", or `same({name}.{field}, \"{text}\")` to ignore case and surrounding space."
                ),
                Some(_) => format!("Write `{function}({name}.{field}, \"{text}\")` to ignore case."),
            }));
        }
        KnownValues::Missing => {
            let message = format!("no {name} {has}");
            problems.push(Problem::warning(Code::ValueNotFound, span, message));
        }
    }
}

/// The texts that fields of records are compared with for equality, or that have to be a part of them.
fn values_of(part: Part<'_>) -> Vec<Asked> {
    let field = |operand: &Operand| match operand {
        Operand::Field { subject, name, kind: FieldType::Text } => {
            subject.entity().map(|entity| (entity, name.clone()))
        }
        Operand::Followed { to, name, kind: FieldType::Text, .. } => Some((*to, name.clone())),
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
            let found = field(left).zip(text(value));
            found
                .map(|((entity, field), text)| Asked { entity, field, text, part: None })
                .into_iter()
                .collect()
        }
        Part::Predicate(Predicate::OneOf { operand, values }) => {
            let Some((entity, name)) = field(operand) else { return Vec::new() };
            let texts = values.iter().filter_map(text);
            texts.map(|text| Asked { entity, field: name.clone(), text, part: None }).collect()
        }
        Part::Predicate(Predicate::TextTest { operand, test, needle: Operand::Literal(value) }) => {
            let found = field(operand).zip(text(value));
            found
                .map(|((entity, field), text)| Asked { entity, field, text, part: Some(*test) })
                .into_iter()
                .collect()
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
