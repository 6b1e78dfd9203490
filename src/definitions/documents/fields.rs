//! `kind: fields`, and fields and attributes as both kinds write them.

use crate::definitions::{
    Located, Node, Reader,
    nodes::names,
    reading::{
        header,
        keys::{ATTRIBUTE, FIELD},
        kinds::Key,
    },
};
use crate::diagnostics::{Code, Problem, Problems, Text, did_you_mean};
use crate::model::{Entity, FieldType, standard_fields};

/// `kind: fields`.
#[derive(Debug, Clone)]
pub struct FieldsDefinition {
    /// Whose fields.
    pub of: Located<Entity>,
    /// The fields.
    pub fields: Vec<FieldDefinition>,
}

/// A declared field or attribute.
#[derive(Debug, Clone)]
pub struct FieldDefinition {
    /// Its name.
    pub name: Text,
    /// Its type.
    pub kind: FieldType,
    /// What it is for.
    pub description: Option<Text>,
    /// Its name before it was renamed.
    pub was: Option<Text>,
}

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
pub(in crate::definitions) fn read(mut reader: Reader<'_>) -> Option<FieldsDefinition> {
    let span = reader.span();
    let name = reader.text("name");
    header::without_former_name(&mut reader, span, name);
    let entities = Entity::ALL.map(|entity| (entity.name(), entity));
    let of: Option<Located<Entity>> = reader.required_choice("of", &entities);
    let fields = match reader.required_node("fields") {
        Some(_) => list(&mut reader, "fields", FIELD),
        None => Vec::new(),
    };
    reader.finish();
    let of = of?;
    Some(FieldsDefinition { of, fields })
}

/// The fields of an entity that can't be declared because they are there already, reported.
pub(in crate::definitions) fn report_standard(definition: &FieldsDefinition, problems: &mut Problems) {
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

/// Reads the attributes of an interaction.
pub(in crate::definitions) fn attributes(reader: &mut Reader<'_>) -> Vec<FieldDefinition> {
    list(reader, "attributes", ATTRIBUTE)
}

/// Reads a mapping of names to fields under a key; empty when the key isn't there.
fn list<'a>(reader: &mut Reader<'a>, key: &'a str, keys: &'static [Key]) -> Vec<FieldDefinition> {
    let Some((entries, _)) = reader.mapping(key) else { return Vec::new() };
    entries
        .iter()
        .filter_map(|(name, node)| {
            let is_name = names::check_field_name(name, reader.problems());
            let field = field(name, node, keys, reader).filter(|_| is_name);
            if field.is_none() {
                reader.problems().lose(&*name.value);
            }
            field
        })
        .collect()
}

fn field(name: &Text, node: &Node, keys: &'static [Key], outer: &mut Reader<'_>) -> Option<FieldDefinition> {
    if let crate::definitions::Content::Text(kind) = &node.content {
        let problem = Problem::error(
            Code::WrongType,
            node.span,
            format!("expected a mapping for `{}`, found text", name.value),
        );
        outer.problems().push(problem.hint(format!("Write `{{ type: {} }}`.", kind.value)));
        return None;
    }
    let is_field = std::ptr::eq(keys, FIELD);
    let described: &'static [&'static [Key]] = if is_field { &[FIELD] } else { &[ATTRIBUTE] };
    let mut reader = Reader::of(node, &name.value, outer.problems())?.described(described);
    let kind = kind(&mut reader);
    let description = reader.text("description");
    let was = if is_field { reader.text("was") } else { None };
    reader.finish();
    Some(FieldDefinition { name: name.clone(), kind: kind?, description, was })
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
            reader.missing("choices", "Write `choices: [first, second]`.".to_owned());
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
            let problem = Problem::error(Code::DuplicateName, text.span, message);
            reader.problems().push(problem.hint("Take one of them out."));
        } else {
            choices.push(text.value);
        }
    }
    Some(choices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::testing::{check, load_files};

    #[test]
    fn fields_of_every_type_are_read() {
        let text = "kind: fields\nof: account\nfields:\n  size: { type: choice, choices: [Big, 3] }\n  \
                    sales:\n    type: number\n    description: all of them\n  tags: { type: choices, choices: [a] }\n  \
                    partner: { type: account }\n";
        let (definitions, problems) = load_files(&[("tilework.yaml", ""), ("journeys/x.yaml", text)], None);
        assert!(problems.is_empty(), "{problems:?}");
        let fields = &definitions.fields[0];
        assert_eq!(fields.of.value, Entity::Account);
        let kinds: Vec<_> = fields.fields.iter().map(|field| field.kind.clone()).collect();
        assert_eq!(
            kinds,
            [
                FieldType::Choice(vec!["Big".into(), "3".into()]),
                FieldType::Number,
                FieldType::Choices(vec!["a".into()]),
                FieldType::Account,
            ]
        );
        assert_eq!(fields.fields[1].description.as_ref().unwrap().value, "all of them");
    }

    #[test]
    fn each_mistake_in_fields_has_its_place() {
        check(&[
            (
                "kind: fields\nfields: {}\n",
                &["missing-key 1:1 `fields` needs `of` | Write `of: contact`, `of: account` or `of: lead`."],
            ),
            ("kind: fields\nof: contact\n", &["missing-key 1:1 `fields` needs `fields`"]),
            (
                "kind: fields\nof: acount\nfields: {}\n",
                &[
                    "invalid-value 2:5 `acount` is not a value of `of`: expected `contact`, `account` or `lead` | Did you mean `account`?",
                ],
            ),
            (
                "kind: fields\nof: lead\nfields:\n  Size: { type: text }\n  until: { type: text }\n",
                &[
                    "invalid-name 4:3 `Size` is not a valid name: a field's name has small letters, digits and \
                     underscores, and starts with a letter | Write `size`, for instance.",
                    "invalid-name 5:3 `until` is not a valid name: it is a reserved word of expressions | Write \
                     `until_value`, for instance.",
                ],
            ),
            (
                "kind: fields\nof: lead\nfields:\n  a: { type: txt }\n  b: text\n  c: { type: choice }\n  d: { \
                 type: date, choices: [x] }\n  e: { type: choice, choices: [x, x] }\n  f: { typ: text }\n",
                &[
                    "invalid-value 4:14 there is no type `txt` | Did you mean `text`?",
                    "wrong-type 5:6 expected a mapping for `b`, found text | Write `{ type: text }`.",
                    "missing-key 6:6 `c` needs `choices` | Write `choices: [first, second]`.",
                    "invalid-value 7:14 a field of type `date` has no `choices` | Write `type: choice`, or leave out \
                     `choices`.",
                    "duplicate-name 8:35 the choice `x` stands here twice | Take one of them out.",
                    "unknown-key 9:8 unknown key `typ` in `f` | Did you mean `type`?",
                ],
            ),
            (
                "kind: fields\nof: contact\nfields:\n  emailaddress1: { type: text }\n  x: { type: text }\n---\nkind: \
                 fields\nof: contact\nfields: { x: { type: text } }\n",
                &[
                    "duplicate-name 4:3 `emailaddress1` is a standard field of contacts | Leave it out: \
                     `contact.email` is there already.",
                    "duplicate-name 9:11 the contact field `x` is declared already | Keep one of them.",
                ],
            ),
        ]);
    }
}
