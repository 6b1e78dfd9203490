//! What would leave for a message, without handing it over.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    body::{self, Shown},
    target::{self, Target},
};
use crate::{
    channels::values::fields,
    compile::Plan,
    model::{Field, Value},
    store::DueMessage,
    tiles::WORKFLOW,
};

/// What would leave for a message, with secrets hidden.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// Where it goes: a method and a host, or a folder.
    pub to: String,
    /// The names of the headers of its definition.
    pub headers: Vec<String>,
    /// The JSON.
    pub body: Json,
}

/// The fields that a preview needs.
#[must_use]
pub fn preview_fields(plan: &Plan) -> (Vec<Field>, Vec<Field>) {
    let (contact, account) = target::shown_fields(plan);
    fields(plan, contact, account)
}

/// Makes what would leave for a message of a channel other than that for mails, without handing it over.
///
/// # Errors
/// Why nothing would leave.
pub fn preview(
    plan: &Plan,
    channel: &str,
    message: &DueMessage,
    contact: &BTreeMap<String, Value>,
    account: &BTreeMap<String, Value>,
) -> Result<Preview, String> {
    let target = target::target(plan, channel)?;
    let shown = Shown { contact, account };
    let body = body::body(plan, target.body(), message, channel.strip_prefix(WORKFLOW), &shown)?;
    let secrets = &plan.secrets;
    Ok(match target {
        Target::Http(http) => Preview {
            to: secrets.hide(&format!("{} {}", http.method.name(), http.address.place())),
            headers: http.headers.iter().map(|(name, _)| name.clone()).collect(),
            body: secrets.hide_json(&body),
        },
        Target::File(directory, _) => Preview {
            to: secrets.hide(&directory.display().to_string()),
            headers: Vec::new(),
            body: secrets.hide_json(&body::file(channel, message, body)),
        },
    })
}
