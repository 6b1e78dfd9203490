//! `tilework activity`: a list of what journeys made.

use serde_json::json;

use super::{
    CliError, Exit, Output, Table,
    args::ActivityCommand,
    cells::{moment, optional},
};
use crate::store::Store;

/// Carries out `activity list`.
///
/// # Errors
/// When the store fails.
pub fn activity(command: &ActivityCommand, store: &mut Store, output: &mut Output) -> Result<Exit, CliError> {
    let ActivityCommand::List = command;
    let mut table = Table::new(&[
        ("id", "ACTIVITY"),
        ("type", "TYPE"),
        ("subject", "SUBJECT"),
        ("contact_id", "CONTACT"),
        ("account_id", "ACCOUNT"),
        ("owner", "OWNER"),
        ("due_at", "DUE"),
        ("journey", "JOURNEY"),
        ("step", "STEP"),
        ("created_at", "CREATED"),
    ]);
    store.activities(&mut |activity| {
        table.push(vec![
            json!(activity.id),
            json!(activity.kind),
            json!(activity.subject),
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
    output.table(&table, "There are no activities yet.")?;
    Ok(Exit::Done)
}
