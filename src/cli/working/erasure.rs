//! `tilework contact erase`.

use serde_json::json;

use crate::cli::{
    CliError, Exit, Output,
    arguments::args::Format,
    workspaces::workspace::{counted, one_contact},
};
use crate::{
    runtime::fresh_key,
    store::{Erased, Store},
};

/// Erases a contact, when that is confirmed; tells who it would be otherwise.
///
/// # Errors
/// When there is no such contact, or several have the address, or the store fails.
pub(in crate::cli) fn erase(
    asked: &str,
    forget: bool,
    yes: bool,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let id = one_contact(store, asked)?;
    let erased = match yes {
        true => {
            let fresh = fresh_key()
                .ok_or_else(|| CliError::usage("the machine gives no random numbers".to_owned()))?;
            match forget {
                true => store.forget_contact(&id, &fresh, now)?,
                false => store.erase_contact(&id, &fresh, now)?,
            }
        }
        false => None,
    };
    if output.format() == Format::Json {
        let told = erased.as_ref().map(|erased| {
            json!({
                "journeys_stopped": erased.stopped,
                "messages_dropped": erased.messages,
                "interactions": erased.interactions,
                "leads": erased.leads,
                "activities": erased.activities,
                "hash_kept": !forget,
            })
        });
        output.json(&json!({ "contact": id, "erased": told }))?;
        return Ok(Exit::Done);
    }
    let Some(erased) = erased else {
        output.text(&format!(
            "`{id}` would be erased, with all interactions, leads and activities; nothing brings them back. \
             With `--yes` it is done."
        ))?;
        return Ok(Exit::Done);
    };
    output.text(&told(&id, &erased))?;
    output.text(if forget {
        "No hash of the id is kept: an import that has it brings the contact in again. What was refused for the address stays, under a keyed hash."
    } else {
        "Keyed hashes of the id and the address are kept, by which imports skip the contact from now on."
    })?;
    output.text(
        "What lies outside of the store isn't touched: mails and messages that were written, imported files, \
         lists of members in git, copies of the store.",
    )?;
    Ok(Exit::Done)
}

fn told(id: &str, erased: &Erased) -> String {
    let number = |count: u64, noun: &str| counted(usize::try_from(count).unwrap_or(usize::MAX), noun);
    let activities = match erased.activities {
        1 => "1 activity".to_owned(),
        many => format!("{many} activities"),
    };
    format!(
        "`{id}` is erased: stopped in {}, {} dropped; {}, {} and {activities} deleted",
        number(erased.stopped, "journey"),
        number(erased.messages, "message"),
        number(erased.interactions, "interaction"),
        number(erased.leads, "lead"),
    )
}
