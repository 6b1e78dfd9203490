//! `kind: interaction`.

use super::fields;
use crate::definitions::{
    FieldDefinition, Header, Reader,
    nodes::names,
    reading::{condition, header},
};
use crate::diagnostics::{Code, Problem};
use crate::model::{built_in_interactions, common_attributes};

/// `kind: interaction`.
#[derive(Debug, Clone)]
pub struct InteractionDefinition {
    /// Name and the rest.
    pub header: Header,
    /// Its attributes.
    pub attributes: Vec<FieldDefinition>,
}

/// Reads `kind: interaction`.
pub(in crate::definitions) fn read(mut reader: Reader<'_>) -> Option<InteractionDefinition> {
    let span = reader.span();
    let name = reader.required_text("name");
    if let Some(name) = &name {
        names::check_interaction_name(name, reader.problems());
        if built_in_interactions().iter().any(|known| known.name == name.value) {
            let message = format!("`{}` is a built-in interaction type", name.value);
            let problem = Problem::error(Code::DuplicateName, name.span, message);
            reader.problems().push(problem.hint("Leave it out, or choose another name."));
        }
    }
    let header = header::with_name(&mut reader, span, name);
    let attributes = fields::attributes(&mut reader);
    for attribute in &attributes {
        if common_attributes().iter().any(|known| known.name == attribute.name.value) {
            let message = format!("every interaction has the attribute `{}`", attribute.name.value);
            let problem = Problem::error(Code::DuplicateName, attribute.name.span, message);
            reader.problems().push(problem.hint("Leave it out, or choose another name."));
        } else if condition::is_key_of_did(&attribute.name.value) {
            let message = format!("`{}` is not a valid name: it is a key of `did`", attribute.name.value);
            let problem = Problem::error(Code::InvalidName, attribute.name.span, message);
            reader
                .problems()
                .push(problem.hint(format!("Write `{}_value`, for instance.", attribute.name.value)));
        }
    }
    reader.finish();
    Some(InteractionDefinition { header: header?, attributes })
}

#[cfg(test)]
mod tests {
    use crate::definitions::testing::check;

    #[test]
    fn each_mistake_in_an_interaction_type_has_its_place() {
        check(&[
            ("kind: interaction\nname: OrderPlaced\nattributes:\n  amount: { type: number }\n", &[]),
            ("kind: interaction\nname: OrderPlaced\n", &[]),
            ("kind: interaction\n", &["missing-key 1:1 `interaction` needs `name`"]),
            (
                "kind: interaction\nname: order_placed\n",
                &[
                    "invalid-name 2:7 `order_placed` is not a valid name: interaction types are written in CamelCase \
                   | Write `OrderPlaced`, for instance.",
                ],
            ),
            (
                "kind: interaction\nname: EmailSent\n",
                &[
                    "duplicate-name 2:7 `EmailSent` is a built-in interaction type | Leave it out, or choose another \
                   name.",
                ],
            ),
            (
                "kind: interaction\nname: A\nattributes: { at: { type: date } }\n---\nkind: interaction\nname: A\n",
                &[
                    "duplicate-name 3:15 every interaction has the attribute `at` | Leave it out, or choose another \
                     name.",
                    "duplicate-name 6:7 the type of interaction `A` is defined already | Give one of them another name.",
                ],
            ),
        ]);
    }
}
