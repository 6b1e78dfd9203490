//! `tilework outbox`: what is on its way out, and what an operator does with it.

use std::collections::BTreeMap;

use serde_json::json;

use crate::cli::{
    CliError, Exit, Output,
    arguments::args::{Format, OutboxCommand, OutboxSelection},
    face::cells::{moment, optional},
};
use crate::{
    channels::{mail_fields, named, preview, preview_fields, preview_mail},
    compile::Plan,
    diagnostics::did_you_mean,
    model::{Field, LinkKey, Value, time::rfc3339},
    store::{ListFilter, MessageRow, MessageSelection, OutboxState, Store},
};

/// Carries out `outbox list` and `outbox show`.
///
/// # Errors
/// When there is no such state or message, or the store fails.
pub fn outbox_reading(
    command: &OutboxCommand,
    plan: &Plan,
    store: &mut Store,
    output: &mut Output,
) -> Result<Exit, CliError> {
    match command {
        OutboxCommand::Show { key } => show(key, plan, store, output),
        OutboxCommand::List { state, which } => {
            list(state.as_deref(), &which.filter(&plan.settings.zone)?, store, output)
        }
        OutboxCommand::Retry { .. } | OutboxCommand::Drop { .. } => Ok(Exit::Done),
    }
}

fn state_named(name: &str) -> Result<OutboxState, CliError> {
    OutboxState::named(name).ok_or_else(|| {
        let names = OutboxState::ALL.iter().map(|(_, _, name)| *name);
        CliError::usage(format!("a message has no state `{name}`")).hint(did_you_mean(name, names))
    })
}

fn list(
    state: Option<&str>,
    filter: &ListFilter,
    store: &mut Store,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let state = state.map(state_named).transpose()?;
    let mut table = output.rows(&[
        ("key", "MESSAGE"),
        ("channel", "CHANNEL"),
        ("state", "STATE"),
        ("reason", "REASON"),
        ("attempts", "TRIES"),
        ("retry_at", "AGAIN AT"),
        ("contact_id", "CONTACT"),
        ("account_id", "ACCOUNT"),
        ("journey", "JOURNEY"),
        ("step", "STEP"),
        ("created_at", "CREATED"),
    ]);
    store.messages(state, filter, &mut |message| {
        table.push(vec![
            json!(message.key),
            json!(message.channel),
            json!(message.state.name()),
            optional(message.reason),
            json!(message.attempts),
            moment(message.retry_at),
            optional(message.contact_id),
            optional(message.account_id),
            json!(message.journey),
            json!(message.step),
            moment(Some(message.created_at)),
        ]);
        Ok(())
    })?;
    let nothing = match state {
        _ if !filter.is_empty() => "The outbox holds no such message.".to_owned(),
        None => "The outbox is empty.".to_owned(),
        Some(state) => format!("The outbox holds no message that is {}.", state.name()),
    };
    table.end(&nothing)?;
    Ok(Exit::Done)
}

/// Adds the fields that aren't there yet.
fn add(fields: &mut Vec<Field>, more: Vec<Field>) {
    for field in more {
        if fields.iter().all(|known| known.name != field.name) {
            fields.push(field);
        }
    }
}

/// A text whose lines after the first stand below its beginning.
fn indented(text: &str) -> String {
    let lines: Vec<String> =
        text.lines().map(|line| format!("           {line}").trim_end().to_owned()).collect();
    lines.join("\n").trim_start().to_owned()
}

/// What a mail says, or would say.
fn mail_text(
    plan: &Plan,
    row: &MessageRow,
    contact: &BTreeMap<String, Value>,
    account: &BTreeMap<String, Value>,
    key: Option<&LinkKey>,
) -> String {
    let content: serde_json::Value = serde_json::from_str(&row.content).unwrap_or_default();
    let name = content["email"].as_str().unwrap_or_default();
    let Some(email) = plan.email(name) else { return format!("there is no e-mail `{name}` any more") };
    match preview_mail(plan, email, contact, account, key, row.ready_at) {
        Ok(mail) => format!("{}\n\n{}", mail.subject, mail.text.unwrap_or_default().trim_end()),
        Err(reason) => format!("the e-mail `{name}` can't be made: {reason}"),
    }
}

fn show(key: &str, plan: &Plan, store: &mut Store, output: &mut Output) -> Result<Exit, CliError> {
    let (mut contact_fields, mut account_fields) = preview_fields(plan);
    let (of_contact, of_account) = mail_fields(plan);
    add(&mut contact_fields, of_contact);
    add(&mut account_fields, of_account);
    let Some((row, message)) = store.message(key, &contact_fields, &account_fields)? else {
        return Err(CliError::usage(format!("there is no message `{key}`"))
            .hint("`tilework outbox list` shows the keys of all messages.".to_owned()));
    };
    let contact = named(&contact_fields, &message.contact);
    let account = named(&account_fields, &message.account);
    let is_mail = row.channel == "email";
    let made = match is_mail {
        true => Err(mail_text(plan, &row, &contact, &account, store.link_key(None)?.as_ref())),
        false => preview(plan, &row.channel, &message, &contact, &account),
    };
    let left_at = row.ended_at.filter(|_| row.state == OutboxState::Delivered).map(rfc3339);
    let mut object = json!({
        "key": row.key, "channel": row.channel, "state": row.state.name(), "reason": row.reason,
        "attempts": row.attempts, "created_at": rfc3339(row.created_at), "due_at": rfc3339(row.due_at),
        "ready_at": rfc3339(row.ready_at), "left_at": left_at, "retry_at": row.retry_at.map(rfc3339),
    });
    if output.format() == Format::Json {
        match &made {
            Ok(made) => {
                object["to"] = json!(made.to);
                object["headers"] = json!(made.headers);
                object["body"] = made.body.clone();
            }
            Err(text) if is_mail => object["mail"] = json!(text),
            Err(reason) => object["nothing_leaves"] = json!(reason),
        }
        output.json(&object)?;
        return Ok(Exit::Done);
    }
    let reason = row.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    let tries = if row.attempts == 1 { "1 try".to_owned() } else { format!("{} tries", row.attempts) };
    let again = row.retry_at.map(|at| format!(", again at {}", rfc3339(at))).unwrap_or_default();
    let mut lines = vec![
        row.key,
        format!("  {:<9}{}", "channel", row.channel),
        format!("  {:<9}{}{reason}", "state", row.state.name()),
        format!("  {:<9}{}, due {}, {tries}{again}", "made", rfc3339(row.created_at), rfc3339(row.due_at)),
    ];
    if row.state == OutboxState::Waiting && row.ready_at > row.due_at {
        lines.push(format!("  {:<9}until {}", "held", rfc3339(row.ready_at)));
    }
    if let Some(left_at) = left_at {
        lines.push(format!("  {:<9}{left_at}", "left"));
    }
    match made {
        Ok(made) => {
            lines.push(format!("  {:<9}{}", "to", made.to));
            if !made.headers.is_empty() {
                lines.push(format!("  {:<9}{}", "headers", made.headers.join(", ")));
            }
            lines.push(format!("  {:<9}{}", "body", made.body));
        }
        // A mail has several lines, which stand below each other.
        Err(reason) => lines.push(format!("  {:<9}{}", "body", indented(&reason))),
    }
    output.text(&lines.join("\n"))?;
    Ok(Exit::Done)
}

/// Carries out `outbox retry` and `outbox drop`; `now` is when it happens.
///
/// # Errors
/// When nothing is selected, nothing fits what is named, or the store fails.
pub fn outbox_changing(
    command: &OutboxCommand,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let (verb, which, count) = match command {
        OutboxCommand::Retry { which, state } => {
            let states = match state.as_deref().map(state_named).transpose()? {
                None => vec![OutboxState::Waiting, OutboxState::Failed, OutboxState::Unknown],
                Some(state @ (OutboxState::Waiting | OutboxState::Failed | OutboxState::Unknown)) => {
                    vec![state]
                }
                Some(state) => {
                    return Err(CliError::usage(format!(
                        "a message that is {} can't be retried",
                        state.name()
                    ))
                    .hint(
                        "Messages that failed, that are unknown, or that wait for another try can be."
                            .to_owned(),
                    ));
                }
            };
            let selection = selection(which, state.is_some(), states, store)?;
            ("again", which, store.retry_messages(&selection)?)
        }
        OutboxCommand::Drop { which } => {
            let selection = selection(which, false, vec![OutboxState::Waiting], store)?;
            ("dropped", which, store.drop_messages(&selection, now)?)
        }
        OutboxCommand::List { .. } | OutboxCommand::Show { .. } => return Ok(Exit::Done),
    };
    if count == 0 && !which.keys.is_empty() {
        return Err(CliError::usage(format!(
            "no message of these keys can be {}",
            if verb == "again" { "retried" } else { verb }
        ))
        .hint("`tilework outbox list` shows the keys of all messages and their states.".to_owned()));
    }
    if output.format() == Format::Json {
        output.json(&json!({ "messages": count }))?;
        return Ok(Exit::Done);
    }
    output.text(&match (verb, count) {
        ("again", 0) => "No message is to be tried again.".to_owned(),
        ("again", 1) => "1 message is tried again by the next run.".to_owned(),
        ("again", _) => format!("{count} messages are tried again by the next run."),
        (_, 0) => "No message waits that could be dropped.".to_owned(),
        (_, 1) => "1 message was dropped.".to_owned(),
        _ => format!("{count} messages were dropped."),
    })?;
    Ok(Exit::Done)
}

fn selection(
    which: &OutboxSelection,
    narrowed: bool,
    states: Vec<OutboxState>,
    store: &mut Store,
) -> Result<MessageSelection, CliError> {
    let any = !which.keys.is_empty() || which.journey.is_some() || which.channel.is_some() || narrowed;
    if !any {
        return Err(CliError::usage("no messages were named").hint(
            "Name keys, `--journey NAME` or `--channel NAME`; `tilework outbox list` shows them.".to_owned(),
        ));
    }
    if let Some(name) = &which.journey {
        let journeys = store.journeys()?;
        if !journeys.iter().any(|(known, _)| known == name) {
            let names = journeys.iter().map(|(known, _)| known.as_str());
            return Err(
                CliError::usage(format!("there is no journey `{name}`")).hint(did_you_mean(name, names))
            );
        }
    }
    Ok(MessageSelection {
        keys: which.keys.clone(),
        journey: which.journey.clone(),
        step: which.step.clone(),
        channel: which.channel.clone(),
        states,
    })
}
