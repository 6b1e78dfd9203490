//! `kind: interaction`.

use super::{InteractionDefinition, Reader, fields, header, names};
use crate::diagnostics::{Code, Problem};
use crate::model::{built_in_interactions, common_attributes};

/// Reads `kind: interaction`.
pub(super) fn read(mut reader: Reader<'_>) -> Option<InteractionDefinition> {
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
    let attributes = fields::list(&mut reader, "attributes");
    for attribute in &attributes {
        if common_attributes().iter().any(|known| known.name == attribute.name.value) {
            let message = format!("every interaction has the attribute `{}`", attribute.name.value);
            let problem = Problem::error(Code::DuplicateName, attribute.name.span, message);
            reader.problems().push(problem.hint("Leave it out, or choose another name."));
        }
    }
    reader.finish();
    Some(InteractionDefinition { header: header?, attributes })
}
