//! `tilework activity` and `outbox`: lists of what journeys made.

use serde_json::json;

use super::{
    CliError, Exit, Output, Table,
    args::{ActivityCommand, OutboxCommand},
    cells::{moment, optional},
};
use crate::{
    diagnostics::did_you_mean,
    store::{OutboxState, Store},
};

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

/// Carries out `outbox list`.
///
/// # Errors
/// When there is no such state, or the store fails.
pub fn outbox(command: &OutboxCommand, store: &mut Store, output: &mut Output) -> Result<Exit, CliError> {
    let OutboxCommand::List { state } = command;
    let state = match state {
        None => None,
        Some(name) => Some(OutboxState::named(name).ok_or_else(|| {
            let names = OutboxState::ALL.iter().map(|(_, _, name)| *name);
            CliError::usage(format!("a message has no state `{name}`")).hint(did_you_mean(name, names))
        })?),
    };
    let mut table = Table::new(&[
        ("key", "MESSAGE"),
        ("channel", "CHANNEL"),
        ("state", "STATE"),
        ("reason", "REASON"),
        ("contact_id", "CONTACT"),
        ("account_id", "ACCOUNT"),
        ("journey", "JOURNEY"),
        ("step", "STEP"),
        ("created_at", "CREATED"),
    ]);
    store.messages(state, &mut |message| {
        table.push(vec![
            json!(message.key),
            json!(message.channel),
            json!(message.state.name()),
            optional(message.reason),
            json!(message.contact_id),
            optional(message.account_id),
            json!(message.journey),
            json!(message.step),
            moment(Some(message.created_at)),
        ]);
        Ok(())
    })?;
    let nothing = match state {
        None => "The outbox is empty.".to_owned(),
        Some(state) => format!("The outbox holds no message that is {}.", state.name()),
    };
    output.table(&table, &nothing)?;
    Ok(Exit::Done)
}
