//! `tilework activity`: what is to be done, as journeys made it.

use serde_json::json;

use crate::cli::{
    CliError, Exit, Output,
    arguments::args::ActivityCommand,
    face::cells::{moment, optional},
};
use crate::{compile::Plan, store::Store};

/// Carries out `activity list`.
///
/// # Errors
/// When the store fails.
pub fn activity(
    command: &ActivityCommand,
    plan: &Plan,
    store: &mut Store,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let ActivityCommand::List(which) = command;
    let filter = which.filter(&plan.settings.zone)?;
    let mut table = output.rows(&[
        ("id", "ACTIVITY"),
        ("type", "TYPE"),
        ("subject", "SUBJECT"),
        ("description", "DESCRIPTION"),
        ("contact_id", "CONTACT"),
        ("account_id", "ACCOUNT"),
        ("owner", "OWNER"),
        ("due_at", "DUE"),
        ("journey", "JOURNEY"),
        ("step", "STEP"),
        ("created_at", "CREATED"),
    ]);
    store.activities(&filter, &mut |activity| {
        table.push(vec![
            json!(activity.id),
            json!(activity.kind),
            json!(activity.subject),
            optional(activity.description),
            optional(activity.contact_id),
            optional(activity.account_id),
            optional(activity.owner),
            moment(activity.due_at),
            optional(activity.journey),
            optional(activity.step),
            moment(Some(activity.created_at)),
        ]);
        Ok(())
    })?;
    let nothing =
        if filter.is_empty() { "There are no activities yet." } else { "There is no such activity." };
    table.end(nothing)?;
    Ok(Exit::Done)
}
