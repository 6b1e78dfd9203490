//! `kind: fields`, and fields and attributes as both kinds write them.

use super::{FieldDefinition, FieldsDefinition, Located, Node, Reader, header, names};
use crate::diagnostics::{Code, Problem, Problems, Text, did_you_mean};
use crate::model::{Entity, FieldType, standard_fields};

const TYPES: [(&str, Plain); 10] = [
    ("text", Plain::Is(FieldType::Text)),
    ("integer", Plain::Is(FieldType::Integer)),
    ("number", Plain::Is(FieldType::Number)),
    ("boolean", Plain::Is(FieldType::Boolean)),
    ("date", Plain::Is(FieldType::Date)),
    ("datetime", Plain::Is(FieldType::DateTime)),
    ("choice", Plain::Choice),
    ("choices", Plain::Choices),
    ("account", Plain::Is(FieldType::Account)),
    ("contact", Plain::Is(FieldType::Contact)),
];

/// A type before its choices are known.
#[derive(Clone)]
enum Plain {
    Is(FieldType),
    Choice,
    Choices,
}

/// Reads `kind: fields`.
pub(super) fn read(mut reader: Reader<'_>) -> Option<FieldsDefinition> {
    let span = reader.span();
    let name = reader.text("name");
    header::with_name(&mut reader, span, name);
    let entities = Entity::ALL.map(|entity| (entity.name(), entity));
    let of: Option<Located<Entity>> = reader.required_choice("of", &entities);
    let fields = match reader.required_node("fields") {
        Some(_) => list(&mut reader, "fields"),
        None => Vec::new(),
    };
    reader.finish();
    let of = of?;
    Some(FieldsDefinition { of, fields })
}

/// The fields of an entity that can't be declared because they are there already, reported.
pub(super) fn report_standard(definition: &FieldsDefinition, problems: &mut Problems) {
    let entity = definition.of.value;
    let standard = standard_fields(entity);
    for field in &definition.fields {
        if let Some(known) = standard.iter().find(|known| known.answers_to(&field.name.value)) {
            let message = format!("`{}` is a standard field of {}", field.name.value, entity.plural());
            let hint = format!("Leave it out: `{}.{}` is there already.", entity.name(), known.name);
            problems.push(Problem::error(Code::DuplicateName, field.name.span, message).hint(hint));
        }
    }
}

/// Reads a mapping of names to fields under a key; empty when the key isn't there.
pub(super) fn list<'a>(reader: &mut Reader<'a>, key: &'a str) -> Vec<FieldDefinition> {
    let Some((entries, _)) = reader.mapping(key) else { return Vec::new() };
    entries
        .iter()
        .filter_map(|(name, node)| {
            let is_name = names::check_field_name(name, reader.problems());
            let field = field(name, node, reader)?;
            is_name.then_some(field)
        })
        .collect()
}

fn field(name: &Text, node: &Node, outer: &mut Reader<'_>) -> Option<FieldDefinition> {
    if let super::Content::Text(kind) = &node.content {
        let problem = Problem::error(
            Code::WrongType,
            node.span,
            format!("expected a mapping for `{}`, found text", name.value),
        );
        outer.problems().push(problem.hint(format!("Write `{{ type: {} }}`.", kind.value)));
        return None;
    }
    let mut reader = Reader::of(node, &name.value, outer.problems())?;
    let kind = kind(&mut reader);
    let description = reader.text("description");
    reader.finish();
    Some(FieldDefinition { name: name.clone(), kind: kind?, description })
}

fn kind(reader: &mut Reader<'_>) -> Option<FieldType> {
    let text = reader.required_text("type");
    let choices = choices(reader);
    let text = text?;
    let Some((_, plain)) = TYPES.iter().find(|(word, _)| *word == text.value) else {
        let words = TYPES.iter().map(|(word, _)| *word);
        let problem =
            Problem::error(Code::InvalidValue, text.span, format!("there is no type `{}`", text.value));
        reader.problems().push(problem.hint_if(did_you_mean(&text.value, words)));
        return None;
    };
    match (plain, choices) {
        (Plain::Is(kind), None) => Some(kind.clone()),
        (Plain::Is(kind), Some(_)) => {
            let message = format!("a field of type `{kind}` has no `choices`");
            let problem = Problem::error(Code::InvalidValue, text.span, message);
            reader.problems().push(problem.hint("Write `type: choice`, or leave out `choices`."));
            Some(kind.clone())
        }
        (_, None) => {
            reader.missing("choices");
            None
        }
        (Plain::Choice, Some(choices)) => Some(FieldType::Choice(choices)),
        (Plain::Choices, Some(choices)) => Some(FieldType::Choices(choices)),
    }
}

fn choices(reader: &mut Reader<'_>) -> Option<Vec<String>> {
    reader.node("choices")?;
    let texts = reader.list_of_text("choices");
    let mut choices: Vec<String> = Vec::with_capacity(texts.len());
    for text in texts {
        if choices.contains(&text.value) {
            let message = format!("the choice `{}` stands here twice", text.value);
            reader.problems().push(Problem::error(Code::DuplicateName, text.span, message));
        } else {
            choices.push(text.value);
        }
    }
    Some(choices)
}
