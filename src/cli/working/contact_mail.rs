//! `tilework contact unsubscribe` and `contact unsuppress`.

use serde_json::json;

use crate::cli::{CliError, Exit, Output, arguments::args::Format};
use crate::{
    diagnostics::did_you_mean,
    interactions::unsubscribe as record,
    model::{Catalog, folded_address},
    store::Store,
};

fn address(text: &str) -> Result<String, CliError> {
    folded_address(text).ok_or_else(|| {
        CliError::usage(format!("`{text}` is not an e-mail address"))
            .hint("Write an address such as `ada@acme.example`.".to_owned())
    })
}

/// Records that somebody doesn't want mail any more, of a topic or at all.
///
/// # Errors
/// When the address isn't one, there is no such topic, or the store fails.
pub(in crate::cli) fn unsubscribe(
    asked: &str,
    topic: Option<&str>,
    reason: &str,
    catalog: &Catalog,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let address = address(asked)?;
    if let Some(topic) = topic.filter(|topic| !catalog.topics.contains(*topic)) {
        let hint = did_you_mean(topic, catalog.topics.iter().map(String::as_str));
        let hint = hint.unwrap_or_else(|| "Leave `--topic` out to end all commercial mail.".to_owned());
        return Err(CliError::usage(format!("there is no topic `{topic}`")).hint(hint));
    }
    let contacts = record(store, &address, topic, reason, now)?;
    if output.format() == Format::Json {
        output.json(&json!({ "address": address, "topic": topic, "contacts": contacts }))?;
        return Ok(Exit::Done);
    }
    let what = topic.map_or("all commercial mail".to_owned(), |topic| format!("`{topic}`"));
    let whose = match contacts.as_slice() {
        [] => "no contact has the address; it is kept for whoever gets it".to_owned(),
        contacts => format!("it is recorded of {}", contacts.join(", ")),
    };
    output.text(&format!("{address} is unsubscribed from {what}: {whose}"))?;
    Ok(Exit::Done)
}

/// Lets mail go to an address again that bounced, complained, or was suppressed by a file.
///
/// # Errors
/// When the address isn't one, or the store fails.
pub(in crate::cli) fn unsuppress(
    asked: &str,
    store: &mut Store,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let address = address(asked)?;
    let reasons = store.unsuppress_address(&address)?;
    if output.format() == Format::Json {
        output.json(&json!({ "address": address, "reasons": reasons }))?;
        return Ok(Exit::Done);
    }
    output.text(&match reasons.is_empty() {
        true => format!("{address} wasn't suppressed"),
        false => format!("{address} isn't suppressed any more; it was for: {}", reasons.join(", ")),
    })?;
    Ok(Exit::Done)
}
