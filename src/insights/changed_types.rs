//! Fields whose type the definitions changed while the store has values of the former one.

use crate::{
    compile::Plan,
    definitions::Definitions,
    diagnostics::{Code, Problem, Problems},
    store::{Store, StoreError},
};

/// Reports fields whose values don't fit the type now declared; others are converted when they are published.
///
/// # Errors
/// When the store fails.
pub fn report_changed_types(
    definitions: &Definitions,
    plan: &Plan,
    store: &mut Store,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    for change in store.type_changes(&plan.catalog)? {
        let of = definitions.fields.iter().filter(|fields| fields.of.value.name() == change.entity);
        let field = of.flat_map(|of| &of.fields).find(|field| field.name.value == change.field);
        if let Some(field) = field {
            let problem = Problem::error(Code::IncompatibleTypes, field.name.span, change.to_string());
            problems.push(problem.hint(change.hint()));
        }
    }
    Ok(())
}
