//! `bounces read`: what came back goes into the store.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::cli::{CliError, Exit, Output};
use crate::{
    bounces::{Report, ReportKind, reports},
    model::{Field, Value},
    store::{NewInteraction, Store},
};

/// The largest report that is read, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;

/// Carries out `bounces read`: a Maildir, a folder or file of messages, or `-` for standard input.
pub(in crate::cli) fn read(
    from: &Path,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let mut table = output.rows(&[
        ("mail", "MAIL"),
        ("address", "ADDRESS"),
        ("is", "IS"),
        ("category", "CATEGORY"),
        ("contacts", "CONTACTS"),
    ]);
    let (mut strange, mut looked_at) = (0, 0);
    for place in places(from)? {
        let message = content(&place)?;
        looked_at += 1;
        let name =
            place.as_deref().and_then(Path::file_name).map_or("-".into(), |name| name.to_string_lossy());
        match reports(&message) {
            None => strange += 1,
            Some(found) => {
                for report in found {
                    let contacts = take_down(&report, &message, store, now)?;
                    table.push(vec![
                        json!(name),
                        json!(report.recipient),
                        json!(word(report.kind)),
                        json!(report.category),
                        json!(contacts.join(" ")),
                    ]);
                }
            }
        }
        if let Some(place) = &place {
            seen(place)?;
        }
    }
    table.end("No address bounced or complained.")?;
    let mails = if looked_at == 1 { "1 mail read".to_owned() } else { format!("{looked_at} mails read") };
    output.remark(&format!("{mails}; {strange} follow no standard of reports and say nothing"));
    Ok(Exit::Done)
}

fn word(kind: ReportKind) -> &'static str {
    match kind {
        ReportKind::Dead => "dead",
        ReportKind::NoHost => "no_host",
        ReportKind::Bounced => "bounced",
        ReportKind::Complaint => "complaint",
    }
}

/// The messages that are meant: none of them is standard input.
fn places(from: &Path) -> Result<Vec<Option<PathBuf>>, CliError> {
    if from == Path::new("-") {
        return Ok(vec![None]);
    }
    let failed = |error: std::io::Error| {
        CliError::usage(format!("`{}` can't be read: {error}", from.display()))
            .hint("Name a Maildir, a folder of messages or a message; `-` is standard input.".to_owned())
    };
    if !from.is_dir() {
        fs::metadata(from).map_err(failed)?;
        return Ok(vec![Some(from.to_owned())]);
    }
    let new = from.join("new");
    let folder = if new.is_dir() { new } else { from.to_owned() };
    let mut places = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            places.push(Some(path));
        }
    }
    places.sort();
    Ok(places)
}

fn content(place: &Option<PathBuf>) -> Result<Vec<u8>, CliError> {
    let mut message = Vec::new();
    let read = match place {
        Some(path) => fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut message)),
        None => std::io::stdin().take(LARGEST).read_to_end(&mut message),
    };
    read.map_err(|error| {
        let name =
            place.as_ref().map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
        CliError::usage(format!("`{name}` can't be read: {error}"))
    })?;
    Ok(message)
}

/// Moves a message of a Maildir to those that were seen; elsewhere it stays, and reading it again changes nothing.
fn seen(place: &Path) -> Result<(), CliError> {
    let Some(folder) = place.parent().filter(|folder| folder.ends_with("new")) else { return Ok(()) };
    let (Some(maildir), Some(name)) = (folder.parent(), place.file_name()) else { return Ok(()) };
    let cur = maildir.join("cur");
    let moved = fs::create_dir_all(&cur)
        .and_then(|()| fs::rename(place, cur.join(format!("{}:2,S", name.to_string_lossy()))));
    moved.map_err(|error| CliError::usage(format!("`{}` can't be moved to `cur`: {error}", place.display())))
}

/// Takes down what a report says: for each contact with the address, else for the address alone. Its id is made of the
/// message, so that one that is read again changes nothing. Tells the contacts.
fn take_down(report: &Report, message: &[u8], store: &mut Store, now: i64) -> Result<Vec<String>, CliError> {
    let Report { recipient, kind, category } = report;
    let found = store.contacts_with(&[recipient.as_str()])?;
    let contacts: Vec<String> = found.into_iter().map(|(_, contact)| contact).collect();
    let (interaction, reason) = match kind {
        ReportKind::Dead => ("EmailHardBounced", Some("bounced")),
        ReportKind::NoHost | ReportKind::Bounced => ("EmailSoftBounced", None),
        ReportKind::Complaint => ("EmailMarkedAsSpam", Some("complained")),
    };
    if contacts.is_empty() {
        if let Some(reason) = reason {
            store.suppress_addresses(&[(recipient.clone(), reason.to_owned(), now)])?;
        }
        return Ok(contacts);
    }
    let digest: String = Sha256::digest(message).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let attributes: Vec<Field> = match kind {
        ReportKind::Complaint => Vec::new(),
        _ => vec![Field::text("category")],
    };
    let values: Vec<Value> = attributes.iter().map(|_| Value::Text(category.clone())).collect();
    let rows: Vec<NewInteraction> = contacts
        .iter()
        .map(|contact| NewInteraction {
            id: format!("{interaction}/{digest}/{contact}"),
            kind: interaction.to_owned(),
            at: now,
            contact_id: contact.clone(),
            account_id: None,
            journey: None,
            iteration: None,
            step: None,
            values: values.clone(),
        })
        .collect();
    store.insert_interactions(&attributes, &rows)?;
    Ok(contacts)
}
